"""A registry that is asked anything, and what must hold whatever is asked."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import define

from tests.harness.client import Message
from tests.system.registry import Registry
from tests.system.society import society_in

UNLIMITED: dict[str, Any] = {
    "registrations_per_minute": 0.0,
    "wrong_tokens_per_minute": 0.0,
    "identity_tokens_per_minute": 0.0,
}
"""Settings without what would refuse everything after the first few."""

LONGEST_ERROR = 500

Target = Callable[[bytes], None]


@define(eq=False)
class World:
    """A registry with a society in it, and an eye on its database."""

    registry: Registry
    _eye: sqlite3.Connection

    @property
    def written(self) -> int:
        """A number that is another one after every commit of somebody else."""
        [number] = self._eye.execute("PRAGMA data_version").fetchone()
        return int(number)


@contextmanager
def watched(registry: Registry) -> Iterator[World]:
    """A registry with an eye on its database."""
    database = registry.application.database.engine.url.database
    assert database
    with closing(sqlite3.connect(database, isolation_level=None)) as eye:
        yield World(registry, eye)


@contextmanager
def world(**settings: Any) -> Iterator[World]:
    """A world of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as folder,
        society_in(Path(folder), **UNLIMITED, **settings) as registry,
        watched(registry) as made,
    ):
        yield made


def require_clear(answer: Message) -> None:
    """An answer that a client can use, or an error that says something to its reader."""
    assert isinstance(answer, dict), answer
    assert isinstance(answer.get("type"), str), answer
    if answer["type"] == "error":
        require_clear_text(answer["error"])
    else:
        assert answer["type"].endswith("_ok"), answer


def require_clear_text(text: str) -> None:
    """An error that says something to its reader; what is unforeseen would be internal."""
    assert 0 < len(text) <= LONGEST_ERROR, text
    assert not text.startswith("internal error"), text
