"""``registry events``: what happened in a running registry, and what happens."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import click

from registry.commands.failures import explained
from registry.commands.output import console, json_option, printable
from registry.commands.remote import Answer, Remote, Target, target_options

MOST_AT_ONCE = 1000
"""Entries that a registry tells in one answer."""


@click.command("events")
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@click.option(
    "--last",
    type=click.IntRange(0, MOST_AT_ONCE),
    default=20,
    show_default=True,
    metavar="COUNT",
    help="Begin with so many of those that happened last.",
)
@click.option(
    "--network",
    type=click.IntRange(0, 0xFFFF),
    default=0,
    metavar="ID",
    help="Only what is about this network.",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to ask what is new.",
)
@target_options
@json_option
def events(
    target: Target,
    *,
    follow: bool,
    last: int,
    network: int,
    interval: float,
    as_json: bool,
) -> None:
    """Show what happened in a running registry, oldest first; for administrators.

    With --json, each event is a line.
    """
    show = _show_json if as_json else _show
    with (
        explained(),
        suppress(KeyboardInterrupt),
        target.connect() as remote,
    ):
        known = _newest(remote, network, MOST_AT_ONCE if follow else max(last, 1))
        for entry in reversed(known[:last]):
            show(entry)
        if follow:
            for entry in _what_follows(remote, network, known, interval):
                show(entry)


def _newest(remote: Remote, network: int, most: int) -> list[Answer]:
    entries: list[Answer] = remote.ask("get_audit_log", network_id=network, limit=most)["entries"]
    return entries


def _what_follows(
    remote: Remote, network: int, known: list[Answer], interval: float
) -> Iterator[Answer]:
    while True:
        time.sleep(interval)
        entries = _newest(remote, network, MOST_AT_ONCE)
        fresh = how_many_new(entries, known)
        if fresh == len(entries) == MOST_AT_ONCE and known:
            click.echo("some events were not seen: they come faster than asked for", err=True)
        yield from reversed(entries[:fresh])
        known = entries


def how_many_new(entries: Sequence[Answer], known: Sequence[Answer]) -> int:
    """How many of the newest entries were not known, both newest first.

    Entries have no number, and two can look alike, so the whole of what is known has to
    follow upon what is new.

    Args:
        entries: As many as the registry tells at once, or all there are.
        known: The same, of a while ago.
    """
    for new in range(max(len(entries) - len(known), 0), len(entries)):
        rest = entries[new:]
        if all(one == other for one, other in zip(rest, known, strict=False)):
            return new
    return len(entries)


def _show_json(entry: Answer) -> None:
    click.echo(json.dumps(entry))


def _show(entry: Answer) -> None:
    subject = [
        f"{name.removesuffix('_id')} {entry[name]}"
        for name in ("node_id", "network_id")
        if entry.get(name)
    ]
    text = " ".join([*subject, entry.get("details", "")])
    console().print(
        f"[dim]{printable(entry.get('timestamp', ''))}[/dim] "
        f"[bold]{printable(entry.get('action', '')):<28}[/bold]",
        end=" ",
        highlight=False,
    )
    console().print(printable(text), markup=False, highlight=False, soft_wrap=True)
