"""Tokens as they are kept: as a salted hash, so that a copy of the database opens nothing.

The hash is a fast one on purpose: a join is checked on the thread that writes, and a slow
hash would let anybody hold that up. So a token should be long and random.
"""

import hashlib
import hmac
import secrets

_SALT_SIZE = hashlib.blake2b.SALT_SIZE


def hash_token(token: str) -> bytes:
    """What to keep of a token; another one every time."""
    return _hash(token, secrets.token_bytes(_SALT_SIZE))


def token_matches(token: str, kept: bytes) -> bool:
    """Whether a token is the one that was kept, told in constant time."""
    return hmac.compare_digest(_hash(token, kept[:_SALT_SIZE]), kept)


def _hash(token: str, salt: bytes) -> bytes:
    return salt + hashlib.blake2b(token.encode(), digest_size=32, salt=salt).digest()
