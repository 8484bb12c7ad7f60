"""What goes to the verifying process, and what comes back.

A proof is one piece of bytes: a public key, a signature of 64 bytes, and the message. Many
make a batch: its length in four bytes, and a MessagePack array. Each is answered, in the
same order, by one byte: `GOOD` or `BAD`.
"""

from collections.abc import Sequence
from struct import Struct
from typing import BinaryIO

import msgspec
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

PUBLIC_KEY_BYTES = 32

GOOD, BAD = 1, 0

_LENGTH = Struct(">I")
_decoder = msgspec.msgpack.Decoder(list[bytes])


def encode_batch(proofs: Sequence[bytes]) -> bytes:
    """A batch as it is sent."""
    body = msgspec.msgpack.encode(proofs)
    return _LENGTH.pack(len(body)) + body


def read_batch(stream: BinaryIO) -> list[bytes] | None:
    """Wait for the next batch; None at the end, even where one was not sent whole."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    [length] = _LENGTH.unpack(head)
    body = stream.read(length)
    return _decoder.decode(body) if len(body) == length else None


def verdicts(proofs: Sequence[bytes]) -> bytes:
    """The answer to a batch."""
    return bytes(GOOD if is_good(proof) else BAD for proof in proofs)


def is_good(proof: bytes) -> bool:
    """Whether the signature is the key's, of that message."""
    try:
        crypto_sign_open(proof[PUBLIC_KEY_BYTES:], proof[:PUBLIC_KEY_BYTES])
    except (CryptoError, ValueError):
        return False
    return True
