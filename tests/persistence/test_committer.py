import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, column, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from registry.events import InProcessBus, Transaction
from registry.persistence import Committer, CommitterClosed, Outcome
from registry.persistence import committer as module
from tests.events.helpers import PATIENCE, all_at_once, in_thread
from tests.persistence.world import (
    ADDED,
    ECHO,
    World,
    add,
    echoes,
    open_world,
    things,
    watched_commits,
)


class Refused(Exception):
    """What the operations here fail with."""


def refuse(_transaction: Transaction) -> None:
    raise Refused


def add_and_fail(id_: int) -> Callable[[Transaction], None]:
    def work(transaction: Transaction) -> None:
        add(id_)(transaction)
        raise Refused

    return work


def tell_and_fail(transaction: Transaction) -> None:
    transaction.publish(ADDED(id=0, value=0))
    raise Refused


class Counted:
    """An operation that counts how often it ran."""

    def __init__(self, work: Callable[[Transaction], object]) -> None:
        self.runs = 0
        self._work = work

    def __call__(self, transaction: Transaction) -> object:
        self.runs += 1
        return self._work(transaction)


@contextmanager
def commits_of(world: World) -> Iterator[list[Connection]]:
    """Every commit there is, by hooking into the engine."""
    commits: list[Connection] = []
    with watched_commits(world.database, commits.append):
        yield commits


def close_in_thread(world: World) -> Future[None]:
    """Close the committer, and return when it waits for what was submitted."""
    waits = threading.Event()
    really_join = world.committer._thread.join

    def join(timeout: float | None = None) -> None:
        waits.set()
        really_join(timeout)

    world.committer._thread.join = join  # type: ignore[method-assign]
    closing = in_thread(world.committer.close)
    assert waits.wait(PATIENCE)
    return closing


class TestRun:
    def test_answers_when_the_row_is_durable(self, world: World) -> None:
        assert world.committer.run(add(1)) == 1
        assert world.rows(things) == [1]

    def test_raises_what_the_operation_raised(self, world: World) -> None:
        with pytest.raises(Refused):
            world.committer.run(refuse)

    def test_may_be_called_by_many_threads(self, world: World) -> None:
        def run(thread: int) -> Callable[[], list[int]]:
            return lambda: [world.committer.run(add(10 * n + thread)) for n in range(20)]

        answers = all_at_once(*map(run, range(4)))
        assert answers == [[10 * n + thread for n in range(20)] for thread in range(4)]
        assert world.rows(things) == sorted(sum(answers, []))  # noqa: RUF017


class TestSubmit:
    def test_does_not_wait(self, world: World) -> None:
        with world.gathering():
            future = world.submit(add(1))
            assert not future.done()
        assert future.result(PATIENCE) == Outcome(1)

    def test_reports_a_result_or_an_error(self, world: World) -> None:
        assert world.submit(add(1)).result(PATIENCE) == Outcome(result=1)
        outcome = world.submit(refuse).result(PATIENCE)
        assert outcome.result is None
        assert isinstance(outcome.error, Refused)

    def test_reports_in_the_order_of_submission(self, world: World) -> None:
        reported: list[object] = []
        with world.gathering():
            for id_ in (3, 1, 2):
                world.committer.submit(add(id_), lambda outcome: reported.append(outcome.result))
            world.committer.submit(refuse, lambda outcome: reported.append(type(outcome.error)))
        world.committer.run(add(4))
        assert reported == [3, 1, 2, Refused]

    def test_reports_after_the_commit_the_events_and_the_reactions(self, tmp_path: Path) -> None:
        found: list[tuple[object, ...]] = []
        with open_world(tmp_path, [ECHO]) as world:
            subscription = world.bus.subscribe("*")

            def look(_outcome: Outcome) -> None:
                told = [event.type for event in subscription.drain()]
                found.append((world.rows(things), told, world.rows(echoes)))

            world.committer.submit(add(1), look)
            world.committer.close()
        assert found == [([1], ["thing.added", "echo.written"], [1])]

    def test_reports_where_it_is_told_to(self, world: World) -> None:
        delivered: list[Callable[[], object]] = []
        arrived = threading.Event()
        reported: list[Outcome] = []

        def deliver(settles: Sequence[Callable[[], object]]) -> None:
            delivered.extend(settles)
            arrived.set()

        committer = Committer(world.database, world.bus, deliver=deliver)
        committer.start()
        committer.submit(add(1), reported.append)
        assert arrived.wait(PATIENCE)
        assert world.rows(things) == [1]
        assert reported == []
        delivered[0]()
        assert reported == [Outcome(1)]
        committer.close()


class TestGroup:
    def test_is_everything_that_gathered_during_the_last_commit(self, world: World) -> None:
        with commits_of(world) as commits:
            outcomes = world.in_one_group([add(id_) for id_ in range(100)])
        assert [outcome.result for outcome in outcomes] == list(range(100))
        assert len(commits) == 2  # that of the operation which they waited for, and theirs
        assert world.rows(things) == list(range(100))

    def test_does_not_wait_for_more(self, world: World) -> None:
        with commits_of(world) as commits:
            for id_ in range(3):
                world.committer.run(add(id_))
        assert len(commits) == 3

    @pytest.mark.parametrize(("operations", "expected"), [(3, 1), (4, 2), (6, 2), (7, 3)])
    def test_has_a_largest_size(
        self, world: World, monkeypatch: pytest.MonkeyPatch, operations: int, expected: int
    ) -> None:
        monkeypatch.setattr(module, "LARGEST_GROUP", 3)
        with commits_of(world) as commits:
            world.in_one_group([add(id_) for id_ in range(operations)])
        assert len(commits) - 1 == expected
        assert world.rows(things) == list(range(operations))

    def test_lets_later_operations_see_earlier_ones(self, world: World) -> None:
        def count(transaction: Transaction) -> int:
            return len(transaction.execute(select(things)).all())

        outcomes = world.in_one_group([count, add(1), count, add(2), count])
        assert [outcome.result for outcome in outcomes] == [0, 1, 1, 2, 2]


class TestFailingOperation:
    @pytest.mark.parametrize("fail", [refuse, add_and_fail(7), tell_and_fail])
    def test_takes_nothing_else_with_it(
        self, world: World, fail: Callable[[Transaction], None]
    ) -> None:
        outcomes = world.in_one_group([add(1), fail, add(2)])
        assert [outcome.result for outcome in outcomes] == [1, None, 2]
        assert [type(outcome.error) for outcome in outcomes] == [type(None), Refused, type(None)]
        assert world.rows(things) == [1, 2]

    @pytest.mark.parametrize("fail", [refuse, add_and_fail(7), tell_and_fail])
    def test_tells_nobody(self, world: World, fail: Callable[[Transaction], None]) -> None:
        subscription = world.bus.subscribe("*")
        world.in_one_group([add(1), fail, add(2)])
        with pytest.raises(Refused):
            world.committer.run(fail)
        assert subscription.drain() == world.log() == [ADDED(id=1, value=0), ADDED(id=2, value=0)]
        assert [event.number for event in world.log()] == [1, 2]

    def test_that_only_looked_costs_the_others_nothing(self, world: World) -> None:
        def look_and_fail(transaction: Transaction) -> None:
            transaction.execute(select(things))
            raise Refused

        works = [Counted(add(1)), Counted(look_and_fail), Counted(refuse), Counted(add(2))]
        with commits_of(world) as commits:
            world.in_one_group(works)
        assert [work.runs for work in works] == [1, 1, 1, 1]
        assert len(commits) == 2

    def test_that_changed_something_makes_its_group_run_once_more(self, world: World) -> None:
        works = [Counted(add(1)), Counted(add_and_fail(7)), Counted(add_and_fail(8))]
        works.append(Counted(add(2)))
        with commits_of(world) as commits:
            world.in_one_group(works)
        assert [work.runs for work in works] == [2, 2, 1, 1]
        assert len(commits) == 2

    def test_may_fail_in_the_database(self, world: World) -> None:
        outcomes = world.in_one_group([add(1), add(1), add(2)])
        assert [outcome.result for outcome in outcomes] == [1, None, 2]
        assert isinstance(outcomes[1].error, IntegrityError)
        assert len(world.log()) == 2

    def test_may_fail_for_an_event_that_cannot_be_logged(self, world: World) -> None:
        def tell_nonsense(transaction: Transaction) -> None:
            add(7)(transaction)
            transaction.publish(ADDED(id=object(), value=0))

        outcomes = world.in_one_group([add(1), tell_nonsense, add(2)])
        assert isinstance(outcomes[1].error, TypeError)
        assert world.rows(things) == [1, 2]

    def test_is_one_of_which_a_statement_failed_whatever_it_made_of_that(
        self, world: World
    ) -> None:
        def try_again(transaction: Transaction) -> int:
            with contextlib.suppress(IntegrityError):
                transaction.execute(insert(things), {"id": 1, "value": 0})
            return 2

        added, tried, last = world.in_one_group([add(1), try_again, add(3)])
        assert (added.result, last.result) == (1, 3)
        assert isinstance(tried.error, IntegrityError)
        assert world.rows(things) == [1, 3]

    def test_is_one_of_which_a_query_failed(self, world: World) -> None:
        def ask_nonsense(transaction: Transaction) -> int:
            with contextlib.suppress(DBAPIError):
                transaction.execute(select(column("nothing")).select_from(things))
            return 2

        asked, added = world.in_one_group([ask_nonsense, add(1)])
        assert isinstance(asked.error, DBAPIError)
        assert added.result == 1
        assert world.rows(things) == [1]


class TestClose:
    def test_finishes_what_was_submitted(self, world: World) -> None:
        with world.gathering():
            futures = [world.submit(add(id_)) for id_ in range(50)]
            closing = close_in_thread(world)
        closing.result(PATIENCE)
        assert [future.result(0).result for future in futures] == list(range(50))
        assert world.rows(things) == list(range(50))

    def test_finishes_it_even_if_it_takes_several_groups(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LARGEST_GROUP", 3)
        with world.gathering():
            futures = [world.submit(add(id_)) for id_ in range(9)]
            closing = close_in_thread(world)
        closing.result(PATIENCE)
        assert [future.result(0).result for future in futures] == list(range(9))

    def test_refuses_what_comes_after_it(self, world: World) -> None:
        world.committer.close()
        with pytest.raises(CommitterClosed):
            world.committer.run(add(1))
        with pytest.raises(CommitterClosed):
            world.committer.submit(add(1), lambda _: None)
        assert world.rows(things) == []

    def test_may_be_called_again(self, world: World) -> None:
        world.committer.run(add(1))
        world.committer.close()
        world.committer.close()

    def test_may_be_called_by_many_threads(self, world: World) -> None:
        all_at_once(*[world.committer.close] * 3)

    def test_may_come_before_the_start(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO], start=False) as world:
            world.committer.close()

    def test_either_runs_or_refuses_what_comes_at_the_same_time(self, tmp_path: Path) -> None:
        kept = []
        with open_world(tmp_path) as world:

            def run_until_refused(first: int) -> Callable[[], list[int]]:
                def work() -> list[int]:
                    ids: list[int] = []
                    try:
                        while True:
                            ids.append(world.committer.run(add(first + 10 * len(ids))))
                            enough.set()
                    except CommitterClosed:
                        return ids

                return work

            enough = threading.Event()
            runners = [in_thread(run_until_refused(first)) for first in range(3)]
            assert enough.wait(PATIENCE)
            world.committer.close()
            for runner in runners:
                kept += runner.result(PATIENCE)
            assert world.rows(things) == sorted(kept)

    def test_stops_listening(self, tmp_path: Path) -> None:
        bus = InProcessBus()
        with open_world(tmp_path, [ECHO], bus=bus):
            assert bus._by_pattern
        assert not bus._by_pattern
