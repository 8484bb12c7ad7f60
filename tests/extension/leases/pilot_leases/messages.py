"""The requests the leases store answers."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class TakeLease(Request, frozen=True, tag="take_lease"):
    """Hold a name for some seconds, or hold it for longer."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs take_lease:{node_id}:{name}:{seconds}",)
    node_id: NodeId
    name: Name
    seconds: Annotated[int, Meta(ge=1, le=86_400)]


class ReleaseLease(Request, frozen=True, tag="release_lease"):
    """Let go of a name."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs release_lease:{node_id}:{name}", "admin")
    node_id: NodeId
    name: Name


class GetLease(Request, frozen=True, tag="get_lease"):
    """Who holds a name, and until when."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    name: Name
