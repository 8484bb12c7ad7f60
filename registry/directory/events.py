"""What the directory store tells others."""

from registry.events import EventType

NODE_REGISTERED = EventType(
    "directory",
    "node.registered",
    "A node is there: for the first time, again, or from another endpoint.",
    {
        "node_id": "the node",
        "real_addr": "its endpoint, host:port",
        "lan_addrs": "its endpoints in its own network",
        "hostname": "its hostname; empty for none",
        "public": "whether anyone may learn its endpoint",
        "tags": "its tags",
        "version": "the version of its daemon, as it says",
        "relay_only": "whether it is reached through a beacon only",
        "task_exec": "whether it runs tasks for others, as it says",
    },
)

HOSTNAME_CHANGED = EventType(
    "directory",
    "node.hostname_changed",
    "A node has another hostname, or none.",
    {"node_id": "the node", "hostname": "its hostname now; empty for none"},
)

VISIBILITY_CHANGED = EventType(
    "directory",
    "node.visibility_changed",
    "A node became public or private.",
    {"node_id": "the node", "public": "whether anyone may learn its endpoint now"},
)

TAGS_CHANGED = EventType(
    "directory",
    "node.tags_changed",
    "A node has other tags.",
    {"node_id": "the node", "tags": "its tags now"},
)

TASK_EXEC_CHANGED = EventType(
    "directory",
    "node.task_exec_changed",
    "A node says that it runs tasks for others, or no longer does.",
    {"node_id": "the node", "task_exec": "whether it does now"},
)

NODE_DEREGISTERED = EventType(
    "directory",
    "node.deregistered",
    "A node left for good; its id stays reserved for its key.",
    {"node_id": "the node"},
)

NODE_REAPED = EventType(
    "directory",
    "node.reaped",
    "A node was not heard of for so long that it was removed; it keeps its memberships.",
    {"node_id": "the node"},
)

NODE_STALE = EventType(
    "directory",
    "node.stale",
    "A node has not been heard of for a while (soft: not in the change log).",
    {"node_id": "the node"},
)

NODE_BACK = EventType(
    "directory",
    "node.back",
    "A stale node was heard of again (soft: not in the change log).",
    {"node_id": "the node"},
)

EVENTS = (
    NODE_REGISTERED,
    HOSTNAME_CHANGED,
    VISIBILITY_CHANGED,
    TAGS_CHANGED,
    TASK_EXEC_CHANGED,
    NODE_DEREGISTERED,
    NODE_REAPED,
    NODE_STALE,
    NODE_BACK,
)
