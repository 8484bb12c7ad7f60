"""A real daemon, as the wheel ``pilotprotocol`` ships it, and its command line."""

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.harness.namespace import Namespace
from tests.harness.process import Process
from tests.harness.waiting import PATIENCE

_QUIET = {
    "PILOT_MOTD_URL": "",
    "PILOT_NO_SKILLINJECT": "1",
    "PILOT_PROXY": "off",
    "PILOT_TELEMETRY_URL": "",
}
"""Keeps it from the public hosts that it would look for."""

_BEACON = "127.0.0.1:9001"
"""Nobody is there; with a fixed endpoint, nobody has to be."""


def binaries() -> Path | None:
    """The folder of the wheel's programs; None if it is not installed."""
    package = importlib.util.find_spec("pilotprotocol")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "bin"


def missing_for_daemons() -> str:
    """Why real daemons cannot run here; empty if they can."""
    if binaries() is None:
        return "the package pilotprotocol is not installed"
    for program in ("unshare", "nsenter"):
        if shutil.which(program) is None:
            return f"there is no {program} (package util-linux)"
    if os.geteuid() != 0:
        return "a network namespace needs root"
    if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode:
        return "this machine allows no network namespace"
    return ""


def _short_folder_for(owner: object) -> str:
    """A folder that lives as long as its owner.

    Unix sockets have paths of 107 bytes at most, and those of pytest's folders come close.
    """
    folder = tempfile.mkdtemp(prefix="pilot-")
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder


class PilotctlFailed(Exception):
    """``pilotctl`` could not do what it was told; the text is what it said."""


class Daemon:
    """A ``pilot-daemon`` that can be killed and started again; its identity stays.

    Attributes:
        name: Its hostname at the start.
    """

    def __init__(
        self,
        name: str,
        home: Path,
        *,
        namespace: Namespace,
        registry: str,
        port: int,
        admin_token: str = "",
        options: Sequence[str] = (),
    ) -> None:
        """Describe a daemon; `start` starts it.

        Args:
            name: The hostname to ask for.
            home: A folder of its own.
            namespace: The network it lives in.
            registry: HOST:PORT of its registry.
            port: Where it takes tunnels, on loopback.
            admin_token: The registry's, for its ``pilotctl``.
            options: Further options of ``pilot-daemon``.
        """
        self.name = name
        self._home = home
        self._namespace = namespace
        self._process: Process | None = None
        folder = binaries()
        assert folder is not None, missing_for_daemons()
        self._pilotctl = str(folder / "pilotctl")
        socket = Path(_short_folder_for(self), "s.sock")
        self._env = {
            **_QUIET,
            "HOME": str(home),
            "PILOT_HOME": str(home / ".pilot"),
            "PILOT_SOCKET": str(socket),
            "PILOT_REGISTRY": registry,
            "PILOT_ADMIN_TOKEN": admin_token,
        }
        self._command = namespace.command(
            [
                str(folder / "pilot-daemon"),
                *("-registry", registry, "-beacon", _BEACON),
                *("-endpoint", f"127.0.0.1:{port}", "-listen", f"127.0.0.1:{port}"),
                *("-socket", str(socket), "-identity", str(self.identity)),
                *("-email", f"{name}@example.test", "-hostname", name),
                *("-motd-feed-url", "", "-telemetry-url", "", "-log-level", "debug"),
                *options,
            ]
        )

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
        assert self._process is not None, "the daemon was not started"
        return self._process

    @property
    def identity(self) -> Path:
        """The file with its key."""
        return self._home / "identity"

    @property
    def node_id(self) -> int:
        """Its node id, as it says itself."""
        node_id: int = self.pilotctl("info")["node_id"]
        return node_id

    @property
    def address(self) -> str:
        """Its address on the backbone, as it says itself."""
        address: str = self.pilotctl("info")["address"]
        return address

    def launch(self) -> Process:
        """Start its process, whatever becomes of it."""
        self._home.mkdir(exist_ok=True)
        self._process = Process(self._command, env=self._env)
        return self._process

    def start(self) -> None:
        """Start it, and return when it has registered and takes commands.

        Raises:
            TimeoutError: It does not come so far and was ended; the text holds its log.
        """
        try:
            self.launch().wait_for("daemon running")
        except TimeoutError:
            self.kill()
            raise

    def kill(self) -> None:
        """End it by SIGKILL: it says goodbye to nobody."""
        self.process.kill()

    def pilotctl(self, *arguments: str) -> Any:
        """Give it a command; what that answers, from its JSON.

        Raises:
            PilotctlFailed: The command failed.
        """
        done = self._run("--json", *arguments)
        answer: Mapping[str, Any] = json.loads(done.stdout or done.stderr)
        if done.returncode or answer["status"] != "ok":
            raise PilotctlFailed(answer.get("message") or str(answer["data"]))
        return answer["data"]

    def say(self, *arguments: str) -> str:
        """Give it a command; what people see of the answer."""
        return self._run(*arguments, errors=subprocess.STDOUT).stdout

    def _run(
        self, *arguments: str, errors: int = subprocess.PIPE
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._namespace.command([self._pilotctl, *arguments]),
            env={**os.environ, **self._env},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
