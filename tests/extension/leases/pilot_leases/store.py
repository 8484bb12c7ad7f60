"""The operations of the leases store."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from pilot_leases.events import LEASE_RELEASED, LEASE_TAKEN
from pilot_leases.messages import ReleaseLease, TakeLease
from pilot_leases.tables import leases
from registry.events import Event, Transaction

_THIS = leases.c.name == bindparam("wanted")
_LEASE = select(leases.c.node_id, leases.c.until).where(_THIS)
_DELETE = delete(leases).where(_THIS)
_OF_NODE = select(leases.c.name).where(leases.c.node_id == bindparam("node"))


class LeasesStore:
    """Gives names to one node at a time."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        node_exists: Callable[[Transaction, int], bool],
    ) -> None:
        self._clock = clock
        self._node_exists = node_exists

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {TakeLease: self.take, ReleaseLease: self.release}

    def take(self, transaction: Transaction, request: TakeLease, _caller: object) -> dict[str, Any]:
        """Hold a name.

        Raises:
            LookupError: There is no such node.
            PermissionError: Another node holds it.
        """
        if not self._node_exists(transaction, request.node_id):
            raise LookupError(f"node {request.node_id}: node not found")
        now = int(self._clock())
        held = transaction.execute(_LEASE, {"wanted": request.name}).one_or_none()
        if held is not None and held.until > now and held.node_id != request.node_id:
            raise PermissionError(f"name: is held by node {held.node_id} until {held.until}")
        lease = {
            "name": request.name,
            "node_id": request.node_id,
            "until": now + request.seconds,
        }
        transaction.execute(_DELETE, {"wanted": request.name})
        transaction.execute(insert(leases), lease)
        transaction.publish(LEASE_TAKEN(**lease))
        return lease

    def release(
        self, transaction: Transaction, request: ReleaseLease, _caller: object
    ) -> dict[str, Any]:
        """Let go of a name.

        Raises:
            LookupError: The node does not hold it.
        """
        held = transaction.execute(_LEASE, {"wanted": request.name}).one_or_none()
        if held is None or held.node_id != request.node_id:
            raise LookupError(f"name: node {request.node_id} does not hold {request.name!r}")
        self._free(transaction, request.name, request.node_id)
        return {"name": request.name}

    def on_node_deregistered(self, transaction: Transaction, event: Event) -> None:
        """Free what a node held that left for good."""
        node_id = event.payload["node_id"]
        for name in transaction.execute(_OF_NODE, {"node": node_id}).scalars().all():
            self._free(transaction, name, node_id)

    @staticmethod
    def _free(transaction: Transaction, name: str, node_id: int) -> None:
        transaction.execute(_DELETE, {"wanted": name})
        transaction.publish(LEASE_RELEASED(name=name, node_id=node_id))
