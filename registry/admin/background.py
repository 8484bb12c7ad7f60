"""What goes on beside the serving of clients, each on a thread of its own."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()

AFTER_FAILURE = 1.0
"""Seconds until work that failed is tried again."""

STOP_SECONDS = 2.0
"""How long a stop waits for work that is going on; what is not done then is done next time."""


class Background:
    """Does something again and again until it is stopped."""

    def __init__(self, name: str, step: Callable[[], float | None]) -> None:
        """Describe it; `start` sets it going.

        Args:
            name: What it is, for logs.
            step: Does a little, and answers in how many seconds to go on at the latest;
                None for not before it is woken. It may raise.
        """
        self._name = name
        self._step = step
        self._awake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether it is to end: a long step may look at this."""
        return self._stopping

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Have it go on now. Safe from any thread."""
        self._awake.set()

    def stop(self) -> None:
        """Have it end after the step that it is in, and wait for that a little."""
        self._stopping = True
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping:
            self._awake.clear()
            wait = self._try()
            if not self._stopping and wait != 0:
                self._awake.wait(wait)

    def _try(self) -> float | None:
        try:
            return self._step()
        except Exception:
            if not self._stopping:  # at the end, what it uses may be closed already
                log.exception("background.failed", work=self._name, retry_after=AFTER_FAILURE)
            return AFTER_FAILURE
