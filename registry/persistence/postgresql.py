"""PostgreSQL: a database that several registries share.

Whoever writes takes one lock for the length of its transaction, so that transactions come one
after the other as they do on SQLite. A number of the change log is given under that lock, and
the lock is let go when the transaction can be seen: nobody can commit a lower number later.
"""

import select
from typing import Any

import msgspec
import psycopg
import sqlalchemy
from sqlalchemy import Connection, Engine, create_engine, event, func
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

WRITES = "registry_writes"
"""The execution option of a connection whose transactions take the lock."""

READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
WRITING = {WRITES: True}

DRIVER = "postgresql+psycopg"

CHANNEL = "registry_changes"
"""Where whoever has committed events says so, with its own name."""

PATIENCE_SECONDS = 10
"""How long to wait for the lock, and how long whoever has it may do nothing with it.

A process that was stopped in the middle of a transaction so holds up the others no longer than
that: the server ends its session, and with it the transaction.
"""

_NOTIFY = sqlalchemy.select(func.pg_notify(CHANNEL, sqlalchemy.bindparam("process")))
_LOCK = "SELECT pg_advisory_xact_lock(7365, hashtext(current_schema()))"

_TAKE_DUTY = "SELECT pg_try_advisory_lock(7366, hashtext(current_schema()))"

_CONNECT = {
    "connect_timeout": 5,
    "application_name": "registry",
    # A peer that vanished without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def read_url(text: str) -> URL:
    """The address of a database: ``postgresql+psycopg://USER@HOST:PORT/NAME``.

    Raises:
        ValueError: It is none, or one of another kind of database.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("not a URL such as postgresql+psycopg://USER@HOST/NAME") from None
    if url.drivername not in {DRIVER, "postgresql"}:
        raise ValueError(f"{url.drivername}: only {DRIVER} is supported")
    return url.set(drivername=DRIVER)


def open_engine(url: URL) -> Engine:
    """An engine over a database; nothing is connected yet."""
    engine = create_engine(
        url,
        connect_args={name: value for name, value in _CONNECT.items() if name not in url.query},
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,  # a connection that the server closed meanwhile is replaced
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def set_timeouts(connection: Any, _record: Any) -> None:
        milliseconds = PATIENCE_SECONDS * 1000
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {milliseconds}")
            cursor.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            connection.exec_driver_sql(_LOCK)

    return engine


def hold_duty(connection: Connection, *, held: bool) -> bool:
    """Have the lock of the process on duty, for as long as the connection's session lives.

    Args:
        connection: A connection for this alone.
        held: Whether it has the lock already; then only whether the session lives is looked at.
    """
    got = connection.exec_driver_sql("SELECT 1" if held else _TAKE_DUTY).scalar_one()
    connection.commit()
    return bool(got)


def notify(connection: Connection, process: str) -> None:
    """Say with the commit of this transaction that there is something new in the log.

    Args:
        connection: Where the transaction is under way.
        process: Who says so; it need not look itself.
    """
    connection.execute(_NOTIFY, {"process": process})


def wait_for_notification(connection: Connection, process: str, seconds: float, wake: int) -> bool:
    """Wait until something is said on a channel that the connection listens to.

    Args:
        connection: It has said ``LISTEN``.
        process: Who listens.
        seconds: How long to wait at most.
        wake: A file; when there is something to read from it, the wait ends.

    Returns:
        False if all that was said came from who listens.

    Raises:
        DBAPIError: The connection is lost.
    """
    driver: Any = connection.connection.driver_connection
    poll = select.poll()
    for file in (driver.fileno(), wake):
        poll.register(file, select.POLLIN)
    poll.poll(seconds * 1000)
    try:
        said = [notification.payload for notification in driver.notifies(timeout=0)]
    except psycopg.Error as error:
        connection.invalidate(error)
        raise DBAPIError("LISTEN", None, error, connection_invalidated=True) from error
    return not said or any(each != process for each in said)


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
