"""Durable subscribers: what one store writes because of another store's event."""

import time

from sqlalchemy import Connection

from registry.events import Bus, Event, Reaction, matches
from registry.persistence import change_log


class Inbox:
    """The events a reaction has yet to handle.

    The bus is the doorbell and the usual source; the change log is the truth. The
    reaction's cursor moves in the same transaction as what the handler wrote, and
    whenever the bus dropped something, or a handler failed, the log is read again
    from there.

    Where the database is shared, other processes handle the same events: whoever comes
    first moves the cursor, and the others find it moved.
    """

    def __init__(self, reaction: Reaction, bus: Bus, *, shared: bool = False) -> None:
        self.reaction = reaction
        self._shared = shared
        self._subscription = bus.subscribe(*reaction.patterns)
        self._subscription.name = reaction.name
        self._drops_seen = 0
        self._cursor = 0
        self._trusted = False  # until the log was read once
        self._retry_at = 0.0

    def __bool__(self) -> bool:
        """Whether there may be something to handle now."""
        if not self._trusted:
            return time.monotonic() >= self._retry_at
        return len(self._subscription) > 0 or self._subscription.dropped != self._drops_seen

    @property
    def settled(self) -> bool:
        """Whether everything that was published so far has been handled."""
        return self._trusted and not self

    def pending(self, connection: Connection) -> list[Event]:
        """Take the events that are waiting, oldest first."""
        drops = self._subscription.dropped
        events = self._subscription.drain()
        if not self._trusted or drops != self._drops_seen:
            self._cursor = change_log.cursor(connection, self.reaction.name) or 0
            events = [e for e in change_log.read(connection, self._cursor) if self._wants(e)]
            self._trusted, self._drops_seen = True, drops
        elif self._shared and events:
            self._cursor = change_log.cursor(connection, self.reaction.name) or 0
        return [event for event in events if event.number > self._cursor]

    def handled(self, number: int) -> None:
        """Note that all events up to a number took effect and are committed."""
        self._cursor = number

    def failed(self, retry_after: float) -> None:
        """What was taken did not take effect: read the log again, some seconds later."""
        self._trusted = False
        self._retry_at = time.monotonic() + retry_after

    def close(self) -> None:
        """Stop listening."""
        self._subscription.unsubscribe()

    def _wants(self, event: Event) -> bool:
        return any(matches(pattern, event.type) for pattern in self.reaction.patterns)
