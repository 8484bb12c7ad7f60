"""SQLite: a database in a data folder, which one process owns."""

import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

DATABASE_FILE = "registry.db"
"""The database in a data folder."""

LOCK_FILE = "registry.lock"
"""Locked by the process that owns a data folder; what is in it does not matter."""

BEGIN = "registry_begin"
"""The execution option that says how a transaction begins."""

READING = {BEGIN: "BEGIN"}  # in WAL mode the first read fixes what all the later ones see
WRITING = {BEGIN: "BEGIN IMMEDIATE"}  # takes the write lock before anything is read

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged commit survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",  # milliseconds
    "PRAGMA cache_size=-65536",  # KiB
)


class DatabaseInUse(RuntimeError):
    """Another process has this database open for writing."""


def open_engine(file: Path) -> Engine:
    """An engine over a database file; nothing is opened yet."""
    url = make_url("sqlite://").set(database=str(file))
    # isolation_level=None: the driver's own BEGIN comes too late, and is never IMMEDIATE.
    engine = create_engine(
        url.render_as_string(),
        connect_args={"isolation_level": None},
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,  # an error's text is logged, and they can be secrets
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    return engine


def lock_folder(folder: Path) -> int:
    """Become the owner of a data folder; closing the file that is returned ends that.

    Raises:
        DatabaseInUse: Another process has the folder open.
        OSError: The folder cannot be written.
    """
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DatabaseInUse(f"data folder {folder} is in use by another registry") from None
    return lock


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
