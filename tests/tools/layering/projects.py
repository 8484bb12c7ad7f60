"""Whole tiny projects for the checker to check."""

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from click.testing import CliRunner, Result

from tools.layering.__main__ import main

STORES = ("directory", "identity", "membership", "policy", "polo", "routing", "trust")

CONFIG = """
[tool.layering]
package = "registry"
tests = "tests"
entry_points = "registry.stores"
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
    "registry/events/__init__.py": """\
        from registry.events.bus import Bus
        from registry.events.event import Event, EventType
        from registry.events.projection import Projection

        __all__ = ["Bus", "Event", "EventType", "Projection"]
        """,
    "registry/events/bus.py": "class Bus: ...",
    "registry/events/event.py": "class Event: ...\nclass EventType: ...",
    "registry/events/projection.py": "class Projection: ...",
    "registry/wire/__init__.py": "import struct",
    "registry/persistence/__init__.py": "from registry.events import Bus\nclass Reaction: ...",
    **{f"registry/{store}/__init__.py": "from . import store" for store in STORES},
    **{f"registry/{store}/store.py": "from registry.events import Bus" for store in STORES},
    "registry/polo/__init__.py": """\
        from registry.polo.events import EVENTS
        from registry.polo.publisher import PoloStore

        __all__ = ["EVENTS", "PoloStore"]
        """,
    "registry/polo/events.py": """\
        from registry.events import EventType

        POLO_CHANGED = EventType("polo", "polo.changed", "A score.", {"node_id": "", "score": ""})
        POLO_FORGOTTEN = EventType("polo", "polo.forgotten", "No score.", {"node_id": "the node"})
        EVENTS = (POLO_CHANGED, POLO_FORGOTTEN)
        """,
    "registry/polo/publisher.py": """\
        from registry.polo.events import POLO_CHANGED, POLO_FORGOTTEN

        class PoloStore:
            def set(self, transaction, node_id, score):
                transaction.publish(POLO_CHANGED(node_id=node_id, score=score))

            def on_linked(self, transaction, event):
                transaction.publish(POLO_FORGOTTEN(node_id=event.payload["node_id"]))
        """,
    "registry/polo/tables.py": """\
        from sqlalchemy import Column, Integer, MetaData, Table

        metadata = MetaData()
        scores = Table("polo_scores", metadata, Column("node_id", Integer, primary_key=True))
        """,
    "registry/trust/__init__.py": """\
        from registry.trust.events import EVENTS
        from registry.trust.tables import links
        from registry.trust.views import TrustView
        from .store import TrustStore

        __all__ = ["EVENTS", "TrustStore", "TrustView"]
        """,
    "registry/trust/events.py": """\
        from registry.events import EventType

        TRUST_LINKED = EventType(
            "trust", "trust.linked", "Trust.", {"node_id": "one", "peer_id": "the other"}
        )
        EVENTS = (TRUST_LINKED,)
        """,
    "registry/trust/store.py": """\
        from registry.trust.events import TRUST_LINKED

        class TrustStore:
            def link(self, transaction, node_id, peer_id):
                transaction.publish(TRUST_LINKED(node_id=node_id, peer_id=peer_id))
        """,
    "registry/trust/tables.py": """\
        from sqlalchemy import Column, Integer, MetaData, Table

        metadata = MetaData()
        links = Table("trust_links", metadata, Column("node_id", Integer, primary_key=True))
        """,
    "registry/trust/views.py": """\
        from registry.events import Bus, Event, Projection

        class TrustView:
            def __init__(self, bus: Bus) -> None:
                self.scores = {}
                self.projection = Projection(
                    bus, ("polo.*", "trust.linked"), apply=self._apply, rebuild=int
                )

            def _apply(self, event: Event) -> None:
                node_id = event.payload["node_id"]
                match event.type:
                    case "polo.changed":
                        self.scores[node_id] = event.payload["score"]
                    case "trust.linked":
                        self.scores[node_id] = event.payload["peer_id"]
        """,
    "registry/dispatch/__init__.py": "from registry.polo import PoloStore",
    "registry/admin/__init__.py": "from registry import __version__, dispatch",
    "registry/listener/__init__.py": "from registry import dispatch, wire",
    "registry/settings.py": "import pathlib",
    "registry/composition.py": """\
        from registry import admin, listener, settings
        from registry.persistence import Reaction
        from registry.polo import PoloStore
        from registry.trust import TrustStore

        scores = PoloStore()
        reactions = (Reaction("polo.forget", ("trust.linked",), scores.on_linked),)
        """,
    "registry/cli.py": "import click\nfrom registry import composition",
    "tests/__init__.py": "",
    "tests/polo/test_store.py": "from registry.polo.publisher import PoloStore",
}
"""A project without violations: every room, and some imports that are allowed."""

MODULES = len(CLEAN)
"""How many modules it has."""


def write_project(
    root: Path, changes: Mapping[str, str] | None = None, config: str = CONFIG
) -> None:
    """Write the clean project with some files changed or added."""
    for name, text in {**CLEAN, "pyproject.toml": config, **(changes or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


def run_checker(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def violations_in(root: Path) -> list[dict[str, Any]]:
    """Every violation and warning that the command tells of a project, as it tells programs."""
    told = json.loads(run_checker("--root", root, "--format", "json").stdout)
    return [*told["violations"], *told["warnings"]]
