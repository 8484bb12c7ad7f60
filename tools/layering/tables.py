"""The tables that rooms declare, and the tables that their SQL names."""

import ast
import re
from collections.abc import Iterator, Mapping

from attrs import frozen

from tools.layering.modules import Module
from tools.layering.project import Project, Source

_NAMED_BY: Mapping[str, tuple[int, str]] = {
    "Table": (0, "name"),
    "table": (0, "name"),
    "ForeignKey": (0, "column"),
    "ForeignKeyConstraint": (1, "refcolumns"),
    "text": (0, "text"),
    "DDL": (0, "statement"),
    "exec_driver_sql": (0, "statement"),
    "execute": (0, "statement"),
    "executemany": (0, "statement"),
    "executescript": (0, "sql_script"),
}
"""The calls that name tables, each with the argument that does."""

_STATEMENTS = frozenset(
    {"text", "DDL", "exec_driver_sql", "execute", "executemany", "executescript"}
)
"""Those that take SQL."""

_AFTER_KEYWORD = re.compile(
    r"""\b(?:from|join|into|update|table|references|exists)\s+["'`\[]?(\w+|\{\})""",
    re.IGNORECASE,
)
_WORD = re.compile(r"\b\w+_\w+\b")
_SQL = re.compile(
    r"^\s*(?:select|insert|update|delete|create|drop|alter|with|pragma|replace|truncate)\b",
    re.IGNORECASE,
)


@frozen
class TableDeclaration:
    """A table that a room declares.

    Attributes:
        module: Where.
        line: The line there.
        room: The room.
        name: The name in the database; None if it cannot be told.
        written: How it is written.
    """

    module: Module
    line: int
    room: str
    name: str | None
    written: str


@frozen
class TableMention:
    """A table that is named in SQL or by a foreign key.

    Attributes:
        module: Where.
        line: The line there.
        room: The room that it is in.
        name: The table; None if SQL is put together of what cannot be told.
        written: How it is written.
        is_table: Whether it is certain that the name is a table's, and not a column's.
    """

    module: Module
    line: int
    room: str
    name: str | None
    written: str
    is_table: bool = True


def find_tables(project: Project) -> tuple[tuple[TableDeclaration, ...], tuple[TableMention, ...]]:
    """Find every table that is declared in the project, and every one that is named."""
    declared: list[TableDeclaration] = []
    named: list[TableMention] = []
    for room, source in project.in_rooms:
        for found in _in_source(room, source):
            if isinstance(found, TableDeclaration):
                declared.append(found)
            else:
                named.append(found)
    return tuple(declared), tuple(named)


def _in_source(room: str, source: Source) -> Iterator[TableDeclaration | TableMention]:
    for call in source.tree.every(ast.Call):
        kind = _kind(source, call)
        if kind in _NAMED_BY:
            yield from _in_call(room, source, call, kind)
    for assign in source.tree.every(ast.Assign):
        match assign.targets:
            case [ast.Name(id="__tablename__")]:
                name = source.names.text(assign.value)
                yield TableDeclaration(
                    source.module, assign.lineno, room, name, ast.unparse(assign)
                )
    for subscript in source.tree.every(ast.Subscript):
        match subscript.value:
            case ast.Attribute(attr="tables"):
                name = source.names.text(subscript.slice)
                if name is not None:
                    yield TableMention(source.module, subscript.lineno, room, name, name)
    yield from _in_texts(room, source)


def _kind(source: Source, call: ast.Call) -> str:
    """The last part of what is called."""
    match call.func:
        case ast.Attribute(attr=name):
            return name
        case ast.Name(id=name):
            return (source.names.dotted(call.func) or name).rpartition(".")[2]
    return ""


def _in_call(
    room: str, source: Source, call: ast.Call, kind: str
) -> Iterator[TableDeclaration | TableMention]:
    place, parameter = _NAMED_BY[kind]
    given = [each.value for each in call.keywords if each.arg == parameter]
    node = given[0] if given else call.args[place] if place < len(call.args) else None
    if node is None:
        return
    written, line = ast.unparse(node), call.lineno
    if kind == "Table":
        yield TableDeclaration(source.module, line, room, source.names.text(node), written)
    elif kind in _STATEMENTS:
        yield from _in_sql(room, source, node.lineno, _template(source, node), written)
    else:
        texts = source.names.texts(node) or (source.names.text(node),)
        for text in texts:
            if text:
                yield TableMention(
                    source.module, line, room, text.rpartition(".")[0] or text, written
                )


def _template(source: Source, node: ast.expr) -> str:
    """The text of an expression, with ``{}`` for what cannot be told; empty if it is no text."""
    text = source.names.text(node)
    if text is not None:
        return text
    match node:
        case ast.JoinedStr(values=parts):
            return "".join(_template(source, part) or "{}" for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return (_template(source, left) or "{}") + (_template(source, right) or "{}")
        case ast.BinOp(left=left, op=ast.Mod()):
            return re.sub(r"%\w", "{}", _template(source, left))
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return re.sub(r"\{\w*\}", "{}", _template(source, value))
    return ""


def _in_texts(room: str, source: Source) -> Iterator[TableMention]:
    """The tables named in every constant that reads like SQL, wherever it stands."""
    documentation = {id(each.value) for each in source.tree.every(ast.Expr)}
    for node in source.tree.every(ast.Constant):
        text = node.value
        if isinstance(text, str) and _SQL.match(text) and id(node) not in documentation:
            yield from _in_sql(room, source, node.lineno, text, text)


def _in_sql(room: str, source: Source, line: int, sql: str, written: str) -> Iterator[TableMention]:
    tables = dict.fromkeys(match.lower() for match in _AFTER_KEYWORD.findall(sql))
    for name in tables:
        known = None if name == "{}" else name
        yield TableMention(source.module, line, room, known, written)
    for word in dict.fromkeys(match.lower() for match in _WORD.findall(sql)):
        if word not in tables:
            yield TableMention(source.module, line, room, word, written, is_table=False)
