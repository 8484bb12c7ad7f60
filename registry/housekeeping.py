"""What has to be done now and then, whether or not anybody asks."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from registry.directory import DirectoryStore, Presence, seen_since
from registry.events import Projection, Snapshots, Transaction
from registry.persistence import Committer, CommitterClosed, Outcome, Trimmer
from registry.routing import RoutingStore

log = structlog.get_logger()

Work = Callable[[Transaction], Any]


class Housekeeping:
    """Marks stale nodes, reaps silent ones, ends leases, saves when nodes were heard of."""

    def __init__(
        self,
        *,
        committer: Committer,
        directory: DirectoryStore,
        routing: RoutingStore,
        presence: Presence,
        projections: Sequence[Projection],
        reap_after: float,
        every: float,
        trimmer: Trimmer,
        on_duty: Callable[[], bool] = lambda: True,
        shared: Snapshots | None = None,
    ) -> None:
        """Describe the rounds.

        Args:
            committer: Runs what writes.
            directory: Removes nodes.
            routing: Ends leases.
            presence: Knows who is silent.
            projections: Read models to keep up to date while nobody reads them, so that
                their buffers stay short.
            reap_after: Seconds of silence after which a node is removed.
            every: Seconds between two rounds.
            trimmer: Keeps the change log short.
            on_duty: Whether it is for this process to do that; must not wait.
            shared: The database, where other processes save there whom they heard of.
        """
        self._committer = committer
        self._directory = directory
        self._routing = routing
        self._presence = presence
        self._projections = projections
        self._reap_after = reap_after
        self._every = every
        self._trimmer = trimmer
        self._on_duty = on_duty
        self._shared = shared
        self._heard_until = 0.0  # what others saved is known up to then

    async def run(self) -> None:
        """Do rounds until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            self.sweep()
            if self._shared is not None:
                await self._hear_of_others(self._shared)

    async def _hear_of_others(self, snapshots: Snapshots) -> None:
        """Learn whom other processes heard of; what they saved late is read twice."""
        now = self._presence.now()

        def read() -> list[tuple[int, int]]:
            with snapshots() as snapshot:
                return seen_since(snapshot.connection, self._heard_until - 3 * self._every)

        try:
            self._presence.heard_elsewhere(await asyncio.to_thread(read))
        except Exception:
            log.exception("housekeeping.heard_nobody")  # the next round reads it too
        else:
            self._heard_until = now

    def sweep(self) -> None:
        """Do one round; what it writes is committed later."""
        for projection in self._projections:
            projection.catch_up()
        self._presence.mark_stale()
        silent = self._presence.silent_for(self._reap_after)
        since = self._presence.now() - self._reap_after
        unsaved = self._presence.take_unsaved()

        def work(transaction: Transaction) -> None:
            self._directory.save_last_seen(transaction, unsaved)
            self._directory.reap(transaction, silent, silent_since=since)
            self._routing.drop_expired(transaction)

        def report(outcome: Outcome) -> None:
            if outcome.error is not None:
                log.error("housekeeping.failed", exc_info=outcome.error)
                self._presence.save_again(unsaved)

        self._submit(work, report)
        if self._on_duty():
            self._trim()

    def _trim(self) -> None:
        """Take a page from the change log, and then the next if it was full."""

        def report(outcome: Outcome) -> None:
            if outcome.error is not None:
                log.error("housekeeping.not_trimmed", exc_info=outcome.error)
            elif outcome.result == self._trimmer.page:
                self._trim()

        self._submit(self._trimmer.trim, report)

    def _submit(self, work: Work, report: Callable[[Outcome], None]) -> None:
        try:
            self._committer.submit(work, report)
        except CommitterClosed:
            log.debug("housekeeping.skipped", reason="the server is stopping")
