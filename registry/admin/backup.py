"""Backups: one file with everything that a data folder holds, and folders made from it."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import frozen

from registry.persistence import DATABASE_FILE, LOCK_FILE, Progress, copy_database, find_damage
from registry.persistence import owned as owned_folder

KEPT_WITH_IT = ("tls-cert.pem", "tls-key.pem", "webhook-secret")
"""Files of a data folder beside the database that others rely on: they pin the certificate,
and know what webhooks are signed with."""

_MAKE_FILES = "CREATE TABLE backup_files (name TEXT PRIMARY KEY, content BLOB NOT NULL)"
_ADD_FILE = "INSERT INTO backup_files VALUES (?, ?)"
_FILES = "SELECT name, content FROM backup_files"
_DROP_FILES = "DROP TABLE backup_files"
_IS_BACKUP = "SELECT count(*) FROM sqlite_schema WHERE name = 'backup_files'"

_BESIDE_IT = tuple(f"{DATABASE_FILE}-{end}" for end in ("wal", "shm"))
"""What else belongs to a database in WAL mode."""


@frozen
class Backup:
    """A backup that was made and found whole.

    Attributes:
        file: Where it is.
        number: The number of the last change in it.
        size: In bytes.
    """

    file: Path
    number: int
    size: int


@frozen
class Restored:
    """A data folder that was made from a backup.

    Attributes:
        folder: Where it is.
        aside: Where that is now which was in the folder; None if there was nothing.
    """

    folder: Path
    aside: Path | None


class Damaged(ValueError):
    """A database that is not whole."""


def name_backup(clock: Callable[[], float] = time.time) -> str:
    """A name for a backup that is made now; names sort by age."""
    return time.strftime("registry-%Y%m%dT%H%M%SZ.backup", time.gmtime(clock()))


def back_up(folder: Path, target: Path, progress: Progress = lambda _done, _total: None) -> Backup:
    """Put everything that is in a data folder into one file; a server may be running on it.

    The file appears when it is whole and on the disk, not before.

    Args:
        folder: The data folder.
        target: The file to make.
        progress: Told of the pages that are copied.

    Raises:
        Damaged: The database is not whole; there is no backup.
        OSError: A file cannot be read or written, the target is there already, or the disk
            is full.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already: a backup replaces no file")
    source = _database_in(folder)
    with _appearing(target) as partial:
        copy = copy_database(source, partial, progress)
        with _usable(partial) as backup:
            backup.execute(_MAKE_FILES)
            for name in KEPT_WITH_IT:
                if (folder / name).exists():
                    backup.execute(_ADD_FILE, (name, (folder / name).read_bytes()))
        require_whole(partial)
    return Backup(target, copy.number, target.stat().st_size)


def restore(file: Path, folder: Path, *, force: bool = False) -> Restored:
    """Make a data folder from a backup.

    Args:
        file: A backup, or any whole database of a registry.
        folder: Made if it is not there.
        force: Whether to put aside, into a folder within, what is there already.

    Raises:
        Damaged: The backup is not whole, or none; the folder is as it was.
        FileExistsError: There is something in the folder, and no force is to be used.
        DatabaseInUse: A server is running on the folder.
        OSError: A file cannot be read or written, or the disk is full.
    """
    require_whole(file)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with owned_folder(folder):
        there = sorted(entry.name for entry in folder.iterdir() if entry.name != LOCK_FILE)
        if there and not force:
            raise FileExistsError(
                f"{folder} is not empty: it has {', '.join(there[:3])}; "
                "with --force that is put aside"
            )
        new = folder / f"{DATABASE_FILE}.restoring"
        new.unlink(missing_ok=True)
        try:
            copy_database(file, new)
            contents = _take_files(new)
            aside = _put_aside(folder) if there else None
            for name, content in contents:
                _write(folder / name, content)
                _give_to_owner(folder / name)
            _give_to_owner(new)
            _sync(new)
            new.replace(folder / DATABASE_FILE)
            _sync(folder)
        finally:
            new.unlink(missing_ok=True)
    return Restored(folder, aside)


def require_whole(file: Path) -> None:
    """Let only a whole database of a registry pass.

    Raises:
        Damaged: It is not; the text says what is wrong.
        OSError: The file cannot be read.
    """
    if damage := find_damage(file):
        more = f" (and {len(damage) - 1} more)" if len(damage) > 1 else ""
        raise Damaged(f"{file} is damaged: {damage[0]}{more}")


def _database_in(folder: Path) -> Path:
    file = folder / DATABASE_FILE
    if not file.exists():
        raise FileNotFoundError(f"{folder} is no data folder: there is no {DATABASE_FILE} in it")
    return file


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """A file to write, which gets its name when it is whole and on the disk."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _usable(file: Path) -> Iterator[sqlite3.Connection]:
    """A database file, in one transaction."""
    try:
        with closing(sqlite3.connect(file)) as database, database:
            yield database
    except sqlite3.Error as error:
        raise OSError(f"{file}: {error}") from error


def _take_files(database_file: Path) -> list[tuple[str, bytes]]:
    """Take the other files of the data folder out of a backup."""
    with _usable(database_file) as database:
        [is_backup] = database.execute(_IS_BACKUP).fetchone()
        if not is_backup:
            return []
        files = [row for row in database.execute(_FILES) if row[0] in KEPT_WITH_IT]
        database.execute(_DROP_FILES)
    return files


def _put_aside(folder: Path) -> Path:
    """Keep what is replaced; at no moment is there a folder without a database.

    A server that came to start on the folder in the middle of this would otherwise begin
    with nothing, and daemons would lose their addresses.
    """
    aside = folder / time.strftime("before-restore-%Y%m%dT%H%M%SZ", time.gmtime())
    aside.mkdir(mode=0o700)
    _give_to_owner(aside)
    if (folder / DATABASE_FILE).exists():
        os.link(folder / DATABASE_FILE, aside / DATABASE_FILE)
    _sync(aside)
    for name in (*_BESIDE_IT, *KEPT_WITH_IT):
        if (folder / name).exists():
            (folder / name).replace(aside / name)
    return aside


def _write(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _give_to_owner(file: Path) -> None:
    """Let the server use it, which owns the folder, where an administrator restores."""
    owner = file.parent.stat()
    if os.geteuid() == 0:
        os.chown(file, owner.st_uid, owner.st_gid)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
