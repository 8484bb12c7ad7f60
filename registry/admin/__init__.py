"""What operators need beside the protocol.

- `Background`: what goes on beside the serving of clients.
- `AuditClerk`: writes the audit log.
- `AuditLog`: what happened, newest first.
- `verify`, `Verification`: whether the audit log is as it was written.
- `OutletStore`, `OutletView`: where what happens is sent to.
- `back_up`, `restore`: a data folder as one file, and back.
"""

from registry.admin.audit import AuditLog
from registry.admin.background import Background
from registry.admin.backup import (
    Backup,
    Damaged,
    Restored,
    back_up,
    name_backup,
    require_whole,
    restore,
)
from registry.admin.clerk import AuditClerk
from registry.admin.events import EVENTS
from registry.admin.outlets import OutletStore, OutletView
from registry.admin.tables import SCHEMA_STEPS
from registry.admin.verification import Verification, verify

__all__ = [
    "EVENTS",
    "SCHEMA_STEPS",
    "AuditClerk",
    "AuditLog",
    "Background",
    "Backup",
    "Damaged",
    "OutletStore",
    "OutletView",
    "Restored",
    "Verification",
    "back_up",
    "name_backup",
    "require_whole",
    "restore",
    "verify",
]
