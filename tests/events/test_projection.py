"""The read model's side of the promises, over a database of a few lines."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from registry.events import Event, InProcessBus, Projection
from tests.events.helpers import PATIENCE, all_at_once, in_thread
from tests.examples import examples


class Database:
    """Holds one total, and makes every change of it an event once it is kept."""

    def __init__(self, bus: InProcessBus) -> None:
        self._bus = bus
        self._writing = threading.Lock()
        self._committing = threading.Lock()
        self._total = self._number = 0

    def add(self, amount: int) -> int:
        """Commit, then publish, as the committer does; the total after it."""
        with self._writing:
            total, event = self.commit(amount)
            self.publish(event)
            return total

    def commit(self, amount: int) -> tuple[int, Event]:
        """Only the first half of it: the new total, and the event that is yet to be published."""
        with self._committing:
            self._total += amount
            self._number += 1
            event = Event("test", "total.grew", {"by": amount}, number=self._number)
            return self._total, event

    def publish(self, event: Event) -> None:
        """The other half of it."""
        self._bus.publish(event)

    def read(self) -> tuple[int, int]:
        """The total, and the number of the last event that it includes."""
        with self._committing:
            return self._total, self._number

    @property
    def total(self) -> int:
        return self.read()[0]


class ReadModel:
    """The total as a projection keeps it, and means to trip it up."""

    def __init__(self, bus: InProcessBus, database: Database) -> None:
        self.database = database
        self.kept = 0
        self.applied: list[int] = []
        self.before_apply: Callable[[], object] = lambda: None
        self.after_rebuild: Callable[[], object] = lambda: None
        self.projection = Projection(bus, ("total.*",), apply=self._apply, rebuild=self._rebuild)

    @property
    def total(self) -> int:
        self.projection.catch_up()
        return self.kept

    @property
    def rebuilds(self) -> int:
        return self.projection.rebuilds

    def _apply(self, event: Event) -> None:
        self.before_apply()
        self.applied.append(event.number)
        self.kept += event.payload["by"]

    def _rebuild(self) -> int:
        self.kept, number = self.database.read()
        self.after_rebuild()
        return number


def fail() -> None:
    raise ConnectionError("not now")


@pytest.fixture
def bus() -> InProcessBus:
    return InProcessBus(4)


@pytest.fixture
def database(bus: InProcessBus) -> Database:
    return Database(bus)


@pytest.fixture
def model(bus: InProcessBus, database: Database) -> ReadModel:
    return ReadModel(bus, database)


class TestFirstRead:
    def test_builds_the_model(self, model: ReadModel) -> None:
        assert model.rebuilds == 0
        assert model.total == 0
        assert model.rebuilds == 1

    def test_sees_what_was_there_before_the_model(self, bus: InProcessBus) -> None:
        database = Database(bus)
        database.add(5)
        assert ReadModel(bus, database).total == 5

    def test_does_not_add_what_the_database_already_included(
        self, database: Database, model: ReadModel
    ) -> None:
        database.add(5)
        database.add(6)
        assert model.total == 11
        assert model.applied == []


class TestCatchUp:
    def test_applies_what_was_published_in_order(
        self, database: Database, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        for amount in (1, 2, 3):
            database.add(amount)
        assert model.total == 6
        assert model.applied == [1, 2, 3]
        assert model.rebuilds == 1

    def test_does_nothing_when_nothing_happened(self, database: Database, model: ReadModel) -> None:
        database.add(1)
        assert [model.total for _ in range(3)] == [1, 1, 1]
        assert model.rebuilds == 1

    def test_ignores_what_is_not_subscribed(self, bus: InProcessBus, model: ReadModel) -> None:
        model.projection.catch_up()
        bus.publish(Event("test", "weather.changed", {"by": 3}, number=1))
        assert model.total == 0

    def test_applies_every_event_that_is_in_no_log(
        self, bus: InProcessBus, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        bus.publish(Event("test", "total.grew", {"by": 1}))
        bus.publish(Event("test", "total.grew", {"by": 1}))
        assert model.total == 2

    def test_applies_a_logged_event_once_however_often_it_comes(
        self, database: Database, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        _, event = database.commit(3)
        database.publish(event)
        database.publish(event)
        assert model.total == 3

    def test_takes_no_notice_after_close(self, database: Database, model: ReadModel) -> None:
        model.projection.catch_up()
        model.projection.close()
        database.add(1)
        assert model.total == 0


class TestDrop:
    def test_leads_to_a_rebuild(self, database: Database, model: ReadModel) -> None:
        model.projection.catch_up()
        for _ in range(5):
            database.add(1)
        assert model.total == 5
        assert model.rebuilds == 2
        assert model.applied == []

    def test_leads_to_one_rebuild_only(self, database: Database, model: ReadModel) -> None:
        model.projection.catch_up()
        for _ in range(10):
            database.add(1)
        model.projection.catch_up()
        database.add(1)
        assert model.total == 11
        assert model.rebuilds == 2
        assert model.applied == [11]

    def test_is_no_matter_while_everything_fits(self, database: Database, model: ReadModel) -> None:
        model.projection.catch_up()
        for _ in range(4):
            database.add(1)
        assert model.total == 4
        assert model.rebuilds == 1

    def test_during_a_rebuild_leads_to_another(self, database: Database, model: ReadModel) -> None:
        def write_more_than_fits() -> None:
            model.after_rebuild = lambda: None
            for _ in range(5):
                database.add(1)

        model.after_rebuild = write_more_than_fits
        model.projection.catch_up()
        assert model.total == 5
        assert model.rebuilds == 2


class TestLoss:
    """Events that got lost before they came to the bus (`InProcessBus.lose`)."""

    def test_leads_to_a_rebuild(
        self, bus: InProcessBus, database: Database, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        database.commit(7)  # and nobody publishes it
        assert model.total == 0
        bus.lose()
        assert model.total == 7
        assert model.rebuilds == 2

    def test_is_made_good_before_what_comes_next(
        self, bus: InProcessBus, database: Database, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        database.commit(7)
        bus.lose()
        database.add(1)
        assert model.total == 8
        assert model.applied == []

    def test_concerns_every_subscription_once(self, bus: InProcessBus) -> None:
        one, both = bus.subscribe("total.*"), bus.subscribe("total.*", "other")
        bus.lose()
        assert (one.dropped, both.dropped) == (1, 1)
        assert (one.drain(), both.drain()) == ([], [])


class TestRebuild:
    def test_is_followed_by_what_happened_during_it(
        self, database: Database, model: ReadModel
    ) -> None:
        def write_two() -> None:
            model.after_rebuild = lambda: None
            database.add(10)
            database.add(20)

        database.add(1)
        model.after_rebuild = write_two
        model.projection.catch_up()
        assert model.total == 31
        assert model.applied == [2, 3]

    def test_does_not_apply_again_what_it_includes(
        self, database: Database, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        for _ in range(5):
            database.add(1)
        _, committed = database.commit(7)
        assert model.total == 12
        assert model.rebuilds == 2
        database.publish(committed)
        assert model.total == 12
        database.add(1)
        assert model.total == 13
        assert model.applied == [7]

    def test_that_fails_is_told_and_done_again(self, database: Database, model: ReadModel) -> None:
        database.add(1)
        model.after_rebuild = fail
        for _ in range(2):
            with pytest.raises(ConnectionError):
                model.projection.catch_up()
        assert model.rebuilds == 0
        model.after_rebuild = lambda: None
        assert model.total == 1
        assert model.rebuilds == 1

    def test_that_fails_after_a_drop_is_done_again(
        self, database: Database, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        for _ in range(9):
            database.add(1)
        model.after_rebuild = fail
        with pytest.raises(ConnectionError):
            model.projection.catch_up()
        model.after_rebuild = lambda: None
        assert model.total == 9
        assert model.rebuilds == 2


class TestApply:
    def test_that_fails_is_told_and_leads_to_a_rebuild(
        self, database: Database, model: ReadModel
    ) -> None:
        model.projection.catch_up()
        database.add(1)
        database.add(2)
        model.before_apply = fail
        with pytest.raises(ConnectionError):
            model.projection.catch_up()
        model.before_apply = lambda: None
        assert model.total == 3
        assert model.rebuilds == 2

    def test_may_read_its_own_model(self, database: Database, model: ReadModel) -> None:
        def read_and_write() -> None:
            if len(model.applied) == 0:
                database.add(100)  # must not overtake what was drained before it
            model.projection.catch_up()

        model.projection.catch_up()
        model.before_apply = read_and_write
        database.add(1)
        database.add(10)
        model.projection.catch_up()
        model.before_apply = lambda: None
        assert model.total == 111
        assert model.applied == [1, 2, 3]

    def test_may_read_its_own_model_while_it_is_built(self, model: ReadModel) -> None:
        model.after_rebuild = model.projection.catch_up
        assert model.total == 0
        assert model.rebuilds == 1


class NoticingLock:
    """A lock that says when somebody wants it."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self.wanted.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@pytest.fixture(scope="module")
def _threads_that_interrupt_each_other() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_that_interrupt_each_other")
class TestManyThreads:
    @pytest.mark.parametrize("moment", ["before_apply", "after_rebuild"])
    def test_do_not_read_what_another_is_still_catching_up_on(
        self, database: Database, model: ReadModel, moment: str
    ) -> None:
        entered, go_on = threading.Event(), threading.Event()

        def pause() -> None:
            entered.set()
            assert go_on.wait(PATIENCE)

        lock = NoticingLock()
        model.projection._lock = lock  # type: ignore[assignment]
        if moment == "before_apply":
            model.projection.catch_up()
        database.add(1)
        setattr(model, moment, pause)
        first = in_thread(lambda: model.total)
        assert entered.wait(PATIENCE)
        lock.wanted.clear()
        second = in_thread(lambda: model.total)
        second.add_done_callback(lambda _: lock.wanted.set())
        assert lock.wanted.wait(PATIENCE)
        answered_too_early = second.done()
        go_on.set()
        assert not answered_too_early
        assert first.result(PATIENCE) == second.result(PATIENCE) == 1

    @settings(max_examples=examples(25))
    @given(
        st.integers(1, 6), st.lists(st.integers(0, 3), min_size=1, max_size=3), st.integers(0, 2)
    )
    def test_read_what_they_wrote_and_nothing_twice(
        self, buffer_size: int, writers: list[int], readers: int
    ) -> None:
        """Each writer reads after every so many writes of its own."""
        bus = InProcessBus(buffer_size)
        database = Database(bus)
        model = ReadModel(bus, database)

        def write_and_read(pause: int) -> list[str]:
            complaints = []
            for nth in range(40):
                written = database.add(1)
                if nth % (pause + 1) == 0:
                    read = model.total
                    committed = database.total
                    if not written <= read <= committed:
                        complaints.append(f"read {read}, wrote {written}, now {committed}")
            return complaints

        def read() -> list[str]:
            story = [model.total for _ in range(60)]
            return [] if story == sorted(story) else [f"went back: {story}"]

        works = [lambda pause=pause: write_and_read(pause) for pause in writers] + [read] * readers
        assert sum(all_at_once(*works), []) == []  # noqa: RUF017
        assert model.total == database.total == 40 * len(writers)


class ProjectionMachine(RuleBasedStateMachine):
    """Whatever is written, lost or fails: an answer that is given is right."""

    @initialize(buffer_size=st.integers(1, 4))
    def open(self, buffer_size: int) -> None:
        self.bus = InProcessBus(buffer_size)
        self.database = Database(self.bus)
        self.model = ReadModel(self.bus, self.database)
        self.unpublished: list[Event] = []

    @rule(amount=st.integers(1, 5))
    def commit(self, amount: int) -> None:
        self.unpublished.append(self.database.commit(amount)[1])

    @rule()
    def publish(self) -> None:
        for event in self.unpublished:
            self.database.publish(event)
        self.unpublished.clear()

    @rule(apply_fails=st.booleans(), rebuild_fails=st.booleans())
    def read(self, *, apply_fails: bool, rebuild_fails: bool) -> None:
        self.model.before_apply = fail if apply_fails else lambda: None
        self.model.after_rebuild = fail if rebuild_fails else lambda: None
        try:
            total = self.model.total
        except ConnectionError:
            assert apply_fails or rebuild_fails
            return
        not_yet_told = sum(event.payload["by"] for event in self.unpublished)
        assert self.database.total - not_yet_told <= total <= self.database.total

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.publish()
            self.read(apply_fails=False, rebuild_fails=False)
            assert self.model.total == self.database.total


TestProjectionWhateverHappens = ProjectionMachine.TestCase
TestProjectionWhateverHappens.settings = settings(max_examples=examples(60), stateful_step_count=30)
