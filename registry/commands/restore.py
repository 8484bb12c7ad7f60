"""``registry restore``: a data folder from a backup."""

from pathlib import Path

import click

import registry.admin as backups
from registry.commands.failures import explained
from registry.commands.output import data_option, json_option, print_facts, print_json


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@data_option
@click.option(
    "--force", is_flag=True, help="Put aside what is in the folder, into a folder within."
)
@json_option
def restore(file: Path, data: Path, *, force: bool, as_json: bool) -> None:
    """Make a data folder from a backup, for a server that is started afterwards.

    Refused where the folder is not empty, unless forced, and where a server runs on it.
    """
    with explained():
        restored = backups.restore(file, data, force=force)
    if as_json:
        aside = str(restored.aside) if restored.aside else None
        print_json({"data": str(restored.folder), "aside": aside})
        return
    facts: list[tuple[str, object]] = [("restored", restored.folder)]
    if restored.aside:
        facts.append(("what was there", restored.aside))
    print_facts(facts)
