"""One statement for many rows does what SQLAlchemy does for each."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    insert,
    select,
    update,
)

from registry.persistence.bulk import BulkStatements

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20)),
    Column("flag", Boolean, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("raw", LargeBinary),
    Column("state", String(5), nullable=False, default="new"),
)
INSERT = insert(things)
RENAME = update(things).where(things.c.id == bindparam("thing")).values(name=bindparam("value"))

rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 2**31),
            "name": st.none() | st.text(max_size=20),
            "flag": st.booleans(),
            "tags": st.lists(st.text(), max_size=3),
            "raw": st.none() | st.binary(max_size=8),
            "state": st.text(max_size=5),
        }
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda row: str(row["id"]),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def bulk() -> BulkStatements:
    return BulkStatements()


def content(connection: Connection) -> list[Any]:
    found = connection.execute(select(things).order_by(things.c.id)).all()
    connection.execute(delete(things))
    return list(found)


@given(rows)
def test_inserts_what_sqlalchemy_inserts(
    connection: Connection, bulk: BulkStatements, rows: list[dict[str, Any]]
) -> None:
    connection.execute(INSERT, rows)
    expected = content(connection)
    bulk.execute(connection, INSERT, rows)
    assert content(connection) == expected


def test_updates_every_row(connection: Connection, bulk: BulkStatements) -> None:
    base = {"flag": True, "tags": [], "raw": None, "state": "old"}
    bulk.execute(connection, INSERT, [{"id": n, "name": "", **base} for n in (1, 2, 3)])
    bulk.execute(connection, RENAME, [{"thing": 1, "value": "one"}, {"thing": 3, "value": "three"}])
    assert [row.name for row in content(connection)] == ["one", "", "three"]


def test_tells_statements_for_other_columns_apart(
    connection: Connection, bulk: BulkStatements
) -> None:
    row = {"id": 1, "flag": True, "tags": ["x"], "state": "new"}
    bulk.execute(connection, INSERT, [row])
    bulk.execute(connection, INSERT, [{**row, "id": 2, "name": "two", "raw": b"2"}])
    assert [(row.name, row.raw) for row in content(connection)] == [(None, None), ("two", b"2")]


def test_a_row_without_a_name_is_refused(connection: Connection, bulk: BulkStatements) -> None:
    row = {"id": 1, "name": "", "flag": True, "tags": [], "raw": None, "state": "new"}
    short = {name: value for name, value in row.items() if name != "tags"}
    with pytest.raises(KeyError, match="tags"):
        bulk.execute(connection, INSERT, [row, short])
