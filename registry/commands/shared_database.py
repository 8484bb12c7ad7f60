"""A PostgreSQL database as a data folder, for the commands that work on one, and back."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from registry.added_stores import added_stores
from registry.admin import KEPT_WITH_IT
from registry.composition import SCHEMAS, open_database
from registry.events import Store
from registry.persistence import Progress, change_log, reading, transfer


class NotEmpty(ValueError):
    """A database that has something in it already."""


@contextmanager
def as_folder(url: str, data: Path, progress: Progress) -> Iterator[Path]:
    """What is in a PostgreSQL database, as of one commit, as a data folder that goes again.

    Servers may be running on it.

    Args:
        url: The database.
        data: The data folder of a server on it, where its other files are.
        progress: Told of the rows that are copied.

    Raises:
        DBAPIError: The database cannot be read.
        OSError: The folder for temporary files cannot be written.
        ValueError: It is no database of this release.
    """
    with tempfile.TemporaryDirectory(prefix="registry-") as place:
        folder = Path(place, "data")
        with (
            reading(data, url) as state,
            closing(open_database(folder, _added())) as database,
            database.open_writer() as writer,
            writer.begin(),
        ):
            transfer(state.connection, writer, progress)
        for name in KEPT_WITH_IT:
            if (data / name).exists():
                shutil.copy2(data / name, folder / name)
        yield folder


def fill(url: str, folder: Path, data: Path, progress: Progress) -> None:
    """Put what is in a data folder into an empty PostgreSQL database.

    Args:
        url: The database; what it lacks of tables is made.
        folder: The data folder to copy.
        data: That of the server that is to run on the database.
        progress: Told of the rows that are copied.

    Raises:
        NotEmpty: There is something in the database already.
        DBAPIError: The database cannot be written.
        OSError: A folder cannot be read or written.
        ValueError: The two are not of one release.
    """
    with (
        reading(folder) as state,
        closing(open_database(data, _added(), url=url)) as database,
        database.open_writer() as writer,
        writer.begin(),
    ):
        if change_log.last_number(writer):
            raise NotEmpty("database: there is something in it already, and it is left as it is")
        transfer(state.connection, writer, progress)
    for name in KEPT_WITH_IT:
        if (folder / name).exists() and not (data / name).exists():
            shutil.copy2(folder / name, data / name)


def _added() -> tuple[Store, ...]:
    return tuple(added_stores(schema.store for schema in SCHEMAS))
