"""The leases store: a name is held by one node at a time, until it lets go or time is up.

Agents use it to agree on who does a piece of work.
"""

from pilot_leases.events import EVENTS
from pilot_leases.store import LeasesStore
from pilot_leases.tables import SCHEMA_STEPS
from pilot_leases.views import LeasesView
from registry.events import Reaction, Store, StoreHost, StoreParts


def build(host: StoreHost) -> StoreParts:
    """Make the store from what the server offers."""
    store = LeasesStore(clock=host.clock, node_exists=host.node_exists)
    view = LeasesView(bus=host.bus, snapshots=host.snapshots, clock=host.clock)
    return StoreParts(
        reads=view.operations(),
        writes=store.operations(),
        projections=[view.projection],
        reactions=[Reaction("leases.free", ("node.deregistered",), store.on_node_deregistered)],
    )


STORE = Store(name="leases", events=EVENTS, schema_steps=SCHEMA_STEPS, build=build)

__all__ = ["STORE"]
