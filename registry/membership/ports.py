"""What the membership store needs from outside."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from registry.events import Transaction

Clock = Callable[[], float]
"""Unix time in seconds."""

AddressOf = Callable[[int, int], str]
"""The text form of the address that a node (second) has in a network (first)."""

NodeExists = Callable[[Transaction, int], bool]
"""Whether a node is registered."""

NodeCount = Callable[[], int]
"""How many nodes are registered."""

ExternalIdOf = Callable[[Transaction, int], str]
"""By which id a node's holder is known elsewhere; empty if it is not."""

MemberLimit = Callable[[Transaction, int], int]
"""How many members a network may have; 0 for any number."""

Terms = Callable[[Transaction, int], Mapping[str, Any]]
"""What else a node is told that joins a network, by answer field."""

Summary = Callable[[int], Mapping[str, Any]]
"""What else the list of networks says of a network, by answer field."""


HasExprPolicy = Callable[[int], bool]
"""Whether a network has an expression policy, from memory."""


class Caller(Protocol):
    """Who asks, as far as it was proved."""

    @property
    def node_id(self) -> int:
        """The node that signed the request; 0 if none did."""

    @property
    def is_admin(self) -> bool:
        """Whether the request carried the admin token."""
