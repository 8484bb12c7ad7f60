"""The public face: rooms take from each other only what ``__init__.py`` exports."""

from collections.abc import Collection, Iterator

from tools.layering.faces import faces
from tools.layering.imports import Import
from tools.layering.project import Project
from tools.layering.violations import Violation


def rooms_show_a_face(project: Project, refused: Collection[Import]) -> Iterator[Violation]:
    """No room reaches into another past its ``__init__.py``.

    Args:
        project: What to check.
        refused: The imports that no face would help.
    """
    exported = faces(project)
    reported = {(each.importer, project.rooms.of(each.target)) for each in refused}
    members = (each for source in project.sources for each in source.members)
    for each in (*project.imports, *members):
        importer, target = project.rooms.of(each.importer.name), project.rooms.of(each.target)
        if not importer or not target or importer == target or target not in exported:
            continue
        if (each.importer, target) in reported:
            continue
        if _is_inside(project, each, target, exported[target]):
            yield _violation(each, project.rooms.dotted(target), exported[target])
            if each.name is None:
                reported.add((each.importer, target))


def _is_inside(project: Project, each: Import, room: str, face: Collection[str]) -> bool:
    dotted = project.rooms.dotted(room)
    if each.target == dotted:
        return each.name is not None and each.name != "*" and each.name not in face
    first = each.target.removeprefix(f"{dotted}.").partition(".")[0]
    return first not in face


def _violation(each: Import, room: str, face: Collection[str]) -> Violation:
    taken = f"{each.target}.{each.name}" if each.name else each.target
    if each.name in face:
        remedy = f"take {each.name} from {room}, whose __init__.py exports it"
    else:
        remedy = f"export it in the __init__.py of {room} if it is meant for others; exported are "
        remedy += ", ".join(sorted(face)) or "no names"
    return Violation(
        each.importer.path,
        each.line,
        "public-face",
        f"{taken} is inside {room} and is imported by {each.importer.name}",
        remedy,
        each.importer.name,
        taken,
    )
