"""Where rows and events become durable, together.

- `Database`: the engine, its pragmas, and consistent snapshots of it.
- `Schema`, `migrate`: each store's tables, upgraded on their own.
- `change_log`: every durable event as a numbered row.
- `Histogram`: how long or how large things were.
- `Committer`: one thread that owns the write connection and commits in groups.
"""

from registry.persistence import change_log
from registry.persistence.committer import (
    BatchWork,
    Committer,
    CommitterClosed,
    Outcome,
    StorageUnavailable,
)
from registry.persistence.database import Database, DatabaseInUse
from registry.persistence.histogram import Histogram
from registry.persistence.schema import Schema, SchemaTooNew, migrate

__all__ = [
    "BatchWork",
    "Committer",
    "CommitterClosed",
    "Database",
    "DatabaseInUse",
    "Histogram",
    "Outcome",
    "Schema",
    "SchemaTooNew",
    "StorageUnavailable",
    "change_log",
    "migrate",
]
