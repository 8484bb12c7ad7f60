"""The identity store: which key is which node, for good.

A node id is bound to an Ed25519 key at its first registration and stays bound, also
while the node is deregistered. Rotation moves the id to a new key; the old key is
retired and never becomes anybody again.

- `IdentityStore`: the operations that write.
- `IdentityView`: the key index and signature checks.
- `Attestations`: what others vouch for: badges, recovery, external ids. `read_keyring` reads
  the keys of those who may.
- `ProviderStore`, `ProviderView`: who vouches for the holders of identity tokens.
- `key_expiries`, `key_generations`, `external_ids_of`, `badges_of`: what is
  in a database, for read models that start from there.
- `adopt_keys`: take over what another server kept. `parse_public_key` reads a key.
"""

from registry.identity.adoption import AdoptedKey, adopt_keys
from registry.identity.attestations import (
    Attestations,
    ShownBadge,
    badges_of,
    external_ids_of,
)
from registry.identity.events import EVENTS
from registry.identity.keys import parse_public_key
from registry.identity.providers import Provider, ProviderStore, ProviderView, Vouchers
from registry.identity.statements import BADGE_KEYS, RECOVERY_KEYS, Keyring, read_keyring
from registry.identity.store import IdentityStore
from registry.identity.tables import SCHEMA_STEPS
from registry.identity.views import IdentityView, key_expiries, key_generations

__all__ = [
    "BADGE_KEYS",
    "EVENTS",
    "RECOVERY_KEYS",
    "SCHEMA_STEPS",
    "AdoptedKey",
    "Attestations",
    "IdentityStore",
    "IdentityView",
    "Keyring",
    "Provider",
    "ProviderStore",
    "ProviderView",
    "ShownBadge",
    "Vouchers",
    "adopt_keys",
    "badges_of",
    "external_ids_of",
    "key_expiries",
    "key_generations",
    "parse_public_key",
    "read_keyring",
]
