"""A store of two tables, and all it takes to run it on a real database."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import define
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    create_engine,
    func,
    insert,
    select,
)
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.pool import NullPool

from registry.events import Event, EventType, InProcessBus, Projection, Reaction, Transaction
from registry.persistence import (
    Committer,
    Database,
    Outcome,
    Schema,
    change_log,
    migrate,
)
from tests.events.helpers import PATIENCE
from tests.harness import engines
from tests.harness.stores import open_database

metadata = MetaData()

things = Table(
    "test_things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", Integer, nullable=False),
)

echoes = Table(  # a row for every time that an event took effect
    "test_echoes",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("id", Integer, nullable=False),
)

SCHEMA = Schema("test", (metadata.create_all,))

ADDED = EventType(
    "test", "thing.added", "A thing was added.", {"id": "which", "value": "its value"}
)
ECHOED = EventType("test", "echo.written", "An echo was written.", {"id": "of what"})

Work = Callable[[Transaction], Any]


def add(id_: int, value: int = 0) -> Callable[[Transaction], int]:
    """An operation that adds a thing and says so; its result is the id."""

    def work(transaction: Transaction) -> int:
        transaction.execute(insert(things), {"id": id_, "value": value})
        transaction.publish(ADDED(id=id_, value=value))
        return id_

    return work


def write_echo(transaction: Transaction, event: Event) -> None:
    """The handler of a reaction: it writes, and says so."""
    transaction.execute(insert(echoes), {"number": event.number, "id": event.payload["id"]})
    transaction.publish(ECHOED(id=event.payload["id"]))


ECHO = Reaction("test.echo", ("thing.*",), write_echo)


@define
class World:
    """A committer with what it stands on."""

    folder: Path
    database: Database
    bus: InProcessBus
    committer: Committer

    def submit(self, work: Work) -> Future[Outcome]:
        """Submit without waiting; the future is how it ended."""
        future: Future[Outcome] = Future()
        self.committer.submit(work, future.set_result)
        return future

    def in_one_group(self, works: Sequence[Work]) -> list[Outcome]:
        """Run operations that have all gathered while another was running."""
        with self.gathering():
            futures = [self.submit(work) for work in works]
        return [future.result(PATIENCE) for future in futures]

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Hold the committer up: what is submitted meanwhile goes into the next group."""
        running, go_on = threading.Event(), threading.Event()

        def wait(_transaction: Transaction) -> None:
            running.set()
            assert go_on.wait(PATIENCE)

        self.submit(wait)
        assert running.wait(PATIENCE)
        try:
            yield
        finally:
            go_on.set()

    def rows(self, table: Table, column: str = "id") -> list[int]:
        """What a connection that nothing here knows of finds in a table."""
        order = table.primary_key.columns.keys()[0]
        query = f"SELECT {column} FROM {table.name} ORDER BY {order}"
        with looking(self.folder) as connection:
            return [value for (value,) in connection.exec_driver_sql(query)]

    def log(self, after: int = 0) -> list[Event]:
        """The change log from a cursor on."""
        with self.database.snapshot() as snapshot:
            return list(change_log.read(snapshot.connection, after))

    def cursor(self, reaction: Reaction = ECHO) -> int | None:
        """How far a reaction has come."""
        with self.database.snapshot() as snapshot:
            return change_log.cursor(snapshot.connection, reaction.name)


@contextmanager
def looking(folder: Path) -> Iterator[Connection]:
    """A connection of one's own, that nothing here knows of."""
    url = engines.database_url(folder) or f"sqlite:///{folder / 'registry.db'}"
    with create_engine(url, poolclass=NullPool).connect() as connection:
        yield connection


@contextmanager
def open_world(
    folder: Path,
    reactions: Sequence[Reaction] = (),
    *,
    bus: InProcessBus | None = None,
    buffer_size: int = 0,
    start: bool = True,
) -> Iterator[World]:
    """A world in a folder, as it was left there."""
    bus = bus or InProcessBus(buffer_size)
    database = open_database(folder)
    try:
        with closing(database.open_writer()) as connection, connection.begin():
            migrate(connection, [SCHEMA])
        committer = Committer(database, bus, reactions)
        try:
            if start:
                committer.start()
            yield World(folder, database, bus, committer)
        finally:
            committer.close()
    finally:
        database.close()


class Sum:
    """A read model that a doubled or a lost event shows in."""

    def __init__(self, database: Database, bus: InProcessBus) -> None:
        self._database = database
        self._count = self._total = 0
        self.projection = Projection(bus, ("thing.*",), apply=self._apply, rebuild=self._rebuild)

    def read(self) -> tuple[int, int]:
        """How many things there are, and the sum of their values."""
        self.projection.catch_up()
        return self._count, self._total

    def _apply(self, event: Event) -> None:
        self._count += 1
        self._total += event.payload["value"]

    def _rebuild(self) -> int:
        with self._database.snapshot() as snapshot:
            self._count, self._total = count_and_total(snapshot.connection)
            return snapshot.number


def count_and_total(connection: Connection) -> tuple[int, int]:
    """What the sum should be."""
    count, total = connection.execute(
        select(func.count(), func.coalesce(func.sum(things.c.value), 0)).select_from(things)
    ).one()
    return count, total


@contextmanager
def watched_commits(database: Database, watch: Callable[[Connection], None]) -> Iterator[None]:
    """Have a function called just before every commit; it may raise."""
    sqlalchemy_event.listen(database.engine, "commit", watch)
    try:
        yield
    finally:
        sqlalchemy_event.remove(database.engine, "commit", watch)
