"""Taking turns on the event loop, so that nobody waits long for what others ask."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context

TURN_SECONDS = 0.0001
"""How long requests that take their time are worked on before others are looked at.

A few are worked on in one turn, and many arrive at once. What was asked before is answered at
once, between two turns.
"""

Work = Callable[[], object]


class Turns:
    """Runs work in the order in which it came, a turn at a time.

    Between two turns the loop does what else there is: above all, it reads from clients.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        seconds: float = TURN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make turns for a loop.

        Args:
            loop: Where the work is done.
            seconds: How long a turn lasts; what was begun in it is finished.
            clock: Seconds, from anywhere.
        """
        self._loop = loop
        self._seconds = seconds
        self._clock = clock
        self._waiting: deque[Work] = deque()
        self._underway = False
        self._ends = 0.0
        self._context = Context()  # a turn is for nobody in particular, whoever it follows

    def take(self, work: Work) -> None:
        """Do work now if this turn has time left for it, or else in a later one.

        Only for the thread of the loop.
        """
        if not self._underway:
            self._begin()
        if self._waiting or self._clock() >= self._ends:
            self._waiting.append(work)
        else:
            work()

    def deliver(self, work: Work) -> None:
        """Have work done in its turn; from any thread."""
        self._loop.call_soon_threadsafe(self.take, work)

    def _begin(self) -> None:
        self._underway = True
        self._ends = self._clock() + self._seconds
        self._loop.call_soon(self._go_on, context=self._context)

    def _go_on(self) -> None:
        """Begin the next turn, if anything waits for one."""
        self._underway = False
        if not self._waiting:
            return
        self._begin()  # first, so that work that raises does not hold up the rest
        while self._waiting and self._clock() < self._ends:
            self._waiting.popleft()()
