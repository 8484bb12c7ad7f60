"""Who follows the bus: read models, reactions and open channels."""

import ast
from collections.abc import Callable, Iterator

from attrs import frozen

from tools.layering.event_types import EventTypes, argument, makes
from tools.layering.functions import Function, find_function, owners
from tools.layering.modules import Module
from tools.layering.project import Project, Source


@frozen(eq=False)
class Subscription:
    """A place where events are asked for.

    Attributes:
        module: Where it stands.
        line: The line there.
        room: The room whose code gets the events.
        kind: ``"read model"``, ``"reaction"`` or ``"channel"``.
        name: What it is called: a class, a reaction's name, or a module.
        patterns: What it matches; None if that cannot be told.
        written: How the patterns are written.
        handler: The function that is given each event, if that can be told.
        loops: The loops that take events out of the channel.
    """

    module: Module
    line: int
    room: str
    kind: str
    name: str
    patterns: tuple[str, ...] | None
    written: str
    handler: Function | None = None
    loops: tuple[Function, ...] = ()

    def types(self, events: EventTypes) -> frozenset[str]:
        """The published types that it matches."""
        return frozenset[str]().union(*(events.matching(each) for each in self.patterns or ()))


def find_subscriptions(project: Project, events: EventTypes) -> tuple[Subscription, ...]:
    """Find every subscription in the stores and above, in order of file."""
    return tuple(
        each
        for room, source in project.in_rooms
        if not project.config.is_above(project.config.stores, project.rooms.layer(room))
        for each in _in_source(project, events, room, source)
    )


def _in_source(
    project: Project, events: EventTypes, room: str, source: Source
) -> Iterator[Subscription]:
    classes: dict[int, str] | None = None
    for call in source.tree.every(ast.Call):
        find = _finder(project, source, call)
        if find is None:
            continue
        if classes is None:
            classes = {id(node): name for node, name in owners(source)}
        yield find(_Place(project, events, room, source, call, classes.get(id(call))))


@frozen(eq=False)
class _Place:
    project: Project
    events: EventTypes
    room: str
    source: Source
    call: ast.Call
    owner: str | None

    def function(self, node: ast.expr | None) -> Function | None:
        if node is None:
            return None
        return find_function(self.project, self.source, node, self.owner)

    def patterns(self, node: ast.expr | None) -> tuple[str, ...] | None:
        """Strings, or the names of declared types."""
        match node:
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                parts = [self._pattern(element) for element in elements]
                told = [part for part in parts if part is not None]
                return tuple(p for part in told for p in part) if len(told) == len(parts) else None
        return self.source.names.texts(node)

    def _pattern(self, node: ast.expr) -> tuple[str, ...] | None:
        match node:
            case ast.Starred(value=inner):
                return self.patterns(inner)
            case ast.Attribute(value=constant, attr="name"):
                dotted = self.source.names.qualified(constant)
                origin = self.project.origin(dotted) if dotted else None
                known = (each.name for each in self.events.declarations if each.constant == origin)
                name = next(known, None)
                return None if name is None else (name,)
        text = self.source.names.text(node)
        return None if text is None else (text,)


_Finder = Callable[[_Place], Subscription]


def _finder(project: Project, source: Source, call: ast.Call) -> _Finder | None:
    if makes(project, source, call, "Projection"):
        return _read_model
    if makes(project, source, call, "Reaction"):
        return _reaction
    if isinstance(call.func, ast.Attribute) and call.func.attr == "subscribe":
        return _channel
    return None


def _read_model(place: _Place) -> Subscription:
    patterns = argument(place.call, 1, "patterns")
    return Subscription(
        place.source.module,
        place.call.lineno,
        place.room,
        "read model",
        (place.owner or place.source.module.name).rpartition(".")[2],
        place.patterns(patterns),
        ast.unparse(patterns) if patterns else "",
        place.function(argument(place.call, 2, "apply")),
    )


def _reaction(place: _Place) -> Subscription:
    patterns = argument(place.call, 1, "patterns")
    handler = place.function(argument(place.call, 2, "handler"))
    room = place.project.rooms.of(handler.source.module.name) if handler else None
    return Subscription(
        place.source.module,
        place.call.lineno,
        room or place.room,
        "reaction",
        place.source.names.text(argument(place.call, 0, "name")) or "",
        place.patterns(patterns),
        ast.unparse(patterns) if patterns else "",
        handler,
    )


def _channel(place: _Place) -> Subscription:
    patterns = ast.Tuple(elts=place.call.args, ctx=ast.Load())
    return Subscription(
        place.source.module,
        place.call.lineno,
        place.room,
        "channel",
        (place.owner or place.source.module.name).rpartition(".")[2],
        place.patterns(patterns),
        ", ".join(map(ast.unparse, place.call.args)),
        loops=tuple(_loops(place)),
    )


def _loops(place: _Place) -> Iterator[Function]:
    """The loops over a channel, each as a function of the event."""
    known = {ast.unparse(place.call), *_bound_to(place)}
    tree = place.source.tree
    loops: list[ast.For | ast.AsyncFor] = [*tree.every(ast.For), *tree.every(ast.AsyncFor)]
    for loop in loops:
        channel = loop.iter
        if isinstance(channel, ast.Call) and isinstance(channel.func, ast.Attribute):
            channel = channel.func.value if channel.func.attr == "drain" else channel
        if ast.unparse(channel) in known and isinstance(loop.target, ast.Name):
            arguments = ast.arguments([], [ast.arg(loop.target.id)], None, [], [], None, [])
            node = ast.FunctionDef("loop", arguments, loop.body, [])
            yield Function(place.source, node, place.owner)


def _bound_to(place: _Place) -> Iterator[str]:
    """What the channel is assigned to, as it is written."""
    tree = place.source.tree
    for assign in tree.every(ast.Assign):
        if assign.value is place.call:
            yield from map(ast.unparse, assign.targets)
    for annotated in tree.every(ast.AnnAssign):
        if annotated.value is place.call:
            yield ast.unparse(annotated.target)
    for item in tree.every(ast.withitem):
        if item.context_expr is place.call and item.optional_vars:
            yield ast.unparse(item.optional_vars)
