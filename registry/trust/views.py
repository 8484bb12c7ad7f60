"""Trust links and waiting handshakes, as others read them."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from registry.events import Bus, Event, Projection, Snapshots
from registry.trust.messages import CheckTrust, PollHandshakes
from registry.trust.ports import Caller, ShareNetwork
from registry.trust.tables import answers, reports, requests

_there, _back = reports.alias(), reports.alias()
_LINKS = (
    select(_there.c.node_id, _there.c.peer_id)
    .join(_back, (_there.c.node_id == _back.c.peer_id) & (_there.c.peer_id == _back.c.node_id))
    .where(_there.c.node_id < _there.c.peer_id)
)
_ADDRESSEES = (
    select(requests.c.node_id).where(requests.c.fetched.is_(False)).union(select(answers.c.node_id))
)


class TrustView:
    """Links, and for whom something waits, in memory."""

    def __init__(
        self,
        *,
        bus: Bus,
        snapshots: Snapshots,
        share_network: ShareNetwork,
        secret_links: bool = True,
    ) -> None:
        """Build from the database, and follow the bus.

        Args:
            bus: Where the store tells what it does.
            snapshots: Where it has done so.
            share_network: Knows of networks.
            secret_links: Whether nobody is told who trusts whom but those two.
        """
        self._snapshots = snapshots
        self._share_network = share_network
        self._secret_links = secret_links
        self._links: set[tuple[int, int]] = set()
        self._addressees: set[int] = set()
        self.projection = Projection(
            bus, ("trust.*", "handshake.*"), apply=self._apply, rebuild=self._rebuild
        )

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any] | None]]:
        """The requests that can be answered by reading, each with its method."""
        return {CheckTrust: self.check_trust, PollHandshakes: self.poll_handshakes}

    def linked(self, node_id: int, peer_id: int) -> bool:
        """Whether two nodes trust each other."""
        self.projection.catch_up()
        return (min(node_id, peer_id), max(node_id, peer_id)) in self._links

    def links(self) -> list[tuple[int, int]]:
        """Every pair of nodes that trust each other, the lower id first, in no order."""
        self.projection.catch_up()
        return list(self._links)

    def __len__(self) -> int:
        """How many links there are."""
        self.projection.catch_up()
        return len(self._links)

    def check_trust(self, request: CheckTrust, caller: Caller) -> dict[str, Any]:
        """Answer whether two nodes trust each other, or share a network.

        Raises:
            PermissionError: A third node asks, or one that does not sign about nodes that share
                no network.
        """
        node_id, peer_id = request.node_id, request.peer_id
        if caller.node_id not in (0, node_id, peer_id):
            raise PermissionError("requester_id: check_trust denied: requester must be participant")
        if self._share_network(node_id, peer_id):
            return {"trusted": True}
        if self._secret_links and not (caller.node_id or caller.is_admin):
            raise PermissionError("signature: check_trust needs one by requester_id")
        return {"trusted": self.linked(node_id, peer_id)}

    def poll_handshakes(
        self, request: PollHandshakes, _caller: Caller
    ) -> dict[str, list[Any]] | None:
        """Answer that nothing waits for a node; None where something does."""
        self.projection.catch_up()
        if request.node_id in self._addressees:
            return None
        return {"requests": [], "responses": []}

    def _apply(self, event: Event) -> None:
        node_id = event.payload["node_id"]
        match event.type:
            case "trust.linked":
                self._links.add((node_id, event.payload["peer_id"]))
            case "trust.revoked":
                self._links.discard((node_id, event.payload["peer_id"]))
            case "handshake.requested":
                self._addressees.add(node_id)
            case "handshake.answered":
                self._addressees.add(event.payload["peer_id"])
            case "handshake.inbox_emptied":
                self._addressees.discard(node_id)

    def _rebuild(self) -> int:
        with self._snapshots() as snapshot:
            links = snapshot.connection.execute(_LINKS)
            self._links = {(node_id, peer_id) for node_id, peer_id in links}
            self._addressees = set(snapshot.connection.execute(_ADDRESSEES).scalars())
            return snapshot.number
