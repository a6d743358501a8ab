from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

import cells
import duckdb
import pytest
import sqlglot
import strategies
from claim_tables import Claims, claims_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policykit.assembly import holdings_from_data
from policykit.codes import Code, CodeRange, CodeSet
from policykit.criteria import DATE_OF_SERVICE, Ago, Bound, DayBound, FactIs, OneOf, OnService
from policykit.dates import add_months, read_span
from policykit.evaluation import compile_criterion
from policykit.library import Library
from policykit.policy import Service
from policykit.sql.columns import CodeColumn, Column, Kind, Layout
from policykit.sql.criteria import holds
from policykit.sql.dialects import Dialect
from policykit.sql.sets import among
from policykit.sql.values import facts_layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.case import Case
    from policykit.criteria import Criterion
    from policykit.evaluation import Compiled

ALWAYS = {
    "format": 1,
    "policy": strategies.POLICY,
    "title": "A policy",
    "payer": "acme",
    "kind": "ncd",
    "history": [
        {
            "revision": "r1",
            "change": "new",
            "summary": "Entry 1.",
            "effective": "2019-01-01",
            "services": [{"service": "alpha", "codes": {"cpt": ["11001"]}, "coverage": [{"outcome": "covered"}]}],
        }
    ],
}
engines = pytest.mark.parametrize("dialect", cells.ENGINES)
thoroughly = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def library_of(documents: strategies.Documents) -> Library:
    vocabulary, policy = documents
    return Library(
        holdings_from_data(
            {
                "facts.yaml": vocabulary,
                "payers.yaml": strategies.PAYERS,
                "codes.yaml": strategies.CODES,
                f"{strategies.POLICY}.yaml": policy,
            }
        )
    )


def every_part(criterion: Criterion) -> Iterator[Criterion]:
    yield criterion
    if not isinstance(criterion, FactIs):
        for part in criterion.parts:
            yield from every_part(part)


def criteria_in(library: Library) -> list[Criterion]:
    """Every criterion of the policy, and every part of one."""
    found: dict[Criterion, None] = {}
    for entry in library.policies[strategies.POLICY].history:
        for service in entry.services if isinstance(entry.services, tuple) else ():
            for statement in service.coverage if isinstance(service, Service) else ():
                if statement.when is not None:
                    found |= dict.fromkeys(every_part(statement.when))
    return list(found)


def truths(compiled: Sequence[Compiled], case: Case) -> tuple[bool | None, ...]:
    return tuple(each.holds(case.facts, case.date_of_service) for each in compiled)


def agree(library: Library, table: cells.Table, dialect: Dialect, criteria: Sequence[Criterion] | None = None) -> None:
    """A query finds a fault where the case of a row has one, by its rule; and otherwise of each criterion the same."""
    if criteria is None:
        criteria = criteria_in(library)
    with cells.Engine(table, dialect) as engine:
        answers = engine.found(library.vocabulary, criteria)
    compiled = [compile_criterion(each) for each in criteria]
    for row, found in zip(table.rows, answers, strict=True):
        case = cells.read(library, cells.case_of(row, table, library.vocabulary))
        if isinstance(case, set):
            assert found.rule in case
        else:
            assert found.rule is None
            assert found.truths == truths(compiled, case)


@engines
@settings(thoroughly, max_examples=12)
@given(data=st.data())
def test_a_query_and_the_interpreter_agree_on_every_row(dialect: Dialect, data: st.DataObject) -> None:
    library = library_of(data.draw(strategies.documents(timeless=True)))
    agree(library, data.draw(cells.tables(library.vocabulary, nan=dialect != "sqlite")), dialect)


def in_full(claims: Claims) -> Claims:
    """The rows whose dates are known in full, in columns of dates."""
    dates = [name for name in strategies.DATES if name in claims.columns]
    rows = [row for row in claims.rows if all(len(row.get(name, "")) == len("2024-02-29") for name in dates)]
    kinds = dict.fromkeys(dates, Kind.DATE)
    facts = {
        name: replace(column, kind=kinds.get(name, column.kind)) if isinstance(column, Column) else column
        for name, column in claims.layout.facts.items()
    }
    return replace(
        claims,
        layout=replace(claims.layout, facts=facts),
        columns={**claims.columns, **kinds},
        rows=tuple({**row, **{name: date.fromisoformat(row[name]) for name in dates}} for row in rows),
    )


def table_of(claims: Claims) -> cells.Table:
    rows = tuple({cells.KEY: place, **row} for place, row in enumerate(claims.rows))
    columns = [Column(name=name, kind=kind) for name, kind in claims.columns.items()]
    return cells.Table(layout=claims.layout, columns=(Column(name=cells.KEY, kind=Kind.INTEGER), *columns), rows=rows)


@engines
@settings(thoroughly, max_examples=2)
@given(data=st.data())
def test_they_agree_on_every_day_on_which_a_comparison_turns(dialect: Dialect, data: st.DataObject) -> None:
    documents = data.draw(strategies.dense_documents())
    library = library_of(documents)
    claims = claims_of(data.draw(strategies.dense_cases(documents)), library.vocabulary)
    agree(library, table_of(claims), dialect)
    agree(library, table_of(in_full(claims)), dialect)


# Several comparisons of one date, or of one number that is counted from it: each by itself may hang on what the date
# turns out to be, where all of them together do not.

FACTS = {
    "seen.on": {"type": "date", "ask": "When?", "may_be_never": True},
    "seen.years": {"type": "integer", "ask": "How long?", "derived": {"whole_years_since": "seen.on"}},
    "seen.months": {"type": "integer", "ask": "How long?", "derived": {"whole_months_since": "seen.on"}},
    "seen.full": {"type": "integer", "ask": "How long?", "derived": {"full_calendar_months_since": "seen.on"}},
}
SPANS = ("1 day", "2 days", "28 days", "30 days", "31 days", "59 days", "60 days", "365 days", "366 days", "4 weeks")
LONG_SPANS = ("1 month", "2 months", "3 months", "11 months", "12 months", "13 months", "1 year", "2 years")
FAR_SPANS = ("9999 days", "9999 weeks", "9999 months", "9999 years", "1999 years")


def near(service: date) -> st.SearchStrategy[date]:
    """A day not far from the date of service, or at an end of the calendar."""
    around = st.integers(-800, 60).map(lambda number: service + timedelta(days=number))
    return st.one_of(around, around, around, st.sampled_from((date.min, date.max)))


def of_date(service: date) -> st.SearchStrategy[tuple[DayBound | Ago, ...]]:
    bounds = ("on_or_after", "after", "on_or_before", "before")
    fixed = st.builds(DayBound, operator=st.sampled_from(bounds), day=near(service) | st.just(DATE_OF_SERVICE))
    spans = st.sampled_from((*SPANS, *LONG_SPANS, *LONG_SPANS, *FAR_SPANS)).map(read_span)
    ago = st.builds(Ago, operator=st.sampled_from(("within_last", "at_least_ago", "longer_ago_than")), span=spans)
    return st.lists(fixed | ago, min_size=1, max_size=3).map(tuple)


def of_number() -> st.SearchStrategy[tuple[Bound | OneOf, ...]]:
    numbers = st.integers(-2, 26) | st.sampled_from((10**15 - 1, 1 - 10**15))
    bound = st.builds(Bound, operator=st.sampled_from(("at_least", "more_than", "at_most", "less_than")), limit=numbers)
    listed = st.lists(st.integers(-2, 26), min_size=1, max_size=14).map(tuple)
    return st.lists(
        bound | bound | st.builds(OneOf, operator=st.just("in"), values=listed), min_size=1, max_size=3
    ).map(tuple)


@st.composite
def partial_dates(draw: st.DrawFn, service: date) -> str:
    """A date near the date of service, in full or in part, or `never`."""
    if draw(st.integers(0, 9)) == 0:
        return "never"
    return str(draw(near(service)))[: draw(st.sampled_from((4, 7, 7, 10, 10)))]


@engines
@settings(thoroughly, max_examples=10)
@given(data=st.data())
def test_comparisons_are_taken_together_day_by_day(dialect: Dialect, data: st.DataObject) -> None:
    library = library_of(({"format": 1, "facts": FACTS}, ALWAYS))
    service = data.draw(st.sampled_from(strategies.TURNING_DAYS) | strategies.days())
    on_dates = data.draw(st.lists(of_date(service), min_size=10, max_size=10))
    on_numbers = data.draw(st.lists(of_number(), min_size=10, max_size=10))
    criteria = [
        *(FactIs(fact="seen.on", comparisons=each, notes=()) for each in on_dates),
        *(FactIs(fact=fact, comparisons=each, notes=()) for fact in list(FACTS)[1:] for each in on_numbers),
    ]
    said = data.draw(st.sampled_from([*FACTS][1:]))
    columns = {name: Column(name=name, kind=Kind.TEXT) for name in ("seen.on", said)}
    layout = Layout(date_of_service=Column(name="day", kind=Kind.DATE), facts=columns)
    told = data.draw(st.lists(partial_dates(service), min_size=8, max_size=8))
    numbers = st.none() | st.none() | st.integers(-1, 14).map(str)
    rows = tuple(
        {cells.KEY: place, "day": service, "seen.on": each, said: data.draw(numbers)} for place, each in enumerate(told)
    )
    key = Column(name=cells.KEY, kind=Kind.INTEGER)
    table = cells.Table(layout=layout, columns=(key, layout.date_of_service, *columns.values()), rows=rows)
    agree(library, table, dialect, criteria)


# Codes


def coded(criterion: Criterion, codes: Sequence[str | None], dialect: Dialect) -> list[bool | None]:
    """What a criterion on the code of the service comes to, for each code of a column of `cpt` or `hcpcs`."""
    library = library_of(({"format": 1, "facts": FACTS}, ALWAYS))
    day, code = Column(name="day", kind=Kind.DATE), Column(name="code", kind=Kind.TEXT)
    layout = Layout(date_of_service=day, code=(CodeColumn(system=None, column=code),))
    rows = tuple({cells.KEY: place, "day": date(2024, 1, 1), "code": each} for place, each in enumerate(codes))
    table = cells.Table(layout=layout, columns=(Column(name=cells.KEY, kind=Kind.INTEGER), day, code), rows=rows)
    with cells.Engine(table, dialect) as engine:
        found = engine.found(library.vocabulary, [criterion])
    assert {each.rule for each in found} == {None}
    return [each.truths[0] for each in found]


@engines
@pytest.mark.parametrize("count", [1, 15, 16, 17, 499, 500, 501, 1200])
def test_a_list_may_hold_any_number_of_codes(dialect: Dialect, count: int) -> None:
    listed = CodeSet(tuple(Code("cpt", f"{number:05}") for number in range(0, 2 * count, 2)))
    criterion = FactIs(fact="service.code", comparisons=(OneOf(operator="in", values=listed),), notes=())
    codes = ["00000", "00001", f"{2 * count - 2:05}", f"{2 * count:05}", "0000F", "L9001", None]
    assert coded(criterion, codes, dialect) == [True, False, True, False, False, False, None]


def test_a_point_in_a_long_list_of_codes_is_a_point() -> None:
    stems = [f"A{number:02}.1" for number in range(40)]
    value = sqlglot.exp.Literal.string("A00X1")
    query = sqlglot.select(among(value, stems, Dialect.DUCKDB), among(value.copy(), ["A00X1", *stems], Dialect.DUCKDB))
    with duckdb.connect() as connection:
        assert connection.execute(query.sql("duckdb")).fetchall() == [(False, True)]


@engines
def test_a_range_holds_the_codes_of_its_form_between_its_ends(dialect: Dialect) -> None:
    between = CodeSet((CodeRange("cpt", "00500", "00600"), CodeRange("hcpcs", "L9001", "L9003")))
    criterion = FactIs(fact="service.code", comparisons=(OneOf(operator="in", values=between),), notes=())
    codes = ["00499", "00500", "0054T", "00600", "00601", "L9000", "L9001", "L9003", "L9004", "M0001", None]
    expected = [False, True, False, True, False, False, True, True, False, False, None]
    assert coded(criterion, codes, dialect) == expected


# What only a database can hold


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Kind.DATE, "DATE 'infinity'"),
        (Kind.DATE, "DATE '-infinity'"),
        (Kind.DATE, "DATE '10000-01-01'"),
        (Kind.DATE, "DATE '0001-01-01' - 1"),
        (Kind.DATE, "DATE '5874897-12-31'"),
        (Kind.TEXT, "'2024-02-30'"),
        (Kind.TEXT, "chr(0) || '2024-02-03'"),
        (Kind.TEXT, "'\u0662024-02-03'"),
    ],
)
@pytest.mark.parametrize("name", ["day", "seen"])
def test_a_date_outside_the_calendar_is_a_fault(kind: Kind, written: str, name: str) -> None:
    library = library_of(({"format": 1, "facts": FACTS}, ALWAYS))
    kinds = {"day": Kind.DATE, "seen": Kind.DATE, name: kind}
    columns = {each: Column(name=each, kind=kinds[each]) for each in kinds}
    layout = Layout(date_of_service=columns["day"], facts={"seen.on": columns["seen"]})
    layer = facts_layer(layout, library.vocabulary, Dialect.DUCKDB)
    at_least_one = FactIs(fact="seen.years", comparisons=(Bound(operator="at_least", limit=1),), notes=())
    query = sqlglot.select("fault", sqlglot.exp.alias_(holds(at_least_one, layer.scope), "long")).from_("facts")
    for step, select in layer.steps(sqlglot.exp.to_table("claims"), {}):
        query = query.with_(step, as_=select)
    values = {"day": "DATE '2024-01-01'", "seen": "DATE '2020-01-01'", name: written}
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE claims AS SELECT {values['day']} AS day, {values['seen']} AS seen")
        ((fault, _),) = connection.execute(query.sql("duckdb")).fetchall()
    assert {each.number: each.rule for each in layer.faults}[fault] == "malformed-date"


@pytest.mark.parametrize("dialect", Dialect)
@settings(thoroughly, max_examples=2)
@given(data=st.data())
def test_what_is_written_is_read_back_in_its_dialect(dialect: Dialect, data: st.DataObject) -> None:
    library = library_of(data.draw(strategies.documents(timeless=True)))
    table = data.draw(cells.tables(library.vocabulary, nan=True))
    written = cells.query_of(table, library.vocabulary, criteria_in(library), dialect).sql(
        dialect, unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    # A point within quotes is read as one between names, in this dialect alone; no column can have it there.
    plain = written.replace("`the ", "`").replace(".", "_") if dialect is Dialect.BIGQUERY else written
    assert sqlglot.parse_one(plain, dialect=dialect).sql(dialect) == plain


# What chance seldom finds: every pair of comparisons that come near to one another, and every way to write no date


def months_before(service: date) -> list[str]:
    """The months of the last year and a bit, the years, and the days about a month ago."""
    months = [add_months(service, -count) for count in range(-1, 15)]
    around = [service - timedelta(days=count) for count in (*range(-1, 3), *range(27, 33))]
    return [*(str(day)[:7] for day in months), *(str(service.year - count) for count in range(3)), *map(str, around)]


# Several days in one database; in the other, which is slow at it, the one of which most can go wrong.
@pytest.mark.parametrize(
    ("dialect", "service"),
    [
        *((Dialect.DUCKDB, day) for day in ("2023-03-30", "2023-03-31", "2024-02-29")),
        (Dialect.SQLITE, "2024-02-29"),
    ],
)
def test_every_pair_of_spans_is_taken_together(dialect: Dialect, service: str) -> None:
    day = date.fromisoformat(service)
    spans = [read_span(each) for each in ("1 day", "2 days", "28 days", "30 days", "31 days", "365 days", *LONG_SPANS)]
    recent = [Ago(operator="within_last", span=span) for span in spans if span]
    past = [Ago(operator=kind, span=span) for span in spans if span for kind in ("at_least_ago", "longer_ago_than")]
    ends = [add_months(day, -1) + timedelta(days=count) for count in (-1, 0, 1, 2, 3)]
    turning: list[date | OnService] = [*ends, DATE_OF_SERVICE]
    since = [DayBound(operator=kind, day=each) for each in turning for kind in ("on_or_after", "after")]
    until = [DayBound(operator=kind, day=each) for each in turning for kind in ("on_or_before", "before")]
    pairs: list[tuple[DayBound | Ago, ...]] = [
        *product(recent, past),
        *product(recent, until),
        *product(since, past),
        *((each,) for each in (*recent, *past)),
    ]
    criteria = [FactIs(fact="seen.on", comparisons=each, notes=()) for each in pairs]
    library = library_of(({"format": 1, "facts": FACTS}, ALWAYS))
    columns = Column(name="day", kind=Kind.DATE), Column(name="seen", kind=Kind.TEXT)
    rows = tuple(
        {cells.KEY: place, "day": day, "seen": each} for place, each in enumerate([*months_before(day), "never", None])
    )
    layout = Layout(date_of_service=columns[0], facts={"seen.on": columns[1]})
    table = cells.Table(layout=layout, columns=(Column(name=cells.KEY, kind=Kind.INTEGER), *columns), rows=rows)
    agree(library, table, dialect, criteria)


@engines
@pytest.mark.parametrize("name", ["day", "seen"])
def test_what_is_no_date_is_a_fault(dialect: Dialect, name: str) -> None:
    library = library_of(({"format": 1, "facts": FACTS}, ALWAYS))
    columns = {each: Column(name=each, kind=Kind.TEXT) for each in ("day", "seen")}
    written = (*cells.FAULTY_DATES, *cells.HOSTILE, *cells.FULL_DATES, "2024", "2024-02", "0001", "9999-12", "never")
    rows = tuple(
        {cells.KEY: place, "day": "2024-03-01", "seen": "2020-02", name: each} for place, each in enumerate(written)
    )
    layout = Layout(date_of_service=columns["day"], facts={"seen.on": columns["seen"]})
    key = Column(name=cells.KEY, kind=Kind.INTEGER)
    table = cells.Table(layout=layout, columns=(key, *columns.values()), rows=rows)
    agree(
        library,
        table,
        dialect,
        [FactIs(fact="seen.years", comparisons=(Bound(operator="at_least", limit=1),), notes=())],
    )
