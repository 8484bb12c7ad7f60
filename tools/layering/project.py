"""What a whole project says, read without importing any of it."""

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from attrs import define, frozen

from tools.layering.config import Config, ConfigError
from tools.layering.dynamic import IMPORTERS, LOADED, imports_by_call, imports_by_lookup
from tools.layering.imports import (
    Import,
    OpaqueImport,
    imports_by_attribute,
    imports_by_statement,
    members_by_attribute,
)
from tools.layering.modules import (
    Module,
    Tree,
    UnreadableModule,
    find_modules,
    parse,
    with_parents,
)
from tools.layering.names import Names
from tools.layering.rooms import Rooms


@frozen(eq=False)
class Source:
    """One file and what it says.

    Attributes:
        module: The file.
        tree: Its syntax tree.
        names: What the names in it stand for.
        imports: What it imports, of this project and of others.
        opaque: The imports of which the text does not say what they import.
        members: What it reads out of modules by attribute.
    """

    module: Module
    tree: Tree
    names: Names
    imports: tuple[Import, ...]
    opaque: tuple[OpaqueImport, ...]
    members: tuple[Import, ...]


@define(eq=False, slots=False)
class Project:
    """Everything that was read.

    Attributes:
        root: The folder that is checked.
        rooms: Its rooms.
        sources: Every file, in order of path within its package.
        checked: The files whose breaches count; the others are read because these use them.
        is_whole: Whether the package itself is checked, and not only a store of it.
    """

    root: Path
    rooms: Rooms
    sources: tuple[Source, ...]
    checked: frozenset[Path]
    is_whole: bool

    @property
    def config(self) -> Config:
        """The rules."""
        return self.rooms.config

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """All imports."""
        return tuple(each for source in self.sources for each in source.imports)

    @cached_property
    def in_rooms(self) -> tuple[tuple[str, Source], ...]:
        """The files that are in a room, each with the room."""
        placed = ((self.rooms.of(source.module.name), source) for source in self.sources)
        return tuple((room, source) for room, source in placed if room)

    @cached_property
    def room_names(self) -> frozenset[str]:
        """Every room that there is."""
        return frozenset(room for room, _ in self.in_rooms)

    @cached_property
    def by_name(self) -> Mapping[str, Source]:
        """The files by dotted name; a stub only where there is no other file."""
        stubs_first = sorted(self.sources, key=lambda each: each.module.path.suffix != ".pyi")
        return {source.module.name: source for source in stubs_first}

    def split(self, dotted: str) -> tuple[Source, str] | None:
        """The module that a dotted name begins with, and the rest of the name."""
        for name in with_parents(dotted):
            if name in self.by_name:
                return self.by_name[name], dotted[len(name) + 1 :]
        return None

    def origin(self, dotted: str) -> str:
        """Where something is defined that may have been handed on from module to module."""
        for step in self.route(dotted):
            dotted = step
        return dotted

    def route(self, dotted: str) -> Iterator[str]:
        """The dotted names under which something is handed on, up to where it is defined."""
        seen = set[str]()
        while dotted not in seen:
            seen.add(dotted)
            yield dotted
            if (place := self.split(dotted)) is None:
                return
            source, inside = place
            name, _, rest = inside.partition(".")
            if not name or name in source.names.defined:
                return
            found = source.names.imported.get(name) or self._out_of_everything(source, name)
            if found is None:
                return
            dotted = f"{found}.{rest}" if rest else found

    def _out_of_everything(self, source: Source, name: str) -> str | None:
        """What a name stands for that came with ``from x import *``."""
        for each in source.imports:
            if each.name == "*" and each.target in self.by_name:
                names = self.by_name[each.target].names
                if name in names.defined or name in names.imported:
                    return f"{each.target}.{name}"
        return None


def read_project(root: Path, config: Config, home: Path) -> Project:
    """Read what is to be checked, and what it uses.

    The package is looked for in the root, then at home, then where Python finds it. Stores
    outside it are those that the root's ``pyproject.toml`` offers as entry points.

    Args:
        root: The folder to check.
        config: The rules.
        home: The folder that the rules are from.

    Raises:
        UnreadableModule: A file is not Python, or there is nothing to check.
        ConfigError: The root's ``pyproject.toml`` cannot be read.
    """
    outside = _outside_stores(root, config.entry_points)
    own = find_modules(root, config.package)
    checked = [*own, *(each for package in outside for each in find_modules(root, package))]
    if not checked:
        raise UnreadableModule(f"{root / config.package}: there is no Python file in it")
    tests = find_modules(root, config.tests) if config.tests else ()
    modules = [*checked, *tests]
    if not own:
        modules.extend(_elsewhere(config.package, [home, *map(Path, sys.path)]))
    sources = _read_with_helpers(root, modules)
    counted = frozenset(module.path for module in (*checked, *tests))
    return Project(root, Rooms(config, outside), sources, counted, bool(own))


def _outside_stores(root: Path, group: str | None) -> dict[str, frozenset[str]]:
    """The packages that entry points of a group are in, with the names of these."""
    path = root / "pyproject.toml"
    if group is None or not path.is_file():
        return {}
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
        offered = project.get("entry-points", {}).get(group, {})
        packages = [
            (str(at).partition(":")[0].partition(".")[0], name) for name, at in offered.items()
        ]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return {
        package: frozenset(name for other, name in packages if other == package)
        for package, _ in packages
    }


def _elsewhere(package: str, places: Iterable[Path]) -> tuple[Module, ...]:
    """A package that is not in the root; nothing if it is nowhere."""
    found = (find_modules(place, package) for place in places if place.is_dir())
    return next((modules for modules in found if modules), ())


def _read_with_helpers(root: Path, modules: list[Module]) -> tuple[Source, ...]:
    """Read modules, and the other top-level packages in the root that they import."""
    trees = {module: parse(module) for module in modules}
    tops = {module.name.partition(".")[0] for module in modules}
    todo = list(trees.values())
    while todo:
        wanted = sorted(_top_levels(todo) - tops - sys.stdlib_module_names)
        tops.update(wanted)
        found = {module: parse(module) for top in wanted for module in find_modules(root, top)}
        trees |= found
        todo = list(found.values())
    known = frozenset(name for module in trees for name in with_parents(module.name))
    return tuple(_source(module, tree, known) for module, tree in trees.items())


def _top_levels(trees: Iterable[Tree]) -> set[str]:
    """The first parts of what statements import from outside."""
    names = set[str]()
    for tree in trees:
        for statement in tree.every(ast.Import):
            names.update(alias.name.partition(".")[0] for alias in statement.names)
        for node in tree.every(ast.ImportFrom):
            if not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names


def _source(module: Module, tree: Tree, known: frozenset[str]) -> Source:
    try:
        names = Names(module, tree, (*IMPORTERS, LOADED))
        found = _imports_of(module, tree, names, known)
        members = tuple(members_by_attribute(module, tree, names, known))
    except RecursionError as error:
        raise UnreadableModule(f"{module.path}: an expression is nested too deeply") from error
    return Source(
        module,
        tree,
        names,
        tuple(each for each in found if isinstance(each, Import)),
        tuple(each for each in found if isinstance(each, OpaqueImport)),
        members,
    )


def _imports_of(
    module: Module, tree: Tree, names: Names, known: frozenset[str]
) -> list[Import | OpaqueImport]:
    """Each import of a module once, in the order of kinds: statement, call, attribute."""
    found = [
        *imports_by_statement(module, tree, known),
        *imports_by_call(module, tree, names, known),
        *imports_by_lookup(module, tree, names),
    ]
    found.extend(_new(imports_by_attribute(module, tree, names, known), found))
    return list(dict.fromkeys(found))


def _new(reached: Iterator[Import], found: list[Import | OpaqueImport]) -> Iterator[Import]:
    """The first import of each room that nothing was imported from yet."""
    targets = [each.target for each in found if isinstance(each, Import)]
    for each in reached:
        if not any(f"{target}.".startswith(f"{each.target}.") for target in targets):
            targets.append(each.target)
            yield each
