"""What the routing store tells others."""

from registry.events import EventType

BEACON_REGISTERED = EventType(
    "routing",
    "beacon.registered",
    "A beacon took or renewed a lease.",
    {
        "beacon_id": "the beacon",
        "addr": "where it is reached, host:port",
        "expires_at": "when the lease ends, in unix seconds",
    },
)

BEACON_EXPIRED = EventType(
    "routing",
    "beacon.expired",
    "A beacon's lease ended and was not renewed.",
    {"beacon_id": "the beacon"},
)

EVENTS = (BEACON_REGISTERED, BEACON_EXPIRED)
