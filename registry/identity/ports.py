"""What the identity store needs from outside."""

from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], float]
"""Unix time in seconds."""

AddressOf = Callable[[int, int], str]
"""The text form of the address that a node (second) has in a network (first)."""

CheckUrl = Callable[[str, str], str]
"""Returns an address (first) that may be called.

It raises ValueError, naming the request's field (second), for one that may not.
"""


class Caller(Protocol):
    """Who asks, as far as it was proved."""

    @property
    def public_key(self) -> bytes:
        """The key that verified the request's signature; empty if none did."""
