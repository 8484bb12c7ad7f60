"""The reading end of the bus: a bounded channel of events."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from registry.events.event import Event


class Subscription:
    """A bounded, thread-safe channel of the events that match some patterns.

    Made by `Bus.subscribe`. Read it with ``for``, with ``async for``, or without
    waiting by `drain`. Every event goes to one reader only. After `unsubscribe`
    (or at the end of a ``with`` block) what is buffered can still be read, and
    then the iteration ends.

    Attributes:
        patterns: What it matches.
        name: Whom it serves, for those who look at the bus; by default its patterns.
        capacity: How many unread events it holds before it drops new ones.
        offered: How many events matched so far, dropped ones included.
        dropped: How many of them were dropped because the buffer was full.
        dropped_of: The same for each type.
    """

    def __init__(
        self,
        patterns: tuple[str, ...],
        capacity: int,
        detach: Callable[["Subscription"], None],
    ) -> None:
        self.patterns = patterns
        self.name = ",".join(patterns)
        self.capacity = capacity
        self._detach = detach
        self._events: deque[Event] = deque()
        self.offered = 0
        self.dropped = 0
        self.dropped_of: dict[str, int] = {}
        self._closed = False
        # Re-entrant: the garbage collector may end a forgotten reader while this is held.
        self._readable = threading.Condition(threading.RLock())
        self._threads_waiting = 0
        self._tasks_waiting: dict[asyncio.Future[None], asyncio.AbstractEventLoop] = {}

    def __len__(self) -> int:
        """How many events are buffered."""
        return len(self._events)

    def __bool__(self) -> bool:
        """Always true: an empty channel is still a channel."""
        return True

    @property
    def closed(self) -> bool:
        """Whether it was unsubscribed: no further event will arrive."""
        return self._closed

    def unsubscribe(self) -> None:
        """Stop receiving and end waiting readers. Safe to call again."""
        self._detach(self)
        with self._readable:
            self._closed = True
            self._readable.notify_all()
            self._wake_tasks()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.unsubscribe()

    def offer(self, event: Event) -> bool:
        """Buffer an event if there is room; called by the bus. Never waits.

        Returns:
            False if the event was dropped or the channel is closed.
        """
        with self._readable:
            if self._closed:
                return False
            if len(self._events) >= self.capacity:
                self.dropped += 1
                self.dropped_of[event.type] = self.dropped_of.get(event.type, 0) + 1
                self.offered += 1
                return False
            self._events.append(event)
            self.offered += 1  # last: who finds it counted finds it buffered
            if self._threads_waiting:
                self._readable.notify()
            if self._tasks_waiting:
                self._wake_tasks()
            return True

    def lose(self) -> None:
        """Count an event as dropped that nobody has any more; called by the bus."""
        with self._readable:
            self.dropped += 1
            self.offered += 1

    def drain(self) -> list[Event]:
        """Take everything that is buffered, oldest first, without waiting."""
        if not self._events:  # len of a deque is atomic: the usual case costs no lock
            return []
        with self._readable:
            events = list(self._events)
            self._events.clear()
            return events

    def get(self, timeout: float | None = None) -> Event | None:
        """Take the oldest event, waiting for one if need be.

        Args:
            timeout: Seconds to wait at most; None waits for ever.

        Returns:
            None when the time is up, or when the channel is closed and empty.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._readable:
            while not self._events and not self._closed:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._threads_waiting += 1
                try:
                    self._readable.wait(left)
                finally:
                    self._threads_waiting -= 1
            return self._events.popleft() if self._events else None

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        event = self.get()
        if event is None:
            raise StopIteration
        return event

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        loop = asyncio.get_running_loop()
        while True:
            with self._readable:
                if self._events:
                    return self._events.popleft()
                if self._closed:
                    raise StopAsyncIteration
                wakeup = loop.create_future()
                self._tasks_waiting[wakeup] = loop
            try:
                await wakeup
            finally:
                with self._readable:
                    self._tasks_waiting.pop(wakeup, None)

    def _wake_tasks(self) -> None:
        """Wake every waiting task; each looks again at the buffer for itself.

        Waking one would do, but the one chosen may be cancelled at this moment and
        then nobody would come for the event.
        """
        waiting, self._tasks_waiting = self._tasks_waiting, {}
        for wakeup, loop in waiting.items():
            with suppress(RuntimeError):  # the loop was closed, and its tasks with it
                loop.call_soon_threadsafe(_resolve, wakeup)


def _resolve(wakeup: "asyncio.Future[None]") -> None:
    if not wakeup.done():
        wakeup.set_result(None)
