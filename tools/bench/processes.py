"""Servers and generators as processes of their own, each kept on its core."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

SERVER_CORE, GENERATOR_CORE = 0, -1
"""Places in the list of usable cores: the first and the last."""

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_GREETING = "listening on "


class ProcessFailed(RuntimeError):
    """A process of the benchmark did not start, or did not do its part."""


def pin(place: int, process: int = 0) -> None:
    """Keep a process (by default this one) on one core, given by its place among the usable.

    The threads that it starts from now on stay there too.
    """
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(process, {cores[place]})


def pinning() -> str:
    """Where what runs, for people."""
    cores = sorted(os.sched_getaffinity(0))
    return (
        f"server on core {cores[SERVER_CORE]}, load generator on core {cores[GENERATOR_CORE]} "
        f"of {len(cores)}"
    )


_UNLIMITED = (
    *("--http", "off", "--log-level", "error", "--stale-after-seconds", "864000"),
    *("--registrations-per-minute", "0", "--max-connections-per-address", "10000"),
)
"""What has a registry bear a load, and nothing else."""


class Server:
    """A server in a process of its own.

    Attributes:
        address: Where it listens.
        started_in: Seconds from its start until it said so.
    """

    def __init__(self, *arguments: str, pinned: bool = True) -> None:
        """Start ``python ARGUMENTS`` and wait until it says where it listens.

        Args:
            arguments: What to run.
            pinned: Whether it stays on the core that is its own.

        Raises:
            ProcessFailed: It does not.
        """
        began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if pinned:
            pin(SERVER_CORE, self._process.pid)
        self.address = self._read_address()
        self.started_in = time.monotonic() - began

    @classmethod
    def shared(cls, folder: Path, url: str, port: int) -> Self:
        """One of several registries over a PostgreSQL database.

        Args:
            folder: Its data folder.
            url: The database.
            port: Where all of them listen; 0 for the first.
        """
        return cls(
            *("-m", "registry", "serve", "--listen", f"127.0.0.1:{port}", "--data", str(folder)),
            *("--database", url, "--share-port", *_UNLIMITED),
            pinned=False,
        )

    @classmethod
    def registry(cls, folder: Path, *, pinned: bool = True) -> Self:
        """A registry over a data folder.

        It takes its nodes for heard of, however old the folder is: a node that became
        stale or was removed halfway would be another load.
        """
        return cls(
            *("-m", "registry", "serve", "--listen", "127.0.0.1:0", "--data", str(folder)),
            *_UNLIMITED,
            pinned=pinned,
        )

    @classmethod
    def bare(cls, answer: bytes, *, opening: bool) -> Self:
        """A server that answers the same frame to everything (`tools.bench.bare_server`)."""
        flags = ["--opening"] if opening else []
        return cls("-m", "tools.bench.bare_server", *flags, answer.hex())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def memory(self) -> int:
        """Resident bytes now."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * _PAGE_BYTES

    @property
    def cpu_seconds(self) -> float:
        """Processor time it took so far, in all its threads."""
        after_name = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2]
        user, system = after_name.split()[11:13]
        return (int(user) + int(system)) / _TICKS_PER_SECOND

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _read_address(self) -> tuple[str, int]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _START_SECONDS)
        line = self._process.stdout.readline() if ready else ""
        if not line.startswith(_GREETING):
            self._process.kill()
            _, errors = self._process.communicate()
            raise ProcessFailed(f"the server did not start: {errors.strip() or 'no answer'}")
        host, _, port = line.removeprefix(_GREETING).strip().rpartition(":")
        return host, int(port)
