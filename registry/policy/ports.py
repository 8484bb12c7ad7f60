"""What the policy store needs from outside."""

from collections.abc import Callable
from typing import Protocol

from registry.events import Transaction

NetworkExists = Callable[[Transaction, int], bool]
"""Whether there is a network."""

NetworkKnown = Callable[[int], bool]
"""Whether there is a network, from memory."""

MemberCount = Callable[[Transaction, int], int]
"""How many members a network has."""


class Caller(Protocol):
    """Who asks, as far as it was proved."""

    @property
    def node_id(self) -> int:
        """The node that signed the request; 0 if none did."""

    @property
    def is_admin(self) -> bool:
        """Whether the request carried the admin token."""
