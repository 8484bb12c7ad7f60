"""Who imports whom, and over whom."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from tools.layering.imports import Import
from tools.layering.modules import with_parents

Edges = Mapping[str, Mapping[str, Import]]
"""By importer and imported module, the first import that connects them."""

Chain = list[tuple[str, Import]]
"""Modules of which each is imported by the one before, with the imports."""


def edges(imports: Iterable[Import], *, run: bool = False) -> Edges:
    """The graph of some imports.

    Args:
        imports: The imports.
        run: Whether importing a module counts as importing the packages that it is in,
            whose ``__init__.py`` runs first.
    """
    graph: dict[str, dict[str, Import]] = {}
    for each in imports:
        targets = graph.setdefault(each.importer.name, {})
        around = f"{each.importer.name}."
        for target in with_parents(each.target) if run else (each.target,):
            if not around.startswith(f"{target}.") or target == each.target:
                targets.setdefault(target, each)
    return graph


def shortest_chains(
    graph: Edges, starts: Iterable[str], end: Callable[[str], str | None]
) -> dict[str, Chain]:
    """The shortest way from any of some modules to each end.

    Args:
        graph: Who imports whom.
        starts: Where to start.
        end: The end that a module belongs to; None for one that the way may go through.

    Returns:
        By end, each module that is imported on the way there, with the import.
    """
    came_by: dict[str, tuple[str, Import] | None] = dict.fromkeys(starts)
    found: dict[str, Chain] = {}
    todo = deque(came_by)
    while todo:
        here = todo.popleft()
        if (reached := end(here)) is not None:
            found.setdefault(reached, list(_way_to(here, came_by))[::-1])
            continue
        for target, each in graph.get(here, {}).items():
            if target not in came_by:
                came_by[target] = here, each
                todo.append(target)
    return found


def _way_to(
    here: str, came_by: Mapping[str, tuple[str, Import] | None]
) -> Iterator[tuple[str, Import]]:
    while (step := came_by[here]) is not None:
        before, each = step
        yield here, each
        here = before


def knots(graph: Edges) -> Iterator[set[str]]:
    """Every largest set of modules of which each imports each other, directly or not."""
    reverse: dict[str, list[str]] = {}
    for importer, targets in graph.items():
        for target in targets:
            reverse.setdefault(target, []).append(importer)
    placed = set[str]()
    for name in reversed(_in_order_of_leaving(graph)):
        if name not in placed:
            knot = _reached(name, reverse, placed)
            placed |= knot
            if len(knot) > 1:
                yield knot


def _reached(name: str, reverse: Mapping[str, list[str]], placed: set[str]) -> set[str]:
    found, todo = {name}, [name]
    while todo:
        new = [each for each in reverse.get(todo.pop(), ()) if each not in placed | found]
        found.update(new)
        todo.extend(new)
    return found


def _in_order_of_leaving(graph: Edges) -> list[str]:
    """The modules in the order in which a walk in depth is done with them."""
    order, seen = list[str](), set[str]()
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(graph[start]))]
        while path:
            rest = path[-1][1]
            following = next((each for each in rest if each not in seen), None)
            if following is None:
                order.append(path.pop()[0])
            else:
                seen.add(following)
                path.append((following, iter(graph.get(following, {}))))
    return order
