"""Which of the processes over one database does what only one is to do."""

import threading
import time

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from registry.persistence import postgresql
from registry.persistence.database import Database

log = structlog.get_logger()

LOOK_EVERY = 1.0
"""Seconds between two looks whether this process has the duty, or can have it."""


class Duty:
    """Delivering webhooks, sealing the audit log, and the like: one process has them all.

    It is whoever has a lock of the database for as long as its session lives. When it dies,
    another one takes over. One that lost its session without noticing may go on for a moment,
    so nothing done on duty may break where two do it: it is a matter of not doing it twice.
    """

    def __init__(self, database: Database) -> None:
        """Describe it; the first look tries to have it.

        Args:
            database: Where a database is not shared, its only process always has the duty.
        """
        self._database = database
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._has = not database.shared
        self._look_again = 0.0

    @property
    def is_mine(self) -> bool:
        """Whether this process has it now; may ask the database. Safe across threads."""
        if not self._database.shared:
            return True
        with self._lock:
            if time.monotonic() >= self._look_again:
                self._look()
                self._look_again = time.monotonic() + LOOK_EVERY
            return self._has

    @property
    def was_mine(self) -> bool:
        """Whether this process had it when that was looked at last; asks nobody."""
        return self._has

    def give_up(self) -> None:
        """Let another process have it."""
        with self._lock:
            self._look_again = float("inf")
            self._forget()

    def _look(self) -> None:
        had = self._has
        try:
            if self._connection is None:
                self._connection = self._database.engine.connect()
            self._has = postgresql.hold_duty(self._connection, held=self._has)
        except DBAPIError as error:
            log.warning("duty.unknown", reason=str(error.orig))
            self._forget()
        if self._has != had:
            log.info("duty.taken" if self._has else "duty.lost")

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # the session ends, and with it the lock
            self._connection.close()
        self._connection, self._has = None, not self._database.shared
