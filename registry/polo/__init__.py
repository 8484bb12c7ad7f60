"""The polo store: the reputation score of a node.

Nobody raises their own score. A score is set by an administrator, or moved a little
at a time by a node that trusts the rated one (`POLO_RULE` says how much and how often).

- `PoloStore`: the operations that write.
- `PoloView`: scores and ranking, from memory.
- `scores`: every score in a database, for read models that start from there.
"""

from registry.polo.events import EVENTS
from registry.polo.messages import SetPoloScore
from registry.polo.store import POLO_RULE, PoloStore
from registry.polo.tables import SCHEMA_STEPS
from registry.polo.views import PoloView, scores

__all__ = ["EVENTS", "POLO_RULE", "SCHEMA_STEPS", "PoloStore", "PoloView", "SetPoloScore", "scores"]
