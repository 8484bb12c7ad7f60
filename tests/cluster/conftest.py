"""A PostgreSQL server for each file, and three registries over a database of it for each test."""

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.e2e.conftest import namespace
from tests.harness.postgresql import OwnPostgresql, has_postgresql, own_postgresql

__all__ = ["namespace"]  # the network of real daemons

_databases = count(1)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgresql]:
    """A PostgreSQL server that tests may do anything to."""
    if not has_postgresql():
        says = "!! SEVERAL REGISTRIES OVER ONE DATABASE ARE NOT TESTED: there is no PostgreSQL"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(says)
    # Not in pytest's folders: a socket's path may have a hundred characters at most.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        with own_postgresql(Path(folder, "server")) as server:
            yield server


@pytest.fixture
def cluster(postgresql: OwnPostgresql, tmp_path: Path) -> Iterator[Cluster]:
    """Three registries over one database with nothing in it."""
    name = f"test_{next(_databases)}"
    with postgresql.engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = postgresql.url.replace("/postgres?", f"/{name}?")
    with Cluster(tmp_path, url, postgresql) as cluster:
        yield cluster
