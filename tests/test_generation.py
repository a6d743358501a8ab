"""What is written out as Python is held against the functions that it takes the place of."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, combinations_with_replacement
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any, Final

import pytest
from examples import law
from hypothesis import example, given
from hypothesis import strategies as st

from policykit import walking
from policykit.codes import Code, CodePrefix, CodeRange, CodeSet
from policykit.criteria import (
    DATE_OF_SERVICE,
    Ago,
    All,
    AnyOf,
    Bound,
    CountAtLeast,
    DayBound,
    FactIs,
    Has,
    NoneOf,
    Notes,
    OneOf,
    OnService,
)
from policykit.dates import NEVER, CountRange, DayRange, Span
from policykit.evaluation import Finding, Truth, compile_criterion
from policykit.generation import written_explain, written_walk
from policykit.policy import Outcome, Statement
from policykit.problems import Location
from policykit.walking import Coverage, plain_explain, plain_walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from policykit.criteria import Comparison, Criterion
    from policykit.evaluation import Facts

NOTES: Final = (Notes(where=Location(file="a")),)
HERE: Final = Location(file="a")
TODAY: Final = date(2024, 2, 29)
WORDS: Final = ("a", "b", "it's \"'\n", "{0} % \\")
CODES: Final = (Code("cpt", "64714"), Code("cpt", "64720"), Code("icd10cm", "F17.210"), Code("icd10cm", "F18"))
PATTERNS: Final = (*CODES, CodeRange("cpt", "64700", "64727"), CodePrefix("icd10cm", "F17.2"))


def days() -> SearchStrategy[date]:
    return st.sampled_from([TODAY + timedelta(days=apart) for apart in (-3653, -366, -365, -29, -1, 0, 1, 30)])


def day_ranges() -> SearchStrategy[DayRange]:
    return st.tuples(days(), days()).map(sorted).map(lambda pair: DayRange(*pair))


def count_ranges() -> SearchStrategy[CountRange]:
    return st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted).map(lambda pair: CountRange(*pair))


def some(values: Sequence[Any], *, least: int = 0) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), unique=True, min_size=least, max_size=3).map(tuple)


def code_sets() -> SearchStrategy[CodeSet]:
    return (some(CODES, least=1) | some(PATTERNS, least=1)).map(CodeSet)


def bounds() -> SearchStrategy[Bound]:
    return st.builds(
        Bound,
        operator=st.sampled_from(("at_least", "more_than", "at_most", "less_than")),
        limit=st.sampled_from((0, 1, 2, 1.5, 10**400)),
    )


def day_bounds() -> SearchStrategy[DayBound]:
    return st.builds(
        DayBound,
        operator=st.sampled_from(("on_or_after", "after", "on_or_before", "before")),
        day=days() | st.just(DATE_OF_SERVICE),
    )


def agos() -> SearchStrategy[Ago]:
    return st.builds(
        Ago,
        operator=st.sampled_from(("within_last", "at_least_ago", "longer_ago_than")),
        span=st.builds(Span, st.sampled_from((1, 10)), st.sampled_from(("year", "month", "week", "day"))),
    )


def one_of(values: SearchStrategy[Any]) -> SearchStrategy[OneOf]:
    return st.builds(OneOf, operator=st.just("in"), values=values)


def has(values: SearchStrategy[Any]) -> SearchStrategy[Has]:
    return st.builds(Has, operator=st.sampled_from(("has_any", "has_all")), values=values)


# By the kind of fact: what can be asked of it, and how it can be known. Names may be anything: they are never run.
COMPARISONS: Final[dict[str, SearchStrategy[Any]]] = {
    "yes or no": one_of(some((True, False), least=1)),
    "word": one_of(some(WORDS, least=1)),
    "words'); raise SystemExit(('": has(some(WORDS, least=1)),
    "number\n": one_of(some((0, 1, 2, 2.0, 0.5), least=1)) | bounds(),
    'date"""': day_bounds() | agos(),
    "code\\": one_of(code_sets()),
    "codes": has(code_sets()),
}
VALUES: Final[dict[str, SearchStrategy[Any]]] = {
    "yes or no": st.booleans(),
    "word": st.sampled_from((*WORDS, "other")),
    "words'); raise SystemExit(('": some((*WORDS, "other")).map(frozenset),
    "number\n": st.sampled_from((0, 1, 2, 0.5, 1.5, 10**400, NEVER)) | count_ranges(),
    'date"""': days() | day_ranges() | st.just(NEVER),
    "code\\": st.sampled_from(CODES),
    "codes": some(CODES).map(frozenset),
}
# What no case that was read says, but a program could: the two still have to agree.
SURE: Final[tuple[dict[str, Any], ...]] = ({}, {"yes or no": True}, {"yes or no": False})
ODD: Final[tuple[Any, ...]] = (1, 0, 1.0, True, "a", frozenset({"a"}), frozenset(), TODAY, NEVER)
# To Python, one is equal to true; a policy asks for yes or no, and nothing else is either.
ODDLY: Final = {
    name: st.sampled_from([each for each in ODD if name != "yes or no" or each not in (0, 1) or each is True])
    for name in VALUES
}


@st.composite
def leaves(draw: DrawFn) -> Criterion:
    name = draw(st.sampled_from([*COMPARISONS]))
    compared: list[Comparison] = draw(st.lists(COMPARISONS[name], min_size=1, max_size=2))
    return FactIs(fact=name, comparisons=tuple(compared), notes=NOTES)


def composed(parts: SearchStrategy[Criterion]) -> SearchStrategy[Criterion]:
    several = st.lists(parts, min_size=1, max_size=4).map(tuple)
    kinds = [st.builds(kind, parts=several, notes=st.just(NOTES)) for kind in (All, AnyOf, NoneOf)]
    return st.one_of(*kinds, st.builds(CountAtLeast, count=st.integers(0, 5), parts=several, notes=st.just(NOTES)))


def criteria() -> SearchStrategy[Criterion]:
    return st.recursive(leaves(), composed, max_leaves=12)


@st.composite
def coverages(draw: DrawFn) -> list[Statement]:
    asked = draw(st.lists(criteria(), min_size=1, max_size=4))
    outcomes = st.sampled_from((Outcome.COVERED, Outcome.NOT_COVERED, Outcome.UNPROVEN))
    statements = [Statement(outcome=draw(outcomes), when=each, where=HERE) for each in asked]
    return statements + ([Statement(outcome=draw(outcomes), where=HERE)] if draw(st.booleans()) else [])


def facts_known(values: dict[str, SearchStrategy[Any]] = VALUES) -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=values)


def nested(depth: int, *kinds: Any) -> Criterion:
    """Criteria within one another, each with a part beside the next, so that none can be left out."""
    criterion: Criterion = FactIs(fact="yes or no", comparisons=(OneOf(operator="is", values=(True,)),), notes=NOTES)
    beside = FactIs(fact="word", comparisons=(OneOf(operator="is", values=("a",)),), notes=NOTES)
    for number in range(depth):
        criterion = kinds[number % len(kinds)](parts=(criterion, beside), notes=NOTES)
    return criterion


def powerset(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [each for size in range(len(values) + 1) for each in combinations(values, size)]


Both = tuple[Any, Any]


def plain(statements: list[Statement]) -> Both:
    """Walk and explanation by the functions of each criterion."""
    compiled = [compile_criterion(each.when) if each.when else None for each in statements]
    return plain_walk(compiled), plain_explain(statements, compiled)


def written(statements: list[Statement]) -> Both:
    """Walk and explanation by the functions that are written out."""
    return written_walk(statements), written_explain(statements)


def outcomes(both: Both, facts: Facts, on: date) -> list[Any]:
    """What they make of facts; None where a value is nothing that could be compared."""
    made: list[Any] = []
    for each in both:
        try:
            made.append(each(facts, on))
        except (TypeError, AttributeError):
            made.append(None)
    return made


def values_in(finding: Finding | None) -> list[Any]:
    """The values of a finding and of its parts, with their types: 1 is not true."""
    if finding is None:
        return []
    return [
        (type(finding), type(finding.value), finding.value),
        *(each for part in finding.parts for each in values_in(part)),
    ]


@law(60)
@given(coverages(), st.lists(facts_known(), min_size=1, max_size=4), days())
@example([Statement(outcome=Outcome.COVERED, when=nested(60, All, AnyOf), where=HERE)], [{"yes or no": True}], TODAY)
@example(
    [Statement(outcome=Outcome.COVERED, when=nested(40, NoneOf, All, AnyOf), where=HERE)],
    [{"yes or no": True, "word": "a"}, {"word": "b"}, {}],
    TODAY,
)
def test_the_statements_reached_and_every_finding_are_those_of_the_functions_of_each_criterion(
    statements: list[Statement], cases: list[dict[str, Any]], on: date
) -> None:
    one, other = plain(statements), written(statements)
    for facts in cases:
        (reached, found), (reached_too, found_too) = outcomes(one, facts, on), outcomes(other, facts, on)
        assert None not in (reached, found)
        assert reached_too == reached
        assert found_too == found
        assert [values_in(each.finding) for each in found_too] == [values_in(each.finding) for each in found]
        assert [type(each) for each in found_too] == [type(each) for each in found]


@law(50)
@given(coverages(), facts_known(ODDLY), days())
def test_also_of_values_that_no_case_could_state_the_same_is_made(
    statements: list[Statement], facts: dict[str, Any], on: date
) -> None:
    # A value of a wrong type may be one that cannot be compared; then one of the two may not come to compare it.
    for one, other in zip(
        outcomes(plain(statements), facts, on), outcomes(written(statements), facts, on), strict=True
    ):
        assert None in (one, other) or one == other


NUMBERS: Final = (0, 1, 2, 1.5, 10**400, NEVER, CountRange(0, 1), CountRange(1, 2), CountRange(0, 3))
DAYS: Final = [TODAY + timedelta(days=apart) for apart in (-366, -29, -1, 0, 1)]
DATES: Final = (*DAYS, NEVER, *(DayRange(*pair) for pair in combinations_with_replacement(DAYS, 2)))
LIMITS: Final[list[date | OnService]] = [*DAYS, DATE_OF_SERVICE]
OVER: Final = ("at_least", "more_than", "at_most", "less_than")
BESIDE: Final = ("on_or_after", "after", "on_or_before", "before")
SINCE: Final = ("within_last", "at_least_ago", "longer_ago_than")
SETS: Final = [CodeSet(each) for each in ((CODES[0],), (PATTERNS[4],), (PATTERNS[5],), (CODES[1], PATTERNS[5]))]
# Every comparison by itself, with everything that may turn it.
SINGLE: Final[list[tuple[Comparison, Sequence[Any]]]] = [
    *((OneOf(operator="in", values=each), (True, False)) for each in ((True,), (False,), (True, False))),
    *((OneOf(operator="in", values=each), WORDS) for each in (WORDS[:1], WORDS[1:3])),
    *((OneOf(operator="in", values=each), NUMBERS) for each in ((0,), (0, 1), (2.0, 0.5))),
    *((OneOf(operator="is", values=each), CODES) for each in SETS),
    *((Bound(operator=each, limit=limit), NUMBERS) for each in OVER for limit in (0, 1, 1.5)),
    *((DayBound(operator=each, day=day), DATES) for each in BESIDE for day in LIMITS),
    *((Ago(operator=each, span=Span(1, unit)), DATES) for each in SINCE for unit in ("year", "month", "day")),
    *(
        (Has(operator=each, values=values), [frozenset(known) for known in powerset(known_as)])
        for each in ("has_any", "has_all")
        for values, known_as in [
            *((words, WORDS) for words in (WORDS[:1], WORDS[1:3])),
            *((each, CODES) for each in SETS),
        ]
    ),
]


@pytest.mark.parametrize(("comparison", "values"), SINGLE, ids=lambda each: str(getattr(each, "operator", "")))
def test_each_comparison_is_written_out_as_it_is_meant(comparison: Comparison, values: Sequence[Any]) -> None:
    leaf = FactIs(fact="a", comparisons=(comparison,), notes=NOTES)
    for criterion in (leaf, NoneOf(parts=(leaf,), notes=NOTES), All(parts=(leaf, leaf), notes=NOTES)):
        statements = [Statement(outcome=Outcome.COVERED, when=criterion, where=HERE)]
        one, other = plain(statements), written(statements)
        for value in (None, *values):
            assert outcomes(other, {"a": value}, TODAY) == outcomes(one, {"a": value}, TODAY)


@law(50)
@given(coverages(), facts_known(), days())
def test_the_highest_statement_reached_is_the_last_that_is_explained(
    statements: list[Statement], facts: dict[str, Any], on: date
) -> None:
    reached, found = outcomes(written(statements), facts, on)
    truths = [each.truth for each in found]
    assert [bool(reached >> place & 1) for place in range(len(found))] == [each is not Truth.NOT_MET for each in truths]
    assert reached >> len(found) == 0
    assert Truth.MET not in truths[:-1]


def wide(parts: int, kind: Any = All) -> list[Statement]:
    leaf = FactIs(fact="yes or no", comparisons=(OneOf(operator="is", values=(True,)),), notes=NOTES)
    return [Statement(outcome=Outcome.COVERED, when=kind(parts=(leaf,) * parts, notes=NOTES), where=HERE)]


@pytest.mark.parametrize("name", ["walk", "explain"])
def test_what_is_used_often_enough_is_written_out_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "ENOUGH", 3)
    coverage = Coverage(wide(5))
    first = getattr(coverage, name)
    for _ in range(2):
        getattr(coverage, name)({}, TODAY)
        assert getattr(coverage, name) is first
    expected = getattr(coverage, name)({}, TODAY)
    replaced = getattr(coverage, name)
    assert replaced is not first
    assert replaced({}, TODAY) == expected
    assert first({}, TODAY) == expected
    assert getattr(coverage, name) is replaced


def counting(**keys: Any) -> CountAtLeast:
    return CountAtLeast(count=len(keys["parts"]), **keys)


@pytest.mark.parametrize("kind", [All, AnyOf, NoneOf, counting])
def test_what_is_too_large_is_not_written_out(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "ENOUGH", 1)
    for parts, is_written in ((walking.LARGEST - 1, True), (walking.LARGEST, False)):
        coverage = Coverage(wide(parts, kind))
        before = coverage.walk, coverage.explain
        first = [(coverage.walk(facts, TODAY), coverage.explain(facts, TODAY)) for facts in SURE]
        assert (coverage.walk is not before[0], coverage.explain is not before[1]) == (is_written, is_written)
        assert [(coverage.walk(facts, TODAY), coverage.explain(facts, TODAY)) for facts in SURE] == first


def test_threads_that_share_a_coverage_find_the_same_while_it_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "ENOUGH", 50)
    coverage, together = Coverage(wide(100)), Barrier(4)
    expected = [written_walk(coverage.statements)(each, TODAY) for each in SURE]
    found: list[list[int]] = []

    def walk() -> None:
        together.wait()
        found.extend([coverage.walk(each, TODAY) for each in SURE] for _ in range(100))

    threads = [Thread(target=walk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 400
    assert all(each == expected for each in found)
