"""Asking somebody outside, where nobody else has to wait for the answer."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from registry.persistence import CommitterClosed, Outcome

AT_ONCE = 8
"""Inquiries that are under way at the same time."""

MOST = 64
"""Inquiries that are under way or wait for their turn; more are refused."""


class TooManyInquiries(PermissionError):
    """So much is being asked outside that no more is taken on."""


class Inquiries:
    """Runs what waits for answers from outside, on threads of its own.

    The event loop serves everybody and the committer writes for everybody, so neither may
    wait for one who has no answer.
    """

    def __init__(self, deliver: Callable[[Callable[[], None]], object]) -> None:
        """Make it.

        Args:
            deliver: Calls a function where outcomes belong.
        """
        self._deliver = deliver
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="inquiry")
        self._room = threading.BoundedSemaphore(MOST)

    def submit(self, work: Callable[[], Any], then: Callable[[Outcome], None]) -> None:
        """Run work, and report how it ended.

        Args:
            work: What asks; it has bounds of its own.
            then: Called with the outcome, where outcomes are delivered. Must not raise.

        Raises:
            TooManyInquiries: There is no room for more.
            CommitterClosed: The server is stopping.
        """
        if not self._room.acquire(blocking=False):
            raise TooManyInquiries("too many inquiries are under way: try again later")
        try:
            future = self._threads.submit(work)
        except RuntimeError:
            self._room.release()
            raise CommitterClosed("the server is stopping") from None
        future.add_done_callback(partial(self._report, then))

    def close(self) -> None:
        """Drop what has not begun, and wait for the rest. Safe to call again."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _report(self, then: Callable[[Outcome], None], future: "Future[Any]") -> None:
        self._room.release()
        if future.cancelled():
            outcome = Outcome(error=CommitterClosed("the server is stopping"))
        else:
            error = future.exception()
            outcome = (
                Outcome(error=error) if isinstance(error, Exception) else Outcome(future.result())
            )
        self._deliver(partial(then, outcome))
