"""What an operation tells the bus: found by following its handler to what publishes.

Nothing is run. A function publishes what is made between its first line and its last, and what
the functions publish that it calls with its transaction, without which none can publish, or that
make what it publishes. A call is followed by its name: in this module if it is of a function or of
a method of ``self``, in another if it is of that, and everywhere if it is of a part. So a name that
several stores use for different things may find too much, but never too little.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from inspect import unwrap
from pathlib import Path
from types import FunctionType, MethodType

from attrs import frozen

from registry.dispatch import Operation
from tools.notes.tree import HERE, event_types

_PACKAGE = HERE / "registry"


@frozen
class _Function:
    """A function.

    Attributes:
        file: Where it stands.
        name: Its name, without its class.
        first: Its first line; that of its first decorator, as Python counts.
        last: Its last.
        calls: What it calls to publish: each name, and of what it is, as written; ``self`` for
            this module, empty for some part.
    """

    file: Path
    name: str
    first: int
    last: int
    calls: frozenset[tuple[str, str]]


def published_by(operation: Operation) -> list[str]:
    """The types of events that an operation may publish itself, sorted.

    What other stores publish because of these is not among them.
    """
    writes = operation.write or operation.batch
    if writes is None:
        return []
    start = _find(writes)
    return sorted({type_ for function in _reachable(start) for type_ in _made_in(function)})


def _find(handler: Callable[..., object]) -> _Function:
    function = unwrap(handler)
    if isinstance(function, MethodType):
        function = function.__func__
    assert isinstance(function, FunctionType)
    code = function.__code__
    file = Path(code.co_filename)
    [found] = [f for f in _functions() if f.file == file and f.first == code.co_firstlineno]
    return found


def _reachable(start: _Function) -> set[_Function]:
    found: set[_Function] = set()
    waiting = [start]
    while waiting:
        function = waiting.pop()
        if function not in found:
            found.add(function)
            waiting += [each for call in function.calls for each in _called(*call, function.file)]
    return found


def _called(name: str, of: str, file: Path) -> Iterable[_Function]:
    named = [function for function in _functions() if function.name == name]
    if of == "self":
        return [function for function in named if function.file == file]
    module = file.with_name(f"{of}.py")
    return [function for function in named if function.file == module] or named


def _made_in(function: _Function) -> Iterator[str]:
    for made in event_types().publications:
        if made.module.path == function.file and function.first <= made.line <= function.last:
            yield made.type


@cache
def _functions() -> tuple[_Function, ...]:
    return tuple(function for file in sorted(_PACKAGE.rglob("*.py")) for function in _in_file(file))


def _in_file(file: Path) -> Iterator[_Function]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield _Function(file, node.name, first, node.end_lineno or first, _calls(node))


def _calls(function: ast.FunctionDef) -> frozenset[tuple[str, str]]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    published = [made for call in calls if _target(call.func)[0] == "publish" for made in call.args]
    return frozenset(
        _target(call.func) for call in calls if call in published or _passes_transaction(call)
    )


def _passes_transaction(call: ast.Call) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "transaction" for each in call.args)


def _target(called: ast.expr) -> tuple[str, str]:
    """The name that is called, and of what it is."""
    if isinstance(called, ast.Attribute):
        return called.attr, called.value.id if isinstance(called.value, ast.Name) else ""
    return (called.id, "self") if isinstance(called, ast.Name) else ("", "self")
