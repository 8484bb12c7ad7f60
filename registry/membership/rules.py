"""The rules of a managed network: kept and handed out here, followed by the daemons."""

import re
from typing import Annotated, Any, Literal

import msgspec

_DURATION = re.compile(r"([-+]?)((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|ms|s|m|h))+")
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}

LONGEST_DURATION_TEXT = 32
SHORTEST_CYCLE = 60
"""Seconds."""

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Rules(msgspec.Struct, omit_defaults=True):
    links: Annotated[int, msgspec.Meta(ge=1)]
    cycle: str
    prune_by: Literal["score", "age", "activity"]
    fill_how: Literal["random"]
    prune: _Count | None = None
    fill: _Count | None = None
    grace: str = ""


def read_rules(rules: str | dict[str, Any]) -> dict[str, Any]:
    """The rules of a managed network from their JSON text, or as they came in a request.

    Raises:
        ValueError: They break a rule of the public server.
    """
    try:
        if isinstance(rules, str):
            read = msgspec.json.decode(rules, type=_Rules)
        else:
            read = msgspec.convert(rules, _Rules)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"rules: {error}") from error
    read.prune, read.fill = read.prune or 0, read.fill or 0
    for name, count in (("prune", read.prune), ("fill", read.fill)):
        if count > read.links:
            raise ValueError(f"rules: {name} ({count}) cannot exceed links ({read.links})")
    if _seconds("cycle", read.cycle) < SHORTEST_CYCLE:
        raise ValueError(f"rules: cycle must be >= 1m (got {read.cycle})")
    if read.grace and _seconds("grace", read.grace) < 0:
        raise ValueError("rules: grace must be >= 0")
    facts: dict[str, Any] = msgspec.to_builtins(read)
    return facts


def _seconds(name: str, text: str) -> float:
    """A duration as Go writes it, for instance ``1h30m``."""
    match = _DURATION.fullmatch(text) if len(text) <= LONGEST_DURATION_TEXT else None
    if match is None:
        raise ValueError(f'rules: invalid {name} duration "{text[:LONGEST_DURATION_TEXT]}"')
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    return -seconds if match[1] == "-" else seconds
