"""The trust store: which nodes trust each other, and how they come to ask for it.

Two nodes are linked when both said so: by a report each, or by a handshake request of
one and the acceptance of the other. One node's word alone links nobody, because a link
opens a private node's endpoint to its peer.

- `TrustStore`: the operations that write.
- `TrustView`: links and waiting handshakes, from memory.
- `adopt_links`, `adopt_handshakes`: take over what another server kept.
"""

from registry.trust.adoption import (
    AdoptedAnswer,
    AdoptedRequest,
    adopt_handshakes,
    adopt_links,
)
from registry.trust.events import EVENTS
from registry.trust.store import TrustStore
from registry.trust.tables import SCHEMA_STEPS
from registry.trust.views import TrustView

__all__ = [
    "EVENTS",
    "SCHEMA_STEPS",
    "AdoptedAnswer",
    "AdoptedRequest",
    "TrustStore",
    "TrustView",
    "adopt_handshakes",
    "adopt_links",
]
