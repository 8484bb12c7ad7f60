"""``python -m tools.layering``: the command line of the checker."""

from pathlib import Path

import click

from tools.layering.config import ConfigError, read_config
from tools.layering.contracts import check
from tools.layering.modules import UnreadableModule
from tools.layering.report import as_text
from tools.layering.scan import scan_package

VIOLATIONS, CANNOT_TELL = 1, 2
"""Exit codes, beside 0 when all is well."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    metavar="DIR",
    help="Folder that the checked package is in.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file with the rules under [tool.layering].  [default: pyproject.toml in DIR]",
)
@click.pass_context
def main(context: click.Context, root: Path, config: Path | None) -> None:
    """Check which room of the project imports which.

    Exits with 0 if all is well, with 1 if there are violations, and with 2 if the rules or
    a file cannot be read.
    """
    try:
        rules = read_config(config or root / "pyproject.toml")
        scan = scan_package(root, rules.package)
    except (ConfigError, UnreadableModule) as error:
        click.echo(error, err=True)
        context.exit(CANNOT_TELL)
    violations = check(rules, scan)
    click.echo(as_text(scan, violations))
    context.exit(VIOLATIONS if violations else 0)


if __name__ == "__main__":
    main(prog_name="python -m tools.layering")
