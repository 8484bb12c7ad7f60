"""The coupling behind the database: a store's tables are its own."""

from collections.abc import Iterator
from textwrap import shorten

from tools.layering.modules import Module
from tools.layering.project import Project
from tools.layering.rooms import Rooms
from tools.layering.tables import TableDeclaration, TableMention, find_tables
from tools.layering.violations import Violation, violation_at

_HAND_OVER = (
    "keep a copy of what is needed in a table of your own, fed by events, or ask the store "
    "through a port"
)


def tables_belong_to_one_store(project: Project) -> Iterator[Violation]:
    """A store declares tables with its own prefix, and nobody else names them."""
    declared, named = find_tables(project)
    owners = {each.name: each.room for each in declared if each.name}
    for table in declared:
        yield from _declared(project.rooms, table)
    seen = set[tuple[Module, int, str]]()
    for mention in named:
        if mention.name is None:
            if project.rooms.is_store(mention.room):
                yield _unresolvable(mention)
            continue
        owner = _owner(project, owners, mention)
        key = mention.module, mention.line, mention.name
        if owner is not None and owner != mention.room and key not in seen:
            seen.add(key)
            yield _foreign(project, mention, owner)


def _declared(rooms: Rooms, table: TableDeclaration) -> Iterator[Violation]:
    if not rooms.is_store(table.room):
        return
    if table.name is None:
        yield _unresolvable(table)
    elif not table.name.startswith(tuple(rooms.prefixes(table.room))):
        prefixes = " or ".join(sorted(rooms.prefixes(table.room)))
        yield violation_at(
            table,
            "own-tables",
            f"the table {table.name} is declared by {table.module.name}",
            f"begin its name with {prefixes}; of another store's facts, {_HAND_OVER}",
            table.name,
        )


def _owner(project: Project, owners: dict[str, str], mention: TableMention) -> str | None:
    """The room that a table belongs to: whose it is by declaration, else by prefix."""
    name = mention.name or ""
    if name in owners and not name.startswith(tuple(project.rooms.prefixes(mention.room))):
        return owners[name]
    if not mention.is_table:
        return None
    stores = (room for room in project.room_names if project.rooms.is_store(room))
    fitting = [
        (len(prefix), store)
        for store in stores
        for prefix in project.rooms.prefixes(store)
        if name.startswith(prefix)
    ]
    return max(fitting)[1] if fitting else None


def _foreign(project: Project, mention: TableMention, owner: str) -> Violation:
    where = shorten(mention.written, 60, placeholder=" ...")
    return violation_at(
        mention,
        "foreign-table",
        f"{mention.name} is a table of {project.rooms.dotted(owner)} and is named by "
        f"{mention.module.name}: {where}",
        _HAND_OVER,
        f"{mention.name}",
    )


def _unresolvable(at: TableDeclaration | TableMention) -> Violation:
    where = shorten(at.written, 60, placeholder=" ...")
    return violation_at(
        at,
        "unresolvable",
        f"{where} in {at.module.name} may be any table",
        "write the table's name here",
        at.written,
    )
