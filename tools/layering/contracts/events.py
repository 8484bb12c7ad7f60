"""The coupling behind the bus: who publishes what, and who reads what of it."""

from collections.abc import Iterator

from attrs import frozen

from tools.layering.event_types import (
    Declaration,
    EventTypes,
    OpaqueEvent,
    Publication,
    find_event_types,
)
from tools.layering.modules import Module
from tools.layering.payload import EVENT, Case, PayloadReader, Read
from tools.layering.project import Project
from tools.layering.subscriptions import Subscription, find_subscriptions
from tools.layering.violations import Violation, violation_at


def events_fit_together(project: Project) -> Iterator[Violation]:
    """What is published is declared, and what is subscribed to and read is published."""
    events = find_event_types(project)
    subscriptions = find_subscriptions(project, events)
    yield from _declarations(project, events)
    yield from _publications(events)
    yield from map(_opaque_event, events.opaque)
    if not any(room in project.room_names for room in _rooms_of_package(project)):
        return  # a store whose registry is not at hand: nobody knows what others publish
    yield from _subscriptions(project, events, subscriptions)
    reader = read_payloads(project, events, subscriptions)
    yield from _cases(reader.cases)
    yield from _reads(events, reader.reads)


def read_payloads(
    project: Project, events: EventTypes, subscriptions: tuple[Subscription, ...]
) -> PayloadReader:
    """Follow every handler for the types that it can get."""
    reader = PayloadReader(project)
    for each in subscriptions:
        types = each.types(events)
        for loop in each.loops:
            reader.follow(loop, types, {loop.parameters[0].arg: EVENT})
        if each.handler and (parameters := each.handler.parameters):
            last = next((p for p in parameters if p.arg == "event"), parameters[-1])
            reader.follow(each.handler, types, {last.arg: EVENT})
    return reader


def _rooms_of_package(project: Project) -> Iterator[str]:
    return (room for room in project.room_names if room not in project.rooms.outside)


def _declarations(project: Project, events: EventTypes) -> Iterator[Violation]:
    first: dict[str, Declaration] = {}
    for each in events.declarations:
        own = {each.room, *project.rooms.outside.get(each.room, ())}
        if each.source not in own:
            breach = f"{each.name} is declared by {each.room} with the source {each.source}"
            yield _declared(each, breach, f"let the source be {each.room}")
        elif not each.is_listed:
            yield _declared(
                each,
                f"{each.name} is declared by {each.module.name} and is not in its EVENTS",
                f"add {(each.constant or each.name).rpartition('.')[2]} to EVENTS",
            )
        if (other := first.setdefault(each.name, each)) is not each:
            breach = f"{each.name} is declared by {each.room} and by {other.room}"
            yield _declared(each, breach, "let one store publish it, or give it another name")
        if each.name not in events.published:
            yield violation_at(
                each,
                "never-published",
                f"{each.name} is declared by {each.module.name} and published by nobody",
                "publish it where it happens, or remove the declaration",
                each.name,
            )


def _declared(each: Declaration, breach: str, remedy: str) -> Violation:
    return violation_at(each, "declared-events", breach, remedy, each.name)


def _publications(events: EventTypes) -> Iterator[Violation]:
    for each in events.publications:
        declared = each.is_declared_by or events.declared.get(each.type)
        if declared is None:
            yield violation_at(
                each,
                "declared-events",
                f"{each.type} is published by {each.module.name} and declared by nobody",
                f"declare an EventType in the events.py of {each.room}, list it in EVENTS, call it",
                each.type,
            )
        elif each.keys is not None and each.keys != declared.payload.keys():
            yield _mismatch(each, declared)


def _mismatch(each: Publication, declared: Declaration) -> Violation:
    keys = each.keys or frozenset()
    missing = ", ".join(sorted(declared.payload.keys() - keys)) or "no key"
    unknown = ", ".join(sorted(keys - declared.payload.keys())) or "no key"
    return violation_at(
        each,
        "payload-keys",
        f"{each.type} is published by {each.module.name} without {missing} "
        f"that is declared and with {unknown} that is not",
        f"publish what {declared.constant or declared.module.name} declares, or declare otherwise",
        each.type,
    )


def _opaque_event(each: OpaqueEvent) -> Violation:
    return violation_at(
        each,
        "unresolvable",
        f"{each.written} in {each.module.name} may be any event",
        "write the source, the type and the payload keys here as constants",
        each.written,
    )


def _subscriptions(
    project: Project, events: EventTypes, subscriptions: tuple[Subscription, ...]
) -> Iterator[Violation]:
    for each in subscriptions:
        if each.patterns is None and project.rooms.is_store(each.room):
            yield violation_at(
                each,
                "unresolvable",
                f"{each.written} in {each.module.name} may match any event",
                "write the patterns here as constants",
                each.written,
            )
        for pattern in each.patterns or ():
            if not events.matching(pattern):
                yield violation_at(
                    each,
                    "dead-subscription",
                    f"{pattern} is subscribed to by {each.name} in {each.module.name} and matches "
                    "no published event type",
                    f"subscribe to what is published: {_alike(events, pattern)}",
                    pattern,
                )


def _alike(events: EventTypes, pattern: str) -> str:
    """The published types that begin like a pattern, else all."""
    beginning = pattern.partition(".")[0]
    alike = sorted(each for each in events.published if each.partition(".")[0] == beginning)
    return ", ".join(alike or sorted(events.published)) or "nothing is"


def _cases(cases: list[Case]) -> Iterator[Violation]:
    """A type that a handler tells apart and that can never get there."""
    possible: dict[tuple[Module, int, str], frozenset[str]] = {}
    for each in cases:
        key = each.module, each.line, each.type
        possible[key] = possible.get(key, frozenset()) | each.types
    for (module, line, type_), types in possible.items():
        if type_ not in types:
            yield violation_at(
                _Place(module, line),
                "dead-subscription",
                f"{type_} never gets here in {module.name}",
                "subscribe to it if it is published; here can be "
                + (", ".join(sorted(types)) or "none"),
                type_,
            )


@frozen
class _Place:
    module: Module
    line: int


def _reads(events: EventTypes, reads: list[Read]) -> Iterator[Violation]:
    lacking: dict[tuple[Module, int, str], set[str]] = {}
    for each in reads:
        without = {type_ for type_ in each.types if not events.may_hold(type_, each.key)}
        if without and (each.is_needed or without == each.types):
            lacking.setdefault((each.module, each.line, each.key), set()).update(without)
    for (module, line, key), types in lacking.items():
        told = ", ".join(f"{each} ({', '.join(events.keys(each))})" for each in sorted(types))
        yield violation_at(
            _Place(module, line),
            "payload-keys",
            f"{key} is read by {module.name} and is not in the payload of "
            + ", ".join(sorted(types)),
            f"read what is published: {told}; or declare and publish {key}",
            key,
        )
