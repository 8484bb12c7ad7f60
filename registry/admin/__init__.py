"""What operators need beside the protocol.

- `AuditLog`: what happened, newest first.
- `back_up`, `restore`: a data folder as one file, and back.
"""

from registry.admin.audit import AuditLog
from registry.admin.backup import (
    Backup,
    Damaged,
    Restored,
    back_up,
    name_backup,
    require_whole,
    restore,
)

__all__ = [
    "AuditLog",
    "Backup",
    "Damaged",
    "Restored",
    "back_up",
    "name_backup",
    "require_whole",
    "restore",
]
