"""``python -m tests.tools.layering.compare``: who finds which seeded violation.

Runs import-linter and tach on the very trees that the checker's own tests use, each with a
configuration that says of the layers what it can say. Needs both installed (they are no part
of the set-up), and takes a few minutes. ``--write`` puts the table into the notes.
"""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.harness.process import ROOT
from tests.tools.layering.projects import STORES, violations_in, write_project
from tests.tools.layering.seed import Seed
from tests.tools.layering.seeds import SEEDS
from tools.notes.tables import table

PAGE = ROOT / "architecture-notes" / "checkers.md"

_TOP = ("cli", "composition", "settings")
_MIDDLE = ("admin", "listener")
_FOREIGN = ("requests", "flask", "numpy")
"""Packages that seeds import and stores may not: neither tool has a list of what is allowed."""


def _import_linter() -> str:
    layers = [
        " : ".join(_TOP),
        " | ".join(_MIDDLE),
        "dispatch",
        " | ".join(STORES),
        "persistence",
        "wire | events",
    ]
    stores = [f"registry.{store}" for store in STORES]
    return f"""
[importlinter]
root_packages =
    registry
include_external_packages = True

[importlinter:contract:layers]
name = Layers
type = layers
containers =
    registry
layers =
    {_lines(layers)}

[importlinter:contract:stores]
name = Stores know only events
type = forbidden
source_modules =
    {_lines(stores)}
forbidden_modules =
    {_lines(["registry.persistence", "registry.wire", *_FOREIGN])}
"""


def _lines(items: list[str]) -> str:
    return "\n    ".join(items)


def _tach() -> str:
    below = ["registry.events", "registry.wire", "registry.persistence"]
    stores = [f"registry.{store}" for store in STORES]
    knows: dict[str, list[str]] = {
        "registry.events": [],
        "registry.wire": [],
        "registry.persistence": ["registry.events"],
        **{store: ["registry.events"] for store in stores},
        "registry.dispatch": [*below, *stores],
        **{
            f"registry.{room}": ["registry", *below, *stores, "registry.dispatch"]
            for room in _MIDDLE
        },
        "registry": [],
    }
    everything = [*knows, *(f"registry.{room}" for room in _TOP)]
    knows |= {f"registry.{room}": everything for room in _TOP}
    modules = "".join(
        f'[[modules]]\npath = "{path}"\ndepends_on = {sorted(set(depends_on) - {path})!r}\n'
        for path, depends_on in knows.items()
    )
    interfaces = "".join(
        f'[[interfaces]]\nfrom = ["{store}"]\nexpose = ["[A-Z].*"]\n' for store in stores
    )
    return (
        f'source_roots = ["."]\nexclude = ["tests"]\nroot_module = "ignore"\n{modules}{interfaces}'
    )


def _fails(command: list[str], root: Path) -> bool:
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    return done.returncode != 0


def found_by(root: Path) -> tuple[bool, bool, bool]:
    """Whether this checker, import-linter and tach find anything in a tree."""
    (root / ".importlinter").write_text(_import_linter())
    (root / "tach.toml").write_text(_tach())
    folder = Path(sys.executable).parent
    return (
        bool(violations_in(root)),
        _fails([str(folder / "lint-imports"), "--no-cache"], root),
        _fails([str(folder / "tach"), "check"], root),
    )


def row(seed: Seed) -> list[str]:
    """What each finds in a seeded tree, and says of its clean twin."""
    found: list[tuple[bool, bool, bool]] = []
    for text in (seed.bad, seed.good):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write_project(root, {**seed.also, seed.path: text})
            found.append(found_by(root))
    bad, good = found
    marks = [_mark(*each) for each in zip(bad, good, strict=True)]
    return [seed.rule, seed.says, *marks]


def _mark(finds: bool, accuses: bool) -> str:  # noqa: FBT001 - a pair of answers
    if accuses:
        return "cannot tell"
    return "found" if finds else "—"


def page() -> str:
    """The whole page."""
    rows = [row(seed) for seed in SEEDS]
    columns = ("this checker", "import-linter", "tach")
    counts = [Counter(each[place] for each in rows)["found"] for place in (2, 3, 4)]
    told = ", ".join(f"{name} {count}" for name, count in zip(columns, counts, strict=True))
    return (
        "# Who finds what\n\n"
        "Written by `python -m tests.tools.layering.compare --write`, which runs all three on the\n"
        "seeded trees of `tests/tools/layering/`. *Cannot tell*: it reports the clean twin too.\n\n"
        f"Of {len(rows)} seeded violations are found: {told}.\n\n"
        + table(("rule", "seed", *columns), rows)
    )


if __name__ == "__main__":
    text = page()
    if "--write" in sys.argv:
        PAGE.write_text(text)
    sys.stdout.write(text)
