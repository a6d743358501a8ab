"""What a column states, as an expression over the table as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policykit.batch.engine import literal
from policykit.records import record
from policykit.sql.columns import NONE_OF_THEM, SEPARATOR, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policykit.batch.tables import TableColumn


@record
class Said:
    """What states a target: a column as it is, or, with `made`, what is made of it, or of no column at all.

    `made_kind` is then the kind of that.
    """

    column: TableColumn | None = None
    made: str | None = None
    made_kind: Kind = Kind.TEXT
    separator: str = SEPARATOR

    @property
    def kind(self) -> Kind:
        """What it holds. A day with a time of day counts as a day, if only at midnight."""
        if self.made is not None or self.column is None:
            return self.made_kind
        return Kind.DATE if self.column.is_moment else self.column.kind

    @property
    def expression(self) -> str:
        """What gives it."""
        if self.made is not None or self.column is None:
            return self.made or "NULL"
        return _day_of(self.column) if self.column.is_moment else self.column.expression

    @property
    def is_made(self) -> bool:
        """Whether it is not simply the column."""
        return self.made is not None or self.column is None or self.column.is_moment


def constant(value: Any) -> Said:
    """The same in every row, as text reads it; of a list, an array."""
    if isinstance(value, list):
        return Said(
            made=f"CAST([{', '.join(literal(str(each)) for each in value)}] AS VARCHAR[])", made_kind=Kind.TEXTS
        )
    return Said(made=literal(_written(value)))


def translated(said: Said, values: Mapping[str, Any], *, is_set: bool) -> Said:
    """What a column states once its words are replaced; a word that is not among them stays as it is."""
    assert said.column is not None  # noqa: S101  # of a constant there is nothing to replace
    whens = " ".join(f"WHEN {literal(word)} THEN {_or_null(value)}" for word, value in values.items())
    if is_set:
        words = f"list_transform({_words(said)}, lambda word: CASE word {whens} ELSE word END)"
        # A cell that says nothing but that nothing is known.
        unknown = [literal(word) for word, value in values.items() if value is None]
        if unknown and said.kind is Kind.TEXT:
            words = f"CASE WHEN {said.expression} IN ({', '.join(unknown)}) THEN NULL ELSE {words} END"
        return Said(column=said.column, made=words, made_kind=Kind.TEXTS)
    text = f"CAST({said.expression} AS VARCHAR)"
    return Said(column=said.column, made=f"CASE {text} {whens} ELSE {text} END")


def joined(parts: Sequence[Said]) -> Said:
    """The set that several columns state together; not known where all of them are null."""
    if len(parts) == 1:
        return parts[0]
    words = [_words(each) for each in parts]
    unknown = " AND ".join(f"({each.expression}) IS NULL" for each in parts)
    one = " || ".join(f"coalesce({each}, CAST([] AS VARCHAR[]))" for each in words)
    return Said(made=f"CASE WHEN {unknown} THEN NULL ELSE {one} END", made_kind=Kind.TEXTS)


def _words(said: Said) -> str:
    """The words of a set, as an array."""
    if said.kind is Kind.TEXTS:
        return said.expression
    text = f"CAST({said.expression} AS VARCHAR)"
    split = f"string_split({text}, {literal(said.separator)})"
    return f"CASE {text} WHEN {literal(NONE_OF_THEM)} THEN CAST([] AS VARCHAR[]) ELSE {split} END"


def _day_of(column: TableColumn) -> str:
    """The day of a column of days with their time, as text; with the time, and so no day, where it is not midnight."""
    given = column.expression
    midnight = f"CAST(CAST({given} AS DATE) AS TIMESTAMP) = {given}"
    return f"CASE WHEN {midnight} THEN CAST(CAST({given} AS DATE) AS VARCHAR) ELSE CAST({given} AS VARCHAR) END"


def _or_null(value: Any) -> str:
    return "NULL" if value is None else literal(_written(value))


def _written(value: Any) -> str:
    """A scalar of a document, as text."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
