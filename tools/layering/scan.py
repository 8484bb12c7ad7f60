"""What a whole package imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from tools.layering.dynamic import IMPORTERS, imports_by_call
from tools.layering.imports import (
    Import,
    OpaqueImport,
    imports_by_attribute,
    imports_by_statement,
)
from tools.layering.modules import Module, UnreadableModule, find_modules, parse
from tools.layering.names import Names


@frozen
class Scan:
    """The modules of a package and their imports.

    Attributes:
        modules: In order of path.
        imports: What they import, of this package and of others.
        opaque: The imports of which the text does not say what they import.
    """

    modules: tuple[Module, ...]
    imports: tuple[Import, ...]
    opaque: tuple[OpaqueImport, ...]


def scan_package(root: Path, package: str) -> Scan:
    """Read a package without importing it.

    Args:
        root: The folder that the package is in.
        package: The package's name.

    Raises:
        UnreadableModule: A file is not Python, or there is none.
    """
    modules = find_modules(root, package)
    if not modules:
        raise UnreadableModule(f"{root / package}: there is no Python file in it")
    known = frozenset(name for module in modules for name in _with_parents(module.name))
    found = [each for module in modules for each in _imports_of(module, known)]
    return Scan(
        modules,
        tuple(each for each in found if isinstance(each, Import)),
        tuple(each for each in found if isinstance(each, OpaqueImport)),
    )


def _with_parents(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _imports_of(module: Module, known: frozenset[str]) -> list[Import | OpaqueImport]:
    """Each import of a module once, in the order of kinds: statement, call, attribute."""
    nodes = list(ast.walk(parse(module)))
    try:
        names = Names(module, nodes, IMPORTERS)
        found = [
            *imports_by_statement(module, nodes, known),
            *imports_by_call(module, nodes, names, known),
        ]
        found.extend(_new(imports_by_attribute(module, nodes, names, known), found))
    except RecursionError as error:
        raise UnreadableModule(f"{module.path}: an expression is nested too deeply") from error
    return list(dict.fromkeys(found))


def _new(reached: Iterator[Import], found: list[Import | OpaqueImport]) -> Iterator[Import]:
    """The first import of each room that nothing was imported from yet."""
    targets = [each.target for each in found if isinstance(each, Import)]
    for each in reached:
        if not any(f"{target}.".startswith(f"{each.target}.") for target in targets):
            targets.append(each.target)
            yield each
