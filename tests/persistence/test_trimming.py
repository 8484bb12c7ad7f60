"""What goes from the change log, and what stays."""

from functools import partial

import pytest
from sqlalchemy import select

from registry.persistence import Retention, Trimmer, change_log, trimming
from tests.persistence.world import Sum, World, add

FOR_EVER = 10**9


def written(world: World, count: int, first: int = 1) -> None:
    """So many changes, each with a number that is its id."""
    for id_ in range(first, first + count):
        world.committer.run(add(id_))


def read_up_to(world: World, **numbers: int) -> None:
    """Consumers have read up to numbers."""
    for consumer, number in numbers.items():
        world.committer.run(partial(change_log.move_cursor, consumer=consumer, number=number))


def trim(world: World, *, rows: int = FOR_EVER, seconds: float = FOR_EVER, ahead: float = 0) -> int:
    """Trim once, some seconds from now; how many rows went."""
    now = max(logged_at(world)) / 1e6 + ahead
    trimmer = Trimmer(["one", "two"], Retention(rows, seconds), clock=lambda: now)
    return world.committer.run(trimmer.trim)


def logged_at(world: World) -> list[int]:
    with world.database.snapshot() as snapshot:
        return list(snapshot.connection.execute(select(change_log.changes.c.at)).scalars())


def numbers(world: World) -> list[int]:
    return [event.number for event in world.log()]


class TestTrimmer:
    def test_keeps_the_newest_rows(self, world: World) -> None:
        written(world, 10)
        read_up_to(world, one=10, two=10)
        assert trim(world, rows=3) == 7
        assert numbers(world) == [8, 9, 10]

    def test_keeps_what_is_new(self, world: World) -> None:
        written(world, 5)
        read_up_to(world, one=5, two=5)
        assert trim(world, seconds=60, ahead=59) == 0
        assert trim(world, seconds=60, ahead=61) == 4
        assert numbers(world) == [5]

    def test_keeps_what_a_consumer_has_not_read(self, world: World) -> None:
        written(world, 10)
        read_up_to(world, one=10, two=4)
        assert trim(world, rows=1) == 4
        assert numbers(world) == [5, 6, 7, 8, 9, 10]

    def test_keeps_everything_while_it_does_not_know_a_consumer(self, world: World) -> None:
        written(world, 3)
        read_up_to(world, one=3)
        assert trim(world, rows=1) == 0

    def test_keeps_the_last_number(self, world: World) -> None:
        written(world, 3)
        read_up_to(world, one=3, two=3)
        assert trim(world, rows=0) == 2
        written(world, 1, first=4)
        assert numbers(world) == [3, 4]

    def test_has_nothing_to_do_in_an_empty_log(self, world: World) -> None:
        read_up_to(world, one=0, two=0)
        trimmer = Trimmer(["one", "two"], Retention(0, 0))
        assert world.committer.run(trimmer.trim) == 0

    def test_takes_a_page_at_a_time(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trimming, "_OLDEST", trimming._OLDEST.limit(2))
        written(world, 5)
        read_up_to(world, one=5, two=5)
        assert [trim(world, rows=1) for _ in range(3)] == [2, 2, 0]

    def test_is_not_noticed_by_a_read_model(self, world: World) -> None:
        model = Sum(world.database, world.bus)
        written(world, 5)
        read_up_to(world, one=5, two=5)
        trim(world, rows=1)
        assert model.read() == (5, 0)
