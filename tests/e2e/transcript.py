"""``python -m tests.e2e.transcript``: what a newcomer will see, as it happens now.

Two real daemons meet through a server, which is then killed and started again. ``--write`` puts the
transcript into the README, in place of the one that is there.
"""

import re
import sys
import tempfile
from pathlib import Path

from tests.e2e.steps import pending_at, trusted_by
from tests.harness import Daemon, Namespace, RegistryServer, eventually
from tests.harness.process import ROOT

README = ROOT / "README.md"

REGISTRY = "127.0.0.1:9000"

_IN_README = re.compile(r"(?<=<!-- transcript -->\n```console\n).*?(?=```\n)", re.DOTALL)

_CHANGING = re.compile(
    r"[0-9a-f]{32}"  # message ids
    r"|[A-Za-z0-9+/]{43}="  # keys
    r"|\d{4}-\d\d-\d\d[ T][\d:.]+Z?"  # when it happened
    r"|TEXT-[\d.-]+"  # the names of messages, which hold that too
    r"|\d+(\.\d+)?(ms|µs|s)\b"  # how long it took
)


class Transcript:
    """Lines as a terminal shows them."""

    def __init__(self) -> None:
        self.text = ""

    def note(self, prompt: str, command: str, output: str = "") -> None:
        """Write down a command and what it answered."""
        lines = [line.rstrip() for line in output.strip("\n").split("\n") if line.strip()]
        self.text += "\n".join([f"{prompt}$ {command}", *lines]) + "\n\n"

    def pilotctl(self, daemon: Daemon, command: str) -> None:
        """Give a daemon a command and write down what people see of it."""
        self.note(daemon.name, f"pilotctl {command}", daemon.say(*command.split()))


def record(folder: Path) -> str:
    """Have two daemons meet, in a network of their own; needs root.

    Args:
        folder: An empty one.
    """
    with Namespace() as namespace:
        server = RegistryServer(folder / "data", listen=REGISTRY, namespace=namespace)
        alice, bob = (
            Daemon(name, folder / name, namespace=namespace, registry=REGISTRY, port=port)
            for name, port in (("alice", 4001), ("bob", 4002))
        )
        transcript = Transcript()
        with server:
            _start(transcript, server)
            with alice, bob:
                _note_start(transcript, alice)
                _note_start(transcript, bob)
                _meet(transcript, alice, bob)
                _tell_about(transcript, alice)
                server.kill()
                transcript.note("registry", "kill -9 %1")
                server.start()
                _start(transcript, server)
                # Not "find": daemons remember for a while whom they found.
                transcript.pilotctl(bob, "lookup 1")
                transcript.pilotctl(bob, "ping alice --count 1")
        return transcript.text.removesuffix("\n")


def masked(text: str) -> str:
    """A transcript without what differs from run to run."""
    return _CHANGING.sub("…", text)


def in_readme() -> str:
    """The transcript that the README holds."""
    match = _IN_README.search(README.read_text())
    assert match is not None, "the README has no transcript"
    return match[0]


def _start(transcript: Transcript, server: RegistryServer) -> None:
    serve = f"registry serve --listen {REGISTRY} --data registry-data &"
    transcript.note("registry", serve, server.process.lines[0])


def _note_start(transcript: Transcript, daemon: Daemon) -> None:
    line = next(line for line in daemon.process.lines if "daemon running" in line)
    options = f"-registry {REGISTRY} -hostname {daemon.name} -email {daemon.name}@example.test"
    transcript.note(daemon.name, f"pilot-daemon {options} &", line)


def _meet(transcript: Transcript, alice: Daemon, bob: Daemon) -> None:
    transcript.pilotctl(alice, "find bob")
    transcript.pilotctl(bob, "find alice")
    transcript.pilotctl(alice, "handshake bob hello")
    eventually(lambda: pending_at(bob))
    transcript.pilotctl(bob, "pending")
    transcript.pilotctl(bob, "approve 1")
    eventually(lambda: trusted_by(alice))
    transcript.pilotctl(alice, "ping bob --count 2")
    transcript.pilotctl(alice, "send-message bob --data hi")
    eventually(lambda: bob.pilotctl("inbox")["messages"])
    transcript.pilotctl(bob, "inbox")


def _tell_about(transcript: Transcript, alice: Daemon) -> None:
    transcript.pilotctl(alice, "extras set-tags gpu paris")
    transcript.pilotctl(alice, "set-public")
    transcript.pilotctl(alice, "rotate-key")


def main(*options: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = record(Path(folder))
    if "--write" in options:
        README.write_text(_IN_README.sub(lambda _: text, README.read_text()))
    sys.stdout.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
