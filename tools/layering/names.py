"""What the names in a module stand for, as far as its text says so.

Scopes and the order of statements play no part: a name that stands for a module anywhere
in the file stands for it everywhere. That errs on the side of seeing an import.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from tools.layering.modules import Module

BUILTINS = {"__import__": "builtins.__import__", "__builtins__": "builtins"}


class Names:
    """The names of one module.

    Args:
        module: Whose they are.
        nodes: The nodes of its syntax tree.
        offered: Dotted names of interest; ``from x import *`` binds those that are in x.
    """

    def __init__(self, module: Module, nodes: list[ast.AST], offered: Iterable[str]) -> None:
        self._meanings = dict(BUILTINS)
        self._texts = {"__name__": module.name, "__package__": module.package}
        self._meanings.update(_imported(module, nodes, tuple(offered)))
        bound = Counter(_bound(nodes))
        for name, value in assignments(nodes):
            if (meaning := self.dotted(value)) is not None:
                self._meanings[name] = meaning
            if bound[name] == 1 and (text := self.text(value)) is not None:
                self._texts[name] = text

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

    def _joined(self, parts: list[ast.expr]) -> str | None:
        texts = [self.text(part) for part in parts]
        return None if None in texts else "".join(text for text in texts if text)


def assignments(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Every assignment of one value to one name."""
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                yield name, value


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Every name that is bound, as often as it is."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name


def _imported(
    module: Module, nodes: Iterable[ast.AST], offered: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Every name that an import statement binds, with the dotted name it stands for."""
    for node in nodes:
        match node:
            case ast.Import(names=aliases):
                yield from map(_by_import, aliases)
            case ast.ImportFrom(module=name, names=aliases, level=level):
                origin = module.resolve(level, name or "")
                for alias in aliases if origin else ():
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
