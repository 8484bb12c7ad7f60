"""Those who ask a server: an administrator, nodes, and strangers."""

from contextlib import ExitStack
from itertools import count
from types import TracebackType
from typing import Any, Self

from attrs import frozen

from tests.harness import Client, Key, RegistryServer

ADMIN_TOKEN = "admin-token-of-the-access-tests"

Message = dict[str, Any]


@frozen
class Node:
    """A registered node.

    Attributes:
        id: Its node id.
        key: Its key.
        name: Its hostname.
    """

    id: int
    key: Key
    name: str


class People:
    """One connection to a server, on which anybody may speak."""

    def __init__(self, server: RegistryServer) -> None:
        self._server = server
        self._stack = ExitStack()
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self._client = self._stack.enter_context(Client.to(self._server.endpoint))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def stranger(self, message_type: str, **fields: Any) -> Message:
        """Ask without any proof."""
        return self._client.ask(message_type, **fields)

    def admin(self, message_type: str, **fields: Any) -> Message:
        """Ask with the admin token."""
        return self._client.ask(message_type, admin_token=ADMIN_TOKEN, **fields)

    def node(self, node: Node, signed: str, message_type: str, **fields: Any) -> Message:
        """Ask with a node's signature of a text."""
        return self._client.ask(message_type, signature=node.key.sign(signed), **fields)

    def register(self, key: Key, *, listen_addr: str = "127.0.0.1:4001", **fields: Any) -> Message:
        """Register a key with its signature."""
        return self._client.ask(
            "register",
            public_key=key.public,
            listen_addr=listen_addr,
            signature=key.sign(f"register:{listen_addr}:{key.public}"),
            **fields,
        )

    def new_node(self) -> Node:
        """A node that registers now, and is private."""
        key, name = Key(), f"node-{next(self._numbers)}"
        answer = self.register(key, hostname=name, owner=f"{name}@example.test")
        return Node(answer["node_id"], key, name)

    def new_network(self, owner: Node, join_rule: str, **fields: Any) -> int:
        """A network that is made now."""
        name = f"network-{next(self._numbers)}"
        if join_rule == "token":
            fields["token"] = "sesame"
        answer = self.admin(
            "create_network", node_id=owner.id, name=name, join_rule=join_rule, **fields
        )
        network_id: int = answer["network_id"]
        return network_id

    def join(self, node: Node, network_id: int) -> None:
        """Put a node into a network that is open, or made here with a token."""
        self.node(
            node,
            f"join_network:{node.id}:{network_id}",
            "join_network",
            node_id=node.id,
            network_id=network_id,
            token="sesame",
        )

    def befriend(self, one: Node, other: Node) -> None:
        """Have two nodes trust each other."""
        for node, peer in ((one, other), (other, one)):
            self.node(
                node,
                f"report_trust:{node.id}:{peer.id}",
                "report_trust",
                node_id=node.id,
                peer_id=peer.id,
            )
