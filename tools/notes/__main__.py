"""``python -m tools.notes``: writes the generated pages, or says which are out of date."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from tools.notes.authorisation import authorisation
from tools.notes.coverage import coverage
from tools.notes.events import events
from tools.notes.layers import layers

PAGES: Mapping[str, Callable[[], str]] = {
    "authorisation.md": authorisation,
    "coverage.md": coverage,
    "events.md": events,
    "layers.md": layers,
}
"""The generated pages by file name, each with what makes it."""

STALE = 1
"""Exit code of ``--check`` where a page is out of date."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--check", is_flag=True, help="Write nothing; fail if a page is out of date.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default="architecture-notes",
    show_default=True,
    metavar="DIR",
    help="Where the pages are.",
)
@click.pass_context
def main(context: click.Context, folder: Path, *, check: bool) -> None:
    """Write the pages of the architecture notes that are made from the code."""
    texts = {folder / name: make() for name, make in PAGES.items()}
    stale = [page for page, text in texts.items() if not _is(page, text)]
    if not check:
        for page in stale:
            page.write_text(texts[page])
            click.echo(f"wrote {page}")
    elif stale:
        for page in stale:
            click.echo(f"{page} is out of date: run python -m tools.notes")
        context.exit(STALE)


def _is(page: Path, text: str) -> bool:
    """Whether a page has a text."""
    return page.exists() and page.read_text() == text


if __name__ == "__main__":
    main(prog_name="python -m tools.notes")
