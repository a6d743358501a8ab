"""Claims as one table: what its columns are, and how the engine reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policykit.batch.engine import Unreadable, exactly, literal, quoted
from policykit.problems import InvalidDocuments, Location, Problem
from policykit.records import record
from policykit.sql.columns import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from policykit.batch.engine import Engine

FILE: Final = "file"
ROW: Final = "row"
# The columns that tell in the rejects why a row is wrong. In claims, they are those of an earlier time.
REASONS: Final = ("rule", "reason")
# As the engine calls them while it reads; no column of claims is called so.
_FILE: Final = "policykit file"
_ROW: Final = "file_row_number"
_INTEGERS: Final = ("tinyint", "smallint", "integer", "bigint", "hugeint")
_KINDS: Final = {
    "varchar": Kind.TEXT,
    "enum": Kind.TEXT,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "float": Kind.NUMBER,
    "double": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    **dict.fromkeys((*_INTEGERS, *(f"u{each}" for each in _INTEGERS)), Kind.INTEGER),
}
_MOMENTS: Final = frozenset({"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"})


@record
class TableColumn:
    """A column of the claims as they are read. `expression` gives it; `shown` is its type in the engine's words.

    `is_moment`: it holds days with a time of day, which is a day where the time is midnight.
    """

    name: str
    kind: Kind
    expression: str
    shown: str
    is_moment: bool = False


@record
class Table:
    """All claims. `relation` stands after FROM, and has what the expressions of the columns name, and `file`, `row`."""

    columns: tuple[TableColumn, ...]
    relation: str
    file: str
    row: str


def parquet_table(engine: Engine, files: Sequence[Path], known_as: Sequence[Path]) -> Table:
    """One table of several files, all of which have the same columns; `known_as` is what the user calls them."""
    problems: list[Problem] = []
    columns: tuple[TableColumn, ...] | None = None
    for path, name in zip(files, known_as, strict=True):
        try:
            found = columns_in(engine, path)
        except Unreadable as error:
            problems.append(misread(name, error))
            continue
        if columns is None:
            columns = found
            problems.extend(_named_alike(columns, name))
        else:
            problems.extend(_departures(columns, found, name, known_as[0]))
    if problems or columns is None:
        raise InvalidDocuments(problems)
    listed = ", ".join(exactly(path) for path in files)
    options = f"union_by_name=true, file_row_number=true, filename={literal(_FILE)}"
    return Table(
        columns=columns,
        relation=f"read_parquet([{listed}], {options})",
        file=_file_expression(files, known_as),
        row=f"{quoted(_ROW)} + 1",
    )


def columns_in(engine: Engine, path: Path) -> tuple[TableColumn, ...]:
    """The columns of one Parquet file. Raises `Unreadable`."""
    return tuple(_flat(engine.columns(f"read_parquet([{exactly(path)}])")))


def _file_expression(files: Sequence[Path], known_as: Sequence[Path]) -> str:
    """The name of the file that a row comes from, as the user knows it."""
    if list(files) == list(known_as):
        return quoted(_FILE)
    if len(files) == 1:
        return literal(str(known_as[0]))
    whens = " ".join(
        f"WHEN {literal(str(path))} THEN {literal(str(name))}" for path, name in zip(files, known_as, strict=True)
    )
    return f"CASE {quoted(_FILE)} {whens} END"


def _flat(described: list[tuple[str, Any]], prefix: str = "", outer: str = "") -> Iterator[TableColumn]:
    """The columns of a table; of one that holds a structure, its parts, named by the way to them."""
    for name, shape in described:
        full, expression = f"{prefix}{name}", f"{outer}{quoted(name)}"
        if shape.id == "struct":
            yield from _flat(shape.children, f"{full}.", f"{expression}.")
            continue
        # JSON is text to the engine, too.
        kind = _KINDS.get(shape.id, Kind.OTHER) if str(shape) != "JSON" else Kind.OTHER
        if shape.id == "list" and shape.children[0][1].id in {"varchar", "enum"}:
            kind = Kind.TEXTS
        moment = shape.id in _MOMENTS
        # What is no text to the engine, such as a word of an enumeration, is made one.
        if shape.id == "enum":
            expression = f"CAST({expression} AS VARCHAR)"
        yield TableColumn(name=full, kind=kind, expression=expression, shown=str(shape).lower(), is_moment=moment)


def _named_alike(columns: Sequence[TableColumn], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for column in columns:
        if column.name.casefold() in seen:
            message = f"two columns are called `{column.name}`, small and capital letters aside"
            yield Problem(rule="repeated", message=message, where=Location(file=str(path)))
        seen.add(column.name.casefold())


def _departures(
    first: Sequence[TableColumn], found: Sequence[TableColumn], path: Path, first_path: Path
) -> Iterator[Problem]:
    """How the columns of one file differ from those of the first."""
    expected, there = {each.name: each for each in first}, {each.name: each for each in found}
    where = Location(file=str(path))
    for name in expected.keys() - there.keys():
        message = f"there is no column `{name}`, which `{first_path}` has"
        yield Problem(rule="wrong-value", message=message, where=where, help="all files have the same columns")
    for name in there.keys() - expected.keys():
        message = f"there is a column `{name}`, which `{first_path}` has not"
        yield Problem(rule="wrong-value", message=message, where=where, help="all files have the same columns")
    for name in expected.keys() & there.keys():
        one, other = expected[name], there[name]
        if one.shown != other.shown and (one.kind is not other.kind or one.kind is Kind.OTHER):
            message = f"column `{name}` is {other.shown}, and in `{first_path}` {one.shown}"
            yield Problem(rule="wrong-type", message=message, where=where, help="write all files with the same types")


def misread(path: Path, error: Unreadable) -> Problem:
    """Why a file cannot be read, without a word of what stands in it."""
    where = Location(file=str(path), line=error.line or 0, column=1 if error.line else 0)
    if error.not_utf_8:
        return Problem(rule="not-utf-8", message="this is not in UTF-8", where=where, help="save the file as UTF-8")
    if error.wrong_width:
        message = "this row has more or fewer fields than the first"
        advice = "is a quote missing, or the end of the file?"
    else:
        message, advice = "this cannot be read", "is the file whole, and of the form that its name says?"
    return Problem(rule="malformed", message=message, where=where, help=advice)
