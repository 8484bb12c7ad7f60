"""What the polo store needs from outside."""

from collections.abc import Callable
from typing import Protocol

from registry.events import Transaction

Clock = Callable[[], float]
"""Unix time in seconds."""

NodeExists = Callable[[Transaction, int], bool]
"""Whether a node is registered."""

NodeKnown = Callable[[int], bool]
"""Whether a node is registered, from memory."""

AddressOf = Callable[[int, int], str]
"""The text form of the address that a node (second) has in a network (first)."""

Trusts = Callable[[Transaction, int, int], bool]
"""Whether two nodes trust each other."""


class Caller(Protocol):
    """Who asks, as far as it was proved."""

    @property
    def node_id(self) -> int:
        """The node that signed the request; 0 if none did."""

    @property
    def is_admin(self) -> bool:
        """Whether the request carried the admin token."""
