"""The requests the membership store answers."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]
NetworkId = Annotated[int, Meta(ge=0, le=0xFFFF)]
Token = Annotated[str, Meta(max_length=1024)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class CreateNetwork(Request, frozen=True, tag="create_network"):
    """Make a network that a node owns, or nobody: the administrator who makes it rules it."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    name: str
    node_id: Annotated[int, Meta(ge=0, le=0xFFFF_FFFE)] = 0
    join_rule: Literal["open", "token", "invite", ""] = ""
    token: Token = ""
    enterprise: bool = False
    rules: str | dict[str, Any] | None = None
    expr_policy: str | dict[str, Any] | None = None
    network_admin_token: Token = ""


class JoinNetwork(Request, frozen=True, tag="join_network"):
    """Come into a network that is open, or whose token is known."""

    access: ClassVar[tuple[str, ...]] = (
        "node_id signs join_network:{node_id}:{network_id}",
        "admin",
    )
    node_id: NodeId
    network_id: NetworkId
    token: Token = ""
    inviter_id: int = 0


class LeaveNetwork(Request, frozen=True, tag="leave_network"):
    """Go out of a network."""

    access: ClassVar[tuple[str, ...]] = (
        "node_id signs leave_network:{node_id}:{network_id}",
        "admin",
    )
    node_id: NodeId
    network_id: NetworkId


class DeleteNetwork(Request, frozen=True, tag="delete_network"):
    """Remove a network; for its owner."""

    access: ClassVar[tuple[str, ...]] = (
        "node_id signs delete_network:{node_id}:{network_id} as owner of network_id",
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    node_id: int = 0


class RenameNetwork(Request, frozen=True, tag="rename_network"):
    """Give a network another name; for its owner and admins."""

    access: ClassVar[tuple[str, ...]] = (
        "node_id signs rename_network:{node_id}:{network_id}:{name} as owner|admin of network_id",
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    name: str
    node_id: int = 0


class SetNetworkEnterprise(Request, frozen=True, tag="set_network_enterprise"):
    """Set or clear a network's enterprise flag."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    network_id: NetworkId
    enterprise: bool


class ListNetworks(Request, frozen=True, tag="list_networks"):
    """The networks that are open, those the signer is in, and for an administrator all.

    A network that is not open is listed to anyone all the same if it has rules or an
    expression policy: its members' daemons look for those here, and do not sign.
    """

    access: ClassVar[tuple[str, ...]] = (
        "anyone",
        "requester_id signs list_networks:{requester_id} if requester_id",
    )
    left_out: ClassVar[tuple[str, ...]] = (
        (
            "networks unless they are open, managed or under an expression policy, the signer is"
            " a member, an administrator asks, or the server is lax"
        ),
        (
            "description unless the network is open, the signer is a member, an administrator"
            " asks, or the server is lax"
        ),
        "created unless likewise",
        "max_members unless likewise",
        "members unless the signer is a member, an administrator asks, or the server is lax",
        "token always",
        "network_admin_token always",
    )
    requester_id: int = 0


class InviteToNetwork(Request, frozen=True, tag="invite_to_network"):
    """Invite a node into an invite-only network; for its owner and admins."""

    access: ClassVar[tuple[str, ...]] = (
        (
            "inviter_id signs invite:{inviter_id}:{network_id}:{target_node_id}"
            " as owner|admin of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    inviter_id: NodeId
    target_node_id: NodeId


class PollInvites(Request, frozen=True, tag="poll_invites"):
    """The invites that wait for a node; each waits until it is answered."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs poll_invites:{node_id}",)
    node_id: NodeId


class RespondInvite(Request, frozen=True, tag="respond_invite"):
    """Accept or decline an invite."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs respond_invite:{node_id}:{network_id}",)
    node_id: NodeId
    network_id: NetworkId
    accept: bool


class PromoteMember(Request, frozen=True, tag="promote_member"):
    """Make a member an admin; for the owner."""

    access: ClassVar[tuple[str, ...]] = (
        (
            "node_id signs promote_member:{node_id}:{network_id}:{target_node_id}"
            " as owner of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    target_node_id: NodeId
    node_id: int = 0


class DemoteMember(Request, frozen=True, tag="demote_member"):
    """Make an admin a member; for the owner."""

    access: ClassVar[tuple[str, ...]] = (
        (
            "node_id signs demote_member:{node_id}:{network_id}:{target_node_id}"
            " as owner of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    target_node_id: NodeId
    node_id: int = 0


class KickMember(Request, frozen=True, tag="kick_member"):
    """Put a member out of a network; for the owner and admins."""

    access: ClassVar[tuple[str, ...]] = (
        (
            "node_id signs kick_member:{node_id}:{network_id}:{target_node_id}"
            " as owner|admin of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    target_node_id: NodeId
    node_id: int = 0


class TransferOwnership(Request, frozen=True, tag="transfer_ownership"):
    """Make another member the owner; for the owner, who stays on as an admin."""

    access: ClassVar[tuple[str, ...]] = (
        (
            "node_id signs transfer_ownership:{node_id}:{network_id}:{new_owner_id}"
            " as owner of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    new_owner_id: NodeId
    node_id: int = 0


class GetMemberRole(Request, frozen=True, tag="get_member_role"):
    """A member's role."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    network_id: NetworkId
    target_node_id: NodeId


class SetMemberTags(Request, frozen=True, tag="set_member_tags"):
    """Replace a member's tags within a network; for its owner and admins."""

    access: ClassVar[tuple[str, ...]] = (
        (
            "node_id signs set_member_tags:{node_id}:{network_id}:{target_node_id}"
            " as owner|admin of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    target_node_id: NodeId
    tags: list[str] | None
    node_id: int = 0


class GetMemberTags(Request, frozen=True, tag="get_member_tags"):
    """A member's tags within a network; those of every member where none is named."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    network_id: NetworkId
    target_node_id: Annotated[int, Meta(ge=0, le=0xFFFF_FFFE)] = 0
