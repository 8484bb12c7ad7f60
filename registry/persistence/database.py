"""The engine: how this project opens a database, and consistent snapshots of it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec
from attrs import frozen
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from registry.persistence import change_log

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged commit survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",  # milliseconds
    "PRAGMA cache_size=-65536",  # KiB
)

DATABASE_FILE = "registry.db"
"""The database in a data folder."""

LOCK_FILE = "registry.lock"
"""Locked by the process that owns a data folder; what is in it does not matter."""

_BEGIN = "registry_begin"  # the execution option that says how a transaction begins


class DatabaseInUse(RuntimeError):
    """Another process has this database open for writing."""


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
    """A database that this process owns the writing of.

    SQLite runs in WAL mode with ``synchronous=FULL``: readers never wait for the
    writer, and a commit is on the disk when it returns.
    """

    def __init__(self, engine: Engine, lock: int | None = None) -> None:
        self.engine = engine
        self._lock = lock

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Open (or make) ``registry.db`` in a data folder.

        Raises:
            DatabaseInUse: Another process has the folder open.
            OSError: The folder cannot be made or written.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _lock_folder(folder)
        return cls(_sqlite_engine(_url_of(folder / DATABASE_FILE)), lock)

    @contextmanager
    def snapshot(self) -> Iterator[CommittedState]:
        """Hold one commit still for reading."""
        with self.engine.connect().execution_options(**{_BEGIN: "BEGIN"}) as connection:
            # In WAL mode the first read fixes what all the later ones see.
            number = change_log.last_number(connection)
            yield CommittedState(connection, number)

    def open_writer(self) -> Connection:
        """A connection whose transactions take the write lock at their first statement."""
        return self.engine.connect().execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})

    def close(self) -> None:
        """Close every connection and give the folder free."""
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
    lock = _lock_folder(folder)
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def reading(folder: Path) -> Iterator[CommittedState]:
    """Hold one commit of a data folder still for reading; a server may be running on it.

    Raises:
        OSError: It is no data folder.
    """
    file = folder / DATABASE_FILE
    if not file.exists():
        raise FileNotFoundError(f"{folder} is no data folder: it has no {DATABASE_FILE}")
    database = Database(_sqlite_engine(_url_of(file)))
    try:
        with database.snapshot() as state:
            yield state
    finally:
        database.close()


def _url_of(file: Path) -> str:
    return make_url("sqlite://").set(database=str(file)).render_as_string()


def _lock_folder(folder: Path) -> int:
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DatabaseInUse(f"data folder {folder} is in use by another registry") from None
    return lock


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _sqlite_engine(url: str) -> Engine:
    # isolation_level=None: the driver's own BEGIN comes too late, and is never IMMEDIATE.
    engine = create_engine(
        url,
        connect_args={"isolation_level": None},
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine
