"""The four promises about events (architecture-notes), on a real database.

The fifth, that they hold through a crash as well, is in `test_crash`.
"""

import random
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from registry.events import Event, InProcessBus, Projection, Reaction, Transaction
from registry.persistence import Database, Outcome, change_log, committer
from tests.events.helpers import PATIENCE, all_at_once, in_thread
from tests.examples import examples
from tests.persistence.world import (
    ADDED,
    ECHO,
    Sum,
    Work,
    World,
    add,
    count_and_total,
    echoes,
    looking,
    open_world,
    things,
    write_echo,
)


@pytest.fixture(params=[0, 2], ids=["ample buffers", "tiny buffers"])
def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, [ECHO], buffer_size=request.param) as world:
        yield world


# Operations as data, and what becomes of them when they are run one after another.

Operation = tuple[str, int]  # what to do, and with which id


class Refused(Exception):
    """What operations fail with that were made to fail."""


def record(transaction: Transaction, id_: int) -> None:
    """Write a thing, in which place it was written, and an event of it."""
    add(id_)(transaction)
    transaction.execute(insert(echoes), {"number": 0, "id": id_})


def work_of(operation: Operation) -> Work:
    kind, id_ = operation

    def work(transaction: Transaction) -> int:
        match kind:
            case "add":
                record(transaction, id_)
            case "add the next":
                last = transaction.execute(select(func.max(things.c.id))).scalar() or 0
                record(transaction, last + 1)
                return last + 1
            case "add two":
                record(transaction, id_)
                record(transaction, id_ + 1)
            case "tell twice":
                transaction.publish(ADDED(id=id_, value=0))
                transaction.publish(ADDED(id=id_, value=0))
            case "look and fail":
                transaction.execute(select(things))
                raise Refused
            case "tell and fail":
                transaction.publish(ADDED(id=id_, value=0))
                raise Refused
            case "write and fail":
                transaction.execute(insert(echoes), {"number": 0, "id": id_})
                raise Refused
            case "add and fail":
                record(transaction, id_)
                raise Refused
            case _:
                raise Refused
        return id_

    return work


KINDS = [
    "add",
    "add the next",
    "add two",
    "tell twice",
    "look and fail",
    "tell and fail",
    "write and fail",
    "add and fail",
    "fail",
]

operations = st.tuples(st.sampled_from(KINDS), st.integers(1, 8))
groups = st.lists(st.lists(operations, min_size=1, max_size=6), min_size=1, max_size=4)


def one_by_one(run: list[Operation]) -> tuple[list[int], list[int], list[object]]:
    """What should be: ids in the order written, ids in the order told, and how each ended."""
    written: list[int] = []
    told: list[int] = []
    ended: list[object] = []
    for kind, id_ in run:
        match kind:
            case "add the next":
                ids = [max(written, default=0) + 1]
            case "add two":
                ids = [id_, id_ + 1]
            case "add" | "add and fail":
                ids = [id_]
            case _:
                ids = []
        if not set(ids).isdisjoint(written):
            ended.append(IntegrityError)
        elif "fail" in kind:
            ended.append(Refused)
        else:
            written += ids
            told += [id_, id_] if kind == "tell twice" else ids
            ended.append(ids[0] if ids else id_)
    return written, told, ended


def how_it_ended(outcome: Outcome) -> object:
    return type(outcome.error) if outcome.error else outcome.result


class TestStagedUntilDurable:
    @settings(max_examples=examples(50))
    @given(groups)
    def test_a_group_ends_as_if_run_one_by_one(self, groups: list[list[Operation]]) -> None:
        """Rows, events, log and answers, and the same order in all of them."""
        written, told, ended = one_by_one(sum(groups, []))  # noqa: RUF017
        with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world:
            subscription = world.bus.subscribe("*")
            outcomes = [
                outcome
                for group in groups
                for outcome in world.in_one_group([work_of(operation) for operation in group])
            ]
            seen = subscription.drain()
            assert [how_it_ended(outcome) for outcome in outcomes] == ended
            assert world.rows(echoes) == written
            assert world.rows(things) == sorted(written)
            assert [event.payload["id"] for event in seen] == told
            assert seen == world.log()
            assert [event.number for event in seen] == list(range(1, len(told) + 1))

    def test_nothing_is_seen_before_the_commit(self, world: World) -> None:
        subscription = world.bus.subscribe("*")

        def add_and_look(transaction: Transaction) -> int:
            add(1)(transaction)
            return len(subscription)

        assert world.committer.run(add_and_look) == 0
        assert subscription.drain() == [ADDED(id=1, value=0)]

    def test_the_row_is_there_when_the_event_is_published(self, tmp_path: Path) -> None:
        class Witness(InProcessBus):
            """Looks at the file at the very moment when an event becomes visible."""

            def __init__(self) -> None:
                super().__init__()
                self.testimony: list[tuple[bool, bool]] = []

            def publish(self, event: Event) -> None:
                self.testimony.append(what_the_file_says_of(tmp_path, event))
                super().publish(event)

        witness = Witness()
        with open_world(tmp_path, [ECHO], bus=witness) as world:
            world.in_one_group([add(1), work_of(("add and fail", 7)), add(2)])
            world.committer.run(add(3))
        assert witness.testimony == [(True, True)] * 6

    def test_the_row_is_there_when_a_reader_sees_the_event(self, tmp_path: Path) -> None:
        with open_world(tmp_path) as world:
            subscription = world.bus.subscribe("thing.*")
            reader = in_thread(
                lambda: [what_the_file_says_of(tmp_path, event) for event in subscription]
            )
            for first in (0, 10, 20):
                world.in_one_group([add(id_) for id_ in range(first, first + 10)])
            subscription.unsubscribe()
            assert reader.result(PATIENCE) == [(True, True)] * 30


def what_the_file_says_of(folder: Path, event: Event) -> tuple[bool, bool]:
    """Whether the event's row is there, and whether the event is logged, as others see it."""
    table = things if event.type == ADDED.name else echoes
    with looking(folder) as connection:
        row = connection.execute(select(table).where(table.c.id == event.payload["id"])).first()
        logged = list(change_log.read(connection, event.number - 1))
        return row is not None, logged[:1] == [event]


class TestNumbered:
    def test_the_log_is_exactly_what_was_delivered(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO]) as world:
            subscription = world.bus.subscribe("*")
            all_at_once(*writers(world, threads=3, each=20))
            delivered = subscription.drain()
            assert delivered == world.log()
            assert [event.number for event in delivered] == list(range(1, 121))

    def test_numbers_go_on_after_reopening(self, tmp_path: Path) -> None:
        delivered = []
        for first in (0, 10, 20):
            with open_world(tmp_path, [ECHO]) as world:
                subscription = world.bus.subscribe("*")
                world.in_one_group([add(id_) for id_ in range(first, first + 5)])
                delivered += subscription.drain()
        assert [event.number for event in delivered] == list(range(1, 31))
        with open_world(tmp_path) as world:
            assert world.log() == delivered

    def test_whoever_reads_from_a_cursor_on_misses_nothing(self, tmp_path: Path) -> None:
        """A consumer that reads the log now and then, while others write."""
        with open_world(tmp_path, [ECHO], buffer_size=1) as world:
            done = threading.Event()

            def consume() -> list[int]:
                numbers: list[int] = []
                while True:
                    last_time = done.is_set()
                    numbers += [e.number for e in world.log(numbers[-1] if numbers else 0)]
                    if last_time:
                        return numbers

            consumer = in_thread(consume)
            all_at_once(*writers(world, threads=3, each=20))
            done.set()
            assert consumer.result(PATIENCE) == list(range(1, 121))


def writers(
    world: World, *, threads: int, each: int, then: Callable[[int], None] = lambda _id: None
) -> list[Callable[[], None]]:
    """Threads' work: to add so many things each, with something to do after every one."""

    def writer(thread: int) -> Callable[[], None]:
        def write() -> None:
            for nth in range(each):
                then(world.committer.run(add(nth * threads + thread, value=nth)))

        return write

    return [writer(thread) for thread in range(threads)]


def truth(world: World) -> tuple[int, int]:
    with world.database.snapshot() as snapshot:
        return count_and_total(snapshot.connection)


class TestLossIsNoticed:
    @settings(max_examples=examples(25))
    @given(st.integers(1, 4), st.lists(st.integers(1, 12), min_size=1, max_size=6))
    def test_a_read_model_is_as_the_database_whatever_was_lost(
        self, buffer_size: int, bursts: list[int]
    ) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_world(Path(folder), buffer_size=buffer_size) as world,
        ):
            model = Sum(world.database, world.bus)
            rebuilds = 1
            model.read()
            for nth, burst in enumerate(bursts):
                world.in_one_group([add(100 * nth + i, value=i) for i in range(burst)])
                rebuilds += burst > buffer_size
                assert model.read() == truth(world)
                assert model.projection.rebuilds == rebuilds

    def test_a_read_model_that_is_read_by_many_while_many_write_is_right_in_the_end(
        self, tmp_path: Path
    ) -> None:
        with open_world(tmp_path, [ECHO], buffer_size=2) as world:
            model = Sum(world.database, world.bus)
            chance = random.Random(1)

            def read_sometimes(_id: int) -> None:
                if chance.random() < 0.2:
                    model.read()

            all_at_once(*writers(world, threads=4, each=25, then=read_sometimes))
            world.in_one_group([add(1000 + i, value=1) for i in range(10)])
            assert model.read() == truth(world)
            assert model.projection.rebuilds > 1

    def test_a_reaction_handles_every_event_once_all_the_same(self, tmp_path: Path) -> None:
        with open_world(tmp_path, [ECHO], buffer_size=2) as world:
            everything: list[int] = []
            for burst in (1, 30, 2, 3, 50):
                ids = list(range(len(everything), len(everything) + burst))
                world.in_one_group([add(id_) for id_ in ids])
                everything += ids
                assert world.rows(echoes) == everything

    def test_so_does_a_reaction_to_many_writers(self, crowded: World) -> None:
        all_at_once(*writers(crowded, threads=4, each=20))
        written = [event.payload["id"] for event in crowded.log() if event.type == ADDED.name]
        assert len(written) == 80
        assert crowded.rows(echoes) == written

    @settings(max_examples=examples(20))
    @given(
        st.integers(1, 4),
        st.lists(st.integers(1, 8), min_size=1, max_size=4),
        st.lists(st.integers(0, 10), max_size=4),
    )
    def test_so_does_a_reaction_that_fails_at_first(
        self, buffer_size: int, bursts: list[int], failures: list[int]
    ) -> None:
        """Each failure is so many events after the one before it."""
        left = list(failures)

        def handle(transaction: Transaction, event: Event) -> None:
            write_echo(transaction, event)
            if left:
                left[0] -= 1
                if left[0] < 0:
                    left.pop(0)
                    raise ConnectionError("not now")

        unsteady = Reaction(ECHO.name, ECHO.patterns, handle)
        with (
            pytest.MonkeyPatch.context() as patch,
            tempfile.TemporaryDirectory() as folder,
        ):
            patch.setattr(committer, "RETRY_AFTER", 0.001)
            with open_world(Path(folder), [unsteady], buffer_size=buffer_size) as world:
                for nth, burst in enumerate(bursts):
                    world.in_one_group([add(100 * nth + i) for i in range(burst)])
            with open_world(Path(folder), [ECHO]) as world:
                written = [e.payload["id"] for e in world.log() if e.type == ADDED.name]
                assert len(written) == sum(bursts)
                assert world.rows(echoes) == written


class Known:
    """A read model of which things there are."""

    def __init__(self, database: Database, bus: InProcessBus) -> None:
        self._database = database
        self._ids: set[int] = set()
        self._projection = Projection(bus, ("thing.*",), apply=self._apply, rebuild=self._rebuild)

    def __contains__(self, id_: int) -> bool:
        self._projection.catch_up()
        return id_ in self._ids

    def _apply(self, event: Event) -> None:
        self._ids.add(event.payload["id"])

    def _rebuild(self) -> int:
        with self._database.snapshot() as snapshot:
            self._ids = set(snapshot.connection.execute(select(things.c.id)).scalars())
            return snapshot.number


class TestNoStaleRead:
    def test_whoever_wrote_reads_it(self, crowded: World) -> None:
        known = Known(crowded.database, crowded.bus)
        assert 0 not in known
        for id_ in range(20):
            crowded.committer.run(add(id_))
            assert id_ in known

    def test_so_do_many_threads(self, crowded: World) -> None:
        known = Known(crowded.database, crowded.bus)
        stale: list[int] = []

        def look(id_: int) -> None:
            if id_ not in known:
                stale.append(id_)

        all_at_once(*writers(crowded, threads=4, each=30, then=look))
        assert stale == []

    def test_so_does_whoever_sees_the_event(self, crowded: World) -> None:
        known = Known(crowded.database, crowded.bus)
        subscription = crowded.bus.subscribe("thing.*")
        reader = in_thread(lambda: [event.payload["id"] in known for event in subscription])
        all_at_once(*writers(crowded, threads=2, each=20))
        subscription.unsubscribe()
        seen = reader.result(PATIENCE)
        assert seen
        assert all(seen)

    def test_a_reader_in_an_operation_sees_what_was_committed_before(self, crowded: World) -> None:
        known = Known(crowded.database, crowded.bus)

        def add_unless_known(id_: int) -> Work:
            def work(transaction: Transaction) -> bool:
                if id_ in known:
                    return False
                add(id_)(transaction)
                return True

            return work

        assert crowded.committer.run(add_unless_known(1)) is True
        assert crowded.committer.run(add_unless_known(1)) is False
