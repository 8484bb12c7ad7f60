"""A process to be killed: it writes without end, and says what was acknowledged.

Run as ``python -m tests.persistence.crash_writer FOLDER MOMENT NTH``. It kills itself the
NTH time that the MOMENT comes, or at ``never`` waits to be killed. On its standard output
comes a line for every acknowledged id, at the very moment of the acknowledgement.
"""

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from registry.events import Event, InProcessBus, Reaction, Transaction
from registry.persistence import Outcome
from tests.persistence.world import (
    ECHO,
    World,
    add,
    open_world,
    things,
    watched_commits,
    write_echo,
)

UNACKNOWLEDGED = 40
"""Operations that may wait at any time; enough for groups of them."""


class Refused(Exception):
    """What every fifth operation fails with, after it has written."""


class Moments:
    """Counts the moments of one kind, and dies at one of them."""

    def __init__(self, kind: str, nth: int) -> None:
        self._kind = kind
        self._left = nth

    def come(self, kind: str) -> None:
        if kind == self._kind:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Bus(InProcessBus):
    """A bus whose publishing is a moment."""

    def __init__(self, moments: Moments) -> None:
        super().__init__(8)
        self._moments = moments

    def publish(self, event: Event) -> None:
        if event.type.startswith("thing."):
            self._moments.come("committed")
        super().publish(event)


def add_or_fail(id_: int) -> Callable[[Transaction], int]:
    def work(transaction: Transaction) -> int:
        add(id_)(transaction)
        if id_ % 5 == 0:
            raise Refused
        return id_

    return work


def write_for_ever(world: World, moments: Moments) -> None:
    room = threading.Semaphore(UNACKNOWLEDGED)

    def acknowledge(outcome: Outcome) -> None:
        moments.come("acknowledging")
        if outcome.error is None:
            os.write(sys.stdout.fileno(), b"%d\n" % outcome.result)
        room.release()

    first = max(world.rows(things), default=0) + 1
    for id_ in itertools.count(first):
        room.acquire()
        world.committer.submit(add_or_fail(id_), acknowledge)


def main(folder: str, moment: str, nth: str) -> None:
    moments = Moments(moment, int(nth))

    def echo(transaction: Transaction, event: Event) -> None:
        write_echo(transaction, event)
        moments.come("handling")

    def commit(_connection: Connection) -> None:
        moments.come("committing")

    reaction = Reaction(ECHO.name, ECHO.patterns, echo)
    with (
        open_world(Path(folder), [reaction], bus=Bus(moments)) as world,
        watched_commits(world.database, commit),
    ):
        write_for_ever(world, moments)


if __name__ == "__main__":
    main(*sys.argv[1:])
