"""What operators need beside the protocol.

- `AuditLog`: what happened, newest first.
"""

from registry.admin.audit import AuditLog

__all__ = ["AuditLog"]
