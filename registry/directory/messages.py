"""The requests the directory store answers.

``register`` is not among them: it needs the identity store too and lives in
``registry.dispatch``.
"""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]
NetworkId = Annotated[int, Meta(ge=0, le=0xFFFF)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class Lookup(Request, frozen=True, tag="lookup"):
    """What is publicly known of a node."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    node_id: NodeId


class Resolve(Request, frozen=True, tag="resolve"):
    """How to reach a node, for a node that may know."""

    access: ClassVar[tuple[str, ...]] = ("requester_id signs resolve:{requester_id}:{node_id}",)
    node_id: NodeId
    requester_id: NodeId


class ResolveHostname(Request, frozen=True, tag="resolve_hostname"):
    """Which node has a hostname."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    hostname: str
    requester_id: int = 0


class ListNodes(Request, frozen=True, tag="list_nodes"):
    """The nodes of a network, in the order of their ids; those of the backbone for an admin.

    Where there are more than ``limit``, the answer says where to go on: ``next_after``.
    """

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    network_id: NetworkId
    after: int = 0
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 10_000


class Heartbeat(Request, frozen=True, tag="heartbeat"):
    """A node's sign of life."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs heartbeat:{node_id}",)
    node_id: NodeId


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


class Deregister(Request, frozen=True, tag="deregister"):
    """Remove a node; its id stays reserved for its key."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs deregister:{node_id}", "admin")
    node_id: NodeId
