"""What allowed imports break together: indirect reach and cycles."""

from collections.abc import Callable, Collection, Iterator, Mapping

from tools.layering.graph import Chain, Edges, edges, knots, shortest_chains
from tools.layering.imports import Import
from tools.layering.project import Project
from tools.layering.violations import Step, Violation, remedy_for


def rooms_reach_nothing_else(project: Project, refused: Collection[Import]) -> Iterator[Violation]:
    """No room, and no tests of one, reach over others what they may not import themselves.

    Args:
        project: What to check.
        refused: The imports that are reported already; a way over one of them ends with it.
    """
    graph = edges((each for each in project.imports if each not in refused), run=True)
    for (who, room), modules in sorted(_starts(project, graph).items()):
        chains = shortest_chains(graph, modules, _far_from(project, room))
        for other, chain in sorted(chains.items()):
            if not project.rooms.of(who) and other in project.config.tests_may_import:
                continue  # what that room knows is its own affair
            yield _reached(project, who, room, project.rooms.dotted(other), chain)


def _starts(project: Project, graph: Edges) -> Mapping[tuple[str, str], list[str]]:
    """The modules of every room and of its tests, by their name and the room."""
    starts: dict[tuple[str, str], list[str]] = {}
    for module in graph:
        if room := project.rooms.of(module):
            starts.setdefault((project.rooms.dotted(room), room), []).append(module)
        elif (room := project.rooms.tested_by(module)) in project.room_names:
            starts.setdefault((f"{project.config.tests}.{room}", f"{room}"), []).append(module)
    return starts


def _far_from(project: Project, room: str) -> Callable[[str], str | None]:
    """Tells of a module which room it is in, if that room may not be known."""
    rooms = project.rooms
    far = frozenset(other for other in project.room_names if not rooms.may_know(room, other))

    def end(module: str) -> str | None:
        other = rooms.of(module)
        return other if other in far else None

    return end


def _reached(project: Project, who: str, room: str, other: str, chain: Chain) -> Violation:
    first = chain[0][1]
    return Violation(
        first.importer.path,
        first.line,
        "indirect",
        f"{other} is reached by {who} over {first.target}",
        remedy_for(project.rooms.layer(room)),
        first.importer.name,
        other,
        _steps(chain),
    )


def modules_import_in_no_circle(
    project: Project, refused: Collection[Import]
) -> Iterator[Violation]:
    """No module is imported, directly or not, by a module that it imports.

    Args:
        project: What to check.
        refused: The imports that are reported already.
    """
    counted = [
        each
        for each in project.imports
        if each not in refused and each.importer.path in project.checked
    ]
    graph = edges(counted)
    for knot in knots(graph):
        within = {name: {to: graph[name][to] for to in graph[name] if to in knot} for name in knot}
        start = min(knot)
        turns = (
            [(name, each), *chain]
            for name, each in within[start].items()
            if (chain := _back(within, name, start)) is not None
        )
        yield _circle(start, min(turns, key=len))


def _back(within: Edges, name: str, start: str) -> Chain | None:
    return shortest_chains(within, [name], lambda each: start if each == start else None).get(start)


def _circle(start: str, chain: Chain) -> Violation:
    first = chain[0][1]
    return Violation(
        first.importer.path,
        first.line,
        "cycles",
        f"{start} imports {chain[0][0]}, by which it is imported again",
        "move what both need into a module below both, or hand it in as an argument",
        start,
        chain[0][0],
        _steps(chain),
    )


def _steps(chain: Chain) -> tuple[Step, ...]:
    """The chain as it is told: each module at the line where it imports the next."""
    steps = [Step(each.importer.name, each.importer.path, each.line) for _, each in chain]
    return (*steps, Step(chain[-1][0]))
