"""Whether the server is ready to serve."""

import asyncio
import time
from collections.abc import Iterable

import structlog
from attrs import frozen

from registry.events import Projection
from registry.persistence import Committer, CommitterClosed, Outcome, change_log

log = structlog.get_logger()

PATIENCE = 2.0
"""Seconds that a commit may take."""

KEPT_FOR = 1.0
"""Seconds for which what was found out is told again: to find out costs a commit."""


@frozen
class Readiness:
    """What was found out.

    Attributes:
        reasons: Why the server is not ready; empty if it is.
    """

    reasons: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether requests will be served."""
        return not self.reasons


class ReadinessCheck:
    """Finds out whether reads and writes would be served, by trying."""

    def __init__(self, committer: Committer, projections: Iterable[Projection]) -> None:
        self._committer = committer
        self._projections = tuple(projections)
        self._trying = asyncio.Lock()
        self._found = Readiness(("not looked yet",))
        self._found_at = float("-inf")

    async def look(self) -> Readiness:
        """Find out; many who ask at once are told the same."""
        async with self._trying:
            if time.monotonic() - self._found_at > KEPT_FOR:
                self._found = Readiness((*self._unbuilt(), *await self._no_commit()))
                self._found_at = time.monotonic()
            return self._found

    def _unbuilt(self) -> list[str]:
        names = {each.name for each in self._projections if not each.is_built}
        return [f"the read model {name} is not built" for name in sorted(names)]

    async def _no_commit(self) -> list[str]:
        """Why nothing can be written, if so."""
        if not self._committer.is_alive:
            return ["the committer does not run"]
        loop = asyncio.get_running_loop()
        tried: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            if not tried.done():
                tried.set_result(outcome)

        def then(outcome: Outcome) -> None:
            loop.call_soon_threadsafe(settle, outcome)

        try:
            self._committer.submit(change_log.touch, then)
            outcome = await asyncio.wait_for(tried, PATIENCE)
        except TimeoutError:
            return [f"no commit within {PATIENCE:g} s"]
        except CommitterClosed as error:
            return [str(error)]
        if outcome.error is not None:
            log.error("readiness.no_commit", exc_info=outcome.error)
            return ["the database cannot commit"]
        return []
