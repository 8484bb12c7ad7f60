"""Waiting for what another process will say, with an end to it."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 30.0
"""Seconds after which a test that would hang fails instead."""

_BETWEEN = 0.05
"""Seconds between two questions to somebody who tells nobody when the answer changes."""

T = TypeVar("T")


def eventually(ask: Callable[[], T], until: Callable[[T], object] = bool) -> T:
    """Ask again and again until the answer will do.

    Args:
        ask: Gets the answer.
        until: Whether it will do; by default, whether it is true.

    Raises:
        TimeoutError: It never was; the text holds the last answer.
    """
    deadline = time.monotonic() + PATIENCE
    while not until(answer := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {PATIENCE:.0f} s the answer still is {answer!r}")
        time.sleep(_BETWEEN)
    return answer
