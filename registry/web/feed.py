"""What happens, told to those who look while it happens."""

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec
from attrs import define, field

from registry.dispatch import Caller
from registry.events import Bus, Event, Subscription
from registry.web.messages import LiveEvent
from registry.web.viewers import ADMIN

MOST_READERS = 32
"""Strangers that may read at a time, and as many administrators."""

MOST_UNREAD = 256
"""Events that wait for one reader at most: what is too much is dropped, the oldest first."""

ROUND_SECONDS = 0.25
"""Between two looks at the bus: publishing then has nobody to wake."""


class FeedFull(Exception):
    """So many read already that one more would have none."""


@define(eq=False)
class Reader:
    """One who reads.

    Attributes:
        viewer: Who it is, which decides what it is told.
        unread: What waits for it, as it is sent.
        dropped: How many events were dropped since it was last told.
        ended: Whether nothing more will come.
        waiting: Set when there is something to read, or it ended.
    """

    viewer: Caller
    unread: deque[bytes] = field(factory=lambda: deque[bytes](maxlen=MOST_UNREAD))
    dropped: int = 0
    ended: bool = False
    waiting: asyncio.Event = field(factory=asyncio.Event)

    def tell(self, message: bytes) -> None:
        """Have something wait for it."""
        self.dropped += len(self.unread) == MOST_UNREAD
        self.unread.append(message)
        self.waiting.set()

    def take(self) -> bytes:
        """Everything that waits, and how much does not wait any more."""
        self.waiting.clear()
        parts = [*self.unread]
        if self.dropped:
            parts.insert(0, b'event: dropped\ndata: {"dropped":%d}\n\n' % self.dropped)
        self.unread.clear()
        self.dropped = 0
        return b"".join(parts)


class EventFeed:
    """Follows the bus for its readers, and only while it has any."""

    def __init__(self, bus: Bus, clock: Callable[[], float]) -> None:
        self._bus = bus
        self._clock = clock
        self._readers: set[Reader] = set()
        self._following: asyncio.Task[None] | None = None
        self._closed = False

    def __len__(self) -> int:
        """How many read."""
        return len(self._readers)

    def open(self, viewer: Caller) -> Reader:
        """Begin to read.

        Raises:
            FeedFull: Too many do already.
        """
        like_it = sum(reader.viewer is viewer for reader in self._readers)
        if like_it >= MOST_READERS or self._closed:
            raise FeedFull
        reader = Reader(viewer)
        if not self._readers:
            subscription = self._bus.subscribe("*")
            subscription.name = "EventFeed"
            self._following = asyncio.create_task(self._follow(subscription))
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """Stop reading."""
        self._readers.discard(reader)
        if not self._readers and self._following is not None:
            self._following.cancel()

    def close(self) -> None:
        """Tell every reader that nothing more will come."""
        self._closed = True
        for reader in self._readers:
            reader.ended = True
            reader.waiting.set()

    async def _follow(self, subscription: Subscription) -> None:
        with subscription:
            drops = 0
            while True:
                await asyncio.sleep(ROUND_SECONDS)
                for event in subscription.drain()[-MOST_UNREAD:]:
                    self._tell(event)
                lost = subscription.dropped - drops
                drops += lost
                for reader in self._readers:
                    reader.dropped += lost

    def _tell(self, event: Event) -> None:
        at = round(self._clock(), 3)
        bare = _message(LiveEvent(type=event.type, at=at))
        full = _message(
            LiveEvent(
                type=event.type,
                at=at,
                number=event.number,
                source=event.source,
                payload=dict(event.payload),
            )
        )
        for reader in self._readers:
            reader.tell(full if reader.viewer is ADMIN else bare)


def _message(event: LiveEvent) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(event)
