"""Threads whose end is awaited, and waiting that can be noticed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from registry.events import Event, Subscription

PATIENCE = 30.0
"""Seconds after which a test that would hang fails instead."""

T = TypeVar("T")


class _NoticingCondition(threading.Condition):
    """Says when somebody begins to wait in it."""

    def __init__(self, waiters: int) -> None:
        super().__init__()
        self.reached = threading.Event()
        self._missing = waiters

    def wait(self, timeout: float | None = None) -> bool:
        self._missing -= 1
        if self._missing <= 0:
            self.reached.set()
        return super().wait(timeout)


def notice_waiting(subscription: Subscription, waiters: int = 1) -> threading.Event:
    """An event that is set when so many threads wait for the subscription.

    Whoever then publishes needs the lock that waiting gives free, so it finds them waiting.
    """
    noticing = subscription._readable = _NoticingCondition(waiters)
    return noticing.reached


def in_thread(work: Callable[[], T]) -> Future[T]:
    """Do something on a thread of its own; the future holds what came of it."""
    future: Future[T] = Future()

    def target() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=target, daemon=True).start()
    return future


def all_at_once(*works: Callable[[], T]) -> list[T]:
    """Do everything at the same time, each on a thread of its own."""
    barrier = threading.Barrier(len(works))

    def after_the_others_arrived(work: Callable[[], T]) -> T:
        barrier.wait(PATIENCE)
        return work()

    futures = [in_thread(lambda work=work: after_the_others_arrived(work)) for work in works]  # type: ignore[misc]
    return [future.result(PATIENCE) for future in futures]


def numbered(*numbers: int, type_: str = "thing.happened") -> list[Event]:
    """Events that tell themselves apart by their payload."""
    return [Event("test", type_, {"n": number}) for number in numbers]


def numbers(events: list[Event]) -> list[int]:
    """The other way: what tells the events apart."""
    return [event.payload["n"] for event in events]
