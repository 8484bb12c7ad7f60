"""The chain of the audit log: each entry is sealed with a hash over itself and all before it.

Whoever alters, takes away or puts in an entry has to seal all that follow anew, and then
the seal that somebody noted elsewhere does not fit any more.

Entries are kept in blocks, as many in one as came at once, because a row of a database for
each would cost several times as much as the sealing.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence

import msgspec
from attrs import frozen

from registry.persistence.change_log import Record

BEGINNING = hashlib.sha256(b"pilot registry audit log, version 1").digest()
"""Stands for the seal of the entry before the first."""

MARK_LENGTH = 8
"""Hex digits of an entry's seal that stand beside it, to tell which entry was altered."""

_COMPRESSION = 1  # more takes longer and saves little

_encoder = msgspec.json.Encoder()
_Line = tuple[int, int, str, str, str, str, str, str]
_decoder = msgspec.json.Decoder(_Line)


@frozen
class Block:
    """Some entries that follow each other.

    Attributes:
        first: The number of the first.
        last: The number of the last.
        seal: The seal of the last, 32 bytes.
        content: A line of JSON for each: its fields, and its mark; compressed by zlib.
    """

    first: int
    last: int
    seal: bytes
    content: bytes


class Unreadable(ValueError):
    """The content of a block that cannot be read."""


def encode(record: Record) -> bytes:
    """An entry as it is sealed: a JSON array of its fields in order, different for each."""
    return _encoder.encode(record)


def seal(before: bytes, record: Record) -> bytes:
    """The seal of an entry, 32 bytes: SHA-256.

    Args:
        before: The seal of the entry before, or `BEGINNING`.
        record: The entry.
    """
    return hashlib.sha256(before + encode(record)).digest()


def mark(seal: bytes) -> str:
    """What of an entry's seal stands beside it."""
    return seal.hex()[:MARK_LENGTH]


def pack(before: bytes, records: Sequence[Record]) -> Block:
    """Seal entries, and put them into a block.

    Args:
        before: The seal of the entry before the first.
        records: At least one.
    """
    lines = []
    for record in records:
        encoded = encode(record)
        before = hashlib.sha256(before + encoded).digest()
        lines.append(b'%b,"%b"]' % (encoded[:-1], mark(before).encode()))
    content = zlib.compress(b"\n".join(lines), _COMPRESSION)
    return Block(records[0].number, records[-1].number, before, content)


def unpack(content: bytes) -> Iterator[tuple[Record, str]]:
    """Every entry of a block, with its mark.

    Raises:
        Unreadable: It is not what was written.
    """
    try:
        for line in zlib.decompress(content).split(b"\n"):
            *fields, shown = _decoder.decode(line)
            yield Record(*fields), shown
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
