"""What the names in a module stand for, as far as its text says so.

Scopes and the order of statements play no part: a name that stands for a module anywhere
in the file stands for it everywhere. That errs on the side of seeing an import.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from tools.layering.modules import Module, Tree

BUILTINS = {
    "__import__": "builtins.__import__",
    "__builtins__": "builtins",
    "eval": "builtins.eval",
    "exec": "builtins.exec",
}


class Names:
    """The names of one module.

    Args:
        module: Whose they are.
        tree: Its syntax tree.
        offered: Dotted names of interest; ``from x import *`` binds those that are in x.

    Attributes:
        imported: Every name that an import statement binds, with the dotted name it stands for.
        defined: What the module itself defines, at its top level.
        values: What is assigned to each name that is bound only once.
    """

    def __init__(self, module: Module, tree: Tree, offered: Iterable[str]) -> None:
        self._module = module
        self.imported = dict(_imported(module, tree, tuple(offered)))
        self.defined = frozenset(_defined(tree.root.body))
        self.values: dict[str, ast.expr] = {}
        self._meanings = BUILTINS | self.imported
        self._texts = {"__name__": module.name, "__package__": module.package}
        bound = Counter(_bound(tree))
        for name, value in assignments(tree):
            if (meaning := self.dotted(value)) is not None:
                self._meanings[name] = meaning
            if bound[name] == 1:
                self.values[name] = value
                if (text := self.text(value)) is not None:
                    self._texts[name] = text

    def standing_for(self, offered: Iterable[str]) -> frozenset[str]:
        """The names here that stand for something of interest, or for what that is in."""
        inside = tuple(offered)
        return frozenset(
            name
            for name, meaning in self._meanings.items()
            if any(f"{dotted}.".startswith(f"{meaning}.") for dotted in inside)
        )

    def stands_for_any(self, prefix: str) -> bool:
        """Whether a name here stands for a module or package with this prefix."""
        return any(f"{meaning}.".startswith(f"{prefix}.") for meaning in self._meanings.values())

    def dotted(self, node: ast.expr) -> str | None:
        """The dotted name an expression stands for, if its first part was imported."""
        match node:
            case ast.Name(id=name):
                return self._meanings.get(name)
            case (
                ast.Attribute(value=owner, attr=name)
                | ast.Call(
                    func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(name)), *_]
                )
            ):
                above = self.dotted(owner)
                return f"{above}.{name}" if above else None
        return None

    def qualified(self, node: ast.expr) -> str | None:
        """The dotted name of what was imported, or is defined at the top level here."""
        match node:
            case ast.Name(id=name) if name in self.defined and name not in self._meanings:
                return f"{self._module.name}.{name}"
            case ast.Attribute(value=owner, attr=name):
                above = self.qualified(owner)
                return f"{above}.{name}" if above else None
        return self.dotted(node)

    def text(self, node: ast.expr | None) -> str | None:
        """The string an expression is, if that can be told."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._texts.get(name)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right])
            case ast.JoinedStr(values=parts):
                return self._joined(parts)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.text(value)
        return None

    def texts(self, node: ast.expr | None) -> tuple[str, ...] | None:
        """The strings that a tuple, list or set holds, if they can be told."""
        match node:
            case ast.Name(id=name) if name in self.values:
                return self.texts(self.values[name])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                parts = [self.texts(left), self.texts(right)]
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                parts = [self._element(element) for element in elements]
            case _:
                return None
        if None in parts:
            return None
        return tuple(text for part in parts if part for text in part)

    def _element(self, node: ast.expr) -> tuple[str, ...] | None:
        if isinstance(node, ast.Starred):
            return self.texts(node.value)
        text = self.text(node)
        return None if text is None else (text,)

    def _joined(self, parts: list[ast.expr]) -> str | None:
        texts = [self.text(part) for part in parts]
        return None if None in texts else "".join(text for text in texts if text)


def assignments(tree: Tree) -> Iterator[tuple[str, ast.expr]]:
    """Every assignment of one value to one name."""
    for node in tree.every(ast.Assign, ast.AnnAssign, ast.NamedExpr):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                yield name, value


def _bound(tree: Tree) -> list[str]:
    """Every name that is bound, as often as it is."""
    names = [node.id for node in tree.every(ast.Name) if type(node.ctx) is not ast.Load]
    return names + [argument.arg for argument in tree.every(ast.arg)]


def _defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that statements bind in the scope they stand in, imports left out."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.If() | ast.Try() | ast.With():
                for inner in ("body", "orelse", "finalbody", "handlers"):
                    yield from _defined(getattr(node, inner, ()))
            case ast.ExceptHandler(body=inside):
                yield from _defined(inside)


def _imported(module: Module, tree: Tree, offered: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every name that an import statement binds, with the dotted name it stands for."""
    for statement in tree.every(ast.Import):
        yield from map(_by_import, statement.names)
    for node in tree.every(ast.ImportFrom):
        origin = module.resolve(node.level, node.module or "")
        for alias in node.names if origin else ():
            yield from _by_import_from(f"{origin}", alias, offered)


def _by_import(alias: ast.alias) -> tuple[str, str]:
    top = alias.name.partition(".")[0]
    return (alias.asname, alias.name) if alias.asname else (top, top)


def _by_import_from(
    origin: str, alias: ast.alias, offered: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if alias.name != "*":
        yield alias.asname or alias.name, f"{origin}.{alias.name}"
        return
    for dotted in offered:
        above, _, name = dotted.rpartition(".")
        if above == origin:
            yield name, dotted
