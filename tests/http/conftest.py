from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.world import World, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A running registry with nothing in it."""
    with world_in(tmp_path) as world:
        yield world
