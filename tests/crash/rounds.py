"""Kill a server again and again, and look each time at what is left."""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from attrs import frozen

from tests.crash.nodes import ADMIN_TOKEN, Friends, Node
from tests.crash.writer import Writer
from tests.harness import Client, ConnectionLost, Key, RegistryServer

WRITERS = 8
"""Connections that write at the same time."""

MOST_ACKNOWLEDGED = 200
"""Acknowledgements in one round at most; where between 1 and this the kill comes is chance."""


@frozen
class Figures:
    """What happened in all rounds.

    Attributes:
        rounds: How often the server was killed.
        seconds: How long that took.
        acknowledged: How often each type of message was acknowledged.
        checks: How often something was looked up after a restart.
        nodes: How many nodes there are at the end.
        kept: Changes without an acknowledgement that had happened all the same.
        lost: Changes without an acknowledgement that had not happened.
    """

    rounds: int
    seconds: float
    acknowledged: Counter[str]
    checks: int
    nodes: int
    kept: int
    lost: int

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {count}" for kind, count in self.acknowledged.most_common())
        return (
            f"{self.rounds} kills in {self.seconds:.1f} s: {self.acknowledged.total()} writes "
            f"acknowledged, none lost ({kinds}); {self.nodes} nodes, no id given twice; "
            f"{self.kept + self.lost} writes were not acknowledged when the server died, "
            f"of which {self.kept} are there; {self.checks} checks after restarts"
        )


class _Trigger:
    """Kills the server at one of the acknowledgements, before anything else is done."""

    def __init__(self, server: RegistryServer) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._left = 0
        self.acknowledged: Counter[str] = Counter()

    def set(self, acknowledgements: int) -> None:
        """Kill after so many more acknowledgements."""
        self._left = acknowledgements

    def pull(self, message_type: str) -> None:
        """Count an acknowledgement, and kill if it is the one."""
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._server.kill()
            self.acknowledged[message_type] += 1


def run(folder: Path, rounds: int) -> Figures:
    """Kill a server so many times.

    Args:
        folder: An empty folder for its data.
        rounds: How many times.

    Raises:
        AssertionError: Something acknowledged was not there after a restart, something never
            asked for was, or a node id was given twice.
        Refused: The server did not do something that it should have done.
    """
    started = time.monotonic()
    token_file = folder / "admin-token"
    token_file.write_text(ADMIN_TOKEN)
    options = ["--admin-token-file", str(token_file), "--log-level", "warning"]
    options += ["--registrations-per-minute", "0"]
    server = RegistryServer(folder / "data", options=options)
    trigger = _Trigger(server)
    writers = [Writer(f"w{number}", trigger.pull) for number in range(WRITERS)]
    checks = 0
    with server:
        _make_network(server)
        for _ in range(rounds):
            trigger.set(random.randint(1, MOST_ACKNOWLEDGED))
            _write_until_killed(server, writers)
            server.start()
            checks += _check(server, _touched(writers))
        checks += _check(server, _everything(writers))
        _bring_back(server, writers)
        assert server.stop() == 0
    _check_file(folder / "data" / "registry.db")
    every = list(_everything(writers))
    return Figures(
        rounds=rounds,
        seconds=time.monotonic() - started,
        acknowledged=trigger.acknowledged,
        checks=checks,
        nodes=len(every),
        kept=sum(thing.facts.kept for thing in every),
        lost=sum(thing.facts.lost for thing in every),
    )


def _make_network(server: RegistryServer) -> None:
    """Make the network that nodes will join, with an owner that does nothing else."""
    key, address = Key(), "127.0.0.1:3999"
    with Client.to(server.endpoint) as client:
        owner = client.ask(
            "register",
            listen_addr=address,
            public_key=key.public,
            signature=key.sign(f"register:{address}:{key.public}"),
        )
        client.ask(
            "create_network", node_id=owner["node_id"], name="crash", admin_token=ADMIN_TOKEN
        )


def _write_until_killed(server: RegistryServer, writers: list[Writer]) -> None:
    def write(writer: Writer, client: Client) -> None:
        with suppress(ConnectionLost), client:
            writer.write(client)

    # All connect before any writes: the first may have it killed while others still would.
    clients = [Client.to(server.endpoint) for _ in writers]
    with ThreadPoolExecutor(len(writers)) as threads:
        list(threads.map(write, writers, clients))  # raises what any of them raised


def _touched(writers: list[Writer]) -> Iterator[Node | Friends]:
    for writer in writers:
        yield from writer.touched
        writer.touched.clear()


def _everything(writers: list[Writer]) -> Iterator[Node]:
    for writer in writers:
        yield from writer.nodes.values()


def _check(server: RegistryServer, things: Iterable[Node | Friends]) -> int:
    """Compare everything with what the server knows; how many that are."""
    number = 0
    with Client.to(server.endpoint) as client:
        for number, thing in enumerate(things, start=1):  # noqa: B007 - counts
            thing.check(client)
    return number


def _bring_back(server: RegistryServer, writers: list[Writer]) -> None:
    """Have everything deregistered come back, and see that no two nodes have one id."""
    with Client.to(server.endpoint) as client:
        for writer in writers:
            writer.register_again(client)
    ids = [node.id for node in _everything(writers)]
    assert len(set(ids)) == len(ids)


def _check_file(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
