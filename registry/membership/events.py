"""What the membership store tells others."""

from registry.events import EventType

NETWORK_CREATED = EventType(
    "membership",
    "network.created",
    "There is a new network.",
    {
        "network_id": "the network",
        "name": "its name",
        "join_rule": "how nodes come in: open, token or invite",
        "enterprise": "whether it carries the enterprise flag",
        "rules": "the rules its members' daemons follow; null for an unmanaged network",
        "created_at": "when, in unix seconds",
        "owner_id": "the node that owns it; 0 for none",
    },
)

NETWORK_RENAMED = EventType(
    "membership",
    "network.renamed",
    "A network has another name.",
    {"network_id": "the network", "name": "its name now", "old_name": "its name before"},
)

NETWORK_ENTERPRISE_CHANGED = EventType(
    "membership",
    "network.enterprise_changed",
    "A network carries the enterprise flag now, or no longer.",
    {"network_id": "the network", "enterprise": "whether it carries the flag now"},
)

ROLES_PREASSIGNED = EventType(
    "membership",
    "network.roles_preassigned",
    "Other roles wait in a network for those who are known elsewhere by some id.",
    {"network_id": "the network", "waiting": "how many roles wait now"},
)

NETWORK_DELETED = EventType(
    "membership",
    "network.deleted",
    "A network is gone; told after its members have left.",
    {"network_id": "the network", "name": "the name it had"},
)

MEMBER_JOINED = EventType(
    "membership",
    "membership.joined",
    "A node is in a network now.",
    {"node_id": "the node", "network_id": "the network", "role": "owner, admin or member"},
)

MEMBER_LEFT = EventType(
    "membership",
    "membership.left",
    "A node is no longer in a network.",
    {
        "node_id": "the node",
        "network_id": "the network",
        "reason": "why: left, kicked, synced, network_deleted or deregistered",
    },
)

ROLE_CHANGED = EventType(
    "membership",
    "membership.role_changed",
    "A member has another role.",
    {
        "node_id": "the member",
        "network_id": "the network",
        "role": "its role now",
        "old_role": "its role before",
    },
)

MEMBER_TAGS_CHANGED = EventType(
    "membership",
    "membership.tags_changed",
    "A member was given other tags within a network.",
    {"node_id": "the member", "network_id": "the network", "tags": "its tags there now"},
)

INVITED = EventType(
    "membership",
    "membership.invited",
    "A node may come into a network if it likes.",
    {
        "node_id": "the node that is invited",
        "network_id": "the network",
        "inviter_id": "the node that invites",
        "at": "when, in unix seconds",
    },
)

INVITE_ANSWERED = EventType(
    "membership",
    "membership.invite_answered",
    "A node accepted or declined an invite.",
    {
        "node_id": "the node that answered",
        "network_id": "the network",
        "accept": "whether it accepted",
    },
)

INVITE_DROPPED = EventType(
    "membership",
    "membership.invite_dropped",
    "An invite is void: it expired, or the network, the node or the inviter is gone.",
    {"node_id": "the node that was invited", "network_id": "the network"},
)

EVENTS = (
    NETWORK_CREATED,
    NETWORK_RENAMED,
    NETWORK_ENTERPRISE_CHANGED,
    ROLES_PREASSIGNED,
    NETWORK_DELETED,
    MEMBER_JOINED,
    MEMBER_LEFT,
    ROLE_CHANGED,
    MEMBER_TAGS_CHANGED,
    INVITED,
    INVITE_ANSWERED,
    INVITE_DROPPED,
)
