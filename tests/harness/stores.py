"""One store's tables in a database of their own, and a committer that writes them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection

from registry.events import InProcessBus
from registry.persistence import Committer, Database, Schema, migrate
from tests.harness import engines


def open_database(folder: Path) -> Database:
    """The database of a folder, with nothing in it at first."""
    url = engines.database_url(folder)
    return Database.at(url) if url else Database.in_folder(folder)


@frozen
class Ground:
    """What a store stands on.

    Attributes:
        database: A real one, with that store's tables.
        bus: Where everything is told.
        committer: Runs operations, until the test is done.
    """

    database: Database
    bus: InProcessBus
    committer: Committer


@contextmanager
def ground_in(
    folder: Path,
    store: str,
    steps: Sequence[Callable[[Connection], None]],
    *,
    buffer_size: int = 0,
) -> Iterator[Ground]:
    """The ground of one store, in a data folder as it was left there.

    Args:
        folder: The data folder.
        store: The store's name.
        steps: Its schema.
        buffer_size: Events that the bus holds for each reader.
    """
    database = open_database(folder)
    with database.open_writer() as connection, connection.begin():
        migrate(connection, [Schema(store, steps)])
    bus = InProcessBus(buffer_size)
    committer = Committer(database, bus)
    committer.start()
    try:
        yield Ground(database, bus, committer)
    finally:
        committer.close()
        database.close()
