"""Which function or class a name or attribute means, followed across modules."""

import ast
from collections.abc import Iterator

from attrs import frozen

from tools.layering.project import Project, Source

Code = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@frozen(eq=False)
class Function:
    """A function, and where it stands.

    Attributes:
        source: The file.
        node: The function.
        owner: The dotted name of the class whose method it is; None for no method.
        is_bound: Whether its first parameter is filled in already.
    """

    source: Source
    node: Code
    owner: str | None = None
    is_bound: bool = False

    @property
    def parameters(self) -> list[ast.arg]:
        """The parameters that are left to fill in, in order."""
        given = [*self.node.args.posonlyargs, *self.node.args.args]
        return [*(given[1:] if self.is_bound else given), *self.node.args.kwonlyargs]

    @property
    def body(self) -> list[ast.stmt]:
        """What it does."""
        if isinstance(self.node, ast.Lambda):
            return [ast.copy_location(ast.Return(self.node.body), self.node.body)]
        return self.node.body


def find_function(
    project: Project, source: Source, node: ast.expr, owner: str | None
) -> Function | None:
    """The function that an expression stands for, if that can be told.

    Args:
        project: Where to look.
        source: The file that the expression is in.
        node: The expression.
        owner: The dotted name of the class that ``self`` is of there.
    """
    match node:
        case ast.Lambda():
            return Function(source, node, owner)
        case ast.Call(func=ast.Name(id="partial"), args=[inner, *_]):
            return find_function(project, source, inner, owner)
        case ast.Attribute(value=value, attr=name):
            of_class = class_of(project, source, value, owner)
            if of_class is not None:
                return _method(project, of_class, name)
    dotted = source.names.qualified(node)
    return _named(project, project.origin(dotted)) if dotted else None


def find_class(
    project: Project, source: Source, node: ast.expr
) -> tuple[Source, ast.ClassDef] | None:
    """The class of the project that an expression stands for."""
    dotted = source.names.qualified(node)
    return _class(project, project.origin(dotted)) if dotted else None


def class_of(project: Project, source: Source, node: ast.expr, owner: str | None) -> str | None:
    """The dotted name of the class that the value of an expression is of."""
    match node:
        case ast.Name(id="self"):
            return owner
        case ast.Name(id=name) if isinstance(made := source.names.values.get(name), ast.Call):
            dotted = source.names.qualified(made.func)
        case ast.Name(id=name):
            hints = (each.annotation for each in source.tree.every(ast.arg) if each.arg == name)
            dotted = next((source.names.qualified(hint) for hint in hints if hint), None)
        case ast.Call(func=made_by):
            dotted = source.names.qualified(made_by)
        case _:
            return None
    origin = project.origin(dotted) if dotted else None
    return origin if origin and _class(project, origin) else None


def owners(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every node in a class, with the dotted name of the innermost class around it."""
    for each in source.tree.every(ast.ClassDef):
        for node in ast.walk(each):
            yield node, f"{source.module.name}.{each.name}"


def _named(project: Project, dotted: str) -> Function | None:
    place = project.split(dotted)
    if place is None:
        return None
    source, name = place
    for node in source.tree.root.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return Function(source, node)
    owner, _, method = dotted.rpartition(".")
    found = _method(project, owner, method) if _class(project, owner) else None
    return Function(found.source, found.node, found.owner) if found else None


def _class(project: Project, dotted: str) -> tuple[Source, ast.ClassDef] | None:
    place = project.split(dotted)
    if place is None:
        return None
    source, name = place
    found = (each for each in source.tree.every(ast.ClassDef) if each.name == name)
    return next(((source, each) for each in found), None)


def _method(project: Project, owner: str, name: str) -> Function | None:
    """A method by name, of a class or what it inherits from."""
    place = _class(project, owner)
    if place is None:
        return None
    source, node = place
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name:
            return Function(source, each, owner, is_bound=True)
    for base in node.bases:
        dotted = source.names.qualified(base)
        above = project.origin(dotted) if dotted else owner
        if above != owner and (found := _method(project, above, name)):
            return found
    return None
