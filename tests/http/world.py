"""A running registry with something in it, and how it is looked at over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from attrs import define, field

from tests.harness.client import Client, Key
from tests.harness.server import RegistryServer
from tests.harness.waiting import PATIENCE
from tests.system.registry import ADMIN_TOKEN

AS_ADMIN = {"authorization": f"Bearer {ADMIN_TOKEN}"}


@define(eq=False)
class World:
    """A registry server of its own, with a client that fills it.

    Attributes:
        server: The process.
        client: A connection to it.
        url: Where it serves HTTP.
        keys: The key of every node that registered here.
    """

    server: RegistryServer
    client: Client
    url: str
    keys: dict[int, Key] = field(factory=dict)

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, *, admin: bool = False
    ) -> httpx.Response:
        """Ask over HTTP, as a stranger or as an administrator."""
        shown = AS_ADMIN if admin else {}
        return httpx.get(self.url + path, headers={**shown, **(headers or {})}, timeout=PATIENCE)

    def json(self, path: str, *, admin: bool = False) -> Any:
        """What is answered over HTTP, which must be a success."""
        response = self.get(path, admin=admin)
        assert response.status_code == 200, response.text
        return response.json()

    def register(self, **fields: Any) -> int:
        """Register a new key; returns the node's id."""
        key = Key()
        facts = {"listen_addr": ":4001", "public_key": key.public, **fields}
        signature = key.sign(f"register:{facts['listen_addr']}:{key.public}")
        node_id: int = self.client.ask("register", signature=signature, **facts)["node_id"]
        self.keys[node_id] = key
        return node_id

    def as_admin(self, message_type: str, **fields: Any) -> Any:
        """Ask over the protocol, with the admin token."""
        return self.client.ask(message_type, admin_token=ADMIN_TOKEN, **fields)

    def trust(self, node_id: int, peer_id: int) -> None:
        """Two nodes say that they trust each other."""
        for one, other in ((node_id, peer_id), (peer_id, node_id)):
            signature = self.keys[one].sign(f"report_trust:{one}:{other}")
            self.client.ask("report_trust", node_id=one, peer_id=other, signature=signature)

    def network(self, *members: int, name: str, **fields: Any) -> int:
        """Make a network of nodes, the first of which owns it; returns its id."""
        owner, *others = members
        made = self.as_admin("create_network", node_id=owner, name=name, **fields)
        network_id: int = made["network_id"]
        for node_id in others:
            self.as_admin("join_network", node_id=node_id, network_id=network_id)
        return network_id


@contextmanager
def world_in(folder: Path, *options: str, token: bool = True) -> Iterator[World]:
    """A running registry over a folder, with HTTP on a free port."""
    more = list(options)
    if token:
        file = folder / "admin-token"
        file.touch(mode=0o600)
        file.write_text(ADMIN_TOKEN)
        more += ["--admin-token-file", str(file)]
    server = RegistryServer(folder / "data", options=["--http", "127.0.0.1:0", *more])
    with server, Client.to(server.endpoint) as client:
        yield World(server, client, server.http)
