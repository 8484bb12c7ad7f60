"""A whole registry in the test's own process: everything but the sockets."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field
from sqlalchemy import MetaData, select

from registry.composition import Application, build
from registry.dispatch import Caller
from registry.settings import Settings
from registry.wire import encode_frame
from tests.harness import engines
from tests.harness.client import Key, Message, Refused
from tests.harness.waiting import PATIENCE

ADMIN_TOKEN = "the-admin-token"
SENDER = ("198.51.100.7", 5000)
START = 1_700_000_000


@define(eq=False)
class Registry:
    """A registry that is asked as a client would ask it, with a clock that the test sets.

    Attributes:
        application: The registry.
        clock: One number: the time, in unix seconds.
        keys: The key of every node that registered here.
    """

    application: Application
    clock: list[float]
    keys: dict[int, Key] = field(factory=dict)

    def send(self, body: bytes, sender: tuple[str, int] = SENDER) -> Message:
        """Send the bytes of a request; the answer, be it an error or not."""
        dispatcher = self.application.protocols.json
        frame = encode_frame(body)
        answer = dispatcher.recall(frame)
        if answer is None:
            future: Future[bytes] = Future()
            dispatcher.dispatch(frame, body, Caller(*sender), future.set_result)
            answer = future.result(PATIENCE)
        message: Message = json.loads(answer[4:])
        return message

    def ask(self, message_type: str, sender: tuple[str, int] = SENDER, **fields: Any) -> Message:
        """Send a request.

        Raises:
            Refused: The answer is an error.
        """
        body = json.dumps({"type": message_type, **fields}).encode()
        answer = self.send(body, sender)
        if answer["type"] == "error":
            raise Refused(answer["error"])
        assert answer["type"] == f"{message_type}_ok"
        return answer

    def as_admin(self, message_type: str, **fields: Any) -> Message:
        """Send a request with the admin token."""
        return self.ask(message_type, admin_token=ADMIN_TOKEN, **fields)

    def signed(self, signer: int | Key, message_type: str, **fields: Any) -> Message:
        """Send a request that a node, or a key, has signed by the first rule that applies."""
        [operation] = [o for o in self.application.operations if o.type == message_type]
        key = signer if isinstance(signer, Key) else self.keys[signer]
        unsigned = json.dumps({"type": message_type, **fields}).encode()
        _, request = self.application.operations.decode(unsigned)
        rule = next(rule for rule in operation.access.signed if rule.applies(request))
        signature = key.sign(rule.message(request).decode())
        return self.ask(message_type, signature=signature, **fields)

    def register(self, key: Key | None = None, **fields: Any) -> int:
        """Register a key, by default a new one; returns the node's id."""
        key = key or Key()
        facts = {"listen_addr": ":4001", "public_key": key.public, **fields}
        node_id: int = self.signed(key, "register", **facts)["node_id"]
        self.keys[node_id] = key
        return node_id

    def trust(self, node_id: int, peer_id: int) -> None:
        """Two nodes say that they trust each other."""
        for one, other in ((node_id, peer_id), (peer_id, node_id)):
            self.signed(one, "report_trust", node_id=one, peer_id=other)

    def network(self, *members: int, name: str = "lab", **fields: Any) -> int:
        """Make a network of nodes, the first of which owns it; returns its id."""
        owner, *others = members
        made = self.as_admin("create_network", node_id=owner, name=name, **fields)
        network_id: int = made["network_id"]
        for node_id in others:
            self.as_admin("join_network", node_id=node_id, network_id=network_id)
        return network_id

    def state(self) -> bytes:
        """Everything that is in the database, to be compared."""
        with self.application.database.snapshot() as snapshot:
            tables = MetaData()
            tables.reflect(snapshot.connection)
            return "\n".join(
                f"{table.name}: {sorted(map(repr, snapshot.connection.execute(select(table))))}"
                for table in tables.sorted_tables
            ).encode()


@contextmanager
def registry_in(folder: Path, **settings: Any) -> Iterator[Registry]:
    """A registry over a data folder, as it was left there."""
    with registry_with(settings, folder, deliver=lambda callback: callback()) as registry:
        yield registry


@contextmanager
def registry_with(
    settings: Mapping[str, Any],
    folder: Path,
    *,
    deliver: Callable[[Callable[[], None]], object],
    start: float = START,
) -> Iterator[Registry]:
    """A registry whose answers are not given on the committer's thread, or at another time.

    Args:
        settings: How it is run.
        folder: Where its data folder is, or is made.
        deliver: Runs a function on the thread that serves clients.
        start: What time it is, in unix seconds.
    """
    clock = [start]
    token = folder / "admin-token"
    token.touch(mode=0o600)
    token.write_text(ADMIN_TOKEN)
    application = build(
        Settings(
            data=folder / "data",
            database=engines.database_url(folder / "data"),
            admin_token_file=token,
            **settings,
        ),
        deliver=deliver,
        clock=lambda: clock[0],
    )
    try:
        application.start()
        yield Registry(application, clock)
    finally:
        application.close()


def encoded(raw: bytes) -> str:
    """Bytes as they go over the wire."""
    return base64.b64encode(raw).decode()
