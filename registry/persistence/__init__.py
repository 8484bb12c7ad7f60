"""Where rows and events become durable, together.

- `Database`: the engine, its pragmas, and consistent snapshots of it.
- `copy_database`, `find_damage`: a copy of a database that is in use, and what is wrong with one.
- `transfer`: all rows of one database into another, of whatever kind either is.
- `reading`: one commit of a data folder, beside a server that is running on it.
- `owned`: a data folder that no server can start on meanwhile.
- `Schema`, `migrate`: each store's tables, upgraded on their own.
- `change_log`: every durable event as a numbered row.
- `Trimmer`, `Retention`: what of it is kept.
- `Histogram`: how long or how large things were.
- `UnitOfWork`: one transaction, and the events staged in it.
- `Committer`: one thread that owns the write connection and commits in groups.
- `Ear`, `Freshness`: following what other processes commit to the same database.
- `Duty`: which of them does what only one is to do.
"""

from registry.persistence import change_log
from registry.persistence.committer import (
    BatchWork,
    Committer,
    CommitterClosed,
    Outcome,
    StorageUnavailable,
)
from registry.persistence.copying import Copy, Progress, copy_database, find_damage
from registry.persistence.database import Database, owned, reading
from registry.persistence.duty import Duty
from registry.persistence.following import Ear, Freshness
from registry.persistence.histogram import Histogram
from registry.persistence.schema import Schema, SchemaTooNew, migrate
from registry.persistence.sqlite import DATABASE_FILE, LOCK_FILE, DatabaseInUse
from registry.persistence.transfer import transfer
from registry.persistence.trimming import Retention, Trimmer
from registry.persistence.unit_of_work import UnitOfWork

__all__ = [
    "DATABASE_FILE",
    "LOCK_FILE",
    "BatchWork",
    "Committer",
    "CommitterClosed",
    "Copy",
    "Database",
    "DatabaseInUse",
    "Duty",
    "Ear",
    "Freshness",
    "Histogram",
    "Outcome",
    "Progress",
    "Retention",
    "Schema",
    "SchemaTooNew",
    "StorageUnavailable",
    "Trimmer",
    "UnitOfWork",
    "change_log",
    "copy_database",
    "find_damage",
    "migrate",
    "owned",
    "reading",
    "transfer",
]
