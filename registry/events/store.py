"""What a store shows to be taken into a server, without the server's knowing it before."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from registry.events.bus import Bus
from registry.events.durable import Snapshots, Transaction
from registry.events.event import EventType
from registry.events.projection import Projection
from registry.events.reaction import Reaction

if TYPE_CHECKING:
    from sqlalchemy import Connection


class StoreHost(Protocol):
    """What a server offers an added store: the bus, the database, the time, and answers."""

    @property
    def bus(self) -> Bus:
        """Where everything that happens is told."""

    @property
    def snapshots(self) -> Snapshots:
        """Opens the database as it is now, for read models to start from."""

    @property
    def clock(self) -> Callable[[], float]:
        """Unix time in seconds."""

    def address_of(self, network_id: int, node_id: int) -> str:
        """The text form of the address that a node has in a network."""

    def node_exists(self, transaction: Transaction, node_id: int) -> bool:
        """Whether a node is registered."""

    def role_of(self, transaction: Transaction, network_id: int, node_id: int) -> str:
        """A node's role in a network; empty if it is not a member.

        Raises:
            LookupError: There is no such network.
        """

    def trusts(self, transaction: Transaction, node_id: int, peer_id: int) -> bool:
        """Whether two nodes trust each other."""


Handler = Callable[..., Any]


@frozen(kw_only=True)
class StoreParts:
    """What a store is made of, once it has what it needs.

    Attributes:
        reads: Request classes that are answered from memory: ``read(request, caller)``.
        writes: Those that are answered from a transaction:
            ``write(transaction, request, caller)``.
        projections: What keeps its read models true.
        reactions: What it writes because of other stores' events.
    """

    reads: Mapping[type, Handler] = field(factory=dict)
    writes: Mapping[type, Handler] = field(factory=dict)
    projections: Sequence[Projection] = ()
    reactions: Sequence[Reaction] = ()


@frozen(kw_only=True)
class Store:
    """A store that a server can take in.

    Attributes:
        name: Begins the names of its tables, and of its event types' source.
        events: The event types that it publishes.
        schema_steps: What makes and upgrades its tables; step *n* upgrades version *n - 1*.
        build: Makes it from what the server offers.
    """

    name: str
    events: Sequence[EventType]
    schema_steps: "Sequence[Callable[[Connection], None]]"
    build: Callable[[StoreHost], StoreParts]
