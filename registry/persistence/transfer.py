"""All rows of one database into another, of whatever kind either is."""

from sqlalchemy import Column, Connection, MetaData, Table, cast, delete, func, insert, select
from sqlalchemy.dialects.postgresql import REGCLASS

from registry.persistence.copying import Progress
from registry.persistence.schema import VERSIONS_TABLE, versions

ROWS_AT_A_TIME = 5_000


def transfer(
    source: Connection, target: Connection, progress: Progress = lambda _done, _total: None
) -> None:
    """Copy every row. Runs in the transaction of each side.

    Both have the same tables, in the same version. What is in the target goes.

    Args:
        source: Every read on it sees the same commit.
        target: Where to write.
        progress: Told of the rows that are copied.

    Raises:
        ValueError: The two have different tables, or other versions of them.
    """
    tables = MetaData()
    tables.reflect(target)
    there = MetaData()
    there.reflect(source)
    if there.tables.keys() != tables.tables.keys():
        odd = ", ".join(sorted(there.tables.keys() ^ tables.tables.keys()))
        raise ValueError(f"not every table is in both databases: {odd}")
    if versions(source) != versions(target):
        raise ValueError("the databases were written by different releases: start a server on each")
    ordered = [table for table in tables.sorted_tables if table.name != VERSIONS_TABLE]
    total = sum(_count(source, table) for table in ordered)
    done = 0
    for table in ordered:
        target.execute(delete(table))
        everything = select(table).execution_options(yield_per=ROWS_AT_A_TIME)
        with source.execute(everything) as rows:
            for page in rows.partitions():
                target.execute(insert(table), [dict(row._mapping) for row in page])  # noqa: SLF001
                done += len(page)
                progress(done, total)
    if target.dialect.name == "postgresql":
        for table in ordered:
            if table.autoincrement_column is not None:
                _go_on_counting(target, table, table.autoincrement_column)


def _go_on_counting(target: Connection, table: Table, column: Column[int]) -> None:
    """Have the sequence behind a column go on after rows that came with numbers of their own."""
    sequence = cast(func.pg_get_serial_sequence(table.name, column.name), REGCLASS)
    target.execute(
        select(func.setval(sequence, func.max(column))).having(func.max(column).is_not(None))
    )


def _count(connection: Connection, table: Table) -> int:
    count: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return count
