"""What commands print: tables and progress for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from registry.persistence import Progress as Told

_WIDE = 1000
"""Columns where there is no terminal: whoever cuts the lines is not to find them folded."""

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for programs, and nothing else."
)

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("registry-data"),
    envvar="REGISTRY_DATA",
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="The server's data folder.",
)
"""Where a command finds the data folder."""

database_option = click.option(
    "--database",
    default="",
    envvar="REGISTRY_DATABASE",
    show_envvar=True,
    metavar="URL",
    help="PostgreSQL database to look at instead, as of the server's setting.",
)
"""Where a command finds a database that is not in the data folder."""


def console() -> Console:
    """Where people read what a command says."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(width=width, highlight=False, soft_wrap=False)


def print_json(value: Any) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Print names and values, one a line."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column()
    for name, value in facts:
        grid.add_row(name, Text(str(value)))
    console().print(grid)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Sequence[str] = ()
) -> None:
    """Print a table.

    Args:
        columns: Their headings.
        rows: The cells of each row, in the same order. They may come from strangers.
        numbers: The columns that are set to the right.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console().print(table)


def printable(value: Any) -> str:
    """A value as text that cannot steer a terminal."""
    text = value if isinstance(value, str) else str(value)
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


@contextmanager
def progress_of(what: str) -> Iterator[Told]:
    """Show on standard error how far long work is; nothing where that is no terminal.

    Returns:
        What the work tells how much is done, and of how much.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on standard error that something is being done that cannot say how far it is."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(what):
        yield
