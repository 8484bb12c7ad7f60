"""The routing store: the beacons that relay and punch, and who may punch to whom.

- `RoutingStore`: the operations that write.
- `RoutingView`: the beacons whose lease runs, from memory; punching.
"""

from registry.routing.events import EVENTS
from registry.routing.store import RoutingStore
from registry.routing.tables import SCHEMA_STEPS
from registry.routing.views import RoutingView

__all__ = ["EVENTS", "SCHEMA_STEPS", "RoutingStore", "RoutingView"]
