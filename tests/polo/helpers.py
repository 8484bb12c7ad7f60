"""A polo store over a real database, with the other stores played by the test."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from registry.events import InProcessBus, Subscription
from registry.persistence import Committer, Database
from registry.polo import SCHEMA_STEPS, PoloStore, PoloView, scores
from registry.polo.messages import (
    GetPoloHistory,
    GetPoloScore,
    ListPoloScores,
    Request,
    SetPoloScore,
    UpdatePoloScore,
)
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
    """Nodes 1 to 9, of which 1, 2 and 3 trust each other, a clock, and the parts under test.

    Attributes:
        now: What the clock says.
        nodes: The registered nodes.
        links: The pairs of nodes, lower id first, that trust each other.
    """

    database: Database
    bus: InProcessBus
    committer: Committer
    now: float = START
    nodes: set[int] = field(factory=lambda: set(range(1, 10)))
    links: set[tuple[int, int]] = field(factory=lambda: {(1, 2), (1, 3), (2, 3)})
    store: PoloStore = field(init=False)
    view: PoloView = field(init=False)
    told: Subscription = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = PoloStore(
            clock=lambda: self.now,
            address_of=address_of,
            node_exists=lambda _transaction, node_id: node_id in self.nodes,
            trusts=lambda _transaction, one, other: (
                (min(one, other), max(one, other)) in self.links
            ),
        )
        self.view = self.new_view()
        self.told = self.bus.subscribe("*")

    def new_view(self) -> PoloView:
        """A view that starts from what the database holds now."""
        return PoloView(
            bus=self.bus,
            snapshots=self.database.snapshot,
            address_of=address_of,
            node_known=lambda node_id: node_id in self.nodes,
        )

    def write(self, request: Request, caller: Caller = ADMIN) -> dict[str, Any]:
        """Run a request that writes, as the dispatcher would."""
        handler: Callable[..., Mapping[str, Any]] = self.store.operations()[type(request)]
        return self.committer.run(lambda transaction: dict(handler(transaction, request, caller)))

    def read(self, request: Request, caller: Caller = ADMIN) -> dict[str, Any]:
        """Answer a request that only reads."""
        handler: Callable[..., Mapping[str, Any]] = self.view.operations()[type(request)]
        return dict(handler(request, caller))

    def set_score(self, node_id: int, score: int) -> dict[str, Any]:
        """An administrator sets a score."""
        return self.write(SetPoloScore(node_id=node_id, polo_score=score))

    def move(self, node_id: int, delta: int) -> dict[str, Any]:
        """An administrator moves a score."""
        return self.write(UpdatePoloScore(node_id=node_id, delta=delta))

    def rate(
        self, rater_id: int, node_id: int, delta: int = 1, *, at: float | None = None
    ) -> dict[str, Any]:
        """A node rates another, and signs now or at some time."""
        timestamp = int(self.now if at is None else at)
        request = UpdatePoloScore(
            node_id=node_id, delta=delta, rater_id=rater_id, timestamp=timestamp
        )
        return self.write(request, Caller(node_id=rater_id))

    def score(self, node_id: int) -> int:
        """What a client is told of a node's score."""
        return int(self.read(GetPoloScore(node_id=node_id), Caller())["polo_score"])

    def history(self, node_id: int, limit: int = 100) -> list[dict[str, int]]:
        """What a node is told of the changes of its score."""
        answer = self.read(GetPoloHistory(node_id=node_id, limit=limit), Caller(node_id=node_id))
        changes: list[dict[str, int]] = answer["changes"]
        return changes

    def ranking(self, limit: int = 100) -> list[tuple[int, int]]:
        """The nodes with the highest scores, each with its score."""
        listed = self.read(ListPoloScores(limit=limit), Caller())["scores"]
        return [(entry["node_id"], entry["polo_score"]) for entry in listed]

    def stored(self) -> dict[int, int]:
        """The score of every rated node, as the database holds them."""
        with self.database.snapshot() as snapshot:
            return dict(scores(snapshot.connection))

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was told since the last call."""
        return [(event.type, dict(event.payload)) for event in self.told.drain()]


@contextmanager
def world_in(folder: Path, *, buffer_size: int = 0) -> Iterator[World]:
    """A world in a data folder, whose bus holds so many events for each reader."""
    with ground_in(folder, "polo", SCHEMA_STEPS, buffer_size=buffer_size) as ground:
        yield World(ground.database, ground.bus, ground.committer)
