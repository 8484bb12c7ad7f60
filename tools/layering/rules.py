"""The rules by name."""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "independence": "Rooms on one layer import none of each other.",
    "layers": "Nothing imports from a layer above its own.",
    "may-import": "A layer with an allow-list imports nothing else of the project.",
    "third-party": "A layer with a list of packages imports no other package.",
    "unresolvable": "What a module imports can be told from its text.",
    "public-face": "Rooms take from each other only what the other's __init__.py exports.",
    "tests": "The tests of a room stay on the room's layer.",
    "indirect": "No room reaches through others what it may not import itself.",
    "cycles": "No module is imported by what it imports.",
    "stale-exception": "An exception tolerates something.",
}
"""Every rule with what it demands."""
