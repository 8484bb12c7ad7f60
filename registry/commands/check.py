"""``registry check``: whether a data folder is whole."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from registry.commands.asking import Ask, Question, lasting
from registry.commands.configuration import EndpointType
from registry.commands.examination import Examination, examine
from registry.commands.failures import explained
from registry.commands.output import (
    console,
    data_option,
    database_option,
    json_option,
    print_json,
    progress_of,
)
from registry.commands.remote import Refused, Remote, Target
from registry.logs import set_up_logs
from registry.settings import Endpoint


@click.command("check")
@data_option
@database_option
@click.option(
    "--server",
    type=EndpointType(may_be_off=False),
    metavar="HOST:PORT",
    help="The server that is running on it, whose memory is then compared with the database.",
)
@click.option(
    "--admin-token-file",
    type=click.Path(path_type=Path),
    envvar="REGISTRY_ADMIN_TOKEN_FILE",
    show_envvar=True,
    metavar="FILE",
    help="File with that server's admin token.",
)
@json_option
@click.pass_context
def check(
    context: click.Context,
    data: Path,
    database: str,
    server: Endpoint | None,
    admin_token_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Check that a data folder, or a PostgreSQL database, is whole; exit code 1 if it is not.

    Looks at every page of the database, at the change log, and at what the stores say of
    each other; then replays the change log and compares what clients would be told with
    what the database says. It works on a copy in the folder for temporary files (TMPDIR),
    so a server may be running.
    """
    set_up_logs("error", "console")
    with explained(), ExitStack() as stack:
        ask = stack.enter_context(_asking(server, admin_token_file)) if server else None
        examination = examine(data, progress_of, ask, url=database)
    if as_json:
        print_json(_as_json(examination))
    else:
        _print(examination)
    if examination.findings:
        context.exit(1)


@contextmanager
def _asking(server: Endpoint, admin_token_file: Path | None) -> Iterator[Ask]:
    if admin_token_file is None:
        raise click.UsageError("--server needs --admin-token-file, to be told everything")
    with Target(server, admin_token_file).connect() as remote:
        yield lambda question: _ask(remote, question)


def _ask(remote: Remote, question: Question) -> Any:
    try:
        return lasting(remote.ask(question.type, **dict(question.fields)))
    except Refused as refused:
        return {"error": str(refused).removeprefix(f"{question.type}: ")}


def _as_json(examination: Examination) -> dict[str, Any]:
    return {
        "whole": not examination.findings,
        "counts": examination.counts,
        "findings": [{"part": each.part, "text": each.text} for each in examination.findings],
        "notes": examination.notes,
    }


def _print(examination: Examination) -> None:
    screen = console()
    for name, count in examination.counts.items():
        screen.print(f"{count:>12,}  {name.replace('_', ' ')}")
    for note in examination.notes:
        screen.print(note, markup=False)
    for finding in examination.findings:
        screen.print(f"{finding.part}: {finding.text}", style="red", markup=False)
    if examination.findings:
        screen.print(f"{len(examination.findings)} problems found", style="bold red")
    else:
        screen.print("no problem found", style="green")
