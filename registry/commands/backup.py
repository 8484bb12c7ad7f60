"""``registry backup``: everything a server keeps, as one file."""

from contextlib import ExitStack
from pathlib import Path

import click

from registry.admin import back_up, name_backup
from registry.commands.failures import explained
from registry.commands.output import (
    data_option,
    database_option,
    json_option,
    print_facts,
    print_json,
    progress_of,
)
from registry.commands.shared_database import as_folder


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR_OR_FILE")
@data_option
@database_option
@json_option
def backup(target: Path, data: Path, database: str, *, as_json: bool) -> None:
    """Back a data folder, or a PostgreSQL database, up while its server runs.

    The backup is of one moment: everything acknowledged before it began is in it. It
    appears under its name only when it is whole, on the disk and checked. In a folder, the
    name is made of the time. The file holds secrets, as the data folder does.
    """
    file = target / name_backup() if target.is_dir() else target
    with explained(), ExitStack() as stack:
        if database:
            rows = stack.enter_context(progress_of("copying rows"))
            data = stack.enter_context(as_folder(database, data, rows))
        made = back_up(data, file, stack.enter_context(progress_of("copying pages")))
    facts = {"file": str(made.file), "bytes": made.size, "last_change": made.number}
    if as_json:
        print_json(facts)
    else:
        print_facts(
            [
                ("backup", made.file),
                ("size", f"{made.size:,} bytes"),
                ("last change", f"{made.number:,}"),
            ]
        )
