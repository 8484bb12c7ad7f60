"""Group commit: one thread owns the write connection and commits what has gathered."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import structlog
from attrs import frozen
from sqlalchemy import Connection, RootTransaction
from sqlalchemy.exc import DBAPIError

from registry.events import Event, InProcessBus, Reaction
from registry.persistence import change_log, postgresql
from registry.persistence.bulk import BulkStatements
from registry.persistence.database import Database
from registry.persistence.following import PROPAGATION_BOUNDS, Freshness
from registry.persistence.histogram import Histogram
from registry.persistence.reactions import Inbox
from registry.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger()

LARGEST_GROUP = 1024
"""Operations in one commit at most, so that the first of them does not wait too long."""

RETRY_AFTER = 1.0
"""Seconds before what failed is tried again: a reaction's handler, or a look at the log."""

SETTLE_EVERY = 1_000
"""Events between two moves of the cursors that had nothing to handle."""


GROUP_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Operations in a commit, as they are counted."""

COMMIT_BOUNDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5)
"""Seconds for a commit, as they are counted."""


class CommitterClosed(RuntimeError):
    """The server is stopping: the operation was not run."""


class StorageUnavailable(RuntimeError):
    """The database could not commit; as a rule, nothing of the operation was kept.

    Where the commit happened all the same, its events are told with the next transaction.
    """


@frozen
class Outcome:
    """How an operation ended: with a result or an error, never both."""

    result: Any = None
    error: Exception | None = None


T = TypeVar("T")
Work = Callable[[UnitOfWork], Any]
BatchWork = Callable[[UnitOfWork, Sequence[Any]], Sequence[Outcome]]
"""Runs one operation for many items, so that each statement serves them all.

It says of every item how it ended. Of an item that it refuses, nothing is in the
transaction: whoever refuses does so before it writes.
"""
Then = Callable[[Outcome], None]
Settle = Callable[[], object]
"""Tells one who waits; it does not raise."""


def _settle_all(settles: Iterable[Settle]) -> None:
    for settle in settles:
        settle()


@frozen
class _Submission:
    work: BatchWork
    item: Any
    then: Then


class _Spoiled(Exception):
    """An operation failed after it had changed something, and took its group with it."""


class Committer:
    """Runs operations in transactions on a thread of its own, many to a commit.

    Everything that arrives while a commit is being flushed goes into the next one. A
    group runs without savepoints; only when an operation fails halfway is its group
    rolled back and run again one by one, each behind a savepoint, so an operation that
    fails takes nothing else with it.

    After the commit come, in this order: the group's events on the bus, the reactions
    to them (with commits of their own), and last the acknowledgements. So whoever is
    told that an operation is done finds all its consequences done too.

    Attributes:
        group_sizes: How many operations the commits held.
        commit_seconds: How long the commits took, with the operations in them.
        failed_commits: How many commits failed.
        freshness: Until when nothing can have been missed that other processes committed;
            None where nobody else writes to the database.
        propagation_seconds: How long what they committed took to be told here.
    """

    def __init__(
        self,
        database: Database,
        bus: InProcessBus,
        reactions: Sequence[Reaction] = (),
        *,
        deliver: Callable[[Sequence[Settle]], object] = _settle_all,
    ) -> None:
        """Make a committer over a migrated database; `start` sets it going.

        Args:
            database: Written to by nobody else.
            bus: Where events go once they are durable.
            reactions: Run after each commit whose events they match.
            deliver: Calls functions, in order, where acknowledgements belong: all those of a
                commit at once, because to hand them over one by one takes longer than most
                of them. By default that is the committer's thread.
        """
        self.group_sizes = Histogram(GROUP_BOUNDS)
        self.commit_seconds = Histogram(COMMIT_BOUNDS)
        self.failed_commits = 0
        self.freshness = Freshness() if database.shared else None
        self.propagation_seconds = Histogram(PROPAGATION_BOUNDS)
        self._bus = bus
        self._deliver = deliver
        self._database = database
        self._connection = database.open_writer()
        self._bulk = BulkStatements()
        self._number = 0
        self._settled_number = 0
        self._in_doubt = False
        self._inboxes = [Inbox(reaction, bus, shared=database.shared) for reaction in reactions]
        self._news = False  # whether another process may have committed something
        self._blind_until = 0.0  # by the clock of freshness: the database did not answer
        self._onlookers: list[Settle] = []
        self._submitted: list[_Submission] = []
        self._lock = threading.Lock()  # guards what was submitted, and these two flags
        self._idle = False
        self._closed = False
        self._work_to_do = threading.Event()
        self._thread = threading.Thread(target=self._work, name="committer", daemon=True)

    def start(self) -> None:
        """Catch up with the log, then take operations.

        Returns when every reaction has handled every event of the log, unless its handler
        fails: nothing is served before the consequences of an interrupted past are in place.
        """
        with self._connection.begin():
            self._number = change_log.last_number(self._connection)
        self._react()
        self._settle_cursors()
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether operations that are submitted now will be run."""
        return self._thread.is_alive() and not self._closed

    @property
    def last_number(self) -> int:
        """The number of the newest event that was told."""
        return self._number

    @property
    def waiting(self) -> int:
        """How many operations wait for the next commit, about."""
        return len(self._submitted)

    def submit(self, work: Work, then: Then) -> None:
        """Run an operation in the next commit and report how it ended when that is durable.

        Args:
            work: Must change nothing but through its transaction: it may run twice.
            then: Called with the outcome, where ``deliver`` calls things. Must not raise.

        Raises:
            CommitterClosed: The committer takes no more operations.
        """
        self.submit_item(lambda transaction, _items: [Outcome(work(transaction))], None, then)

    def submit_item(self, work: BatchWork, item: Any, then: Then) -> None:
        """Run an operation for an item, together with all items that wait for the same work.

        Args:
            work: Must change nothing but through its transaction: it may run twice. What
                waits for the very same function is run in one call, in order.
            item: What `work` is given, in a sequence.
            then: As of `submit`.

        Raises:
            CommitterClosed: The committer takes no more operations.
        """
        with self._lock:
            if self._closed:
                raise CommitterClosed("the server is stopping")
            self._submitted.append(_Submission(work, item, then))
            if self._idle:  # else it looks by itself: to wake it for each costs more than most do
                self._wake()

    def run(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run an operation and wait until it is durable.

        Not for the thread that ``deliver`` delivers to: it would wait for itself.

        Raises:
            CommitterClosed: The committer takes no more operations.
            Exception: Whatever the operation raised.
        """
        future: Future[T] = Future()

        def settle(outcome: Outcome) -> None:
            if outcome.error is not None:
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome.result)

        self.submit(work, settle)
        return future.result()

    def look(self, then: Settle | None = None) -> None:
        """Have the log looked at for what other processes committed; safe from any thread.

        Args:
            then: Called, where ``deliver`` calls things, when all that was committed before
                this call is told here, or the database does not answer. Must not raise.

        Raises:
            CommitterClosed: The server is stopping: `then` will not be called.
        """
        with self._lock:
            if then is not None:
                if self._closed:
                    raise CommitterClosed("the server is stopping")
                self._onlookers.append(then)
            self._news = True
            self._wake()

    def close(self) -> None:
        """Finish what was submitted, then stop. Safe to call again."""
        with self._lock:
            self._closed = True
            self._wake()
        if self._thread.ident is not None:
            self._thread.join()
        for inbox in self._inboxes:
            inbox.close()
        self._connection.close()

    def _work(self) -> None:
        while (group := self._next_group()) is not None:
            self._follow()
            outcomes = self._commit(group) if group else []
            self._react()
            self._acknowledge(group, outcomes)
            if self._number - self._settled_number >= SETTLE_EVERY:
                self._settle_cursors()
        self._follow()
        self._settle_cursors()

    def _follow(self) -> None:
        """Tell what other processes committed, before anything of this one depends on it."""
        if self.freshness is None or not (self._news or self.freshness.is_over):
            return
        with self._lock:
            self._news = False
            onlookers, self._onlookers = self._onlookers, []
        as_of = self.freshness.now()
        if as_of >= self._blind_until:
            try:
                with self._database.snapshot() as snapshot:
                    self._tell_news(snapshot.connection)
            except Exception as error:
                log.warning("log.not_followed", reason=str(error))
                self._blind_until = self.freshness.now() + RETRY_AFTER  # nobody waits so long
            else:
                self.freshness.confirm(as_of)
        if onlookers:
            self._deliver(onlookers)

    def _tell_news(self, connection: Connection) -> None:
        """Publish what is in the log after the last event that was told here."""
        now = time.time()
        for record in change_log.history(connection, self._number):
            event = record.event()
            if event.number > self._number + 1:  # what came between was trimmed meanwhile
                log.warning("log.trimmed", before=event.number, known=self._number)
                self._bus.lose()
            self._publish([event])
            self.propagation_seconds.note(max(0.0, now - record.at / 1e6))

    def _wake(self) -> None:
        self._idle = False
        self._work_to_do.set()

    def _next_group(self) -> list[_Submission] | None:
        """Wait for submissions and take all that have gathered.

        Returns:
            None when closed; an empty group when it is time to retry a reaction.
        """
        self._wait_for_work()
        with self._lock:
            group = self._submitted[:LARGEST_GROUP]
            del self._submitted[:LARGEST_GROUP]
            return None if self._closed and not group else group

    def _wait_for_work(self) -> None:
        """Return when something was submitted, at the end, or when it is time for a retry."""
        with self._lock:
            if self._submitted or self._closed or self._news:
                return
            self._idle = True
            self._work_to_do.clear()
        all_settled = all(inbox.settled for inbox in self._inboxes)
        self._work_to_do.wait(timeout=None if all_settled else RETRY_AFTER)
        self._idle = False

    def _acknowledge(self, group: list[_Submission], outcomes: list[Outcome]) -> None:
        ended = zip(group, outcomes, strict=True)
        self._deliver([partial(_report, submission, outcome) for submission, outcome in ended])

    def _commit(self, group: list[_Submission]) -> list[Outcome]:
        started = time.perf_counter()
        outcomes = self._try_to_commit(group)
        self.commit_seconds.note(time.perf_counter() - started)
        self.group_sizes.note(len(group))
        return outcomes

    def _try_to_commit(self, group: list[_Submission]) -> list[Outcome]:
        try:
            try:
                return self._transact(lambda unit: _run_together(unit, group))
            except _Spoiled:
                return self._transact(lambda unit: self._run_one_by_one(unit, group))
        except Exception as error:
            self.failed_commits += 1
            log.exception("commit.failed", operations=len(group))
            unavailable = StorageUnavailable("the database could not commit")
            unavailable.__cause__ = error
            return [Outcome(error=unavailable)] * len(group)

    def _transact(self, run: Callable[[UnitOfWork], T]) -> T:
        """Run in one transaction, log its events with it, and publish them after it."""
        as_of = self.freshness.now() if self.freshness else 0.0
        with self._transaction():
            if self._in_doubt or self.freshness:
                self._tell_news(self._connection)
                self._in_doubt = False
            unit = UnitOfWork(self._connection, self._bulk)
            result = run(unit)
            if unit.failure:
                raise unit.failure
            events = change_log.append(self._connection, self._bulk, unit.staged, self._number)
            self._in_doubt = True  # a commit that fails may have happened all the same
            if events and self.freshness:
                postgresql.notify(self._connection, self._database.process)
        self._in_doubt = False
        if self.freshness:
            self.freshness.confirm(as_of)
        self._publish(events)
        return result

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit at the end; roll back when anything failed, be it the commit itself."""
        try:
            with self._begin():
                yield
        except BaseException:
            # After a failed COMMIT the driver's transaction may still be open, and
            # SQLAlchemy leaves it so: the next BEGIN would fail.
            if not self._connection.invalidated:
                self._connection.connection.rollback()
            raise

    def _begin(self) -> RootTransaction:
        try:
            return self._connection.begin()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return self._connection.begin()  # it was closed meanwhile: over a new one

    def _publish(self, events: Iterable[Event]) -> None:
        for event in events:
            self._number = event.number
            self._bus.publish(event)

    def _run_one_by_one(self, unit: UnitOfWork, group: list[_Submission]) -> list[Outcome]:
        outcomes = []
        for submission in group:
            mark = unit.mark
            unit.author = change_log.SERVER
            savepoint = self._connection.begin_nested()
            try:
                [outcome] = submission.work(unit, [submission.item])
            except Exception as error:
                outcome = Outcome(error=error)
            if unit.failure and outcome.error is None:
                outcome = Outcome(error=unit.failure)
            if outcome.error is None:
                savepoint.commit()
            else:
                savepoint.rollback()
                unit.forget_since(mark)
            outcomes.append(outcome)
        return outcomes

    def _react(self) -> None:
        """Let every reaction handle what it has, until no more follows from that."""
        while any(self._inboxes):
            for inbox in filter(None, self._inboxes):
                self._handle(inbox)

    def _handle(self, inbox: Inbox) -> None:
        """Handle what waits in one inbox, in one transaction."""
        reaction = inbox.reaction
        handled = 0

        def react(unit: UnitOfWork) -> None:
            nonlocal handled
            for event in inbox.pending(self._connection):
                unit.author = change_log.Author("server", f"{reaction.name} after {event.number}")
                reaction.handler(unit, event)
                handled = event.number
            if handled:
                change_log.move_cursor(self._connection, reaction.name, handled)

        try:
            self._transact(react)
        except Exception:
            log.exception("reaction.failed", reaction=reaction.name, retry_after=RETRY_AFTER)
            inbox.failed(RETRY_AFTER)
        else:
            if handled:
                inbox.handled(handled)

    def _settle_cursors(self) -> None:
        """Move the cursors past events that nobody waits for, so that a start reads little."""
        self._settled_number = self._number
        settled = [inbox for inbox in self._inboxes if inbox.settled]
        try:
            with self._transaction():
                for inbox in settled:
                    change_log.move_cursor(self._connection, inbox.reaction.name, self._number)
        except Exception:
            log.exception("cursors.not_settled")  # a start will read more: nothing is lost
            return
        for inbox in settled:
            inbox.handled(self._number)


def _report(submission: _Submission, outcome: Outcome) -> None:
    try:
        submission.then(outcome)
    except Exception:  # it must not, but the others are acknowledged all the same
        log.exception("acknowledgement.failed")


def _run_together(unit: UnitOfWork, group: list[_Submission]) -> list[Outcome]:
    """Run a group, what waits for the same work at once, in the order of first arrival."""
    places: dict[BatchWork, list[int]] = {}
    for place, submission in enumerate(group):
        places.setdefault(submission.work, []).append(place)
    outcomes: dict[int, Outcome] = {}
    for work, where in places.items():
        outcomes.update(
            zip(where, _run_batch(unit, work, [group[i].item for i in where]), strict=True)
        )
    return [outcomes[place] for place in range(len(group))]


def _run_batch(unit: UnitOfWork, work: BatchWork, items: list[Any]) -> Sequence[Outcome]:
    mark = unit.mark
    unit.author = change_log.SERVER
    try:
        outcomes = work(unit, items)
    except Exception as error:
        if unit.mark != mark or unit.failure or len(items) > 1:
            raise _Spoiled from error
        return [Outcome(error=error)]  # refused before it changed anything
    if unit.failure:
        raise _Spoiled from unit.failure
    return outcomes
