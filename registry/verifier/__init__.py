"""Verifying signatures in a process of its own, many at a time.

To verify an Ed25519 signature takes longer than all the rest of most requests. A thread
could not take that off the one that serves clients: each signature would hand the
interpreter's lock over twice, which costs more than the other core brings.

- `Verifier`: hands proofs over, and comes back with what is known of them.
- `python -m registry.verifier` is the process itself.
"""

from registry.verifier.verifier import Verifier

__all__ = ["Verifier"]
