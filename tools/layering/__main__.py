"""``python -m tools.layering``: the command line of the checker."""

import gc
import os
import sys
from pathlib import Path

import click

from tools.layering.config import ConfigError, read_config
from tools.layering.contracts import check
from tools.layering.modules import UnreadableModule
from tools.layering.project import Project, read_project
from tools.layering.report import FORMATS, Summary

VIOLATIONS, CANNOT_TELL = 1, 2
"""Exit codes, beside 0 when all is well."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    metavar="DIR",
    help="Folder of what is checked: the package, or a store in another repository.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file with the rules under [tool.layering].  [default: pyproject.toml in DIR]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="How to tell what was found.",
)
@click.pass_context
def main(context: click.Context, root: Path, config: Path | None, form: str) -> None:
    """Check which room of the project knows which: by import, by event, by table.

    Exits with 0 if all is well, with 1 if there are violations, and with 2 if the rules or
    a file cannot be read.
    """
    config_path = config or root / "pyproject.toml"
    try:
        rules = read_config(config_path)
        project = read_project(root, rules, config_path.parent)
        summary = _summary(project, config_path)
    except (ConfigError, UnreadableModule) as error:
        click.echo(error, err=True)
        context.exit(CANNOT_TELL)
    click.echo(FORMATS[form](summary))
    context.exit(VIOLATIONS if summary.violations else 0)


def _summary(project: Project, config_path: Path) -> Summary:
    found = check(project, config_path)
    return Summary(
        project.root,
        len(project.checked),
        [each for each in found if each.tolerated is None],
        [each for each in found if each.tolerated is not None],
    )


if __name__ == "__main__":
    # Syntax trees are many small objects and no garbage: to look through them for some, and to
    # give each back at the end, takes as long as all the rest.
    gc.disable()
    try:
        main(prog_name="python -m tools.layering")
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else CANNOT_TELL)
