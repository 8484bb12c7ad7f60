"""The bus: one publish reaches every subscription whose pattern matches."""

import threading
from collections.abc import Iterator
from typing import Protocol

from registry.events.event import Event
from registry.events.subscription import Subscription

DEFAULT_BUFFER_SIZE = 1024
"""Events a subscription holds where nothing else was asked for."""

_MOST_ROUTES = 4096
"""How many event types to remember the route of; more than any server declares."""


class Bus(Protocol):
    """What a store needs of the bus."""

    def publish(self, event: Event) -> None:
        """Hand an event to every matching subscription; never blocks."""

    def subscribe(self, *patterns: str) -> Subscription:
        """Open a channel of the events that match any of the patterns."""


class InProcessBus:
    """A `Bus` for the threads and tasks of one process.

    A pattern is ``*`` (every type), ``prefix.*`` (every type that begins with
    ``prefix.``, at any depth, but not ``prefix`` itself), or a type, matched exactly.
    An event's source takes no part in matching.

    Publishing looks the event's type up in an index, so it costs what matches and
    not what is subscribed. All subscriptions see events in the same order.
    """

    def __init__(self, buffer_size: int = 0) -> None:
        """Make a bus.

        Args:
            buffer_size: Events each subscription can hold unread; values of 0 and
                below mean `DEFAULT_BUFFER_SIZE`.
        """
        self.buffer_size = buffer_size if buffer_size > 0 else DEFAULT_BUFFER_SIZE
        self._lock = threading.RLock()  # the garbage collector may unsubscribe while it is held
        self._by_pattern: dict[str, dict[Subscription, None]] = {}  # a dict as an ordered set
        self._routes: dict[str, _Route] = {}
        self._published: dict[str, int] = {}  # what the routes do not count any more

    def publish(self, event: Event) -> None:
        """Hand an event to every matching subscription; never blocks.

        A subscription whose buffer is full drops the event and counts it; the
        others are not affected.
        """
        with self._lock:
            route = self._routes.get(event.type)
            if route is None:
                route = self._find_route(event.type)
            route.published += 1
            for subscription in route.subscriptions:
                subscription.offer(event)

    def lose(self) -> None:
        """Tell every subscription that events were lost on their way here.

        As after a drop of its own, whoever must not miss anything starts over.
        """
        with self._lock:
            for subscription in self.subscriptions:
                subscription.lose()

    def subscribe(self, *patterns: str) -> Subscription:
        """Open a channel of the events that match any of the patterns.

        Several patterns share one buffer, so their events keep the order in which
        they were published; an event that matches more than one arrives once.

        Raises:
            TypeError: No pattern was given.
        """
        if not patterns:
            raise TypeError("subscribe() needs at least one pattern")
        subscription = Subscription(patterns, self.buffer_size, self._detach)
        with self._lock:
            for pattern in patterns:
                self._by_pattern.setdefault(pattern, {})[subscription] = None
            self._forget_routes()
        return subscription

    @property
    def published(self) -> dict[str, int]:
        """How many events of each type were published so far."""
        with self._lock:
            self._forget_routes()
            return dict(self._published)

    @property
    def subscriptions(self) -> list[Subscription]:
        """Every subscription that is open, in no order."""
        with self._lock:
            return list({one: None for each in self._by_pattern.values() for one in each})

    def _detach(self, subscription: Subscription) -> None:
        with self._lock:
            for pattern in subscription.patterns:
                matching = self._by_pattern.get(pattern, {})
                matching.pop(subscription, None)
                if not matching:
                    self._by_pattern.pop(pattern, None)
            self._forget_routes()

    def _forget_routes(self) -> None:
        for event_type, route in self._routes.items():
            self._published[event_type] = self._published.get(event_type, 0) + route.published
        self._routes.clear()

    def _find_route(self, event_type: str) -> "_Route":
        if len(self._routes) >= _MOST_ROUTES:
            self._forget_routes()
        matching: dict[Subscription, None] = {}
        for pattern in _patterns_matching(event_type):
            matching |= self._by_pattern.get(pattern, {})
        route = self._routes[event_type] = _Route(tuple(matching))
        return route


class _Route:
    """Whom an event type goes to, and how many events have gone since that is known."""

    __slots__ = ("published", "subscriptions")

    def __init__(self, subscriptions: tuple[Subscription, ...]) -> None:
        self.subscriptions = subscriptions
        self.published = 0


def matches(pattern: str, event_type: str) -> bool:
    """Whether a pattern matches an event type, by the rules of `InProcessBus`."""
    return pattern in _patterns_matching(event_type)


def _patterns_matching(event_type: str) -> Iterator[str]:
    """Every pattern that matches a type: ``a.b`` is matched by ``a.b``, ``a.*`` and ``*``."""
    yield event_type
    dot = event_type.find(".")
    while dot >= 0:
        yield f"{event_type[:dot]}.*"
        dot = event_type.find(".", dot + 1)
    yield "*"
