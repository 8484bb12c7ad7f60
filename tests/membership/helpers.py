"""A membership store over a real database, with the other stores played by the test."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from registry.dispatch import OperationTable
from registry.events import Event, InProcessBus, Subscription, Transaction
from registry.membership import SCHEMA_STEPS, MembershipStore, MembershipView
from registry.membership.messages import CreateNetwork, Request
from registry.persistence import Committer, Database
from tests.authorization import require_role
from tests.harness.stores import ground_in

START = 1_700_000_000


@frozen
class Caller:
    """A caller as the dispatcher proves it."""

    node_id: int = 0
    is_admin: bool = False


ADMIN = Caller(is_admin=True)


def address_of(network_id: int, node_id: int) -> str:
    return f"{network_id}/{node_id}"


@define(eq=False)
class World:
    """Nodes 1 to 9, a clock, and the store and view under test.

    Attributes:
        now: What the clock says.
        nodes: The registered nodes.
        limits: The member limits of networks.
        external_ids: By which ids the holders of nodes are known elsewhere.
        policed: The networks with an expression policy.
        closed_lists: Whether views made from now on are those of a strict server.
    """

    database: Database
    bus: InProcessBus
    committer: Committer
    now: int = START
    nodes: set[int] = field(factory=lambda: set(range(1, 10)))
    limits: dict[int, int] = field(factory=dict)
    external_ids: dict[int, str] = field(factory=dict)
    policed: set[int] = field(factory=set)
    closed_lists: bool = True
    store: MembershipStore = field(init=False)
    view: MembershipView = field(init=False)
    told: Subscription = field(init=False)
    operations: OperationTable = field(factory=OperationTable)

    def __attrs_post_init__(self) -> None:
        self.store = MembershipStore(
            clock=lambda: self.now,
            address_of=address_of,
            node_exists=lambda _transaction, node_id: node_id in self.nodes,
            external_id_of=lambda _transaction, node_id: self.external_ids.get(node_id, ""),
            member_limit=lambda _transaction, network_id: self.limits.get(network_id, 0),
            terms=lambda _transaction, network_id: {"terms": network_id},
        )
        self.view = self.new_view()
        self.told = self.bus.subscribe("*")
        self.operations.add(writes=self.writes)

    def new_view(self) -> MembershipView:
        """A view that starts from what the database holds now."""
        return MembershipView(
            bus=self.bus,
            snapshots=self.database.snapshot,
            clock=lambda: self.now,
            node_count=lambda: len(self.nodes),
            summary=lambda network_id: {"summary": network_id},
            has_expr_policy=lambda network_id: network_id in self.policed,
            closed_lists=self.closed_lists,
        )

    @property
    def writes(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, also the one that other stores have a say in."""
        return {**self.store.operations(), CreateNetwork: self.store.create_network}

    def write(self, request: Request, caller: Caller = ADMIN) -> dict[str, Any]:
        """Run a request that writes, as the dispatcher would."""
        handler = self.writes[type(request)]

        def run(transaction: Transaction) -> dict[str, Any]:
            require_role(self.operations, self.store, transaction, request, caller)
            return dict(handler(transaction, request, caller))

        return self.committer.run(run)

    def read(self, request: Request, caller: Caller = ADMIN) -> dict[str, Any]:
        """Answer a request from memory."""
        handler: Callable[..., Mapping[str, Any]] = self.view.operations()[type(request)]
        return dict(handler(request, caller))

    def create(self, owner: int = 1, name: str = "lab", **facts: Any) -> int:
        """Make a network and return its id."""
        answer = self.write(CreateNetwork(node_id=owner, name=name, **facts))
        network_id: int = answer["network_id"]
        return network_id

    def deregister(self, node_id: int) -> None:
        """What follows when a node leaves for good."""
        self.nodes.discard(node_id)
        event = Event("directory", "node.deregistered", {"node_id": node_id})

        def react(transaction: Transaction) -> None:
            self.store.on_node_deregistered(transaction, event)

        self.committer.run(react)

    def roles(self, network_id: int) -> dict[int, str]:
        """The members of a network with their roles, by the view."""
        return {node: member.role for node, member in self.view.members(network_id).items()}

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was told since the last call."""
        return [(event.type, dict(event.payload)) for event in self.told.drain()]


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """A world in a data folder."""
    with ground_in(folder, "membership", SCHEMA_STEPS) as ground:
        yield World(ground.database, ground.bus, ground.committer)
