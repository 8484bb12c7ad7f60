"""Seeded violations, each with its clean twin."""

from tests.tools.layering.coupling_seeds import COUPLING
from tests.tools.layering.seed import DISPATCH, Seed

SIBLING = "registry.trust is imported by registry.polo.store"

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
        "registry.trust.store is imported by registry.polo.store",
        "import json, registry.trust.store as t  # here",
        "import json, registry.events as t",
    ),
    Seed(
        "a name from another store's module",
        "independence",
        "registry.trust.store is imported by registry.polo.store",
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
        "registry.trust.store is imported by registry.directory",
        "from ..trust import store  # here",
        "from . import store",
        "registry/directory/__init__.py",
    ),
    Seed(
        "a relative import in a package below the store",
        "independence",
        "registry.trust is imported by registry.polo.views.ranking",
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
        "registry.trust is imported by registry.quota.deep.down",
        "import registry.trust  # here",
        "import registry.quota.deep",
        "registry/quota/deep/down.py",
    ),
    Seed(
        "a store that nobody listed",
        "independence",
        "registry.trust is imported by registry.quota",
        "import registry.trust  # here",
        "import registry.events",
        "registry/quota/__init__.py",
    ),
    Seed(
        "a store that is one file",
        "independence",
        "registry.trust is imported by registry.quota",
        "import registry.trust  # here",
        "import registry.events",
        "registry/quota.py",
    ),
    Seed(
        "a store that does not exist",
        "independence",
        "registry.quota is imported by registry.polo.store",
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
        "import_module(name) in registry.polo.store may import anything",
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
        "__import__(NAME) in registry.polo.store may import anything",
        'NAME = "registry.events"\nNAME = "registry.trust"\n__import__(NAME)  # here',
        'NAME = "registry.events"\n__import__(NAME)',
    ),
    Seed(
        "a relative name without a package",
        "unresolvable",
        "import_module('..trust', package) in registry.polo.store may import anything",
        'from importlib import import_module\nimport_module("..trust", package)  # here',
        'from importlib import import_module\nimport_module("..events", __package__)',
    ),
    Seed(
        "unpacked arguments",
        "unresolvable",
        "import_module(*names) in registry.polo.store may import anything",
        "from importlib import import_module\nimport_module(*names)  # here",
        "from importlib import import_module\nprint(*names)",
    ),
    Seed(
        "an importing function handed on",
        "unresolvable",
        "import_module in registry.polo.store may import anything",
        "from importlib import import_module\nmodules = map(import_module, names)  # here",
        "from importlib import import_module\nmodules = map(str, names)",
    ),
    Seed(
        "a relative import from above the project",
        "unresolvable",
        "from ....trust import store in registry.polo.store may import anything",
        "from ....trust import store  # here",
        "from .trust import store",
    ),
]

REACH = [
    Seed(
        "a store that imports the package itself",
        "may-import",
        "registry is imported by registry.polo.store",
        "from registry import __version__  # here",
        "from registry.events import EventType",
    ),
    Seed(
        "a store that imports everything of the package",
        "may-import",
        "registry is imported by registry.polo.store",
        "from registry import *  # here",
        "from registry.events import *",
    ),
    Seed(
        "a store that imports the wire",
        "may-import",
        "registry.wire is imported by registry.polo.store",
        "import registry.wire  # here",
        "import registry.events",
    ),
    Seed(
        "a store that imports persistence",
        "may-import",
        "registry.persistence is imported by registry.polo.store",
        "from registry import persistence  # here",
        "from registry import events",
    ),
    Seed(
        "a store that imports a package that is not allowed",
        "third-party",
        "requests.adapters is imported by registry.polo.store",
        "import requests.adapters  # here",
        "import sqlalchemy.engine, urllib.request",
    ),
    Seed(
        "a store that imports a package with an allowed beginning",
        "third-party",
        "attrs_extra is imported by registry.polo.store",
        "import attrs_extra  # here",
        "import attrs",
    ),
    Seed(
        "a store that imports a package that is not allowed, dynamically",
        "third-party",
        "requests is imported by registry.polo.store",
        'session = __import__("requests").Session()  # here',
        'session = __import__("sqlalchemy").Connection()',
    ),
    Seed(
        "a store that imports the project's tests",
        "third-party",
        "tests.tools is imported by registry.polo.store",
        "from tests.tools import layering  # here",
        "from registry.polo.tools import layering",
    ),
    Seed(
        "the bus that imports the wire",
        "layers",
        "registry.wire is imported by registry.events.bus",
        "import registry.wire  # here",
        "import struct",
        "registry/events/bus.py",
    ),
    Seed(
        "the wire that imports the bus",
        "may-import",
        "registry.events is imported by registry.wire.frames",
        "import registry.events  # here",
        "import registry.wire",
        "registry/wire/frames.py",
    ),
    Seed(
        "persistence that imports the wire",
        "may-import",
        "registry.wire is imported by registry.persistence.frames",
        "import registry.wire  # here",
        "import registry.events",
        "registry/persistence/frames.py",
    ),
]

UPWARD = [
    Seed(
        "the bus that imports a store",
        "layers",
        "registry.polo is imported by registry.events.bus",
        "def bus():\n    from registry import polo  # here",
        "def bus():\n    from json import loads",
        "registry/events/bus.py",
    ),
    Seed(
        "persistence that imports a store, dynamically",
        "layers",
        "registry.polo is imported by registry.persistence.schema",
        'from importlib import import_module as im\nim("..polo", __package__)  # here',
        'from importlib import import_module as im\nim("..events", __package__)',
        "registry/persistence/schema.py",
    ),
    Seed(
        "a store that imports the dispatcher",
        "layers",
        "registry.dispatch is imported by registry.polo.store",
        "from ..dispatch import Caller  # here",
        "from .ports import Caller",
    ),
    Seed(
        "a store that imports the settings",
        "layers",
        "registry.settings is imported by registry.polo.store",
        "from registry.settings import Settings  # here",
        "from registry.polo.settings import Settings",
    ),
    Seed(
        "the dispatcher that imports the listener",
        "layers",
        "registry.listener is imported by registry.dispatch",
        "import registry.listener  # here",
        "import registry.polo, registry.wire, registry.persistence, requests",
        DISPATCH,
    ),
    Seed(
        "the dispatcher that imports the composition root for the type checker",
        "layers",
        "registry.composition is imported by registry.dispatch",
        "if TYPE_CHECKING:\n    from registry import composition  # here",
        "if TYPE_CHECKING:\n    from registry import trust",
        DISPATCH,
    ),
    Seed(
        "the dispatcher that reaches the command line through the package's name",
        "layers",
        "registry.cli is imported by registry.dispatch",
        "import registry as r\nr.cli.main()  # here",
        "import registry as r\nr.polo.PoloStore()",
        DISPATCH,
    ),
    Seed(
        "the listener that imports the settings",
        "layers",
        "registry.settings is imported by registry.listener",
        "import registry.settings  # here",
        "import registry.wire",
        "registry/listener/__init__.py",
    ),
    Seed(
        "the listener that imports its neighbour",
        "independence",
        "registry.admin is imported by registry.listener",
        "from registry import admin  # here",
        "from registry import persistence",
        "registry/listener/__init__.py",
    ),
    Seed(
        "the package that imports a room",
        "layers",
        "registry.events is imported by registry",
        "from .events import Bus  # here",
        "from importlib import metadata",
        "registry/__init__.py",
    ),
]

FACE = [
    Seed(
        "a module inside another room",
        "public-face",
        "registry.polo.publisher.PoloStore is inside registry.polo and is imported by ",
        "from registry.polo.publisher import PoloStore  # here",
        "from registry.polo import PoloStore",
        "registry/admin/scores.py",
    ),
    Seed(
        "a name that a room does not export",
        "public-face",
        "registry.trust.links is inside registry.trust and is imported by ",
        "from registry.trust import TrustStore, links  # here",
        "from registry.trust import TrustStore, TrustView",
        "registry/admin/links.py",
    ),
    Seed(
        "a name that a room does not export, as an attribute",
        "public-face",
        "registry.trust.links is inside registry.trust and is imported by ",
        "from registry import trust\ncount = len(trust.links)  # here",
        "from registry import trust\ncount = len(trust.EVENTS)",
        "registry/admin/links.py",
    ),
    Seed(
        "a submodule of the bus",
        "public-face",
        "registry.events.event.Event is inside registry.events and is imported by ",
        "from registry.events.event import Event  # here",
        "from registry.events import Event",
    ),
]

TESTS = [
    Seed(
        "a store's test that imports another store",
        "tests",
        "registry.trust is imported by tests.polo.test_links",
        "from registry.trust import TrustStore  # here",
        "from registry.polo import PoloStore",
        "tests/polo/test_links.py",
    ),
    Seed(
        "a store's test that imports the composition root, in a function",
        "tests",
        "registry.composition is imported by tests.polo.helpers",
        "def world():\n    from registry import composition  # here",
        "def world():\n    from registry import persistence, wire",
        "tests/polo/helpers.py",
    ),
    Seed(
        "a store's test that reaches another store over shared helpers",
        "indirect",
        "registry.trust is reached by tests.polo over tests.worlds",
        "from tests.worlds import World  # here",
        "from tests.polo.test_store import PoloStore",
        "tests/polo/test_links.py",
        {"tests/worlds.py": "from registry.trust import TrustStore\nclass World: ..."},
        ("tests.polo.test_links", "tests.worlds", "registry.trust"),
    ),
]

CHAINS = [
    Seed(
        "a store taken from the composition root",
        "layers",
        "registry.composition is imported by registry.polo.store",
        "from registry.composition import TrustStore  # here",
        "from registry.events import Bus",
        chain=(
            "registry.polo.store",
            "registry.composition.TrustStore",
            "registry.trust.TrustStore",
            "registry.trust.store.TrustStore",
        ),
    ),
    Seed(
        "a store handed on by a lower layer",
        "layers",
        "registry.trust is imported by registry.events",
        """\
        from registry.events.bus import Bus
        from registry.events.event import Event, EventType
        from registry.events.projection import Projection
        from registry.trust import TrustStore  # here
        """,
        """\
        from registry.events.bus import Bus
        from registry.events.event import Event, EventType
        from registry.events.projection import Projection
        """,
        "registry/events/__init__.py",
    ),
    Seed(
        "a store reached over an allowed package of the same repository",
        "indirect",
        "registry.trust is reached by registry.polo over msgspec",
        "import msgspec  # here",
        "import structlog",
        also={
            "msgspec/__init__.py": "from .more import x",
            "msgspec/more.py": """\
            def load():
                from registry import trust
            """,
        },
        chain=("registry.polo.store", "msgspec", "msgspec.more", "registry.trust"),
    ),
    Seed(
        "a store reached over the package of a module",
        "indirect",
        "registry.trust is reached by registry.polo over attrs.deep",
        "import attrs.deep  # here",
        "import structlog",
        also={"attrs/__init__.py": "import registry.trust", "attrs/deep.py": ""},
        chain=("registry.polo.store", "attrs", "registry.trust"),
    ),
]

CYCLES = [
    Seed(
        "two modules of a store that import each other",
        "cycles",
        "registry.polo.model imports registry.polo.rules, by which it is imported again",
        "from registry.polo.rules import allowed  # here",
        "from registry.events import Bus",
        "registry/polo/model.py",
        {"registry/polo/rules.py": "def allowed():\n    from registry.polo import model"},
        ("registry.polo.model", "registry.polo.rules", "registry.polo.model"),
    ),
    Seed(
        "three modules in a circle, one for the type checker only",
        "cycles",
        "registry.polo.a imports registry.polo.b, by which it is imported again",
        "from . import b  # here",
        "from registry.events import Bus",
        "registry/polo/a.py",
        {
            "registry/polo/b.py": "from .c import x",
            "registry/polo/c.py": "if TYPE_CHECKING:\n    from .a import y",
        },
        ("registry.polo.a", "registry.polo.b", "registry.polo.c", "registry.polo.a"),
    ),
    Seed(
        "two rooms of the top layer that import each other",
        "cycles",
        "registry.composition imports registry.settings, by which it is imported again",
        "from registry import settings  # here",
        "from registry import listener",
        "registry/composition.py",
        {"registry/settings.py": "def build():\n    import registry.composition"},
        ("registry.composition", "registry.settings", "registry.composition"),
    ),
]

MODULE_TABLE = [
    Seed(
        "sys.modules",
        "independence",
        SIBLING,
        'import sys\ntrust = sys.modules["registry.trust"]  # here',
        'import sys\npolo = sys.modules["registry.polo"]',
    ),
    Seed(
        "sys.modules.get under another name",
        "independence",
        SIBLING,
        'from sys import modules as loaded\nloaded.get("registry.trust")  # here',
        'from sys import modules as loaded\nloaded.get("registry.events")',
    ),
    Seed(
        "sys.modules by a name that cannot be told",
        "unresolvable",
        "sys.modules[name] in registry.polo.store may import anything",
        "import sys\ndef at(name):\n    return sys.modules[name]  # here",
        "import sys\ndef at(name):\n    return sys.modules[__name__]",
    ),
    Seed(
        "import_module with an f-string that cannot be told",
        "unresolvable",
        "import_module(f'registry.{name}') in registry.polo.store may import anything",
        """\
        from importlib import import_module
        def load(name):
            return import_module(f"registry.{name}")  # here
        """,
        """\
        from importlib import import_module
        def load(name):
            return import_module(f"{__package__}.model")
        """,
    ),
    Seed(
        "an import in code that is run from text",
        "unresolvable",
        "exec('import registry.trust') in registry.polo.store may import anything",
        'exec("import registry.trust")  # here',
        'print("import registry.trust")',
    ),
    Seed(
        "the specification of a store",
        "independence",
        SIBLING,
        'from importlib.util import find_spec\nfind_spec("registry.trust")  # here',
        'from importlib.util import find_spec\nfind_spec("registry.events")',
    ),
]

SEEDS = (
    *INDEPENDENCE,
    *DYNAMIC,
    *MODULE_TABLE,
    *REACH,
    *UPWARD,
    *FACE,
    *TESTS,
    *CHAINS,
    *CYCLES,
    *COUPLING,
)
"""All of them."""
