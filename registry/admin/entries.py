"""Reading the audit log."""

from collections.abc import Iterator

from attrs import frozen
from sqlalchemy import Connection, bindparam, select

from registry.admin.chain import BEGINNING, Block, seal, unpack
from registry.admin.tables import audit_blocks, audit_head
from registry.persistence.change_log import Record

_PAGE = 20
"""Blocks that are read at once."""

_HEAD = select(audit_head.c.number, audit_head.c.seal)
_BLOCKS = select(
    audit_blocks.c.first, audit_blocks.c.last, audit_blocks.c.seal, audit_blocks.c.content
)
_AFTER = (
    _BLOCKS.where(audit_blocks.c.last > bindparam("after")).order_by(audit_blocks.c.first)
).limit(_PAGE)
_BEFORE = (
    _BLOCKS.where(audit_blocks.c.first < bindparam("before"))
    .order_by(audit_blocks.c.first.desc())
    .limit(_PAGE)
)
_SEAL_BEFORE = (
    select(audit_blocks.c.seal)
    .where(audit_blocks.c.last < bindparam("first"))
    .order_by(audit_blocks.c.last.desc())
    .limit(1)
)
_EVERYTHING = 2**62


@frozen
class Head:
    """Where the audit log ends.

    Attributes:
        number: The number of the last entry; 0 for none.
        seal: Its seal.
    """

    number: int
    seal: bytes


def head(connection: Connection) -> Head:
    """Where the audit log ends."""
    return Head(*connection.execute(_HEAD).one())


def blocks(connection: Connection, after: int = 0) -> Iterator[Block]:
    """Every block that has an entry after a number, oldest first."""
    while rows := connection.execute(_AFTER, {"after": after}).all():
        for row in rows:
            yield Block(*row)
        if rows[-1].last <= after:  # of a log that was tampered with: never go round
            return
        after = rows[-1].last


@frozen
class Sealed:
    """An entry with its seal."""

    record: Record
    seal: bytes


def oldest(connection: Connection, after: int = 0) -> Iterator[Sealed]:
    """Every entry after a number, oldest first.

    Raises:
        Unreadable: The audit log is not as it was written.
    """
    before = None
    for block in blocks(connection, after):
        last = _seal_before(connection, block) if before is None else before
        for record, _ in unpack(block.content):
            last = seal(last, record)
            if record.number > after:
                yield Sealed(record, last)
        before = block.seal


def _seal_before(connection: Connection, block: Block) -> bytes:
    sealed: bytes | None = connection.execute(_SEAL_BEFORE, {"first": block.first}).scalar()
    return BEGINNING if sealed is None else sealed


def newest(connection: Connection) -> Iterator[Record]:
    """Every entry, newest first.

    Raises:
        Unreadable: The audit log is not as it was written.
    """
    before = _EVERYTHING
    while rows := connection.execute(_BEFORE, {"before": before}).all():
        for row in rows:
            for record, _ in reversed(list(unpack(row.content))):
                yield record
        before = rows[-1].first
