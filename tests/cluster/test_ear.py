"""Hearing of what other processes commit."""

import threading
from collections.abc import Iterator

import pytest

from registry.persistence import Database, Ear, postgresql
from tests.harness.postgresql import OwnPostgresql
from tests.harness.waiting import PATIENCE

ROUNDS = 20
"""What is said in two breaths may be heard in one, but not each time."""


class Looks:
    """Counts how often somebody was sent to look."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def __call__(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.count >= count, PATIENCE)


@pytest.fixture
def databases(
    postgresql: OwnPostgresql, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Database]]:
    """One database, as two processes use it that look only when they hear something."""
    monkeypatch.setattr("registry.persistence.following.LOOK_EVERY", PATIENCE * 2)
    both = [Database.at(postgresql.url) for _ in range(2)]
    yield both
    for database in both:
        database.close()


def say(database: Database) -> None:
    with database.open_writer() as connection, connection.begin():
        postgresql.notify(connection, database.process)


def test_looks_for_what_another_commits_and_not_for_its_own(databases: list[Database]) -> None:
    mine, other = databases
    looks = Looks()
    ear = Ear(mine, looks)
    ear.start()
    looks.wait_for(1)  # it listens now
    for count in range(2, ROUNDS + 2):
        say(mine)
        say(other)
        looks.wait_for(count)
    ear.stop()
    assert looks.count == ROUNDS + 1
