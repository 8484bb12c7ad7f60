"""What operators need beside the protocol.

- `Background`: what goes on beside the serving of clients.
- `AuditClerk`: writes the audit log.
- `AuditLog`: what happened, newest first.
- `verify`, `Verification`: whether the audit log is as it was written.
- `OutletStore`, `OutletView`: where what happens is sent to.
- `Courier`, `ExportCarrier`, `WebhookCarrier`: what sends it.
- `read_secret`, `own_secret`: what deliveries are signed with.
- `oldest`, `writer`: the audit log, as it is written for other systems.
- `back_up`, `restore`: a data folder as one file, and back.
- `KEPT_WITH_IT`: the files beside the database that go with it.
"""

from registry.admin.audit import AuditLog
from registry.admin.background import Background
from registry.admin.backup import (
    KEPT_WITH_IT,
    Backup,
    Damaged,
    Restored,
    back_up,
    name_backup,
    require_whole,
    restore,
)
from registry.admin.clerk import AuditClerk
from registry.admin.courier import Backoff, Carrier, Courier
from registry.admin.entries import oldest
from registry.admin.events import EVENTS
from registry.admin.exporting import ExportCarrier
from registry.admin.formats import writer
from registry.admin.outlets import OutletName, OutletStore, OutletView
from registry.admin.signing import own_secret, read_secret
from registry.admin.tables import SCHEMA_STEPS
from registry.admin.verification import Verification, verify
from registry.admin.webhook import WebhookCarrier

__all__ = [
    "EVENTS",
    "KEPT_WITH_IT",
    "SCHEMA_STEPS",
    "AuditClerk",
    "AuditLog",
    "Background",
    "Backoff",
    "Backup",
    "Carrier",
    "Courier",
    "Damaged",
    "ExportCarrier",
    "OutletName",
    "OutletStore",
    "OutletView",
    "Restored",
    "Verification",
    "WebhookCarrier",
    "back_up",
    "name_backup",
    "oldest",
    "own_secret",
    "read_secret",
    "require_whole",
    "restore",
    "verify",
    "writer",
]
