"""A network with nothing but loopback, which no packet leaves."""

import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from tests.harness.process import ROOT
from tests.harness.waiting import PATIENCE

_NETWORK = 0x4000_0000  # CLONE_NEWNET

T = TypeVar("T")


class Namespace:
    """A network namespace of its own; needs root.

    Any number of processes can live in it, and sockets of the test itself.
    """

    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-m", "tests.harness.loopback"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"up\n":
            raise OSError("no network namespace can be made here")
        self._path = f"/proc/{self._holder.pid}/ns/net"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; it ends when the last process in it has."""
        self._holder.communicate(timeout=PATIENCE)

    def command(self, command: Sequence[str]) -> list[str]:
        """What to run so that a command runs in here."""
        return ["nsenter", f"--net={self._path}", "--", *command]

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to somebody in here.

        Raises:
            OSError: Nobody listens there.
        """
        return self._inside(lambda: socket.create_connection((host, port), PATIENCE))

    def listen(self, host: str, port: int) -> socket.socket:
        """A socket that accepts connections in here.

        Raises:
            OSError: Somebody listens there already.
        """
        return self._inside(lambda: socket.create_server((host, port)))

    def _inside(self, make: Callable[[], T]) -> T:
        """Do something on a thread that has moved in here; a socket stays where it was made."""

        def move_and_make() -> T:
            handle = os.open(self._path, os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(handle, _NETWORK):
                    raise OSError(ctypes.get_errno(), "cannot enter the network namespace")
            finally:
                os.close(handle)
            return make()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(move_and_make).result(PATIENCE)
