"""``registry nodes``: the nodes of a running registry, or of one of its networks."""

from collections.abc import Iterator
from itertools import islice

import click

from registry.commands.failures import explained
from registry.commands.output import json_option, print_json, print_table
from registry.commands.remote import Answer, Target, target_options

_STATES = ("online", "offline")


@click.command("nodes")
@click.option(
    "--network", type=click.IntRange(0, 0xFFFF), default=0, metavar="ID", help="Only its members."
)
@click.option("--tag", metavar="TAG", help="Only those that have this tag.")
@click.option("--state", type=click.Choice(_STATES), help="Only those that are on- or offline.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="At most so many."
)
@target_options
@json_option
def nodes(
    target: Target,
    *,
    network: int,
    tag: str | None,
    state: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the nodes of a running registry.

    All of them are listed for administrators only, as are the members of networks that are
    not open.
    """
    with explained(), target.connect() as it:
        wanted = _wanted(it.nodes_of(network), tag, state)
        found = list(islice(wanted, limit))
    if as_json:
        print_json(found)
        return
    columns = ["id", "address", "hostname", "state", "visible", "role", "version", "seen", "tags"]
    print_table(columns, [_row(entry) for entry in found], numbers=["id"])


def _wanted(entries: Iterator[Answer], tag: str | None, state: str | None) -> Iterator[Answer]:
    for entry in entries:
        if tag is not None and tag not in (entry.get("tags") or ()):
            continue
        if state is not None and state != _state(entry):
            continue
        yield entry


def _state(entry: Answer) -> str:
    return "offline" if entry.get("stale") or entry.get("offline") else "online"


def _row(entry: Answer) -> list[str]:
    return [
        str(entry["node_id"]),
        entry.get("address", ""),
        entry.get("hostname", ""),
        _state(entry),
        "public" if entry.get("public") else "private",
        entry.get("role", ""),
        entry.get("version", ""),
        entry.get("last_seen", ""),
        " ".join(f"#{tag}" for tag in entry.get("tags") or ()),
    ]
