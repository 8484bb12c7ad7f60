"""What is asked for and answered under ``/api/v1``; the OpenAPI document is made of it.

What is None is not for the one who asks.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=0, le=0xFFFF_FFFE)]
NetworkId = Annotated[int, Meta(ge=0, le=0xFFFF)]


class Query(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands behind the question mark."""


class Nothing(Query, frozen=True):
    """No parameters."""


class NodesQuery(Query, frozen=True):
    """Which nodes."""

    after: Annotated[NodeId, Meta(description="Go on after the node of this id.")] = 0
    limit: Annotated[int, Meta(ge=1, le=500, description="How many at most.")] = 100
    tag: Annotated[str, Meta(max_length=32, description="Only nodes with this tag.")] = ""
    network: Annotated[
        NetworkId, Meta(description="Only members of this network; 0 for all nodes.")
    ] = 0


class LinksQuery(Query, frozen=True):
    """Which links."""

    after: Annotated[
        str,
        Meta(pattern=r"^([0-9]{1,10}-[0-9]{1,10})?$", description="The last page's next_after."),
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=5000, description="How many at most.")] = 1000


class RankingQuery(Query, frozen=True):
    """How much of the ranking."""

    limit: Annotated[int, Meta(ge=1, le=100, description="How many at most.")] = 20


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What is answered."""


class Failure(Answer, frozen=True):
    """Why there is no other answer."""

    error: str


class Node(Answer, frozen=True):
    """A node, without how it is reached."""

    node_id: int
    address: str
    hostname: str
    tags: tuple[str, ...]
    networks: Annotated[
        tuple[int, ...], Meta(description="Those that the viewer sees, without the backbone.")
    ]
    online: bool
    public: bool
    polo_score: int
    version: str
    task_exec: bool
    last_seen: Annotated[int | None, Meta(description="Unix seconds; for administrators.")] = None


class NodePage(Answer, frozen=True):
    """Some nodes, in the order of their ids.

    A page may hold fewer than were asked for, where a filter leaves many out.
    """

    nodes: list[Node]
    next_after: Annotated[int | None, Meta(description="Where to go on; null at the end.")] = None


class NodeDetail(Answer, frozen=True):
    """A node, and whom it trusts."""

    node: Node
    trusts: Annotated[
        tuple[int, ...] | None, Meta(description="Linked nodes; for administrators.")
    ] = None


class Network(Answer, frozen=True):
    """A network that the viewer sees."""

    network_id: int
    name: str
    join_rule: str
    members: int
    description: str = ""
    enterprise: bool = False
    managed: bool = False
    created: int = 0


class Networks(Answer, frozen=True):
    """The networks that the viewer sees, without the backbone."""

    networks: list[Network]


class LinkPage(Answer, frozen=True):
    """Some pairs of nodes that trust each other, the lower id first."""

    links: list[tuple[int, int]]
    next_after: Annotated[str | None, Meta(description="Where to go on; null at the end.")] = None


class Ranked(Answer, frozen=True):
    """A node's place in the ranking."""

    node_id: int
    hostname: str
    polo_score: int


class Ranking(Answer, frozen=True):
    """The nodes of the highest scores, highest first."""

    ranking: list[Ranked]


class TagCount(Answer, frozen=True):
    """How many nodes have a tag."""

    tag: str
    nodes: int


class RequestRate(Answer, frozen=True):
    """How many requests clients of the registry make."""

    total: Annotated[int, Meta(description="Since the start.")]
    errors: Annotated[int, Meta(description="Those that were answered with an error.")]
    seconds: Annotated[float, Meta(description="Between two entries of the history.")]
    per_second: Annotated[list[float], Meta(description="Oldest first, newest last.")]


class Overview(Answer, frozen=True):
    """The server at a glance."""

    version: str
    viewer: Annotated[str, Meta(description="Who looks: stranger or admin.")]
    now: Annotated[int, Meta(description="The server's time, in unix seconds.")]
    started: Annotated[int, Meta(description="When it started, in unix seconds.")]
    nodes: Annotated[int, Meta(description="To strangers: those in open networks.")]
    online: Annotated[int, Meta(description="Those of them that were heard of lately.")]
    networks: Annotated[int, Meta(description="To strangers: open ones.")]
    trust_links: Annotated[int | None, Meta(description="For administrators.")]
    connections: int
    tags: Annotated[list[TagCount], Meta(description="The most frequent tags.")]
    requests: RequestRate


class LiveEvent(Answer, frozen=True):
    """Something that happened; strangers are told its type and the time, and no more."""

    type: str
    at: Annotated[float, Meta(description="When it was told here, in unix seconds.")]
    number: Annotated[
        int | None, Meta(description="Its place in the change log; 0 if it is in none.")
    ] = None
    source: str | None = None
    payload: dict[str, Any] | None = None
