"""What the membership store keeps, and what it accepts."""

import re

from attrs import frozen

BACKBONE = 0
"""The network of every registered node."""

LAST_NETWORK_ID = 0xFFFF

OWNER, ADMIN, MEMBER = "owner", "admin", "member"
"""The roles: an owner does everything, an admin manages members, a member takes part."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@frozen
class Network:
    """A network.

    Attributes:
        network_id: Its id, never 0.
        name: Unique.
        join_rule: How nodes come in: ``open``, ``token`` or ``invite``.
        enterprise: Whether it carries the enterprise flag. It is kept for clients; what
            it decides here is only that an owner cannot leave.
        created_at: When it was made, in unix seconds.
    """

    network_id: int
    name: str
    join_rule: str
    enterprise: bool
    created_at: int


@frozen
class Member:
    """A node's place in a network.

    Attributes:
        role: ``owner``, ``admin`` or ``member``.
    """

    role: str


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
