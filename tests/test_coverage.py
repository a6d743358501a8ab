from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
import strategies
from examples import law
from hypothesis import event, given
from hypothesis import strategies as st
from samples import FACTS, coverage, day, entry, library_of, policy, texts, when

from policykit.answers.coverage import coverage_as_data
from policykit.assembly import holdings_from_data
from policykit.cases import check_cases, run_case
from policykit.cli.coverage import coverage_lines
from policykit.cli.text import Page
from policykit.coverage import measuring
from policykit.coverage.case_text import case_text
from policykit.coverage.goals import Goal, Showing, shown_by
from policykit.coverage.measuring import PolicyCoverage, goal_key, measure, showings_of
from policykit.coverage.occasions import occasions_of
from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.document import Document
from policykit.evaluation import Finding, Truth, all_of, any_of, count_of, none_of
from policykit.library import Library
from policykit.policy import Service
from policykit.schema import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle import Plain

    from policykit.cases import CaseResult

POLICY = "acme/p1"


def run(text: str, library: Library) -> list[CaseResult]:
    """What comes of cases in a document; nothing may be wrong with them."""
    stated, problems = check_cases("p1.cases.yaml", text.encode(), library)
    assert not problems, [str(problem) for problem in problems]
    return [run_case(each, library) for each in stated]


def measured(library: Library, cases: str = "") -> PolicyCoverage:
    """What these cases, as elements of a list, show of the one policy."""
    text = f"format: 1\npolicy: {POLICY}\ncases:\n{cases}"
    results = run(text, library) if cases else []
    return measure(library.timeline(POLICY), library.vocabulary, results)


def told(goals: tuple[Goal, ...]) -> list[str]:
    return [f"{goal.element.label}: {goal.showing}" for goal in goals]


def case(facts: str, *, on: str = "2026-01-15", code: str = "64714") -> str:
    return f'  - {{case: x, date_of_service: {on}, service: {{cpt: "{code}"}}, facts: {facts}}}\n'


BOTH = """
    id: both
    all:
      - {id: urgent, fact: surgery.urgent, is: true}
      - {id: mild, fact: pain.level, is: mild}
"""


# What cases show


def test_without_cases_nothing_is_covered() -> None:
    found = measured(library_of(when(BOTH)))
    assert (found.covered, found.goals, found.percent) == (0, 14, 0.0)
    assert told(found.open)[:6] == [
        "Statement 1, covered: decides",
        "both: decides",
        "both: met",
        "both: not-met",
        "both: unknown",
        "urgent: decides",
    ]


def test_a_case_shows_the_truth_of_every_criterion_that_is_visited_and_what_decided() -> None:
    found = measured(library_of(when(BOTH)), case("{surgery.urgent: false}"))
    shown = {each.element.label: {str(showing) for showing in each.showings} for each in found.elements}
    assert shown == {
        "Statement 1, covered": set(),
        "both": {"not-met", "decides"},
        "urgent": {"not-met", "decides"},
        "mild": {"unknown"},
        "Statement 2, not-covered": {"decides"},
    }


def test_a_criterion_does_not_decide_beside_another_that_leads_to_the_same() -> None:
    found = measured(library_of(when(BOTH)), case("{surgery.urgent: false, pain.level: severe}"))
    shown = {each.element.label: {str(showing) for showing in each.showings} for each in found.elements}
    assert shown["urgent"] == shown["mild"] == {"not-met"}


@pytest.mark.parametrize(
    ("criterion", "facts", "deciding"),
    [
        ("any", "{surgery.urgent: true}", "abc"),
        ("any", "{surgery.urgent: true, pain.level: mild}", ""),
        ("any", "{surgery.urgent: false, pain.level: severe}", ""),
        ("any", "{surgery.urgent: false, pain.level: severe, visit.count: 0}", "abc"),
        ("none", "{surgery.urgent: true, pain.level: severe}", "a"),
        ("none", "{surgery.urgent: false, pain.level: severe, visit.count: 0}", "abc"),
        ("count_at_least: 2, of", "{surgery.urgent: true, pain.level: mild, visit.count: 0}", "ab"),
        ("count_at_least: 2, of", "{surgery.urgent: true, pain.level: mild, visit.count: 9}", ""),
        ("count_at_least: 2, of", "{surgery.urgent: true, pain.level: mild}", "ab"),
        ("count_at_least: 2, of", "{surgery.urgent: true, pain.level: severe, visit.count: 0}", "bc"),
        ("count_at_least: 2, of", "{surgery.urgent: false, pain.level: severe, visit.count: 0}", ""),
        ("count_at_least: 2, of", "{surgery.urgent: false, pain.level: severe}", "ab"),
        ("count_at_least: 2, of", "{surgery.urgent: true, pain.level: severe}", ""),
    ],
)
def test_which_parts_decide(criterion: str, facts: str, deciding: str) -> None:
    parts = """
      - {id: a, fact: surgery.urgent, is: true}
      - {id: b, fact: pain.level, is: mild}
      - {id: c, fact: visit.count, at_least: 3}
    """
    operator = criterion.replace(", ", "\n")
    found = measured(library_of(when(f"{operator}:{parts}")), case(facts))
    decided = {each.element.label for each in found.elements if Showing.DECIDES in each.showings}
    known = {
        "abc"[position]
        for position, name in enumerate(("surgery.urgent", "pain.level", "visit.count"))
        if name in facts
    }
    assert decided & {"a", "b", "c"} == set(deciding) & known


@pytest.mark.parametrize(
    "criterion",
    [
        "count_at_least: 2\nof: [{id: a, {A}}, {id: b, {B}}, {id: c, {C}}]",
        "count_at_least: 1\nof: [{id: a, {A}}, {id: b, {B}}]",
        "count_at_least: 3\nof: [{id: a, {A}}, {id: b, {B}}, {id: c, {C}}]",
        "none: [{all: [{id: a, {A}}, {id: b, {B}}]}, {id: c, {C}}]",
        "all: [{none: [{any: [{id: a, {A}}, {id: b, {B}}]}]}, {id: c, {C}}]",
    ],
)
def test_wherever_a_criterion_stands_there_is_a_case_in_which_it_decides(criterion: str) -> None:
    facts = {
        "{A}": "fact: surgery.urgent, is: true",
        "{B}": "fact: pain.level, is: mild",
        "{C}": "fact: visit.count, at_least: 3",
    }
    for sign, fact in facts.items():
        criterion = criterion.replace(sign, fact)
    found = measured(library_of(when(criterion)))
    assert not found.impossible
    assert not found.unsettled
    assert measured(library_of(when(criterion)), "".join(each.text for each in found.suggestions)).percent == 100.0


def test_a_criterion_that_is_ruled_out_decides_beside_one_that_is_never_met() -> None:
    never = "{all: [{fact: pain.level, is: mild}, {none: [{fact: pain.level, is: mild}]}]}"
    found = measured(library_of(when(f"all: [{{none: [{{id: a, fact: surgery.urgent, is: true}}]}}, {never}]")))
    (goal,) = [each for each in found.open if told((each,)) == ["a: decides"]]
    suggestion = found.suggestion(goal)
    assert suggestion is not None
    assert suggestion.decision.case.facts["surgery.urgent"] is True


def test_all_that_is_covered_is_a_hundred_percent() -> None:
    cases = (
        case("{}")
        + case("{surgery.urgent: true, pain.level: mild}")
        + case("{surgery.urgent: false, pain.level: mild}")
        + case("{surgery.urgent: true, pain.level: severe}")
    )
    found = measured(library_of(when(BOTH)), cases)
    assert (found.percent, found.open, found.impossible, found.suggestions) == (100.0, (), (), ())
    assert [*coverage_lines(found, Page())] == ["acme/p1: 100 % covered (14 of 14)"]


def test_percent_is_rounded_down_so_that_a_hundred_means_all() -> None:
    parts = "".join(f"\n  - {{fact: visit.count, at_least: {number}}}" for number in range(1, 500))
    library = library_of(when(f"any:{parts}"))
    timeline, vocabulary = library.timeline(POLICY), library.vocabulary
    elements = [each.element for each in measured(library).elements]
    shown = {each.key: frozenset(each.wanted) for each in elements[:-1]}
    assert PolicyCoverage(timeline, vocabulary, shown).percent == 99.9


def test_a_named_criterion_counts_wherever_it_is_used() -> None:
    top = "criteria: {urgent: {fact: surgery.urgent, is: true, says: It is urgent}}"
    found = measured(library_of(when("any: [{use: urgent}, {none: [{use: urgent}]}]", top=top)))
    assert [each.element.label for each in found.elements].count("It is urgent") == 2


def test_cases_of_another_policy_show_nothing() -> None:
    library, other = library_of(when(BOTH)), library_of(when(BOTH).replace("policy: acme/p1", "policy: acme/p1"))
    results = run(f"format: 1\npolicy: {POLICY}\ncases:\n{case('{}')}", other)
    assert measure(library.timeline(POLICY), library.vocabulary, results).covered == 3


# What is impossible


def test_what_no_case_can_show_is_impossible_and_does_not_count() -> None:
    always = "{id: always, any: [{id: yes-or-no, fact: surgery.urgent, in: [true, false]}]}"
    found = measured(library_of(when(always)), case("{surgery.urgent: true}") + case("{}"))
    assert told(found.impossible) == [
        "always: not-met",
        "yes-or-no: not-met",
        "Statement 2, not-covered: decides",
    ]
    assert (found.covered, found.goals, found.percent) == (7, 7, 100.0)
    lines = [*coverage_lines(found, Page())]
    assert lines[0] == "acme/p1: 100 % covered (7 of 7, 3 impossible)"
    assert "cannot be not met" in " ".join(lines)


def test_what_neither_a_case_nor_a_proof_was_found_for_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_WORK", 1_000_000)  # a search of any length that can be waited for finds nothing
    holes, pigeons = [f"hole-{number}" for number in range(9)], [f"pigeon.number_{number}" for number in range(10)]
    values = ", ".join(f"{hole}: A hole" for hole in holes)
    facts = FACTS + "".join(f"  {name}: {{type: choice, values: {{{values}}}, ask: Where?}}\n" for name in pigeons)
    apart = [
        f"{{none: [{{all: [{{fact: {one}, is: {hole}}}, {{fact: {other}, is: {hole}}}]}}]}}"
        for hole in holes
        for one, other in combinations(pigeons, 2)
    ]
    found = measured(library_of(texts(when(f"{{id: apart, all: [{', '.join(apart)}]}}"), facts=facts)))
    assert "apart: met" in told(found.unsettled)
    assert "apart: met" not in told(found.impossible)
    assert "neither a case was found nor a proof" in " ".join(" ".join(coverage_lines(found, Page())).split())


# Which dates


def in_order(*entries: str) -> Library:
    return library_of(policy("".join(entries)))


def test_an_entry_that_is_never_in_effect_has_nothing_to_show() -> None:
    library = in_order(
        entry("first", "new", "2020-01-01", known_from="2020-01-01"),
        entry("second", "correction", "2020-01-01", replaces="first", known_from="2020-01-01"),
    )
    assert [each.element.revision for each in measured(library).elements] == ["second"]


def test_an_entry_that_was_replaced_is_asked_as_it_was_known() -> None:
    library = in_order(
        entry("first", "new", "2020-01-01", known_from="2020-01-01"),
        entry("second", "correction", "2020-01-01", "not-covered", replaces="first", known_from="2021-01-01"),
    )
    found = measured(library)
    first, second = found.suggestions
    assert (first.decision.known_on, first.decision.outcome) == (day("2020-01-01"), "covered")
    assert (second.decision.known_on, second.decision.outcome) == (None, "not-covered")


def test_what_could_always_be_known_is_asked_as_of_before_its_correction() -> None:
    library = in_order(
        entry("first", "new", "2020-01-01"),
        entry("second", "correction", "2020-01-01", "not-covered", replaces="first", known_from="2021-01-01"),
    )
    first, second = measured(library).suggestions
    assert (first.decision.known_on, first.decision.outcome) == (day("2020-12-31"), "covered")
    assert (second.decision.known_on, second.decision.outcome) == (None, "not-covered")


def test_a_day_that_criteria_name_is_tried() -> None:
    found = measured(library_of(when("{fact: quit.date, on_or_after: 2022-01-01, on_or_before: date_of_service}")))
    assert not found.impossible
    assert {each.decision.date_of_service for each in found.suggestions} == {day("2020-01-01"), day("2022-01-01")}


def test_nothing_is_called_impossible_where_there_are_more_days_than_are_tried() -> None:
    statements = "".join(
        f"- {{outcome: deferred, to: reviewer {year}, when: {{fact: quit.date, on_or_after: {year}-01-01, "
        f"before: {year}-01-02, at_least_ago: {year - 2018} days, within_last: {year - 2000} days}}}}\n"
        for year in range(2020, 2029)
    )
    library = library_of(coverage(f"{statements}- {{outcome: not-covered}}\n"))
    before, after = measured(library), measured(library, case("{quit.date: 2028-01-01}", on="2028-01-15"))
    assert before.impossible == ()
    assert "Statement 9, deferred: decides" in told(before.unsettled)
    assert "Statement 9, deferred: decides" not in told(after.open)


def test_nothing_is_called_impossible_that_hangs_on_how_long_a_month_is() -> None:
    library = library_of(when("{fact: quit.date, longer_ago_than: 1 month, within_last: 30 days}"))
    before, after = measured(library), measured(library, case("{quit.date: 2020-01-31}", on="2020-03-01"))
    assert before.impossible == ()
    assert "Statement 1, covered: decides" in told(before.unsettled)
    assert "Statement 1, covered: decides" not in told(after.open)
    # Of spans of one sort it can be told.
    of_one_sort = "{all: [{fact: quit.date, longer_ago_than: 30 days}, {fact: quit.date, within_last: 30 days}]}"
    assert measured(library_of(when(of_one_sort))).impossible


def test_what_is_carried_over_counts_where_it_is_written() -> None:
    library = in_order(entry("first", "new", "2020-01-01"), entry("second", "review", "2021-01-01", "unchanged"))
    found = measured(library, case("{}", on="2021-06-01"))
    assert [(each.element.revision, each.lacking) for each in found.elements] == [("first", ())]


def test_an_entry_that_applies_by_the_day_of_processing_is_given_one() -> None:
    library = in_order(
        entry("first", "new", "2020-01-01"),
        entry("second", "criteria", "2021-01-01", "not-covered", applies_by="claim-processed"),
    )
    first, second = measured(library).suggestions
    assert (first.decision.date_of_service, first.decision.claim_processed) == (day("2020-01-01"), day("2020-01-01"))
    assert (second.decision.date_of_service, second.decision.claim_processed) == (day("2021-01-01"), day("2021-01-01"))


# What is told


def test_what_is_lacking_is_told_by_place_with_cases_to_paste() -> None:
    found = measured(library_of(when(BOTH)), case("{surgery.urgent: false}") + case("{}"))
    text = "\n".join(coverage_lines(found, Page(width=100)))
    assert "acme/p1.yaml:17:13: Statement 1, covered: never decides" in text
    head, _, cases = text.partition("gives:\n\n")
    assert "cases to paste" in head
    pasted = measured(library_of(when(BOTH)), case("{surgery.urgent: false}") + case("{}") + cases + "\n")
    assert pasted.percent == 100.0


def test_places_are_told_as_the_user_can_open_them() -> None:
    lines = [*coverage_lines(measured(library_of(when(BOTH))), Page(), lambda where: f"elsewhere/{where.file}")]
    assert "  • elsewhere/acme/p1.yaml: Statement 1, covered: never decides" in lines


@pytest.mark.parametrize("cases", ["", case("{surgery.urgent: false}")])
def test_the_data_fits_its_schema(cases: str) -> None:
    always = "{any: [{fact: surgery.urgent, in: [true, false]}, {fact: visit.count, at_least: 2}]}"
    data = coverage_as_data(measured(library_of(when(always)), cases))
    assert json.loads(json.dumps(data)) == data
    whole = {
        "format": 1,
        "passed": 0,
        "failed": 0,
        "problems": [],
        "left_out": [],
        "cases": [],
        "coverage": [data],
    }
    assert [str(problem) for problem in check_schema(Document(name="test", data=whole), "test")] == []


def test_a_case_is_written_so_that_it_reads_as_the_same() -> None:
    criterion = """
        all:
          - {fact: patient.weight, less_than: 0.0000002, more_than: 0.0000001}
          - {fact: prior.codes, has_any: {icd10cm: ["E88-"]}}
          - {fact: claim.diagnoses, has_all: {icd10cm: ["G54.1"], icd9cm: ["353.1"]}}
          - {none: [{fact: service.modifiers, has_any: ["59"]}]}
          - {fact: service.place, is: "21"}
          - {fact: tests.done, has_all: [mri, ct]}
          - {fact: quit.date, longer_ago_than: 9000 years}
          - {none: [{fact: prior.codes, has_any: {cpt: ["11000-11002"]}}]}
    """
    library = library_of(when(criterion))
    found = measured(library)
    title = "Yes: a title # with signs"
    suggestions = [each for goal in found.open if (each := found.suggestion(goal)) is not None]
    assert any(not value for each in suggestions for value in each.decision.case.stated.values())
    for suggestion in suggestions:
        text = case_text(title, suggestion.decision)
        (result,) = run(f"format: 1\npolicy: {POLICY}\ncases:\n{text}", library)
        assert result.stated.title == title
        assert result.failures == ()
        assert result.stated.case is not None
        assert result.stated.case.stated == suggestion.decision.case.stated


# Laws


def library_in(documents: strategies.Documents) -> Library:
    vocabulary, policy_document = documents
    return Library(
        holdings_from_data(
            {
                "facts.yaml": vocabulary,
                "payers.yaml": strategies.PAYERS,
                "codes.yaml": strategies.CODES,
                f"{strategies.POLICY}.yaml": policy_document,
            }
        )
    )


def results_of(library: Library, cases: list[Plain]) -> list[CaseResult]:
    document = {"format": 1, "policy": POLICY, "cases": [{"case": "x", **each} for each in cases]}
    return run(json.dumps(document), library) if cases else []


@contextmanager
def searched_little() -> Iterator[None]:
    """Within it, a search for cases gives up soon, as it otherwise does over far larger policies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "_WORK", 500_000)
        yield


def turned(truth: Truth) -> Truth:
    return {Truth.MET: Truth.NOT_MET, Truth.NOT_MET: Truth.MET}[truth]


def with_other(finding: Finding, path: tuple[int, ...]) -> Truth:
    """The truth of a criterion, had one within it the other truth."""
    if not path:
        return turned(finding.truth)
    truths = [part.truth for part in finding.parts]
    truths[path[0]] = with_other(finding.parts[path[0]], path[1:])
    match finding.criterion:
        case All():
            return all_of(truths)
        case AnyOf():
            return any_of(truths)
        case NoneOf():
            return none_of(truths)
        case CountAtLeast(count=count):
            return count_of(count, truths)
        case FactIs():
            raise AssertionError


def within(finding: Finding, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Finding]]:
    yield path, finding
    for position, part in enumerate(finding.parts):
        yield from within(part, (*path, position))


@law(60)
@given(st.data())
def test_a_criterion_decides_if_with_its_other_truth_the_statement_would_not_be_the_same(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True))
    library = library_in(documents)
    decision = library.decide(library.read_case(data.draw(strategies.cases(documents))))
    for statement in decision.findings:
        root = statement.finding
        if root is None:
            continue
        expected = {
            path
            for path, each in within(root)
            if Truth.UNKNOWN not in {root.truth, each.truth} and with_other(root, path) is not root.truth
        }
        assert {path for path, showing in shown_by(root) if showing is Showing.DECIDES} == expected


@law(15)
@given(st.data())
@searched_little()
def test_every_case_that_is_suggested_passes_and_covers_its_goal(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True) | strategies.documents())
    library = library_in(documents)
    found = measured(library)
    event(f"impossible: {bool(found.impossible)}")
    goals = found.open
    if not goals:
        return
    for goal in data.draw(st.lists(st.sampled_from(goals), max_size=4, unique_by=goal_key)):
        suggestion = found.suggestion(goal)
        if suggestion is None:
            assert goal in found.unsettled
            continue
        text = case_text(suggestion.title, suggestion.decision)
        (result,) = run(f"format: 1\npolicy: {POLICY}\ncases:\n{text}", library)
        assert result.failures == ()
        (decision,) = result.decisions
        assert goal_key(goal) in {*showings_of(decision)}


@law(15)
@given(st.data())
def test_the_suggested_cases_together_cover_all_that_is_open(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True) | strategies.documents())
    library = library_in(documents)
    given_cases = data.draw(st.lists(strategies.cases(documents), max_size=3))
    results = results_of(library, given_cases)
    before = measure(library.timeline(POLICY), library.vocabulary, results)
    texts = [case_text(each.title, each.decision) for each in before.suggestions]
    pasted = run(f"format: 1\npolicy: {POLICY}\ncases:\n{''.join(texts)}", library) if texts else []
    assert [failure for result in pasted for failure in result.failures] == []
    after = measure(library.timeline(POLICY), library.vocabulary, [*results, *pasted])
    assert after.open == before.unsettled
    assert after.impossible == before.impossible


@law(15)
@given(st.data())
@searched_little()
def test_more_cases_never_cover_less_and_their_order_does_not_matter(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True) | strategies.documents())
    library = library_in(documents)
    cases = results_of(library, data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=5)))
    timeline, vocabulary = library.timeline(POLICY), library.vocabulary
    fewer, all_of_them = measure(timeline, vocabulary, cases[:-1]), measure(timeline, vocabulary, cases)
    assert all_of_them.covered >= fewer.covered
    assert all_of_them.percent >= fewer.percent
    assert measure(timeline, vocabulary, data.draw(st.permutations(cases))).elements == all_of_them.elements


@law(30)
@given(st.data())
@searched_little()
def test_what_a_case_shows_on_a_date_that_is_tried_is_never_impossible(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True) | strategies.documents())
    library = library_in(documents)
    found = measured(library)
    impossible = {goal_key(goal) for goal in found.impossible}
    tried = {
        each.date_of_service
        for shown in found.elements
        for each in occasions_of(shown.element.service, library.timeline(POLICY))
    }
    for one in data.draw(st.lists(strategies.cases(documents), min_size=3, max_size=3)):
        (result,) = results_of(library, [one])
        (decision,) = result.decisions
        is_tried = decision.date_of_service in tried
        event(f"tried: {is_tried}")
        if is_tried:
            assert impossible.isdisjoint(showings_of(decision))


@law(50)
@given(strategies.documents())
def test_every_occasion_is_one_on_which_the_service_is_in_effect(documents: strategies.Documents) -> None:
    library = library_in(documents)
    timeline = library.timeline(POLICY)
    for written in timeline.policy.history:
        for service in written.services if isinstance(written.services, tuple) else ():
            if isinstance(service, Service):
                for each in occasions_of(service, timeline):
                    found = timeline.in_effect(
                        date_of_service=each.date_of_service,
                        claim_processed=each.claim_processed,
                        known_on=each.known_on,
                    )
                    assert found is each.revision
                    assert service in each.revision.services


@law(50)
@given(st.data())
def test_whatever_a_case_is_answered_by_has_an_occasion(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents())
    library = library_in(documents)
    decision = library.decide(library.read_case(data.draw(strategies.cases(documents))))
    if decision.service is not None:
        assert [*occasions_of(decision.service, library.timeline(POLICY))]
