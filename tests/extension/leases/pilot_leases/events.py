"""What the leases store tells others."""

from registry.events import EventType

LEASE_TAKEN = EventType(
    "leases",
    "lease.taken",
    "A node holds a name, or holds it for longer.",
    {"name": "the name", "node_id": "the holder", "until": "when it ends, in unix seconds"},
)

LEASE_RELEASED = EventType(
    "leases",
    "lease.released",
    "A name is free before its time.",
    {"name": "the name", "node_id": "who held it"},
)

EVENTS = (LEASE_TAKEN, LEASE_RELEASED)
