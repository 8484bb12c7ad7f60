"""What the trust store tells others."""

from registry.events import EventType

TRUST_LINKED = EventType(
    "trust",
    "trust.linked",
    "Two nodes trust each other now.",
    {"node_id": "one of them, the lower id", "peer_id": "the other"},
)

TRUST_REVOKED = EventType(
    "trust",
    "trust.revoked",
    "Two nodes no longer trust each other.",
    {"node_id": "one of them, the lower id", "peer_id": "the other"},
)

HANDSHAKE_REQUESTED = EventType(
    "trust",
    "handshake.requested",
    "A node asks another for trust.",
    {"node_id": "the node that is asked", "peer_id": "the node that asks"},
)

HANDSHAKE_ANSWERED = EventType(
    "trust",
    "handshake.answered",
    "A node accepted or declined a handshake.",
    {
        "node_id": "the node that answered",
        "peer_id": "the node that had asked",
        "accept": "whether it accepted",
    },
)

INBOX_EMPTIED = EventType(
    "trust",
    "handshake.inbox_emptied",
    "Nothing waits for a node any more: it fetched what did, or that was withdrawn.",
    {"node_id": "the node"},
)

EVENTS = (
    TRUST_LINKED,
    TRUST_REVOKED,
    HANDSHAKE_REQUESTED,
    HANDSHAKE_ANSWERED,
    INBOX_EMPTIED,
)
