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
    "backup": Entry(
        "Back a data folder up while its server runs.",
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
        "Check that a data folder is whole; exit code 1 if it is not.",
        lambda: resolve_name("registry.commands.check:check"),
    ),
}

__all__ = ["COMMANDS"]
