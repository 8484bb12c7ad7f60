"""How many requests there were lately, for a chart."""

import asyncio
from collections import deque

from registry.dispatch import OperationTable

SECONDS = 5.0
"""Between two samples."""

MOST_SAMPLES = 360
"""Half an hour."""


class RequestRates:
    """Looks at the tallies every few seconds, and keeps what came in between.

    Attributes:
        seconds: Between two samples.
        per_second: Requests in a second, for each sample; the newest last.
    """

    def __init__(self, operations: OperationTable) -> None:
        self._tallies = [operation.tally for operation in operations]
        self._last = 0
        self.seconds = SECONDS
        self.per_second: deque[float] = deque(maxlen=MOST_SAMPLES)

    @property
    def total(self) -> int:
        """Requests since the start."""
        return sum(tally.requests for tally in self._tallies)

    @property
    def errors(self) -> int:
        """Those that were answered with an error."""
        return sum(sum(tally.errors.values()) for tally in self._tallies)

    def sample(self, seconds: float) -> None:
        """Note what came since the last time, so many seconds ago."""
        total = self.total
        self.per_second.append(round((total - self._last) / seconds, 2))
        self._last = total

    async def run(self) -> None:
        """Sample until cancelled."""
        loop = asyncio.get_running_loop()
        self._last = self.total
        while True:
            began = loop.time()
            await asyncio.sleep(SECONDS)
            self.sample(loop.time() - began)
