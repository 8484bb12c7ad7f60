"""``python -m tools.new_store NAME``: a store that runs, to be changed into the one wanted.

It has everything that a store has: tables with their migration, an operation with its
authorisation row, an event, a subscription, a read model, tests, and a page in the notes. It
passes the checker, the type checker, the linter and its tests as it is written.
"""

import re
import subprocess
import sys
from pathlib import Path
from string import Template

import click

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 32

_TEMPLATES = Path(__file__).parent / "templates"
_COMPOSITION = Path("registry/added_stores.py")
_LIST = re.compile(r"^IN_TREE: .* = \(\n(?P<lines>(?: .*\n)*)\)$", re.MULTILINE)
_LINE = '    lambda: importlib.import_module("registry.{name}").STORE,\n'


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    metavar="DIR",
    help="The tree to write into.",
)
def main(name: str, root: Path) -> None:
    """Write a new store, and take it into the server.

    NAME is in lower case, as the package is called: for instance leases.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise click.BadParameter(
            f"{name!r} is no name of a package in lower case", param_hint="NAME"
        )
    files = {root / path: text for path, text in _files(name)}
    there = [path for path in files if path.exists()] + [
        folder for folder in (root / "registry" / name, root / "tests" / name) if folder.exists()
    ]
    if there:
        raise click.BadParameter(f"{there[0]} is there already", param_hint="NAME")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        click.echo(f"wrote {path}")
    _take_in(root / _COMPOSITION, name)
    for command in (["ruff", "format", "-q"], ["ruff", "check", "-q", "--fix"]):
        subprocess.run([sys.executable, "-m", *command, *map(str, _python(files))], check=True)
    subprocess.run([sys.executable, "-m", "tools.notes"], cwd=root, check=True)


def _python(files: dict[Path, str]) -> list[Path]:
    return [path for path in files if path.suffix == ".py"]


def _files(name: str) -> list[tuple[Path, str]]:
    """The files of a store: each path with its text."""
    words = {
        "name": name,
        "NAME": name.upper(),
        "Name": "".join(part.capitalize() for part in name.split("_")),
    }
    return [
        (
            Path(folder, template.name.removesuffix(".txt").replace("NAME", name)),
            _fill(template, words),
        )
        for kind, folder in (
            ("store", f"registry/{name}"),
            ("tests", f"tests/{name}"),
            ("notes", "architecture-notes/stores"),
        )
        for template in sorted((_TEMPLATES / kind).iterdir())
    ]


def _fill(template: Path, words: dict[str, str]) -> str:
    return Template(template.read_text()).substitute(words)


def _take_in(composition: Path, name: str) -> None:
    """Add the store to those that a server has: one line."""
    text = composition.read_text()
    match = _LIST.search(text)
    if match is None:
        raise click.ClickException(f"{composition}: IN_TREE is not as this command knows it")
    end = match.end("lines")
    composition.write_text(text[:end] + _LINE.format(name=name) + text[end:])


if __name__ == "__main__":
    main(prog_name="python -m tools.new_store")
