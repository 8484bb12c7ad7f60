"""Which kind of database the tests of a run use, and databases for them.

A test names a folder, as if every database were in one. On PostgreSQL each folder stands for a
database of its own, made when the folder is first used and dropped with the test.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

ENGINES = ("sqlite", "postgresql")

SERVER_VARIABLE = "TEST_POSTGRESQL"
"""The URL of a database of the PostgreSQL server to use; a role that may make databases."""

_PLACES = (
    "postgresql+psycopg:///test?host=/var/run/postgresql",
    "postgresql+psycopg:///postgres?host=/var/run/postgresql",
    "postgresql+psycopg://postgres@127.0.0.1/postgres",
)


class PostgresqlMissing(RuntimeError):
    """There is no PostgreSQL server that tests could use."""


class PostgresqlServer:
    """The PostgreSQL server of this machine, and the databases made in it by this process."""

    def __init__(self) -> None:
        """Find it, or start it.

        Raises:
            PostgresqlMissing: There is none.
        """
        engine = _reachable() or (_start() and _reachable())
        if not engine:
            raise PostgresqlMissing(
                "no PostgreSQL answers on this machine, and none could be started: "
                f"set {SERVER_VARIABLE} to the URL of a database of one"
            )
        self._engine = engine
        self._folders: dict[str, Path] = {}

    def url(self, folder: Path) -> str:
        """The database of a folder, made now if there is none."""
        digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:20]
        name = f"registry_test_{digest}"
        if name not in self._folders:
            self._drop_abandoned()
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
            # Nothing cuts the power in a test.
            self._run(f"ALTER DATABASE {name} SET synchronous_commit = off")
            self._folders[name] = folder
        return self._engine.url.set(database=name).render_as_string(hide_password=False)

    def drop_below(self, folder: Path) -> None:
        """Drop the databases of a folder, and of those in it."""
        for name, where in list(self._folders.items()):
            if where.is_relative_to(folder):
                self._drop(name)

    def drop_all(self) -> None:
        """Drop everything that was made."""
        for name in list(self._folders):
            self._drop(name)

    def run(self, *statements: str) -> None:
        """Run statements outside the databases of tests."""
        self._run(*statements)

    def _drop_abandoned(self) -> None:
        for name, where in list(self._folders.items()):
            if not where.parent.exists():
                self._drop(name)

    def _drop(self, name: str) -> None:
        del self._folders[name]
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, *statements: str) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


class _Chosen:
    """What this run was started with."""

    engine = "sqlite"
    server: PostgresqlServer | None = None


def choose(engine: str) -> None:
    """Use a kind of database from now on."""
    _Chosen.engine = engine
    if engine == "postgresql":
        postgresql_server()


def is_sqlite() -> bool:
    """Whether databases are files in folders."""
    return _Chosen.engine == "sqlite"


def postgresql_server() -> PostgresqlServer:
    """The PostgreSQL server of this machine.

    Raises:
        PostgresqlMissing: There is none.
    """
    if _Chosen.server is None:
        _Chosen.server = PostgresqlServer()
    return _Chosen.server


def database_url(folder: Path) -> str:
    """What the setting ``database`` is for a data folder: empty for SQLite."""
    return "" if is_sqlite() else postgresql_server().url(folder)


def environment(folder: Path) -> Mapping[str, str]:
    """The variables that have a server process use the database of a folder."""
    url = database_url(folder)
    return {"REGISTRY_DATABASE": url} if url else {}


def drop_below(folder: Path) -> None:
    """Drop what was made for a folder and those in it."""
    if _Chosen.server:
        _Chosen.server.drop_below(folder)


def drop_all() -> None:
    """Drop what was made."""
    if _Chosen.server:
        _Chosen.server.drop_all()


def _reachable() -> Engine | None:
    given = os.environ.get(SERVER_VARIABLE)
    for url in map(make_url, [given] if given else _PLACES):
        engine = _engine(url)
        try:
            with engine.connect():
                return engine
        except OperationalError:
            continue
    return None


def _engine(url: URL) -> Engine:
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 5},
    )


def _start() -> bool:
    """Start the first cluster of this machine, where Debian's scripts are there to do it."""
    if os.environ.get(SERVER_VARIABLE) or not shutil.which("pg_ctlcluster"):
        return False
    listed = subprocess.run(["pg_lsclusters", "-h"], capture_output=True, text=True, check=False)
    for version, cluster, *_ in map(str.split, listed.stdout.splitlines()):
        command = ["pg_ctlcluster", "--skip-systemctl-redirect", version, cluster, "start"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return True
    return False
