"""The imports that statements make, wherever in the file they stand."""

import ast
from collections.abc import Iterable, Iterator

from attrs import frozen

from tools.layering.modules import Module
from tools.layering.names import Names


@frozen
class Import:
    """One module imported by another.

    Attributes:
        importer: The module that imports.
        line: Where it does.
        target: The dotted name of what it imports, with the submodule if there is one.
    """

    importer: Module
    line: int
    target: str


@frozen
class OpaqueImport:
    """An import of which the text does not say what it imports.

    Attributes:
        importer: The module that imports.
        line: Where it does.
        written: How it is written.
    """

    importer: Module
    line: int
    written: str


def imports_by_statement(
    module: Module, nodes: Iterable[ast.AST], known: frozenset[str]
) -> Iterator[Import | OpaqueImport]:
    """The imports of ``import`` and ``from`` statements.

    Args:
        module: Whose statements they are.
        nodes: The nodes of its syntax tree.
        known: The dotted names of all modules and packages of the project.
    """
    for node in nodes:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield Import(module, alias.lineno, alias.name)
            case ast.ImportFrom():
                yield from _from_statement(module, node, known)


def _from_statement(
    module: Module, node: ast.ImportFrom, known: frozenset[str]
) -> Iterator[Import | OpaqueImport]:
    origin = module.resolve(node.level, node.module or "")
    if origin is None:
        yield OpaqueImport(module, node.lineno, ast.unparse(node))
        return
    for alias in node.names:
        yield Import(module, alias.lineno, with_submodule(origin, alias.name, known))


def with_submodule(origin: str, name: str, known: frozenset[str]) -> str:
    """What ``from origin import name`` imports: the submodule if it is one, else the origin."""
    submodule = f"{origin}.{name}"
    return submodule if submodule in known else origin


def imports_by_attribute(
    module: Module, nodes: Iterable[ast.AST], names: Names, known: frozenset[str]
) -> Iterator[Import]:
    """The rooms reached as attributes of the package, as in ``registry.trust.TrustStore``.

    ``import registry.events`` binds ``registry``, and with it every room that anybody has
    imported by then.
    """
    package = module.name.partition(".")[0]
    for node in nodes:
        if not isinstance(node, ast.Attribute | ast.Call):
            continue
        above, _, inside = (names.dotted(node) or "").partition(".")
        room = f"{above}.{inside.partition('.')[0]}"
        if above == package and room in known:
            yield Import(module, node.lineno, room)
