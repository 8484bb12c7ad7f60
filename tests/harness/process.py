"""A program whose output can be waited for."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness.waiting import PATIENCE

ROOT = Path(__file__).parents[2]

_TIED = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
"""Has a process die with the thread that started it, also where that was killed itself."""


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody asked after does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


class Process:
    """Runs a program in a process group of its own, which ends at the latest with the test.

    Attributes:
        lines: What it has written so far, on either output.
    """

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        """Start it.

        Args:
            command: The program and its arguments.
            env: Environment variables, beside those of the tests.
        """
        self.lines: list[str] = []
        self._written = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            [*_TIED, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its id; what starts it has become it."""
        return self._process.pid

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """Wait until it writes a line that holds a pattern.

        Args:
            pattern: A regular expression.
            after: How many of the first lines not to look at.

        Raises:
            TimeoutError: It did not, or ended before it did; the text holds what it wrote.
        """
        deadline = time.monotonic() + PATIENCE
        with self._written:
            while True:
                for line in self.lines[after:]:
                    if match := re.search(pattern, line):
                        return match
                after = max(after, len(self.lines))
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise TimeoutError(f"no line with {pattern!r} in:\n{self.output}")
                self._written.wait(left)

    def kill(self) -> None:
        """End it and its children by SIGKILL; that it has ended already is no error."""
        self._signal_group(signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)

    def stop(self) -> int:
        """Ask it to end by SIGTERM; its exit code."""
        self._process.terminate()
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and nobody else."""
        self._process.send_signal(number)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._note(line.rstrip("\n"))
        with self._written:
            self._ended = True
            self._written.notify_all()

    def _note(self, line: str) -> None:
        with self._written:
            self.lines.append(line)
            self._written.notify_all()
