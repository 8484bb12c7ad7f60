"""The audit log, as administrators read it: the change log, newest first."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from registry.events import Snapshots
from registry.persistence import change_log
from registry.persistence.change_log import Change

FARTHEST_BACK = 100_000
"""Changes that are looked through for those of one network."""

_APART = ("node_id", "network_id")
"""The payload keys that have a field of their own in an entry."""


class GetAuditLog(Struct, frozen=True, kw_only=True, tag_field="type", tag="get_audit_log"):
    """What happened last, in all or in one network."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    network_id: Annotated[int, Meta(ge=0, le=0xFFFF)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    signature: str = ""
    admin_token: str = ""


class AuditLog:
    """Answers from the change log: what is not in it did not become durable."""

    def __init__(self, *, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {GetAuditLog: self.get_audit_log}

    def get_audit_log(self, request: GetAuditLog, _caller: object) -> dict[str, Any]:
        """Answer with the newest changes, newest first; network 0 stands for all networks."""
        entries: list[dict[str, Any]] = []
        with self._snapshots() as snapshot:
            for change in change_log.newest(snapshot.connection, FARTHEST_BACK):
                if request.network_id in (0, change.event.payload.get("network_id")):
                    entries.append(_entry(change))
                if len(entries) == request.limit:
                    break
        return {"entries": entries}


def _entry(change: Change) -> dict[str, Any]:
    payload = change.event.payload
    entry: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(change.at / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "action": change.event.type,
        **{key: payload[key] for key in _APART if payload.get(key)},
    }
    details = ", ".join(_details(payload))
    return {**entry, "details": details} if details else entry


def _details(payload: Mapping[str, Any]) -> Iterator[str]:
    for key, value in payload.items():
        if key not in _APART:
            yield f"{key}={value}"
