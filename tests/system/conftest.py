from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.registry import Registry, registry_in


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry with nothing in it."""
    with registry_in(tmp_path) as registry:
        yield registry
