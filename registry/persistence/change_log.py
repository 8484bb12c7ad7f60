"""The change log: every durable event as a row with a rising number.

Consumers that must not miss anything (reactions, audit export, webhooks, other
replicas) read it from a cursor of their own; what they read they may see again
after a crash, but never miss.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Self

import msgspec
from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)

from registry.events import Event, Transaction
from registry.persistence.bulk import BulkStatements

metadata = MetaData()

changes = Table(
    "log_changes",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("source", String(64), nullable=False),
    Column("type", String(128), nullable=False),
    Column("payload", Text, nullable=False),  # a JSON object
)

cursors = Table(
    "log_cursors",
    metadata,
    Column("consumer", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

_PAGE = 1000

_APPEND = insert(changes)
_LAST_NUMBER = select(func.max(changes.c.number))
_AFTER = (
    select(changes.c.number, changes.c.source, changes.c.type, changes.c.payload)
    .where(changes.c.number > bindparam("after"))
    .order_by(changes.c.number)
    .limit(_PAGE)
)
_NEWEST = (
    select(changes.c.number, changes.c.at, changes.c.source, changes.c.type, changes.c.payload)
    .order_by(changes.c.number.desc())
    .limit(bindparam("most"))
)
_CURSOR = select(cursors.c.number).where(cursors.c.consumer == bindparam("name"))
_TOUCH = update(cursors).values(number=cursors.c.number)
_MOVE_CURSOR = (
    update(cursors)
    .where(cursors.c.consumer == bindparam("name"))
    .values(number=bindparam("position"))
)


def last_number(connection: Connection | Transaction) -> int:
    """The number of the newest event; 0 when there is none."""
    return connection.execute(_LAST_NUMBER).scalar() or 0


@frozen
class Entry:
    """An event and its payload as it will stand in the log."""

    event: Event
    payload: str

    @classmethod
    def of(cls, event: Event) -> Self:
        """Encode an event.

        Raises:
            TypeError: The payload holds what JSON cannot.
        """
        return cls(event, msgspec.json.encode(event.payload).decode())


def append(
    connection: Connection, bulk: BulkStatements, entries: Sequence[Entry], after: int
) -> list[Event]:
    """Write entries as the rows after number `after`.

    Returns:
        Their events, numbered.
    """
    if not entries:
        return []
    at = time.time_ns() // 1000
    rows = [
        {
            "number": number,
            "at": at,
            "source": entry.event.source,
            "type": entry.event.type,
            "payload": entry.payload,
        }
        for number, entry in enumerate(entries, start=after + 1)
    ]
    bulk.execute(connection, _APPEND, rows)
    return [_numbered(entry.event, after + i) for i, entry in enumerate(entries, start=1)]


def _numbered(event: Event, number: int) -> Event:
    return Event(event.source, event.type, event.payload, number=number)


def read(connection: Connection, after: int) -> Iterator[Event]:
    """Every event after a number, oldest first, read page by page."""
    while True:
        rows = connection.execute(_AFTER, {"after": after}).all()
        for number, source, type_, payload in rows:
            yield Event(source, type_, msgspec.json.decode(payload), number=number)
        if len(rows) < _PAGE:
            return
        after = rows[-1].number


@frozen
class Change:
    """An event as it stands in the log.

    Attributes:
        at: When it was logged, in microseconds since 1970, UTC.
        event: The event, numbered.
    """

    at: int
    event: Event


def newest(connection: Connection, most: int) -> Iterator[Change]:
    """The newest events, newest first, read as they are asked for."""
    rows = connection.execution_options(stream_results=True).execute(_NEWEST, {"most": most})
    for number, at, source, type_, payload in rows:
        yield Change(at, Event(source, type_, msgspec.json.decode(payload), number=number))


def cursor(connection: Connection, consumer: str) -> int | None:
    """Up to which number a consumer has read; None for a consumer never seen."""
    return connection.execute(_CURSOR, {"name": consumer}).scalar()


def move_cursor(connection: Connection, consumer: str, number: int) -> None:
    """Remember up to which number a consumer has read."""
    moved = connection.execute(_MOVE_CURSOR, {"name": consumer, "position": number})
    if not moved.rowcount:
        connection.execute(insert(cursors), {"consumer": consumer, "number": number})


def touch(transaction: Transaction) -> None:
    """Write what is there already: if this commits, the database takes writes."""
    transaction.execute(_TOUCH)
