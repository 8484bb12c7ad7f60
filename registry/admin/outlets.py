"""Where what happens is sent to: the webhook and the export of the audit log."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec
from attrs import asdict, field, frozen
from sqlalchemy import bindparam, delete, func, insert, select, update

from registry.admin.events import AUDIT_EXPORT_CONFIGURED, WEBHOOK_CONFIGURED
from registry.admin.messages import (
    GetAuditExport,
    GetWebhook,
    GetWebhookDlq,
    SetAuditExport,
    SetWebhook,
)
from registry.admin.tables import dead_letters, outlets
from registry.dispatch import AuditExport
from registry.events import Event, Snapshots, Transaction
from registry.persistence import change_log

OutletName = Literal["webhook", "audit_export"]

MOST_LETTERS = 100
"""Dead letters in one answer."""

_OUTLET = select(outlets).where(outlets.c.name == bindparam("which"))
_ADD = insert(outlets)
_CHANGE = update(outlets).where(outlets.c.name == bindparam("which"))
_REMOVE = delete(outlets).where(outlets.c.name == bindparam("which"))
_LETTERS = select(dead_letters.c.body).order_by(dead_letters.c.number.desc()).limit(MOST_LETTERS)
_LETTER_COUNT = select(func.count()).select_from(dead_letters)


class UrlCheck(Protocol):
    """Checks an address that is to be configured."""

    def __call__(self, url: str, field: str) -> str:
        """Answer with the address, or raise a ValueError that names the field."""


@frozen
class Target:
    """Where to send, and how.

    Attributes:
        url: The address.
        format: How an entry is written; empty where there is no choice.
        token: What the receiver wants to see.
        index_name: Where the receiver is to put it.
        source: What the receiver is to call this server.
    """

    url: str
    format: str = ""
    token: str = field(default="", repr=False)
    index_name: str = ""
    source: str = ""

    @property
    def shown_url(self) -> str:
        """The address without what may be a secret in it."""
        return self.url.partition("?")[0]


@frozen
class Outlet:
    """A target, and how far it is.

    Attributes:
        target: Where to send.
        position: Up to which change everything is dealt with.
        delivered: How many changes the receiver took.
        failed: How many it did not take.
    """

    target: Target
    position: int
    delivered: int
    failed: int


class OutletStore:
    """Keeps where what happens is sent to.

    What happens from the moment on that an outlet is configured is sent; another address
    goes on where the old one was.
    """

    def __init__(self, *, check_url: UrlCheck) -> None:
        self._check_url = check_url

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {SetWebhook: self.set_webhook, SetAuditExport: self.set_audit_export}

    def set_webhook(
        self, transaction: Transaction, request: SetWebhook, _caller: object
    ) -> dict[str, Any]:
        """Send what happens to an address, or to nobody.

        Raises:
            ValueError: The address is malformed, or leads inside.
        """
        self._set_webhook(transaction, request.url, "url")
        return {"status": "enabled" if request.url else "disabled", "url": request.url}

    def set_audit_export(
        self, transaction: Transaction, request: SetAuditExport, _caller: object
    ) -> dict[str, Any]:
        """Export the audit log to an endpoint, or to nobody.

        Raises:
            ValueError: The endpoint is malformed, or leads inside.
        """
        if not request.format or not request.endpoint:
            self._set_export(transaction, None)
            return {"status": "disabled"}
        self._check_url(request.endpoint, "endpoint")
        self._set_export(transaction, _target(request))
        return {
            "status": "enabled",
            "format": request.format,
            "endpoint": request.endpoint,
        }

    def provision_webhook(self, transaction: Transaction, url: str) -> Sequence[str]:
        """Do what a blueprint says of the webhook; answers what was done.

        Raises:
            ValueError: The address is malformed, or leads inside.
        """
        self._set_webhook(transaction, url, "blueprint.webhooks.audit_url")
        return ["configured audit webhook"]

    def provision_audit_export(self, transaction: Transaction, part: AuditExport) -> Sequence[str]:
        """Do what a blueprint says of the export; answers what was done.

        Raises:
            ValueError: The endpoint is malformed, or leads inside.
        """
        self._check_url(part.endpoint, "blueprint.audit_export.endpoint")
        target = _target(part)
        self._set_export(transaction, target)
        return [f"configured {target.format} audit export to {target.shown_url}"]

    def _set_webhook(self, transaction: Transaction, url: str, field: str) -> None:
        if url:
            self._check_url(url, field)
        target = Target(url) if url else None
        if _replace(transaction, "webhook", target):
            transaction.publish(WEBHOOK_CONFIGURED(url=target.shown_url if target else ""))

    def _set_export(self, transaction: Transaction, target: Target | None) -> None:
        if _replace(transaction, "audit_export", target):
            transaction.publish(_export_configured(target))


def _export_configured(target: Target | None) -> Event:
    if target is None:
        return AUDIT_EXPORT_CONFIGURED(format="", endpoint="")
    return AUDIT_EXPORT_CONFIGURED(format=target.format, endpoint=target.shown_url)


class OutletView:
    """Answers about outlets from the database: how far they are changes all the time."""

    def __init__(self, *, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {
            GetWebhook: self.get_webhook,
            GetWebhookDlq: self.get_webhook_dlq,
            GetAuditExport: self.get_audit_export,
        }

    def outlet(self, name: OutletName) -> Outlet | None:
        """An outlet; None if there is none of that name."""
        with self._snapshots() as snapshot:
            row = snapshot.connection.execute(_OUTLET, {"which": name}).one_or_none()
        return None if row is None else _outlet(row)

    def status(self) -> dict[str, Any]:
        """What provisioning says of outlets."""
        export = self.outlet("audit_export")
        status: dict[str, Any] = {"audit_export": export.target.format} if export else {}
        return {**status, "webhook_enabled": True} if self.outlet("webhook") else status

    def get_webhook(self, _request: GetWebhook, _caller: object) -> dict[str, Any]:
        """Answer with the webhook, and how it goes."""
        outlet = self.outlet("webhook")
        with self._snapshots() as snapshot:
            letters: int = snapshot.connection.execute(_LETTER_COUNT).scalar_one()
        return {
            "enabled": outlet is not None,
            "url": outlet.target.url if outlet else "",
            "delivered": outlet.delivered if outlet else 0,
            "failed": outlet.failed if outlet else 0,
            "dropped": 0,  # the public server drops what it cannot hold; nothing is dropped here
            "dlq_size": letters,
        }

    def get_webhook_dlq(self, _request: GetWebhookDlq, _caller: object) -> dict[str, Any]:
        """Answer with what the receiver of the webhook did not take."""
        with self._snapshots() as snapshot:
            bodies = snapshot.connection.execute(_LETTERS).scalars().all()
        events = [msgspec.Raw(body.encode()) for body in reversed(bodies)]
        return {"events": events, "count": len(events)}

    def get_audit_export(self, _request: GetAuditExport, _caller: object) -> dict[str, Any]:
        """Answer with the export of the audit log, and how it goes."""
        outlet = self.outlet("audit_export")
        if outlet is None:
            return {"enabled": False}
        return {
            "enabled": True,
            "format": outlet.target.format,
            "endpoint": outlet.target.url,
            "exported": outlet.delivered,
            "dropped": 0,
        }


def _target(part: AuditExport | SetAuditExport) -> Target:
    return Target(part.endpoint, part.format, part.token, part.index, part.source)


def _replace(transaction: Transaction, name: OutletName, target: Target | None) -> bool:
    """Give an outlet another target, or none; whether that changed anything."""
    row = transaction.execute(_OUTLET, {"which": name}).one_or_none()
    known = None if row is None else _outlet(row).target
    if target == known:
        return False
    if target is None:
        transaction.execute(_REMOVE, {"which": name})
    elif known is None:
        position = change_log.last_number(transaction)
        start = {"position": position, "delivered": 0, "failed": 0}
        transaction.execute(_ADD, {"name": name, **asdict(target), **start})
    else:
        transaction.execute(_CHANGE.values(**asdict(target)), {"which": name})
    return True


def _outlet(row: Any) -> Outlet:
    target = Target(row.url, row.format, row.token, row.index_name, row.source)
    return Outlet(target, row.position, row.delivered, row.failed)
