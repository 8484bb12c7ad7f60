"""Operations that are run for many items at once."""

from collections.abc import Sequence
from concurrent.futures import Future

from attrs import define, field
from sqlalchemy import insert

from registry.events import Transaction
from registry.persistence import Outcome
from tests.events.helpers import PATIENCE
from tests.persistence.world import ADDED, World, add, things

INSERT = insert(things)


@define(eq=False)
class AddMany:
    """Adds a thing for every item but the negative ones, which it refuses.

    Attributes:
        calls: The items of every call.
        fails_for: An item that makes the call raise, when everything is written.
    """

    calls: list[list[int]] = field(factory=list)
    fails_for: int | None = None

    def __call__(self, transaction: Transaction, items: Sequence[int]) -> list[Outcome]:
        self.calls.append(list(items))
        rows = [{"id": item, "value": 0} for item in items if item >= 0]
        transaction.execute_many(INSERT, rows)
        for row in rows:
            transaction.publish(ADDED(**row))
        if self.fails_for in items:
            raise ValueError(self.fails_for)
        return [
            Outcome(item) if item >= 0 else Outcome(error=PermissionError(item)) for item in items
        ]


def submit(world: World, work: AddMany, item: int) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    world.committer.submit_item(work, item, future.set_result)
    return future


def outcomes(futures: list[Future[Outcome]]) -> list[object]:
    ended = [future.result(PATIENCE) for future in futures]
    return [outcome.result if outcome.error is None else type(outcome.error) for outcome in ended]


def test_what_waits_for_the_same_work_is_run_in_one_call(world: World) -> None:
    work = AddMany()
    with world.gathering():
        futures = [submit(world, work, item) for item in (1, 2)]
        alone = world.submit(add(3))
        futures.append(submit(world, work, 4))
    assert outcomes(futures) == [1, 2, 4]
    assert alone.result(PATIENCE) == Outcome(3)
    assert work.calls == [[1, 2, 4]]
    assert [event.payload["id"] for event in world.log()] == [1, 2, 4, 3]


def test_an_item_that_is_refused_takes_nothing_with_it(world: World) -> None:
    work = AddMany()
    with world.gathering():
        futures = [submit(world, work, item) for item in (1, -2, 3)]
    assert outcomes(futures) == [1, PermissionError, 3]
    assert work.calls == [[1, -2, 3]]
    assert world.rows(things) == [1, 3]


def test_a_call_that_fails_is_run_again_item_by_item(world: World) -> None:
    work = AddMany(fails_for=2)
    with world.gathering():
        futures = [submit(world, work, item) for item in (1, 2, 3)]
        alone = world.submit(add(4))
    assert outcomes(futures) == [1, ValueError, 3]
    assert alone.result(PATIENCE) == Outcome(4)
    assert work.calls == [[1, 2, 3], [1], [2], [3]]
    assert world.rows(things) == [1, 3, 4]
    assert [event.payload["id"] for event in world.log()] == [1, 3, 4]


def test_an_item_that_breaks_a_constraint_is_the_only_one_to_fail(world: World) -> None:
    world.committer.run(add(2))
    work = AddMany()
    with world.gathering():
        futures = [submit(world, work, item) for item in (1, 2, 3)]
    assert [(future.result(PATIENCE).error is None) for future in futures] == [
        True,
        False,
        True,
    ]
    assert world.rows(things) == [1, 2, 3]


def test_an_acknowledgement_that_raises_takes_no_other_with_it(world: World) -> None:
    work = AddMany()

    def fail(_outcome: Outcome) -> None:
        raise RuntimeError("cannot be said")

    with world.gathering():
        world.committer.submit_item(work, 1, fail)
        after = submit(world, work, 2)
    assert outcomes([after]) == [2]
    assert world.rows(things) == [1, 2]
