"""A strict and a lax server, as they are run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.people import ADMIN_TOKEN, People
from tests.harness import RegistryServer


def serve(folder: Path, *options: str) -> Iterator[People]:
    token_file = folder / "admin-token"
    token_file.write_text(ADMIN_TOKEN)
    options = ("--admin-token-file", str(token_file), "--log-level", "warning", *options)
    with RegistryServer(folder / "data", options=options) as server, People(server) as people:
        yield people


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    yield from serve(tmp_path_factory.mktemp("strict"))


@pytest.fixture(scope="module")
def lax(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    yield from serve(tmp_path_factory.mktemp("lax"), "--lax")
