"""Ed25519 keys and signatures in their wire form, standard base64."""

import base64
import binascii
from functools import lru_cache

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_KEYS_REMEMBERED = 4096
"""Keys by their text: one that registers is read where it is admitted, proved and bound."""

_SIGNATURES_REMEMBERED = 16_384
"""Signatures that were found good: nodes repeat themselves, and to verify takes longest.

Each is remembered with its key and message, so that nothing a key changes can make one wrong;
those of a key that is no longer anybody's are not asked for again, and make room for others.
"""

_LONGEST_REMEMBERED = 512
"""Bytes of a message that is remembered; only policies are longer, and could fill the memory."""


class BadSignature(PermissionError):
    """A signature that does not fit its message and key."""


@lru_cache(_KEYS_REMEMBERED)
def parse_public_key(text: str, field: str = "public_key") -> bytes:
    """Read a key.

    Raises:
        ValueError: It is not base64, or not of 32 bytes; the text names the field.
    """
    return _parse(text, KEY_BYTES, field)


def format_public_key(key: bytes) -> str:
    """Write a key."""
    return base64.b64encode(key).decode()


def verify(key: bytes, message: bytes, signature: str) -> None:
    """Check a base64 signature.

    Raises:
        ValueError: It is not base64, or not of 64 bytes.
        BadSignature: It is another's, or of another message.
    """
    raw = _parse(signature, SIGNATURE_BYTES, "signature")
    open_ = _open if len(message) <= _LONGEST_REMEMBERED else crypto_sign_open
    try:
        open_(raw + message, key)
    except BadSignatureError:
        raise BadSignature("signature: verification failed") from None


@lru_cache(_SIGNATURES_REMEMBERED)
def _open(signed: bytes, key: bytes) -> bytes:
    """Verify; what raises is not remembered."""
    # A VerifyKey does the same, and takes half as long again.
    message: bytes = crypto_sign_open(signed, key)
    return message


def _parse(text: str, length: int, field: str) -> bytes:
    try:
        raw = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise ValueError(f"{field}: not standard base64") from None
    if len(raw) != length:
        raise ValueError(f"{field}: must be {length} bytes, not {len(raw)}")
    return raw
