"""Keeping a read model true by following the bus."""

import threading
from collections.abc import Callable

from registry.events.bus import Bus
from registry.events.event import Event
from registry.events.subscription import Subscription


class Projection:
    """Follows the bus on behalf of a read model, which calls `catch_up` before it answers.

    That call is what makes two promises true. No read after a publish sees what the
    publish invalidated: whatever is buffered is applied first. And loss is noticed:
    when the subscription dropped an event, the model is rebuilt from the database.

    The model keeps two functions: ``apply`` takes one event, and ``rebuild`` replaces
    everything by what the database holds and returns the number of the last event
    that this state includes. Events up to that number are then not applied again.
    """

    def __init__(
        self,
        bus: Bus,
        patterns: tuple[str, ...],
        *,
        apply: Callable[[Event], None],
        rebuild: Callable[[], int],
    ) -> None:
        """Subscribe; the first `catch_up` builds the model."""
        self._subscription: Subscription = bus.subscribe(*patterns)
        named = getattr(apply, "__qualname__", type(apply).__name__)
        self._subscription.name = named.partition(".")[0]
        self._apply = apply
        self._rebuild = rebuild
        self._lock = threading.RLock()
        self._applying = False
        self._seen = -1  # of the events offered, those that were applied
        self._drops_seen = -1  # never equal to a real count: the model is not built yet
        self._number = 0
        self.rebuilds = 0

    def catch_up(self) -> None:
        """Apply what was published since the last call, or rebuild if any of it was lost.

        Raises:
            Exception: Whatever ``rebuild`` raised. The model is then not trusted: the
                next call rebuilds again.
        """
        if self._subscription.offered == self._seen:  # the usual case, on every hot path
            return
        with self._lock:
            if self._applying:  # called by ``apply`` or ``rebuild``: the outer call goes on
                return
            self._applying = True
            try:
                self._follow_all()
            finally:
                self._applying = False

    def _follow_all(self) -> None:
        offered = self._subscription.offered  # before the buffer is emptied, never after
        self._apply_all(self._subscription.drain(), self._subscription.dropped)
        self._seen = offered

    def _apply_all(self, events: list[Event], drops: int) -> None:
        if drops != self._drops_seen:
            self._start_over(drops)
        for event in events:
            self._follow(event)

    def _start_over(self, drops: int) -> None:
        self._drops_seen = -1
        self._number = self._rebuild()
        self._drops_seen = drops
        self.rebuilds += 1

    def _follow(self, event: Event) -> None:
        if event.number:
            if event.number <= self._number:
                return
            self._number = event.number
        try:
            self._apply(event)
        except Exception:
            self._drops_seen = -1  # half applied is as bad as lost
            raise

    @property
    def name(self) -> str:
        """The read model that it keeps true."""
        return self._subscription.name

    @property
    def seen(self) -> int:
        """How many of the events offered so far the model has; it differs when it has changed."""
        return self._seen

    @property
    def is_built(self) -> bool:
        """Whether the model was built and can be trusted, as far as was looked."""
        return self._drops_seen >= 0

    def close(self) -> None:
        """Stop following."""
        self._subscription.unsubscribe()
