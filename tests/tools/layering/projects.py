"""Whole tiny projects for the checker to check."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from click.testing import CliRunner, Result

from tools.layering.__main__ import main

STORES = ("directory", "identity", "membership", "policy", "polo", "routing", "trust")

CONFIG = """
[tool.layering]
package = "registry"
layers = [
    { name = "R0", rooms = ["events"], may_import = [] },
    { name = "R1", rooms = ["wire"], may_import = [] },
    { name = "R2", rooms = ["persistence"], may_import = ["events"] },
    { name = "R5", stores = true, may_import = ["events"], third_party = [
        "attrs", "msgspec", "nacl", "sqlalchemy", "structlog",
    ] },
    { name = "R6", rooms = ["dispatch"] },
    { name = "R7", rooms = ["admin", "listener"] },
    { name = "R8", rooms = ["cli", "composition", "settings"], siblings = true },
]
"""

CLEAN = {
    "registry/__init__.py": '__version__ = "1"',
    "registry/events/__init__.py": "from registry.events.bus import Bus",
    "registry/events/bus.py": "class Bus: ...",
    "registry/wire/__init__.py": "import struct",
    "registry/persistence/__init__.py": "from registry.events import Bus",
    **{f"registry/{store}/__init__.py": "from . import store" for store in STORES},
    **{f"registry/{store}/store.py": "from registry.events import Bus" for store in STORES},
    "registry/dispatch/__init__.py": "from registry.polo import store",
    "registry/admin/__init__.py": "from registry import __version__, dispatch",
    "registry/listener/__init__.py": "from registry import dispatch, wire",
    "registry/settings.py": "import pathlib",
    "registry/composition.py": "from registry import admin, listener, polo, settings, trust",
    "registry/cli.py": "import click\nfrom registry.composition import admin",
}
"""A project without violations: every room, and some imports that are allowed."""


def write_project(
    root: Path, changes: Mapping[str, str] | None = None, config: str = CONFIG
) -> None:
    """Write the clean project with some files changed or added."""
    for name, text in {**CLEAN, **(changes or {}), "pyproject.toml": config}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


def run_checker(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])
