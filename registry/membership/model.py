"""What the membership store keeps, and what it accepts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

BACKBONE = 0
"""The network of every registered node."""

LAST_NETWORK_ID = 0xFFFF

OWNER, ADMIN, MEMBER = "owner", "admin", "member"
"""The roles: an owner does everything, an admin manages members, a member takes part."""

OPEN, TOKEN, INVITE = "open", "token", "invite"
"""The join rules: anybody comes in, who knows the token, or who was invited."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TAG = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")

MOST_TAGS = 10


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen
class Network:
    """A network.

    Attributes:
        network_id: Its id, never 0.
        name: Unique.
        join_rule: How nodes come in: ``open``, ``token`` or ``invite``.
        enterprise: Whether it carries the enterprise flag. It is kept for clients; what
            it decides here is only that an owner cannot leave.
        rules: What its members' daemons follow; None for an unmanaged network.
        created_at: When it was made, in unix seconds.
    """

    network_id: int
    name: str
    join_rule: str
    enterprise: bool
    rules: Mapping[str, Any] | None
    created_at: int


@frozen
class Member:
    """A node's place in a network.

    Attributes:
        role: ``owner``, ``admin`` or ``member``.
        tags: What it was said to be good for there.
    """

    role: str
    tags: tuple[str, ...] = field(converter=_strings, default=())


@frozen
class Invite:
    """An invite that waits for an answer.

    Attributes:
        inviter_id: The node that invited.
        at: When, in unix seconds.
    """

    inviter_id: int
    at: int


def check_name(name: str) -> None:
    """Check the name of a network.

    Raises:
        ValueError: It breaks a rule of the public server.
    """
    if not name:
        raise ValueError("name: network name required")
    if len(name) > 63:
        raise ValueError("name: network name too long (max 63 chars)")
    if not _NAME.fullmatch(name):
        raise ValueError(
            "name: network name must be lowercase alphanumeric with hyphens, "
            "start/end with alphanumeric"
        )
    if name == "backbone":
        raise ValueError(f'name: network name "{name}" is reserved')


def check_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Check the tags of a member.

    Raises:
        ValueError: There are too many, or one breaks a rule of the public server.
    """
    if len(tags) > MOST_TAGS:
        raise ValueError(f"tags: too many member tags (max {MOST_TAGS})")
    for tag in tags:
        if not tag:
            raise ValueError("tags: empty tag not allowed")
        if not _TAG.fullmatch(tag):
            raise ValueError(
                f'tags: tag "{tag[:40]}" must be lowercase alphanumeric with hyphens (max 32 chars)'
            )
    return tuple(tags)
