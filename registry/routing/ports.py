"""What the routing store needs from outside."""

from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], float]
"""Unix time in seconds."""

EndpointFor = Callable[[int, int], str]
"""The endpoint of a node (second) for a node that asks (first).

Raises LookupError where one of them is not registered and PermissionError where the
asking node may not know.
"""


class Caller(Protocol):
    """Who asks, as far as it was proved."""

    @property
    def is_admin(self) -> bool:
        """Whether the request carried the admin token."""
