"""The commands of the command line, one a file.

- `COMMANDS`: every command with a line on what it does.

A command is loaded when it is run or asked for its help, so that the list of them comes at once.
"""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name

import click
from attrs import frozen


@frozen
class Entry:
    """A command in the list.

    Attributes:
        says: What it does, in a line.
        load: Imports it.
    """

    says: str
    load: Callable[[], click.Command]


COMMANDS: Mapping[str, Entry] = {
    "serve": Entry(
        "Run the registry server until SIGTERM or SIGINT.",
        lambda: resolve_name("registry.commands.serve:serve"),
    ),
    "status": Entry(
        "Ask a running registry how it is; exit code 1 if it does not answer.",
        lambda: resolve_name("registry.commands.status:status"),
    ),
    "nodes": Entry(
        "List the nodes of a running registry.",
        lambda: resolve_name("registry.commands.nodes:nodes"),
    ),
    "networks": Entry(
        "List the networks of a running registry; without the admin token, the open ones.",
        lambda: resolve_name("registry.commands.networks:networks"),
    ),
    "events": Entry(
        "Show what happened in a running registry, oldest first; for administrators.",
        lambda: resolve_name("registry.commands.events:events"),
    ),
    "top": Entry(
        "Show what a running server is busy with, live, until Ctrl-C.",
        lambda: resolve_name("registry.commands.top:top"),
    ),
    "backup": Entry(
        "Back a data folder, or a PostgreSQL database, up while its server runs.",
        lambda: resolve_name("registry.commands.backup:backup"),
    ),
    "restore": Entry(
        "Make a data folder from a backup, for a server that is started afterwards.",
        lambda: resolve_name("registry.commands.restore:restore"),
    ),
    "audit": Entry(
        "Verify the audit log, or write it out.",
        lambda: resolve_name("registry.commands.audit:audit"),
    ),
    "import": Entry(
        "Take over what the public Go server kept, into a fresh data folder.",
        lambda: resolve_name("registry.commands.import_snapshot:import_snapshot"),
    ),
    "check": Entry(
        "Check that a data folder, or a PostgreSQL database, is whole; exit code 1 if it is not.",
        lambda: resolve_name("registry.commands.check:check"),
    ),
}

__all__ = ["COMMANDS"]
