"""The files of a package, and what they say."""

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

SUFFIXES = (".py", ".pyi")


class UnreadableModule(Exception):
    """A file that cannot be read as Python."""


@frozen
class Module:
    """One file of the package.

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


def find_modules(root: Path, package: str) -> tuple[Module, ...]:
    """Every module of a package, with or without an ``__init__.py``, in order of path.

    Raises:
        UnreadableModule: A folder cannot be read.
    """
    try:
        files = sorted(_files(root / package, ()))
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
    return Module(path, f"{package}.{inside.stem}", package)


def parse(module: Module) -> ast.Module:
    """The syntax tree of a module.

    Raises:
        UnreadableModule: The file cannot be read, or is not Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(module.path.read_bytes(), module.path)
    except SyntaxError as error:
        raise UnreadableModule(f"{module.path}:{error.lineno or 1}: {error.msg}") from error
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableModule(f"{module.path}: {error or type(error).__name__}") from error
