"""``registry audit``: whether the audit log is as it was written, and what is in it."""

from pathlib import Path

import click

from registry.admin import Verification, oldest, verify, writer
from registry.commands.failures import explained
from registry.commands.output import (
    console,
    data_option,
    database_option,
    json_option,
    print_facts,
    print_json,
    progress_of,
)
from registry.persistence import reading


@click.group("audit", context_settings={"help_option_names": ["-h", "--help"]})
def audit() -> None:
    """Verify the audit log, or write it out."""


class _SealType(click.ParamType[tuple[int, bytes]]):
    """NUMBER:SEAL, as ``verify`` prints it."""

    name = "NUMBER:SEAL"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, bytes]:
        """Read it, or say what is wrong with it."""
        number, _, seal = str(value).partition(":")
        try:
            read = int(number), bytes.fromhex(seal)
        except ValueError:
            read = 0, b""
        if read[0] < 1 or len(read[1]) != 32:
            self.fail(f"{value!r} is not a number and a seal of 64 hex digits", param, ctx)
        return read


@audit.command("verify")
@data_option
@database_option
@click.option(
    "--expect",
    type=_SealType(),
    metavar="NUMBER:SEAL",
    help="An entry and its seal that were noted before, where nobody could alter them.",
)
@json_option
@click.pass_context
def verify_command(
    context: click.Context,
    data: Path,
    database: str,
    expect: tuple[int, bytes] | None,
    *,
    as_json: bool,
) -> None:
    """Check that every entry is as it was written; exit code 1 names the first that is not.

    Each entry is sealed with a hash over itself and all before it. Whoever can write the
    database could seal everything anew: note the last seal elsewhere, and show it with
    --expect the next time. A server may be running on the folder.
    """
    with explained(), reading(data, database) as state, progress_of("entries") as progress:
        found = verify(state.connection, progress, expect)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)
    if found.problem:
        context.exit(1)


@audit.command("export")
@data_option
@database_option
@click.option(
    "--format",
    "name",
    type=click.Choice(["json", "cef", "splunk_hec"]),
    default="json",
    show_default=True,
    help="How to write each entry.",
)
@click.option("--after", type=click.IntRange(0), default=0, help="Begin after this entry.")
@click.option("--index", default="", help="The index that Splunk is to put them into.")
@click.option("--source", default="", help="What they are to be said to come from.")
def export_command(
    data: Path, database: str, name: str, after: int, *, index: str, source: str
) -> None:
    """Write the audit log to standard output, a line for each entry, oldest first.

    Only what is sealed is written, which takes a second after a change. A server may be
    running on the folder.
    """
    write = writer({"cef": "syslog_cef"}.get(name, name), index=index, source=source)
    with explained(), reading(data, database) as state:
        for entry in oldest(state.connection, after):
            click.echo(write(entry))


def _as_json(found: Verification) -> dict[str, object]:
    return {
        "whole": not found.problem,
        "entries": found.entries,
        "last": found.number,
        "seal": found.seal.hex(),
        "waiting": found.waiting,
        "problem": found.problem,
    }


def _print(found: Verification) -> None:
    print_facts(
        [
            ("entries", f"{found.entries:,}"),
            ("not sealed yet", f"{found.waiting:,}"),
            ("last seal", f"{found.number}:{found.seal.hex()}"),
        ]
    )
    if found.problem:
        console().print(found.problem, style="bold red", markup=False)
    else:
        console().print("every entry is as it was written", style="green")
