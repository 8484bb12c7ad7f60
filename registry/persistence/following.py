"""Following what other processes commit to the same database."""

import os
import select
import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

from registry.persistence.database import Database
from registry.persistence.postgresql import CHANNEL

log = structlog.get_logger()

LOOK_EVERY = 1.0
"""Seconds after which the log is looked at although nobody said that there is something new."""

FRESH_SECONDS = 3.0
"""For how long what is in memory is as good as what is in the database, once it was compared.

Longer than `LOOK_EVERY`, so that only a process that was stopped, or one that the database does
not answer, ever asks before it answers.
"""

PROPAGATION_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
"""Seconds from a commit elsewhere until it is known here, as they are counted."""


class Freshness:
    """Since when this process may have missed what others committed. Safe across threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin as stale.

        Args:
            clock: Seconds; must go on while the process is stopped.
        """
        self._clock = clock
        self._until = -1.0

    def now(self) -> float:
        """The time to `confirm` with, taken before the database is looked at."""
        return self._clock()

    def confirm(self, as_of: float) -> None:
        """Note that everything is known here which was committed by then."""
        self._until = max(self._until, as_of + FRESH_SECONDS)

    @property
    def is_over(self) -> bool:
        """Whether to look at the database before anything is answered."""
        return self._clock() >= self._until


class Ear:
    """Listens for commits of other processes, and has them looked at.

    What it hears is only a hint: without it, the log is looked at once a second.

    Attributes:
        losses: How often its connection was lost.
    """

    def __init__(self, database: Database, look: Callable[[], object]) -> None:
        """Describe it; `start` sets it going.

        Args:
            database: Where to listen.
            look: Has the change log read; does not wait for that.
        """
        self._database = database
        self._look = look
        self._stopping = False
        self._wake, self._alarm = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="ear", daemon=True)
        self.losses = 0

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Have it end, and wait for that. Safe to call again."""
        self._stopping = True
        if self._alarm >= 0:
            os.close(self._alarm)  # the other end can be read now: it is at its end
            self._alarm = -1
            if self._thread.ident is not None:
                self._thread.join()
            os.close(self._wake)

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._listen()
            except DBAPIError as error:
                if self._stopping:
                    return
                self.losses += 1
                log.warning("ear.deaf", reason=str(error.orig), retry_after=LOOK_EVERY)
                self._look()
                self._wait_a_little()

    def _listen(self) -> None:
        """Listen until the connection is lost."""
        with self._database.listening(CHANNEL) as wait:
            while not self._stopping:
                self._look()
                while not wait(LOOK_EVERY, self._wake):
                    pass  # this process has said it, and knows

    def _wait_a_little(self) -> None:
        poll = select.poll()
        poll.register(self._wake)
        poll.poll(LOOK_EVERY * 1000)
