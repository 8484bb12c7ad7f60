"""The operations of the routing store."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from registry.events import Transaction
from registry.routing.events import BEACON_EXPIRED, BEACON_REGISTERED
from registry.routing.messages import BeaconRegister
from registry.routing.model import check_addr
from registry.routing.ports import Clock
from registry.routing.tables import beacons

_THIS = beacons.c.beacon_id == bindparam("beacon")
_RENEW = (
    update(beacons).where(_THIS).values(addr=bindparam("new_addr"), expires_at=bindparam("until"))
)
_EXPIRED = select(beacons.c.beacon_id).where(beacons.c.expires_at <= bindparam("now"))
_DROP = delete(beacons).where(_THIS)


class RoutingStore:
    """Leases places in the list of beacons."""

    def __init__(self, *, clock: Clock, lease: float) -> None:
        """Make the store.

        Args:
            clock: Unix time in seconds.
            lease: Seconds that a beacon is listed after it registered.
        """
        self._clock = clock
        self._lease = lease

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {BeaconRegister: self.register_beacon}

    def register_beacon(
        self, transaction: Transaction, request: BeaconRegister, _caller: object
    ) -> dict[str, Any]:
        """Take or renew a lease.

        Raises:
            ValueError: The address is malformed.
        """
        check_addr(request.addr)
        until = int(self._clock() + self._lease)
        renewed = transaction.execute(
            _RENEW, {"beacon": request.beacon_id, "new_addr": request.addr, "until": until}
        )
        if not renewed.rowcount:
            transaction.execute(
                insert(beacons),
                {"beacon_id": request.beacon_id, "addr": request.addr, "expires_at": until},
            )
        transaction.publish(
            BEACON_REGISTERED(beacon_id=request.beacon_id, addr=request.addr, expires_at=until)
        )
        return {"beacon_id": request.beacon_id}

    def drop_expired(self, transaction: Transaction) -> None:
        """Remove the beacons whose lease has ended."""
        ended = transaction.execute(_EXPIRED, {"now": int(self._clock())}).scalars().all()
        for beacon_id in ended:
            transaction.execute(_DROP, {"beacon": beacon_id})
            transaction.publish(BEACON_EXPIRED(beacon_id=beacon_id))
