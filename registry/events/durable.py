"""What a store needs of a database so that its events are as durable as its rows.

These are protocols: the stores code against them, `registry.persistence` provides
them, and neither imports the other.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from registry.events.event import Event

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Executable


class Transaction(Protocol):
    """One atomic change: the statements and the events commit together or not at all.

    An operation that is given one may run more than once (a failed group of
    operations is run again one by one), so it must change nothing outside it.
    """

    def execute(
        self,
        statement: "Executable",
        parameters: Mapping[str, Any] | None = None,
        /,
    ) -> "CursorResult[Any]":
        """Run a statement in this transaction."""

    def execute_many(self, statement: "Executable", rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a statement for every row; all have the same names in the same order.

        The cost per row is a fraction of `execute`'s. The statement should be the same
        object each time, because what was compiled for it is kept.
        """

    def publish(self, event: Event) -> None:
        """Stage an event: it is logged with the commit and published after it."""


class Snapshot(Protocol):
    """A consistent view of the committed database."""

    @property
    def connection(self) -> "Connection":
        """A connection on which every read sees the same commit."""

    @property
    def number(self) -> int:
        """The number of the last event of the change log in that commit."""


Snapshots = Callable[[], AbstractContextManager[Snapshot]]
"""Opens a snapshot of the database as it is now."""
