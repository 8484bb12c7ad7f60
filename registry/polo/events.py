"""What the polo store tells others."""

from registry.events import EventType

POLO_CHANGED = EventType(
    "polo",
    "polo.changed",
    "A node's score is now another.",
    {
        "node_id": "the rated node",
        "polo_score": "the new score",
        "delta": "by how much it changed",
        "rater_id": "the node that rated it; 0 for an administrator",
    },
)

EVENTS = (POLO_CHANGED,)
