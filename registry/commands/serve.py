"""``registry serve``: run the server."""

from typing import Any

import click

from registry.commands.configuration import warn_of_unknown_variables, with_settings
from registry.commands.failures import explained
from registry.logs import set_up_logs
from registry.server import run
from registry.settings import Settings


@click.command("serve")
@with_settings
def serve(**values: Any) -> None:
    """Run the registry server until SIGTERM or SIGINT.

    An option wins over its environment variable, and that over the TOML file. The
    first line on standard output says where the server listens.
    """
    try:
        settings = Settings(**values)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    set_up_logs(settings.log_level, settings.log_format)
    warn_of_unknown_variables()
    with explained():
        run(settings, announce=click.echo)
