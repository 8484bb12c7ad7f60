"""Changing a script so that it stays one: bytes changed blindly are mostly no requests."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any


class Mutator:
    """Changes scripts as `tests.fuzz.people` reads them."""

    def __init__(self, steps: Sequence[bytes], values: Sequence[str]) -> None:
        """Make it.

        Args:
            steps: Steps that can be put in.
            values: JSON values that can be put into fields.
        """
        self._steps = steps
        self._values = values

    def mutate(self, script: bytes, most: int, seed: int) -> bytes:
        """A changed script of so many bytes at most; the same for the same seed."""
        random = Random(seed)
        if random.random() < 0.1:
            return _blindly(script, random)[:most]
        steps = script.split(b"\n")
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            self._change(steps, random)
        return b"\n".join(steps)[:most]

    def _change(self, steps: list[bytes], random: Random) -> None:
        at = random.randrange(len(steps))
        kind = random.random()
        if kind < 0.2:
            steps.insert(at, random.choice(self._steps))
        elif kind < 0.25:
            steps.insert(at, f"@ {random.choice((1, 60, 3600, 86400, 10**6))}".encode())
        elif kind < 0.35 and len(steps) > 1:
            del steps[at]
        elif kind < 0.4:
            steps.insert(at, random.choice(steps))
        else:
            steps[at] = self._changed(steps[at], random)

    def _changed(self, step: bytes, random: Random) -> bytes:
        who, _, what = step.partition(b" ")
        try:
            message = json.loads(what)
        except (ValueError, RecursionError):
            return _blindly(step, random)
        if not isinstance(message, dict) or not message or random.random() < 0.1:
            return random.choice((b"-", b"+", b"1", b"2", b"3", b"4", b"5")) + b" " + what
        self._change_inside(message, random)
        return who + b" " + json.dumps(message).encode()

    def _change_inside(self, message: dict[str, Any], random: Random) -> None:
        """Change one field, or one within it."""
        name = random.choice(list(message))
        kind = random.random()
        if kind < 0.05:
            del message[name]
        elif kind < 0.4 and isinstance(message[name], dict) and message[name]:
            self._change_inside(message[name], random)
        elif kind < 0.7:
            message[name] = _nudged(message[name], random)
        else:
            message[name] = self._value(random)

    def _value(self, random: Random) -> Any:
        try:
            return json.loads(random.choice(self._values))
        except ValueError:  # the name of a field, with its colon
            return random.choice(self._values)


def _blindly(data: bytes, random: Random) -> bytes:
    """Bytes with a few of them changed, left out, or put in anew."""
    start = random.randrange(len(data) + 1)
    end = min(start + random.choice((0, 1, 1, 4)), len(data))
    return data[:start] + random.randbytes(random.choice((0, 1, 1, 4))) + data[end:]


def _nudged(value: Any, random: Random) -> Any:
    """A value that is near another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return random.choice((value + 1, value - 1, -value, value * 2, 1, 2, 3, 4, 2**16, 2**32))
    if isinstance(value, str):
        return random.choice(
            (value + value[:1], value[1:], value * 7, value.upper(), value + "é\0", value[::-1])
        )[:5000]
    if isinstance(value, list):
        return random.choice((value * 2, value[1:], [_nudged(item, random) for item in value]))
    return value
