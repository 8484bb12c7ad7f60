"""``registry networks``: the networks of a running registry."""

import click

from registry.commands.failures import explained
from registry.commands.output import json_option, print_json, print_table
from registry.commands.remote import Answer, Target, target_options


@click.command("networks")
@target_options
@json_option
def networks(target: Target, *, as_json: bool) -> None:
    """List the networks of a running registry; without the admin token, the open ones."""
    with explained(), target.connect() as it:
        found = it.ask("list_networks")["networks"]
    if as_json:
        print_json(found)
        return
    columns = ["id", "name", "members", "join", "flags", "description"]
    print_table(columns, [_row(entry) for entry in found], numbers=["id", "members"])


def _row(entry: Answer) -> list[str]:
    flags = {"enterprise": "enterprise", "managed": "managed", "has_expr_policy": "policy"}
    return [
        str(entry["id"]),
        entry["name"],
        str(entry.get("members", "")),
        entry.get("join_rule", ""),
        " ".join(name for field, name in flags.items() if entry.get(field)),
        entry.get("description", ""),
    ]
