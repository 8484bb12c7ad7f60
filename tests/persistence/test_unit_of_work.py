from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Executable, delete, insert, select, text, update

from registry.persistence.bulk import BulkStatements
from registry.persistence.unit_of_work import UnitOfWork
from tests.persistence.world import ADDED, World, things

ROW = {"id": 1, "value": 1}


@pytest.fixture
def connection(world: World) -> Iterator[Connection]:
    with world.database.open_writer() as connection, connection.begin():
        yield connection


@pytest.fixture
def unit(connection: Connection) -> UnitOfWork:
    return UnitOfWork(connection, BulkStatements())


class TestExecute:
    def test_answers_from_within_the_transaction(self, unit: UnitOfWork) -> None:
        unit.execute_many(insert(things), [ROW, {"id": 2, "value": 5}])
        assert unit.execute(select(things.c.value)).scalars().all() == [1, 5]


class TestMark:
    def test_stays_while_nothing_but_reading_happens(self, unit: UnitOfWork) -> None:
        mark = unit.mark
        unit.execute(select(things))
        unit.execute(select(things).where(things.c.id == 1).union(select(things)))
        assert unit.mark == mark

    @pytest.mark.parametrize(
        "statement",
        [
            insert(things).values(ROW),
            insert(things).values(ROW).returning(things.c.id),
            update(things).values(value=2),
            delete(things),
            text("INSERT INTO test_things VALUES (1, 1)"),
        ],
    )
    def test_moves_with_every_statement_that_may_change_something(
        self, unit: UnitOfWork, statement: Executable
    ) -> None:
        mark = unit.mark
        unit.execute(statement)
        assert unit.mark != mark

    def test_moves_even_if_the_statement_fails(self, unit: UnitOfWork) -> None:
        mark = unit.mark
        with pytest.raises(Exception, match="nowhere"):
            unit.execute(text("DELETE FROM nowhere"))
        assert unit.mark != mark

    def test_moves_with_every_event(self, unit: UnitOfWork) -> None:
        mark = unit.mark
        unit.publish(ADDED(id=1, value=1))
        assert unit.mark != mark


class TestPublish:
    def test_stages_in_order(self, unit: UnitOfWork) -> None:
        events = [ADDED(id=id_, value=0) for id_ in (3, 1, 2)]
        for event in events:
            unit.publish(event)
        assert [entry.event for entry in unit.staged] == events

    def test_stages_nothing_that_cannot_be_logged(self, unit: UnitOfWork) -> None:
        with pytest.raises(TypeError):
            unit.publish(ADDED(id=1, value=object()))
        assert unit.staged == []


class TestForgetSince:
    def test_unstages_what_came_after_the_mark(self, unit: UnitOfWork) -> None:
        unit.publish(ADDED(id=1, value=0))
        unit.execute(insert(things), ROW)
        mark = unit.mark
        unit.publish(ADDED(id=2, value=0))
        unit.execute(delete(things))
        unit.forget_since(mark)
        assert [entry.event.payload["id"] for entry in unit.staged] == [1]
        assert unit.mark == mark
