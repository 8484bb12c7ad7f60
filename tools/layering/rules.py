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
    "declared-events": "A published event type is declared in the EVENTS of its own store.",
    "never-published": "A declared event type is published somewhere.",
    "dead-subscription": "A subscription matches a published event type.",
    "payload-keys": "What a subscriber reads of an event, its publisher writes.",
    "own-tables": "A store's tables carry the store's name in front.",
    "foreign-table": "Nobody names a table of another store.",
    "stale-exception": "An exception tolerates something.",
}
"""Every rule with what it demands."""
