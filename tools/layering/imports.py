"""The imports that statements make, wherever in the file they stand."""

import ast
from collections.abc import Iterator

from attrs import frozen

from tools.layering.modules import Module, Tree
from tools.layering.names import Names


@frozen
class Import:
    """One module imported by another.

    Attributes:
        importer: The module that imports.
        line: Where it does.
        target: The dotted name of what it imports, with the submodule if there is one.
        name: What it takes out of that; None for the module itself, ``"*"`` for everything.
    """

    importer: Module
    line: int
    target: str
    name: str | None = None


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
    module: Module, tree: Tree, known: frozenset[str]
) -> Iterator[Import | OpaqueImport]:
    """The imports of ``import`` and ``from`` statements.

    Args:
        module: Whose statements they are.
        tree: Its syntax tree.
        known: The dotted names of all modules and packages of the project.
    """
    for statement in tree.every(ast.Import):
        for alias in statement.names:
            yield Import(module, alias.lineno, alias.name)
    for node in tree.every(ast.ImportFrom):
        yield from _from_statement(module, node, known)


def _from_statement(
    module: Module, node: ast.ImportFrom, known: frozenset[str]
) -> Iterator[Import | OpaqueImport]:
    origin = module.resolve(node.level, node.module or "")
    if origin is None:
        yield OpaqueImport(module, node.lineno, ast.unparse(node))
        return
    for alias in node.names:
        target = with_submodule(origin, alias.name, known)
        yield Import(module, alias.lineno, target, alias.name if target == origin else None)


def with_submodule(origin: str, name: str, known: frozenset[str]) -> str:
    """What ``from origin import name`` imports: the submodule if it is one, else the origin."""
    submodule = f"{origin}.{name}"
    return submodule if submodule in known else origin


def imports_by_attribute(
    module: Module, tree: Tree, names: Names, known: frozenset[str]
) -> Iterator[Import]:
    """The rooms reached as attributes of the package, as in ``registry.trust.TrustStore``.

    ``import registry.events`` binds ``registry``, and with it every room that anybody has
    imported by then.
    """
    package = module.name.partition(".")[0]
    if not names.stands_for_any(package):
        return
    for node in tree.every(ast.Attribute, ast.Call):
        above, _, inside = (names.dotted(node) or "").partition(".")
        room = f"{above}.{inside.partition('.')[0]}"
        if above == package and room in known:
            yield Import(module, node.lineno, room)


def members_by_attribute(
    module: Module, tree: Tree, names: Names, known: frozenset[str]
) -> Iterator[Import]:
    """What is read out of a module, as ``public_keys`` in ``identity.public_keys``."""
    for node in tree.every(ast.Attribute):
        owner = names.dotted(node.value)
        if owner in known:
            yield Import(module, node.lineno, f"{owner}", node.attr)
