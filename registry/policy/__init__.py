"""The policy store: what a network allows.

A network policy says how many members a network may have, which ports they may use
among each other, and what the network is for. An expression policy is a document of
rules that the members' daemons run; the registry keeps it and hands it out.

- `PolicyStore`: the operations that write.
- `SetNetworkPolicy`, `SetExprPolicy`: requests of which those who span stores make use.
- `PolicyView`: policies, from memory.
"""

from registry.policy.events import EVENTS
from registry.policy.messages import SetExprPolicy, SetNetworkPolicy
from registry.policy.model import Policy
from registry.policy.store import PolicyStore
from registry.policy.tables import SCHEMA_STEPS
from registry.policy.views import PolicyView

__all__ = [
    "EVENTS",
    "SCHEMA_STEPS",
    "Policy",
    "PolicyStore",
    "PolicyView",
    "SetExprPolicy",
    "SetNetworkPolicy",
]
