"""What the policy store tells others."""

from registry.events import EventType

POLICY_CHANGED = EventType(
    "policy",
    "policy.changed",
    "A network has another policy.",
    {
        "network_id": "the network",
        "max_members": "how many members it may have; 0 for any number",
        "allowed_ports": "the ports its members may use; empty for all",
        "description": "what it is for",
    },
)

EXPR_POLICY_CHANGED = EventType(
    "policy",
    "policy.expr_changed",
    "A network has another expression policy, or none.",
    {"network_id": "the network", "expr_policy": "the JSON text now; empty for none"},
)

POLICY_REMOVED = EventType(
    "policy",
    "policy.removed",
    "What was said about a network is gone with it.",
    {"network_id": "the network"},
)

EVENTS = (POLICY_CHANGED, EXPR_POLICY_CHANGED, POLICY_REMOVED)
