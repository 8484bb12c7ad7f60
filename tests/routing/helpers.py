"""A routing store over a real database, with the directory played by the test."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from registry.events import InProcessBus, Subscription
from registry.persistence import Committer, Database
from registry.routing import SCHEMA_STEPS, RoutingStore, RoutingView
from registry.routing.messages import BeaconList, BeaconRegister, Punch, Request
from tests.harness.stores import ground_in

START = 1_700_000_000
LEASE = 60


@frozen
class Caller:
    """A caller as the dispatcher proves it."""

    is_admin: bool = False


ADMIN = Caller(is_admin=True)


@define(eq=False)
class World:
    """Nodes 1 to 3, of which 3 is private, a clock, and the parts under test.

    Attributes:
        now: What the clock says.
        endpoints: Where nodes are.
        private: The nodes whose endpoints are for themselves and their peers.
        peers: Who may know where whom is, beside the node itself.
    """

    database: Database
    bus: InProcessBus
    committer: Committer
    now: float = START
    endpoints: dict[int, str] = field(
        factory=lambda: {node_id: f"192.0.2.{node_id}:4000" for node_id in (1, 2, 3)}
    )
    private: set[int] = field(factory=lambda: {3})
    peers: set[tuple[int, int]] = field(factory=set)
    store: RoutingStore = field(init=False)
    view: RoutingView = field(init=False)
    told: Subscription = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = RoutingStore(clock=lambda: self.now, lease=LEASE)
        self.view = self.new_view()
        self.told = self.bus.subscribe("*")

    def new_view(self) -> RoutingView:
        """A view that starts from what the database holds now."""
        return RoutingView(
            bus=self.bus,
            snapshots=self.database.snapshot,
            clock=lambda: self.now,
            endpoint_for=self.endpoint_for,
        )

    def endpoint_for(self, requester_id: int, node_id: int) -> str:
        """What the directory tells one node of another's endpoint."""
        for each in (requester_id, node_id):
            if each not in self.endpoints:
                raise LookupError(f"node {each}: node not found")
        hidden = node_id in self.private and requester_id != node_id
        if hidden and (requester_id, node_id) not in self.peers:
            raise PermissionError(f"resolve denied: node {node_id} is private")
        return self.endpoints[node_id]

    def write(self, request: Request, caller: Caller = ADMIN) -> dict[str, Any]:
        """Run a request that writes, as the dispatcher would."""
        handler: Callable[..., Mapping[str, Any]] = self.store.operations()[type(request)]
        return self.committer.run(lambda transaction: dict(handler(transaction, request, caller)))

    def register(self, beacon_id: int, addr: str = "192.0.2.9:9001") -> dict[str, Any]:
        """A beacon takes or renews a lease."""
        return self.write(BeaconRegister(beacon_id=beacon_id, addr=addr))

    def drop_expired(self) -> None:
        """What housekeeping does now and then."""
        self.committer.run(self.store.drop_expired)

    def beacons(self) -> dict[int, str]:
        """What a client is told of the beacons, in the order of the list."""
        listed = self.view.list_beacons(BeaconList(), Caller())["beacons"]
        return {entry["id"]: entry["addr"] for entry in listed}

    def punch(self, requester_id: int, node_a: int, node_b: int) -> dict[str, Any]:
        """A node is about to open a path to another."""
        return self.view.punch(
            Punch(requester_id=requester_id, node_a=node_a, node_b=node_b), Caller()
        )

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was told since the last call."""
        return [(event.type, dict(event.payload)) for event in self.told.drain()]


@contextmanager
def world_in(folder: Path, *, buffer_size: int = 0) -> Iterator[World]:
    """A world in a data folder, whose bus holds so many events for each reader."""
    with ground_in(folder, "routing", SCHEMA_STEPS, buffer_size=buffer_size) as ground:
        yield World(ground.database, ground.bus, ground.committer)
