"""Registries over one database, clients that write to all of them, and what must be true then."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import define, field
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.crash.nodes import ADMIN_TOKEN
from tests.crash.writer import Writer
from tests.harness import Client, ConnectionLost, Key, Refused, RegistryServer
from tests.harness.postgresql import OwnPostgresql
from tests.harness.waiting import eventually

SIZE = 3
KEPT_CHANGES = 1000
WRITERS = 6

PATIENCE_WITH_THE_STOPPED = 120.0
"""Seconds for which clients wait: whoever gave up on a registry that is only stopped could not
know when what it had asked for will happen."""

UNSETTLED = ("could not commit", "stopping")
"""Errors after which a change may have happened, or not."""


class Cluster:
    """Three registries over one database.

    Attributes:
        servers: The registries.
        url: The database.
        postgresql: The server that has it.
    """

    def __init__(self, folder: Path, url: str, postgresql: OwnPostgresql) -> None:
        """Describe it; as a context it starts and ends."""
        self._folder = folder
        self._token = folder / "admin-token"
        self._token.write_text(ADMIN_TOKEN)
        self._token.chmod(0o600)
        self.url = url
        self.postgresql = postgresql
        options = ["--admin-token-file", str(self._token), "--registrations-per-minute", "0"]
        options += ["--keep-changes", str(KEPT_CHANGES), "--save-seen-seconds", "1"]
        self.servers = [
            RegistryServer(
                folder / f"data-{number}",
                options=[*options, "--http", "127.0.0.1:0", "--log-format", "json"],
                env={"REGISTRY_DATABASE": url},
            )
            for number in range(SIZE)
        ]
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for server in self.servers:
            self._stack.enter_context(server)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @contextmanager
    def clients(self) -> Iterator[list[Client]]:
        """A connection to each."""
        with ExitStack() as stack:
            yield [stack.enter_context(Client.to(server.endpoint)) for server in self.servers]

    def another_database(self) -> str:
        """The URL of a database beside this one, with nothing in it."""
        self.sql("CREATE DATABASE another")
        other = make_url(self.url).set(database="another")
        return other.render_as_string(hide_password=False)

    def sql(self, statement: str) -> Any:
        """Run a statement in the database; the first value that it answers with."""
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None

    @contextmanager
    def load(self) -> Iterator["Load"]:
        """Clients that write to all of the registries meanwhile, as fast as they are answered.

        Whoever loses its registry goes on with the next. At the end, everything that was
        acknowledged must be there.
        """
        load = Load(self.servers)
        make_network(self.servers[0])
        load.start()
        try:
            yield load
        finally:
            load.stop()
        load.settle()

    def agree(self, load: "Load") -> None:
        """See that every registry knows all that was acknowledged, and no other thing.

        Raises:
            AssertionError: One does not.
        """
        self.know(load)
        for server in self.servers:
            self.check(server)

    def know(self, load: "Load") -> None:
        """See that every registry knows all that was acknowledged.

        Raises:
            AssertionError: One does not.
        """
        self.in_step()
        for server in self.servers:
            with Client.to(server.endpoint) as client:
                for writer in load.writers:
                    for node in writer.nodes.values():
                        node.check(client)
        ids = [node.id for writer in load.writers for node in writer.nodes.values()]
        assert len(ids) == len(set(ids))

    def in_step(self) -> None:
        """Return when each registry knows what the others wrote up to now."""
        key = Key()
        with self.clients() as (first, *others):
            node_id = register(first, key)
            for other in others:
                eventually(partial(knows, other, node_id))

    def check(self, server: RegistryServer) -> None:
        """Have ``registry check`` compare the database with a registry's memory.

        Raises:
            AssertionError: They differ, or the database is not whole.
        """
        host, port = server.endpoint
        command = ["check", "--data", str(self._folder), "--database", self.url, "--json"]
        command += ["--server", f"{host}:{port}", "--admin-token-file", str(self._token)]
        ended = subprocess.run(
            [sys.executable, "-m", "registry", *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stdout, ended.stderr
        found = json.loads(ended.stdout)
        assert found["whole"], found["findings"]
        assert found["counts"]["server_answers_compared"] > 0


@define
class Load:
    """Clients that write, each until it is told to stop."""

    servers: Sequence[RegistryServer]
    writers: list[Writer] = field(init=False)
    acknowledged: int = 0
    _stopping: bool = False
    _threads: list[threading.Thread] = field(factory=list)
    _failures: list[BaseException] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self.writers = [Writer(f"w{number}", self._count) for number in range(WRITERS)]

    def start(self) -> None:
        """Begin."""
        for number, writer in enumerate(self.writers):
            thread = threading.Thread(target=self._write, args=(number, writer), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Have them end after what they are doing."""
        self._stopping = True
        for thread in self._threads:
            thread.join(60)
        assert not self._failures, self._failures

    def go_on(self, writes: int = 300) -> None:
        """Return when so many more writes were acknowledged."""
        enough = self.acknowledged + writes
        eventually(lambda: self.acknowledged >= enough or self._failures)
        assert not self._failures, self._failures

    def settle(self) -> None:
        """Find out what became of the writes that nobody acknowledged."""
        with self._connect(0) as client:
            for writer in self.writers:
                self._settle(writer, client)

    def _count(self, _message_type: str) -> None:
        with self._lock:
            self.acknowledged += 1
        if self._stopping:
            raise _Enough

    def _write(self, number: int, writer: Writer) -> None:
        turn = number
        try:
            while not self._stopping:
                try:
                    with self._connect(turn) as client:
                        self._settle(writer, client)
                        writer.write(client)
                except ConnectionLost:
                    turn += 1
                except Refused as refused:
                    if not any(word in str(refused) for word in UNSETTLED):
                        raise
        except _Enough:
            return
        except BaseException as failure:
            self._failures.append(failure)

    def _connect(self, turn: int) -> Client:
        try:
            server = self.servers[turn % len(self.servers)]
            return Client.to(server.endpoint, patience=PATIENCE_WITH_THE_STOPPED)
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def _settle(self, writer: Writer, client: Client) -> None:
        if writer.touched:
            register(client, Key())  # whoever has written reads what others wrote before it
        for thing in writer.touched:
            thing.check(client)
        writer.touched.clear()


class _Enough(Exception):
    """A writer need not go on."""


def make_network(server: RegistryServer) -> None:
    """Make the network that the writers' nodes join."""
    with Client.to(server.endpoint) as client:
        owner = register(client, Key())
        client.ask("create_network", node_id=owner, name="crash", admin_token=ADMIN_TOKEN)


def register(client: Client, key: Key, **fields: Any) -> int:
    """Register a key; the node's id."""
    address = "127.0.0.1:3999"
    answer = client.ask(
        "register",
        listen_addr=address,
        public_key=key.public,
        signature=key.sign(f"register:{address}:{key.public}"),
        **fields,
    )
    node_id: int = answer["node_id"]
    return node_id


def knows(client: Client, node_id: int) -> bool:
    """Whether a registry has heard of a node."""
    try:
        client.ask("lookup", node_id=node_id)
    except Refused:
        return False
    return True
