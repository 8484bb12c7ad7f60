"""Ed25519 keys and signatures in their wire form, standard base64."""

import base64
import binascii

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

KEY_BYTES = 32
SIGNATURE_BYTES = 64


class BadSignature(PermissionError):
    """A signature that does not fit its message and key."""


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
    try:
        crypto_sign_open(
            raw + message, key
        )  # a VerifyKey does the same, and takes half as long again
    except BadSignatureError:
        raise BadSignature("signature: verification failed") from None


def _parse(text: str, length: int, field: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{field}: not standard base64") from None
    if len(raw) != length:
        raise ValueError(f"{field}: must be {length} bytes, not {len(raw)}")
    return raw
