"""A policy store over a real database, with the other stores played by the test."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from registry.dispatch import OperationTable
from registry.events import Event, InProcessBus, Subscription, Transaction
from registry.persistence import Committer, Database
from registry.policy import SCHEMA_STEPS, PolicyStore, PolicyView
from registry.policy.messages import Request
from tests.authorization import require_role
from tests.harness.stores import ground_in


@frozen
class Caller:
    """A caller as the dispatcher proves it."""

    node_id: int = 0
    is_admin: bool = False


ADMIN = Caller(is_admin=True)


@define(eq=False)
class World:
    """Networks with members, and the store and view under test.

    Attributes:
        networks: The role of each member, by network and node.
    """

    database: Database
    bus: InProcessBus
    committer: Committer
    networks: dict[int, dict[int, str]] = field(
        factory=lambda: {0: {}, 1: {1: "owner", 2: "admin", 3: "member"}, 2: {4: "owner"}}
    )
    store: PolicyStore = field(init=False)
    view: PolicyView = field(init=False)
    told: Subscription = field(init=False)
    operations: OperationTable = field(factory=OperationTable)

    def __attrs_post_init__(self) -> None:
        self.store = PolicyStore(
            network_exists=lambda _transaction, network_id: network_id in self.networks,
            member_count=lambda _transaction, network_id: len(self.networks[network_id]),
        )
        self.view = self.new_view()
        self.told = self.bus.subscribe("*")
        self.operations.add(writes=self.store.operations())

    def role_of(self, _transaction: Transaction, network_id: int, node_id: int) -> str:
        """The role of a node, as the membership store would tell the dispatcher."""
        return self.networks[network_id].get(node_id, "")

    def admin_token_matches(self, _transaction: Transaction, _network_id: int, _token: str) -> bool:
        """Whether a token is the network's; these networks have none."""
        return False

    def new_view(self) -> PolicyView:
        """A view that starts from what the database holds now."""
        return PolicyView(
            bus=self.bus,
            snapshots=self.database.snapshot,
            network_known=lambda network_id: network_id in self.networks,
        )

    def write(self, request: Request, caller: Caller = ADMIN) -> dict[str, Any]:
        """Run a request that writes, as the dispatcher would."""
        handler: Callable[..., Mapping[str, Any]] = self.store.operations()[type(request)]

        def run(transaction: Transaction) -> dict[str, Any]:
            require_role(self.operations, self, transaction, request, caller)
            return dict(handler(transaction, request, caller))

        return self.committer.run(run)

    def read(self, request: Request, caller: Caller = ADMIN) -> dict[str, Any]:
        """Answer a request from memory."""
        handler: Callable[..., Mapping[str, Any]] = self.view.operations()[type(request)]
        return dict(handler(request, caller))

    def ask(self, question: Callable[[Transaction, int], Any], network_id: int) -> Any:
        """What the store offers to others in a transaction."""
        return self.committer.run(lambda transaction: question(transaction, network_id))

    def delete(self, network_id: int) -> None:
        """What follows when a network is gone."""
        self.networks.pop(network_id)
        event = Event("membership", "network.deleted", {"network_id": network_id, "name": "lab"})

        def react(transaction: Transaction) -> None:
            self.store.on_network_deleted(transaction, event)

        self.committer.run(react)

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was told since the last call."""
        return [(event.type, dict(event.payload)) for event in self.told.drain()]


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """A world in a data folder."""
    with ground_in(folder, "policy", SCHEMA_STEPS) as ground:
        yield World(ground.database, ground.bus, ground.committer)
