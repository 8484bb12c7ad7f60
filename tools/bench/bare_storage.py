"""What the disk and the database give, with nothing of a registry around it.

Rows like those that a registration leaves, through SQLAlchemy Core, into a database that
is opened as the registry opens its own.
"""

import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, insert

from registry.persistence import Database

_metadata = MetaData()

_rows = Table(
    "bare_rows",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("public_key", LargeBinary(32), nullable=False, unique=True),
    Column("real_addr", String(300), nullable=False),
    Column("version", String(64), nullable=False),
    Column("last_seen", Integer, nullable=False),
)


def rows_per_second(folder: Path, batch: int, seconds: float) -> float:
    """Rows written per second in transactions of ``executemany``, each on the disk.

    Args:
        folder: Where; on the disk that is to be measured.
        batch: Rows in a transaction. 1 is one commit for every request.
        seconds: How long to write.
    """
    database = Database.in_folder(folder)
    rows = _new_rows()
    written = 0
    try:
        with database.open_writer() as connection:
            with connection.begin():
                _metadata.create_all(connection)
            began = time.perf_counter()
            while (taken := time.perf_counter() - began) < seconds:
                with connection.begin():
                    connection.execute(insert(_rows), list(islice(rows, batch)))
                written += batch
    finally:
        database.close()
    return written / taken


def _new_rows() -> Iterator[dict[str, Any]]:
    start = time.time_ns()
    for number in count():
        yield {
            "public_key": (start + number).to_bytes(32, "little"),
            "real_addr": "127.0.0.1:4000",
            "version": "1.18.0",
            "last_seen": start // 1_000_000_000,
        }
