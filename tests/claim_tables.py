"""Cases as rows of a table of claims, in DuckDB and in SQLite, and the answers to them: by query and by the library."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import duckdb

from policykit.codes import SYSTEMS
from policykit.dates import NEVER
from policykit.sql import query, routing
from policykit.sql.columns import CodeColumn, Column, Kind, Layout
from policykit.sql.dialects import Dialect
from policykit.sql.walking import told
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from policykit.decision import Decision
    from policykit.library import Library
    from policykit.sql.columns import FactColumns
    from policykit.sql.routing import Routes
    from policykit.vocabulary import Vocabulary

Plain: TypeAlias = dict[str, Any]
Row: TypeAlias = dict[str, Any]
KEY: Final = "row number"
DATES: Final = ("date_of_service", "claim_processed", "known_on")
NAMES: Final = ("policy", "payer")
ENGINES: Final = (Dialect.DUCKDB, Dialect.SQLITE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claims:
    """A table of claims: its layout, the kind of each column, and its rows."""

    layout: Layout
    columns: Mapping[str, Kind]
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Answer:
    """One answer to one row, as its columns tell it."""

    row: int
    policy: str | None
    revision: str | None
    outcome: str
    to: str | None
    possible: tuple[str, ...]
    statement: int | None
    missing: tuple[str, ...]
    advisories: tuple[str, ...]


# Rows


def claims_of(cases: Sequence[Plain], vocabulary: Vocabulary, **defaults: str) -> Claims:
    """A table in which each case is a row. What no case states has no column."""
    rows = tuple(
        {KEY: number, **{name: cell for name, cell in _cells(case) if cell is not None}}
        for number, case in enumerate(cases)
    )
    kinds = {KEY: Kind.INTEGER}
    for row in rows:
        for name, cell in row.items():
            kinds.setdefault(name, Kind.TEXTS if isinstance(cell, list) else Kind.TEXT)
    kinds.setdefault("date_of_service", Kind.TEXT)
    return Claims(layout=_layout(kinds, vocabulary, defaults), columns=kinds, rows=rows)


def _cells(case: Plain) -> Iterable[tuple[str, Any]]:
    for name in (*DATES, *NAMES):
        yield name, None if case.get(name) is None else str(case[name])
    for key, value in (case.get("service") or {}).items():
        yield f"service.{key}", value
    for system, codes in (case.get("diagnoses") or {}).items():
        yield f"diagnoses.{system}", codes
    if case.get("diagnoses") == {}:
        yield "diagnoses.icd10cm", []
    for name, value in (case.get("facts") or {}).items():
        yield from _fact_cells(name, value)


def _fact_cells(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    match value:
        case dict():
            yield from ((f"{name}.{system}", each) for system, each in value.items())
            if not value:
                yield f"{name}.icd10cm", []
        case bool():
            yield name, "true" if value else "false"
        case list():
            yield name, value
        case _ if value is NEVER:
            yield name, "never"
        case _:
            yield name, None if value is None else str(value)


def _layout(kinds: Mapping[str, Kind], vocabulary: Vocabulary, defaults: Mapping[str, str]) -> Layout:
    def one(name: str) -> Column | None:
        return Column(name=name, kind=kinds[name]) if name in kinds else None

    def by_system(prefix: str) -> tuple[CodeColumn, ...]:
        found = ((system, one(f"{prefix}.{system}")) for system in SYSTEMS)
        return tuple(CodeColumn(system=system, column=column) for system, column in found if column is not None)

    facts: dict[str, FactColumns] = {}
    for name, fact in vocabulary.facts.items():
        if name.startswith(("service.", "claim.")):
            continue
        if fact.type in {FactType.CODE, FactType.CODES}:
            if columns := by_system(name):
                facts[name] = columns
        elif column := one(name):
            facts[name] = column
    service = one("date_of_service")
    assert service is not None
    return Layout(
        date_of_service=service,
        claim_processed=one("claim_processed"),
        known_on=one("known_on"),
        policy=one("policy"),
        payer=one("payer"),
        default_policy=defaults.get("policy"),
        default_payer=defaults.get("payer"),
        code=by_system("service"),
        modifiers=one("service.modifiers"),
        place=one("service.place"),
        diagnoses=by_system("diagnoses"),
        facts=facts,
        keys=(Column(name=KEY, kind=Kind.INTEGER),),
    )


# By query


class TooDeepError(Exception):
    """The query is deeper than this version of the database reads."""


@cache
def database() -> duckdb.DuckDBPyConnection:
    """DuckDB, for one table of claims after the other: to start it takes longer than most queries."""
    return duckdb.connect(config={"threads": 1})


def fill(connection: Any, types: Mapping[str, str], rows: Sequence[Row]) -> None:
    """A new table of claims in DuckDB. Its rows are put in all at once, as a list of the cells of each column."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    connection.execute(f"CREATE OR REPLACE TABLE claims ({columns})")
    cells = ", ".join(f"UNNEST(?::{kind}[])" for kind in types.values())
    listed = [[row.get(name) for row in rows] for name in types]
    connection.execute(f"INSERT INTO claims SELECT {cells}", listed)  # made here


class Engine:
    """A database with the table of the claims."""

    def __init__(self, claims: Claims, dialect: Dialect) -> None:
        self.dialect = dialect
        self._connection: Any = database().cursor() if dialect is Dialect.DUCKDB else _sqlite()
        types = {Kind.INTEGER: "BIGINT", Kind.TEXTS: "TEXT[]" if dialect is Dialect.DUCKDB else "TEXT"}
        declared = {name: types.get(kind, "TEXT") for name, kind in claims.columns.items()}
        if dialect is Dialect.DUCKDB:
            fill(self._connection, declared, claims.rows)
            return
        columns = ", ".join(f'"{name}" {kind}' for name, kind in declared.items())
        self._connection.execute(f"CREATE TABLE claims ({columns})")
        marks = ", ".join("?" for _ in declared)
        for row in claims.rows:
            cells = [json.dumps(cell) if isinstance(cell, list) else cell for cell in map(row.get, declared)]
            self._connection.execute(f"INSERT INTO claims VALUES ({marks})", cells)  # noqa: S608  # made here

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        except sqlite3.OperationalError as error:
            # Before its version 3.46, SQLite reads no expression that is more than so deep.
            if "parser stack overflow" in str(error):
                raise TooDeepError from None
            raise
        return found

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


def _sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.create_function("regexp", 2, _regexp, deterministic=True)
    return connection


def _regexp(pattern: str, value: str | None) -> bool | None:
    return None if value is None else re.search(pattern, value) is not None


def answers_by_query(
    library: Library,
    claims: Claims,
    dialect: Dialect,
    *,
    with_routes: bool = True,
    known_on: date | None = None,
    forced: Mapping[str, str] | None = None,
) -> list[Answer]:
    """The answers to the rows, in order, as the database gives them."""
    with closing(Engine(claims, dialect)) as engine:
        routes = routes_in(engine, library, claims) if with_routes else None
        asked = query.answers(library, claims.layout, routes, dialect, known_on=known_on, forced=forced)
        return sorted(answer_in(row) for row in engine.rows(asked.sql(dialect, copy=False)))


def rejects_by_query(library: Library, claims: Claims, dialect: Dialect) -> dict[int, str]:
    """The rows that are wrong, each with the rule that it breaks."""
    with closing(Engine(claims, dialect)) as engine:
        asked = query.rejects(library, claims.layout, routes_in(engine, library, claims), dialect)
        return {row: rule for row, rule, _ in engine.rows(asked.sql(dialect, copy=False))}


def routes_in(engine: Engine, library: Library, claims: Claims) -> Routes:
    """The routes of the claims in a database."""
    named = query.distinct_routes(library, claims.layout, engine.dialect)
    return routing.resolve(library, claims.layout, engine.rows(named.sql(engine.dialect, copy=False)))


def answer_in(cells: Sequence[Any]) -> Answer:
    """An answer as a row of a database tells it."""
    row, policy, revision, outcome, to, possible, statement, missing, advisories = cells
    lists = [tuple(json.loads(each) if isinstance(each, str) else each) for each in (possible, missing, advisories)]
    return Answer(
        row=row,
        policy=policy,
        revision=revision,
        outcome=outcome,
        to=to,
        possible=lists[0],
        statement=statement,
        missing=lists[1],
        advisories=lists[2],
    )


# By the library


def answers_by_library(library: Library, cases: Sequence[Plain] | Mapping[int, Plain]) -> list[Answer]:
    """The answers to the cases, in order; each is known by its number."""
    numbered = cases if isinstance(cases, Mapping) else dict(enumerate(cases))
    return sorted(
        answer_of(number, decision)
        for number, case in numbered.items()
        for decision in library.decide_each(library.read_case(case))
    )


def answer_of(row: int, decision: Decision) -> Answer:
    """A decision as the columns of a row tell it."""
    return Answer(
        row=row,
        policy=decision.policy.id if decision.policy else None,
        revision=decision.revision.name if decision.revision else None,
        outcome=str(decision.outcome),
        to=decision.to,
        possible=tuple(told(each) for each in decision.possible),
        statement=decision.number,
        missing=tuple(each.fact for each in decision.missing),
        advisories=tuple(each.name for each in decision.advisories),
    )
