"""``registry serve`` as a process."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness import engines
from tests.harness.namespace import Namespace
from tests.harness.process import Process


class RegistryServer:
    """A registry server that can be killed and started again.

    Attributes:
        address: HOST:PORT where it listens, once it has started.
    """

    def __init__(
        self,
        data: Path,
        *,
        listen: str = "127.0.0.1:0",
        options: Sequence[str] = (),
        namespace: Namespace | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Describe a server; `start` starts it.

        Args:
            data: Its data folder.
            listen: HOST:PORT; with port 0 every start takes a free one.
            options: Further options of ``registry serve``.
            namespace: The network it lives in; None for the test's own.
            env: Variables beside those of the test.
        """
        self._env = {**engines.environment(data), **(env or {})}
        serve = ["serve", "--listen", listen, "--data", str(data), "--http", "off", *options]
        command = [sys.executable, "-m", "registry", *serve]
        self._command = namespace.command(command) if namespace else command
        self._process: Process | None = None
        self.address = listen

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def process(self) -> Process:
        """The process that was started last."""
        assert self._process is not None, "the server was not started"
        return self._process

    @property
    def http(self) -> str:
        """Where it serves HTTP, if an option says so: a URL without a path."""
        return self.process.wait_for(r"^HTTP on (http://\S+)/")[1]

    @property
    def endpoint(self) -> tuple[str, int]:
        """Where it listens, as sockets have it."""
        host, _, port = self.address.rpartition(":")
        return host, int(port)

    def start(self) -> None:
        """Start it, and return when it listens.

        Raises:
            TimeoutError: It does not come to listen and was ended; the text says what it wrote.
        """
        self._process = Process(self._command, env={"PYTHONUNBUFFERED": "1", **self._env})
        try:
            self.address = self._process.wait_for(r"^listening on (\S+)")[1]
        except TimeoutError:
            self.kill()
            raise

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()

    def stop(self) -> int:
        """End it by SIGTERM; its exit code."""
        return self.process.stop()
