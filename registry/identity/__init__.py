"""The identity store: which key is which node, for good.

A node id is bound to an Ed25519 key at its first registration and stays bound, also
while the node is deregistered. Rotation moves the id to a new key; the old key is
retired and never becomes anybody again.

- `IdentityStore`: the operations that write.
- `IdentityView`: the key index (key to node, owner to nodes) and signature checks.
- `public_keys`, `key_expiries`: every node's key, and those that will expire, in a
  database, for read models that start from there.
"""

from registry.identity.events import EVENTS
from registry.identity.store import IdentityStore
from registry.identity.tables import SCHEMA_STEPS
from registry.identity.views import IdentityView, key_expiries, public_keys

__all__ = ["EVENTS", "SCHEMA_STEPS", "IdentityStore", "IdentityView", "key_expiries", "public_keys"]
