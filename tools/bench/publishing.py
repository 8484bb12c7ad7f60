"""What it costs to publish, here and in two libraries that do the like.

Each is measured with one subscriber, and with one that matches among a thousand. A
subscriber keeps what it gets and is emptied outside the measured time.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import frozen
from blinker import Namespace
from pyee.base import EventEmitter

from registry.events import Event, InProcessBus

SUBSCRIPTIONS = 1_000

_ROUND = 1_000
"""Publishes between two emptyings: as many as a subscription holds."""

Publish = Callable[[], object]
Empty = Callable[[], object]


@frozen
class Cost:
    """Nanoseconds to publish one event.

    Attributes:
        name: Whose bus.
        alone: With one subscription, which matches.
        among: With a thousand, one of which matches.
    """

    name: str
    alone: float
    among: float

    @property
    def ratio(self) -> float:
        """How much dearer the others make it."""
        return self.among / self.alone


def publish_costs(rounds: int = 200) -> list[Cost]:
    """Measure all three, taking turns so that none has the quieter machine."""
    makers = {"registry.events": _registry, "blinker": _blinker, "pyee": _pyee}
    best = {(name, others): float("inf") for name in makers for others in (0, SUBSCRIPTIONS - 1)}
    built = {(name, others): makers[name](others) for name, others in best}
    for _ in range(rounds):
        for which, (publish, empty) in built.items():
            best[which] = min(best[which], _nanoseconds(publish))
            empty()
    return [Cost(name, best[name, 0], best[name, SUBSCRIPTIONS - 1]) for name in makers]


def _nanoseconds(publish: Publish) -> float:
    began = time.perf_counter_ns()
    for _ in range(_ROUND):
        publish()
    return (time.perf_counter_ns() - began) / _ROUND


def _registry(others: int) -> tuple[Publish, Empty]:
    bus = InProcessBus()
    matching = bus.subscribe("node.registered")
    kept = [bus.subscribe(f"other.{number}") for number in range(others)]
    event = Event("directory", "node.registered", {"node_id": 1})

    def empty() -> None:
        matching.drain()
        assert not any(map(len, kept))

    return lambda: bus.publish(event), empty


def _blinker(others: int) -> tuple[Publish, Empty]:
    """A signal by name stands for a type of event."""
    signals = Namespace()
    received: deque[Any] = deque()

    def receive(event: Any, **_: Any) -> None:
        received.append(event)

    for name in ("node.registered", *(f"other.{number}" for number in range(others))):
        signals.signal(name).connect(receive, weak=False)
    event = {"node_id": 1}
    return lambda: signals.signal("node.registered").send(event), received.clear


def _pyee(others: int) -> tuple[Publish, Empty]:
    emitter = EventEmitter()
    received: deque[Any] = deque()
    for name in ("node.registered", *(f"other.{number}" for number in range(others))):
        emitter.add_listener(name, received.append)
    event = {"node_id": 1}
    return lambda: emitter.emit("node.registered", event), received.clear
