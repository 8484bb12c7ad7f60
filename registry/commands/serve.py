"""``registry serve``: run the server."""

from typing import Any

import click

from registry.commands.configuration import (
    Repeatable,
    repeat,
    warn_of_unknown_variables,
    with_settings,
)
from registry.commands.failures import explained
from registry.logs import set_up_logs
from registry.server import run
from registry.settings import Settings


@click.command("serve", cls=Repeatable)
@with_settings
@click.pass_context
def serve(context: click.Context, /, **values: Any) -> None:
    """Run the registry server until SIGTERM or SIGINT.

    An option wins over its environment variable, and that over the TOML file. The
    first line on standard output says where the server listens. On SIGHUP the settings
    are read again: log lines say which of them took effect, and which need a restart.
    """
    try:
        settings = Settings(**values)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    set_up_logs(settings.log_level, settings.log_format)
    warn_of_unknown_variables()
    with explained():
        run(settings, announce=click.echo, reread=lambda: _reread(context))


def _reread(context: click.Context) -> Settings:
    """The settings as the same command would have them now.

    Raises:
        ValueError: One of them is wrong.
    """
    try:
        return Settings(**repeat(context).params)
    except click.ClickException as error:
        raise ValueError(error.format_message()) from error
