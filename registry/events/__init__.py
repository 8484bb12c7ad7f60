"""The in-process publish/subscribe bus: the one thing every store knows.

Stores never import each other. What one store does that others may care about,
it says with an `Event`; the others `subscribe`. The publisher never learns who
listens.

- `Event`, `EventType`: one fact, and the declaration of its kind.
- `Bus`, `InProcessBus`, `Subscription`: publish and subscribe.
- `Projection`: keeps a read model true by following the bus.
- `Reaction`: what a store writes because of other stores' events.
- `Transaction`, `Snapshot`: what the stores need of a database, as protocols.
- `Store`, `StoreParts`, `StoreHost`: how a store shows itself to a server that does not
  know it, and what the server offers it.
"""

from registry.events.bus import DEFAULT_BUFFER_SIZE, Bus, InProcessBus, matches
from registry.events.durable import Snapshot, Snapshots, Transaction
from registry.events.event import Event, EventType
from registry.events.projection import Projection
from registry.events.reaction import Reaction
from registry.events.store import Store, StoreHost, StoreParts
from registry.events.subscription import Subscription

__all__ = [
    "DEFAULT_BUFFER_SIZE",
    "Bus",
    "Event",
    "EventType",
    "InProcessBus",
    "Projection",
    "Reaction",
    "Snapshot",
    "Snapshots",
    "Store",
    "StoreHost",
    "StoreParts",
    "Subscription",
    "Transaction",
    "matches",
]
