"""Statements that a database runs by itself: they make trouble where nobody wrote a mistake."""

from collections.abc import Iterator
from contextlib import contextmanager

from registry.persistence import Database

NO = ("SELECT RAISE(FAIL, 'no')", "RAISE EXCEPTION 'no'")
"""Fails the statement, on SQLite and on PostgreSQL."""

_FUNCTION = (
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {}; RETURN NEW; END $$"
)


@contextmanager
def trigger(
    database: Database, when: str, table: str, does: tuple[str, str], *, condition: str = ""
) -> Iterator[None]:
    """Have a database do something of its own for every row of a statement.

    Args:
        database: Which.
        when: For instance ``BEFORE INSERT``.
        table: Rows of which table.
        does: A statement, for SQLite and for PostgreSQL.
        condition: Only if this holds of ``NEW``.
    """
    for_sqlite, for_postgresql = does
    only = f"WHEN ({condition})" if condition else ""
    if database.engine.dialect.name == "sqlite":
        make = [f"CREATE TRIGGER t {when} ON {table} {only} BEGIN {for_sqlite}; END"]
        end = ["DROP TRIGGER t"]
    else:
        make = [
            _FUNCTION.format(for_postgresql),
            f"CREATE TRIGGER t {when} ON {table} FOR EACH ROW {only} EXECUTE FUNCTION f()",
        ]
        end = [f"DROP TRIGGER t ON {table}", "DROP FUNCTION f"]
    run(database, *make)
    yield
    run(database, *end)


def run(database: Database, *statements: str) -> None:
    """Run statements in a transaction of their own."""
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
