"""Copies of a database that is in use, and what is wrong with one."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from attrs import frozen

from registry.persistence.change_log import changes

Progress = Callable[[int, int], object]
"""Told now and then how much is done, and of how much."""

PAGES_AT_A_TIME = 1024

_LAST_NUMBER = f"SELECT coalesce(max(number), 0) FROM {changes.name}"  # noqa: S608 - our own name

_MOST_DAMAGES = 100
"""Damages that are told at most."""

_HAS_LOG = "SELECT count(*) FROM sqlite_schema WHERE name = ?"


@frozen
class Copy:
    """A copy of a database, as of one commit.

    Attributes:
        file: Where it is.
        number: The last change-log number in that commit.
        size: In bytes.
    """

    file: Path
    number: int
    size: int


def copy_database(
    source: Path, target: Path, progress: Progress = lambda _done, _total: None
) -> Copy:
    """Copy a database, also while a server writes it, into one file that needs no other.

    The copy is of one commit: that which was the newest when copying began. What
    is committed meanwhile waits in the server's write-ahead log for as long, no longer.

    Args:
        source: The database.
        target: Where to put the copy; there may be no file yet.
        progress: Told of the pages that are copied.

    Raises:
        OSError: One of the files cannot be used, or the disk is full.
    """
    with _told(source), closing(_open(source)) as reading:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        # A transaction that reads holds one commit still; else every commit would begin the
        # copy anew.
        reading.execute("BEGIN")
        [number] = reading.execute(_LAST_NUMBER).fetchone()
        with _told(target), closing(_open(target)) as writing:
            reading.backup(
                writing,
                pages=PAGES_AT_A_TIME,
                progress=lambda _status, remaining, total: progress(total - remaining, total),
            )
            writing.execute("PRAGMA journal_mode=DELETE")
    return Copy(target, number, target.stat().st_size)


def find_damage(file: Path) -> list[str]:
    """Look at every page of a registry's database; what is wrong, nothing if it is whole.

    Raises:
        OSError: The file cannot be read.
    """
    file.stat()
    try:
        with closing(_open(file)) as database:
            rows = database.execute(f"PRAGMA integrity_check({_MOST_DAMAGES})").fetchall()
            [has_log] = database.execute(_HAS_LOG, [changes.name]).fetchone()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    damage = [line for [line] in rows if line != "ok"]
    return damage or ([] if has_log else ["it is no database of a registry"])


def _open(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?mode=rw",
        uri=True,
        isolation_level=None,
        timeout=10,
    )
    database.execute("PRAGMA synchronous=FULL")
    return database


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Say with every error which file it is about."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"{file}: {error}") from error
