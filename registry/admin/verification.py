"""Whether the audit log is as it was written."""

from collections.abc import Callable, Iterator

from attrs import define, evolve, frozen
from sqlalchemy import Connection, bindparam, func, select

from registry.admin import entries
from registry.admin.chain import BEGINNING, Block, Unreadable, mark, seal, unpack
from registry.persistence import change_log
from registry.persistence.change_log import Record, changes

Progress = Callable[[int, int], object]
"""Told now and then how much is done, and of how much."""

Noted = tuple[int, bytes]
"""The number of an entry and its seal, as somebody noted them elsewhere."""

_LAST_CHANGE = select(func.coalesce(func.max(changes.c.number), 0))
_WAITING = select(func.count()).where(changes.c.number > bindparam("head"))


@frozen
class Verification:
    """What was found.

    Attributes:
        entries: How many entries are as they were written.
        number: The number of the last of them; 0 for none.
        seal: Its seal: noted elsewhere, it proves all entries up to there.
        waiting: How many changes are not in the audit log yet.
        problem: The first thing that is wrong, which names the entry; empty if nothing is.
    """

    entries: int = 0
    number: int = 0
    seal: bytes = BEGINNING
    waiting: int = 0
    problem: str = ""


def verify(
    connection: Connection,
    progress: Progress = lambda _done, _total: None,
    expected: Noted | None = None,
) -> Verification:
    """Look at every entry of the audit log, up to the first that is not as it was written.

    Args:
        connection: Every read on it sees the same commit.
        progress: Told how far it is.
        expected: An entry as it was noted elsewhere before.
    """
    head = entries.head(connection)
    walk = _Walk(change_log.history(connection, 0), expected)
    for block in entries.blocks(connection):
        problem = walk.through(block)
        if problem:
            return walk.result(problem)
        progress(walk.number, head.number)
    last_change: int = connection.execute(_LAST_CHANGE).scalar_one()
    problem = walk.problem_at_end(head) or _problem_with_log(last_change, head.number)
    waiting: int = connection.execute(_WAITING, {"head": head.number}).scalar_one()
    return evolve(walk.result(problem), waiting=waiting)


@define
class _Walk:
    """The way along the chain, beside the change log as far as that goes back."""

    changes: Iterator[Record]
    expected: Noted | None
    count: int = 0
    number: int = 0
    seal: bytes = BEGINNING
    change: Record | None = None

    def through(self, block: Block) -> str:
        """Go on to the end of a block; what is wrong with it, empty if nothing is."""
        try:
            for record, shown in unpack(block.content):
                if problem := self._past(record, shown):
                    return problem
        except Unreadable:
            return f"entry {max(block.first, self.number + 1)}: cannot be read"
        if self.seal != block.seal:
            return f"entry {self.number}: does not fit its seal"
        if self.number != block.last:
            return f"entry {block.last}: is not where it should be"
        return ""

    def problem_at_end(self, head: entries.Head) -> str:
        """What is wrong with how the audit log ends."""
        end, after = head.number, self.number + 1
        if end >= after:
            return f"entry {after}: {_span(after, end)} missing at the end"
        if end < self.number:
            return f"entry {end + 1}: the audit log ended before it"
        if head.seal != self.seal:
            return f"entry {end}: its seal is not that with which the audit log ended"
        if self.expected and self.expected[0] > end:
            return f"entry {after}: {_span(after, self.expected[0])} missing"
        return ""

    def result(self, problem: str) -> Verification:
        """What was found up to here."""
        return Verification(self.count, self.number, self.seal, problem=problem)

    def _past(self, record: Record, shown: str) -> str:
        sealed = seal(self.seal, record)
        if mark(sealed) != shown:
            return self._misfit(record.number)
        if self.expected and self.expected[0] == record.number and self.expected[1] != sealed:
            return f"entry {record.number}: its seal is not the expected one"
        if self._is_otherwise_in_log(record):
            return f"entry {record.number}: the change log has it otherwise"
        self.count, self.number, self.seal = self.count + 1, record.number, sealed
        return ""

    def _misfit(self, number: int) -> str:
        if number <= self.number + 1:
            return f"entry {number}: does not fit its seal: it, or what was before it, was altered"
        missing = _span(self.number + 1, number - 1)
        return f"entry {number}: does not follow on entry {self.number}: {missing} missing"

    def _is_otherwise_in_log(self, record: Record) -> bool:
        while self.change is None or self.change.number < record.number:
            self.change = next(self.changes, None)
            if self.change is None:
                return False
        return self.change.number == record.number and self.change != record


def _problem_with_log(last_change: int, head: int) -> str:
    if last_change >= head:
        return ""
    return f"entry {last_change + 1}: {_span(last_change + 1, head)} missing in the change log"


def _span(first: int, last: int) -> str:
    return f"{first} is" if first == last else f"{first} to {last} are"
