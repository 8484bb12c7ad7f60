"""A PostgreSQL server of a test's own, which it may restart and torment."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_SETTINGS = ("listen_addresses=", "fsync=off", "max_connections=100", "log_min_messages=warning")


class OwnPostgresql:
    """A server in a folder, reached by a socket in it.

    Attributes:
        url: Its database, as the setting ``database`` has it.
    """

    def __init__(self, folder: Path) -> None:
        """Make it; `start` starts it.

        Raises:
            FileNotFoundError: PostgreSQL's programs are not on this machine.
        """
        self._bin = _programs()
        self._folder = folder
        folder.mkdir()
        if os.geteuid() == 0:  # it refuses to be run by root
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            for parent in folder.parents:
                if parent.is_relative_to("/tmp/") and parent != Path("/tmp"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "registry", "-N")
        self.url = f"postgresql+psycopg://registry@/postgres?host={folder}"

    def start(self) -> None:
        """Start it, and return when it can be connected to."""
        options = " ".join(f"-c {setting}" for setting in _SETTINGS)
        self._control(
            "start", "-o", f"-k {self._folder} {options}", "-l", str(self._folder / "log")
        )

    def restart(self) -> None:
        """End every session at once, as a crash does, and start again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """End it as a crash does."""
        self._control("stop", "-m", "immediate")

    @property
    def engine(self) -> Engine:
        """For the test's own connections; each statement commits by itself."""
        return create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def ask(self, statement: str) -> Any:
        """Run a statement; the first value that it answers with."""
        with self.engine.connect() as connection:
            return connection.execute(text(statement)).scalar()

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-t", "60", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        command = [*(as_owner if os.geteuid() == 0 else []), str(self._bin / program), *arguments]
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, f"{program}: {ended.stderr}"


@contextmanager
def own_postgresql(folder: Path) -> Iterator[OwnPostgresql]:
    """A server that has started, in a folder that is made."""
    server = OwnPostgresql(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def has_postgresql() -> bool:
    """Whether PostgreSQL's programs are on this machine."""
    return bool(_PROGRAMS) or shutil.which("initdb") is not None


def _programs() -> Path:
    if _PROGRAMS:
        return _PROGRAMS[0]
    found = shutil.which("initdb")
    if found is None:
        raise FileNotFoundError("PostgreSQL's programs (initdb, pg_ctl) are not on this machine")
    return Path(found).resolve().parent
