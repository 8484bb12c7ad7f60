"""The change log: every durable event as a row with a rising number.

Consumers that must not miss anything (reactions, audit export, webhooks, other
replicas) read it from a cursor of their own; what they read they may see again
after a crash, but never miss.
"""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import msgspec
from attrs import define, frozen
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
    inspect,
    select,
    text,
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
    Column("actor", String(64), nullable=False),  # who made it so
    Column("origin", String(128), nullable=False),  # from where
)

cursors = Table(
    "log_cursors",
    metadata,
    Column("consumer", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),
)


def _add_authors(connection: Connection) -> None:
    """Of changes that were logged before this, nobody knows who made them."""
    known = {column["name"] for column in inspect(connection).get_columns(changes.name)}
    for column in (changes.c.actor, changes.c.origin):
        if column.name not in known:  # a new database has them already
            kind = column.type.compile(connection.dialect)
            added = f"ADD COLUMN {column.name} {kind} NOT NULL DEFAULT ''"
            connection.execute(text(f"ALTER TABLE {changes.name} {added}"))


SCHEMA_STEPS = (metadata.create_all, _add_authors)

_PAGE = 1000

_APPEND = insert(changes)
_LAST_NUMBER = select(func.max(changes.c.number))
_RECORDS = (
    select(
        changes.c.number,
        changes.c.at,
        changes.c.actor,
        changes.c.origin,
        changes.c.source,
        changes.c.type,
        changes.c.payload,
    )
    .where(changes.c.number > bindparam("after"))
    .order_by(changes.c.number)
    .limit(bindparam("most"))
)
_NEWEST = (
    _RECORDS.order_by(None)
    .order_by(changes.c.number.desc())
    .limit(bindparam("most"))
    .execution_options(stream_results=True)
)
_CURSOR = select(cursors.c.number).where(cursors.c.consumer == bindparam("name"))
_TOUCH = update(cursors).values(number=cursors.c.number)
_MOVE_CURSOR = (
    update(cursors)
    .where(cursors.c.consumer == bindparam("name"), cursors.c.number < bindparam("position"))
    .values(number=bindparam("position"))
)


def last_number(connection: Connection | Transaction) -> int:
    """The number of the newest event; 0 when there is none."""
    return connection.execute(_LAST_NUMBER).scalar() or 0


@frozen
class Author:
    """Who made something happen.

    Attributes:
        actor: Who, as far as it was proved: ``admin``, ``node 7``, ``anyone``, ``server``.
        origin: From where: an IP address, or what the server did it for.
    """

    actor: str
    origin: str


SERVER = Author("server", "")
"""What nobody asked for."""


@define
class Entry:
    """An event as it will stand in the log.

    Attributes:
        event: The event.
        payload: Its payload, encoded.
        author: Who made it happen. That may be found out after the event was staged.
    """

    event: Event
    payload: str
    author: Author

    @classmethod
    def of(cls, event: Event, author: Author = SERVER) -> Self:
        """Encode an event.

        Raises:
            TypeError: The payload holds what JSON cannot.
        """
        return cls(event, msgspec.json.encode(event.payload).decode(), author)


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
            "actor": entry.author.actor,
            "origin": entry.author.origin,
        }
        for number, entry in enumerate(entries, start=after + 1)
    ]
    bulk.execute(connection, _APPEND, rows)
    return [_numbered(entry.event, after + i) for i, entry in enumerate(entries, start=1)]


def _numbered(event: Event, number: int) -> Event:
    return Event(event.source, event.type, event.payload, number=number)


class Record(NamedTuple):
    """A row of the log, as it stands there.

    Attributes:
        number: Its number.
        at: When it was logged, in microseconds since 1970, UTC.
        actor: Who made it so.
        origin: From where.
        source: Which store it is about.
        type: What happened.
        payload: What is known of it, a JSON object.
    """

    number: int
    at: int
    actor: str
    origin: str
    source: str
    type: str
    payload: str

    def event(self) -> Event:
        """The event that it tells of."""
        payload = msgspec.json.decode(self.payload)
        return Event(self.source, self.type, payload, number=self.number)


def records(connection: Connection, after: int, most: int) -> list[Record]:
    """The rows after a number, oldest first."""
    result = connection.execute(_RECORDS, {"after": after, "most": most})
    try:  # from the driver, because the library's rows take twice as long as all the rest
        return [Record(*row) for row in result.cursor.fetchall()]
    finally:
        result.close()


def history(connection: Connection, after: int) -> Iterator[Record]:
    """Every row after a number, oldest first, read page by page."""
    while page := records(connection, after, _PAGE):
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].number


def read(connection: Connection, after: int) -> Iterator[Event]:
    """Every event after a number, oldest first, read page by page."""
    return (record.event() for record in history(connection, after))


def newest(connection: Connection, most: int, after: int = 0) -> Iterator[Record]:
    """The newest rows, newest first, read as they are asked for.

    Args:
        connection: Where to read.
        most: How many.
        after: Only those with a higher number.
    """
    with connection.execute(_NEWEST, {"most": most, "after": after}) as rows:
        for row in rows:
            yield Record(*row)


def cursor(connection: Connection, consumer: str) -> int | None:
    """Up to which number a consumer has read; None for a consumer never seen."""
    return connection.execute(_CURSOR, {"name": consumer}).scalar()


def move_cursor(connection: Connection | Transaction, consumer: str, number: int) -> None:
    """Remember up to which number a consumer has read; it never goes back."""
    moved = connection.execute(_MOVE_CURSOR, {"name": consumer, "position": number})
    if not moved.rowcount and connection.execute(_CURSOR, {"name": consumer}).scalar() is None:
        connection.execute(insert(cursors), {"consumer": consumer, "number": number})


def touch(transaction: Transaction) -> None:
    """Write what is there already: if this commits, the database takes writes."""
    transaction.execute(_TOUCH)
