"""Beacons and punching, as others read them."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from registry.events import Bus, Event, Projection, Snapshots
from registry.routing.messages import BeaconList, Punch
from registry.routing.model import Beacon
from registry.routing.ports import Clock, EndpointFor
from registry.routing.tables import beacons

_ALL = select(beacons.c.beacon_id, beacons.c.addr, beacons.c.expires_at)


class RoutingView:
    """The beacons in memory; a lease that has ended is not listed, whoever tidies up when."""

    def __init__(
        self, *, bus: Bus, snapshots: Snapshots, clock: Clock, endpoint_for: EndpointFor
    ) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._endpoint_for = endpoint_for
        self._beacons: dict[int, Beacon] = {}
        self.projection = Projection(bus, ("beacon.*",), apply=self._apply, rebuild=self._rebuild)

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {BeaconList: self.list_beacons, Punch: self.punch}

    def live_beacons(self) -> list[Beacon]:
        """The beacons whose lease runs, in the order of their ids."""
        self.projection.catch_up()
        now = self._clock()
        live = [beacon for beacon in self._beacons.values() if beacon.expires_at > now]
        return sorted(live, key=lambda beacon: beacon.beacon_id)

    def relay_address(self) -> str:
        """Where nodes that hide their endpoint are reached; empty without a beacon."""
        return next((beacon.addr for beacon in self.live_beacons()), "")

    def list_beacons(self, _request: BeaconList, _caller: object) -> dict[str, Any]:
        """Answer with the beacons whose lease runs."""
        live = self.live_beacons()
        return {"beacons": [{"id": beacon.beacon_id, "addr": beacon.addr} for beacon in live]}

    def punch(self, request: Punch, _caller: object) -> dict[str, Any]:
        """Answer with the endpoints of two nodes, one of which asks.

        Raises:
            PermissionError: The requester is neither of them, or may not know the other's.
            LookupError: One of them is not registered.
        """
        if request.requester_id not in (request.node_a, request.node_b):
            raise PermissionError("punch denied: requester must be participant")
        return {
            "node_a": request.node_a,
            "node_a_addr": self._endpoint_for(request.requester_id, request.node_a),
            "node_b": request.node_b,
            "node_b_addr": self._endpoint_for(request.requester_id, request.node_b),
        }

    def _apply(self, event: Event) -> None:
        match event.type:
            case "beacon.registered":
                self._beacons[event.payload["beacon_id"]] = Beacon(**event.payload)
            case "beacon.expired":
                self._beacons.pop(event.payload["beacon_id"], None)

    def _rebuild(self) -> int:
        with self._snapshots() as snapshot:
            rows = snapshot.connection.execute(_ALL)
            self._beacons = {row.beacon_id: Beacon(*row) for row in rows}
            return snapshot.number
