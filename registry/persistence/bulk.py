"""Running one statement for many rows at the least cost.

SQLAlchemy builds the parameters of every row anew from the compiled statement, which
takes longer than SQLite needs to write the row. Here a statement is compiled once, and the
rows go to the driver as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, Connection, Executable
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]

_MOST_STATEMENTS = 1000
"""Compiled statements that are kept; more than all stores together have."""


class BulkStatements:
    """The statements that were run for many rows, compiled for one kind of database."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[Executable, tuple[str, ...]], _Compiled] = {}

    def execute(self, connection: Connection, statement: Executable, rows: Sequence[Row]) -> None:
        """Run a statement for rows, each with the same names in the same order.

        Raises:
            KeyError: A row lacks a name that the first one has.
        """
        key = (statement, tuple(rows[0]))
        compiled = self._compiled.get(key)
        if compiled is None:
            if len(self._compiled) >= _MOST_STATEMENTS:
                self._compiled.clear()
            compiled = self._compiled[key] = _compile(connection, *key)
        connection.exec_driver_sql(compiled.text, compiled.parameters(rows))


class _Compiled:
    """A statement as the driver takes it, and how rows become its parameters.

    Attributes:
        text: The statement.
    """

    def __init__(
        self,
        text: str,
        names: Sequence[str],
        constants: Mapping[str, Any],
        converters: Mapping[str, Callable[[Any], Any]],
        *,
        positional: bool,
    ) -> None:
        self.text = text
        self._names = names
        self._constants = constants
        self._converters = [(names.index(name), convert) for name, convert in converters.items()]
        self._positional = positional
        self._values: Callable[[Row], tuple[Any, ...]] = (
            itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
        )

    def parameters(self, rows: Sequence[Row]) -> Any:
        """What the driver takes for rows."""
        if self._constants:
            rows = [{**self._constants, **row} for row in rows]
        values: Sequence[Sequence[Any]] = [self._values(row) for row in rows]
        if self._converters:
            values = [self._converted(row) for row in values]
        if self._positional:
            return values
        return [dict(zip(self._names, row, strict=True)) for row in values]

    def _converted(self, values: Sequence[Any]) -> tuple[Any, ...]:
        converted = list(values)
        for place, convert in self._converters:
            converted[place] = convert(converted[place])
        return tuple(converted)


def _compile(connection: Connection, statement: Executable, names: tuple[str, ...]) -> _Compiled:
    assert isinstance(statement, ClauseElement)
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)
    processors = {
        name: parameter.type.dialect_impl(dialect).bind_processor(dialect)
        for parameter, name in compiled.bind_names.items()
    }
    return _Compiled(
        str(compiled),
        compiled.positiontup or list(compiled.params),
        {name: value for name, value in compiled.params.items() if name not in names},
        {name: convert for name, convert in processors.items() if convert is not None},
        positional=bool(compiled.positional),
    )
