"""``registry restore``: a data folder from a backup."""

import tempfile
from pathlib import Path

import click

import registry.admin as backups
from registry.commands.failures import explained
from registry.commands.output import (
    data_option,
    database_option,
    json_option,
    print_facts,
    print_json,
    progress_of,
)
from registry.commands.shared_database import fill


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@data_option
@database_option
@click.option(
    "--force", is_flag=True, help="Put aside what is in the folder, into a folder within."
)
@json_option
def restore(file: Path, data: Path, database: str, *, force: bool, as_json: bool) -> None:
    """Make a data folder from a backup, for a server that is started afterwards.

    Refused where the folder is not empty, unless forced, and where a server runs on it. With
    --database, the backup is put into that database, which must be empty: so one moves from
    SQLite to PostgreSQL, and from one PostgreSQL to another.
    """
    with explained():
        restored = _restore(file, data, database, force=force)
    if as_json:
        aside = str(restored.aside) if restored.aside else None
        print_json({"data": str(restored.folder), "aside": aside})
        return
    facts: list[tuple[str, object]] = [
        ("restored", "into the database" if database else restored.folder)
    ]
    if restored.aside:
        facts.append(("what was there", restored.aside))
    print_facts(facts)


def _restore(file: Path, data: Path, database: str, *, force: bool) -> backups.Restored:
    if not database:
        return backups.restore(file, data, force=force)
    if force:
        raise click.UsageError("--force: is for data folders; a database must be empty")
    with tempfile.TemporaryDirectory(prefix="registry-") as place:
        folder = backups.restore(file, Path(place, "data")).folder
        with progress_of("copying rows") as progress:
            fill(database, folder, data, progress)
    return backups.Restored(data, None)
