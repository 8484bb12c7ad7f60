import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from registry.persistence import Database, Schema, SchemaTooNew, change_log, migrate
from registry.persistence.schema import LOG_SCHEMA

pytestmark = pytest.mark.sqlite


class Step:
    """A step that counts how often it was taken."""

    def __init__(self, statement: str) -> None:
        self.taken = 0
        self._statement = text(statement)

    def __call__(self, connection: Connection) -> None:
        self.taken += 1
        connection.execute(self._statement)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path)
    yield database
    database.close()


def run(database: Database, *schemas: Schema) -> None:
    with closing(database.open_writer()) as connection, connection.begin():
        migrate(connection, schemas)


def dump(folder: Path) -> list[str]:
    """Everything the file holds: tables and rows."""
    with closing(sqlite3.connect(folder / "registry.db")) as connection:
        return list(connection.iterdump())


def versions(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT store, version FROM schema_versions"))
        return {store: version for store, version in found}


class TestMigrate:
    def test_makes_the_log_from_nothing(self, database: Database) -> None:
        run(database)
        with database.snapshot() as snapshot:
            assert list(change_log.read(snapshot.connection, 0)) == []
            assert change_log.cursor(snapshot.connection, "nobody") is None
        assert versions(database) == {"log": len(LOG_SCHEMA.steps)}

    def test_takes_every_step_of_a_new_store_in_order(self, database: Database) -> None:
        steps = [
            Step("CREATE TABLE test_t (x)"),
            Step("ALTER TABLE test_t ADD COLUMN y"),
            Step("INSERT INTO test_t (x, y) VALUES (1, 2)"),
        ]
        run(database, Schema("test", steps))
        assert [step.taken for step in steps] == [1, 1, 1]
        assert versions(database)["test"] == 3

    def test_takes_no_step_twice(self, database: Database) -> None:
        step = Step("CREATE TABLE test_t (x)")
        for _ in range(3):
            run(database, Schema("test", [step]))
        assert step.taken == 1

    def test_takes_only_the_steps_that_are_new(self, database: Database, tmp_path: Path) -> None:
        first = Step("CREATE TABLE test_t (x)")
        second = Step("ALTER TABLE test_t ADD COLUMN y DEFAULT 7")
        third = Step("INSERT INTO test_t (x) VALUES (2)")
        run(database, Schema("test", [first, Step("INSERT INTO test_t (x) VALUES (1)")]))
        run(database, Schema("test", [first, first, second, third]))
        assert (first.taken, second.taken, third.taken) == (1, 1, 1)
        assert versions(database)["test"] == 4
        with closing(sqlite3.connect(tmp_path / "registry.db")) as connection:
            assert connection.execute("SELECT x, y FROM test_t").fetchall() == [(1, 7), (2, 7)]

    def test_counts_each_store_on_its_own(self, database: Database) -> None:
        one = Schema("one", [Step("CREATE TABLE one_t (x)")])
        two = [Step("CREATE TABLE two_t (x)"), Step("CREATE TABLE two_u (x)")]
        run(database, one, Schema("two", two[:1]))
        run(database, one, Schema("two", two))
        assert versions(database) == {"log": len(LOG_SCHEMA.steps), "one": 1, "two": 2}

    def test_takes_up_a_store_that_came_later(self, database: Database) -> None:
        run(database)
        run(database, Schema("test", [Step("CREATE TABLE test_t (x)")]))
        assert versions(database)["test"] == 1

    def test_leaves_a_store_that_is_gone_alone(self, database: Database) -> None:
        run(database, Schema("test", [Step("CREATE TABLE test_t (x)")]))
        run(database)
        assert versions(database)["test"] == 1

    def test_takes_up_a_store_without_tables(self, database: Database) -> None:
        run(database, Schema("test", []))
        run(database, Schema("test", [Step("CREATE TABLE test_t (x)")]))
        assert versions(database)["test"] == 1


class TestTooNew:
    def test_is_refused_and_changes_nothing(self, database: Database, tmp_path: Path) -> None:
        steps = [Step("CREATE TABLE test_t (x)"), Step("INSERT INTO test_t VALUES (1)")]
        run(database, Schema("test", steps))
        before = dump(tmp_path)
        other = Schema("other", [Step("CREATE TABLE other_t (x)")])
        with closing(database.open_writer()) as connection:
            transaction = connection.begin()
            with pytest.raises(SchemaTooNew, match=r"'test' has version 2.*up to 1"):
                migrate(connection, [other, Schema("test", steps[:1])])
            transaction.commit()  # even who commits all the same changes nothing
        assert other.steps[0].taken == 0  # type: ignore[attr-defined]
        assert dump(tmp_path) == before

    def test_applies_to_the_log_as_well(self, database: Database) -> None:
        run(database)
        with closing(database.open_writer()) as connection, connection.begin():
            connection.execute(text("UPDATE schema_versions SET version = 99 WHERE store = 'log'"))
        with pytest.raises(SchemaTooNew, match="'log' has version 99"):
            run(database)


class TestFailedStep:
    def test_leaves_the_data_as_it_was(self, database: Database, tmp_path: Path) -> None:
        first = Step("CREATE TABLE test_t (x)")
        run(database, Schema("test", [first, Step("INSERT INTO test_t VALUES (1)")]))
        before = dump(tmp_path)
        upgrade = [
            first,
            first,
            Step("ALTER TABLE test_t ADD COLUMN y"),
            Step("DELETE FROM test_t"),
            Step("INSERT INTO no_such_table VALUES (1)"),
        ]
        other = Schema("other", [Step("CREATE TABLE other_t (x)")])
        with pytest.raises(OperationalError, match="no_such_table"):
            run(database, other, Schema("test", upgrade))
        assert [step.taken for step in upgrade[2:]] == [1, 1, 1]
        assert dump(tmp_path) == before

    def test_leaves_a_new_database_empty(self, database: Database, tmp_path: Path) -> None:
        with pytest.raises(OperationalError):
            run(database, Schema("test", [Step("INSERT INTO no_such_table VALUES (1)")]))
        assert dump(tmp_path) == ["BEGIN TRANSACTION;", "COMMIT;"]

    def test_can_be_taken_again(self, database: Database) -> None:
        broken = Schema("test", [Step("CREATE TABLE test_t (x)"), Step("NONSENSE")])
        with pytest.raises(OperationalError):
            run(database, broken)
        run(database, Schema("test", [Step("CREATE TABLE test_t (x)"), Step("SELECT 1")]))
        assert versions(database)["test"] == 2
