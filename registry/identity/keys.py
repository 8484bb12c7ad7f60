"""Ed25519 keys and signatures in their wire form, standard base64."""

import base64
import binascii
from collections import OrderedDict
from functools import lru_cache

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_KEYS_REMEMBERED = 4096
"""Keys by their text: one that registers is read where it is admitted, proved and bound."""

MOST_PROOFS = 16_384
"""Proofs that are remembered: nodes repeat themselves, and to verify takes longest."""

LONGEST_PROOF = KEY_BYTES + SIGNATURE_BYTES + 512
"""Bytes of a proof that is remembered: only those of policies are longer, and could fill the
memory."""


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
    _open(key, _parse(signature, SIGNATURE_BYTES, "signature") + message)


class Proofs:
    """Signatures that were found good lately, each with its key and its message.

    So nothing that a key changes can make one wrong: those of a key that is no longer
    anybody's are not asked for again, and make room for others.
    """

    def __init__(self, most: int = MOST_PROOFS) -> None:
        self._most = most
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, proof: bytes) -> bool:
        return proof in self._good

    def note_good(self, proof: bytes) -> None:
        """Remember a proof that was verified, and forget the oldest where there are too many."""
        if len(self._good) >= self._most and proof not in self._good:
            self._good.popitem(last=False)
        self._good[proof] = None

    def require(self, proof: bytes) -> None:
        """Verify a proof, unless it is known to be good.

        Raises:
            BadSignature: It is not good.
        """
        if proof in self._good:
            return
        _open(proof[:KEY_BYTES], proof[KEY_BYTES:])
        if len(proof) <= LONGEST_PROOF:
            self.note_good(proof)


def proof_of(key: bytes, message: bytes, signature: str) -> bytes:
    """What has to be verified of a base64 signature: key, signature and message in one piece.

    Raises:
        ValueError: It is not base64, or not of 64 bytes.
    """
    return key + _parse(signature, SIGNATURE_BYTES, "signature") + message


def _open(key: bytes, signed: bytes) -> None:
    try:
        # A VerifyKey does the same, and takes half as long again.
        crypto_sign_open(signed, key)
    except BadSignatureError:
        raise BadSignature("signature: verification failed") from None


def _parse(text: str, length: int, field: str) -> bytes:
    try:
        raw = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise ValueError(f"{field}: not standard base64") from None
    if len(raw) != length:
        raise ValueError(f"{field}: must be {length} bytes, not {len(raw)}")
    return raw
