"""A trust store over a real database, with the other stores played by the test."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from registry.events import Event, InProcessBus, Subscription, Transaction
from registry.persistence import Committer, Database
from registry.trust import SCHEMA_STEPS, TrustStore, TrustView
from registry.trust.messages import (
    CheckTrust,
    PollHandshakes,
    ReportTrust,
    Request,
    RequestHandshake,
    RespondHandshake,
    RevokeTrust,
)
from tests.harness.stores import ground_in

START = 1_700_000_000


@frozen
class Caller:
    """A caller as the dispatcher proves it."""

    node_id: int = 0
    is_admin: bool = False


@define(eq=False)
class World:
    """Nodes 1 to 9, a clock, and the store and view under test.

    Attributes:
        now: What the clock says.
        nodes: The registered nodes.
        neighbours: The pairs of nodes, lower id first, that share a network.
    """

    database: Database
    bus: InProcessBus
    committer: Committer
    now: float = START
    nodes: set[int] = field(factory=lambda: set(range(1, 10)))
    neighbours: set[tuple[int, int]] = field(factory=set)
    store: TrustStore = field(init=False)
    view: TrustView = field(init=False)
    told: Subscription = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = TrustStore(
            clock=lambda: self.now,
            node_exists=lambda _transaction, node_id: node_id in self.nodes,
        )
        self.view = self.new_view()
        self.told = self.bus.subscribe("*")

    def new_view(self) -> TrustView:
        """A view that starts from what the database holds now."""
        return TrustView(
            bus=self.bus,
            snapshots=self.database.snapshot,
            share_network=lambda one, other: (min(one, other), max(one, other)) in self.neighbours,
        )

    def write(self, request: Request) -> dict[str, Any]:
        """Run a request that writes, as the dispatcher would."""
        handler: Callable[..., Mapping[str, Any]] = self.store.operations()[type(request)]
        return self.committer.run(lambda transaction: dict(handler(transaction, request, Caller())))

    def report(self, node_id: int, peer_id: int) -> dict[str, Any]:
        """A node says that it trusts a peer."""
        return self.write(ReportTrust(node_id=node_id, peer_id=peer_id))

    def revoke(self, node_id: int, peer_id: int) -> dict[str, Any]:
        """A node says that it no longer does."""
        return self.write(RevokeTrust(node_id=node_id, peer_id=peer_id))

    def link(self, node_id: int, peer_id: int) -> None:
        """Two nodes say that they trust each other."""
        self.report(node_id, peer_id)
        self.report(peer_id, node_id)

    def request(self, from_node_id: int, to_node_id: int, justification: str = "") -> str:
        """A node asks another for trust; returns what became of it."""
        answer = self.write(
            RequestHandshake(
                from_node_id=from_node_id, to_node_id=to_node_id, justification=justification
            )
        )
        return str(answer["status"])

    def respond(self, node_id: int, peer_id: int, *, accept: bool) -> dict[str, Any]:
        """A node answers what a peer asked."""
        return self.write(RespondHandshake(node_id=node_id, peer_id=peer_id, accept=accept))

    def poll(self, node_id: int) -> dict[str, list[Any]]:
        """What waits for a node, from memory where nothing does, as the dispatcher would."""
        request = PollHandshakes(node_id=node_id)
        from_memory = self.view.poll_handshakes(request, Caller())
        return self.write(request) if from_memory is None else from_memory

    def asks_for(self, node_id: int) -> list[int]:
        """Whose requests a node fetches now."""
        return [entry["from_node_id"] for entry in self.poll(node_id)["requests"]]

    def waits_for(self, node_id: int) -> bool:
        """Whether the view knows of anything that waits for a node."""
        return self.view.poll_handshakes(PollHandshakes(node_id=node_id), Caller()) is None

    def check(self, node_id: int, peer_id: int) -> bool:
        """What the first of two nodes is told about them."""
        request = CheckTrust(node_id=node_id, peer_id=peer_id)
        answer = self.view.check_trust(request, Caller(node_id))
        assert answer.keys() == {"trusted"}
        return bool(answer["trusted"])

    def linked(self, node_id: int, peer_id: int) -> bool:
        """What the store tells others in a transaction."""
        return self.committer.run(
            lambda transaction: self.store.linked(transaction, node_id, peer_id)
        )

    def deregister(self, node_id: int) -> None:
        """What follows when a node leaves for good."""
        self.nodes.discard(node_id)
        event = Event("directory", "node.deregistered", {"node_id": node_id})

        def react(transaction: Transaction) -> None:
            self.store.on_node_deregistered(transaction, event)

        self.committer.run(react)

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was told since the last call."""
        return [(event.type, dict(event.payload)) for event in self.told.drain()]


@contextmanager
def world_in(folder: Path, *, buffer_size: int = 0) -> Iterator[World]:
    """A world in a data folder, whose bus holds so many events for each reader."""
    with ground_in(folder, "trust", SCHEMA_STEPS, buffer_size=buffer_size) as ground:
        yield World(ground.database, ground.bus, ground.committer)
