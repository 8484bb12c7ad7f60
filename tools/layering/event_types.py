"""The event types that are declared, and where they are published."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import define, frozen

from tools.layering.modules import Module
from tools.layering.project import Project, Source


@frozen
class Declaration:
    """An ``EventType(...)``.

    Attributes:
        module: Where it stands.
        line: The line there.
        room: The room that it is in.
        constant: The dotted name that it is assigned to; None if it is not.
        source: The publishing store, as it says.
        name: The type that it declares.
        says: What it means.
        payload: Each payload key with what it holds.
        is_listed: Whether it is in the ``EVENTS`` of its room.
    """

    module: Module
    line: int
    room: str
    constant: str | None
    source: str
    name: str
    says: str
    payload: Mapping[str, str]
    is_listed: bool


@frozen
class Publication:
    """A place where an event is made.

    Attributes:
        module: Where it stands.
        line: The line there.
        room: The room that it is in.
        type: The event's type.
        keys: The payload keys that it gives; None if they cannot be told.
        is_declared_by: The declaration that it uses; None if it makes an `Event` itself.
    """

    module: Module
    line: int
    room: str
    type: str
    keys: frozenset[str] | None
    is_declared_by: Declaration | None = None


@frozen
class OpaqueEvent:
    """An event or declaration of which the text does not say what it is.

    Attributes:
        module: Where it stands.
        line: The line there.
        written: How it is written.
    """

    module: Module
    line: int
    written: str


@define(eq=False, slots=False)
class EventTypes:
    """All event types of a project.

    Attributes:
        declarations: What is declared, by store.
        publications: What is published.
        opaque: What cannot be told.
    """

    declarations: tuple[Declaration, ...]
    publications: tuple[Publication, ...]
    opaque: tuple[OpaqueEvent, ...]

    @cached_property
    def published(self) -> frozenset[str]:
        """The types that are published somewhere."""
        return frozenset(each.type for each in self.publications)

    @cached_property
    def declared(self) -> Mapping[str, Declaration]:
        """The declarations by type."""
        return {each.name: each for each in self.declarations}

    @cached_property
    def _written(self) -> Mapping[str, frozenset[str] | None]:
        written: dict[str, frozenset[str] | None] = {}
        for each in self.publications:
            declared = each.is_declared_by
            keys = frozenset(declared.payload) if declared else each.keys
            before = written.get(each.type, frozenset())
            written[each.type] = None if keys is None or before is None else before | keys
        return written

    def may_hold(self, type_: str, key: str) -> bool:
        """Whether an event of a type carries a payload key, as far as that can be told."""
        keys = self._written.get(type_)
        return keys is None or key in keys

    def keys(self, type_: str) -> tuple[str, ...]:
        """The payload keys that a type is known to carry, sorted."""
        return tuple(sorted(self._written.get(type_) or ()))

    @cached_property
    def _matching(self) -> dict[str, frozenset[str]]:
        return {}

    def matching(self, pattern: str) -> frozenset[str]:
        """The published types that a pattern matches, by the rules of the bus."""
        if pattern not in self._matching:
            self._matching[pattern] = frozenset(
                each for each in self.published if matches(pattern, each)
            )
        return self._matching[pattern]


def matches(pattern: str, type_: str) -> bool:
    """Whether a pattern matches a type: ``*``, ``prefix.*``, or the type itself."""
    if pattern in {"*", type_}:
        return True
    return pattern.endswith(".*") and type_.startswith(pattern[:-1])


def makes(project: Project, source: Source, node: ast.Call, name: str) -> bool:
    """Whether a call is of a class that is offered under a name by a room below the stores."""
    dotted = source.names.dotted(node.func) or ""
    if not dotted.endswith(f".{name}"):
        return False
    room = project.rooms.of(dotted)
    return bool(room) and project.config.is_above(
        project.config.stores, project.rooms.layer(f"{room}")
    )


def argument(node: ast.Call, place: int, name: str) -> ast.expr | None:
    """An argument of a call, by its place or its name."""
    given = (keyword.value for keyword in node.keywords if keyword.arg == name)
    by_name = next(given, None)
    return node.args[place] if by_name is None and place < len(node.args) else by_name


def find_event_types(project: Project) -> EventTypes:
    """Find every declaration and publication in the stores and above."""
    sources = [
        (room, source)
        for room, source in project.in_rooms
        if not project.config.is_above(project.config.stores, project.rooms.layer(room))
    ]
    found = [each for room, source in sources for each in _declared(project, room, source)]
    declarations = tuple(each for each in found if isinstance(each, Declaration))
    by_constant: dict[str | None, Declaration] = {
        each.constant: each for each in declarations if each.constant
    }
    for room, source in sources:
        found.extend(_published(project, room, source, by_constant))
    return EventTypes(
        declarations,
        tuple(each for each in found if isinstance(each, Publication)),
        tuple(each for each in found if isinstance(each, OpaqueEvent)),
    )


Found = Declaration | Publication | OpaqueEvent


def _declared(project: Project, room: str, source: Source) -> Iterator[Found]:
    calls = [
        call for call in source.tree.every(ast.Call) if makes(project, source, call, "EventType")
    ]
    if not calls:
        return
    constants = {
        id(value): f"{source.module.name}.{name}" for name, value in source.names.values.items()
    }
    listed = _listed(project, room)
    for call in calls:
        constant = constants.get(id(call))
        declaration = _declaration(source, room, call, constant, is_listed=constant in listed)
        yield declaration or OpaqueEvent(source.module, call.lineno, ast.unparse(call))


def _declaration(
    source: Source, room: str, call: ast.Call, constant: str | None, *, is_listed: bool
) -> Declaration | None:
    names = source.names
    by = names.text(argument(call, 0, "source"))
    name = names.text(argument(call, 1, "name"))
    says = names.text(argument(call, 2, "says"))
    payload = _dictionary(source, argument(call, 3, "payload"))
    if by is None or name is None or payload is None:
        return None
    return Declaration(
        source.module, call.lineno, room, constant, by, name, says or "", payload, is_listed
    )


def _dictionary(source: Source, node: ast.expr | None) -> dict[str, str] | None:
    """A dictionary of strings, if its keys can be told."""
    match node:
        case ast.Name(id=name) if name in source.names.values:
            return _dictionary(source, source.names.values[name])
        case ast.Dict(keys=keys, values=values):
            found: dict[str, str] = {}
            for key, value in zip(keys, values, strict=True):
                text = source.names.text(key)
                if text is None:
                    return None
                found[text] = source.names.text(value) or ""
            return found
    return None


def _listed(project: Project, room: str) -> frozenset[str]:
    """The dotted names of what the ``EVENTS`` of a room hold."""
    listed = set[str]()
    for other, source in project.in_rooms:
        value = source.names.values.get("EVENTS") if other == room else None
        for node in ast.walk(value) if value else ():
            if isinstance(node, ast.Name | ast.Attribute):
                listed.add(project.origin(source.names.qualified(node) or ""))
    return frozenset(listed)


def _published(
    project: Project, room: str, source: Source, by_constant: Mapping[str | None, Declaration]
) -> Iterator[Found]:
    for call in source.tree.every(ast.Call):
        if makes(project, source, call, "Event"):
            yield _made_by_hand(source, room, call)
    uses = _uses(project, source, by_constant)
    calls = {id(call.func): call for call in source.tree.every(ast.Call)}
    for node, declaration in uses:
        keys = _keywords(calls[id(node)]) if id(node) in calls else None
        yield Publication(source.module, node.lineno, room, declaration.name, keys, declaration)


def _made_by_hand(source: Source, room: str, call: ast.Call) -> Found:
    type_ = source.names.text(argument(call, 1, "type"))
    if type_ is None:
        return OpaqueEvent(source.module, call.lineno, ast.unparse(call))
    payload = argument(call, 2, "payload")
    keys = _dictionary(source, payload) if payload else {}
    return Publication(
        source.module, call.lineno, room, type_, None if keys is None else frozenset(keys)
    )


def _uses(
    project: Project, source: Source, by_constant: Mapping[str | None, Declaration]
) -> Iterator[tuple[ast.Name | ast.Attribute, Declaration]]:
    """Where declared constants are used to make events: not in lists, nor to ask their name."""
    local = {
        name: declaration
        for name, dotted in _offered(source)
        if (declaration := by_constant.get(project.origin(dotted)))
    }
    if not local and not _imports_any(source, by_constant):
        return
    aside = set(_set_aside(source))
    for name in source.tree.every(ast.Name):
        if name.id in local and id(name) not in aside and isinstance(name.ctx, ast.Load):
            yield name, local[name.id]
    for attribute in source.tree.every(ast.Attribute):
        dotted = source.names.dotted(attribute)
        declaration = by_constant.get(project.origin(dotted)) if dotted else None
        if declaration and id(attribute) not in aside:
            yield attribute, declaration


def _imports_any(source: Source, by_constant: Mapping[str | None, Declaration]) -> bool:
    """Whether a file imports a module that declares types, to take constants out of it."""
    modules = {each.module.name for each in by_constant.values()}
    return any(dotted in modules for dotted in source.names.imported.values())


def _offered(source: Source) -> Iterable[tuple[str, str]]:
    module = source.module.name
    return [*source.names.imported.items(), *((n, f"{module}.{n}") for n in source.names.defined)]


def _set_aside(source: Source) -> Iterator[int]:
    """The nodes that only list types or ask for their attributes."""
    for value in (source.names.values.get("EVENTS"), source.names.values.get("__all__")):
        yield from (id(node) for node in ast.walk(value) if value) if value else ()
    for attribute in source.tree.every(ast.Attribute):
        if attribute.attr in {"name", "source", "says", "payload"}:
            yield id(attribute.value)


def _keywords(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name)
