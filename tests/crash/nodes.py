"""Nodes of our own, and how they look to the server's other clients."""

from typing import Any

from tests.crash.facts import Facts
from tests.harness import Client, Key, Refused

ADMIN_TOKEN = "crash-admin-token"

NETWORK = 1
"""The network that nodes join and leave."""


class Node:
    """A node and what the server acknowledged about it.

    Attributes:
        id: Its node id; 0 while it was given none.
        facts: What a lookup must show.
    """

    def __init__(self, key: Key, version: str) -> None:
        self.id = 0
        self._keys = {key.public: key}
        self.facts = Facts(
            there=True,
            public_key=key.public,
            version=version,
            hostname="",
            tags=[],
            public=False,
            networks=[0],
        )

    @property
    def key(self) -> Key:
        """The key that it signs with."""
        return self._keys[self.facts["public_key"]]

    def new_key(self) -> Key:
        """A key that it may sign with from now on."""
        key = Key()
        self._keys[key.public] = key
        return key

    def check(self, client: Client) -> None:
        """Compare with what a server knows.

        Raises:
            AssertionError: It forgot something, or made something up.
        """
        self.facts.check(self._look(client), f"node {self.id}")

    def _look(self, client: Client) -> dict[str, Any]:
        try:
            known = client.ask("lookup", node_id=self.id)
        except Refused as refusal:
            if "not found" not in str(refusal):
                raise
            return {"there": False}
        return {
            "there": True,
            "public_key": known["public_key"],
            "version": known["version"],
            "hostname": known.get("hostname", ""),
            "tags": known.get("tags", []),
            "public": known["public"],
            "networks": known["networks"],
        }


class Friends:
    """Two nodes that link and part.

    Attributes:
        pair: The nodes.
        facts: What ``check_trust`` must show.
        half: Whether the server acknowledged that the first trusts the second, and the
            other half is still to be said.
    """

    def __init__(self, first: Node, second: Node) -> None:
        self.pair = (first, second)
        self.facts = Facts(linked=False)
        self.half = False

    def check(self, client: Client) -> None:
        """Compare with what a server knows.

        Raises:
            AssertionError: It forgot a link, or a parting.
        """
        first, second = self.pair
        answer = client.ask(
            "check_trust", node_id=first.id, peer_id=second.id, admin_token=ADMIN_TOKEN
        )
        self.facts.check({"linked": answer["trusted"]}, f"nodes {first.id} and {second.id}")
