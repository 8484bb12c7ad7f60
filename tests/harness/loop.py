"""Tests that run on an event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import uvloop


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Have a test run on a loop of its own, of the kind that the server has."""

    @wraps(test)
    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(test())

    return run
