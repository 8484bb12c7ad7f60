"""Each store's tables, and how they are brought up to date.

A store's schema is a list of steps, the first of which makes its tables; the
database remembers how many were taken. Alembic is made for one history of one
metadata; here every store has a history of its own, and an out-of-tree store
adds another, so a counter per store is the simpler fit.
"""

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select, update

from registry.persistence import change_log

Step = Callable[[Connection], None]

_metadata = MetaData()

VERSIONS_TABLE = "schema_versions"

_versions = Table(
    VERSIONS_TABLE,
    _metadata,
    Column("store", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
)


class SchemaTooNew(RuntimeError):
    """The data was written by a newer release than this one."""


@frozen
class Schema:
    """The tables of one store.

    Attributes:
        store: The store's name.
        steps: What to run, in order; step *n* upgrades version *n - 1* to *n*.
            A released step is never changed, only followed by another.
    """

    store: str
    steps: Sequence[Step]


LOG_SCHEMA = Schema("log", change_log.SCHEMA_STEPS)


def migrate(connection: Connection, schemas: Iterable[Schema]) -> None:
    """Bring the change log and every store to its newest version.

    Runs in the caller's transaction, so a step that fails leaves the data as it was.

    Raises:
        SchemaTooNew: A store's data is newer than its steps; nothing was changed.
    """
    _metadata.create_all(connection)
    wanted = [LOG_SCHEMA, *schemas]
    found = versions(connection)
    for schema in wanted:
        version = found.get(schema.store, 0)
        if version > len(schema.steps):
            raise SchemaTooNew(
                f"the data of store {schema.store!r} has version {version}, and this release "
                f"knows versions up to {len(schema.steps)}: run a newer release"
            )
    for schema in wanted:
        _upgrade(connection, schema, found.get(schema.store))


def versions(connection: Connection) -> dict[str, int]:
    """How many steps each store's tables have taken."""
    return {store: version for store, version in connection.execute(select(_versions))}


def _upgrade(connection: Connection, schema: Schema, found: int | None) -> None:
    for step in schema.steps[found or 0 :]:
        step(connection)
    version = len(schema.steps)
    if found is None:
        connection.execute(insert(_versions), {"store": schema.store, "version": version})
    elif found != version:
        connection.execute(
            update(_versions).where(_versions.c.store == schema.store).values(version=version)
        )
