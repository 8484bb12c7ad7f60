"""Leases, as others read them."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from pilot_leases.messages import GetLease
from pilot_leases.tables import leases
from registry.events import Bus, Event, Projection, Snapshots

_ALL = select(leases.c.name, leases.c.node_id, leases.c.until)


class LeasesView:
    """Who holds which name, in memory."""

    def __init__(self, *, bus: Bus, snapshots: Snapshots, clock: Callable[[], float]) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._leases: dict[str, tuple[int, int]] = {}
        self.projection = Projection(bus, ("lease.*",), apply=self._apply, rebuild=self._rebuild)

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {GetLease: self.get}

    def get(self, request: GetLease, _caller: object) -> dict[str, Any]:
        """Answer with the holder of a name; 0 where nobody holds it."""
        self.projection.catch_up()
        node_id, until = self._leases.get(request.name, (0, 0))
        if until <= self._clock():
            return {"name": request.name, "node_id": 0}
        return {"name": request.name, "node_id": node_id, "until": until}

    def _apply(self, event: Event) -> None:
        name = event.payload["name"]
        match event.type:
            case "lease.taken":
                self._leases[name] = (event.payload["node_id"], event.payload["until"])
            case "lease.released":
                self._leases.pop(name, None)

    def _rebuild(self) -> int:
        with self._snapshots() as snapshot:
            rows = snapshot.connection.execute(_ALL)
            self._leases = {row.name: (row.node_id, row.until) for row in rows}
            return snapshot.number
