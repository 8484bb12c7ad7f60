"""The requests about where what happens is sent to."""

from typing import ClassVar, Literal

from msgspec import Struct

from registry.dispatch import HeaderText


class SetWebhook(Struct, frozen=True, kw_only=True, tag_field="type", tag="set_webhook"):
    """Send what happens to an address; with an empty one, to nobody."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    url: str = ""
    signature: str = ""
    admin_token: str = ""


class GetWebhook(Struct, frozen=True, kw_only=True, tag_field="type", tag="get_webhook"):
    """Where what happens is sent to, and how that goes."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    signature: str = ""
    admin_token: str = ""


class GetWebhookDlq(Struct, frozen=True, kw_only=True, tag_field="type", tag="get_webhook_dlq"):
    """What the receiver of the webhook did not take: the newest 100, oldest first."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    signature: str = ""
    admin_token: str = ""


class SetAuditExport(Struct, frozen=True, kw_only=True, tag_field="type", tag="set_audit_export"):
    """Export the audit log; without a format or an endpoint, do not."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    format: Literal["json", "splunk_hec", "syslog_cef", ""] = ""
    endpoint: str = ""
    token: HeaderText = ""
    index: HeaderText = ""
    source: HeaderText = ""
    signature: str = ""
    admin_token: str = ""


class GetAuditExport(Struct, frozen=True, kw_only=True, tag_field="type", tag="get_audit_export"):
    """How the audit log is exported, and how that goes."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    left_out: ClassVar[tuple[str, ...]] = ("token always",)
    signature: str = ""
    admin_token: str = ""
