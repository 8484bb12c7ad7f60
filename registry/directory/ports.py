"""What the directory store needs from outside."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection

Clock = Callable[[], float]
"""Unix time in seconds."""

AddressOf = Callable[[int, int], str]
"""The text form of the address that a node (second) has in a network (first)."""


class Caller(Protocol):
    """Who asks, as far as it was proved."""

    @property
    def node_id(self) -> int:
        """The node that signed the request; 0 if none did."""

    @property
    def is_admin(self) -> bool:
        """Whether the request carried the admin token."""


class Member(Protocol):
    """A node's place in a network."""

    @property
    def role(self) -> str:
        """``owner``, ``admin`` or ``member``."""

    @property
    def tags(self) -> Sequence[str]:
        """What the node was said to be good for there."""


class Badge(Protocol):
    """What an issuer said of a node's holder."""

    @property
    def badge(self) -> str:
        """The issuer's statement."""

    @property
    def badge_sig(self) -> str:
        """Its signature, base64."""

    @property
    def provider(self) -> str:
        """Who verified the holder."""

    @property
    def verified_at(self) -> int:
        """When the badge was handed in, in unix seconds."""


class Neighbours(Protocol):
    """What the directory asks the other stores' read models."""

    def trusted(self, node_id: int, peer_id: int) -> bool:
        """Whether two nodes trust each other."""

    def members(self, network_id: int) -> Mapping[int, Member]:
        """The members of a network; raises LookupError where there is no such network."""

    def members_after(self, network_id: int, node_id: int) -> Iterator[tuple[int, Member]]:
        """The members of a network whose ids are above one, in order, as far as is asked for."""

    def is_open(self, network_id: int) -> bool:
        """Whether a network takes in whoever comes."""

    def is_steered(self, network_id: int) -> bool:
        """Whether members' daemons follow what a network says, and so have to list it."""

    def public_key(self, node_id: int) -> str:
        """A node's key, base64."""

    def key_in_use_since(self, node_id: int) -> int:
        """When a node's key came into use, in unix seconds."""

    def relay_address(self) -> str:
        """The endpoint of a beacon that relays to nodes; empty where there is none."""


class Sources(Protocol):
    """The other stores' facts that the directory keeps a copy of, to start from."""

    def key_expiries(self, connection: Connection) -> Iterable[tuple[int, int]]:
        """Every node whose key will expire, with when, in unix seconds."""

    def key_generations(self, connection: Connection) -> Iterable[tuple[int, int]]:
        """Every node that ever had another key, with how often."""

    def badges(self, connection: Connection) -> Iterable[tuple[int, Badge]]:
        """Every node that has a badge, with it."""

    def external_ids(self, connection: Connection) -> Iterable[tuple[int, str]]:
        """Every node with the id by which its holder is known elsewhere."""

    def memberships(self, connection: Connection) -> Iterable[tuple[int, int]]:
        """Every node with each network it is in, without the backbone."""

    def scores(self, connection: Connection) -> Iterable[tuple[int, int]]:
        """Every rated node with its score."""
