"""The requests the identity store answers."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class RotateKey(Request, frozen=True, tag="rotate_key"):
    """Give a node another key; signed with the key it has.

    The form of old clients does not bind the new key: who records a request of theirs can
    send it again with another.
    """

    access: ClassVar[tuple[str, ...]] = (
        "node_id signs rotate:{node_id}:{new_public_key}",
        "lax: node_id signs rotate:{node_id}",
    )
    node_id: NodeId
    new_public_key: str


class SetKeyExpiry(Request, frozen=True, tag="set_key_expiry"):
    """Say until when a node's key is good: an RFC 3339 time, or ``never``."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs set_key_expiry:{node_id}", "admin")
    node_id: NodeId
    expires_at: str = "never"


class GetKeyInfo(Request, frozen=True, tag="get_key_info"):
    """How old a node's key is, and until when it is good."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    left_out: ClassVar[tuple[str, ...]] = ("owner always",)
    node_id: NodeId
