"""What the policy store keeps, and what it accepts."""

from collections.abc import Iterable
from typing import Any

import msgspec
from attrs import field, frozen

LARGEST_EXPR_POLICY = 64 * 1024
"""Bytes."""


def _ports(ports: Iterable[int]) -> tuple[int, ...]:
    return tuple(ports)


@frozen
class Policy:
    """What a network allows.

    Attributes:
        max_members: How many members it may have; 0 for any number.
        allowed_ports: The ports its members may use; empty for all.
        description: What it is for.
        expr_policy: The JSON text of its expression policy; empty for none.
    """

    max_members: int = 0
    allowed_ports: tuple[int, ...] = field(converter=_ports, default=())
    description: str = ""
    expr_policy: str = ""


ANYTHING_GOES = Policy()
"""The policy of a network of which nothing was said."""


class _Document(msgspec.Struct):
    """What the registry reads of an expression policy; the rest is for the daemons."""

    version: int = 0
    rules: Any = None


_DECODER = msgspec.json.Decoder(_Document)


def read_expr_policy(policy: str | dict[str, Any] | None) -> str:
    """The JSON text of an expression policy, from that text or from the object it describes.

    Returns:
        The text as it came, or without blanks where it was an object; empty for none.

    Raises:
        ValueError: It is too long, not JSON, of another version, or without rules.
    """
    text = msgspec.json.encode(policy).decode() if isinstance(policy, dict) else policy or ""
    if text.rstrip("\n") in ("", "null"):
        return ""
    size = len(text.encode())
    if size > LARGEST_EXPR_POLICY:
        raise ValueError(f"expr_policy: too large: {size} bytes (max {LARGEST_EXPR_POLICY})")
    try:
        document = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"expr_policy: invalid JSON: {error}") from error
    if document.version != 1:
        raise ValueError(f"expr_policy: unsupported version {document.version} (want 1)")
    if not document.rules:
        raise ValueError("expr_policy: at least one rule is required")
    return text
