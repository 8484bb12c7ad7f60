"""The audit log, as administrators read it: newest first."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection

from registry.admin import entries
from registry.events import Snapshots
from registry.persistence import change_log
from registry.persistence.change_log import Record

FARTHEST_BACK = 100_000
"""Entries that are looked through for those of one network."""

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
    """Answers from the audit log, and of what is not in it yet, from the change log."""

    def __init__(self, *, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {GetAuditLog: self.get_audit_log}

    def get_audit_log(self, request: GetAuditLog, _caller: object) -> dict[str, Any]:
        """Answer with the newest entries, newest first; network 0 stands for all networks."""
        found: list[dict[str, Any]] = []
        with self._snapshots() as snapshot:
            for record in islice(_newest(snapshot.connection), FARTHEST_BACK):
                payload = msgspec.json.decode(record.payload)
                if request.network_id in (0, payload.get("network_id")):
                    found.append(_entry(record, payload))
                if len(found) == request.limit:
                    break
        return {"entries": found}


def node_and_network(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The node and the network that something is about, as far as there are any."""
    return {key: payload[key] for key in _APART if payload.get(key)}


def details_of(payload: Mapping[str, Any]) -> str:
    """What is known of something that happened, in one line, beside its node and network."""
    told = (item for item in payload.items() if item[0] not in _APART)
    return ", ".join(f"{key}={_written(value)}" for key, value in told)


def _written(value: Any) -> str:
    """A value as JSON, but for texts, which need no quotes here."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def time_of(record: Record) -> datetime:
    """When something happened."""
    return datetime.fromtimestamp(record.at / 1e6, UTC)


def _newest(connection: Connection) -> Iterator[Record]:
    sealed_up_to = entries.head(connection).number
    waiting = change_log.newest(connection, FARTHEST_BACK, after=sealed_up_to)
    return chain(waiting, entries.newest(connection))


def _entry(record: Record, payload: Mapping[str, Any]) -> dict[str, Any]:
    details = details_of(payload)
    return {
        "timestamp": time_of(record).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "action": record.type,
        **node_and_network(payload),
        **({"details": details} if details else {}),
        "number": record.number,
        "actor": record.actor,
        **({"origin": record.origin} if record.origin else {}),
    }
