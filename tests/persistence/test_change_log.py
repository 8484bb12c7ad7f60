from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from registry.events import Event
from registry.persistence import Database, change_log
from registry.persistence.bulk import BulkStatements
from tests.examples import examples
from tests.persistence.world import ADDED, ECHO, World, add, open_world

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


def write(world: World, *events: Event, after: int = 0) -> list[Event]:
    with world.database.open_writer() as connection, connection.begin():
        return change_log.append(
            connection,
            BulkStatements(),
            [change_log.Entry.of(event) for event in events],
            after,
        )


LONG = 2 * change_log._PAGE + 7


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose log is longer than two pages."""
    with open_world(tmp_path_factory.mktemp("long")) as world:
        write(world, *[ADDED(id=nth, value=nth) for nth in range(1, LONG + 1)])
        yield world


class TestAppend:
    def test_numbers_the_events_on(self, world: World) -> None:
        events = write(world, ADDED(id=1, value=1), ADDED(id=2, value=2), after=0)
        events += write(world, ADDED(id=3, value=3), after=2)
        assert [event.number for event in events] == [1, 2, 3]
        assert [event.payload["id"] for event in events] == [1, 2, 3]

    def test_of_nothing_writes_nothing(self, world: World) -> None:
        assert write(world) == []
        assert world.log() == []

    def test_keeps_the_events_as_they_were(self, world: World) -> None:
        event = Event("somebody", "something.happened", {"a": [1, {"b": None}], "c": "ü"})
        write(world, event)
        assert world.log() == [event]


class TestEntry:
    @pytest.mark.parametrize("value", [object(), 1j, lambda: None])
    def test_refuses_what_json_cannot_hold(self, value: object) -> None:
        with pytest.raises(TypeError):
            change_log.Entry.of(Event("test", "test.happened", {"value": value}))


class TestRead:
    @settings(max_examples=examples(40))
    @given(st.dictionaries(st.text(), json_values, max_size=4))
    def test_gives_back_any_payload(self, long_log: World, payload: dict[str, object]) -> None:
        event = Event("test", "test.happened", payload)
        with long_log.database.open_writer() as connection, connection.begin() as transaction:
            change_log.append(
                connection, BulkStatements(), [change_log.Entry.of(event)], after=LONG
            )
            assert list(change_log.read(connection, LONG)) == [event]
            transaction.rollback()

    @settings(max_examples=examples(40))
    @given(st.integers(-1, LONG + 2))
    def test_from_any_cursor_gives_exactly_what_follows(self, long_log: World, after: int) -> None:
        numbers = [event.number for event in long_log.log(after)]
        assert numbers == list(range(max(after, 0) + 1, LONG + 1))

    @pytest.mark.parametrize("length", [0, 1, -1])
    def test_ends_where_a_page_ends(self, world: World, length: int) -> None:
        length += change_log._PAGE
        write(world, *[ADDED(id=nth, value=0) for nth in range(length)])
        assert [event.number for event in world.log()] == list(range(1, length + 1))

    def test_is_the_same_after_reopening(self, tmp_path: Path) -> None:
        with open_world(tmp_path) as world:
            for id_ in (1, 2, 3):
                world.committer.run(add(id_))
            before = world.log()
        with open_world(tmp_path) as world:
            assert world.log() == before
            assert [event.number for event in world.log()] == [1, 2, 3]
            world.committer.run(add(4))
            assert [event.number for event in world.log(after=2)] == [3, 4]


class TestCursor:
    def test_is_none_for_a_consumer_never_seen(self, world: World) -> None:
        assert world.cursor() is None

    def test_is_the_farthest_that_it_was_moved_to(self, world: World) -> None:
        for number, farthest in ((5, 5), (9, 9), (7, 9)):
            with world.database.open_writer() as connection, connection.begin():
                change_log.move_cursor(connection, ECHO.name, number)
            assert world.cursor() == farthest

    def test_of_one_consumer_is_not_that_of_another(self, world: World) -> None:
        with world.database.open_writer() as connection, connection.begin():
            change_log.move_cursor(connection, "one", 1)
            change_log.move_cursor(connection, "two", 2)
            assert change_log.cursor(connection, "one") == 1
            assert change_log.cursor(connection, "two") == 2
            assert change_log.cursor(connection, "three") is None


class TestSchema:
    def test_a_log_without_authors_gets_them(self, tmp_path: Path) -> None:
        database = Database.in_folder(tmp_path)
        columns = "number INTEGER PRIMARY KEY, at BIGINT NOT NULL, source VARCHAR(64) NOT NULL,"
        with database.engine.begin() as connection:
            connection.execute(
                text(f"CREATE TABLE log_changes ({columns} type TEXT NOT NULL, payload TEXT)")
            )
            connection.execute(text("INSERT INTO log_changes VALUES (1, 5, 'a', 'a.b', '{}')"))
            for step in change_log.SCHEMA_STEPS:
                step(connection)
            [record] = change_log.records(connection, after=0, most=10)
        database.close()
        assert (record.actor, record.origin, record.type) == ("", "", "a.b")
