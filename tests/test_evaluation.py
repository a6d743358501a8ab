from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import VOCABULARY, data_in, day, holdings_of

from policykit.dates import NEVER, CountRange, DayRange, full_calendar_months, read_partial, whole_months, whole_years
from policykit.document import Document
from policykit.evaluation import Finding, Truth, compile_criterion
from policykit.reading.cases import read_case
from policykit.reading.criteria import CriteriaReader

if TYPE_CHECKING:
    from policykit.criteria import Criterion
    from policykit.problems import Problem
    from policykit.vocabulary import Value, Vocabulary

MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN
DAY = "2026-01-15"


@cache
def vocabulary() -> Vocabulary:
    return holdings_of(VOCABULARY).vocabulary


def criterion_of(data: Any) -> Criterion:
    """The criterion that plain data states; nothing may be wrong with it."""
    problems: list[Problem] = []
    criterion = CriteriaReader(Document(name="a", data={}).root, vocabulary(), problems.append).criterion(
        Document(name="a", data=data).root
    )
    assert not problems, problems
    assert criterion is not None
    return criterion


def facts_of(data: Any, dos: str, **more: Any) -> dict[str, Value]:
    """The facts that a case with this plain data states, and those that follow from them."""
    problems: list[Problem] = []
    document = Document(name="a", data={"policy": "acme/p1", "date_of_service": dos, "facts": data, **more})
    case = read_case(document.root, vocabulary(), problems.append)
    assert not problems, problems
    assert case is not None
    return dict(case.facts)


def explained(criterion: Criterion, facts: dict[str, Value], on: date) -> Finding:
    """What is found of a criterion; that deciding and explaining agree, also of every part, is seen to."""
    compiled = compile_criterion(criterion)
    finding = compiled.explain(facts, on)
    assert compiled.holds(facts, on) is {MET: True, NOT_MET: False, UNKNOWN: None}[finding.truth]
    assert finding.criterion is criterion
    for part in finding.parts:
        explained(part.criterion, facts, on)
    return finding


def truth(criterion: str, facts: str, dos: str = DAY, **more: Any) -> Truth:
    """What a criterion in YAML is of facts in YAML."""
    return explained(criterion_of(data_in(criterion)), facts_of(data_in(facts), dos, **more), day(dos)).truth


def fact(name: str, comparisons: str) -> str:
    return f"{{fact: {name}, {comparisons}}}"


BOUNDARIES = [
    # boolean, choice, integer and number: `is` and `in`
    ("surgery.urgent", "is: true", "true", "false"),
    ("surgery.urgent", "is: false", "false", "true"),
    ("pain.level", "is: severe", "severe", "mild"),
    ("pain.level", "in: [moderate, severe]", "moderate", "mild"),
    ("visit.count", "is: 3", "3", "4"),
    ("visit.count", "is: 0", "0", "1"),
    ("visit.count", "in: [1, 3]", "3", "2"),
    ("patient.weight", "is: 2.5", "2.5", "2.49"),
    ("patient.weight", "is: 2", "2.0", "2.01"),
    ("patient.weight", "in: [0, 2.5]", "0", "1"),
    # choices
    ("tests.done", "has_any: [mri, ct]", "[ct, emg-ncs]", "[emg-ncs]"),
    ("tests.done", "has_any: [mri]", "[mri]", "[]"),
    ("tests.done", "has_all: [mri, ct]", "[ct, mri, emg-ncs]", "[mri]"),
    ("tests.done", "has_all: [mri, ct]", "[ct, mri]", "[]"),
    # bounds, on and beside them
    ("visit.count", "at_least: 6", "6", "5"),
    ("visit.count", "more_than: 6", "7", "6"),
    ("visit.count", "at_most: 6", "6", "7"),
    ("visit.count", "less_than: 6", "5", "6"),
    ("patient.weight", "at_least: 6", "6", "5.99"),
    ("patient.weight", "more_than: 6", "6.01", "6"),
    ("patient.weight", "at_most: 6", "6.0", "6.01"),
    ("patient.weight", "less_than: 6", "5.99", "6.0"),
    ("visit.count", "at_least: -1", "-1", "-2"),
    ("patient.weight", "more_than: 40, at_most: 60", "60", "40"),
    ("patient.weight", "more_than: 40, at_most: 60", "40.01", "60.01"),
    # days, on and beside them
    ("quit.date", "on_or_after: 2024-03-01", "2024-03-01", "2024-02-29"),
    ("quit.date", "after: 2024-02-29", "2024-03-01", "2024-02-29"),
    ("quit.date", "on_or_before: 2024-02-29", "2024-02-29", "2024-03-01"),
    ("quit.date", "before: 2024-03-01", "2024-02-29", "2024-03-01"),
    ("quit.date", "on_or_after: date_of_service", "2026-01-15", "2026-01-14"),
    ("quit.date", "after: date_of_service", "2026-01-16", "2026-01-15"),
    ("quit.date", "on_or_before: date_of_service", "2026-01-15", "2026-01-16"),
    ("quit.date", "before: date_of_service", "2026-01-14", "2026-01-15"),
    ("quit.date", "on_or_after: 2024-01-01, before: 2025-01-01", "2024-12-31", "2025-01-01"),
    # spans: the anniversary, the day of service, the future
    ("quit.date", "within_last: 1 year", "2025-01-15", "2025-01-14"),
    ("quit.date", "within_last: 1 year", "2026-01-15", "2026-01-16"),
    ("quit.date", "within_last: 1 day", "2026-01-14", "2026-01-13"),
    ("quit.date", "within_last: 2 weeks", "2026-01-01", "2025-12-31"),
    ("quit.date", "within_last: 1 month", "2025-12-15", "2025-12-14"),
    ("quit.date", "within_last: 9000 years", "0001-01-01", "2026-01-16"),
    ("quit.date", "at_least_ago: 1 year", "2025-01-15", "2025-01-16"),
    ("quit.date", "at_least_ago: 1 day", "2026-01-14", "2026-01-15"),
    ("quit.date", "at_least_ago: 90 days", "2025-10-17", "2026-05-01"),
    ("quit.date", "longer_ago_than: 1 year", "2025-01-14", "2025-01-15"),
    ("quit.date", "longer_ago_than: 12 weeks", "2025-10-22", "2025-10-23"),
    ("quit.date", "longer_ago_than: 1 day", "2026-01-13", "2026-01-14"),
    # never
    ("quit.date", "at_least_ago: 1 year", "never", "2026-01-15"),
    ("quit.date", "longer_ago_than: 1 year", "never", "2026-01-15"),
    ("quit.date", "within_last: 9999 years", "2026-01-15", "never"),
    ("quit.date", "on_or_after: 0001-01-01", "0001-01-01", "never"),
    ("quit.date", "after: 0001-01-01", "0001-01-02", "never"),
    ("quit.date", "on_or_before: 9999-12-31", "9999-12-31", "never"),
    ("quit.date", "before: 9999-12-31", "9999-12-30", "never"),
    ("quit.date", "at_least_ago: 1 year, before: 2030-01-01", "2020-01-01", "never"),
    # codes
    ("prior.code", 'is: {cpt: "64714"}', '{cpt: "64714"}', '{cpt: "64715"}'),
    ("prior.code", 'is: {cpt: "64714"}', '{cpt: "64714"}', '{icd9cm: "647.14"}'),
    ("prior.code", 'in: {cpt: ["64700-64714"], hcpcs: ["G0297"]}', '{cpt: "64714"}', '{cpt: "64715"}'),
    ("prior.code", 'in: {cpt: ["64700-64714"], hcpcs: ["G0297"]}', '{hcpcs: "G0297"}', '{hcpcs: "G0298"}'),
    ("prior.codes", 'has_any: {icd10cm: ["F17.21-", "Z87.891"]}', '{icd10cm: ["F17.219", "A00"]}', '{icd10cm: ["F17.22"]}'),
    ("prior.codes", 'has_any: {icd10cm: ["F17-"]}', '{icd10cm: ["F17"]}', "{icd10cm: []}"),
    ("prior.codes", 'has_all: {icd10cm: ["F17-", "Z87-Z88"]}', '{icd10cm: ["F17.2", "Z87"]}', '{icd10cm: ["F17.2", "F17.3"]}'),
    ("prior.codes", 'has_all: {icd10cm: ["F17-", "F17.2-"]}', '{icd10cm: ["F17.2"]}', '{icd10cm: ["F17.3"]}'),
    ("prior.codes", 'has_all: {cpt: ["64714"]}', '{cpt: ["64714", "64715"]}', "{cpt: []}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "comparisons", "meets", "misses"), BOUNDARIES)
def test_a_comparison_turns_at_its_boundary(name: str, comparisons: str, meets: str, misses: str) -> None:
    assert truth(fact(name, comparisons), f"{{{name}: {meets}}}") is MET
    assert truth(fact(name, comparisons), f"{{{name}: {misses}}}") is NOT_MET
    assert truth(fact(name, comparisons), "{}") is UNKNOWN
    assert truth(fact(name, comparisons), f"{{{name}: null}}") is UNKNOWN


@pytest.mark.parametrize(
    ("comparisons", "last", "next_day"),
    [
        ("within_last: 1 year", "2025-02-28", "2025-03-01"),
        ("within_last: 4 years", "2028-02-29", "2028-03-01"),
        ("within_last: 1 month", "2024-03-29", "2024-03-30"),
    ],
)
def test_within_the_last_ends_with_the_anniversary(comparisons: str, last: str, next_day: str) -> None:
    assert truth(fact("quit.date", comparisons), "{quit.date: 2024-02-29}", last) is MET
    assert truth(fact("quit.date", comparisons), "{quit.date: 2024-02-29}", next_day) is NOT_MET


def test_a_leap_day_is_a_year_ago_from_28_february_on() -> None:
    leap = "{quit.date: 2024-02-29}"
    assert truth(fact("quit.date", "at_least_ago: 1 year"), leap, "2025-02-27") is NOT_MET
    assert truth(fact("quit.date", "at_least_ago: 1 year"), leap, "2025-02-28") is MET
    assert truth(fact("quit.date", "longer_ago_than: 1 year"), leap, "2025-02-28") is NOT_MET
    assert truth(fact("quit.date", "longer_ago_than: 1 year"), leap, "2025-03-01") is MET


def test_a_span_that_leaves_the_calendar_has_not_passed() -> None:
    assert truth(fact("quit.date", "at_least_ago: 9000 years"), "{quit.date: 2020-01-01}") is NOT_MET
    assert truth(fact("quit.date", "longer_ago_than: 9000 years"), "{quit.date: 2020-01-01}") is NOT_MET
    assert truth(fact("quit.date", "within_last: 9000 years"), "{quit.date: 2020-01-01}") is MET


PARTIAL = [
    ("2023", "within_last: 3 years", MET),
    ("2020", "within_last: 3 years", NOT_MET),
    ("2021", "within_last: 3 years", UNKNOWN),
    ("2024", "within_last: 3 years", UNKNOWN),
    ("2024", "within_last: 30 days", UNKNOWN),
    ("2025", "within_last: 3 years", NOT_MET),
    ("2024-02", "within_last: 1 month", MET),
    ("2024-01", "within_last: 1 month", NOT_MET),
    ("2024-03", "within_last: 1 month", UNKNOWN),
    ("2024-04", "within_last: 1 month", NOT_MET),
    ("2024-02", "within_last: 28 days", UNKNOWN),
    ("2024-02", "within_last: 29 days", MET),
    ("2023-12", "within_last: 60 days", NOT_MET),
    ("2023-12", "within_last: 61 days", UNKNOWN),
    ("2023-12", "within_last: 91 days", MET),
    ("2023-12", "within_last: 61 days, before: 2024-01-01", UNKNOWN),
    ("2023", "at_least_ago: 1 year", UNKNOWN),
    ("2022", "at_least_ago: 1 year", MET),
    ("2024", "at_least_ago: 1 year", NOT_MET),
    ("2023-03", "at_least_ago: 1 year", UNKNOWN),
    ("2023-03", "longer_ago_than: 1 year", NOT_MET),
    ("2023-02", "longer_ago_than: 1 year", MET),
    ("2023-02", "at_least_ago: 1 year", MET),
    ("2024-02", "before: date_of_service", MET),
    ("2024-03", "before: date_of_service", NOT_MET),
    ("2024-03", "on_or_before: date_of_service", UNKNOWN),
    ("2024-03", "on_or_after: date_of_service", MET),
    ("2024-03", "after: date_of_service", UNKNOWN),
    ("2024", "on_or_after: 2024-01-01", MET),
    ("2024", "after: 2024-01-01", UNKNOWN),
    ("2024", "on_or_before: 2024-12-31", MET),
    ("2024", "before: 2024-12-31", UNKNOWN),
    ("2024", "after: 2024-12-31", NOT_MET),
    ("2024", "before: 2024-01-01", NOT_MET),
    ("2024-02", "on_or_after: 2024-02-10, before: 2024-02-20", UNKNOWN),
    ("2024-02", "on_or_after: 2024-02-01, on_or_before: 2024-02-29", MET),
    # Each is met on some of the days, and both on none.
    ("2023", "on_or_after: 2023-06-01, longer_ago_than: 1 year", NOT_MET),
]  # fmt: skip


@pytest.mark.parametrize(("written", "comparisons", "expected"), PARTIAL)
def test_a_comparison_on_a_partial_date_is_known_if_every_day_gives_the_same(
    written: str, comparisons: str, expected: Truth
) -> None:
    on = day("2024-03-01")
    assert truth(fact("quit.date", comparisons), f"{{quit.date: '{written}'}}", str(on)) is expected
    found = read_partial(written)
    assert isinstance(found, DayRange)
    assert day_by_day(data_in(fact("quit.date", comparisons)), found, on) is expected


def days_of(span: DayRange) -> list[date]:
    return [span.first + timedelta(days=number) for number in range((span.last - span.first).days + 1)]


def day_by_day(criterion: Any, span: DayRange, on: date, name: str = "quit.date") -> Truth:
    """What every day of a partial date agrees on."""
    read = criterion_of(criterion)
    found = {explained(read, facts_of({name: str(one)}, str(on)), on).truth for one in days_of(span)}
    return found.pop() if len(found) == 1 else UNKNOWN


TURNING = st.sampled_from(
    [
        "2023-12-31",
        "2024-01-01",
        "2024-01-31",
        "2024-02-01",
        "2024-02-28",
        "2024-02-29",
        "2024-03-01",
        "2024-06-15",
        "2025-02-28",
    ]
)
SPANS = st.sampled_from(["1 day", "28 days", "30 days", "4 weeks", "1 month", "6 months", "1 year", "2 years"])
DAY_WORDS = st.sampled_from(["on_or_after", "after", "on_or_before", "before"])
SPAN_WORDS = st.sampled_from(["within_last", "at_least_ago", "longer_ago_than"])
DAY_COMPARISONS = st.dictionaries(DAY_WORDS, TURNING | st.just("date_of_service"), max_size=3)
SPAN_COMPARISONS = st.dictionaries(SPAN_WORDS, SPANS, max_size=2)
COUNTED = st.sampled_from([0, 1, 2, 11, 12, 13, 23, 24])
NUMBER_COMPARISONS = st.dictionaries(
    st.sampled_from(["at_least", "more_than", "at_most", "less_than", "is"]), COUNTED, min_size=1, max_size=3
)


def sound(criterion: dict[str, Any]) -> bool:
    """Whether the comparisons leave something between them, so that a document may have them."""
    problems: list[Problem] = []
    CriteriaReader(Document(name="a", data={}).root, vocabulary(), problems.append).criterion(
        Document(name="a", data=criterion).root
    )
    return not problems


@law(75)
@given(
    st.sampled_from(["2023", "2024", "2024-01", "2024-02", "2023-12"]),
    st.tuples(DAY_COMPARISONS, SPAN_COMPARISONS)
    .map(lambda pair: {"fact": "quit.date", **pair[0], **pair[1]})
    .filter(lambda each: len(each) > 1 and sound(each)),
    TURNING,
)
def test_a_criterion_on_a_partial_date_is_what_every_day_of_it_agrees_on(
    written: str, criterion: dict[str, Any], on: str
) -> None:
    span = read_partial(written)
    assert isinstance(span, DayRange)
    finding = explained(criterion_of(criterion), facts_of({"quit.date": written}, on), day(on))
    assert finding.truth is day_by_day(criterion, span, day(on))


@law(75)
@given(
    st.sampled_from(["2022", "2023", "2024-01", "2024-02", "2025"]),
    st.sampled_from(
        [("quit.years", "quit.date"), ("patient.months", "patient.birth_date"), ("scan.months", "scan.last")]
    ),
    (NUMBER_COMPARISONS | st.just({"in": [0, 1]}) | st.just({"in": [12, 11, 5]})),
    TURNING,
)
def test_a_number_derived_from_a_partial_date_is_what_every_day_of_it_agrees_on(
    written: str, names: tuple[str, str], comparisons: dict[str, Any], on: str
) -> None:
    derived, base = names
    criterion = {"fact": derived, **comparisons}
    span = read_partial(written)
    assert isinstance(span, DayRange)
    if sound(criterion):
        finding = explained(criterion_of(criterion), facts_of({base: written}, on), day(on))
        assert finding.truth is day_by_day(criterion, span, day(on), base)


@given(TURNING, st.sampled_from(["2022", "2023", "2024", "2024-02"]))
def test_a_derived_number_of_a_partial_date_lies_between_those_of_its_ends(on: str, written: str) -> None:
    span = read_partial(written)
    assert isinstance(span, DayRange)
    facts = facts_of({"quit.date": written, "patient.birth_date": written, "scan.last": written}, on)
    for name, count in (
        ("quit.years", whole_years),
        ("patient.months", whole_months),
        ("scan.months", full_calendar_months),
    ):
        counts = [count(one, day(on)) for one in days_of(span)]
        low, high = min(counts), max(counts)
        assert facts[name] == (low if low == high else CountRange(low, high))


DERIVED = [
    ("2004-02", "2022-02-15", "patient.age", "at_least: 17", MET),
    ("2004-02", "2022-02-15", "patient.age", "at_least: 18", UNKNOWN),
    ("2004-02", "2022-03-01", "patient.age", "at_least: 18", MET),
    ("2004-02", "2022-02-15", "patient.age", "more_than: 17", UNKNOWN),
    ("2004-02", "2022-02-15", "patient.age", "more_than: 16", MET),
    ("2004-02", "2022-02-15", "patient.age", "at_most: 18", MET),
    ("2004-02", "2022-02-15", "patient.age", "at_most: 17", UNKNOWN),
    ("2004-02", "2022-02-15", "patient.age", "less_than: 17", NOT_MET),
    ("2004-02", "2022-02-15", "patient.age", "less_than: 19", MET),
    ("2004-02", "2022-02-15", "patient.age", "is: 17", UNKNOWN),
    ("2004-02", "2022-02-15", "patient.age", "is: 19", NOT_MET),
    ("2004-02", "2022-02-15", "patient.age", "in: [17, 18]", MET),
    ("2004-02", "2022-02-15", "patient.age", "in: [16, 17]", UNKNOWN),
    ("2004-02", "2022-02-15", "patient.age", "in: [16, 19]", NOT_MET),
    ("2004-02", "2022-02-15", "patient.age", "at_least: 18, at_most: 18", UNKNOWN),
    ("2004-02", "2022-02-15", "patient.age", "more_than: 16, less_than: 19", MET),
    # Each is met by one of the two numbers, and both by neither.
    ("2004-02", "2022-02-15", "patient.age", "at_least: 18, in: [17, 19]", NOT_MET),
    ("2004-02", "2022-02-15", "patient.age", "at_most: 17, in: [16, 18]", NOT_MET),
    ("2004-02", "2022-02-15", "patient.age", "at_least: 18, in: [17, 18]", UNKNOWN),
    ("2022-03-01", "2022-02-28", "patient.age", "is: -1", MET),
    ("2022-03-01", "2022-02-28", "patient.age", "less_than: 0", MET),
]  # fmt: skip


@pytest.mark.parametrize(("born", "on", "name", "comparisons", "expected"), DERIVED)
def test_an_age_is_known_as_far_as_the_birth_date_is(
    born: str, on: str, name: str, comparisons: str, expected: Truth
) -> None:
    assert truth(fact(name, comparisons), f"{{patient.birth_date: '{born}'}}", on) is expected


@pytest.mark.parametrize(
    ("comparisons", "expected"),
    [
        ("at_least: 9999", MET),
        ("more_than: 9999", MET),
        ("at_most: 9999", NOT_MET),
        ("less_than: 9999", NOT_MET),
        ("is: 0", NOT_MET),
        ("in: [0, 1]", NOT_MET),
        ("at_least: 5, at_most: 10", NOT_MET),
        ("at_least: 5, more_than: 7", MET),
    ],
)
def test_a_number_derived_from_never_is_beyond_every_limit(comparisons: str, expected: Truth) -> None:
    assert facts_of({"quit.date": "never"}, DAY)["quit.years"] is NEVER
    assert truth(fact("quit.years", comparisons), "{quit.date: never}") is expected
    assert truth(fact("scan.months", comparisons), "{scan.last: never}") is expected


def test_a_stated_number_does_not_make_its_date_known() -> None:
    assert truth(fact("patient.age", "at_least: 18"), "{patient.age: 18}") is MET
    assert truth(fact("patient.birth_date", "before: 2030-01-01"), "{patient.age: 18}") is UNKNOWN


def test_what_the_claim_says_is_facts() -> None:
    service: dict[str, Any] = {"service": {"cpt": "64714", "modifiers": ["RT"], "place": "21"}}
    service["diagnoses"] = {"icd10cm": ["F17.21"]}
    for name, meets, misses in (
        ("service.code", 'is: {cpt: "64714"}', 'in: {cpt: ["64715-64720"]}'),
        ("service.modifiers", 'has_any: ["RT", "LT"]', 'has_all: ["RT", "LT"]'),
        ("service.place", 'in: ["21", "22"]', 'is: "11"'),
        ("claim.diagnoses", 'has_any: {icd10cm: ["F17-"]}', 'has_any: {icd10cm: ["F18-"]}'),
    ):
        assert truth(fact(name, meets), "{}", **service) is MET
        assert truth(fact(name, misses), "{}", **service) is NOT_MET
        assert truth(fact(name, meets), "{}") is UNKNOWN
    assert truth(fact("service.modifiers", 'has_any: ["RT"]'), "{}", service={"modifiers": []}) is NOT_MET


# Three facts of a boolean, one of each truth.
LEAVES = {
    MET: "{fact: visit.count, is: 1}",
    NOT_MET: "{fact: visit.count, is: 2}",
    UNKNOWN: "{fact: surgery.urgent, is: true}",
}
SHORT = {"t": MET, "f": NOT_MET, "u": UNKNOWN}
CONNECTIVES = [
    ("all", "t", "t"), ("all", "f", "f"), ("all", "u", "u"),
    ("all", "tt", "t"), ("all", "tf", "f"), ("all", "tu", "u"), ("all", "fu", "f"), ("all", "uf", "f"), ("all", "uu", "u"), ("all", "utf", "f"),
    ("any", "t", "t"), ("any", "f", "f"), ("any", "u", "u"),
    ("any", "ff", "f"), ("any", "tf", "t"), ("any", "fu", "u"), ("any", "tu", "t"), ("any", "ut", "t"), ("any", "uu", "u"), ("any", "uft", "t"),
    ("none", "t", "f"), ("none", "f", "t"), ("none", "u", "u"),
    ("none", "ff", "t"), ("none", "ft", "f"), ("none", "fu", "u"), ("none", "ut", "f"), ("none", "tu", "f"), ("none", "uu", "u"),
    ("1", "t", "t"), ("1", "f", "f"), ("1", "u", "u"), ("1", "fu", "u"), ("1", "ut", "t"),
    ("2", "tt", "t"), ("2", "tf", "f"), ("2", "tu", "u"), ("2", "uu", "u"), ("2", "ttu", "t"), ("2", "tfu", "u"), ("2", "ffu", "f"),
    ("2", "fuu", "u"), ("2", "fft", "f"), ("2", "utt", "t"), ("3", "ttt", "t"), ("3", "ttf", "f"), ("3", "ttu", "u"), ("3", "uuf", "f"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "parts", "expected"), CONNECTIVES)
def test_each_connective_has_three_values(operator: str, parts: str, expected: str) -> None:
    listed = f"[{', '.join(LEAVES[SHORT[each]] for each in parts)}]"
    criterion = f"{{count_at_least: {operator}, of: {listed}}}" if operator.isdigit() else f"{{{operator}: {listed}}}"
    assert truth(criterion, "{visit.count: 1}") is SHORT[expected]


def test_a_finding_has_the_value_of_its_fact_and_the_findings_of_its_parts() -> None:
    criterion = criterion_of(
        data_in(
            "{all: [{fact: visit.count, is: 2}, {fact: surgery.urgent, is: true}, {fact: patient.age, at_least: 18}]}"
        )
    )
    facts = facts_of({"visit.count": 1, "patient.birth_date": "2004-02"}, "2022-02-15")
    finding = explained(criterion, facts, day("2022-02-15"))
    assert (finding.truth, finding.value) == (NOT_MET, None)
    # Every part is found, also those after the one that decides.
    assert [(part.truth, part.value) for part in finding.parts] == [
        (NOT_MET, 1),
        (UNKNOWN, None),
        (UNKNOWN, CountRange(17, 18)),
    ]


def test_a_truth_is_no_bool() -> None:
    for each in Truth:
        with pytest.raises(TypeError, match="three values"):
            bool(each)


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "surgery.urgent": st.booleans() | st.none(),
        "visit.count": st.integers(0, 3),
        "pain.level": st.sampled_from(["mild", "moderate", "severe"]),
        "tests.done": st.lists(st.sampled_from(["mri", "ct", "emg-ncs"]), unique=True),
        "quit.date": st.sampled_from(["never", "2024", "2025-01", "2025-01-15", "2026-02-01"]),
        "patient.birth_date": st.sampled_from(["2008", "2008-01", "2008-01-15"]),
        "prior.codes": st.sampled_from([{}, {"cpt": ["64714"]}, {"icd10cm": ["F17.2"]}]),
    },
)
ANY_LEAF = st.sampled_from(
    [
        {"fact": "surgery.urgent", "is": True},
        {"fact": "visit.count", "at_least": 2},
        {"fact": "visit.count", "in": [0, 3]},
        {"fact": "pain.level", "in": ["mild", "severe"]},
        {"fact": "tests.done", "has_any": ["mri", "ct"]},
        {"fact": "tests.done", "has_all": ["mri", "ct"]},
        {"fact": "quit.date", "within_last": "1 year"},
        {"fact": "quit.date", "before": "2025-01-15"},
        {"fact": "quit.years", "at_least": 1},
        {"fact": "patient.age", "at_least": 18},
        {"fact": "patient.age", "in": [17, 18]},
        {"fact": "prior.codes", "has_any": {"icd10cm": ["F17-"]}},
    ]
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(inner, min_size=1, max_size=4)
    counted = parts.flatmap(lambda of: st.integers(1, len(of)).map(lambda count: {"count_at_least": count, "of": of}))
    return st.one_of([parts.map(lambda of, word=word: {word: of}) for word in ("all", "any", "none")] + [counted])  # type: ignore[misc]


def naively(finding: Finding, criterion: Any) -> Truth:
    """The truth of a criterion from those of its parts, by trying out every part that is unknown."""
    if not finding.parts:
        return finding.truth
    (operator,) = {"all", "any", "none", "count_at_least"} & criterion.keys()
    parts = [naively(*each) for each in zip(finding.parts, criterion.get("of") or criterion[operator], strict=True)]
    met, unknown = parts.count(MET), parts.count(UNKNOWN)
    needed = {"all": len(parts), "any": 1, "none": 0}.get(operator, criterion.get("count_at_least", 0))
    worlds = {(number == 0) if operator == "none" else (number >= needed) for number in range(met, met + unknown + 1)}
    return UNKNOWN if len(worlds) > 1 else MET if worlds.pop() else NOT_MET


@law(120)
@given(st.recursive(ANY_LEAF, composed, max_leaves=10), FACTS)
def test_deciding_and_explaining_agree_and_are_what_trying_out_gives(criterion: Any, facts: Any) -> None:
    finding = explained(criterion_of(criterion), facts_of(facts, DAY), day(DAY))
    assert finding.truth is naively(finding, criterion)
