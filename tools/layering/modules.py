"""The files of a project, and what they say."""

import ast
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from attrs import field, frozen

SUFFIXES = (".py", ".pyi")

_TEXTS = frozenset(
    {"arg", "asname", "attr", "ctx", "id", "kind", "level", "module", "op", "ops", "type_comment"}
)
"""The fields of nodes in which there is never a node that anybody looks for: most of them."""

N = TypeVar("N", bound=ast.AST)


class _InnerFields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each kind of nodes in which there can be nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = self[kind] = tuple(name for name in kind._fields if name not in _TEXTS)
        return fields


_INNER_FIELDS = _InnerFields()


class UnreadableModule(Exception):
    """A file that cannot be read as Python."""


@frozen
class Module:
    """One file of the project.

    Attributes:
        path: Where it is.
        name: Its dotted name.
        package: The dotted name that its relative imports start from.
    """

    path: Path
    name: str
    package: str

    def resolve(self, level: int, name: str) -> str | None:
        """The dotted name that a relative import means; None if there is nothing so high."""
        return resolve_relative(self.package, level, name)


@frozen(eq=False)
class Tree:
    """The syntax tree of a module, its nodes sorted by kind.

    Attributes:
        root: The tree.
    """

    root: ast.Module
    _by_kind: dict[type[ast.AST], list[Any]] = field(
        init=False, factory=lambda: defaultdict(list), repr=False
    )

    def __attrs_post_init__(self) -> None:
        by_kind = self._by_kind
        level: list[ast.AST] = [self.root]
        while level:  # as ast.walk does, from the outside in, in a fraction of its time
            below: list[ast.AST] = []
            for node in level:
                kind = type(node)
                by_kind[kind].append(node)
                for name in _INNER_FIELDS[kind]:
                    value = getattr(node, name)
                    if type(value) is list:
                        below += [each for each in value if isinstance(each, ast.AST)]
                    elif isinstance(value, ast.AST):
                        below.append(value)
            level = below

    def every(self, *kinds: type[N]) -> Sequence[N]:
        """The nodes of some kinds: kind after kind, each from the outside in."""
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], ())
        return [node for kind in kinds for node in self._by_kind.get(kind, ())]


def resolve_relative(package: str, level: int, name: str) -> str | None:
    """The dotted name that a relative one means.

    Args:
        package: Where to start.
        level: The number of leading dots; 0 for a name that is not relative.
        name: What follows the dots.

    Returns:
        None if there are more dots than packages.
    """
    parents = package.split(".")
    if level > len(parents):
        return None
    above = parents[: len(parents) - level + 1] if level else []
    return ".".join([*above, name] if name else above)


def with_parents(name: str) -> Iterator[str]:
    """A dotted name, and every package that it is in, from the inside out."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def find_modules(root: Path, package: str) -> tuple[Module, ...]:
    """Every module of a top-level package or module, in order of path.

    Args:
        root: The folder that it is in.
        package: Its name. It needs no ``__init__.py``, and neither do packages in it.

    Raises:
        UnreadableModule: A folder cannot be read.
    """
    alone = [path for suffix in SUFFIXES if (path := root / f"{package}{suffix}").is_file()]
    try:
        files = sorted(_files(root / package, ())) if (root / package).is_dir() else alone
    except OSError as error:
        raise UnreadableModule(f"{error.filename}: {error.strerror}") from error
    return tuple(_module(path, path.relative_to(root)) for path in files)


def _files(folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    """The Python files below a folder; symbolic links are followed, but not in circles."""
    if folder.resolve() in above:
        return
    for path in folder.iterdir():
        if path.is_dir():
            yield from _files(path, (*above, folder.resolve()))
        elif path.suffix in SUFFIXES and not path.name.startswith("."):
            yield path


def _module(path: Path, inside: Path) -> Module:
    package = ".".join(inside.parent.parts)
    if inside.stem == "__init__":
        return Module(path, package, package)
    return Module(path, f"{package}.{inside.stem}" if package else inside.stem, package)


def parse(module: Module) -> Tree:
    """The syntax tree of a module.

    Raises:
        UnreadableModule: The file cannot be read, or is not Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Tree(ast.parse(module.path.read_bytes(), module.path))
    except SyntaxError as error:
        raise UnreadableModule(f"{module.path}:{error.lineno or 1}: {error.msg}") from error
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableModule(f"{module.path}: {error or type(error).__name__}") from error
