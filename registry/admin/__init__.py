"""What operators need beside the protocol.

- `AuditLog`: what happened, newest first.
- `OutletStore`, `OutletView`: where what happens is sent to.
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
from registry.admin.events import EVENTS
from registry.admin.outlets import OutletStore, OutletView
from registry.admin.tables import SCHEMA_STEPS

__all__ = [
    "EVENTS",
    "SCHEMA_STEPS",
    "AuditLog",
    "Backup",
    "Damaged",
    "OutletStore",
    "OutletView",
    "Restored",
    "back_up",
    "name_backup",
    "require_whole",
    "restore",
]
