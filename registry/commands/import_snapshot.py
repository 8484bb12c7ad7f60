"""``registry import``: take over what the public Go server kept."""

import tempfile
from pathlib import Path

import click

from registry.commands.failures import explained
from registry.commands.output import (
    console,
    data_option,
    json_option,
    print_json,
    print_table,
    printable,
    working,
)
from registry.composition import build
from registry.logs import set_up_logs
from registry.persistence import change_log
from registry.settings import Settings
from registry.takeover import GoSnapshot, Report, read_snapshot

MOST_SHOWN = 50
"""What was left out is shown up to here; ``--json`` has all of it."""


@click.command("import")
@click.argument("snapshot", type=click.Path(path_type=Path), metavar="SNAPSHOT")
@data_option
@click.option("--dry-run", is_flag=True, help="Say what would be taken, and change nothing.")
@json_option
def import_snapshot(snapshot: Path, data: Path, *, dry_run: bool, as_json: bool) -> None:
    """Take over what the public Go server kept, into a fresh data folder.

    SNAPSHOT is its JSON file, written when it was stopped. Nodes, networks and trust keep
    their ids, so daemons keep their addresses. What cannot be taken is left out and listed
    with its path; a file that is no snapshot is refused as a whole.
    """
    set_up_logs("error", "console")
    with explained(), working("importing"):
        read = read_snapshot(snapshot.read_bytes())
        if dry_run:
            with tempfile.TemporaryDirectory(prefix="registry-import-") as place:
                report = _take_over(read, Path(place, "data"))
        else:
            report = _take_over(read, data)
    if as_json:
        _print_json(report, read, dry_run=dry_run)
    else:
        _print(report, read, dry_run=dry_run)


def _take_over(snapshot: GoSnapshot, data: Path) -> Report:
    """Fill a data folder.

    Raises:
        ValueError: It is not fresh, or the snapshot is not as it must be.
    """
    application = build(Settings(data=data), deliver=lambda callback: callback())
    try:
        with application.database.snapshot() as before:
            if change_log.last_number(before.connection):
                raise ValueError(f"data: {data} is in use already: an import needs a fresh folder")
        application.start()
        return application.committer.run(
            lambda transaction: application.takeover.run(transaction, snapshot)
        )
    finally:
        application.close()


def _print_json(report: Report, snapshot: GoSnapshot, *, dry_run: bool) -> None:
    print_json(
        {
            "dry_run": dry_run,
            "checksum_fits": snapshot.intact,
            "taken": report.taken,
            "left_out": [{"path": each.path, "reason": each.reason} for each in report.left_out],
        }
    )


def _print(report: Report, snapshot: GoSnapshot, *, dry_run: bool) -> None:
    screen = console()
    if snapshot.intact is False:
        screen.print("the checksum does not fit: the file was changed, or damaged", style="red")
    screen.print("would be taken:" if dry_run else "taken:", style="bold")
    for name, count in report.taken.items():
        screen.print(f"{count:>12,}  {name}")
    if report.left_out:
        screen.print("left out:", style="bold")
        shown = report.left_out[:MOST_SHOWN]
        print_table(["path", "reason"], [(each.path, each.reason) for each in shown])
        if len(report.left_out) > MOST_SHOWN:
            screen.print(printable(f"and {len(report.left_out) - MOST_SHOWN:,} more (see --json)"))
