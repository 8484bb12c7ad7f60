"""The directory store: which nodes are there, what they are called, how they are reached.

- `DirectoryStore`: the operations that write.
- `DirectoryView`: lookup, resolve and lists, from memory; its cached answers are kept
  true by the bus.
- `Heartbeat`, `Lookup`, `Resolve`: its requests that the binary protocol has too.
- `Presence`: who was heard of when. Soft state: in memory, written back now and then.
- `seen_since`: what was written back, for other processes over the same database.
"""

from registry.directory.events import EVENTS
from registry.directory.messages import Heartbeat, Lookup, Resolve
from registry.directory.model import (
    LONGEST_VERSION,
    Node,
    check_lan_addrs,
    clean_tags,
    observed_endpoint,
)
from registry.directory.presence import Presence
from registry.directory.store import DirectoryStore, Registration, seen_since
from registry.directory.tables import SCHEMA_STEPS
from registry.directory.views import DirectoryView

__all__ = [
    "EVENTS",
    "LONGEST_VERSION",
    "SCHEMA_STEPS",
    "DirectoryStore",
    "DirectoryView",
    "Heartbeat",
    "Lookup",
    "Node",
    "Presence",
    "Registration",
    "Resolve",
    "check_lan_addrs",
    "clean_tags",
    "observed_endpoint",
    "seen_since",
]
