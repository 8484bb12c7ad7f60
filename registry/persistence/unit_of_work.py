"""One database transaction and the events staged in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError

from registry.events import Event
from registry.persistence import change_log
from registry.persistence.bulk import BulkStatements


class UnitOfWork:
    """What an operation writes with (a `registry.events.Transaction`).

    Attributes:
        changes: How many statements so far may have changed the database.
        staged: The events so far, in order, each ready to be logged.
        author: Who makes happen what is staged from now on.
        failure: What a statement failed with, the first that did. PostgreSQL does nothing
            more in such a transaction, and a commit of it undoes it without a word: so whoever
            runs this must roll it back, whatever the operation made of the error.
    """

    def __init__(self, connection: Connection, bulk: BulkStatements) -> None:
        self._connection = connection
        self._bulk = bulk
        self.changes = 0
        self.staged: list[change_log.Entry] = []
        self.author = change_log.SERVER
        self.failure: DBAPIError | None = None

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None, /
    ) -> CursorResult[Any]:
        """Run a statement in this transaction."""
        if not statement.is_select:
            self.changes += 1
        try:
            return self._connection.execute(statement, parameters)
        except DBAPIError as error:
            self.failure = self.failure or error
            raise

    def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a statement for every row; all have the same names in the same order."""
        if rows:
            self.changes += 1
            try:
                self._bulk.execute(self._connection, statement, rows)
            except DBAPIError as error:
                self.failure = self.failure or error
                raise

    def publish(self, event: Event) -> None:
        """Stage an event: it is logged with the commit and published after it.

        Raises:
            TypeError: The payload holds what JSON cannot.
        """
        self.staged.append(change_log.Entry.of(event, self.author))

    @property
    def mark(self) -> tuple[int, int]:
        """Where it stands; an operation that moved it has left something behind."""
        return self.changes, len(self.staged)

    def forget_since(self, mark: tuple[int, int]) -> None:
        """Unstage the events staged since a mark, after a rollback to that point."""
        self.failure = None
        self.changes, kept = mark
        del self.staged[kept:]
