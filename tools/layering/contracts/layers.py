"""What one import alone breaks: layers, independence, allow-lists."""

import sys
from collections.abc import Iterator

from tools.layering.config import SECTION, Layer
from tools.layering.imports import Import
from tools.layering.project import Project
from tools.layering.violations import Finding, Step, Violation, remedy_for


def rooms_are_independent(project: Project) -> Iterator[Finding]:
    """Rooms on one layer import none of each other, unless it says ``siblings = true``."""
    for each, importer, target in _between_layers(project):
        if importer == target and not importer.siblings:
            reason = f"rooms of {importer.name} do not know each other"
            yield _finding(project, each, "independence", f"{reason}: {remedy_for(importer)}")


def layers_point_down(project: Project) -> Iterator[Finding]:
    """Nothing imports from a layer above its own."""
    for each, importer, target in _between_layers(project):
        if project.config.is_above(target, importer):
            reason = f"{target.name} is above {importer.name}"
            yield _finding(project, each, "layers", f"{reason}: {remedy_for(importer)}")


def package_imports_no_room(project: Project) -> Iterator[Finding]:
    """The package's own ``__init__.py``, which runs before every room, imports none."""
    for each in project.imports:
        if each.importer.name == project.config.package and project.rooms.of(each.target):
            remedy = (
                "whatever imports a room runs this file first: import the room where it is used"
            )
            yield _finding(project, each, "layers", remedy)


def layers_keep_to_their_list(project: Project) -> Iterator[Finding]:
    """Where a layer says ``may_import``, its rooms import nothing else of the project."""
    for each in project.imports:
        room, target = project.rooms.of(each.importer.name), project.rooms.of(each.target)
        if not room or target is None:
            continue
        layer = project.rooms.layer(room)
        if layer.may_import is None or target in layer.may_import or target == room:
            continue
        if target == "" or project.config.is_above(layer, project.rooms.layer(target)):
            yield _finding(project, each, "may-import", _list_remedy(project, layer))


def layers_keep_to_their_packages(project: Project) -> Iterator[Finding]:
    """Where a layer says ``third_party``, its rooms import no other package."""
    for each in project.imports:
        room = project.rooms.of(each.importer.name)
        allowed = project.rooms.layer(room).third_party if room else None
        is_foreign = project.rooms.of(each.target) is None
        if room and allowed is not None and is_foreign and not _is_allowed(each.target, allowed):
            remedy = _packages_remedy(project.rooms.layer(room))
            yield _finding(project, each, "third-party", remedy)


def tests_stay_on_their_layer(project: Project) -> Iterator[Finding]:
    """The tests in a folder named after a room know that room and what is below it."""
    for each in project.imports:
        room, target = project.rooms.tested_by(each.importer.name), project.rooms.of(each.target)
        if not room or not target or room not in project.room_names:
            continue
        if not project.rooms.tests_may_know(room, target):
            remedy = (
                f"tests of {project.rooms.dotted(room)} know it and what is below it: hand in a "
                "stand-in for the port, or move the test to the folder of the room that knows both"
            )
            yield _finding(project, each, "tests", remedy)


def imports_are_in_the_open(project: Project) -> Iterator[Violation]:
    """Where not everything may be imported, nothing is imported of which no text says what."""
    for room, source in project.in_rooms:
        layer = project.rooms.layer(room)
        if layer == project.config.layers[-1] and layer.siblings:
            continue
        for each in source.opaque:
            yield Violation(
                each.importer.path,
                each.line,
                "unresolvable",
                f"{each.written} in {each.importer.name} may import anything",
                "write the imported module's name here, or have it handed in through a port",
                each.importer.name,
            )


def _between_layers(project: Project) -> Iterator[tuple[Import, Layer, Layer]]:
    """The imports from one room to another, each with the layers of both."""
    rooms = project.rooms
    for each in project.imports:
        importer, target = rooms.of(each.importer.name), rooms.of(each.target)
        if importer and target and importer != target:
            yield each, rooms.layer(importer), rooms.layer(target)


def _is_allowed(target: str, allowed: frozenset[str]) -> bool:
    return target.partition(".")[0] in sys.stdlib_module_names or any(
        f"{target}.".startswith(f"{module}.") for module in allowed
    )


def _finding(project: Project, each: Import, rule: str, remedy: str) -> Finding:
    breach = f"{each.target} is imported by {each.importer.name}"
    chain = tuple(_handed_on(project, each))
    return Finding(
        each,
        Violation(
            each.importer.path,
            each.line,
            rule,
            breach,
            remedy,
            each.importer.name,
            each.target,
            chain if _leaves_the_target(project, each, chain) else (),
        ),
    )


def _handed_on(project: Project, each: Import) -> Iterator[Step]:
    """From the importer over whoever hands the thing on to where it is defined."""
    yield Step(each.importer.name, each.importer.path, each.line)
    route = list(project.route(f"{each.target}.{each.name}")) if each.name else []
    for dotted in route[:-1]:
        if place := project.split(dotted):
            source, name = place
            yield Step(dotted, source.module.path, _line_of(source.imports, name))
    yield Step(route[-1] if route else each.target)


def _leaves_the_target(project: Project, each: Import, chain: tuple[Step, ...]) -> bool:
    """Whether the thing is from another room than the one that it was taken from."""
    if each.name is None:
        return False
    place = project.split(chain[-1].name)
    module = place[0].module.name if place else chain[-1].name
    return project.rooms.of(module) != project.rooms.of(each.target)


def _line_of(imports: tuple[Import, ...], name: str) -> int:
    top = name.partition(".")[0]
    taken = (each.line for each in imports if each.name in {top, "*"})
    return next(taken, 1)


def _list_remedy(project: Project, layer: Layer) -> str:
    allowed = ", ".join(project.rooms.dotted(room) for room in sorted(layer.may_import or ()))
    return f"{layer.name} may import {allowed or 'nothing'} of the project: {remedy_for(layer)}"


def _packages_remedy(layer: Layer) -> str:
    allowed = ", ".join(sorted(layer.third_party or ())) or "nothing"
    return (
        f"{layer.name} may import {allowed} beside the standard library: use it above and hand "
        f"in what it does, or allow it in third_party of {layer.name} in {SECTION}.layers"
    )
