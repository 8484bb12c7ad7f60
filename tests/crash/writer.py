"""A client that changes all kinds of things, as fast as they are acknowledged."""

import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, TypeVar

from tests.crash.nodes import NETWORK, Friends, Node
from tests.harness import Client, Key
from tests.harness.client import Message

T = TypeVar("T")

ADDRESS = "127.0.0.1:4000"
"""Where all nodes say they are."""

RECENT = 8
"""Of how many of its nodes, the last ones, a writer still changes something."""


class Writer:
    """Writes with nodes of its own, so that what it changes nobody else does.

    Attributes:
        nodes: Every node it ever registered.
        touched: What it has written to since the last check.
    """

    def __init__(self, name: str, acknowledged: Callable[[str], None]) -> None:
        """Make a writer.

        Args:
            name: Starts its nodes' hostnames; no two writers' names are alike.
            acknowledged: Told at once of every acknowledgement, with the message's type.
        """
        self.nodes: dict[int, Node] = {}
        self.touched: set[Node | Friends] = set()
        self._acknowledged = acknowledged
        self._name = name
        self._numbers = count(1)
        self._unregistered: Node | None = None
        self._loners: list[Node] = []
        self._members: list[Node] = []
        self._friends: list[Friends] = []
        self._single: Node | None = None
        self._chance = random.Random()

    def write(self, client: Client) -> None:
        """Change one thing after the other, until the connection is lost.

        Raises:
            ConnectionLost: The server is gone.
            Refused: It did not do what it should have done.
        """
        for work in self._works():
            work(client)

    def register_again(self, client: Client) -> None:
        """Bring back what was deregistered: each key must get the id that it had."""
        for node in self.nodes.values():
            if not node.facts["there"]:
                self._register(client, node)

    def _works(self) -> Iterator[Callable[[Client], None]]:
        if self._unregistered is not None:
            yield self._register_new  # what the crash left undone, or unanswered
        while True:
            yield self._chance.choice(
                (
                    self._register_new,
                    self._come_back,
                    self._set_hostname,
                    self._set_tags,
                    self._set_visibility,
                    self._rotate_key,
                    self._befriend_or_part,
                    self._join_or_leave,
                    self._deregister,
                )
            )

    def _register_new(self, client: Client) -> None:
        node = self._unregistered = self._unregistered or Node(Key(), self._next())
        self._register(client, node)
        self._unregistered = None
        self._give_role(node)

    def _give_role(self, node: Node) -> None:
        """Two in four are friends, one a member, and one may go."""
        place = len(self.nodes) % 4
        if place == 0:
            self._loners.append(node)
        elif place == 1:
            self._members.append(node)
        elif place == 2:
            self._single = node
        elif self._single is not None:
            self._friends.append(Friends(self._single, node))

    def _register(self, client: Client, node: Node) -> None:
        answer = self._send_registration(client, node, node.facts["version"])
        assert node.id in (0, answer["node_id"]), f"node {node.id} became {answer['node_id']}"
        node.id = answer["node_id"]
        self.nodes[node.id] = node
        self._note("register", node)

    def _come_back(self, client: Client) -> None:
        node, version = self._any_node(), self._next()
        if node is not None:
            node.facts.ask("version", version)
            self.touched.add(node)
            answer = self._send_registration(client, node, version)
            node.facts.acknowledge("version")
            assert answer["node_id"] == node.id, f"node {node.id} became {answer['node_id']}"
            self._note("register", node)

    def _send_registration(self, client: Client, node: Node, version: str) -> Message:
        key = node.key
        return client.ask(
            "register",
            listen_addr=ADDRESS,
            public_key=key.public,
            version=version,
            signature=key.sign(f"register:{ADDRESS}:{key.public}"),
        )

    def _set_hostname(self, client: Client) -> None:
        name = self._next()
        self._change(client, self._any_node(), "set_hostname", new={"hostname": name})

    def _set_tags(self, client: Client) -> None:
        tags = sorted({self._next(), self._next()})
        self._change(client, self._any_node(), "set_tags", new={"tags": tags})

    def _set_visibility(self, client: Client) -> None:
        node = self._any_node()
        if node is not None:
            public = not node.facts["public"]
            self._change(client, node, "set_visibility", new={"public": public})

    def _rotate_key(self, client: Client) -> None:
        node = self._any_node()
        if node is not None:
            key = node.new_key().public
            self._change(
                client,
                node,
                "rotate_key",
                new={"public_key": key},
                signed=f"rotate:{node.id}:{key}",
                fields={"new_public_key": key},
            )

    def _join_or_leave(self, client: Client) -> None:
        node = self._recent(self._members)
        if node is not None:
            joins = node.facts["networks"] == [0]
            message_type = "join_network" if joins else "leave_network"
            self._change(
                client,
                node,
                message_type,
                new={"networks": [0, NETWORK] if joins else [0]},
                signed=f"{message_type}:{node.id}:{NETWORK}",
                fields={"network_id": NETWORK},
            )

    def _deregister(self, client: Client) -> None:
        if len(self._loners) > 1:
            node = self._loners.pop(0)
            self._change(client, node, "deregister", new={"there": False}, fields={})

    def _change(
        self,
        client: Client,
        node: Node | None,
        message_type: str,
        *,
        new: dict[str, Any],
        signed: str = "",
        fields: dict[str, Any] | None = None,
    ) -> None:
        """Change one fact about a node, if there is a node already.

        Args:
            client: Carries it to the server.
            node: Which node.
            message_type: What to ask for.
            new: The fact's name and new value.
            signed: What to sign, if that is more than the type and the node's id.
            fields: What to send, if that is not the fact.
        """
        if node is None:
            return
        ((fact, value),) = new.items()
        signature = node.key.sign(signed or f"{message_type}:{node.id}")
        node.facts.ask(fact, value)
        self.touched.add(node)
        sent = new if fields is None else fields
        client.ask(message_type, node_id=node.id, signature=signature, **sent)
        node.facts.acknowledge(fact)
        self._note(message_type, node)

    def _befriend_or_part(self, client: Client) -> None:
        friends = self._recent(self._friends)
        if friends is None:
            return
        self.touched.add(friends)
        if friends.facts["linked"]:
            self._part(client, friends)
        else:
            self._befriend(client, friends)

    def _befriend(self, client: Client, friends: Friends) -> None:
        first, second = friends.pair
        if not friends.half:
            self._say(client, "report_trust", first, second)
            friends.half = True
            self._note("report_trust", friends)
        friends.facts.ask("linked", value=True)
        self._say(client, "report_trust", second, first)
        friends.facts.acknowledge("linked")
        self._note("report_trust", friends)

    def _part(self, client: Client, friends: Friends) -> None:
        friends.half = False
        friends.facts.ask("linked", value=False)
        self._say(client, "revoke_trust", *friends.pair)
        friends.facts.acknowledge("linked")
        self._note("revoke_trust", friends)

    def _say(self, client: Client, message_type: str, node: Node, peer: Node) -> None:
        signature = node.key.sign(f"{message_type}:{node.id}:{peer.id}")
        client.ask(message_type, node_id=node.id, peer_id=peer.id, signature=signature)

    def _any_node(self) -> Node | None:
        recent = list(self.nodes.values())[-RECENT:]
        return self._recent([node for node in recent if node.facts["there"]])

    def _recent(self, things: list[T]) -> T | None:
        return self._chance.choice(things[-RECENT:]) if things else None

    def _next(self) -> str:
        """A word that this writer has not used yet."""
        return f"{self._name}-{next(self._numbers)}"

    def _note(self, message_type: str, written: Node | Friends) -> None:
        self.touched.add(written)
        self._acknowledged(message_type)
