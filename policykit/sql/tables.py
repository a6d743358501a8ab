"""Small tables that are written out within a query."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlglot import exp

from policykit.records import record
from policykit.sql.dialects import Dialect
from policykit.sql.terms import day, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

# What stands in a cell.
Cell = str | int | bool | date | None
_TYPES = {str: exp.DataType.Type.TEXT, int: exp.DataType.Type.BIGINT, bool: exp.DataType.Type.BOOLEAN}


@record
class Table:
    """A table by its name, its columns with what stands in them, and its rows."""

    name: str
    columns: tuple[tuple[str, type], ...]
    rows: tuple[tuple[Cell, ...], ...]

    def constants(self) -> dict[str, exp.Expr]:
        """The columns in which the same stands in every row, with that."""
        return {
            name: _cell(cells[0], kind, typed=True)
            for (name, kind), cells in zip(self.columns, zip(*self.rows, strict=True), strict=True)
            if len(set(cells)) == 1
        }

    def query(self, dialect: Dialect) -> exp.Expr:
        """The query whose rows these are."""
        if dialect is Dialect.BIGQUERY:
            return exp.select("*").from_(
                exp.Unnest(expressions=[exp.Array(expressions=[*map(self._struct, self.rows)])])
            )
        rows = [exp.Tuple(expressions=self._cells(row, typed=not place)) for place, row in enumerate(self.rows)]
        values = exp.Values(expressions=rows)
        # Snowflake has rows only where a table stands.
        return exp.select("*").from_(values) if dialect is Dialect.SNOWFLAKE else values

    def named(self, dialect: Dialect) -> exp.TableAlias:
        """The name under which a query makes use of it, with those of its columns."""
        # BigQuery names the columns within the rows.
        names = [] if dialect is Dialect.BIGQUERY else [exp.to_identifier(name) for name, _ in self.columns]
        return exp.TableAlias(this=exp.to_identifier(self.name), columns=names)

    def _struct(self, row: tuple[Cell, ...]) -> exp.Expr:
        named = zip(self.columns, self._cells(row, typed=True), strict=True)
        return exp.Struct(
            expressions=[exp.PropertyEQ(this=exp.to_identifier(name), expression=cell) for (name, _), cell in named]
        )

    def _cells(self, row: Sequence[Cell], *, typed: bool) -> list[exp.Expr]:
        """The cells of a row; where they are `typed`, they tell of which type the column is, even if they are null."""
        return [_cell(cell, kind, typed=typed) for cell, (_, kind) in zip(row, self.columns, strict=True)]


def _cell(cell: Cell, kind: type, *, typed: bool) -> exp.Expr:
    match cell:
        case None:
            if not typed:
                return exp.null()
            return day(None) if kind is date else exp.cast(exp.null(), _TYPES[kind])
        case bool():
            return exp.true() if cell else exp.false()
        case int():
            return number(cell)
        case str():
            return text(cell)
        case date():
            return day(cell)
