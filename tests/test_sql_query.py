"""Whole answers by query are those of the library, over generated libraries and over every case that is shipped."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import oracle
import pytest
import strategies
from claim_tables import (
    ENGINES,
    TooDeepError,
    answer_of,
    answers_by_library,
    answers_by_query,
    claims_of,
    rejects_by_query,
)
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse

from policykit.assembly import holdings_from_data
from policykit.codes import Code
from policykit.library import Library, open_library
from policykit.policy import AppliesBy, Change
from policykit.problems import InvalidDocuments
from policykit.ruling import Ruling
from policykit.source import read_document
from policykit.sql import query, routing
from policykit.sql.asking import UnknownRevision
from policykit.sql.columns import CodeColumn, Column, Kind, Layout
from policykit.sql.dialects import Dialect
from policykit.sql.printing import layout_of, printed
from policykit.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import DrawFn
    from oracle import Plain

    from policykit.timeline import Revision

    Test = Callable[..., None]

POLICIES = Path(__file__).parents[1] / "policies"
SHIPPED = sorted(POLICIES.glob("*/*.cases.yaml"))
PAYERS: Plain = {
    "format": 1,
    "payers": {"acme": {"name": "Acme Health", "aliases": ["Acme"]}, "beta": {"name": "Beta Care"}},
}
NAMED: tuple[Plain, ...] = (
    {"policy": "acme/p1"},
    {"policy": "acme/p2", "payer": "acme"},
    {"payer": "acme"},
    {"payer": "ACME HEALTH"},
    {"payer": "beta"},
    {"payer": "Beta Care", "policy": "beta/p3"},
)
MISNAMED: tuple[Plain, ...] = (
    {},
    {"policy": ""},
    {"payer": ""},
    {"payer": "-"},
    {"policy": "acme/p9"},
    {"payer": "gamma"},
    {"policy": "acme/p1", "payer": "beta"},
    {"policy": "acme/p1", "payer": 'it\'s "nobody"'},
)

MISCODED: tuple[Plain, ...] = (
    {"cpt": ""},
    {"cpt": "cpt 11001"},
    {"cpt": " 11001"},
    {"cpt": "11001\n"},
    {"hcpcs": "11001"},
    {"hcpcs": "hcpcs G0100"},
    {"cpt": "11001", "hcpcs": "G0100"},
)


def law(examples: int) -> Callable[[Test], Test]:
    """A property that is tried on so many examples for a hundred of the profile, however long one takes to make."""
    number = max(3, examples * settings().max_examples // 100)
    return settings(
        max_examples=number, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )


def library_of(vocabulary: Plain, *policies: Plain) -> Library:
    """The library of these policies."""
    files = {f"{policy['policy']}.yaml": policy for policy in policies}
    common = {"facts.yaml": vocabulary, "payers.yaml": PAYERS, "codes.yaml": strategies.CODES}
    return Library(holdings_from_data({**common, **files}))


def assert_that_answers_agree(
    library: Library, cases: Sequence[Plain], *, engines: Sequence[Dialect] = ENGINES
) -> None:
    """The answers to these cases are the same by the library and by every engine."""
    claims, expected = claims_of(cases, library.vocabulary), answers_by_library(library, cases)
    for engine in engines:
        with suppress(TooDeepError):
            assert answers_by_query(library, claims, engine) == expected


# The shipped library


@cache
def shipped() -> Library:
    """The library that is shipped."""
    return open_library(POLICIES)


@cache
def stated_in(path: Path) -> Sequence[Plain]:
    """The cases of a file that can be answered, each with all that the file says for it."""
    document, problems = read_document(path.name, path.read_bytes())
    assert document is not None
    assert not problems
    data: Any = document.data
    cases: list[Plain] = []
    for case in data["cases"]:
        if "problem" in case.get("expect", {}):
            continue
        named = {key: data[key] for key in ("policy", "payer") if key in data}
        stated = {key: value for key, value in case.items() if key not in {"case", "expect"}}
        cases.append({**({} if {"policy", "payer"} & stated.keys() else named), **stated})
    return cases


@pytest.mark.parametrize("path", SHIPPED, ids=[path.name.partition(".cases")[0] for path in SHIPPED])
def test_every_shipped_case_is_answered_alike(path: Path) -> None:
    cases = stated_in(path)
    assert cases
    assert_that_answers_agree(shipped(), cases)


def test_all_shipped_cases_are_answered_alike_in_one_query() -> None:
    cases = [case for path in SHIPPED for case in stated_in(path)]
    library = shipped()
    assert_that_answers_agree(library, cases)
    policies = {answer.policy for answer in answers_by_library(library, cases)}
    assert len(policies) > len(SHIPPED) / 2


# Generated libraries


@law(12)
@given(strategies.documents(), st.data())
def test_every_generated_claim_is_answered_alike(documents: strategies.Documents, data: st.DataObject) -> None:
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=12))
    library = library_of(*documents)
    assert_that_answers_agree(library, cases)
    for answer in answers_by_library(library, cases):
        event(f"outcome: {answer.outcome}")


@law(5)
@given(strategies.documents(), st.data())
def test_a_query_for_one_policy_needs_no_routes(documents: strategies.Documents, data: st.DataObject) -> None:
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=12))
    library = library_of(*documents)
    unnamed = [{key: value for key, value in case.items() if key != "policy"} for case in cases]
    claims = claims_of(unnamed, library.vocabulary, policy=strategies.POLICY)
    for engine in ENGINES:
        for with_routes in (True, False):
            with suppress(TooDeepError):
                found = answers_by_query(library, claims, engine, with_routes=with_routes)
                assert found == answers_by_library(library, cases)


@law(8)
@given(strategies.timelines(), st.data())
def test_revisions_are_found_alike_on_every_day_that_matters(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    history = documents[1]["history"]
    days = st.sampled_from([str(day) for day in oracle.days_around(history)])
    codes = st.sampled_from([None, *({system: code} for system, code in strategies.CASE_CODES)])
    shape = {"date_of_service": days, "claim_processed": st.none() | days, "known_on": st.none() | days}
    drawn = st.fixed_dictionaries({"policy": st.just(strategies.POLICY), **shape, "service": codes})
    cases = data.draw(st.lists(drawn, min_size=1, max_size=40))
    assert_that_answers_agree(library_of(*documents), cases)


@law(8)
@given(strategies.switchboards())
def test_walks_and_what_they_miss_are_alike(board: tuple[strategies.Documents, list[Plain]]) -> None:
    documents, cases = board
    assert_that_answers_agree(library_of(*documents), cases)


@law(3)
@given(strategies.dense_documents(), st.data())
def test_every_comparison_beside_every_other_is_answered_alike(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    assert_that_answers_agree(library_of(*documents), data.draw(strategies.dense_cases(documents)))


@st.composite
def crowds(draw: DrawFn) -> tuple[Library, list[Plain]]:
    """A library of several policies of two payers, and rows of which some name what is not there."""
    vocabulary = draw(strategies.vocabularies())
    policies = []
    for identity in ("acme/p1", "acme/p2", "beta/p3"):
        policy = draw(strategies.policies(vocabulary))
        policies.append({**policy, "policy": identity, "payer": identity.partition("/")[0]})
    rows: list[Plain] = []
    for _ in range(draw(st.integers(1, 12))):
        case = draw(strategies.cases((vocabulary, strategies.pick(draw, policies))))
        named = strategies.pick(draw, strategies.pick(draw, (NAMED, NAMED, NAMED, MISNAMED)))
        row = {**{key: value for key, value in case.items() if key != "policy"}, **named}
        if strategies.pick(draw, (False,) * 7 + (True,)):
            row["service"] = strategies.pick(draw, MISCODED)
        rows.append(row)
    return library_of(vocabulary, *policies), rows


@law(6)
@given(crowds())
def test_many_policies_answer_in_one_query_and_no_row_is_lost(crowd: tuple[Library, list[Plain]]) -> None:
    library, rows = crowd
    refused: dict[int, set[str]] = {}
    for number, row in enumerate(rows):
        try:
            library.read_case(row)
        except InvalidDocuments as invalid:
            refused[number] = {problem.rule for problem in invalid.problems}
    sound = [number for number in range(len(rows)) if number not in refused]
    expected = [answer for number in sound for answer in answers_by_library(library, {number: rows[number]})]
    claims = claims_of(rows, library.vocabulary)
    for engine in ENGINES:
        with suppress(TooDeepError):
            assert answers_by_query(library, claims, engine) == sorted(expected)
        rejected = rejects_by_query(library, claims, engine)
        assert set(rejected) == set(refused)
        assert all(rejected[number] in refused[number] for number in refused)
    event(f"refused: {len(refused) > 0}")
    event(f"answered by several: {len(expected) > len(sound)}")


def test_of_all_that_is_wrong_with_a_row_something_is_told_that_the_library_tells_too() -> None:
    library = shipped()
    named: tuple[Plain, ...] = (
        {},
        {"policy": ""},
        {"payer": ""},
        {"policy": "cigna/9"},
        {"policy": "cigna/0587", "payer": "medicare"},
    )
    rows: list[Plain] = [
        {"date_of_service": "2024-05-01", "service": code, **name} for name in named for code in (*MISCODED, None)
    ]
    claims = claims_of(rows, library.vocabulary)
    for engine in ENGINES:
        rejected = rejects_by_query(library, claims, engine)
        for number, row in enumerate(rows):
            with pytest.raises(InvalidDocuments) as invalid:
                library.read_case(row)
            assert rejected[number] in {problem.rule for problem in invalid.value.problems}


@law(8)
@given(strategies.timelines(), st.data())
def test_a_day_as_known_on_which_all_is_asked_is_that_of_rows_that_tell_none(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    days = st.sampled_from(oracle.days_around(documents[1]["history"]))
    known_on = data.draw(days)
    shape = {
        "policy": st.just(strategies.POLICY),
        "date_of_service": days.map(str),
        "known_on": st.none() | days.map(str),
        "service": st.sampled_from([{system: code} for system, code in strategies.CASE_CODES]),
    }
    cases = data.draw(st.lists(st.fixed_dictionaries(shape), min_size=1, max_size=20))
    library = library_of(*documents)
    told = [{**case, "known_on": case["known_on"] or str(known_on)} for case in cases]
    for rows in (cases, [{**case, "known_on": None} for case in cases]):
        claims = claims_of(rows, library.vocabulary)
        expected = answers_by_library(
            library, told if rows is cases else [{**row, "known_on": str(known_on)} for row in rows]
        )
        for engine in ENGINES:
            assert answers_by_query(library, claims, engine, known_on=known_on) == expected


@law(8)
@given(strategies.documents(), st.data())
def test_a_revision_that_is_forced_governs_whatever_the_dates_are(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    library = library_of(*documents)
    revisions = [each for each in library.timeline(strategies.POLICY).view().revisions if each.governs]
    if not revisions:
        return
    revision = data.draw(st.sampled_from(revisions))
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=8))
    claims = claims_of(cases, library.vocabulary)
    # The same services in a history of one entry, on whatever day.
    only = timeline_of(library, revision)
    expected = {
        number: Ruling(only, library.vocabulary).decide(library.read_case(case)) for number, case in enumerate(cases)
    }
    for engine in ENGINES:
        with suppress(TooDeepError):
            found = answers_by_query(library, claims, engine, forced={strategies.POLICY: revision.name})
            assert [(each.row, each.revision) for each in found] == [(number, revision.name) for number in expected]
            for each in found:
                wanted = answer_of(each.row, expected[each.row])
                assert (each.outcome, each.to, each.possible) == (wanted.outcome, wanted.to, wanted.possible)
                assert (each.statement, each.missing) == (wanted.statement, wanted.missing)


def timeline_of(library: Library, revision: Revision) -> Timeline:
    """A time line on which one revision governs on every day, and there is no other."""
    policy = library.policy(strategies.POLICY)
    entry = replace(
        revision.entry,
        change=Change.NEW,
        effective=date.min,
        through=None,
        known_from=None,
        applies_by=AppliesBy.DATE_OF_SERVICE,
        replaces=None,
        services=revision.services,
    )
    return Timeline(replace(policy, history=(entry,)))


def test_a_revision_that_never_counts_cannot_be_forced() -> None:
    library = shipped()
    with pytest.raises(UnknownRevision, match="did you mean"):
        query.answers(
            library,
            Layout(date_of_service=Column(name="day", kind=Kind.DATE), default_policy="cigna/0587"),
            None,
            Dialect.DUCKDB,
            forced={"cigna/0587": "2025-12-02"},
        )


def test_what_has_no_column_is_unknown_in_every_row() -> None:
    library = shipped()
    cases = [{"policy": "medicare/ncd-30.3.3", "date_of_service": "2024-05-01"}]
    assert_that_answers_agree(library, cases)
    (answer,) = answers_by_library(library, cases)
    assert answer.missing == ("service.code",)


def test_a_code_that_is_of_one_system_is_not_taken_for_one_of_another() -> None:
    column = Column(name="code", kind=Kind.TEXT)
    for system, code in (("cpt", "64714"), ("hcpcs", "G0297")):
        layout = Layout(
            date_of_service=Column(name="day", kind=Kind.TEXT),
            code=(CodeColumn(system=system, column=column), CodeColumn(system=None, column=column)),
        )
        assert [*routing.keys_of(Code(system, code), layout)] == [f"{system} {code}", f" {code}"]
        assert {routing.code_of(key, layout) for key in (f"{system} {code}", f" {code}")} == {Code(system, code)}
        assert routing.code_of(f" {system} {code}", layout) is None
        assert routing.code_of(f"icd10pcs {code}", layout) is None


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("identity", sorted(shipped().policies))
def test_every_shipped_policy_can_be_read_back_in_every_dialect(identity: str, dialect: Dialect) -> None:
    text = "\n".join(printed(shipped(), identity, dialect, None))
    (tree,) = parse(text, read=dialect)
    assert isinstance(tree, exp.Query)
    # Snowflake stores a name that was written without quotes in capital letters.
    assert [name.lower() for name in tree.named_selects] == ["claim_id", *query.ANSWER]


def test_a_printed_query_answers_as_the_library_does() -> None:
    library = shipped()
    identity = "medicare/ncd-30.3.3"
    text = "\n".join(printed(library, identity, Dialect.DUCKDB, None))
    connection = duckdb.connect()
    columns = [*layout_of(library.policy(identity), library.vocabulary, Dialect.DUCKDB).facts.values()]
    types = {Kind.TEXT: "TEXT", Kind.DATE: "DATE", Kind.INTEGER: "BIGINT", Kind.BOOLEAN: "BOOLEAN"}
    listed = ", ".join(f'"{each.name}" {types[each.kind]}' for each in columns if isinstance(each, Column))
    connection.execute(f"CREATE TABLE claims (claim_id TEXT, date_of_service DATE, code TEXT, {listed})")
    connection.execute("INSERT INTO claims (claim_id, date_of_service, code) VALUES ('a', '2024-05-01', '97810')")
    ((key, *told),) = connection.execute(text).fetchall()
    case = {"policy": identity, "date_of_service": "2024-05-01", "service": {"cpt": "97810"}}
    wanted = answer_of(0, library.decide(case))
    assert key == "a"
    assert told == [wanted.policy, wanted.revision, wanted.outcome, wanted.to, [*wanted.possible], wanted.statement,
                    [*wanted.missing], [*wanted.advisories]]  # fmt: skip
