"""The requests the directory store answers.

``register`` is not among them: it needs the identity store too and lives in
``registry.dispatch``.
"""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]
NetworkId = Annotated[int, Meta(ge=0, le=0xFFFF)]

TO_PEERS = (
    "the node is public, is the signer itself, trusts the signer and is trusted by it, or"
    " shares a network with it other than the backbone"
)
"""Who may know how to reach a node, in words for the table of access rules."""


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class Lookup(Request, frozen=True, tag="lookup"):
    """What is known of a node: to anyone, or to a node that says by signature who it is."""

    access: ClassVar[tuple[str, ...]] = (
        "anyone",
        "requester_id signs lookup:{requester_id}:{node_id} if requester_id",
    )
    left_out: ClassVar[tuple[str, ...]] = (
        f"real_addr unless {TO_PEERS}",
        f"endpoint unless {TO_PEERS}",
        f"last_seen_unix unless a node signed, and {TO_PEERS}",
        "lan_addrs always",
        "owner always",
    )
    node_id: NodeId
    requester_id: int = 0


class Resolve(Request, frozen=True, tag="resolve"):
    """How to reach a node, for a node that may know."""

    access: ClassVar[tuple[str, ...]] = ("requester_id signs resolve:{requester_id}:{node_id}",)
    left_out: ClassVar[tuple[str, ...]] = (
        f"real_addr unless {TO_PEERS}; without it there is no answer",
        "lan_addrs unless the node takes more than relayed connections",
    )
    node_id: NodeId
    requester_id: NodeId


class ResolveHostname(Request, frozen=True, tag="resolve_hostname"):
    """Which node has a hostname."""

    access: ClassVar[tuple[str, ...]] = (
        "anyone",
        "requester_id signs resolve_hostname:{requester_id} if requester_id",
    )
    left_out: ClassVar[tuple[str, ...]] = (
        f"last_seen_unix unless {TO_PEERS}",
        "real_addr always",
    )
    hostname: str
    requester_id: int = 0


class ListNodes(Request, frozen=True, tag="list_nodes"):
    """The nodes of a network, in the order of their ids.

    Those of the backbone are for an administrator; those of a network that is not open
    are for its members too, and on a lax server for anyone. If such a network is managed
    or has an expression policy, its members' daemons look for each other here, and do not
    sign: anyone is told the ids. Where there are more than ``limit``, the answer says
    where to go on: ``next_after``.
    """

    access: ClassVar[tuple[str, ...]] = (
        "anyone",
        "requester_id signs list_nodes:{requester_id}:{network_id} if requester_id",
    )
    left_out: ClassVar[tuple[str, ...]] = (
        (
            "nodes unless the network is open, managed or under an expression policy, the signer"
            " is a member of it, an administrator asks, or the server is lax; without them there"
            " is no answer, and for the backbone an administrator has to ask"
        ),
        (
            "role unless the network is open, the signer is a member of it, an administrator"
            " asks, or the server is lax; and so everything but node_id and address"
        ),
        "real_addr unless the node is public",
        "lan_addrs always",
        "owner always",
    )
    network_id: NetworkId
    requester_id: int = 0
    after: int = 0
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 10_000


class Heartbeat(Request, frozen=True, tag="heartbeat"):
    """A node's sign of life.

    One that says when it was made, in unix seconds, is of no use to who records it and sends
    it again later. Old clients do not say it, and the binary protocol cannot.
    """

    access: ClassVar[tuple[str, ...]] = (
        "node_id signs heartbeat:{node_id}:{ts} if ts",
        "undated-heartbeats: node_id signs heartbeat:{node_id}",
    )
    node_id: NodeId
    ts: Annotated[int, Meta(ge=0)] = 0


class SetHostname(Request, frozen=True, tag="set_hostname"):
    """Give a node a hostname; an empty one takes it away."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs set_hostname:{node_id}", "admin")
    node_id: NodeId
    hostname: str


class SetVisibility(Request, frozen=True, tag="set_visibility"):
    """Make a node public or private."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs set_visibility:{node_id}", "admin")
    node_id: NodeId
    public: bool


class SetTags(Request, frozen=True, tag="set_tags"):
    """Replace a node's tags."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs set_tags:{node_id}", "admin")
    node_id: NodeId
    tags: list[str] | None


class SetTaskExec(Request, frozen=True, tag="set_task_exec"):
    """Say whether a node runs tasks for others; from older clients."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs set_task_exec:{node_id}", "admin")
    node_id: NodeId
    enabled: bool


class Deregister(Request, frozen=True, tag="deregister"):
    """Remove a node; its id stays reserved for its key."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs deregister:{node_id}", "admin")
    node_id: NodeId
