"""Delivering what is in the audit log: at least once, in order, for as long as it takes."""

import random
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Protocol

import structlog
from attrs import define, field, frozen
from sqlalchemy import bindparam, delete, insert, select, update

from registry.admin.background import Background
from registry.admin.entries import Sealed, oldest
from registry.admin.outlets import Outlet, OutletName, OutletView, Target
from registry.admin.tables import dead_letters, outlets
from registry.events import Snapshots, Transaction
from registry.outside import OutsideUnavailable
from registry.persistence import Committer

log = structlog.get_logger()

LOOK_EVERY = 60.0
"""Seconds after which a courier looks for work that nobody told it of."""

LOOK_EVERY_OFF_DUTY = 1.0
"""Seconds after which it looks whether another process has died whose work this is now."""

MOST_LETTERS_KEPT = 10_000
"""Dead letters that are kept; what a receiver refused before that is in the audit log still."""

_MOVE = (
    update(outlets)
    .where(
        outlets.c.name == bindparam("which"),
        outlets.c.url == bindparam("same_url"),
        outlets.c.position == bindparam("before"),
    )
    .values(
        position=bindparam("now"),
        delivered=outlets.c.delivered + bindparam("more_delivered"),
        failed=outlets.c.failed + bindparam("more_failed"),
    )
)
_BURY = insert(dead_letters)
_OLDEST_KEPT = (
    select(dead_letters.c.number)
    .order_by(dead_letters.c.number.desc())
    .offset(MOST_LETTERS_KEPT - 1)
    .limit(1)
)
_FORGET = delete(dead_letters).where(dead_letters.c.number < bindparam("oldest"))


@frozen
class Backoff:
    """How long to wait after failures: twice as long each time, and never exactly as long.

    Attributes:
        first: Seconds after the first failure at most.
        most: Seconds after any failure at most.
    """

    first: float = 1.0
    most: float = 300.0

    def after(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        longest = min(self.most, self.first * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - nobody gains by guessing it


class Unsent(RuntimeError):
    """A receiver did not take what was sent: it is to be tried again."""


@frozen
class DeadLetter:
    """What a receiver will not take.

    Attributes:
        number: The entry's number.
        attempts: How often it was sent.
        reason: Why it was given up.
        body: What was sent.
    """

    number: int
    attempts: int
    reason: str
    body: str


@define
class Progress:
    """What became of some entries.

    Attributes:
        position: Up to which entry everything is dealt with.
        delivered: How many the receiver took.
        dead: What it will not take.
        failure: Why there is no going on for now; empty if there is.
    """

    position: int
    delivered: int = 0
    dead: list[DeadLetter] = field(factory=list)
    failure: str = ""


class Carrier(Protocol):
    """Knows how entries are sent to one kind of outlet."""

    @property
    def most(self) -> int:
        """How many entries it is given at most."""

    def carry(
        self, target: Target, batch: Sequence[Sealed], *, stopping: Callable[[], bool]
    ) -> Progress:
        """Send entries, and say how far that went; it may raise `Unsent` for all of them."""


class Courier:
    """Delivers to one outlet, on a thread of its own that nobody waits for.

    How far it is stands in the database, so after a crash it goes on there, and sends again
    what it had sent but not yet written down.

    Attributes:
        name: Its outlet.
        position: Up to which entry everything is dealt with; None where nothing is to be sent.
        delivered: How many entries were taken since the start.
        given_up: How many became dead letters since the start.
        failed_attempts: How often it could not go on, since the start.
    """

    def __init__(
        self,
        name: OutletName,
        *,
        carrier: Carrier,
        outlets: OutletView,
        snapshots: Snapshots,
        committer: Committer,
        backoff: Backoff | None = None,
        on_duty: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make a courier.

        Args:
            name: Its outlet.
            carrier: Sends.
            outlets: Where the outlet is looked up, anew for each batch.
            snapshots: Where the audit log is read.
            committer: Writes down how far it is.
            backoff: How long it waits after failures.
            on_duty: Whether this process is the one to deliver.
        """
        self.name: OutletName = name
        self._carrier = carrier
        self._outlets = outlets
        self._snapshots = snapshots
        self._committer = committer
        self._backoff = backoff or Backoff()
        self._on_duty = on_duty
        self.position: int | None = None
        self.delivered = self.given_up = self.failed_attempts = 0
        self._failures = 0
        self._failed_target: Target | None = None
        self._not_before = 0.0
        self.background = Background(name, self._step)

    def _step(self) -> float | None:
        if not self._on_duty():
            return LOOK_EVERY_OFF_DUTY
        outlet = self._outlets.outlet(self.name)
        self.position = outlet.position if outlet else None
        if outlet is None:
            self._recover()
            return LOOK_EVERY
        if outlet.target != self._failed_target:
            self._recover()  # another address deserves a try at once
        wait = self._not_before - time.monotonic()
        if wait > 0:
            return wait
        with self._snapshots() as snapshot:
            batch = list(islice(oldest(snapshot.connection, outlet.position), self._carrier.most))
        return self._deliver(outlet, batch) if batch else LOOK_EVERY

    def _deliver(self, outlet: Outlet, batch: Sequence[Sealed]) -> float:
        progress = self._carry(outlet, batch)
        if progress.position > outlet.position:
            self._recover()
            self._committer.run(lambda transaction: self._save(transaction, outlet, progress))
            self.delivered += progress.delivered
            self.given_up += len(progress.dead)
        for letter in progress.dead:
            log.warning(f"{self.name}.given_up", number=letter.number, reason=letter.reason)
        if not progress.failure:
            return 0
        self._failures += 1
        self.failed_attempts += 1
        wait = self._backoff.after(self._failures)
        self._failed_target, self._not_before = outlet.target, time.monotonic() + wait
        log.warning(
            f"{self.name}.failing",
            reason=progress.failure,
            attempts=self._failures,
            retry_after=round(wait, 3),
        )
        return wait

    def _carry(self, outlet: Outlet, batch: Sequence[Sealed]) -> Progress:
        try:
            return self._carrier.carry(
                outlet.target, batch, stopping=lambda: self.background.stopping
            )
        except (Unsent, OutsideUnavailable) as error:
            return Progress(outlet.position, failure=str(error))

    def _recover(self) -> None:
        self._failures, self._failed_target, self._not_before = 0, None, 0.0

    def _save(self, transaction: Transaction, outlet: Outlet, progress: Progress) -> None:
        facts: dict[str, Any] = {
            "which": self.name,
            "same_url": outlet.target.url,
            "before": outlet.position,
            "now": progress.position,
            "more_delivered": progress.delivered,
            "more_failed": len(progress.dead),
        }
        if not transaction.execute(_MOVE, facts).rowcount:
            return  # it was configured anew meanwhile, and begins where that says
        for letter in progress.dead:
            transaction.execute(
                _BURY,
                {
                    "number": letter.number,
                    "at": int(time.time()),
                    "attempts": letter.attempts,
                    "reason": letter.reason,
                    "body": letter.body,
                },
            )
        if progress.dead:
            _forget_oldest(transaction)


def _forget_oldest(transaction: Transaction) -> None:
    """Keep dead letters from filling the disk where a receiver refuses everything for months."""
    oldest_kept = transaction.execute(_OLDEST_KEPT).scalar()
    if oldest_kept is not None:
        transaction.execute(_FORGET, {"oldest": oldest_kept})
