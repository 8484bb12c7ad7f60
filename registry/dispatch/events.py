"""What the operations that span stores tell others, beside what the stores tell of each part."""

from registry.events import EventType

NETWORK_PROVISIONED = EventType(
    "dispatch",
    "network.provisioned",
    "A network is as a blueprint describes it.",
    {
        "network_id": "the network",
        "name": "its name",
        "created": "whether it was made for it",
        "actions": "what was done, in words",
    },
)

DIRECTORY_SYNCED = EventType(
    "dispatch",
    "directory.synced",
    "A network's members were brought in line with an outside directory of people.",
    {
        "network_id": "the network",
        "mapped": "how many entries of that directory are members",
        "unmapped": "how many are not",
        "updated": "how many members have another role now",
        "disabled": "how many members were put out",
    },
)

EVENTS = (NETWORK_PROVISIONED, DIRECTORY_SYNCED)
