"""The requests the trust store answers."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class ReportTrust(Request, frozen=True, tag="report_trust"):
    """Say that a node trusts a peer."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs report_trust:{node_id}:{peer_id}",)
    node_id: NodeId
    peer_id: NodeId


class RevokeTrust(Request, frozen=True, tag="revoke_trust"):
    """Say that a node no longer trusts a peer: ends the link for both."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs revoke_trust:{node_id}:{peer_id}",)
    node_id: NodeId
    peer_id: NodeId


class CheckTrust(Request, frozen=True, tag="check_trust"):
    """Whether two nodes trust each other or share a network other than the backbone.

    Whether they trust each other is for the two to know, and for an administrator; on a lax
    server for anyone. That they share a network anyone can find out by looking them up, and
    daemons ask without signing before they take connections from members.
    """

    access: ClassVar[tuple[str, ...]] = (
        "anyone",
        "requester_id signs check_trust:{node_id}:{peer_id} if requester_id",
    )
    left_out: ClassVar[tuple[str, ...]] = (
        (
            "trusted unless the nodes share a network other than the backbone, one of the two"
            " signs, an administrator asks, or the server is lax; without it there is no answer"
        ),
    )
    node_id: NodeId
    peer_id: NodeId
    requester_id: int = 0


class RequestHandshake(Request, frozen=True, tag="request_handshake"):
    """Ask a node for trust, by way of the registry: it may be private."""

    access: ClassVar[tuple[str, ...]] = (
        "from_node_id signs handshake:{from_node_id}:{to_node_id}",
    )
    from_node_id: NodeId
    to_node_id: NodeId
    justification: str = ""


class PollHandshakes(Request, frozen=True, tag="poll_handshakes"):
    """Fetch the requests and answers that wait for a node; each is handed out once."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs poll_handshakes:{node_id}",)
    node_id: NodeId


class RespondHandshake(Request, frozen=True, tag="respond_handshake"):
    """Accept or decline what a peer asked for."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs respond:{node_id}:{peer_id}",)
    node_id: NodeId
    peer_id: NodeId
    accept: bool
