"""How entries of the audit log are written for other systems."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from registry.admin.audit import details_of, node_and_network, time_of
from registry.admin.entries import Sealed

DEFAULT_SOURCE = "pilot-registry"

_GRAVE, _NOTABLE, _USUAL = 6, 4, 3
"""Severities of CEF, of 0 to 10."""

_SEVERITIES = {
    "identity.recovered": _GRAVE,
    "key.rotated": _GRAVE,
    "network.deleted": _GRAVE,
    "node.deregistered": _GRAVE,
    "membership.role_changed": _NOTABLE,
    "policy.changed": _NOTABLE,
    "policy.expr_changed": _NOTABLE,
    "webhook.configured": _NOTABLE,
    "audit_export.configured": _NOTABLE,
}

_HEADER_ESCAPES = str.maketrans({"\\": r"\\", "|": r"\|", "\r": " ", "\n": " "})
_VALUE_ESCAPES = str.maketrans({"\\": r"\\", "=": r"\=", "\r": r"\r", "\n": r"\n"})

Write = Callable[[Sealed], bytes]
"""Writes an entry as one line, without its end."""


def writer(name: str, *, index: str = "", source: str = "") -> Write:
    """What writes entries in a format.

    Args:
        name: ``json``, ``syslog_cef`` or ``splunk_hec``.
        index: Where Splunk is to put them; empty for its default.
        source: What they are said to come from; by default `DEFAULT_SOURCE`.

    Raises:
        KeyError: There is no such format.
    """
    source = source or DEFAULT_SOURCE
    return {
        "json": as_json,
        "syslog_cef": lambda entry: as_cef(entry, source),
        "splunk_hec": lambda entry: as_splunk(entry, index, source),
    }[name]


def facts_of(entry: Sealed) -> dict[str, Any]:
    """An entry as `get_audit_log` tells it, with all of its payload, and its seal."""
    record = entry.record
    payload = msgspec.json.decode(record.payload)
    facts = {
        "number": record.number,
        "timestamp": rfc3339(entry),
        "action": record.type,
        **node_and_network(payload),
        "details": details_of(payload),
        "actor": record.actor,
        "origin": record.origin,
        "source": record.source,
        "payload": payload,
        "seal": entry.seal.hex(),
    }
    return {key: value for key, value in facts.items() if value != ""}


def rfc3339(entry: Sealed) -> str:
    """When it happened, to the microsecond."""
    return time_of(entry.record).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_json(entry: Sealed) -> bytes:
    """An entry as a JSON object."""
    return msgspec.json.encode(facts_of(entry))


def as_splunk(entry: Sealed, index: str, source: str) -> bytes:
    """An entry as an event for Splunk's HTTP event collector."""
    event: dict[str, Any] = {
        "time": entry.record.at / 1e6,
        "source": source,
        "sourcetype": "pilot:audit",
        "event": facts_of(entry),
    }
    return msgspec.json.encode({**event, "index": index} if index else event)


def as_cef(entry: Sealed, source: str) -> bytes:
    """An entry in the Common Event Format; no value can begin a field or a line of its own."""
    record = entry.record
    payload = msgspec.json.decode(record.payload)
    action = record.type.translate(_HEADER_ESCAPES)
    header = f"CEF:0|Pilot|Registry|1.0|{action}|{action}|{_severity(record.type, payload)}|"
    extension = " ".join(
        f"{key}={str(value).translate(_VALUE_ESCAPES)}"
        for key, value in _cef_fields(entry, payload, source)
    )
    return (header + extension).encode()


def _severity(event_type: str, payload: Mapping[str, Any]) -> int:
    if payload.get("reason") == "kicked":
        return _GRAVE
    return _SEVERITIES.get(event_type, _USUAL)


def _cef_fields(
    entry: Sealed, payload: Mapping[str, Any], source: str
) -> Iterator[tuple[str, Any]]:
    record = entry.record
    yield "rt", record.at // 1000
    yield "externalId", record.number
    yield "dvchost", source
    yield "suser", record.actor
    yield from _cef_origin(record.origin)
    yield "cs1", record.type
    yield "cs1Label", "action"
    yield "cs3", entry.seal.hex()
    yield "cs3Label", "seal"
    yield "cn1", payload.get("network_id", 0)
    yield "cn1Label", "network_id"
    yield "cn2", payload.get("node_id", 0)
    yield "cn2Label", "node_id"
    if details := details_of(payload):
        yield "msg", details


def _cef_origin(origin: str) -> Iterator[tuple[str, Any]]:
    """Where it came from: an IPv4 address, an IPv6 address, or something else."""
    if not origin:
        return
    try:
        version: int = ipaddress.ip_address(origin).version
    except ValueError:
        version = 0
    if version == 4:
        yield "src", origin
        return
    key, label = ("c6a2", "Source IPv6 Address") if version == 6 else ("cs2", "origin")
    yield key, origin
    yield f"{key}Label", label
