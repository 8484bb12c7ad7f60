"""A database: its writer, and consistent snapshots of it."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

from attrs import frozen
from sqlalchemy import Connection, Engine

from registry.persistence import change_log, postgresql, sqlite
from registry.persistence.sqlite import DATABASE_FILE


@frozen
class CommittedState:
    """One commit of the database, held still for reading (a `registry.events.Snapshot`).

    Attributes:
        connection: Every read on it sees the same commit.
        number: The last change-log number in that commit.
    """

    connection: Connection
    number: int


class Database:
    """A database that this process writes to.

    SQLite runs in WAL mode with ``synchronous=FULL``: readers never wait for the
    writer, and a commit is on the disk when it returns. PostgreSQL is the same as it is
    set up, and other processes may write to it too, one transaction after the other.

    Attributes:
        engine: How it is connected to.
        shared: Whether other processes may write to it.
        process: What this process is called where others hear of it.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        reading: Mapping[str, Any],
        writing: Mapping[str, Any],
        shared: bool,
        lock: int | None = None,
    ) -> None:
        """Take over an engine.

        Args:
            engine: Closed with this.
            reading: Execution options of connections that hold a commit still.
            writing: Those of connections that write.
            shared: Whether other processes may write to it.
            lock: A file whose lock says that nobody else does; closed with this.
        """
        self.engine = engine
        self.shared = shared
        self.process = secrets.token_hex(8)
        self._reading = reading
        self._writing = writing
        self._lock = lock

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Open (or make) ``registry.db`` in a data folder.

        Raises:
            DatabaseInUse: Another process has the folder open.
            OSError: The folder cannot be made or written.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = sqlite.lock_folder(folder)
        return cls._of_file(folder / DATABASE_FILE, lock)

    @classmethod
    def at(cls, url: str) -> Self:
        """Use a database of a PostgreSQL server, which others may use too.

        Args:
            url: ``postgresql+psycopg://USER@HOST:PORT/NAME``. What it leaves out is taken from
                the environment (``PGPASSFILE`` and others), as PostgreSQL's own programs do.

        Raises:
            ValueError: It is no such URL.
        """
        engine = postgresql.open_engine(postgresql.read_url(url))
        return cls(engine, reading=postgresql.READING, writing=postgresql.WRITING, shared=True)

    @classmethod
    def _of_file(cls, file: Path, lock: int | None = None) -> Self:
        return cls(
            sqlite.open_engine(file),
            reading=sqlite.READING,
            writing=sqlite.WRITING,
            shared=False,
            lock=lock,
        )

    @contextmanager
    def snapshot(self) -> Iterator[CommittedState]:
        """Hold one commit still for reading."""
        with self.engine.connect().execution_options(**self._reading) as connection:
            # The first read fixes what all the later ones see.
            number = change_log.last_number(connection)
            yield CommittedState(connection, number)

    def open_writer(self) -> Connection:
        """A connection whose transactions keep every other writer out from the start."""
        return self.engine.connect().execution_options(**self._writing)

    @contextmanager
    def listening(self, channel: str) -> Iterator[Callable[[float, int], bool]]:
        """Hear what is said on a channel of a shared database.

        Yields:
            `postgresql.wait_for_notification`, for a connection of its own.
        """
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SET application_name = 'registry ear'")
            connection.exec_driver_sql(f"LISTEN {channel}")
            connection.commit()
            yield partial(postgresql.wait_for_notification, connection, self.process)

    def close(self) -> None:
        """Close every connection and give the database free."""
        self.engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Own a data folder without opening what is in it, so that no server can start on it.

    Raises:
        DatabaseInUse: Another process has the folder open.
        OSError: The folder cannot be written.
    """
    lock = sqlite.lock_folder(folder)
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def reading(folder: Path, url: str = "") -> Iterator[CommittedState]:
    """Hold one commit of a database still for reading; a server may be running on it.

    Args:
        folder: The data folder that it is in.
        url: The PostgreSQL database that it is instead, if any.

    Raises:
        OSError: It is no data folder.
        ValueError: The URL is malformed.
        DBAPIError: There is no such database.
    """
    if url:
        database = Database.at(url)
        try:
            with database.snapshot() as state:
                yield state
        finally:
            database.close()
        return
    file = folder / DATABASE_FILE
    if not file.exists():
        raise FileNotFoundError(f"{folder} is no data folder: it has no {DATABASE_FILE}")
    database = Database._of_file(file)  # noqa: SLF001 - its own class
    try:
        with database.snapshot() as state:
            yield state
    finally:
        database.close()
