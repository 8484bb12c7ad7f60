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

EXTERNAL_ID_CHANGED = EventType(
    "identity",
    "identity.external_id_changed",
    "A node's holder is known elsewhere by another id, or by none.",
    {"node_id": "the node", "external_id": "the id now; empty for none"},
)

BADGE_CHANGED = EventType(
    "identity",
    "identity.badge_changed",
    "A node has another badge, or none.",
    {
        "node_id": "the node",
        "badge": "the issuer's statement; empty for none",
        "badge_sig": "the issuer's signature, base64",
        "provider": "who verified the node's holder",
        "verified_at": "when the badge was handed in, in unix seconds",
    },
)

RECOVERY_ENROLLED = EventType(
    "identity",
    "identity.recovery_enrolled",
    "A node can be recovered by who holds an account elsewhere.",
    {"node_id": "the node", "provider": "where the account is"},
)

NODE_RECOVERED = EventType(
    "identity",
    "identity.recovered",
    "A node was given another key by a recovery; told beside the rotation.",
    {"node_id": "the node", "provider": "where the account is that proved it"},
)

PROVIDER_CHANGED = EventType(
    "identity",
    "identity.provider_changed",
    "Identity tokens are verified by another provider, or by none.",
    {"idp_type": "its kind; empty for none"},
)

IDENTITY_WEBHOOK_CHANGED = EventType(
    "identity",
    "identity.webhook_changed",
    "Identity tokens are sent elsewhere to be verified, or nowhere.",
    {"enabled": "whether they are sent"},
)

EVENTS = (
    KEY_ENROLLED,
    KEY_ROTATED,
    KEY_EXPIRY_CHANGED,
    OWNER_CHANGED,
    EXTERNAL_ID_CHANGED,
    BADGE_CHANGED,
    RECOVERY_ENROLLED,
    NODE_RECOVERED,
    PROVIDER_CHANGED,
    IDENTITY_WEBHOOK_CHANGED,
)
