"""Seeded violations: each is reported, and its clean twin is not."""

from pathlib import Path

import pytest
from attrs import frozen

from tests.tools.layering.projects import CLEAN, STORES, run_checker, write_project

POLO = "registry/polo/store.py"
DISPATCH = "registry/dispatch/__init__.py"


@frozen
class Seed:
    """A violation and its clean twin.

    Attributes:
        says: What is wrong.
        rule: The rule it breaks.
        breach: How its message goes on after the rule.
        bad: The file's text with the violation, on the line that ends in ``# here``.
        good: The same without it.
        path: The file.
    """

    says: str
    rule: str
    breach: str
    bad: str
    good: str
    path: str = POLO

    @property
    def line(self) -> int:
        lines = self.bad.splitlines()
        return next(number for number, text in enumerate(lines, 1) if text.endswith("# here"))


SIBLING = "registry.trust is imported by registry.polo.store; "

INDEPENDENCE = [
    Seed(
        "an absolute import",
        "independence",
        SIBLING,
        "import registry.trust  # here",
        "import registry.events",
    ),
    Seed(
        "an absolute import under another name",
        "independence",
        "registry.trust.store is imported by registry.polo.store; ",
        "import json, registry.trust.store as t  # here",
        "import json, registry.events.bus as t",
    ),
    Seed(
        "a name from another store's module",
        "independence",
        "registry.trust.store is imported by registry.polo.store; ",
        "from registry.trust.store import TrustStore  # here",
        "from registry.polo.model import TrustStore",
    ),
    Seed(
        "several names from another store",
        "independence",
        SIBLING,
        "from registry.trust import Trust, TrustStore  # here",
        "from registry.events import Bus, Event",
    ),
    Seed(
        "a store taken from the package",
        "independence",
        SIBLING,
        """\
        from registry import (
            events,
            trust,  # here
        )
        """,
        """\
        from registry import (
            events,
            polo,
        )
        """,
    ),
    Seed(
        "everything of another store",
        "independence",
        SIBLING,
        "from registry.trust import *  # here",
        "from registry.events import *",
    ),
    Seed(
        "a relative import",
        "independence",
        SIBLING,
        "from ..trust import store_of  # here",
        "from .trust import store_of",
    ),
    Seed(
        "a relative import of the store itself",
        "independence",
        SIBLING,
        "from .. import trust  # here",
        "from .. import events",
    ),
    Seed(
        "a relative import in an __init__.py",
        "independence",
        "registry.trust.store is imported by registry.polo; ",
        "from ..trust import store  # here",
        "from .trust import store",
        "registry/polo/__init__.py",
    ),
    Seed(
        "a relative import in a package below the store",
        "independence",
        "registry.trust is imported by registry.polo.views.ranking; ",
        "from ...trust import links  # here",
        "from ..trust import links",
        "registry/polo/views/ranking.py",
    ),
    Seed(
        "an import in a function",
        "independence",
        SIBLING,
        """\
        class Store:
            async def links(self):
                import registry.trust  # here
        """,
        """\
        class Store:
            async def links(self):
                import registry.polo
        """,
    ),
    Seed(
        "an import for the type checker only",
        "independence",
        SIBLING,
        """\
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from registry.trust import Trust  # here
        """,
        """\
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from sqlalchemy import Connection
        """,
    ),
    Seed(
        "an import that may fail",
        "independence",
        SIBLING,
        """\
        try:
            import msgspec
        except ImportError:
            from registry.trust import json  # here
        """,
        """\
        try:
            import msgspec
        except ImportError:
            import json
        """,
    ),
    Seed(
        "an import that never happens",
        "independence",
        SIBLING,
        "if False:\n    import registry.trust  # here",
        "if False:\n    import registry.events",
    ),
    Seed(
        "a stub file",
        "independence",
        SIBLING,
        "from registry.trust import Trust  # here",
        "from registry.events import Bus",
        "registry/polo/store.pyi",
    ),
    Seed(
        "a store in a package without __init__.py",
        "independence",
        "registry.trust is imported by registry.quota.deep.down; ",
        "import registry.trust  # here",
        "import registry.quota.deep",
        "registry/quota/deep/down.py",
    ),
    Seed(
        "a store that nobody listed",
        "independence",
        "registry.trust is imported by registry.quota; ",
        "import registry.trust  # here",
        "import registry.events",
        "registry/quota/__init__.py",
    ),
    Seed(
        "a store that is one file",
        "independence",
        "registry.trust is imported by registry.quota; ",
        "import registry.trust  # here",
        "import registry.events",
        "registry/quota.py",
    ),
    Seed(
        "a store that does not exist",
        "independence",
        "registry.quota is imported by registry.polo.store; ",
        "import registry.quota  # here",
        "import registry.events",
    ),
    Seed(
        "a store reached through the package's name",
        "independence",
        SIBLING,
        """\
        import registry.events
        def links():
            return registry.trust.TrustStore()  # here
        """,
        """\
        import registry.events
        def links():
            return registry.events.Bus()
        """,
    ),
    Seed(
        "a store reached with getattr",
        "independence",
        SIBLING,
        'import registry.events\nlinks = getattr(registry, "trust")  # here',
        'import registry.events\nlinks = getattr(registry, "events")',
    ),
]

DYNAMIC = [
    Seed(
        "importlib.import_module",
        "independence",
        SIBLING,
        'import importlib\ntrust = importlib.import_module("registry.trust")  # here',
        'import importlib\ntrust = importlib.import_module("registry.events")',
    ),
    Seed(
        "import_module under another name, in a function",
        "independence",
        SIBLING,
        """\
        def links():
            from importlib import import_module as im
            return im(name="registry.trust")  # here
        """,
        """\
        def links():
            from importlib import import_module as im
            return im(name="registry.polo")
        """,
    ),
    Seed(
        "import_module assigned to another name",
        "independence",
        SIBLING,
        'import importlib as il\nload = il.import_module\nload("registry.trust")  # here',
        'import importlib as il\nload = il.import_module\nload("registry.events")',
    ),
    Seed(
        "import_module out of everything in importlib",
        "independence",
        SIBLING,
        'from importlib import *\nimport_module("registry.trust")  # here',
        'from importlib import *\nimport_module("registry.events")',
    ),
    Seed(
        "import_module by getattr",
        "independence",
        SIBLING,
        'import importlib\ngetattr(importlib, "import_module")("registry.trust")  # here',
        'import importlib\ngetattr(importlib, "import_module")("registry.events")',
    ),
    Seed(
        "import_module relative to a constant",
        "independence",
        SIBLING,
        'import importlib\nimportlib.import_module("..trust", package="registry.polo")  # here',
        'import importlib\nimportlib.import_module("..events", package="registry.polo")',
    ),
    Seed(
        "import_module relative to __package__",
        "independence",
        SIBLING,
        'from importlib import import_module\nimport_module("..trust", __package__)  # here',
        'from importlib import import_module\nimport_module(".trust", __package__)',
    ),
    Seed(
        "import_module of a named constant put together",
        "independence",
        SIBLING,
        """\
        from importlib import import_module
        STORE = "trust"
        def links():
            return import_module("registry" + f".{STORE}")  # here
        """,
        """\
        from importlib import import_module
        STORE = "polo"
        def links():
            return import_module("registry" + f".{STORE}")
        """,
    ),
    Seed(
        "__import__",
        "independence",
        SIBLING,
        '__import__("registry.trust")  # here',
        '__import__("registry.events")',
    ),
    Seed(
        "__import__ of the builtins module",
        "independence",
        SIBLING,
        'import builtins\nbuiltins.__import__("registry.trust")  # here',
        'import builtins\nbuiltins.__import__("registry.events")',
    ),
    Seed(
        "__import__ with a list of names",
        "independence",
        SIBLING,
        '__import__("registry", fromlist=["trust"])  # here',
        '__import__("registry", fromlist=["events"])',
    ),
    Seed(
        "__import__ with a level",
        "independence",
        SIBLING,
        '__import__("trust", globals(), locals(), [], 2)  # here',
        '__import__("trust", globals(), locals(), [], 1)',
    ),
    Seed(
        "pkgutil.resolve_name",
        "independence",
        SIBLING,
        'import pkgutil\npkgutil.resolve_name("registry.trust:TrustStore")  # here',
        'import pkgutil\npkgutil.resolve_name("registry.events:Bus")',
    ),
    Seed(
        "__import__ of importlib",
        "independence",
        SIBLING,
        'import importlib\nimportlib.__import__("registry.trust")  # here',
        'import importlib\nimportlib.__import__("registry.events")',
    ),
    Seed(
        "runpy.run_module",
        "independence",
        SIBLING,
        'from runpy import run_module\nrun_module("registry.trust")  # here',
        'from runpy import run_module\nrun_module("registry.events")',
    ),
    Seed(
        "a module named by a parameter",
        "unresolvable",
        "import_module(name) in registry.polo.store may import anything; ",
        """\
        from importlib import import_module
        def links(name):
            return import_module(name)  # here
        """,
        """\
        from importlib import import_module
        def links(name):
            return import_module("registry.events")
        """,
    ),
    Seed(
        "a module named by a name with two values",
        "unresolvable",
        "__import__(NAME) in registry.polo.store may import anything; ",
        'NAME = "registry.events"\nNAME = "registry.trust"\n__import__(NAME)  # here',
        'NAME = "registry.events"\n__import__(NAME)',
    ),
    Seed(
        "a relative name without a package",
        "unresolvable",
        "import_module('..trust', package) in registry.polo.store may import anything; ",
        'from importlib import import_module\nimport_module("..trust", package)  # here',
        'from importlib import import_module\nimport_module("..events", __package__)',
    ),
    Seed(
        "unpacked arguments",
        "unresolvable",
        "import_module(*names) in registry.polo.store may import anything; ",
        "from importlib import import_module\nimport_module(*names)  # here",
        "from importlib import import_module\nprint(*names)",
    ),
    Seed(
        "an importing function handed on",
        "unresolvable",
        "import_module in registry.polo.store may import anything; ",
        "from importlib import import_module\nmodules = map(import_module, names)  # here",
        "from importlib import import_module\nmodules = map(str, names)",
    ),
    Seed(
        "a relative import from above the project",
        "unresolvable",
        "from ....trust import store in registry.polo.store may import anything; ",
        "from ....trust import store  # here",
        "from .trust import store",
    ),
]

REACH = [
    Seed(
        "a store that imports the package itself",
        "may-import",
        "registry is imported by registry.polo.store; R5 may import registry.events of the ",
        "from registry import __version__  # here",
        "from registry.events import __version__",
    ),
    Seed(
        "a store that imports everything of the package",
        "may-import",
        "registry is imported by registry.polo.store; ",
        "from registry import *  # here",
        "from registry.events import *",
    ),
    Seed(
        "a store that imports the wire",
        "may-import",
        "registry.wire is imported by registry.polo.store; ",
        "import registry.wire  # here",
        "import registry.events",
    ),
    Seed(
        "a store that imports persistence",
        "may-import",
        "registry.persistence is imported by registry.polo.store; ",
        "from registry import persistence  # here",
        "from registry import events",
    ),
    Seed(
        "a store that imports a package that is not allowed",
        "third-party",
        "requests.adapters is imported by registry.polo.store; R5 may import attrs, msgspec, ",
        "import requests.adapters  # here",
        "import sqlalchemy.engine, urllib.request",
    ),
    Seed(
        "a store that imports a package with an allowed beginning",
        "third-party",
        "attrs_extra is imported by registry.polo.store; ",
        "import attrs_extra  # here",
        "import attrs",
    ),
    Seed(
        "a store that imports a package that is not allowed, dynamically",
        "third-party",
        "requests is imported by registry.polo.store; ",
        'session = __import__("requests").Session()  # here',
        'session = __import__("sqlalchemy").Connection()',
    ),
    Seed(
        "a store that imports the project's tests",
        "third-party",
        "tests.tools is imported by registry.polo.store; ",
        "from tests.tools import layering  # here",
        "from registry.polo.tools import layering",
    ),
    Seed(
        "the bus that imports the wire",
        "layers",
        "registry.wire is imported by registry.events.bus; R1 is above R0: ",
        "import registry.wire  # here",
        "import registry.events",
        "registry/events/bus.py",
    ),
    Seed(
        "the wire that imports the bus",
        "may-import",
        "registry.events is imported by registry.wire.frames; R1 may import nothing ",
        "import registry.events  # here",
        "import registry.wire",
        "registry/wire/frames.py",
    ),
    Seed(
        "persistence that imports the wire",
        "may-import",
        "registry.wire is imported by registry.persistence; R2 may import registry.events ",
        "import registry.wire  # here",
        "import registry.events",
        "registry/persistence/__init__.py",
    ),
]

UPWARD = [
    Seed(
        "the bus that imports a store",
        "layers",
        "registry.polo is imported by registry.events.bus; R5 is above R0: ",
        "def bus():\n    from registry import polo  # here",
        "def bus():\n    from registry.events import polo",
        "registry/events/bus.py",
    ),
    Seed(
        "persistence that imports a store, dynamically",
        "layers",
        "registry.polo is imported by registry.persistence.schema; R5 is above R2: ",
        'from importlib import import_module as im\nim("..polo", __package__)  # here',
        'from importlib import import_module as im\nim("..events", __package__)',
        "registry/persistence/schema.py",
    ),
    Seed(
        "a store that imports the dispatcher",
        "layers",
        "registry.dispatch is imported by registry.polo.store; R6 is above R5: ",
        "from ..dispatch import Caller  # here",
        "from .ports import Caller",
    ),
    Seed(
        "a store that imports the settings",
        "layers",
        "registry.settings is imported by registry.polo.store; R8 is above R5: ",
        "from registry.settings import Settings  # here",
        "from registry.polo.settings import Settings",
    ),
    Seed(
        "the dispatcher that imports the listener",
        "layers",
        "registry.listener is imported by registry.dispatch; R7 is above R6: ",
        "import registry.listener  # here",
        "import registry.polo, registry.wire, registry.persistence, requests",
        DISPATCH,
    ),
    Seed(
        "the dispatcher that imports the composition root for the type checker",
        "layers",
        "registry.composition is imported by registry.dispatch; R8 is above R6: ",
        "if TYPE_CHECKING:\n    from registry import composition  # here",
        "if TYPE_CHECKING:\n    from registry import trust",
        DISPATCH,
    ),
    Seed(
        "the dispatcher that reaches the command line through the package's name",
        "layers",
        "registry.cli is imported by registry.dispatch; R8 is above R6: ",
        "import registry as r\nr.cli.main()  # here",
        "import registry as r\nr.polo.main()",
        DISPATCH,
    ),
    Seed(
        "the listener that imports the settings",
        "layers",
        "registry.settings is imported by registry.listener; R8 is above R7: ",
        "import registry.settings  # here",
        "import registry.wire",
        "registry/listener/__init__.py",
    ),
    Seed(
        "the listener that imports its neighbour",
        "independence",
        "registry.admin is imported by registry.listener; rooms of R7 do not know each other: ",
        "from registry import admin  # here",
        "from registry import persistence",
        "registry/listener/__init__.py",
    ),
    Seed(
        "the package that imports a room",
        "layers",
        "registry.events is imported by registry; ",
        "from .events import Bus  # here",
        "from importlib import metadata",
        "registry/__init__.py",
    ),
]

SEEDS = pytest.mark.parametrize(
    "seed", [*INDEPENDENCE, *DYNAMIC, *REACH, *UPWARD], ids=lambda seed: seed.says
)


@SEEDS
def test_a_seeded_violation_is_reported_once_where_it_is(tmp_path: Path, seed: Seed) -> None:
    write_project(tmp_path, {seed.path: seed.bad})
    result = run_checker("--root", tmp_path)
    modules = len({*CLEAN, seed.path})
    violation, summary = result.output.splitlines()
    assert violation.startswith(f"{tmp_path / seed.path}:{seed.line}: {seed.rule}: {seed.breach}")
    assert summary == f"checked {modules} modules: 1 violations"
    assert result.exit_code == 1


@SEEDS
def test_its_clean_twin_passes(tmp_path: Path, seed: Seed) -> None:
    write_project(tmp_path, {seed.path: seed.good})
    result = run_checker("--root", tmp_path)
    modules = len({*CLEAN, seed.path})
    assert result.output == f"checked {modules} modules: 0 violations\n"
    assert result.exit_code == 0


@pytest.mark.parametrize("importer", STORES)
def test_no_store_may_import_any_other(tmp_path: Path, importer: str) -> None:
    others = [store for store in STORES if store != importer]
    imports = "".join(f"import registry.{other}\n" for other in others)
    write_project(tmp_path, {f"registry/{importer}/store.py": imports})
    *violations, _summary = run_checker("--root", tmp_path).output.splitlines()
    assert len(violations) == len(others)
    for violation, other in zip(violations, others, strict=True):
        assert f": independence: registry.{other} is imported by registry.{importer}" in violation


def test_violations_are_told_in_order_of_file_and_line(tmp_path: Path) -> None:
    text = "import requests\nimport registry.trust\nimport registry.wire\n"
    write_project(tmp_path, {POLO: text, "registry/identity/store.py": text})
    *violations, summary = run_checker("--root", tmp_path).output.splitlines()
    places = [violation.removeprefix(f"{tmp_path}/").split(": ")[0] for violation in violations]
    assert places == [
        *(f"registry/identity/store.py:{line}" for line in (1, 2, 3)),
        *(f"{POLO}:{line}" for line in (1, 2, 3)),
    ]
    assert summary.endswith(": 6 violations")


def test_an_unresolvable_import_above_the_stores_is_nobodys_concern(tmp_path: Path) -> None:
    write_project(tmp_path, {DISPATCH: "def load(name): return __import__(name)"})
    assert run_checker("--root", tmp_path).exit_code == 0


def test_a_fallback_for_an_importing_function_is_no_import(tmp_path: Path) -> None:
    text = """\
        try:
            from importlib import import_module
        except ImportError:
            import_module = None
        """
    write_project(tmp_path, {POLO: text})
    assert run_checker("--root", tmp_path).exit_code == 0
