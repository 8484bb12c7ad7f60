import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from registry.events import Event, Reaction, Subscription, Transaction
from registry.persistence import committer
from tests.events.helpers import PATIENCE
from tests.persistence.triggers import NO, trigger
from tests.persistence.world import (
    ADDED,
    ECHO,
    World,
    add,
    echoes,
    open_world,
    things,
    watched_commits,
    write_echo,
)


def tell(type_: str) -> Callable[[Transaction], None]:
    """An operation that only says something."""
    return lambda transaction: transaction.publish(Event("test", type_, {"id": 0}))


class FailingAtFirst:
    """A handler that writes its echo and then fails, so many times."""

    def __init__(self, times: int, *, at: int | None = None) -> None:
        self.left = times
        self._at = at

    def __call__(self, transaction: Transaction, event: Event) -> None:
        write_echo(transaction, event)
        if self.left and self._at in {None, event.payload["id"]}:
            self.left -= 1
            raise ConnectionError("not now")


def reaction(handler: Callable[[Transaction, Event], None], name: str = ECHO.name) -> Reaction:
    return Reaction(name, ("thing.*",), handler)


def ids_of(subscription: Subscription, count: int) -> list[int]:
    """Wait for so many events."""
    events = [subscription.get(PATIENCE) for _ in range(count)]
    return [event.payload["id"] for event in events if event]


def settled_cursor(world: World) -> int | None:
    """How far the reaction has come, and then was moved.

    Cursors are moved after the acknowledgements: only the next operation finds that done.
    """
    world.committer.run(lambda _transaction: None)
    return world.cursor()


@pytest.fixture
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "RETRY_AFTER", 0.01)


@pytest.fixture
def _no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "RETRY_AFTER", 1e6)


class TestReaction:
    def test_has_written_when_the_operation_is_acknowledged(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            for id_ in (5, 6, 7):
                world.committer.run(add(id_))
                assert world.rows(echoes)[-1] == id_
            assert world.rows(echoes) == [5, 6, 7]

    def test_handles_only_what_it_matches(self, tmp_path: Path) -> None:
        chosen = Reaction("test.chosen", ("a.*", "b"), write_echo)
        with open_world(tmp_path, [chosen]) as world:
            types = ["a.x", "a", "b", "b.x", "c", "a.x.y"]
            world.in_one_group([tell(type_) for type_ in types])
            handled = set(world.rows(echoes, "number"))
            assert {event.type for event in world.log() if event.number in handled} == {
                "a.x",
                "b",
                "a.x.y",
            }

    def test_handles_an_event_once_however_many_patterns_overlap(self, tmp_path: Path) -> None:
        greedy = Reaction("test.greedy", ("thing.added", "thing.*", "thing.*"), write_echo)
        with open_world(tmp_path, [greedy]) as world:
            world.committer.run(add(1))
            assert world.rows(echoes) == [1]

    def test_handles_a_group_in_its_order(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            world.in_one_group([add(id_) for id_ in (3, 1, 2)])
            assert world.rows(echoes) == [3, 1, 2]

    def test_may_be_followed_by_other_reactions(self, tmp_path: Path) -> None:
        def add_next(transaction: Transaction, event: Event) -> None:
            if event.payload["id"] < 4:
                add(event.payload["id"] + 1)(transaction)

        chain = Reaction("test.chain", ("echo.written",), add_next)
        with open_world(tmp_path, [chain, ECHO]) as world:
            subscription = world.bus.subscribe("*")
            world.committer.run(add(1))
            assert world.rows(things) == world.rows(echoes) == [1, 2, 3, 4]
            told = [(event.type, event.payload["id"]) for event in subscription.drain()]
            assert told == [
                (type_, id_) for id_ in (1, 2, 3, 4) for type_ in ("thing.added", "echo.written")
            ]

    def test_does_not_see_operations_that_failed(self, tmp_path: Path) -> None:
        def add_and_fail(transaction: Transaction) -> None:
            add(7)(transaction)
            raise ValueError

        with open_world(tmp_path, [ECHO]) as world:
            world.in_one_group([add(1), add_and_fail, add(2)])
            assert world.rows(echoes) == [1, 2]

    def test_ignores_what_is_published_past_the_log(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            world.bus.publish(ADDED(id=9, value=0))
            world.committer.run(add(1))
            assert world.rows(echoes) == [1]

    def test_of_different_names_each_handle_everything(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO, reaction(write_echo, "test.other")]) as world:
            world.in_one_group([add(1), add(2)])
            assert sorted(world.rows(echoes)) == [1, 1, 2, 2]


class TestFailingHandler:
    @pytest.mark.usefixtures("_quick_retries")
    @pytest.mark.parametrize("times", [1, 3])
    def test_is_tried_again_until_it_succeeds(self, tmp_path: Path, times: int) -> None:
        handler = FailingAtFirst(times)
        with open_world(tmp_path, [reaction(handler)]) as world:
            echoed = world.bus.subscribe("echo.written")
            assert world.committer.run(add(1)) == 1
            assert ids_of(echoed, 1) == [1]
            assert world.rows(echoes) == [1]
        assert handler.left == 0
        with open_world(tmp_path, [ECHO]) as world:
            assert world.rows(echoes) == [1]

    @pytest.mark.usefixtures("_quick_retries")
    def test_halfway_through_a_group_leaves_nothing_half_done(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [reaction(FailingAtFirst(1, at=2))]) as world:
            echoed = world.bus.subscribe("echo.written")
            world.in_one_group([add(1), add(2), add(3)])
            assert ids_of(echoed, 3) == [1, 2, 3]
            assert world.rows(echoes) == [1, 2, 3]
            assert echoed.drain() == []

    @pytest.mark.usefixtures("_no_retries")
    def test_undoes_what_it_wrote_and_nothing_else(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [reaction(FailingAtFirst(1))]) as world:
            subscription = world.bus.subscribe("*")
            assert world.committer.run(add(1)) == 1
            assert world.rows(things) == [1]
            assert world.rows(echoes) == []
            assert subscription.drain() == world.log() == [ADDED(id=1, value=0)]

    @pytest.mark.usefixtures("_no_retries")
    def test_does_not_hold_operations_or_other_reactions_up(self, tmp_path: Path) -> None:
        broken = reaction(FailingAtFirst(100), "test.broken")
        with open_world(tmp_path, [broken, ECHO]) as world:
            for id_ in (1, 2):
                assert world.committer.run(add(id_)) == id_
            assert world.rows(echoes) == [1, 2]
            assert world.cursor(broken) in {None, 0}

    @pytest.mark.usefixtures("_no_retries")
    def test_is_told_to_the_log(self, tmp_path: Path) -> None:
        with capture_logs() as logs, open_world(tmp_path, [reaction(FailingAtFirst(1))]) as world:
            world.committer.run(add(1))
        assert [(entry["event"], entry["reaction"]) for entry in logs] == [
            ("reaction.failed", ECHO.name)
        ]

    @pytest.mark.usefixtures("_no_retries")
    def test_gets_another_chance_at_the_next_start(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [reaction(FailingAtFirst(100))]) as world:
            for id_ in (1, 2):
                world.committer.run(add(id_))
            assert world.rows(echoes) == []
        with open_world(tmp_path, [ECHO]) as world:
            assert world.rows(echoes) == [1, 2]

    @pytest.mark.usefixtures("_no_retries")
    def test_does_not_keep_the_committer_from_starting(self, tmp_path: Path) -> None:
        with open_world(tmp_path) as world:
            world.committer.run(add(1))
        with open_world(tmp_path, [reaction(FailingAtFirst(100))]) as world:
            assert world.committer.run(add(2)) == 2

    @pytest.mark.usefixtures("_quick_retries")
    def test_at_the_start_is_tried_again(self, tmp_path: Path) -> None:
        with open_world(tmp_path) as world:
            world.committer.run(add(1))
        with open_world(tmp_path, [reaction(FailingAtFirst(1))], start=False) as world:
            echoed = world.bus.subscribe("echo.written")
            world.committer.start()
            assert ids_of(echoed, 1) == [1]
            assert world.rows(echoes) == [1]

    @pytest.mark.usefixtures("_quick_retries")
    def test_catches_up_with_what_happened_meanwhile(self, tmp_path: Path) -> None:
        allowed = threading.Event()

        def wait_for_leave(transaction: Transaction, event: Event) -> None:
            write_echo(transaction, event)
            if not allowed.is_set():
                raise ConnectionError("not now")

        with open_world(tmp_path, [reaction(wait_for_leave)], buffer_size=2) as world:
            echoed = world.bus.subscribe("echo.written")
            for id_ in range(10):
                world.committer.run(add(id_))
            assert world.rows(echoes) == []
            allowed.set()
            world.committer.run(tell("something.else"))
            assert ids_of(echoed, 1) == [0]
            world.committer.run(add(10))
            world.committer.close()
            assert world.rows(echoes) == list(range(11))

    @pytest.mark.usefixtures("_quick_retries")
    def test_may_fail_in_its_commit(self, tmp_path: Path) -> None:
        failures = [ConnectionError("not now"), ConnectionError("nor now")]

        def refuse_echoes(connection: Connection) -> None:
            if failures and connection.execute(select(echoes)).all():
                raise failures.pop()

        with open_world(tmp_path, [ECHO]) as world:
            echoed = world.bus.subscribe("echo.written")
            with watched_commits(world.database, refuse_echoes):
                assert world.committer.run(add(1)) == 1
                assert ids_of(echoed, 1) == [1]
            world.committer.run(add(2))
            assert not failures
            assert world.rows(echoes) == [1, 2]


class TestRestart:
    def test_handles_what_happened_before_the_reaction_was_there(self, tmp_path: Path) -> None:
        with open_world(tmp_path) as world:
            for id_ in (1, 2, 3):
                world.committer.run(add(id_))
        with open_world(tmp_path, [ECHO], start=False) as world:
            assert world.rows(echoes) == []
            world.committer.start()
            assert world.rows(echoes) == [1, 2, 3]

    def test_handles_nothing_twice(self, tmp_path: Path) -> None:
        for id_ in (1, 2, 3):
            with open_world(tmp_path, [ECHO]) as world:
                world.committer.run(add(id_))
        with open_world(tmp_path, [ECHO]) as world:
            assert world.rows(echoes) == [1, 2, 3]

    def test_follows_from_a_start_as_from_an_operation(self, tmp_path: Path) -> None:
        """What the reactions at the start publish is reacted to as well."""

        def add_hundredfold(transaction: Transaction, event: Event) -> None:
            if event.payload["id"] < 100:
                add(100 * event.payload["id"])(transaction)

        chain = Reaction("test.chain", ("echo.written",), add_hundredfold)
        with open_world(tmp_path) as world:
            world.committer.run(add(1))
        with open_world(tmp_path, [chain, ECHO]) as world:
            assert world.rows(things) == [1, 100]
            assert world.rows(echoes) == [1, 100]


class TestCursor:
    def test_is_where_the_reaction_is(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            world.committer.run(add(1))
            assert world.cursor() == 1
            world.committer.run(add(2))  # number 3: the echo of the first was the second
            assert world.cursor() == 3

    def test_moves_past_what_nobody_waits_for_when_the_committer_closes(
        self, tmp_path: Path
    ) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            for _ in range(5):
                world.committer.run(tell("something.else"))
            world.committer.close()
            assert world.cursor() == 5

    def test_moves_past_it_now_and_then(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(committer, "SETTLE_EVERY", 3)
        with open_world(tmp_path, [ECHO]) as world:
            seen = []
            for _ in range(8):
                world.committer.run(tell("something.else"))
                seen.append(settled_cursor(world))
        assert seen == [0, 0, 3, 3, 3, 6, 6, 6]

    def test_moves_past_it_at_the_start(self, tmp_path: Path) -> None:
        with open_world(tmp_path) as world:
            for _ in range(5):
                world.committer.run(tell("something.else"))
        with open_world(tmp_path, [ECHO]) as world:
            assert world.cursor() == 5

    @pytest.mark.usefixtures("_no_retries")
    def test_stays_where_the_handler_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(committer, "SETTLE_EVERY", 1)
        with open_world(tmp_path, [reaction(FailingAtFirst(100, at=2))]) as world:
            world.committer.run(add(1))
            reached = settled_cursor(world)
            for id_ in (2, 3):
                world.committer.run(add(id_))
                assert settled_cursor(world) == reached
        with open_world(tmp_path, [ECHO]) as world:
            assert world.rows(echoes) == [1, 2, 3]

    def test_that_could_not_be_moved_costs_nothing_but_reading(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(committer, "SETTLE_EVERY", 1)
        with open_world(tmp_path, [ECHO]) as world:
            even = "mod(NEW.number, 2) = 0"
            with trigger(world.database, "BEFORE UPDATE", "log_cursors", NO, condition=even):
                for id_ in (1, 2, 3):
                    world.committer.run(add(id_))
                assert world.rows(echoes) == [1, 2, 3]
                assert world.cursor() == 5
        with open_world(tmp_path, [ECHO]) as world:
            assert world.rows(echoes) == [1, 2, 3]
