"""What a store writes because of other stores' events."""

from collections.abc import Callable

from attrs import frozen

from registry.events.durable import Transaction
from registry.events.event import Event


@frozen
class Reaction:
    """A store's standing answer to some events: a handler that writes.

    Each matching event takes effect exactly once, in commit order, whatever was
    dropped or killed in between.

    Attributes:
        name: Names its cursor in the database; never changed once released.
        patterns: Which events to react to.
        handler: Writes what follows from an event. It may itself publish.
    """

    name: str
    patterns: tuple[str, ...]
    handler: Callable[[Transaction, Event], None]
