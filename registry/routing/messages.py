"""The requests the routing store answers."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class BeaconRegister(Request, frozen=True, tag="beacon_register"):
    """Take or renew a beacon's lease.

    For administrators, unless the server is set to take beacons from anyone: whoever is
    listed as a beacon is handed other nodes' traffic.
    """

    access: ClassVar[tuple[str, ...]] = ("admin", "open-beacons: anyone")
    beacon_id: Annotated[int, Meta(ge=1, le=0xFFFF_FFFF)]
    addr: str


class BeaconList(Request, frozen=True, tag="beacon_list"):
    """The beacons whose lease runs."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)


class Punch(Request, frozen=True, tag="punch"):
    """The endpoints of two nodes that are about to open a path through their NATs."""

    access: ClassVar[tuple[str, ...]] = ("requester_id signs punch:{node_a}:{node_b}",)
    left_out: ClassVar[tuple[str, ...]] = (
        (
            "node_a_addr unless the signer may reach that node, as in resolve; without it there"
            " is no answer"
        ),
        "node_b_addr unless likewise",
    )
    requester_id: NodeId
    node_a: NodeId
    node_b: NodeId
