"""The settings of the server as options, environment variables and a TOML file."""

import math
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import click
import structlog

from registry.settings import Endpoint, Settings

log = structlog.get_logger()

ENVIRONMENT_PREFIX = "REGISTRY_"

_GIVEN = "registry.given"
"""Where a context keeps the arguments of its command."""

_OF_OTHER_COMMANDS = ("CONFIG", "SERVER")
"""Variables that are no settings."""


class EndpointType(click.ParamType[Endpoint | None]):
    """HOST:PORT, or ``off`` where that is allowed."""

    name = "HOST:PORT"

    def __init__(self, *, may_be_off: bool) -> None:
        self._may_be_off = may_be_off

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Endpoint | None:
        """Read it, or say what is wrong with it."""
        if isinstance(value, Endpoint):
            return value
        if self._may_be_off and value == "off":
            return None
        try:
            return Endpoint.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _NumberType(click.ParamType[float]):
    name = "NUMBER"

    def __init__(self, kind: type[int] | type[float], least: float | None) -> None:
        self._kind = kind
        self._least = -math.inf if least is None else least

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = self._kind(value)
        except ValueError:
            kind = "a whole number" if self._kind is int else "a number"
            self.fail(f"{value!r} is not {kind}", param, ctx)
        if not number >= self._least:  # this way round, because NaN is not either
            self.fail(f"{value} is not at least {self._least}", param, ctx)
        return number


def _option(setting: "attrs.Attribute[Any]") -> Callable[[Any], Any]:
    """The command-line option and environment variable of one setting."""
    return click.option(
        _spelling(setting),
        setting.name,
        type=_option_type(setting),
        default=setting.default,
        envvar=ENVIRONMENT_PREFIX + setting.name.upper(),
        help=_explanation(setting),
        metavar=setting.metadata["unit"] or None,
        show_default=True,
        show_envvar=True,
    )


def _spelling(setting: "attrs.Attribute[Any]") -> str:
    name = setting.name.replace("_", "-")
    return f"--{name}/--no-{name}" if setting.type is bool else f"--{name}"


def _option_type(setting: "attrs.Attribute[Any]") -> Any:
    if setting.type in (Endpoint, Endpoint | None):
        return EndpointType(may_be_off=setting.type != Endpoint)
    if setting.type in (Path, Path | None):
        return click.Path(path_type=Path)
    if setting.metadata["choices"]:
        return click.Choice(setting.metadata["choices"])
    if setting.type in (int, float):
        return _NumberType(setting.type, setting.metadata["least"])
    return setting.type


def _explanation(setting: "attrs.Attribute[Any]") -> str:
    least = setting.metadata["least"]
    says: str = setting.metadata["says"]
    return says if least is None else f"{says} At least {least}."


def _read_config(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """Take the settings of a TOML file as defaults."""
    if path is None:
        return
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.BadParameter(f"cannot read {path}: {error}") from error
    known = {setting.name for setting in Settings.describe()}
    unknown = sorted(values.keys() - known)
    if unknown:
        raise click.BadParameter(f"{path} has an unknown setting: {', '.join(unknown)}")
    for option in context.command.params:
        if option.name in values:
            _check_configured(context, option, values[option.name], path)
    context.default_map = {name: str(value) for name, value in values.items()}


def _check_configured(
    context: click.Context, option: click.Parameter, value: Any, path: Path
) -> None:
    """Refuse a value of a TOML file under the name that it has there."""
    if not isinstance(value, str | int | float):
        raise click.BadParameter(f"{path}: {option.name} must be one value, not {value!r}")
    try:
        option.process_value(context, str(value))
    except click.BadParameter as error:
        raise click.BadParameter(f"{path}: {option.name}: {error.message}") from error


class Repeatable(click.Command):
    """A command whose options can be read again while it runs (`repeat`)."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the options, and remember what there was to read."""
        given = list(args)
        context = super().make_context(info_name, args, parent, **extra)
        context.meta[_GIVEN] = given
        return context


def repeat(context: click.Context) -> click.Context:
    """Read the options of a `Repeatable` command again, with files as they are now.

    Raises:
        ClickException: One of them is wrong now.
    """
    given = list(context.meta[_GIVEN])
    return context.command.make_context(context.info_name, given, context.parent)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for every setting, and ``--config``."""
    for setting in reversed(Settings.describe()):
        command = _option(setting)(command)
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar=f"{ENVIRONMENT_PREFIX}CONFIG",
        is_eager=True,
        expose_value=False,
        callback=_read_config,
        metavar="FILE",
        help="TOML file with settings, named as the options are, with underscores.",
        show_envvar=True,
    )(command)


def warn_of_unknown_variables() -> None:
    """Point out misspelt variables.

    They are not refused: orchestrators set variables such as REGISTRY_PORT for a
    service that is called registry.
    """
    known = {ENVIRONMENT_PREFIX + setting.name.upper() for setting in Settings.describe()}
    known |= {f"{ENVIRONMENT_PREFIX}{name}" for name in _OF_OTHER_COMMANDS}
    for name in sorted(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in known:
            log.warning("setting.unknown", environment_variable=name)
