"""What is left of operations whose commit fails, and of those that come after."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from registry.events import Transaction
from registry.persistence import Database, StorageUnavailable, committer
from tests.events.helpers import PATIENCE
from tests.persistence.triggers import NO, run, trigger
from tests.persistence.world import (
    ADDED,
    ECHO,
    ECHOED,
    Sum,
    World,
    add,
    echoes,
    open_world,
    things,
    watched_commits,
)

Trouble = Callable[[Database], AbstractContextManager[None]]


def fail(_connection: Connection) -> None:
    raise sqlite3.OperationalError("disk I/O error")


def keep_and_fail(connection: Connection) -> None:
    connection.exec_driver_sql("COMMIT")
    fail(connection)


def commits_that_fail(database: Database) -> AbstractContextManager[None]:
    return watched_commits(database, fail)


def commits_that_fail_but_happen(database: Database) -> AbstractContextManager[None]:
    """Such as one whose last write to the disk was reported as failed, but got there."""
    return watched_commits(database, keep_and_fail)


@contextmanager
def a_log_that_cannot_be_written(database: Database) -> Iterator[None]:
    with trigger(database, "BEFORE INSERT", "log_changes", NO):
        yield


@contextmanager
def transactions_that_cannot_begin(database: Database) -> Iterator[None]:
    event.listen(database.engine, "begin", fail)
    yield
    event.remove(database.engine, "begin", fail)


@contextmanager
def a_promise_that_only_the_commit_finds_broken(database: Database) -> Iterator[None]:
    """A COMMIT that the database itself refuses: SQLite leaves the transaction open."""
    run(
        database,
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children "
        "(parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
    )
    orphan = "INSERT INTO children VALUES (7)"
    with trigger(database, "AFTER INSERT", "log_changes", (orphan, orphan)):
        yield


TROUBLES = [
    commits_that_fail,
    a_log_that_cannot_be_written,
    a_promise_that_only_the_commit_finds_broken,
    transactions_that_cannot_begin,
]


class TestFailedCommit:
    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_is_reported_with_its_cause(self, world: World, trouble: Trouble) -> None:
        with trouble(world.database), pytest.raises(StorageUnavailable) as caught:
            world.committer.run(add(1))
        assert isinstance(caught.value.__cause__, sqlite3.Error | DBAPIError)

    @pytest.mark.parametrize("trouble", TROUBLES[:-1])
    def test_is_reported_to_the_whole_group(self, world: World, trouble: Trouble) -> None:
        with trouble(world.database):
            outcomes = world.in_one_group([add(1), add(2), add(3)])
        assert [type(outcome.error) for outcome in outcomes] == [StorageUnavailable] * 3
        assert world.rows(things) == []

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_keeps_and_tells_nothing(self, world: World, trouble: Trouble) -> None:
        subscription = world.bus.subscribe("*")
        world.committer.run(add(1))
        with trouble(world.database), pytest.raises(StorageUnavailable):
            world.committer.run(add(2))
        assert world.rows(things) == [1]
        assert subscription.drain() == world.log() == [ADDED(id=1, value=0)]

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_leaves_the_next_operation_alone(self, world: World, trouble: Trouble) -> None:
        subscription = world.bus.subscribe("*")
        with trouble(world.database):
            for _ in range(3):
                with pytest.raises(StorageUnavailable):
                    world.committer.run(add(1))
        assert world.committer.run(add(1)) == 1
        assert world.committer.run(add(2)) == 2
        assert world.rows(things) == [1, 2]
        told = subscription.drain()
        assert told == world.log() == [ADDED(id=1, value=0), ADDED(id=2, value=0)]
        assert [event.number for event in told] == [1, 2]

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_is_forgotten_after_a_restart(self, tmp_path: Path, trouble: Trouble) -> None:
        with open_world(tmp_path) as world:
            world.committer.run(add(1))
            with trouble(world.database), pytest.raises(StorageUnavailable):
                world.committer.run(add(2))
        with open_world(tmp_path) as world:
            assert world.rows(things) == [1]
            assert world.committer.run(add(2)) == 2
            assert [event.number for event in world.log()] == [1, 2]

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_does_not_keep_the_committer_from_closing(
        self, tmp_path: Path, trouble: Trouble
    ) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            world.committer.run(add(1))
            with trouble(world.database):
                world.committer.close()


class TestCommitThatHappenedAllTheSame:
    """Its operations were reported as failed, so nobody counts on them; but they are there."""

    def test_is_told_before_what_comes_next(self, world: World) -> None:
        subscription = world.bus.subscribe("*")
        world.committer.run(add(1))
        with commits_that_fail_but_happen(world.database), pytest.raises(StorageUnavailable):
            world.committer.run(add(2))
        assert subscription.drain() == [ADDED(id=1, value=0)]
        world.committer.run(add(3))
        told = subscription.drain()
        assert told == [ADDED(id=2, value=0), ADDED(id=3, value=0)]
        assert [event.number for event in told] == [2, 3]
        assert world.log() == [ADDED(id=id_, value=0) for id_ in (1, 2, 3)]

    def test_is_told_even_if_what_comes_next_is_refused(self, world: World) -> None:
        subscription = world.bus.subscribe("*")
        with commits_that_fail_but_happen(world.database), pytest.raises(StorageUnavailable):
            world.committer.run(add(1))
        with pytest.raises(IntegrityError):
            world.committer.run(add(1))
        assert [event.number for event in subscription.drain()] == [1]
        world.committer.run(add(2))
        assert [event.number for event in subscription.drain()] == [2]

    def test_is_told_once(self, world: World) -> None:
        subscription = world.bus.subscribe("*")
        for id_ in (1, 2):
            with commits_that_fail_but_happen(world.database), pytest.raises(StorageUnavailable):
                world.committer.run(add(id_))
        for id_ in (3, 4):
            world.committer.run(add(id_))
        assert [event.number for event in subscription.drain()] == [1, 2, 3, 4]

    def test_shows_in_the_read_models_once(self, world: World) -> None:
        model = Sum(world.database, world.bus)
        assert model.read() == (0, 0)
        with commits_that_fail_but_happen(world.database), pytest.raises(StorageUnavailable):
            world.committer.run(add(1, value=10))
        world.committer.run(add(2, value=5))
        assert model.read() == (2, 15)

    def test_is_reacted_to_once(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            with commits_that_fail_but_happen(world.database), pytest.raises(StorageUnavailable):
                world.committer.run(add(1))
            world.committer.run(add(2))
            assert world.rows(echoes) == [1, 2]
        with open_world(tmp_path, [ECHO]) as world:
            assert world.rows(echoes) == [1, 2]

    def test_may_be_that_of_a_reaction(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(committer, "RETRY_AFTER", 0.01)

        def keep_and_fail_the_echo(connection: Connection) -> None:
            if connection.execute(select(echoes)).all():
                keep_and_fail(connection)

        with open_world(tmp_path, [ECHO]) as world:
            told = world.bus.subscribe("echo.*")
            with watched_commits(world.database, keep_and_fail_the_echo):
                world.committer.run(add(1))
            assert told.get(PATIENCE) == ECHOED(id=1)
            world.committer.run(add(2))
            assert world.rows(echoes) == [1, 2]
            assert told.drain() == [ECHOED(id=2)]


def add_much(id_: int) -> Callable[[Transaction], int]:
    def work(transaction: Transaction) -> int:
        big = text("INSERT INTO test_things (id, value) VALUES (:id, zeroblob(1000000))")
        transaction.execute(big, {"id": id_})
        transaction.publish(ADDED(id=id_, value=0))
        return id_

    return work


@contextmanager
def a_full_disk(database: Database) -> Iterator[None]:
    """As far as the write connection can tell: it may make the file hardly any longer."""

    def limit(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")

    def lift(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    event.listen(database.engine, "begin", limit)
    yield
    event.remove(database.engine, "begin", limit)
    event.listen(database.engine, "begin", lift)


@pytest.mark.sqlite
class TestFullDisk:
    def test_fails_what_does_not_fit_and_nothing_later(self, world: World) -> None:
        subscription = world.bus.subscribe("*")
        world.committer.run(add(1))
        with a_full_disk(world.database):
            for _ in range(2):
                with pytest.raises((StorageUnavailable, DBAPIError)):
                    world.committer.run(add_much(2))
            assert world.committer.run(add(3)) == 3
        assert world.committer.run(add_much(2)) == 2
        assert world.rows(things) == [1, 2, 3]
        assert [event.payload["id"] for event in subscription.drain()] == [1, 3, 2]
        assert [event.number for event in world.log()] == [1, 2, 3]

    def test_keeps_of_a_group_what_it_said_it_kept(self, world: World) -> None:
        subscription = world.bus.subscribe("*")
        works = [add(1), add_much(2), add(3), add_much(4), add(5)]
        with a_full_disk(world.database):
            outcomes = world.in_one_group(works)
        assert outcomes[1].error
        assert outcomes[3].error
        kept = [outcome.result for outcome in outcomes if outcome.error is None]
        assert world.rows(things) == kept
        assert [event.payload["id"] for event in subscription.drain()] == kept
        assert [event.payload["id"] for event in world.log()] == kept
