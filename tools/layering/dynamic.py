"""The imports that function calls make, such as ``importlib.import_module("registry.trust")``."""

import ast
from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from tools.layering.imports import Import, OpaqueImport, with_submodule
from tools.layering.modules import Module, Tree, resolve_relative
from tools.layering.names import Names, assignments


@frozen
class _Call:
    """A call of a function that imports.

    Attributes:
        module: Where it stands.
        arguments: By parameter.
        names: What the names in the module stand for.
        known: The dotted names of all modules and packages of the project.
    """

    module: Module
    arguments: Mapping[str, ast.expr]
    names: Names
    known: frozenset[str]

    def text(self, parameter: str) -> str | None:
        """The string given for a parameter, if it can be told."""
        return self.names.text(self.arguments.get(parameter))


def _by_name(call: _Call) -> list[str] | None:
    """What a function imports that takes a dotted name, perhaps with ``:attribute``."""
    name = call.text("name")
    return [name.partition(":")[0]] if name else None


def _by_import_module(call: _Call) -> list[str] | None:
    name = call.text("name")
    if name is None or not name.startswith("."):
        return [name] if name else None
    rest = name.lstrip(".")
    package = call.text("package")
    target = resolve_relative(package, len(name) - len(rest), rest) if package else None
    return [target] if target else None


def _by_dunder_import(call: _Call) -> list[str] | None:
    name = call.text("name")
    level = call.arguments.get("level", ast.Constant(value=0))
    if name is None or not (isinstance(level, ast.Constant) and isinstance(level.value, int)):
        return None
    origin = call.module.resolve(level.value, name)
    if origin is None:
        return None
    listed = getattr(call.arguments.get("fromlist"), "elts", [])
    submodules = [call.names.text(element) or "" for element in listed]
    return [with_submodule(origin, submodule, call.known) for submodule in submodules] or [origin]


@frozen
class _Importer:
    """A function that imports.

    Attributes:
        parameters: The names of its parameters, the imported module's as ``"name"``.
        targets: What a call imports; None if that cannot be told.
    """

    parameters: tuple[str, ...]
    targets: Callable[[_Call], list[str] | None]


_DUNDER_IMPORT = _Importer(("name", "globals", "locals", "fromlist", "level"), _by_dunder_import)

_OPAQUE = _Importer((), lambda _call: None)

IMPORTERS: Mapping[str, _Importer] = {
    "builtins.__import__": _DUNDER_IMPORT,
    "builtins.eval": _OPAQUE,
    "builtins.exec": _OPAQUE,
    "importlib.__import__": _DUNDER_IMPORT,
    "importlib.import_module": _Importer(("name", "package"), _by_import_module),
    "importlib.util.find_spec": _Importer(("name", "package"), _by_import_module),
    "importlib.util.spec_from_file_location": _OPAQUE,
    "pkgutil.resolve_name": _Importer(("name",), _by_name),
    "runpy.run_module": _Importer(("name",), _by_name),
    "runpy.run_path": _OPAQUE,
    "sys.modules.get": _Importer(("name",), _by_name),
}
"""The functions that import what they are told to, by dotted name."""

LOADED = "sys.modules"
"""Where every module is that anybody has imported, by name."""


def imports_by_call(
    module: Module, tree: Tree, names: Names, known: frozenset[str]
) -> Iterator[Import | OpaqueImport]:
    """The imports of calls, and the places where an importing function is handed on.

    Args:
        module: Whose calls they are.
        tree: Its syntax tree.
        names: What the names in it stand for.
        known: The dotted names of all modules and packages of the project.
    """
    roots = names.standing_for(IMPORTERS)
    if not any(node.id in roots for node in tree.every(ast.Name)):
        return
    followed = {id(value) for _, value in assignments(tree)}
    for node in tree.every(ast.Call):
        if importer := _importer(node.func, names):
            followed.add(id(node.func))
            yield from _imported(module, node, importer, names, known)
    for expression in tree.every(ast.Name, ast.Attribute, ast.Call):
        if id(expression) not in followed and _importer(expression, names):
            yield OpaqueImport(module, expression.lineno, ast.unparse(expression))


def imports_by_lookup(module: Module, tree: Tree, names: Names) -> Iterator[Import | OpaqueImport]:
    """The modules taken out of ``sys.modules``, as in ``sys.modules["registry.trust"]``."""
    for node in tree.every(ast.Subscript):
        if names.dotted(node.value) == LOADED:
            target = names.text(node.slice)
            if target is None:
                yield OpaqueImport(module, node.lineno, ast.unparse(node))
            else:
                yield Import(module, node.lineno, target)


def _importer(node: ast.expr, names: Names) -> _Importer | None:
    is_read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    dotted = names.dotted(node) if is_read else None
    return IMPORTERS.get(dotted) if dotted else None


def _imported(
    module: Module, node: ast.Call, importer: _Importer, names: Names, known: frozenset[str]
) -> Iterator[Import | OpaqueImport]:
    arguments = _arguments(node, importer.parameters)
    targets = importer.targets(_Call(module, arguments, names, known))
    if targets is None:
        yield OpaqueImport(module, node.lineno, ast.unparse(node))
    for target in targets or ():
        yield Import(module, node.lineno, target)


def _arguments(node: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr]:
    """The arguments of a call by parameter; unpacked ones are strings to nobody."""
    by_place = dict(zip(parameters, node.args, strict=False))
    by_name = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    return by_place | by_name
