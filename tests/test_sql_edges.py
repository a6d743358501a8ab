"""Whole answers by query beside every edge on which they turn: a day too early, a code too far, a fact not told."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Final

import pytest
from claim_tables import (
    ENGINES,
    TooDeepError,
    answers_by_library,
    answers_by_query,
    claims_of,
    rejects_by_query,
)
from samples import CODES, coverage, entry, library_of, policy, statement, texts

from policykit.codes import Code
from policykit.sql import routing
from policykit.sql.columns import CodeColumn, Column, Kind, Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policykit.library import Library

Plain = dict[str, Any]
OPERATION: Final[Plain] = {"cpt": "64714"}
ENDING: Final = """\
format: 1
codes:
  cpt:
    "64714": {label: An operation, from: 2020-03-01}
    "64715": {label: Another, through: 2020-06-30}
    "64716": {label: A third}
    "64717": {label: A fourth, from: 2020-04-01, through: 2020-05-31}
"""


def asked(day: str | date, service: Plain | None = None, **more: Any) -> Plain:
    """A case of the one policy."""
    return {"policy": "acme/p1", "date_of_service": str(day), "service": service, **more}


def around(days: Iterable[str]) -> list[str]:
    """These days, and those beside them."""
    found = {date.fromisoformat(day) + timedelta(days=step) for day in days for step in (-1, 0, 1)}
    return [str(day) for day in sorted(found)]


def agree(library: Library, cases: Sequence[Plain], **more: Any) -> None:
    """The answers are those of the library, by routes and, where one policy answers all, without them."""
    expected = answers_by_library(library, cases)
    named = {case.get("policy") for case in cases}
    unnamed = [{key: value for key, value in case.items() if key != "policy"} for case in cases]
    for engine in ENGINES:
        with suppress(TooDeepError):
            assert answers_by_query(library, claims_of(cases, library.vocabulary), engine, **more) == expected
        if named == {"acme/p1"}:
            claims = claims_of(unnamed, library.vocabulary, policy="acme/p1")
            with suppress(TooDeepError):
                assert answers_by_query(library, claims, engine, with_routes=False, **more) == expected


# Days

TURNING: Final = policy(
    "".join(
        entry(
            f"r{number}",
            "criteria" if number else "new",
            f"20{number + 10}-03-01",
            ("covered", "not-covered", "deferred")[number % 3],
            **({"known_from": f"20{number + 10}-0{2 + number % 3}-15"} if number >= 2 else {}),
            **({"next_review": f"20{number + 10}-09-30"} if number % 2 else {}),
            **({"through": f"20{number + 10}-12-30"} if number == 5 else {}),
        )
        for number in range(11)
    )
)


def test_of_many_revisions_each_governs_from_its_first_day_to_its_last() -> None:
    library = library_of(TURNING)
    turning = [f"20{number + 10}-03-01" for number in range(11)]
    days = around([*turning, "2015-12-30", *(f"20{number + 10}-09-30" for number in range(1, 11, 2))])
    agree(library, [asked(day, OPERATION) for day in days])


def test_what_is_known_on_a_day_is_told_from_that_day_on() -> None:
    library = library_of(TURNING)
    known = around(f"20{number + 10}-0{2 + number % 3}-15" for number in (2, 3, 4, 10))
    cases = [
        asked(day, OPERATION, known_on=each)
        for day in ("2010-05-01", "2012-03-01", "2014-05-01")
        for each in [*known[::3], None]
    ]
    agree(library, cases)


def test_a_review_is_overdue_after_its_day_by_any_of_the_dates() -> None:
    library = library_of(policy(entry("r0", "new", "2020-01-01", known_from="2020-02-01", next_review="2020-06-30")))
    days = ["2020-01-31", "2020-02-01", "2020-06-30", "2020-07-01"]
    for more in ((), ("claim_processed",), ("known_on",), ("claim_processed", "known_on")):
        dates = [dict(zip(more, each, strict=True)) for each in product([*days, None], repeat=len(more))]
        cases = [asked(day, OPERATION, **each) for day in days for each in dates if each.get("known_on") != days[0]]
        agree(library, cases)


def test_a_code_is_remarked_outside_the_days_on_which_it_is_valid() -> None:
    services = """\
services:
  - service: Operation
    codes: {cpt: ["64714-64717"]}
    coverage: [{outcome: covered}]
"""
    text = policy(entry("r0", "new", "2019-01-01", "none") + "".join(f"  {line}\n" for line in services.splitlines()))
    library = library_of(texts(text, codes=ENDING))
    days = around(["2020-03-01", "2020-06-30", "2020-04-01", "2020-05-31"])
    codes = ("64714", "64715", "64716", "64717", None)
    agree(library, [asked(day, {"cpt": code} if code else None) for day in days for code in codes])
    agree(library, [*(asked(days[0], {"cpt": code}) for code in codes if code), asked(days[0], {"hcpcs": "G0297"})])


BOTH_DATES: Final = policy(
    entry("r0", "new", "2020-01-01")
    + entry("r1", "criteria", "2021-01-01", "not-covered", applies_by="claim-processed")
    + entry("r2", "criteria", "2021-06-01", "deferred")
)


def test_the_day_of_processing_tells_the_revision_and_is_asked_for_where_it_matters() -> None:
    library = library_of(BOTH_DATES)
    served = around(["2020-01-01", "2021-01-01", "2021-06-01"])
    processed = [None, *around(["2021-01-01"]), "2021-08-01"]
    services: tuple[Plain | None, ...] = (OPERATION, {"cpt": "99213"}, None)
    days = [(one, other) for one in served for other in processed]
    agree(library, [asked(one, service, claim_processed=other) for one, other in days for service in services])
    agree(library, [asked(one, service) for one in served for service in services])


def test_a_day_as_known_on_which_all_is_asked_gives_way_to_that_of_a_row() -> None:
    library = library_of(TURNING)
    said = date(2012, 4, 15)
    told = ["2012-04-14", "2012-04-15", None]
    rows = [asked(day, OPERATION, known_on=each) for day in ("2011-05-01", "2012-05-01") for each in told]
    expected = answers_by_library(library, [{**row, "known_on": row["known_on"] or str(said)} for row in rows])
    for engine in ENGINES:
        assert answers_by_query(library, claims_of(rows, library.vocabulary), engine, known_on=said) == expected
    untold = [asked(day, OPERATION) for day in ("2010-05-01", "2011-05-01", "2012-05-01")]
    expected = answers_by_library(library, [{**row, "known_on": str(said)} for row in untold])
    for engine in ENGINES:
        assert answers_by_query(library, claims_of(untold, library.vocabulary), engine, known_on=said) == expected


# Codes

SERVICES: Final = """\
  services:
    - service: One
      codes: {cpt: ["64714", "64720-64722", "0054T"], hcpcs: ["G0200-G0299"]}
      coverage: [{outcome: covered}]
    - service: Two
      codes: {cpt: ["64715", "11000-11010"]}
      coverage: [{outcome: not-covered}]
"""
OTHER_WAY: Final = """\
  services:
    - service: Two
      codes: {cpt: ["64714", "64715", "11000-11010"]}
      coverage: [{outcome: not-covered}]
    - service: One
      codes: {cpt: ["64720-64722"], hcpcs: ["G0200-G0299", "G0300"]}
      coverage: [{outcome: deferred, to: the reviewer}]
"""
REGROUPED: Final = policy(
    entry("r0", "new", "2020-01-01", "none")
    + SERVICES
    + entry("r1", "codes", "2021-01-01", "none", applies_by="claim-processed")
    + OTHER_WAY
    + entry("r2", "codes", "2022-01-01", "none")
    + SERVICES.replace("64720-64722", "64720-64721")
)
CPT: Final = (
    "64713", "64714", "64715", "64716", "64719", "64720", "64721", "64722", "64723", "0054T", "0055T", "10999",
    "11000", "11010", "11011",
)  # fmt: skip


def test_each_code_leads_to_its_service_in_each_revision() -> None:
    library = library_of(REGROUPED)
    codes = [*({"cpt": code} for code in CPT), *({"hcpcs": code} for code in ("G0199", "G0200", "G0299", "G0300"))]
    days = (("2020-05-01", None), ("2021-05-01", None), ("2021-05-01", "2021-05-01"), ("2022-05-01", "2020-05-01"))
    agree(library, [asked(day, code, claim_processed=each) for day, each in days for code in [*codes, None]])


def test_a_row_goes_to_the_policies_that_its_payer_has_for_its_code() -> None:
    files = {
        "acme/p1.yaml": coverage("- outcome: covered"),
        "acme/p2.yaml": policy(entry("r0", "new", "2021-01-01", "not-covered"), identity="acme/p2"),
        "beta/p3.yaml": policy(entry("r0", "new", "2020-01-01", "deferred"), identity="beta/p3", payer="beta"),
    }
    library = library_of({**texts(files["acme/p1.yaml"], codes=CODES), **files})
    named: tuple[Plain, ...] = (
        {"policy": "acme/p1"},
        {"policy": "acme/p2", "payer": "ACME"},
        {"payer": "acme"},
        {"payer": "beta"},
        {"payer": "Beta Care", "policy": "beta/p3"},
    )
    codes: list[Plain | None] = [OPERATION, {"cpt": "99213"}, {"hcpcs": "G0297"}]
    rows = [{"date_of_service": "2021-01-01", "service": code, **name} for name in named for code in codes]
    rows += [{"date_of_service": "2020-12-31", "service": OPERATION, **name} for name in named]
    wrong = [{}, {"policy": "-"}, {"payer": "--"}, {"payer": "beta", "policy": "acme/p1"}, {"payer": "acme"}]
    named_too: tuple[Plain, ...] = ({}, {"service": OPERATION})
    refused = [{"date_of_service": "2021-01-01", **name, **more} for name in wrong for more in named_too][:-1]
    agree(library, rows)
    claims = claims_of([*rows, *refused], library.vocabulary)
    for engine in ENGINES:
        assert answers_by_query(library, claims, engine) == answers_by_library(library, rows)
        assert set(rejects_by_query(library, claims, engine)) == {*range(len(rows), len(rows) + len(refused))}


def test_what_a_row_does_not_name_is_said_for_the_table_only_where_it_names_neither() -> None:
    files = {"acme/p1.yaml": coverage("- outcome: covered")}
    library = library_of({**texts(files["acme/p1.yaml"])})
    text = Column(name="policy", kind=Kind.TEXT)
    layout = Layout(
        date_of_service=Column(name="day", kind=Kind.TEXT), policy=text, payer=text, default_policy="acme/p1"
    )
    rows = [(None, None, None), ("acme/p1", None, None), (None, "beta", None), (None, "acme", None)]
    routes = routing.resolve(library, layout, rows).routes
    told = {(route.policy, route.payer): (route.answering, route.problem and route.problem.rule) for route in routes}
    assert told == {
        (None, None): (("acme/p1",), None),
        ("acme/p1", None): (("acme/p1",), None),
        (None, "beta"): ((), "no-policy-named"),
        (None, "acme"): ((), "no-policy-named"),
    }


def test_a_row_in_which_something_is_wrong_has_no_answer() -> None:
    library = library_of(coverage("- outcome: covered"))
    sound = {"date_of_service": "2021-01-01", "service": OPERATION}
    wrong = [{**sound, "facts": {"pain.level": "worse"}}, {**sound, "date_of_service": "2021-02-29"}]
    wrong += [{**sound, "service": {"cpt": code}} for code in ("647145", "6471", " 64714", "")]
    unnamed = [{**sound, "policy": ""}, {**sound, "policy": "-"}]
    rows = [sound, {**sound, "policy": "acme/p1"}, *wrong, *unnamed]
    claims = claims_of(rows, library.vocabulary, policy="acme/p1")
    only = claims_of([sound, *wrong], library.vocabulary, policy="acme/p1")
    for engine in ENGINES:
        assert [each.row for each in answers_by_query(library, claims, engine)] == [0, 1]
        assert [each.row for each in answers_by_query(library, only, engine, with_routes=False)] == [0]
        assert set(rejects_by_query(library, claims, engine)) == {*range(2, len(rows))}


def test_a_table_is_answered_once_where_no_row_has_two_answers() -> None:
    none, one, two = (
        routing.Route(policy=None, payer="acme", key=key, code=None, answering=answering)
        for key, answering in (("1", ()), ("2", ("acme/p1",)), ("3", ("acme/p1", "acme/p2")))
    )
    assert routing.Routes(routes=(none, one)).answers_once
    assert not routing.Routes(routes=(none, one, two)).answers_once


def test_a_code_has_no_key_where_no_column_is_of_its_system() -> None:
    day = Column(name="day", kind=Kind.TEXT)
    cpt, hcpcs, either = (CodeColumn(system=system, column=day) for system in ("cpt", "hcpcs", None))
    for columns, keys in (
        ((cpt,), []),
        ((hcpcs,), ["G0297"]),
        ((either,), ["G0297"]),
        ((cpt, hcpcs), ["hcpcs G0297"]),
        ((cpt, either), [" G0297"]),
    ):
        layout = Layout(date_of_service=day, code=columns)
        assert [*routing.keys_of(Code("hcpcs", "G0297"), layout)] == keys


# Statements

FACTS: Final = ("surgery.urgent", "pain.level", "patient.weight")
TESTS: Final = (
    "{fact: surgery.urgent, is: true}",
    "{fact: pain.level, is: severe}",
    "{fact: patient.weight, less_than: 50}",
)
STATES: Final[tuple[tuple[Any, ...], ...]] = ((True, False, None), ("severe", "mild", None), (49.5, 50, None))


def told() -> list[Plain]:
    """Cases in which each of the facts is as asked for, is not, or is not told."""
    return [
        asked(
            "2021-01-01",
            OPERATION,
            facts={key: value for key, value in zip(FACTS, each, strict=True) if value is not None},
        )
        for each in product(*STATES)
    ]


def walk(*outcomes: str) -> str:
    """A policy whose statements have these outcomes, each under the next test; the last one under none."""
    tests = [TESTS[number % len(TESTS)] for number in range(len(outcomes) - 1)]
    lines = [f"- {statement(each)[:-1]}, when: {test}}}" for each, test in zip(outcomes, tests, strict=False)]
    return coverage("\n".join([*lines, f"- {statement(outcomes[-1])}"]))


@pytest.mark.parametrize(
    "outcomes",
    [
        ("covered", "not-covered"),
        ("covered", "covered", "not-covered"),
        ("not-covered", "covered", "not-covered"),
        ("covered", "deferred", "covered", "not-covered"),
        ("covered", "not-covered", "covered", "covered"),
        ("deferred", "covered", "deferred", "deferred"),
    ],
)
def test_the_first_statement_that_is_met_answers_unless_one_before_it_may(outcomes: tuple[str, ...]) -> None:
    agree(library_of(walk(*outcomes)), told())


def test_each_service_has_statements_of_its_own() -> None:
    lines = [f"- {{outcome: covered, when: {TESTS[0]}}}", f"- {{outcome: not-covered, when: {TESTS[1]}}}"]
    ends = ["- {outcome: deferred, to: the reviewer}", "- outcome: experimental-investigational-unproven"]
    coverages = ([lines[0], ends[0]], [lines[1], lines[0], ends[0]], [ends[1]], [lines[1], ends[1]])
    services = [
        f'    - service: Service {number}\n      codes: {{cpt: ["6471{number}"]}}\n      coverage:\n'
        + "".join(f"        {line}\n" for line in each)
        for number, each in enumerate(coverages)
    ]
    text = entry("r0", "new", "2020-01-01", "none") + "  services:\n" + "".join(services)
    other = entry("r1", "criteria", "2021-01-01", "none") + "  services:\n" + "".join(services[1:])
    library = library_of(policy(text + other))
    codes = [*({"cpt": f"6471{number}"} for number in range(5)), None]
    given = [each["facts"] for each in told()][::2]
    agree(
        library,
        [asked(day, code, facts=each) for day in ("2020-05-01", "2021-05-01") for code in codes for each in given],
    )


def test_whom_a_case_is_handed_to_is_told_whatever_signs_are_in_the_name() -> None:
    names = ("one; another", "a | b, c", 'it\'s \\"X\\". / \\\\ end.', "deferred to one")
    lines = [
        f'- {{outcome: deferred, to: "{name}", when: {{fact: visit.count, at_least: {number}}}}}'
        for number, name in enumerate(names)
    ]
    library = library_of(coverage("\n".join([lines[3], lines[2], lines[1], lines[0], "- outcome: covered"])))
    given: list[Plain] = [{}, *({"visit.count": number} for number in range(-1, 4))]
    agree(library, [asked("2021-01-01", OPERATION, facts=each) for each in given])
    agree(library, [asked("2021-01-01", None, facts=each) for each in given])


def test_a_long_list_of_statements_is_walked_as_a_short_one() -> None:
    limits = [
        f"- {{outcome: {'not-' * (number % 2)}covered, when: {{fact: visit.count, is: {number}}}}}"
        for number in range(19)
    ]
    library = library_of(coverage("\n".join([*limits, "- {outcome: deferred, to: the reviewer}"])))
    numbers = [*range(20), None]
    agree(
        library,
        [asked("2021-01-01", OPERATION, facts={"visit.count": each} if each is not None else {}) for each in numbers],
    )


@pytest.mark.parametrize("kind", ["all", "any", "none", "1 of", "2 of", "3 of"])
def test_parts_are_taken_together_by_what_is_met_unmet_and_unknown(kind: str) -> None:
    inside = f"[{', '.join(TESTS)}]"
    count, _, _ = kind.partition(" of")
    criterion = f"{{{kind}: {inside}}}" if count == kind else f"{{count_at_least: {count}, of: {inside}}}"
    agree(library_of(coverage(f"- {{outcome: covered, when: {criterion}}}\n- outcome: not-covered")), told())


def test_a_fact_is_asked_for_once_and_by_the_name_that_comes_first() -> None:
    criteria = (
        "{all: [{fact: patient.age, at_least: 18}, {fact: patient.birth_date, before: 2010-01-01}]}",
        "{any: [{fact: patient.birth_date, after: 1990-01-01}, {fact: patient.months, at_most: 600}]}",
        "{none: [{fact: surgery.urgent, is: true}, {fact: patient.age, more_than: 60}]}",
    )
    facts: list[Plain] = [
        {},
        {"patient.birth_date": "1950-05-05"},
        {"patient.birth_date": "2003"},
        {"patient.birth_date": "2002-12"},
        {"patient.age": 18},
        {"patient.age": 17},
        {"patient.months": 601},
        {"surgery.urgent": False},
        {"surgery.urgent": True, "patient.age": 61},
    ]
    cases = [asked("2021-01-01", OPERATION, facts=each) for each in facts]
    for first, second in pairwise(criteria):
        lines = f"- {{outcome: covered, when: {first}}}\n- {{outcome: not-covered, when: {second}}}"
        agree(library_of(coverage(f"{lines}\n- {{outcome: deferred, to: the reviewer}}")), cases)


# Single comparisons

COMPARED: Final[tuple[tuple[str, tuple[Any, ...], str], ...]] = (
    ("visit.count", (1, 2, 3, None), "visit.count, at_least: 2"),
    ("visit.count", (1, 2, 3, None), "visit.count, more_than: 2"),
    ("visit.count", (1, 2, 3, None), "visit.count, at_most: 2"),
    ("visit.count", (1, 2, 3, None), "visit.count, less_than: 2"),
    ("visit.count", (1, 2, 3, 4, None), "visit.count, in: [2, 4]"),
    ("patient.weight", (2.4, 2.5, 2.6, None), "patient.weight, at_least: 2.5"),
    ("patient.weight", (2.4, 2.5, 2.6, 3, None), "patient.weight, in: [2.5, 3]"),
    ("pain.level", ("mild", "severe", None), "pain.level, in: [severe, moderate]"),
    ("tests.done", ([], ["mri"], ["mri", "ct"], None), "tests.done, has_any: [mri, emg-ncs]"),
    ("tests.done", ([], ["mri"], ["mri", "ct"], None), "tests.done, has_all: [mri, ct]"),
    ("quit.years", (4, 5, 6, None), "quit.years, at_least: 5, at_most: 5"),
    ("quit.years", (4, 5, 6, None), "quit.years, in: [4, 5]"),
    ("quit.date", ("never", "2016", "2015-06", "2016-01-01", "2012", None), "quit.years, at_least: 5, at_most: 9"),
    ("quit.date", ("never", "2016", "2015-06", "2016-01-01", "2012", None), "quit.years, more_than: 4, less_than: 6"),
    ("quit.date", ("never", "2016", "2015-06", "2016-01-01", "2012", None), "quit.years, at_least: 5, at_most: 5"),
    ("quit.date", ("never", "2016", "2015-06", "2016-01-01", "2012", None), "quit.years, in: [4, 5, 6, 8], is: 5"),
    ("quit.date", ("never", "2015-12-31", "2016-01-01", "2016-01", "2016", None), "quit.date, before: 2016-01-01"),
    ("quit.date", ("never", "2015-12-31", "2016-01-01", "2016-01", "2016", None), "quit.date, on_or_after: 2016-01-01"),
    ("prior.codes", ({}, {"cpt": ["64714"]}, {"hcpcs": ["G0297"]}, {"cpt": ["1101F"]}, None), 'prior.codes, has_any: {cpt: ["64700-64720"]}'),
    ("prior.codes", ({}, {"cpt": ["64714"]}, {"cpt": ["64714", "64715"]}, None), 'prior.codes, has_all: {cpt: ["64714", "64715-64716"]}'),
    ("prior.code", ({"cpt": "64714"}, {"cpt": "6471T"}, {"hcpcs": "G0297"}, None), 'prior.code, in: {cpt: ["64714-64720"]}'),
)  # fmt: skip


@pytest.mark.parametrize(("fact", "values", "asked_for"), COMPARED)
def test_a_comparison_turns_where_the_library_says_that_it_does(
    fact: str, values: tuple[Any, ...], asked_for: str
) -> None:
    library = library_of(coverage(f"- {{outcome: covered, when: {{fact: {asked_for}}}}}\n- outcome: not-covered"))
    agree(
        library,
        [asked("2021-01-01", OPERATION, facts={fact: each} if each is not None else {}) for each in values],
    )


def test_what_follows_from_a_date_turns_on_the_day_of_the_year() -> None:
    library = library_of(
        coverage(
            "- {outcome: covered, when: {fact: quit.years, in: [4, 5]}}\n"
            "- {outcome: deferred, to: one, when: {fact: patient.age, at_least: 18, at_most: 20}}\n"
            "- {outcome: deferred, to: another, when: {fact: scan.months, less_than: 2}}\n"
            "- outcome: not-covered"
        )
    )
    days = ["never", "2017", "2016-03", "2016-02-29", "2016-03-01", "2015-02-28", "2014-02-28", "2015"]
    births = ["2003-03-01", "2003-02-28", "2000-02-29", "1999-02-28", "2003", "2002-03"]
    scans = ["never", "2020-12-31", "2021-01-01", "2020-12", "2021-01"]
    facts: list[Plain] = [{"quit.date": each} for each in days]
    facts += [{"quit.date": "never", "patient.birth_date": each} for each in births]
    facts += [{"quit.date": "never", "patient.age": 9, "scan.last": each} for each in scans]
    agree(library, [asked(day, OPERATION, facts=each) for day in ("2021-02-28", "2021-03-01") for each in facts])
