"""The requests the policy store answers."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

NetworkId = Annotated[int, Meta(ge=0, le=0xFFFF)]
Port = Annotated[int, Meta(ge=1, le=0xFFFF)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class SetNetworkPolicy(Request, frozen=True, tag="set_network_policy"):
    """Change those fields of a network's policy that are given.

    In what is signed, a field that is not given stands as ``None`` and the ports stand
    as ``[80, 443]``.
    """

    access: ClassVar[tuple[str, ...]] = (
        (
            "node_id signs set_network_policy:{node_id}:{network_id}"
            ":{max_members}:{allowed_ports}:{description} as owner|admin of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    node_id: int = 0
    max_members: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    allowed_ports: Annotated[list[Port], Meta(max_length=100)] | None = None
    description: Annotated[str, Meta(max_length=256)] | None = None


class GetNetworkPolicy(Request, frozen=True, tag="get_network_policy"):
    """A network's policy."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    network_id: NetworkId


class SetExprPolicy(Request, frozen=True, tag="set_expr_policy"):
    """Replace a network's expression policy, a JSON text or an object; an empty one takes it away.

    Who signs sends a text: it is what stands in the signature.
    """

    access: ClassVar[tuple[str, ...]] = (
        (
            "node_id signs set_expr_policy:{node_id}:{network_id}:{expr_policy}"
            " as owner|admin of network_id"
        ),
        "network token of network_id",
        "admin",
    )
    network_id: NetworkId
    expr_policy: str | dict[str, Any] | None
    node_id: int = 0


class GetExprPolicy(Request, frozen=True, tag="get_expr_policy"):
    """A network's expression policy, if it has one."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    network_id: NetworkId
