"""What has to be done now and then, whether or not anybody asks."""

import asyncio
from collections.abc import Sequence

import structlog

from registry.directory import DirectoryStore, Presence
from registry.events import Projection, Transaction
from registry.persistence import Committer, CommitterClosed, Outcome
from registry.routing import RoutingStore

log = structlog.get_logger()

SWEEP_SECONDS = 10.0
"""Between two rounds."""


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
        """
        self._committer = committer
        self._directory = directory
        self._routing = routing
        self._presence = presence
        self._projections = projections
        self._reap_after = reap_after

    async def run(self) -> None:
        """Do rounds until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep()

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

        try:
            self._committer.submit(work, report)
        except CommitterClosed:
            log.debug("housekeeping.skipped", reason="the server is stopping")
