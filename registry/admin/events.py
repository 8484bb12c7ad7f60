"""What this room tells others."""

from registry.events import EventType

WEBHOOK_CONFIGURED = EventType(
    "admin",
    "webhook.configured",
    "What happens is sent to another address, or to none.",
    {"url": "where to, without what follows a question mark; empty for nowhere"},
)

AUDIT_EXPORT_CONFIGURED = EventType(
    "admin",
    "audit_export.configured",
    "The audit log is exported in another way, or not any more.",
    {
        "format": "json, splunk_hec or syslog_cef; empty for no export",
        "endpoint": "where to, without what follows a question mark; empty for nowhere",
    },
)

EVENTS = (WEBHOOK_CONFIGURED, AUDIT_EXPORT_CONFIGURED)
