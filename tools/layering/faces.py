"""The public face of a room: what its ``__init__.py`` exports."""

import ast
from collections.abc import Mapping

from tools.layering.project import Project, Source


def faces(project: Project) -> Mapping[str, frozenset[str]]:
    """What every room exports, by room; a room without ``__init__.py`` exports nothing."""
    found: dict[str, frozenset[str]] = {}
    for room, source in project.in_rooms:
        exported = _exports(source) if source.module.name == project.rooms.dotted(room) else ()
        found[room] = found.get(room, frozenset()) | frozenset(exported)
    return found


def _exports(source: Source) -> frozenset[str]:
    """``__all__`` if there is one, else every name without an underscore."""
    match source.names.values.get("__all__"):
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            texts = (source.names.text(element) for element in elements)
            return frozenset(text for text in texts if text is not None)
    bound = source.names.defined | source.names.imported.keys()
    return frozenset(name for name in bound if not name.startswith("_"))
