"""What the routing store needs from outside."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Unix time in seconds."""

EndpointFor = Callable[[int, int], str]
"""The endpoint of a node (second) for a node that asks (first).

Raises LookupError where one of them is not registered and PermissionError where the
asking node may not know.
"""
