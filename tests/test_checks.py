"""The house rules: where each is broken and where not, and the laws that hold of all of them.

The two examples on each rule's page are put to the check by tests/test_catalogue.py.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from textwrap import dedent
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import pytest
import strategies
from examples import law
from hypothesis import event, given
from hypothesis import strategies as st
from samples import (
    COVERED,
    FACTS,
    MARK,
    NAME,
    VOCABULARY,
    checked_in,
    coverage,
    decided,
    entry,
    library_of,
    policy,
    texts,
    when,
)

from policykit.assembly import holdings_from_data
from policykit.cases import check_cases, run_case
from policykit.checks import HOUSE_RULES, house_problems, library_problems
from policykit.checks.branches import each_within, written_criteria
from policykit.checks.facing import gaps, overlaps
from policykit.checks.long_quote import LONGEST
from policykit.checks.subject import Subject, Whole
from policykit.checks.wording import RUN, texts_of, words_of
from policykit.comparison import compile_comparisons
from policykit.document import Document
from policykit.library import Library
from policykit.shipped import POLICIES
from policykit.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oracle import Plain
    from strategies import Documents

    from policykit.checks.facing import Meeting
    from policykit.problems import Problem

TODAY: Final = date(2026, 1, 15)
RULES: Final = {each.rule.name: each for each in HOUSE_RULES}
CASES: Final = NAME.replace(".yaml", ".cases.yaml")


def looked_at(
    files: Mapping[str, str], *, today: date = TODAY, sources: Mapping[str, str] | None = None
) -> tuple[Whole, list[Subject]]:
    """A library of these texts as the rules look at it, and its policies; nothing else may be wrong with it."""
    checked = checked_in({name: text for name, text in files.items() if name != CASES})
    assert not checked.problems, [str(problem) for problem in checked.problems]
    library = Library(checked.holdings)
    stated, problems = check_cases(CASES, files[CASES].encode(), library) if CASES in files else ((), ())
    assert not problems, [str(problem) for problem in problems]
    subjects = [
        Subject(
            policy=each,
            document=checked.documents[f"{each.id}.yaml"],
            timeline=library.timeline(each.id),
            vocabulary=library.vocabulary,
            results=tuple(run_case(case, library) for case in stated),
            today=today,
            sources=sources or {},
        )
        for each in library.policies.values()
    ]
    whole = Whole(vocabulary=library.vocabulary, documents=checked.documents, policies=library.policies)
    return whole, subjects


def of_data(found: Documents) -> tuple[Whole, Subject]:
    """The same of plain data, whose documents have no lines."""
    facts, stated = found
    data = {
        "facts.yaml": facts,
        "payers.yaml": strategies.PAYERS,
        "codes.yaml": strategies.CODES,
        f"{strategies.POLICY}.yaml": stated,
    }
    holdings = holdings_from_data(data)
    documents = {name: Document(name=name, data=each) for name, each in data.items()}
    (one,) = holdings.policies.values()
    subject = Subject(
        policy=one,
        document=documents[f"{one.id}.yaml"],
        timeline=Timeline(one),
        vocabulary=holdings.vocabulary,
        results=(),
        today=TODAY,
        sources={},
    )
    return Whole(vocabulary=holdings.vocabulary, documents=documents, policies=holdings.policies), subject


def at(data: Any, path: str) -> Any:
    """What a path leads to."""
    for step in path.split("."):
        data = data[int(step)] if isinstance(data, list) else data[step]
    return data


def found(rule: str, files: Mapping[str, str] | str, **more: Any) -> list[Problem]:
    """Where a rule is broken by a library, or by one policy over the sample vocabulary."""
    whole, subjects = looked_at(texts(files) if isinstance(files, str) else files, **more)
    house = RULES[rule]
    problems = [problem for each in subjects if house.of_policy for problem in house.of_policy(each)]
    problems += house.of_library(whole) if house.of_library else ()
    assert {problem.rule for problem in problems} <= {rule}
    return problems


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the line and column, from 1, where each stood."""
    places: list[tuple[int, int]] = []
    while MARK in text:
        before, _, after = text.partition(MARK)
        places.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
        text = before + after
    return text, places


def agrees(rule: str, text: str, **more: Any) -> list[Problem]:
    """That a rule is broken by a policy where the marks stand, and nowhere else."""
    plain, places = marked(text)
    problems = found(rule, plain, **more)
    assert sorted((each.where.line, each.where.column) for each in problems) == places, [str(each) for each in problems]
    return problems


# no-cite

CITED: Final = "cite: Section B, "
UNCITED: Final = [
    pytest.param(when("⌖{fact: patient.age, at_least: 18}"), id="a comparison by itself"),
    pytest.param(when("{fact: patient.age, at_least: 18, cite: Section B}"), id="with its own"),
    pytest.param(
        coverage("""\
        - {outcome: covered, cite: Section B, when: {fact: patient.age, at_least: 18}}
        - {outcome: not-covered}
        """),
        id="the statement cites its one comparison",
    ),
    pytest.param(
        coverage("""\
        - outcome: covered
          cite: Section B
          when: {all: [⌖{fact: patient.age, at_least: 18}, {fact: visit.count, at_least: 1, cite: Section B1}]}
        - {outcome: not-covered}
        """),
        id="the statement does not cite the parts",
    ),
    pytest.param(
        coverage("""\
        - outcome: covered
          cite: Section B
          when: {all: [⌖{any: [{fact: patient.age, at_least: 18}, {fact: visit.count, at_least: 1}]}]}
        - {outcome: not-covered}
        """),
        id="the outermost of the parts is told",
    ),
    pytest.param(
        when("⌖{all: [{any: [{fact: patient.age, at_least: 18}]}, {fact: visit.count, at_least: 1}]}"),
        id="all of it is told once",
    ),
    pytest.param(
        when("{all: [{any: [{fact: patient.age, at_least: 18}]}, {fact: visit.count, at_least: 1}], cite: Section B}"),
        id="what stands within a cited one is cited",
    ),
    pytest.param(
        when("{any: [{fact: patient.age, at_least: 18, cite: A}, {fact: visit.count, at_least: 1, cite: B}]}"),
        id="a group is cited by its parts",
    ),
    pytest.param(
        when("{any: [{none: [⌖{fact: patient.age, at_least: 18}, {fact: visit.count, is: 1, cite: B}]}]}"),
        id="deep inside",
    ),
    pytest.param(
        when("{use: grown-up}", top="criteria: {grown-up: {fact: patient.age, at_least: 18, cite: Section A}}"),
        id="cited where it is defined",
    ),
    pytest.param(
        when("{use: grown-up, cite: Section A}", top="criteria: {grown-up: {fact: patient.age, at_least: 18}}"),
        id="cited where it is used",
    ),
    pytest.param(
        when("{all: [⌖{use: grown-up}, {use: grown-up, cite: A}]}", top="criteria: {grown-up: {fact: patient.age, is: 18}}"),
        id="told where it is used without",
    ),
    pytest.param(
        when(
            "{any: [{use: both}, {none: [{use: both}]}]}",
            top="criteria: {both: {all: [⌖{fact: patient.age, is: 1}, {fact: visit.count, is: 1, cite: B}]}}",
        ),
        id="a part of a definition is told once",
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", UNCITED)
def test_a_criterion_is_found_in_the_source(text: str) -> None:
    agrees("no-cite", text)


@given(strategies.documents())
@law(40)
def test_whoever_cites_every_criterion_that_is_told_is_told_no_more(document: Documents) -> None:
    facts, stated = document
    for _ in range(2):
        _, subject = of_data((facts, stated))
        problems = list(RULES["no-cite"].of_policy(subject)) if RULES["no-cite"].of_policy else []
        event(f"{min(len(problems), 5)} to cite")
        stated = strategies.copied(stated)
        for each in problems:
            node = at(stated, each.where.path)
            assert "cite" not in node
            node["cite"] = "Section B"
    assert not problems


# unused-fact


def test_a_fact_is_used_by_a_criterion_or_by_a_number_that_follows_from_it() -> None:
    facts = dedent("""\
        format: 1
        facts:
          patient.birth_date: {type: date, ask: When was the patient born?}
          patient.age: {type: integer, ask: How old?, derived: {whole_years_since: patient.birth_date}}
          ⌖scan.last: {type: date, ask: When was the last scan?}
          ⌖scan.months: {type: integer, ask: How long ago?, derived: {whole_months_since: scan.last}}
          surgery.urgent: {type: boolean, ask: Is it urgent?}
          visit.count: {type: integer, ask: How many visits?}
        """)
    plain, places = marked(facts)
    top = "criteria: {urgent: {fact: surgery.urgent, is: true}, often: {none: [{fact: visit.count, at_least: 9}]}}"
    text = when("{all: [{fact: patient.age, at_least: 18}, {use: urgent}]}", top=top)
    problems = found("unused-fact", texts(text, facts=plain))
    assert [(each.where.line, each.where.column) for each in problems] == places
    assert problems[0].message == "no criterion of any policy asks for `scan.last`"
    assert problems[0].where.file == "facts.yaml"


def test_a_fact_that_one_of_several_policies_asks_for_is_used() -> None:
    facts = "format: 1\nfacts: {visit.count: {type: integer, ask: How many?}}"
    other = COVERED.replace("acme/p1", "acme/p2").replace("64714", "64715")
    files = texts(when("{fact: visit.count, at_least: 1}"), facts=facts)
    assert not found("unused-fact", {**files, "acme/p2.yaml": other})
    more = facts.replace("facts: {", "facts: {visit.days: {type: integer, ask: How many?}, ")
    assert found("unused-fact", {**files, "facts.yaml": more, "acme/p2.yaml": other})


def test_facts_of_a_library_without_any_criterion_are_there_to_begin_with() -> None:
    assert not found("unused-fact", texts(COVERED))


# unreachable-statement

UNREACHABLE: Final = [
    pytest.param(
        """\
        - {outcome: covered, when: {fact: patient.age, at_least: 18}}
        - {outcome: not-covered, when: {fact: patient.age, less_than: 18}}
        - ⌖{outcome: deferred, to: the reviewer}
        """,
        id="everything is taken above the last",
    ),
    pytest.param(
        """\
        - {outcome: covered, when: {fact: surgery.urgent, in: [true, false]}}
        - ⌖{outcome: not-covered, when: {fact: patient.age, at_least: 18}}
        - ⌖{outcome: not-covered}
        """,
        id="it takes whatever there is",
    ),
    pytest.param(
        """\
        - outcome: covered
          when: {all: [{fact: pain.level, is: mild}, {fact: patient.age, at_least: 18}]}
        - {outcome: not-covered, when: {fact: pain.level, is: mild}}
        - {outcome: covered}
        """,
        id="the narrower one first",
    ),
    pytest.param(
        """\
        - ⌖outcome: covered
          when: {all: [{fact: pain.level, is: mild}, {fact: pain.level, is: severe}]}
        - {outcome: not-covered}
        """,
        id="it contradicts itself",
    ),
    pytest.param(
        """\
        - {outcome: covered, when: {fact: patient.birth_date, at_least_ago: 18 years}}
        - ⌖{outcome: not-covered, when: {fact: patient.age, at_least: 18}}
        - {outcome: deferred, to: the reviewer}
        """,
        id="a number that follows from the same date",
    ),
    pytest.param(
        """\
        - outcome: covered
          when:
            all: [{fact: patient.birth_date, on_or_after: 2015-01-01}, {fact: patient.age, at_least: 18}]
        - {outcome: not-covered}
        """,
        id="reached only years after the revision took effect",
    ),
    pytest.param("- {outcome: covered}", id="the only one"),
    pytest.param(
        """\
        - {outcome: covered, when: {fact: patient.age, at_least: 18}}
        - {outcome: not-covered, when: {fact: patient.age, less_than: 18}}
        - {outcome: not-addressed}
        """,
        id="the source divides everything, and nothing is left to be silent of",
    ),
    pytest.param(
        """\
        - {outcome: covered, when: {fact: surgery.urgent, in: [true, false]}}
        - ⌖{outcome: not-addressed}
        """,
        id="one criterion that is always met",
    ),
]


@pytest.mark.parametrize("statements", UNREACHABLE)
def test_a_statement_decides_some_case(statements: str) -> None:
    agrees("unreachable-statement", coverage(dedent(statements)))


@pytest.mark.parametrize(
    ("criterion", "case"),
    [
        ("{fact: quit.date, longer_ago_than: 1 month, within_last: 30 days}", "quit.date: 2020-01-31"),
        ("{fact: quit.date, at_least_ago: 1 month, within_last: 29 days}", "quit.date: 2020-02-01"),
        (
            "{all: [{fact: patient.months, at_least: 1}, {fact: patient.birth_date, within_last: 30 days}]}",
            "patient.birth_date: 2020-01-31",
        ),
        (
            "{all: [{fact: scan.months, is: 0}, {fact: scan.last, after: date_of_service}]}",
            "scan.last: 2020-03-02",
        ),
    ],
)
def test_a_statement_that_is_reached_only_where_a_month_is_short_or_not_over_is_not_told(
    criterion: str, case: str
) -> None:
    text = when(criterion).replace("effective: 2020-01-01", "effective: 2019-12-31\n    through: 2021-12-31")
    assert not found("unreachable-statement", text)
    assert decided(library_of(text), f"{{{case}}}", date_of_service="2020-03-01").outcome == "covered"


def test_spans_that_only_the_last_days_of_a_month_were_tried_for_are_not_told() -> None:
    text = when("{fact: quit.date, at_least_ago: 1 month, within_last: 1 month}")
    text = text.replace("effective: 2020-01-01", "effective: 2020-03-31\n    through: 2020-05-31")
    assert not found("unreachable-statement", text)
    assert decided(library_of(text), "{quit.date: 2020-03-10}", date_of_service="2020-04-10").outcome == "covered"


@pytest.mark.parametrize(
    ("one", "other"),
    [("longer_ago_than: 12 months", "within_last: 1 year"), ("at_least_ago: 8 days", "within_last: 1 week")],
)
def test_spans_of_one_sort_are_told(one: str, other: str) -> None:
    text = when(f"{{all: [{{fact: quit.date, {one}}}, {{fact: quit.date, {other}}}]}}")
    assert len(found("unreachable-statement", text)) == 1


def test_where_criteria_name_more_days_than_are_tried_nothing_is_told() -> None:
    statements = "".join(
        f"- {{outcome: deferred, to: reviewer {year}, when: {{fact: quit.date, on_or_after: {year}-01-01, "
        f"before: {year}-01-02, at_least_ago: {year - 2018} days, within_last: {year - 2000} days}}}}\n"
        for year in range(2020, 2029)
    )
    text = coverage(f"{statements}- {{outcome: not-covered}}\n")
    assert not found("unreachable-statement", text)
    assert decided(library_of(text), "{quit.date: 2028-01-01}", date_of_service="2028-01-15").to == "reviewer 2028"


@given(strategies.switchboards())
@law(60)
def test_a_statement_is_told_exactly_if_no_way_to_tell_its_facts_leads_to_it(
    board: tuple[Documents, list[Plain]],
) -> None:
    document, ways = board
    _, subject = of_data(document)
    of_policy = RULES["unreachable-statement"].of_policy
    assert of_policy is not None
    told = {each.where.path for each in of_policy(subject)}
    library = Library(
        holdings_from_data(
            {
                "facts.yaml": document[0],
                "payers.yaml": strategies.PAYERS,
                "codes.yaml": strategies.CODES,
                f"{strategies.POLICY}.yaml": document[1],
            }
        )
    )
    decided = {library.decide(case).number for case in ways}
    (service,) = document[1]["history"][0]["services"]
    numbers = range(1, len(service["coverage"]) + 1)
    event(f"{len(told)} of {len(numbers)}")
    assert told == {f"history.0.services.0.coverage.{each - 1}" for each in numbers if each not in decided}


# uncovered-criterion

ADULTS: Final = coverage("""\
- {outcome: covered, when: {fact: patient.age, at_least: 18}}
- {outcome: not-covered}
""")


def with_cases(text: str, *cases: str) -> dict[str, str]:
    """A policy with cases for it on one day, each with these facts."""
    each = '  - {{case: "{}", date_of_service: 2025-03-04, service: {{cpt: "64714"}}, facts: {{{}}}}}\n'
    listed = "".join(each.format(number, facts) for number, facts in enumerate(cases))
    return texts(text) | {CASES: f"format: 1\npolicy: acme/p1\ncases:\n{listed}"}


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        (["patient.age: 18", "patient.age: 17", ""], []),
        (["patient.age: 18", "patient.age: 17"], ["no case shows this criterion not known"]),
        (
            ["patient.age: 18"],
            [
                "no case shows this criterion not met or not known",
                "no case shows this statement as the one that decides",
            ],
        ),
        (
            [""],
            [
                "no case shows this statement as the one that decides",
                "no case shows this criterion met or not met",
                "no case shows this statement as the one that decides",
            ],
        ),
    ],
)
def test_cases_show_every_truth_of_a_criterion_and_every_statement_deciding(cases: list[str], told: list[str]) -> None:
    problems = found("uncovered-criterion", with_cases(ADULTS, *cases))
    assert [each.message for each in sorted(problems, key=lambda each: each.where.path)] == told


def test_a_policy_without_cases_is_told_once() -> None:
    (problem,) = found("uncovered-criterion", ADULTS)
    assert (problem.message, problem.where.path) == ("no case is put to this policy", "history.0")
    assert not found("uncovered-criterion", with_cases(coverage("- {outcome: covered}"), ""))


def test_what_no_case_could_show_is_not_asked_for() -> None:
    text = when("{any: [{fact: surgery.urgent, is: true}, {fact: surgery.urgent, is: false}]}")
    problems = found("uncovered-criterion", with_cases(text, "surgery.urgent: true", "surgery.urgent: false", ""))
    assert not problems


def test_a_named_criterion_is_told_once() -> None:
    top = "criteria: {both: {all: [{fact: patient.age, at_least: 18}, {fact: visit.count, is: 1}]}}"
    text = coverage(
        """\
        - {outcome: covered, when: {all: [{use: both}, {fact: surgery.urgent, is: true}]}}
        - {outcome: not-covered, when: {use: both}}
        - {outcome: covered}
        """,
        top=top,
    )
    places = [str(each.where) for each in found("uncovered-criterion", with_cases(text, ""))]
    assert len(places) == len(set(places))


def test_a_large_policy_that_shows_little_is_told_in_one_sentence() -> None:
    parts = ", ".join(f"{{fact: visit.count, is: {number}}}" for number in range(600))
    (problem,) = found("uncovered-criterion", with_cases(when(f"{{any: [{parts}]}}"), "visit.count: 5"))
    assert problem.where.path == "history.0"
    assert problem.message.startswith("the cases show ")


# threshold-gap and threshold-overlap

NUMBER, WHOLE, DAY = "patient.weight", "visit.count", "scan.last"
# A fact, two comparisons of it, and what lies between them or in both.
GAPS: Final = [
    (NUMBER, "at_most: 14", "at_least: 15", "above 14 and below 15"),
    (NUMBER, "less_than: 15", "more_than: 15", "15"),
    (NUMBER, "less_than: 15", "at_least: 15", None),
    (NUMBER, "at_most: 15", "more_than: 15", None),
    (NUMBER, "less_than: 14", "more_than: 15", "from 14 and up to 15"),
    (NUMBER, "at_most: 24.9", "at_least: 25", "above 24.9 and below 25"),
    (NUMBER, "at_most: 24.5", "at_least: 25", None),
    (NUMBER, "at_most: 24.95", "more_than: 24.96", "above 24.95 and up to 24.96"),
    (NUMBER, "at_most: 14.0", "at_least: 15.0", "above 14 and below 15"),
    (NUMBER, "at_most: 5", "at_least: 65", None),
    (NUMBER, "at_least: 15", "at_least: 15", None),
    (NUMBER, "at_least: 5, at_most: 14", "at_least: 15", "above 14 and below 15"),
    (WHOLE, "at_most: 14", "at_least: 15", None),
    (WHOLE, "less_than: 15", "more_than: 15", "15"),
    (WHOLE, "at_most: 14", "more_than: 15", "15"),
    (WHOLE, "at_most: 13", "at_least: 16", None),
    (WHOLE, "less_than: 15", "more_than: 14", None),
    ("quit.years", "less_than: 15", "more_than: 15", "15"),
    (DAY, "before: 2024-03-01", "after: 2024-03-01", "2024-03-01"),
    (DAY, "before: 2024-03-01", "on_or_after: 2024-03-01", None),
    (DAY, "on_or_before: 2024-02-28", "on_or_after: 2024-03-01", "2024-02-29"),
    (DAY, "on_or_before: 2023-02-28", "on_or_after: 2023-03-01", None),
    (DAY, "before: date_of_service", "after: date_of_service", "the date of service"),
    (DAY, "within_last: 90 days", "longer_ago_than: 91 days", "exactly 91 days before the date of service"),
    (DAY, "within_last: 12 weeks", "at_least_ago: 85 days", None),
    (DAY, "within_last: 11 months", "at_least_ago: 1 year",
     "longer than 11 months and less than 1 year before the date of service"),
    (DAY, "within_last: 4 years", "longer_ago_than: 5 years",
     "longer than 4 years and at most 5 years before the date of service"),
    (DAY, "within_last: 1 year", "longer_ago_than: 12 months", None),
    (DAY, "within_last: 3 months", "at_least_ago: 1 year", None),
    (DAY, "within_last: 11 months", "at_least_ago: 365 days", None),
]  # fmt: skip
OVERLAPS: Final = [
    (NUMBER, "at_most: 15", "at_least: 15", "15"),
    (NUMBER, "at_most: 15.5", "at_least: 15.50", "15.5"),
    (NUMBER, "less_than: 15", "at_least: 15", None),
    (NUMBER, "at_most: 16", "at_least: 15", None),
    (NUMBER, "at_least: 65", "at_least: 18", None),
    (WHOLE, "at_most: 15", "at_least: 15", "15"),
    (WHOLE, "less_than: 16", "more_than: 14", "15"),
    (WHOLE, "at_most: 16", "at_least: 15", None),
    (WHOLE, "is: 15", "at_least: 15", None),
    ("quit.years", "at_most: 15", "at_least: 15", "15"),
    (DAY, "on_or_before: 2024-02-29", "on_or_after: 2024-02-29", "2024-02-29"),
    (DAY, "on_or_before: date_of_service", "on_or_after: date_of_service", "the date of service"),
    (DAY, "within_last: 12 months", "at_least_ago: 1 year", "exactly 1 year before the date of service"),
    (DAY, "within_last: 5 months", "at_least_ago: 5 months", "exactly 5 months before the date of service"),
    (DAY, "within_last: 12 months", "longer_ago_than: 1 year", None),
    (DAY, "within_last: 84 days", "at_least_ago: 12 weeks", "exactly 84 days before the date of service"),
    (DAY, "within_last: 84 days", "at_least_ago: 83 days", None),
    (DAY, "within_last: 365 days", "at_least_ago: 1 year", None),
]  # fmt: skip
MEETING: Final = [("threshold-gap", *each) for each in GAPS] + [("threshold-overlap", *each) for each in OVERLAPS]


def in_statements(fact: str, one: str, other: str) -> str:
    return coverage(f"""\
- {{outcome: covered, when: {{fact: {fact}, {one}}}}}
- {{outcome: deferred, to: the reviewer, when: {{fact: {fact}, {other}}}}}
- {{outcome: not-covered}}
""")


def in_parts(fact: str, one: str, other: str) -> str:
    return when(f"{{none: [{{any: [{{fact: {fact}, {one}}}, {{fact: {fact}, {other}}}]}}]}}")


@pytest.mark.parametrize(("rule", "fact", "one", "other", "told"), MEETING)
def test_limits_that_face_each_other_leave_nothing_out_and_share_nothing(
    rule: str, fact: str, one: str, other: str, told: str | None
) -> None:
    opposite = "threshold-overlap" if rule == "threshold-gap" else "threshold-gap"
    for written in (in_statements, in_parts):
        for first, second in ((one, other), (other, one)):
            problems = found(rule, written(fact, first, second))
            assert len(problems) == (told is not None), [str(each) for each in problems]
            assert all(each.message.startswith(f"`{fact}` ") for each in problems)
            assert all(f" where it is {told}: " in each.message for each in problems)
            assert told is None or not found(opposite, written(fact, first, second))


@pytest.mark.parametrize("rule", ["threshold-gap", "threshold-overlap"])
def test_both_limits_are_told_with_where_they_stand(rule: str) -> None:
    upper = "less_than: 15" if rule == "threshold-gap" else "at_most: 15"
    lower = "more_than: 15" if rule == "threshold-gap" else "at_least: 15"
    (problem,) = found(rule, in_statements(WHOLE, upper, lower))
    assert problem.message.endswith(f": `{lower}` stands here, `{upper}` on line 17")
    assert (problem.where.line, problem.where.column) == (18, 57)


ELSEWHERE: Final = [
    pytest.param(
        "threshold-gap",
        when("{all: [{any: [{fact: patient.weight, at_most: 14}]}, {any: [{fact: patient.weight, at_least: 15}]}]}"),
        id="the parts of an `all` divide nothing",
    ),
    pytest.param(
        "threshold-gap",
        when(
            "{any: [{all: [{fact: patient.weight, at_least: 5}, ⌖{fact: patient.weight, at_most: 14}]},"
            " {all: [{fact: visit.count, is: 1}, {any: [{fact: patient.weight, at_least: 15}]}]}]}"
        ).replace("⌖", "").replace("{fact: patient.weight, at_least: 15}", "⌖{fact: patient.weight, at_least: 15}"),
        id="limits deeper within the parts",
    ),
    pytest.param(
        "threshold-gap",
        when("{any: [{fact: patient.weight, at_most: 14}, {fact: patient.weight, at_least: 15}, {fact: patient.weight, at_least: 9, at_most: 19}]}"),
        id="something else takes it in",
    ),
    pytest.param(
        "threshold-gap",
        when("{any: [{fact: visit.count, at_most: 14}, {fact: visit.count, more_than: 15}, {fact: visit.count, in: [3, 15]}]}"),
        id="a listed value takes it in",
    ),
    pytest.param(
        "threshold-gap",
        when("{any: [{none: [{fact: patient.weight, more_than: 14}]}, ⌖{fact: patient.weight, at_least: 15}]}"),
        id="a limit within `none` is turned round",
    ),
    pytest.param(
        "threshold-gap",
        when("{any: [{none: [{fact: patient.weight, at_least: 14}]}, {fact: patient.weight, at_least: 14}]}"),
        id="nothing is left between a limit and the same in `none`",
    ),
    pytest.param(
        "threshold-overlap",
        when("{any: [{all: [{fact: patient.weight, at_least: 15}, {fact: patient.weight, at_most: 15}]}, {fact: patient.weight, at_least: 15}]}"),
        id="one value alone lies within, and faces nothing",
    ),
    pytest.param(
        "threshold-overlap",
        coverage("""\
        - {outcome: covered, when: {any: [{fact: patient.weight, at_most: 15}, ⌖{fact: patient.weight, at_least: 15}]}}
        - {outcome: not-covered}
        """),
        id="told once, of the parts and not of the statement",
    ),
    pytest.param(
        "threshold-gap",
        when(
            "{all: [{use: range}, {any: [{use: range}, {fact: visit.count, is: 1}]}]}",
            top="criteria: {range: {any: [{fact: patient.weight, at_most: 14}, ⌖{fact: patient.weight, at_least: 15}]}}",
        ),
        id="of a named criterion, told once",
    ),
    pytest.param(
        "threshold-gap",
        when(
            "{any: [{use: light}, ⌖{use: heavy}]}",
            top="criteria: {light: {fact: patient.weight, at_most: 14}, heavy: {fact: patient.weight, at_least: 15}}",
        ),
        id="of named comparisons, told where they are used",
    ),
    pytest.param(
        "threshold-gap",
        when("{any: [{fact: patient.weight, at_most: 14}, {fact: visit.count, at_least: 15}]}"),
        id="of two facts",
    ),
    pytest.param(
        "threshold-gap",
        when("{count_at_least: 1, of: [{fact: patient.weight, at_most: 14}, {fact: patient.weight, at_least: 15}]}"),
        id="parts that are counted divide nothing",
    ),
    pytest.param(
        "threshold-overlap",
        when(
            "{any: [{all: [{fact: patient.weight, at_least: 15}, {fact: patient.weight, at_most: 15}]},"
            " {fact: patient.weight, at_most: 15}]}"
        ),
        id="one value alone, at the other end",
    ),
    pytest.param(
        "threshold-gap",
        when(
            "{any: [{none: [{fact: visit.count, at_least: 15}, {fact: visit.count, less_than: 5}]},"
            " ⌖{fact: visit.count, more_than: 15}]}"
        ),
        id="all limits within `none` hold together",
    ),
    pytest.param(
        "threshold-gap",
        when(
            "{any: [{all: [{use: range}, {fact: visit.count, is: 1}]}, {all: [{use: range}, {fact: visit.count, is: 2}]}]}",
            top="criteria: {range: {any: [{fact: patient.weight, at_most: 14}, ⌖{fact: patient.weight, at_least: 15}]}}",
        ),
        id="of a named criterion that stands in two parts, told once",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text"), ELSEWHERE)
def test_which_limits_belong_together(rule: str, text: str) -> None:
    agrees(rule, text)


def test_limits_of_two_services_and_of_two_revisions_do_not_belong_together() -> None:
    part = "services: [{{service: {}, codes: {{cpt: [{}]}}, coverage: [{{outcome: covered, when: {{fact: patient.weight, {}}}}}, {{outcome: not-covered}}]}}]"
    light, heavy = part.format("Light", '"64714"', "at_most: 14"), part.format("Heavy", '"64715"', "at_least: 15")
    both = light.removesuffix("]") + ", " + heavy.removeprefix("services: [")
    first = entry("first", "new", "2020-01-01", "none")
    assert not found("threshold-gap", policy(f"{first}  {both}\n"))
    second = entry("second", "criteria", "2021-01-01", "none")
    assert not found("threshold-gap", policy(f"{first}  {light}\n{second}  {heavy}\n"))


def limits(draw: Any, fact: str) -> str:
    match fact:
        case "scan.last":
            kind = draw(st.sampled_from(["day", "days ago"]))
            if kind == "day":
                day = date(2024, 2, 26) + timedelta(days=draw(st.integers(0, 6)))
                return f"{draw(st.sampled_from(['on_or_after', 'after', 'on_or_before', 'before']))}: {day}"
            operator = draw(st.sampled_from(["within_last", "at_least_ago", "longer_ago_than"]))
            return f"{operator}: {draw(st.integers(2, 6))} days"
        case _:
            number = draw(st.integers(0, 5))
            return f"{draw(st.sampled_from(['at_least', 'more_than', 'at_most', 'less_than']))}: {number}"


@st.composite
def divided(draw: Any) -> tuple[str, str]:
    """A fact, and a criterion that is `any` of a few limits of it."""
    fact = draw(st.sampled_from([WHOLE, NUMBER, DAY]))
    parts = [f"{{fact: {fact}, {limits(draw, fact)}}}" for _ in range(draw(st.integers(2, 4)))]
    return fact, f"{{any: [{', '.join(parts)}]}}"


@given(divided())
@law(60)
def test_what_is_said_to_be_left_out_or_shared_is(chosen: tuple[str, str]) -> None:
    """Held against evaluation, value by value; in days, halves and whole numbers."""
    fact, criterion = chosen
    _, (subject,) = looked_at(texts(when(criterion)))
    (root,) = written_criteria(subject.policy)
    leaves = [each for each in each_within([root]) if hasattr(each, "comparisons")]
    day = date(2024, 3, 4)
    values: list[Any] = {
        WHOLE: [*range(-3, 10)],
        NUMBER: [number / 2 for number in range(-6, 20)],
        DAY: [day - timedelta(days=number) for number in range(14, -1, -1)],
    }[fact]
    met_by = [[compile_comparisons(leaf.comparisons)(value, day) for leaf in leaves] for value in values]
    for gap in gaps(subject):
        inside = [value for value in values if is_inside(gap, value, day)]
        event(f"gap of {gap.scale.value}")
        assert inside
        # On a scale of dates, the other scale may take it in.
        if fact != DAY:
            assert not any(any(met_by[values.index(value)]) for value in inside)
    for shared in overlaps(subject):
        inside = [value for value in values if is_inside(shared, value, day)]
        event(f"overlap of {shared.scale.value}")
        assert inside
        assert all(sum(map(bool, met_by[values.index(value)])) > 1 for value in inside)
    if fact == WHOLE:
        alone = [
            values[position]
            for position, met in enumerate(met_by)
            if 0 < position < len(values) - 1
            and not any(met)
            and any(met_by[position - 1])
            and any(met_by[position + 1])
        ]
        assert alone == [int(gap.first[0]) for gap in gaps(subject)]


def is_inside(meeting: Meeting, value: Any, day: date) -> bool:
    """Whether a value lies between the two positions of a meeting, by another way than the module's."""
    (low, after_low), (high, after_high) = meeting.first, meeting.last
    match meeting.scale.value:
        case "day":
            number = value.toordinal()
        case "days ago":
            number = (day - value).days
        case _:
            number = value
    above = number > low if after_low else number >= low
    return bool(above and (number <= high if after_high else number < high))


# review-passed


@pytest.mark.parametrize(
    ("history", "today", "told"),
    [
        (entry("r1", "new", "2020-01-01", next_review="2026-01-14"), TODAY, True),
        (entry("r1", "new", "2020-01-01", next_review="2026-01-15"), TODAY, False),
        (entry("r1", "new", "2020-01-01"), TODAY, False),
        (
            entry("r1", "new", "2020-01-01", next_review="2021-01-01")
            + entry("r2", "review", "2025-01-01", "unchanged"),
            TODAY,
            False,
        ),
        (
            entry("r1", "new", "2020-01-01", next_review="2021-01-01")
            + entry("r2", "review", "2027-01-01", "unchanged", next_review="2028-01-01"),
            TODAY,
            False,
        ),
        (
            entry("r1", "new", "2020-01-01", next_review="2021-01-01") + entry("r2", "retired", "2025-01-01", "none"),
            TODAY,
            False,
        ),
        (
            entry("r1", "new", "2020-01-01") + entry("r2", "retired", "2025-01-01", "none", next_review="2025-06-01"),
            TODAY,
            False,
        ),
        (
            entry("r1", "new", "2020-01-01", next_review="2021-01-01")
            + entry("r2", "review", "2022-01-01", "unchanged")
            + entry("r3", "withdrawn", None, "none", withdraws="r2", known_from="2022-02-01"),
            TODAY,
            True,
        ),
        (entry("r1", "new", "2020-01-01", through="2020-12-31", next_review="2021-01-01"), TODAY, True),
    ],
)
def test_a_planned_review_has_not_passed(history: str, today: date, *, told: bool) -> None:
    problems = found("review-passed", policy(history), today=today)
    assert len(problems) == told
    assert all(each.where.path == "history.0.next_review" for each in problems)


# search-not-repeated


def searched(*entries: str) -> str:
    return policy("".join(entries), kind="no-determination")


@pytest.mark.parametrize(
    ("text", "today", "told"),
    [
        (searched(entry("s", "searched", "2024-02-29", "deferred")), "2025-02-28", None),
        (searched(entry("s", "searched", "2024-02-29", "deferred")), "2025-03-01", "effective"),
        (searched(entry("s", "searched", "2023-01-01", "deferred", known_from="2024-06-01")), "2025-06-01", None),
        (
            searched(entry("s", "searched", "2023-01-01", "deferred", known_from="2024-06-01")),
            "2025-06-02",
            "known_from",
        ),
        (
            searched(
                entry("s", "searched", "2023-01-01", "deferred"), entry("t", "searched", "2024-06-01", "unchanged")
            ),
            "2025-06-01",
            None,
        ),
        (
            searched(
                entry("s", "searched", "2023-01-01", "deferred"),
                entry("t", "correction", "2023-01-01", "deferred", replaces="s", known_from="2024-09-01"),
            ),
            "2025-06-01",
            "effective",
        ),
        (
            searched(entry("s", "searched", "2023-01-01", "deferred"), entry("t", "retired", "2024-01-01", "none")),
            "2025-06-01",
            None,
        ),
        (policy(entry("s", "new", "2020-01-01", "deferred")), "2025-06-01", None),
        (searched(entry("s", "searched", "9999-12-31", "deferred")), "2025-06-01", None),
    ],
)
def test_somebody_looked_again_for_a_determination(text: str, today: str, told: str | None) -> None:
    problems = found("search-not-repeated", text, today=date.fromisoformat(today))
    assert [each.where.path.rpartition(".")[2] for each in problems] == ([told] if told else [])


# code-expired

EXPIRING: Final = dedent("""\
    format: 1
    codes:
      cpt:
        "10001": {label: Ended, through: 2020-12-31}
        "10002": {label: Goes on}
        "10003": {label: Ended later, through: 2022-06-30}
        "1000T": {label: Of another form, through: 2019-12-31}
        "20001": {label: Will end, through: 2030-12-31}
      hcpcs:
        "G0297": {label: Ended, through: 2020-12-31}
    """)


def listing(codes: str, *, more: str = "", top: str = "") -> str:
    service = f"{{service: Operation, codes: {codes}, coverage: [{{outcome: covered}}]}}"
    return policy(f"{entry('r1', 'new', '2020-01-01', 'none')}  services: [{service}]\n{dedent(more)}", top=top)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (listing('{cpt: [⌖"10001", "10002", "99999"]}'), "`cpt 10001` ended on 2020-12-31, and the revision `r1` has no end"),
        (listing('{cpt: ["10002", "20001"]}'), None),
        (listing('{hcpcs: [⌖"G0297"], cpt: ["10002"]}'), "`hcpcs G0297` ended"),
        (listing('{cpt: [⌖"10001-10003"]}'), "`cpt 10001` ended"),
        (listing('{cpt: [⌖"10002-10009"]}'), "`cpt 10003` ended"),
        (listing('{cpt: ["10004-10009"]}'), None),
        (listing("{value_set: ⌖ours}", top='value_sets: {ours: {cpt: ["10001", "10002"]}}'), "`cpt 10001` ended"),
        (
            listing('{cpt: ["10001"]}', more=entry("r2", "codes", "2021-01-01")),
            None,
        ),
        (
            listing('{cpt: [⌖"10001"]}', more=entry("r2", "codes", "2021-01-02")),
            "`cpt 10001` ended on 2020-12-31, and the revision `r1` governs through 2021-01-01",
        ),
        (
            listing('{cpt: [⌖"10003"]}', more=entry("r2", "review", "2022-01-01", "unchanged")),
            "`cpt 10003` ended on 2022-06-30, and the revision `r2` has no end",
        ),
        (listing('{cpt: ["10003"]}', more=entry("r2", "retired", "2021-01-01", "none")), None),
        (
            listing(
                '{cpt: ["10001"]}',
                more=entry("r2", "correction", "2020-01-01", replaces="r1", known_from="2020-02-01"),
            ),
            None,
        ),
        (
            listing('{cpt: ["10001"]}', more=entry("r2", "withdrawn", None, "none", withdraws="r1", known_from="2020-02-01")),
            None,
        ),
    ],
)  # fmt: skip
def test_no_code_ends_before_the_revision_does(text: str, told: str | None) -> None:
    plain, places = marked(text)
    problems = found("code-expired", texts(plain, codes=EXPIRING))
    assert [(each.where.line, each.where.column) for each in problems] == places
    assert bool(problems) == (told is not None)
    assert all(each.message.startswith(str(told)) for each in problems)


def test_codes_of_another_form_and_those_of_a_retirement_are_not_told() -> None:
    assert not found("code-expired", texts(listing('{cpt: ["10004-10010"]}'), codes=EXPIRING))
    gone = entry("r2", "retired", "2022-01-01", "deferred").replace("64714", "10003")
    assert not found("code-expired", texts(listing('{cpt: ["10003"]}', more=gone), codes=EXPIRING))


def test_a_revision_that_is_to_come_lists_no_code_that_ends_before_it() -> None:
    files = texts(listing('{cpt: ["1000T"]}'), codes=EXPIRING)
    assert found("code-expired", files, today=date(2019, 6, 1))


def test_whether_a_code_has_ended_is_measured_against_the_day_of_the_check() -> None:
    files = texts(listing('{cpt: ["20001"]}'), codes=EXPIRING)
    assert not found("code-expired", files, today=date(2030, 12, 31))
    assert found("code-expired", files, today=date(2031, 1, 1))


# judgement-with-test


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("type: integer", "is of type integer"),
        ("type: number", "is of type number"),
        ("type: date", "is of type date"),
        ("type: integer, derived: {whole_years_since: patient.birth_date}", "follows from a date"),
        ("type: boolean", None),
        ("type: choice, values: {a: A, b: B}", None),
        ("type: codes", None),
    ],
)
def test_what_a_clinician_judges_is_not_measured(kind: str, told: str | None) -> None:
    fact = f"  knee.swelling: {{{kind}, ask: How is the knee?, judgement: true}}\n"
    problems = found("judgement-with-test", texts(COVERED, facts=FACTS + fact))
    assert [told in each.message for each in problems if told] == [True] * len(problems) == [True] * (told is not None)
    assert not found("judgement-with-test", texts(COVERED, facts=FACTS + fact.replace("true", "false")))


# repeated-criterion

BOTH: Final = "all: [{fact: patient.age, at_least: 18}, {fact: visit.count, is: 1}]"


def twice(one: str, other: str, *, top: str = "") -> str:
    return coverage(
        f"""\
- {{outcome: covered, when: {one}}}
- {{outcome: not-covered, when: {other}}}
- {{outcome: covered}}
""",
        top=top,
    )


@pytest.mark.parametrize(
    "text",
    [
        twice(f"{{{BOTH}}}", f"⌖{{{BOTH}}}"),
        twice(f"{{id: one, {BOTH}}}", f"⌖{{id: other, {BOTH}}}"),
        twice(f"{{{BOTH}, says: So}}", f"{{{BOTH}, says: Not so}}"),
        twice(f"{{{BOTH}}}", f"{{{BOTH.replace('18', '19')}}}"),
        twice(f"{{{BOTH}}}", f"{{{BOTH.replace('all', 'any')}}}"),
        twice(f"{{{BOTH}}}", f"{{none: [⌖{{{BOTH}}}, {{fact: surgery.urgent, is: true}}]}}"),
        twice(f"{{none: [{{{BOTH}}}, {{fact: surgery.urgent, is: true}}]}}", f"⌖{{{BOTH}}}"),
        twice(f"{{none: [{{{BOTH}}}]}}", f"⌖{{none: [{{{BOTH}}}]}}"),
        twice("{fact: patient.age, at_least: 18}", "{fact: patient.age, at_least: 18}"),
        twice("{fact: patient.age, is: 18, says: Grown up}", "{fact: patient.age, is: 18, says: Grown up}"),
        twice("{fact: patient.age, is: 18, quote: i.e.}", "⌖{fact: patient.age, is: 18, quote: i.e.}"),
        twice("{fact: patient.age, is: 18, reading: Ours.}", "⌖{reading: Ours., fact: patient.age, is: 18}"),
        twice("{use: both}", "{use: both}", top=f"criteria: {{both: {{{BOTH}}}}}"),
        twice("{use: both}", f"⌖{{{BOTH}}}", top=f"criteria: {{both: {{{BOTH}}}}}"),
        twice("{all: [{use: a}, {use: b}]}", "⌖{all: [{use: a}, {use: b}]}", top=f"criteria: {{a: {{{BOTH}}}, b: {{none: [{{use: a}}]}}}}"),
        twice(f"{{{BOTH}}}", f"{{any: [⌖{{{BOTH}}}, ⌖{{{BOTH}}}]}}"),
        twice(f"{{any: [{{{BOTH}}}, ⌖{{{BOTH}}}]}}", "{fact: surgery.urgent, is: true}"),
        twice(f"{{{BOTH}}}", f"⌖{{{BOTH}, allow: {{no-cite: The bulletin has no sections.}}}}"),
    ],
)  # fmt: skip
def test_no_criterion_stands_twice(text: str) -> None:
    agrees("repeated-criterion", text)


def test_a_copy_is_told_with_where_the_other_stands() -> None:
    (problem,) = found("repeated-criterion", twice(f"{{{BOTH}}}", f"{{{BOTH}}}"))
    assert problem.message == "this criterion stands, word for word, on line 17, too"
    (problem,) = found("repeated-criterion", twice("{use: both}", f"{{{BOTH}}}", top=f"criteria: {{both: {{{BOTH}}}}}"))
    assert problem.message == "this is, word for word, the criterion `both` of line 6"
    assert problem.help == "write `use: both` in its place"


@given(strategies.documents())
@law(40)
def test_copies_are_told_as_comparing_every_two_criteria_tells_them(document: Documents) -> None:
    _, subject = of_data(document)
    of_policy = RULES["repeated-criterion"].of_policy
    assert of_policy is not None
    told = {each.where.path for each in of_policy(subject)}
    event(f"{min(len(told), 4)} copies")
    seen: list[str] = []
    expected = {path for criterion, path in written_at(document[1]) for path in copies(criterion, path, seen)}
    assert told == expected


def copies(criterion: Plain, path: str, seen: list[str]) -> Iterator[str]:
    """The paths of what stood before, within a criterion; what is too short is passed over."""
    spelled = json.dumps(without_own(criterion), sort_keys=True)
    many = spelled.count('"fact":') + spelled.count('"use":') > 1
    if not (many or '"quote":' in spelled or '"reading":' in spelled):
        return
    if spelled in seen:
        yield path
        return
    seen.append(spelled)
    for key in ("all", "any", "none", "of"):
        for number, part in enumerate(criterion.get(key, ())):
            yield from copies(part, f"{path}.{key}.{number}", seen)


def written_at(stated: Plain) -> Iterator[tuple[Plain, str]]:
    """The criteria of a policy at its top and of its statements, with their paths."""
    for name, criterion in stated.get("criteria", {}).items():
        yield criterion, f"criteria.{name}"
    for i, each in enumerate(stated["history"]):
        for j, service in enumerate(strategies.services_written(each)):
            for k, statement in enumerate(service.get("coverage", ())):
                if "when" in statement:
                    yield statement["when"], f"history.{i}.services.{j}.coverage.{k}.when"


def without_own(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: without_own(value) for key, value in data.items() if key not in {"id", "allow"}}
    return [without_own(each) for each in data] if isinstance(data, list) else data


# long-quote and copied-text

SENTENCE: Final = "the brace is worn for at least six hours of every day that it is prescribed for"


@pytest.mark.parametrize("key", ["criterion", "statement", "definition"])
def test_a_quote_has_no_more_words_than_decide(key: str) -> None:
    for count in (LONGEST, LONGEST + 1):
        quote = f"quote: {'⌖' if count > LONGEST else ''}{'word ' * (count - 1)}word"
        leaf = "fact: patient.age, at_least: 18"
        match key:
            case "criterion":
                text = when(f"{{any: [{{{leaf}, {quote}}}]}}")
            case "statement":
                text = coverage(f"- {{outcome: covered, {quote}}}")
            case _:
                text = coverage("- {outcome: covered}", top=f"criteria: {{grown-up: {{{leaf}, {quote}}}}}")
        agrees("long-quote", text)


@pytest.mark.parametrize(
    "text",
    [
        coverage(f"- {{outcome: covered, says: ⌖So {SENTENCE}}}"),
        coverage(f"- {{outcome: covered, reading: ⌖So {SENTENCE.upper()}}}"),
        when(f"{{fact: patient.age, at_least: 18, says: ⌖So {SENTENCE}}}"),
        when("{use: grown-up}", top=f"criteria: {{grown-up: {{fact: patient.age, is: 18, says: ⌖So {SENTENCE}}}}}"),
        coverage("- {outcome: covered}", more=f"reading: ⌖So {SENTENCE}"),
        coverage("- {outcome: covered}").replace("summary: The first.", f"summary: ⌖So {SENTENCE}"),
        coverage(f"- {{outcome: covered, cite: So {SENTENCE}}}"),
        coverage(f"- {{outcome: covered, says: {' '.join(SENTENCE.split()[: RUN - 1])}}}"),
        coverage(
            f"- {{outcome: covered, says: {' '.join(SENTENCE.split()[2 : RUN + 1])} {' '.join(SENTENCE.split()[:5])}}}"
        ),
    ],
)
def test_a_text_repeats_no_long_run_of_a_source(text: str) -> None:
    problems = agrees(
        "copied-text", text, sources={"other": "nothing", "the bulletin": f"Whereas {SENTENCE}, it is so."}
    )
    assert all(each.message == "17 words from `the brace is worn` on stand in `the bulletin`, too" for each in problems)
    assert not found("copied-text", marked(text)[0])


def test_twelve_words_of_a_source_are_a_run() -> None:
    twelve = " ".join(SENTENCE.split()[:RUN])
    agrees("copied-text", coverage(f"- {{outcome: covered, says: ⌖{twelve}}}"), sources={"the bulletin": SENTENCE})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"says: '⌖The text has \"{SENTENCE}\" in it'", "stand in quotation marks"),
        (f"says: ⌖The text has “{SENTENCE}” in it", "stand in quotation marks"),
        (f"says: The text has {SENTENCE} in it", None),
        (f"says: ⌖The text has {SENTENCE} in it, quote: it is said that {SENTENCE}", "stand in the `quote`, too"),
        ('says: \'The "brace" is worn, and the text does not say for how long it is to be so "worn"\'', None),
    ],
)
def test_without_sources_a_text_is_held_against_its_quotations(text: str, told: str | None) -> None:
    written = coverage(
        f"- {{outcome: covered, {text.replace('⌖', '')}}}".replace("says: ", f"says: {MARK if told else ''}")
    )
    problems = agrees("copied-text", written)
    assert all(each.message.endswith(str(told)) for each in problems)


WORDS: Final = st.lists(st.sampled_from("abc"), max_size=60)


@given(st.lists(WORDS, max_size=3), WORDS)
@law(100)
def test_a_run_is_found_exactly_if_one_stands_in_a_text(sources: list[list[str]], words: list[str]) -> None:
    texts_ = tuple((str(number), " ".join(each)) for number, each in enumerate(sources))
    found_ = texts_of(texts_).copied(words)
    runs = {tuple(each[start : start + RUN]) for each in sources for start in range(len(each) - RUN + 1)}
    starts = [start for start in range(len(words) - RUN + 1) if tuple(words[start : start + RUN]) in runs]
    event("found" if starts else "not found")
    assert (found_ is None) == (not starts)
    if found_ is not None:
        copied = " ".join(words[found_.first : found_.first + found_.count])
        assert found_.first == starts[0]
        assert f" {copied} " in f" {dict(texts_)[found_.name]} "


def test_words_are_what_is_read() -> None:
    assert words_of("The patient's BMI (35 kg/m2), “or more”.") == [
        "the",
        "patient's",
        "bmi",
        "35",
        "kg",
        "m2",
        "or",
        "more",
    ]


# misdeclared-change

COMPARED: Final = "services: [{{service: Operation, codes: {{cpt: [{}]}}, coverage: [{{outcome: covered{}, when: {{all: [{}]}}}}, {{outcome: not-covered}}]}}]"
AGE, COUNT = "{fact: patient.age, at_least: 18}", "{fact: visit.count, is: 1}"
STOOD: Final = COMPARED.format('"64714"', "", f"{AGE}, {COUNT}")


@pytest.mark.parametrize(
    ("change", "services", "told"),
    [
        ("review", "services: unchanged", None),
        ("review", STOOD, None),
        ("review", COMPARED.format('"64714"', ", cite: Elsewhere", f"{COUNT}, {AGE}"), None),
        ("review", COMPARED.format('"64714"', "", AGE), "something that decides is not as it stood in `r1`"),
        ("review", COMPARED.format('"64715"', "", f"{AGE}, {COUNT}"), "its codes are not as they stood in `r1`"),
        ("codes", COMPARED.format('"64715"', "", f"{AGE}, {COUNT}"), None),
        ("codes", COMPARED.format('"64715"', "", AGE), "more than codes is not as it stood in `r1`"),
        ("codes", "services: unchanged", "everything that decides is as it stood in `r1`"),
        ("criteria", COMPARED.format('"64714"', "", AGE), None),
        ("criteria", COMPARED.format('"64715"', "", f"{AGE}, {COUNT}"), None),
        ("criteria", COMPARED.format('"64714"', ", cite: Elsewhere", f"{COUNT}, {AGE}"),
         "everything that decides is as it stood in `r1`"),
        ("codes", "applies_by: claim-processed\n  services: unchanged", None),
    ],
)  # fmt: skip
def test_an_entry_is_what_it_calls_itself(change: str, services: str, told: str | None) -> None:
    first = f"{entry('r1', 'criteria', '2020-01-01', 'none')}  {STOOD}\n"
    second = f"{entry('r2', change, '2021-01-01', 'none')}  {services}\n"
    problems = found("misdeclared-change", policy(first + second))
    assert [each.message for each in problems] == ([f"this calls itself `{change}`, but {told}"] if told else [])
    assert all(each.where.path == "history.1.change" for each in problems)


def test_an_entry_is_compared_with_the_one_before_it_that_counts() -> None:
    first = f"{entry('r1', 'criteria', '2020-01-01', 'none')}  {STOOD}\n"
    narrower = COMPARED.format('"64714"', "", AGE)
    other = f"{entry('r2', 'criteria', '2021-01-01', 'none')}  {narrower}\n"
    again = f"{entry('r3', 'review', '2022-01-01', 'none')}  {STOOD}\n"
    gone = entry("r4", "withdrawn", None, "none", withdraws="r2", known_from="2022-02-01")
    assert found("misdeclared-change", policy(first + other + again))
    assert not found("misdeclared-change", policy(first + other + again + gone))
    retired = entry("r2", "retired", "2021-01-01", "none")
    assert not found("misdeclared-change", policy(first + retired + again))


# All of them


def test_a_rule_is_turned_off_at_the_node_that_breaks_it() -> None:
    reason = "The bulletin leaves out what lies between 14 and 15."
    text = when(
        "{any: [{fact: patient.weight, at_most: 14, cite: B},"
        f" {{fact: patient.weight, at_least: 15, cite: B, allow: {{threshold-gap: {reason}}}}}]}}"
    )
    for written, told in ((text, set()), (text.replace("15, cite", "14.9, cite"), {"unused-allowance"})):
        _, (subject,) = looked_at(with_cases(written, ""))
        assert {each.rule for each in house_problems(subject)} - {"uncovered-criterion"} == told


def test_each_rule_looks_at_policies_or_at_libraries() -> None:
    assert all((each.of_policy is None) != (each.of_library is None) for each in HOUSE_RULES)
    assert len(RULES) == len(HOUSE_RULES)


@given(strategies.documents(), st.sampled_from(strategies.TURNING_DAYS))
@law(50)
def test_whatever_the_library_the_rules_find_places_in_it_and_always_the_same(document: Documents, today: date) -> None:
    whole, subject = of_data(document)
    problems = [*house_problems(subject)]
    event(f"{min(len(problems), 10)} problems")
    assert problems == [*house_problems(subject)]
    for each in (*problems, *library_problems(whole)):
        assert each.rule in RULES
        if each.where.file == "facts.yaml":
            assert each.where.path.removeprefix("facts.") in document[0]["facts"]
        else:
            assert at(document[1], each.where.path)
    at_another_time = Subject(
        policy=subject.policy,
        document=subject.document,
        timeline=subject.timeline,
        vocabulary=subject.vocabulary,
        results=(),
        today=today,
        sources={"a source": "of text"},
    )
    varying = {each.rule.name for each in HOUSE_RULES if each.varies}
    now, then = (
        {each for each in house_problems(one) if each.rule not in varying} for one in (subject, at_another_time)
    )
    assert now == then


@pytest.mark.parametrize(("statements", "groups", "leaves"), [(1, 900, 10), (100, 1, 10)])
def test_a_policy_of_ten_thousand_criteria_is_looked_through_in_seconds(
    statements: int, groups: int, leaves: int
) -> None:
    facts = {f"f.n{n}": {"type": "number" if n % 2 else "integer", "ask": "How many?"} for n in range(100)}
    number = iter(range(10**6))

    def leaf() -> Plain:
        n = next(number)
        return {"fact": f"f.n{n * 7 % 100}", ("at_least", "at_most", "more_than")[n % 3]: n * 31 % 97}

    def group(operator: str, count: int, part: Any) -> Plain:
        return {operator: [part() for _ in range(count)]}

    stated = [
        {"outcome": ("covered", "not-covered")[n % 2], "when": group("any", groups, lambda: group("all", leaves, leaf))}
        for n in range(statements)
    ]
    text = json.dumps(
        {
            "format": 1,
            "policy": "acme/p1",
            "title": "A policy",
            "payer": "acme",
            "kind": "ncd",
            "history": [
                {
                    "revision": "r1",
                    "change": "new",
                    "summary": "The first.",
                    "effective": "2020-01-01",
                    "services": [
                        {
                            "service": "Operation",
                            "codes": {"cpt": ["64714"]},
                            "coverage": [*stated, {"outcome": "not-addressed"}],
                        }
                    ],
                }
            ],
        },
        indent=0,
    )
    files = {**VOCABULARY, "facts.yaml": json.dumps({"format": 1, "facts": facts}), NAME: text}
    whole, (subject,) = looked_at({**files, CASES: with_cases(COVERED, "")[CASES]})
    start = monotonic()
    problems = [*house_problems(subject), *library_problems(whole)]
    assert problems
    assert monotonic() - start < 60


def test_named_criteria_that_double_each_other_are_gone_through_once() -> None:
    named = ["c0: {all: [{fact: patient.age, at_least: 18}, {fact: visit.count, is: 1}]}"]
    named += [f"c{n}: {{all: [{{use: c{n - 1}}}, {{use: c{n - 1}}}]}}" for n in range(1, 11)]
    statements = "".join("- {outcome: covered, when: {use: c10}}\n" for _ in range(100)) + "- {outcome: not-covered}\n"
    text = coverage(statements, top="criteria:\n" + "".join(f"  {each}\n" for each in named))
    _, (subject,) = looked_at(texts(text))
    start = monotonic()
    assert [*house_problems(subject)]
    assert monotonic() - start < 60


def test_the_shipped_policies_keep_the_rules_but_for_what_comes_with_the_years() -> None:
    files = {
        path.relative_to(POLICIES).as_posix(): path.read_text("utf-8") for path in sorted(POLICIES.rglob("*.yaml"))
    }
    files = {
        name: text for name, text in files.items() if not name.endswith(".cases.yaml") and name != "published.yaml"
    }
    whole, subjects = looked_at(files)
    expected = {each.rule.name for each in HOUSE_RULES if each.varies} | {"uncovered-criterion"}
    assert {each.rule for subject in subjects for each in house_problems(subject)} <= expected
    assert not [*library_problems(whole)]
