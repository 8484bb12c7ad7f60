import asyncio
from collections.abc import Callable
from typing import Any

from registry.listener import Turns
from tests.harness.loop import on_a_loop


class Clock:
    """Time that passes only where work takes some."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """Turns of one second, and what was done in them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.turns = Turns(asyncio.get_running_loop(), seconds=1.0, clock=self.clock)
        self.done: list[object] = []

    def work(self, name: object, *, takes: float) -> Callable[[], object]:
        def do() -> None:
            self.clock.now += takes
            self.done.append(name)

        return do


async def the_loop_is_idle() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


@on_a_loop
async def test_work_is_done_at_once_where_there_is_time() -> None:
    desk = Desk()
    desk.turns.take(desk.work("first", takes=0.1))
    desk.turns.take(desk.work("second", takes=0.1))
    assert desk.done == ["first", "second"]


@on_a_loop
async def test_others_are_served_between_turns() -> None:
    desk = Desk()
    for number in range(6):
        desk.turns.take(desk.work(number, takes=0.5))
    asyncio.get_running_loop().call_soon(desk.done.append, "another")
    await the_loop_is_idle()
    assert desk.done == [0, 1, 2, 3, "another", 4, 5]


@on_a_loop
async def test_work_that_waits_is_done_in_the_order_in_which_it_came() -> None:
    desk = Desk()
    for number in range(50):
        desk.turns.take(desk.work(number, takes=0.25))
    assert desk.done == [0, 1, 2, 3]
    await the_loop_is_idle()
    assert desk.done == list(range(50))


@on_a_loop
async def test_work_that_comes_while_others_wait_comes_after_them() -> None:
    desk = Desk()
    for number in range(3):
        desk.turns.take(desk.work(number, takes=1.0))
    desk.turns.take(desk.work("late", takes=0.0))
    await the_loop_is_idle()
    assert desk.done == [0, 1, 2, "late"]


@on_a_loop
async def test_work_that_asks_for_more_gets_its_turn() -> None:
    desk = Desk()
    desk.turns.take(desk.work("long", takes=5.0))
    desk.turns.take(lambda: desk.turns.take(desk.work("more", takes=0.0)))
    await the_loop_is_idle()
    assert desk.done == ["long", "more"]


@on_a_loop
async def test_work_that_raises_does_not_hold_up_the_rest() -> None:
    desk = Desk()
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))

    def fail() -> None:
        raise RuntimeError("on purpose")

    desk.turns.take(desk.work("long", takes=5.0))
    desk.turns.take(fail)
    desk.turns.take(desk.work("next", takes=0.0))
    await the_loop_is_idle()
    assert desk.done == ["long", "next"]
    assert [str(about["exception"]) for about in complaints] == ["on purpose"]


@on_a_loop
async def test_work_is_taken_from_other_threads() -> None:
    desk = Desk()
    done = asyncio.Event()
    await asyncio.to_thread(desk.turns.deliver, done.set)
    async with asyncio.timeout(10):
        await done.wait()
