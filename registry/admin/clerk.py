"""Writing the audit log: what became durable is sealed, in order, a moment later."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import structlog
from attrs import asdict
from sqlalchemy import bindparam, insert, update

from registry.admin import entries
from registry.admin.background import STOP_SECONDS, Background
from registry.admin.chain import Block, pack
from registry.admin.tables import audit_blocks, audit_head
from registry.events import Snapshots, Transaction
from registry.persistence import Committer, change_log

log = structlog.get_logger()

PAGE = 500
"""Entries in a block at most: a few milliseconds' work, for which nobody waits long."""

LOOK_EVERY = 0.25
"""Seconds between two looks whether there is something new: nobody has to tell."""

_MOVE_HEAD = update(audit_head).values(number=bindparam("last"), seal=bindparam("sealed"))
_ADD = insert(audit_blocks)


class HeadMoved(RuntimeError):
    """Somebody else has written the audit log meanwhile."""


class AuditClerk:
    """Copies the change log into the audit log, and seals every entry.

    It does so after the commits, on a thread of its own, so that they need not wait for it.
    What it has not come to yet is still in the change log, also after a crash.

    Attributes:
        number: The number of the last entry, as far as was looked; 0 before the first look.
    """

    CONSUMER = "audit"
    """Its cursor in the change log, which is not to be trimmed beyond it."""

    def __init__(
        self,
        *,
        committer: Committer,
        snapshots: Snapshots,
        tell: Sequence[Callable[[], object]] = (),
        on_duty: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make a clerk.

        Args:
            committer: Writes.
            snapshots: Reads.
            tell: All told after there is more in the audit log.
            on_duty: Whether this process is the one to write it.
        """
        self._committer = committer
        self._snapshots = snapshots
        self._tell = tell
        self._on_duty = on_duty
        self.number = 0
        self._seen = -1  # the newest change of which everything is written
        self.background = Background("audit", self._step)

    def catch_up(self) -> None:
        """Write everything that is committed."""
        while self._write_page():
            pass

    def finish(self) -> None:
        """Stop, and write what is committed, if that does not take long.

        The last seal is logged: wherever logs are kept, it proves all entries up to there.
        """
        self.background.stop()
        if not self._on_duty():
            return
        deadline = time.monotonic() + STOP_SECONDS
        try:
            while self._write_page() and time.monotonic() < deadline:
                pass
        except Exception:
            log.exception("audit.not_finished")  # the next start goes on with it
            return
        with self._snapshots() as snapshot:
            head = entries.head(snapshot.connection)
        log.info("audit.sealed", number=head.number, seal=head.seal.hex())

    def _step(self) -> float:
        if self._committer.last_number == self._seen or not self._on_duty():
            return LOOK_EVERY
        return 0 if self._write_page() else LOOK_EVERY

    def _write_page(self) -> bool:
        """Write some entries; whether there may be more to write."""
        newest = self._committer.last_number
        with self._snapshots() as snapshot:
            head = entries.head(snapshot.connection)
            records = change_log.records(snapshot.connection, head.number, PAGE)
        if records:
            block = pack(head.seal, records)  # here, where no commit waits for it
            self._committer.run(partial(_append, head, block))
            self.number = block.last
            for tell in self._tell:
                tell()
        else:
            self.number = head.number
        if len(records) == PAGE:
            return True
        self._seen = newest
        return False


def _append(head: entries.Head, block: Block, transaction: Transaction) -> None:
    moved = transaction.execute(
        _MOVE_HEAD.where(audit_head.c.number == head.number),
        {"last": block.last, "sealed": block.seal},
    )
    if not moved.rowcount:
        raise HeadMoved(f"the audit log does not end with entry {head.number} any more")
    transaction.execute(_ADD, asdict(block))
    change_log.move_cursor(transaction, AuditClerk.CONSUMER, block.last)
