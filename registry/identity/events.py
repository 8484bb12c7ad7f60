"""What the identity store tells others."""

from registry.events import EventType

KEY_ENROLLED = EventType(
    "identity",
    "key.enrolled",
    "A key became a node for the first time.",
    {
        "node_id": "the node",
        "public_key": "its key, base64",
        "owner": "who runs it, as it says; may be empty",
        "created_at": "when, in unix seconds",
    },
)

KEY_ROTATED = EventType(
    "identity",
    "key.rotated",
    "A node has another key.",
    {
        "node_id": "the node",
        "old_public_key": "the retired key, base64",
        "public_key": "the new key, base64",
        "rotated_at": "when, in unix seconds",
        "rotate_count": "how many rotations the node has seen",
    },
)

KEY_EXPIRY_CHANGED = EventType(
    "identity",
    "key.expiry_changed",
    "A key's expiry was set or cleared.",
    {"node_id": "the node", "expires_at": "when, in unix seconds; null for never"},
)

OWNER_CHANGED = EventType(
    "identity",
    "identity.owner_changed",
    "A node says it is run by somebody else now.",
    {"node_id": "the node", "owner": "who runs it now, as it says"},
)

EVENTS = (KEY_ENROLLED, KEY_ROTATED, KEY_EXPIRY_CHANGED, OWNER_CHANGED)
