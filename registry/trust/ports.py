"""What the trust store needs from outside."""

from collections.abc import Callable
from typing import Protocol

from registry.events import Transaction

Clock = Callable[[], float]
"""Unix time in seconds."""

NodeExists = Callable[[Transaction, int], bool]
"""Whether a node is registered."""

ShareNetwork = Callable[[int, int], bool]
"""Whether two nodes are in one network other than the backbone."""


class Caller(Protocol):
    """Who asks, as far as it was proved."""

    @property
    def node_id(self) -> int:
        """The node that signed the request; 0 if none did."""

    @property
    def is_admin(self) -> bool:
        """Whether the registry's admin token was shown."""
