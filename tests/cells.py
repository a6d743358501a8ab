"""Tables of claims as raw cells, sound and unsound, what each row states as a case, and what queries make of them.

What a cell states is said here a second time, in Python, from the docstring of `policykit.sql.columns`.
"""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from datetime import date
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

import strategies
from claim_tables import database, fill
from hypothesis import strategies as st
from sqlglot import exp

from policykit.codes import SHAPES
from policykit.problems import InvalidDocuments
from policykit.sql.columns import FITTING, CodeColumn, Column, Kind, Layout
from policykit.sql.criteria import holds
from policykit.sql.dialects import Dialect
from policykit.sql.faults import FAULT
from policykit.sql.values import FACTS, facts_layer
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy
    from oracle import Plain

    from policykit.case import Case
    from policykit.criteria import Criterion
    from policykit.library import Library
    from policykit.sql.columns import FactColumns
    from policykit.vocabulary import Fact, Vocabulary

Row: TypeAlias = dict[str, Any]
KEY: Final = "Row, by number"
ENGINES: Final = (Dialect.DUCKDB, Dialect.SQLITE)
_TYPES: Final = {
    Kind.TEXT: "VARCHAR",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.DATE: "DATE",
    Kind.TEXTS: "VARCHAR[]",
}
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table of claims."""

    layout: Layout
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a query finds of a row: the rule that it breaks, and what each of some criteria comes to."""

    rule: str | None
    truths: tuple[bool | None, ...]


# What the rows state


def case_of(row: Row, table: Table, vocabulary: Vocabulary) -> Plain:
    """The case that a row states."""
    layout = table.layout
    case: Plain = {"policy": strategies.POLICY}
    for name in ("date_of_service", "claim_processed", "known_on"):
        column = getattr(layout, name)
        if column is not None and row.get(column.name) is not None:
            case[name] = row[column.name]
    service: Plain = _code(row, layout.code)
    if layout.modifiers is not None and row.get(layout.modifiers.name) is not None:
        service["modifiers"] = _words(row[layout.modifiers.name], layout.modifiers)
    if layout.place is not None and row.get(layout.place.name) is not None:
        service["place"] = row[layout.place.name]
    if service:
        case["service"] = service
    diagnoses = _codes(row, layout.diagnoses)
    if diagnoses is not None:
        case["diagnoses"] = diagnoses
    case["facts"] = {}
    for name, columns in layout.facts.items():
        value = _stated(vocabulary.facts[name], columns, row)
        if value is not None:
            case["facts"][name] = value
    return case


def _stated(fact: Fact, columns: FactColumns, row: Row) -> Any:
    if isinstance(columns, tuple):
        return _codes(row, columns) if fact.type is FactType.CODES else _code(row, columns) or None
    cell = row.get(columns.name)
    if cell is None:
        return None
    match fact.type, columns.kind:
        case FactType.CHOICES, _:
            return _words(cell, columns)
        case FactType.BOOLEAN, Kind.TEXT:
            return {"true": True, "false": False}.get(cell, cell)
        case ((FactType.INTEGER | FactType.NUMBER), Kind.TEXT):
            match = _NUMBER.fullmatch(cell)
            return cell if match is None else float(cell) if match[1] else int(cell)
        case FactType.INTEGER, Kind.NUMBER:
            return int(cell) if isfinite(cell) and cell == int(cell) else cell
    return cell


def _words(cell: Any, column: Column) -> list[Any]:
    if column.kind is Kind.TEXTS:
        return list(cell)
    if column.separator is None:
        return [cell]
    return [] if cell == "[]" else cell.split(column.separator)


def _code(row: Row, columns: Sequence[CodeColumn]) -> Plain:
    told: Plain = {}
    for each in columns:
        cell = row.get(each.column.name)
        if cell is not None:
            told[_system(each, cell)] = cell
    return told


def _codes(row: Row, columns: Sequence[CodeColumn]) -> Plain | None:
    told: Plain = {}
    known = False
    for each in columns:
        cell = row.get(each.column.name)
        if cell is not None:
            known = True
            for code in _words(cell, each.column):
                told.setdefault(_system(each, code), []).append(code)
    return told if known else None


def _system(column: CodeColumn, code: str | None) -> str:
    if column.system is not None:
        return column.system
    return "cpt" if code is not None and SHAPES["cpt"].fullmatch(code) else "hcpcs"


def read(library: Library, case: Plain) -> Case | set[str]:
    """The case, or the rules that it breaks; of a list with several faults, that of the first and that of the last.

    A query tells one of them, and not always the one that stands first.
    """
    try:
        return library.read_case(case)
    except InvalidDocuments as found:
        rules = {problem.rule for problem in found.problems}
    try:
        library.read_case(_backwards(case))
    except InvalidDocuments as found:
        rules |= {problem.rule for problem in found.problems}
    return rules


def _backwards(value: Any) -> Any:
    """The same with every list the other way round."""
    if isinstance(value, dict):
        return {key: _backwards(each) for key, each in value.items()}
    return value[::-1] if isinstance(value, list) else value


# What queries make of them


def query_of(table: Table, vocabulary: Vocabulary, criteria: Sequence[Criterion], dialect: Dialect) -> exp.Select:
    """The query for the place of each row, its fault, and what each of some criteria comes to."""
    layer = facts_layer(table.layout, vocabulary, dialect)
    truths = [exp.alias_(holds(each, layer.scope), f"truth_{count}", copy=False) for count, each in enumerate(criteria)]
    query = exp.select("place", FAULT, *truths, copy=False).from_(FACTS, copy=False)
    for name, step in layer.steps(exp.to_table("claims"), {"place": exp.column(KEY, quoted=True)}):
        query = query.with_(name, as_=step, copy=False)
    return query


class Engine:
    """A database with a table of claims."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self.dialect = dialect
        self._table = table
        self._connection: Any = database().cursor() if dialect is Dialect.DUCKDB else _sqlite()
        if dialect is Dialect.DUCKDB:
            fill(self._connection, {each.name: _TYPES[each.kind] for each in table.columns}, table.rows)
            return
        columns = ", ".join(f'"{each.name}"' for each in table.columns)
        self._connection.execute(f"CREATE TABLE claims ({columns})")
        marks = ", ".join("?" for _ in table.columns)
        for row in table.rows:
            cells = [_cell(row.get(each.name)) for each in table.columns]
            self._connection.execute(f"INSERT INTO claims VALUES ({marks})", cells)  # noqa: S608  # question marks

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def found(self, vocabulary: Vocabulary, criteria: Sequence[Criterion]) -> list[Found]:
        """What a query finds of the rows, in their order."""
        layer = facts_layer(self._table.layout, vocabulary, self.dialect)
        query = query_of(self._table, vocabulary, criteria, self.dialect)
        rows = self._connection.execute(query.sql(self.dialect, copy=False)).fetchall()
        rules = {each.number: each.rule for each in layer.faults}
        return [
            Found(
                rule=None if fault is None else rules[fault],
                truths=tuple(None if each is None else bool(each) for each in told),
            )
            for _, fault, *told in sorted(rows, key=lambda row: int(row[0]))
        ]


def _cell(cell: Any) -> Any:
    """A cell as SQLite has it."""
    if isinstance(cell, list):
        return json.dumps(cell)
    return str(cell) if isinstance(cell, date) else cell


def _sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.create_function("regexp", 2, _regexp, deterministic=True)
    return connection


def _regexp(pattern: str, value: str | None) -> bool | None:
    # `$` of Python would stand before a line feed at the end.
    return None if value is None else re.search(pattern.removesuffix("$") + r"\Z", value) is not None


# Cells

HOSTILE: Final = (
    "",
    " ",
    "[]",
    "never ",
    "x" * 70_000,
    "it's",
    'a"b',
    "a\\b",
    "%",
    "5\n",
    "\N{FULLWIDTH DIGIT SIX}",
    "null",
)
BOOLEANS: Final = ("true", "false", "true", "false", "True", "TRUE", "t", "1", "yes")
WHOLES: Final = (0, 1, 2, 3, 5, 6, 11, 12, 17, 18, 24, -1, -3, 10**15, -(10**15), 2**62, -(2**63))
NUMBERS: Final = (*(float(each) for each in WHOLES[:8]), 0.5, 1.5, 2.25, -0.0, 1e15, 1e300, -1e300, 5e-324)
ENDLESS: Final = (float("inf"), float("-inf"), float("nan"))
WRITTEN: Final = (
    "0",
    "1",
    "5",
    "-3",
    "12",
    "2.5",
    "2.25",
    "0.5",
    "-0",
    "06",
    "+6",
    "1e3",
    "6.0",
    ".5",
    "5.",
    "9" * 15,
    "9" * 16,
)
FAULTY_DATES: Final = (
    "2023-02-29", "2023-13", "2023-00", "0000", "0000-01", "0000-01-01", "2023-2-9", "20230209", "2023-02-09\n",
    "2023-02-00", "2023-04-31", "1900-02-29", "999", "10000", "2023-", "2023-02-09T00:00", "Never",
)  # fmt: skip
FULL_DATES: Final = ("0001-01-01", "9999-12-31", "2000-02-29", "1600-02-29", *map(str, strategies.TURNING_DAYS))
YEARS: Final = (2019, 2020, 2021, 2022, 2023, 2024, 2024, 9999, 1000, 999, 0, -2020, 10000, 20230209)


def dates() -> SearchStrategy[str]:
    """Dates in full and in part."""
    full = st.sampled_from(FULL_DATES) | strategies.days().map(str)
    return st.builds(lambda day, length: day[:length], full, st.sampled_from((4, 7, 7, 10, 10)))


def rarely(usual: SearchStrategy[Any], unusual: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Seldom something else."""
    return st.integers(0, 49).flatmap(lambda number: unusual if number == 0 else usual)


def cells_of(fact: Fact, column: Column) -> SearchStrategy[Any]:
    """What may stand in the column of a fact that is no code: mostly what is sound."""
    hostile = st.sampled_from(HOSTILE)
    match fact.type, column.kind:
        case FactType.BOOLEAN, Kind.BOOLEAN:
            return st.booleans()
        case FactType.BOOLEAN, _:
            return rarely(st.sampled_from(BOOLEANS[:4]), st.sampled_from(BOOLEANS) | hostile)
        case ((FactType.INTEGER | FactType.NUMBER), Kind.INTEGER):
            return st.sampled_from(WHOLES)
        case ((FactType.INTEGER | FactType.NUMBER), Kind.NUMBER):
            whole = st.sampled_from(NUMBERS[:8])
            return rarely(
                whole if fact.type is FactType.INTEGER else st.sampled_from(NUMBERS),
                st.sampled_from((*NUMBERS, *ENDLESS)),
            )
        case ((FactType.INTEGER | FactType.NUMBER), _):
            return rarely(st.sampled_from(WRITTEN[:5]), st.sampled_from(WRITTEN) | hostile)
        case FactType.DATE, Kind.DATE:
            return st.sampled_from(FULL_DATES).map(date.fromisoformat) | strategies.days()
        case FactType.DATE, Kind.INTEGER:
            return rarely(st.sampled_from(YEARS[:9]), st.sampled_from(YEARS))
        case FactType.DATE, _:
            usual = st.sampled_from(("never",)) | dates() if fact.may_be_never else dates()
            return rarely(usual, st.sampled_from((*FAULTY_DATES, "never")) | hostile)
        case FactType.CHOICE, _:
            return rarely(st.sampled_from(_admitted(fact)), hostile)
        case _:
            return words_of(st.sampled_from(_admitted(fact)), column)


def _admitted(fact: Fact) -> tuple[str, ...]:
    if fact.values is not None:
        return tuple(fact.values)
    return strategies.MODIFIERS if fact.name == "service.modifiers" else strategies.PLACES


def words_of(usual: SearchStrategy[str], column: Column) -> SearchStrategy[Any]:
    """What may stand in the column of a set, made of these words and others."""
    word = rarely(usual, st.sampled_from(HOSTILE))
    if column.kind is Kind.TEXTS:
        return st.lists(rarely(word, st.none()), max_size=3)
    if column.separator is None:
        return word
    return st.lists(word, min_size=1, max_size=3).map(column.separator.join) | st.just("[]")


CODES: Final[dict[str | None, tuple[str, ...]]] = {
    "cpt": strategies.CASE_CODE_LISTS["cpt"],
    "hcpcs": strategies.CASE_CODE_LISTS["hcpcs"],
    "icd10cm": strategies.CASE_CODE_LISTS["icd10cm"],
    "icd9cm": (*strategies.CASE_CODE_LISTS["icd9cm"], "V43.65", "81.54"),
    "icd10pcs": ("3E03317", "3E04317", "01NB0ZZ"),
    None: (*strategies.CASE_CODE_LISTS["cpt"], *strategies.CASE_CODE_LISTS["hcpcs"]),
}
FAULTY_CODES: Final = ("M17.", "m17", "1234", "123456", "M17.11\n", "G54.12345", "I0000", "W0000", "0000B", "V10.1234")


def codes_of(column: CodeColumn) -> SearchStrategy[str]:
    """A code of a system, or what is none."""
    return rarely(st.sampled_from(CODES[column.system]), st.sampled_from(FAULTY_CODES))


# Tables

SEPARATORS: Final = (";", ",", "|", None)


class _Maker:
    """Draws the columns of a table."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.made: list[tuple[Column, SearchStrategy[Any]]] = []

    def fact(self, name: str, fact: Fact) -> Column:
        """The column of a fact that is no code."""
        kind = strategies.pick(self.draw, sorted(FITTING[fact.type]))
        column = Column(name=f"the {name}", kind=kind, separator=strategies.pick(self.draw, SEPARATORS))
        cells = cells_of(fact, column)
        self.made.append((column, st.none() | cells if self.draw(st.booleans()) else cells))
        return column

    def code(self, name: str, systems: tuple[str | None, ...]) -> tuple[CodeColumn, ...]:
        """The columns of a fact that is one code."""
        chosen = self.draw(st.lists(st.sampled_from(systems), min_size=1, max_size=2, unique=True))
        return self._codes(name, [None] if None in chosen else chosen, (Kind.TEXT,), words=False)

    def codes(self, name: str, systems: tuple[str | None, ...]) -> tuple[CodeColumn, ...]:
        """The columns of a fact that is a set of codes; several may be of one system."""
        chosen = self.draw(st.lists(st.sampled_from(systems), min_size=1, max_size=3))
        return self._codes(name, chosen, (Kind.TEXT, Kind.TEXTS), words=True)

    def _codes(
        self, name: str, systems: Sequence[str | None], kinds: Sequence[Kind], *, words: bool
    ) -> tuple[CodeColumn, ...]:
        found = []
        for number, system in enumerate(systems):
            kind, separator = strategies.pick(self.draw, kinds), strategies.pick(self.draw, SEPARATORS)
            coded = CodeColumn(system=system, column=Column(name=f"{name}-{number}", kind=kind, separator=separator))
            cells = words_of(codes_of(coded), coded.column) if words else codes_of(coded)
            self.made.append((coded.column, st.none() | cells))
            found.append(coded)
        return tuple(found)

    def day(self, name: str) -> Column:
        """The column of a date in full."""
        column = Column(name=name, kind=strategies.pick(self.draw, (Kind.DATE, Kind.TEXT)))
        wrong = st.sampled_from((None, "2023", *FAULTY_DATES, *HOSTILE))
        days = strategies.days()
        self.made.append((column, days if column.kind is Kind.DATE else rarely(days.map(str), wrong)))
        return column

    def any_of(self, name: str, fact: Fact) -> FactColumns:
        """The columns of any fact."""
        systems = tuple(CODES)
        match fact.type:
            case FactType.CODE:
                return self.code(name, systems)
            case FactType.CODES:
                return self.codes(name, systems)
            case _:
                return self.fact(name, fact)


@st.composite
def tables(draw: DrawFn, vocabulary: Vocabulary, *, nan: bool, most: int = 12) -> Table:
    """A table with columns for some of the facts, of any kinds that fit. SQLite has no `nan`."""
    maker = _Maker(draw)
    declared = {name: fact for name, fact in vocabulary.facts.items() if not name.startswith(("service.", "claim."))}
    chosen = [name for name in declared if strategies.pick(draw, (True, True, True, False))]
    layout = Layout(
        date_of_service=maker.day("Date of Service"),
        claim_processed=maker.day("claim_processed") if draw(st.booleans()) else None,
        known_on=maker.day("known on") if draw(st.booleans()) else None,
        code=maker.code("code", ("cpt", "hcpcs", "icd10pcs", None)) if draw(st.booleans()) else (),
        modifiers=maker.fact("modifiers", vocabulary.facts["service.modifiers"]) if draw(st.booleans()) else None,
        place=maker.fact("place", vocabulary.facts["service.place"]) if draw(st.booleans()) else None,
        diagnoses=maker.codes("dx", ("icd10cm", "icd9cm")) if draw(st.booleans()) else (),
        facts={name: maker.any_of(name, declared[name]) for name in chosen},
    )

    def cell(drawn: Any) -> Any:
        return float("inf") if isinstance(drawn, float) and isnan(drawn) and not nan else drawn

    count = draw(st.integers(1, most))
    rows: list[Row] = []
    for place in range(count):
        row: Row = {KEY: place}
        for column, cells in maker.made:
            row[column.name] = cell(draw(cells))
        rows.append(row)
    key = Column(name=KEY, kind=Kind.INTEGER)
    columns = (key, *(column for column, _ in maker.made))
    return Table(layout=layout, columns=columns, rows=tuple(rows))
