"""``python -m tools.bench.layering``: how long the checker takes, here and on 1,000 modules.

The large tree is this one with its stores copied under other names, each with its own
tables and event types, until it has the modules. So it is as dense as real code, and every
rule has something to do.
"""

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from tools.layering.config import read_config
from tools.layering.event_types import find_event_types
from tools.layering.project import Project, read_project
from tools.layering.tables import find_tables

HERE = Path(__file__).parents[2]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--modules", default=1000, show_default=True, help="Modules of the large tree.")
@click.option("--runs", default=5, show_default=True, help="Runs of which the best counts.")
def main(modules: int, runs: int) -> None:
    """Time the whole command, from starting Python to its last line."""
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder)
        write_large_tree(large, modules)
        for name, root in (("this tree", HERE), ("synthetic tree", large)):
            spent, used, summary = _best_of(runs, root)
            click.echo(f"{name}: {spent:.2f} s ({used:.2f} s of CPU), {summary}")


def write_large_tree(root: Path, modules: int) -> None:
    """Write a project of at least so many modules that breaks no rule."""
    project = read_project(HERE, read_config(HERE / "pyproject.toml"), HERE)
    shutil.copytree(
        HERE / "registry", root / "registry", ignore=shutil.ignore_patterns("__pycache__")
    )
    config = (HERE / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(re.sub(r"(?m)^notes = .*$", "", config))
    copy = 0
    while sum(1 for _ in (root / "registry").rglob("*.py")) < modules:
        copy += 1
        for path, text in _copies(project, copy):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)


def _copies(project: Project, copy: int) -> Iterator[tuple[Path, str]]:
    """The files of every store with its name, tables and event types made new."""
    types = {each.name for each in find_event_types(project).declarations}
    tables = {(each.name, each.room) for each in find_tables(project)[0] if each.name}
    families = {each.partition(".")[0] for each in types}
    for room, source in project.in_rooms:
        if not project.rooms.is_store(room):
            continue
        text = source.module.path.read_text()
        text = text.replace(f"registry.{room}", f"registry.{room}{copy}")
        for table, store in tables:
            text = text.replace(f'"{table}"', f'"{table.replace(store, f"{store}{copy}", 1)}"')
        for family in families:
            text = re.sub(rf'"{family}\.(?=[a-z_*.]*")', f'"{family}{copy}.', text)
        if source.module.path.stem == "events":
            text = text.replace(f'    "{room}",\n', f'    "{room}{copy}",\n')
        inside = source.module.path.relative_to(project.root / "registry" / room)
        yield Path("registry", f"{room}{copy}", inside), text


def _best_of(runs: int, root: Path) -> tuple[float, float, str]:
    """The shortest time and the least CPU time in seconds, and what the command said last."""
    times = list[tuple[float, float]]()
    output = ""
    for _ in range(runs):
        start, used = time.perf_counter(), _used_by_children()
        run = subprocess.run(
            [sys.executable, "-m", "tools.layering", "--root", root],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
        )
        *_, output = run.stdout.splitlines()
        times.append((time.perf_counter() - start, _used_by_children() - used))
    return min(spent for spent, _ in times), min(used for _, used in times), output


def _used_by_children() -> float:
    """Seconds of CPU time of all processes that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
