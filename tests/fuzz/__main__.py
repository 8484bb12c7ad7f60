"""``python -m tests.fuzz``: look for what does not hold, and print the figures.

It needs the extra ``fuzz``: ``pip install -c constraints.txt -e .[fuzz]``.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from tests.fuzz import beginnings
from tests.fuzz.targets import TARGETS

LONGEST_INPUT = 4096
"""Bytes."""

TOO_SLOW = 20
"""Seconds after which an input is taken to hang."""

_FIGURES = re.compile(
    rb"#(?P<runs>\d+)\s+DONE\s+cov: (?P<cov>\d+) ft: (?P<ft>\d+) corp: (?P<kept>\d+)"
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(list(TARGETS)), metavar="[TARGET]...")
@click.option("--seconds", default=60, show_default=True, help="How long for each target.")
@click.option(
    "--found",
    type=click.Path(file_okay=False, path_type=Path),
    default="fuzz-found",
    show_default=True,
    metavar="DIR",
    help="Where inputs go that show that something does not hold.",
)
@click.pass_context
def main(context: click.Context, names: tuple[str, ...], seconds: int, found: Path) -> None:
    """Fuzz the TARGETs, by default all, one after the other."""
    if importlib.util.find_spec("atheris") is None:
        raise click.ClickException("atheris is missing: pip install -c constraints.txt -e .[fuzz]")
    clean = [_fuzz(name, seconds, found / name) for name in names or TARGETS]
    context.exit(0 if all(clean) else 1)


def _fuzz(name: str, seconds: int, found: Path) -> bool:
    """Fuzz one target; whether everything held."""
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-corpus-") as folder:
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_INPUT}",
            f"-timeout={TOO_SLOW}",
            f"-artifact_prefix={found}/",
            *beginnings.write(name, Path(folder)),
        ]
        command = [sys.executable, "-m", "tests.fuzz.run", name, str(found), *options]
        ended = subprocess.run(command, capture_output=True, check=False)
    told = ended.stderr + ended.stdout
    figures = _FIGURES.search(told)
    if ended.returncode or not figures:
        click.echo(f"{name}: FOUND something, see {found}")
        click.echo(told[-6000:].decode(errors="replace"))
        return False
    click.echo(
        "{}: {:,} inputs, coverage {} (features {}), {} kept".format(
            name, *(int(figures[key]) for key in ("runs", "cov", "ft", "kept"))
        )
    )
    return True


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz")
