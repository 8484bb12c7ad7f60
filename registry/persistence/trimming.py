"""Taking from the change log what nobody has to read any more."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import bindparam, delete, func, select

from registry.events import Transaction
from registry.persistence.change_log import changes, cursors

PAGE = 5_000
"""Rows that are looked at, and taken away, at once: a few milliseconds for whoever waits."""

_SLOWEST = select(func.count(), func.min(cursors.c.number)).where(
    cursors.c.consumer.in_(bindparam("consumers", expanding=True))
)
_NEWEST = select(func.max(changes.c.number))
_OLDEST = (
    select(changes.c.number, changes.c.at)
    .where(changes.c.number <= bindparam("read_by_all"))
    .order_by(changes.c.number)
    .limit(PAGE)
)
_TAKE_AWAY = delete(changes).where(changes.c.number <= bindparam("last"))


@frozen
class Retention:
    """How much of the change log is kept, at most.

    Attributes:
        rows: So many of the newest rows.
        seconds: And none that is older than this.
    """

    rows: int
    seconds: float


class Trimmer:
    """Keeps the change log within its bounds.

    What one of its consumers has not read is never taken away, however old it is. Read models
    are no consumers: one that finds a gap begins anew with what the database holds.

    Attributes:
        page: How many rows it takes away at once, at most.
    """

    page = PAGE

    def __init__(
        self,
        consumers: Sequence[str],
        retention: Retention,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make a trimmer.

        Args:
            consumers: The names of the cursors to wait for.
            retention: What else is kept.
            clock: Unix time in seconds.
        """
        self._consumers = list(consumers)
        self._retention = retention
        self._clock = clock

    def trim(self, transaction: Transaction) -> int:
        """Take away a page of what is not to be kept; how many rows that were.

        The newest row always stays: it says what number comes next.
        """
        slow: Any = transaction.execute(_SLOWEST, {"consumers": self._consumers}).one()
        newest = transaction.execute(_NEWEST).scalar()
        if slow[0] < len(self._consumers) or newest is None:
            return 0
        oldest = transaction.execute(_OLDEST, {"read_by_all": min(slow[1], newest - 1)})
        beyond = newest - self._retention.rows
        before = (self._clock() - self._retention.seconds) * 1e6
        last, count = 0, 0
        for row in oldest.all():
            if row.number > beyond and row.at >= before:
                break
            last, count = row.number, count + 1
        if count:
            transaction.execute(_TAKE_AWAY, {"last": last})
        return count
