"""The laws of docs/format.md, one property each, over documents and cases of every kind.

Documents are plain data, as `strategies` makes them; what the program makes of them is told in the words of `oracle`.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import oracle
import strategies
from examples import law
from hypothesis import event, given
from hypothesis import strategies as st
from oracle import Plain, Value
from samples import checked_in

import policykit
from policykit.assembly import holdings_from_data
from policykit.cases import check_cases
from policykit.library import Library
from policykit.source import read_document
from policykit.timeline import Revision

if TYPE_CHECKING:
    from random import Random

    from policykit.evaluation import Finding
    from policykit.problems import Problem


def files_of(documents: strategies.Documents) -> Plain:
    """These documents, with payers and codes, by their names in a library."""
    vocabulary, policy = documents
    return {
        "facts.yaml": vocabulary,
        "payers.yaml": strategies.PAYERS,
        "codes.yaml": strategies.CODES,
        f"{strategies.POLICY}.yaml": policy,
    }


def library_of(documents: strategies.Documents) -> Library:
    """The library that holds these documents."""
    return Library(holdings_from_data(files_of(documents)))


def answer(library: Library, case: Plain) -> oracle.Answer:
    """What the program makes of a case."""
    decision = library.decide(library.read_case(case))
    revision, miss = decision.revision, decision.miss
    return oracle.Answer(
        outcome=str(decision.outcome),
        to=decision.to,
        possible=frozenset((str(possible.outcome), possible.to) for possible in decision.possible),
        revision=revision.name if revision else None,
        reason=str(miss.reason) if miss else None,
        statement=decision.number,
        missing=tuple(missing.fact for missing in decision.missing),
    )


def groups(names: tuple[str, ...], vocabulary: Plain) -> set[str]:
    """These facts, with a date for the numbers that stand or fall with it."""
    return {oracle.rests_on(name, vocabulary) for name in names}


def any_documents() -> st.SearchStrategy[strategies.Documents]:
    """Documents whose history is long, or whose answers depend on facts alone."""
    return strategies.documents(timeless=True) | strategies.documents()


@law(60)
@given(st.data())
def test_learning_a_fact_never_reverses_a_decided_answer(data: st.DataObject) -> None:
    documents = data.draw(any_documents())
    library, case = library_of(documents), data.draw(strategies.cases(documents))
    world = data.draw(strategies.worlds(documents, case))
    before = answer(library, case)
    for name in data.draw(st.permutations(strategies.untold(documents[0], case))):
        case = strategies.completed(case, [name], world, precision=data.draw(st.sampled_from((7, 10))))
        after = answer(library, case)
        if before.outcome != "undetermined":
            assert (after.outcome, after.to) == (before.outcome, before.to)
        before = after


@law(75)
@given(st.data())
def test_a_fact_that_is_not_listed_as_missing_cannot_change_the_answer(data: st.DataObject) -> None:
    documents = data.draw(any_documents())
    library, case = library_of(documents), data.draw(strategies.cases(documents))
    before = answer(library, case)
    listed = groups(before.missing, documents[0])
    others = [
        name for name in strategies.untold(documents[0], case) if groups((name,), documents[0]).isdisjoint(listed)
    ]
    world = data.draw(strategies.worlds(documents, case))
    after = answer(library, strategies.completed(case, others, world))
    assert (after.outcome, after.to) == (before.outcome, before.to)
    if listed.isdisjoint({"claim_processed", "service.code"}):
        assert after.possible == before.possible


@law(60)
@given(st.data())
def test_when_every_missing_fact_is_supplied_the_answer_is_decided_or_asks_for_different_facts(
    data: st.DataObject,
) -> None:
    documents = data.draw(any_documents())
    library, case = library_of(documents), data.draw(strategies.cases(documents))
    now = answer(library, case)
    asked: set[str] = set()
    while now.outcome == "undetermined":
        assert now.missing
        assert asked.isdisjoint(now.missing)
        asked.update(now.missing)
        case = data.draw(strategies.completions(documents, case, list(now.missing)))
        now = answer(library, case)
    assert not now.missing


@law(60)
@given(strategies.documents(), st.data())
def test_every_date_has_at_most_one_revision_in_effect_and_the_day_before_effective_never_has_it(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    library = library_of(documents)
    known_on = data.draw(st.sampled_from(strategies.epochs(documents[1]["history"])))
    governed: list[str] = []
    for number in range((strategies.LAST_DAY - strategies.FIRST_DAY).days + 800):
        day = strategies.FIRST_DAY + timedelta(days=number)
        found = library.in_effect(strategies.POLICY, date_of_service=day, claim_processed=day, known_on=known_on)
        if isinstance(found, Revision):
            assert found.effective <= day
            assert found.last is None or day <= found.last
            if governed[-1:] != [found.name]:
                # Nothing comes back by itself, so the days of a revision lie together.
                assert found.name not in governed
                governed.append(found.name)


@law(60)
@given(strategies.documents(), st.data())
def test_what_is_known_later_changes_nothing_that_was_asked_as_known_earlier(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    told = [entry["known_from"] for entry in documents[1]["history"] if "known_from" in entry]
    known_on = date.fromisoformat(max(told)) if told else data.draw(strategies.days())
    continued = data.draw(strategies.continued(documents, known_on))
    case = data.draw(strategies.cases(documents))
    earlier, later = library_of(documents), library_of((documents[0], continued))
    event(f"entries appended: {len(continued['history']) - len(documents[1]['history'])}")
    for day in sorted({str(known_on), case.get("known_on", str(known_on))} & {*told, str(known_on)}):
        asked = {**case, "known_on": day}
        assert said_by(earlier, asked) == said_by(later, asked)


def said_by(library: Library, case: Plain) -> Plain:
    """All that the program says of a case, but for the receipt, which tells one document from another."""
    said = policykit.as_document(library.decide(library.read_case(case)))
    return {key: value for key, value in said.items() if key != "receipt"}


@law(60)
@given(any_documents(), st.randoms(use_true_random=False), st.data())
def test_the_order_of_the_parts_of_a_criterion_never_changes_the_outcome_or_which_facts_are_missing(
    documents: strategies.Documents, random: Random, data: st.DataObject
) -> None:
    vocabulary, policy = documents
    case = data.draw(strategies.cases(documents))
    one = answer(library_of(documents), case)
    other = answer(library_of((vocabulary, shuffled(policy, random))), case)
    assert (one.outcome, one.to, one.possible) == (other.outcome, other.to, other.possible)
    assert groups(one.missing, vocabulary) == groups(other.missing, vocabulary)


def shuffled(data: Value, random: Random) -> Value:
    """The same document with the parts of every criterion in another order."""
    if isinstance(data, list):
        return [shuffled(item, random) for item in data]
    if not isinstance(data, dict):
        return data
    result = {key: shuffled(value, random) for key, value in data.items()}
    for operator in ("all", "any", "none", "of"):
        if operator in result:
            random.shuffle(result[operator])
    return result


@law(60)
@given(strategies.documents(), st.data())
def test_a_review_publication_or_implementation_date_never_selects_and_known_from_only_where_known_on_is_asked(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    vocabulary, policy = documents
    told = sorted({entry["known_from"] for entry in policy["history"] if "known_from" in entry})
    days = data.draw(st.lists(strategies.days().map(str), min_size=len(told), max_size=len(told)))
    moved = dict(zip(told, sorted(days), strict=True))
    unselecting = {"published", "implemented", "last_reviewed", "next_review"}
    case = data.draw(strategies.cases(documents))
    redated: list[Plain] = []
    unreviewed: list[Plain] = []
    for entry in policy["history"]:
        others = {key: value for key, value in entry.items() if key not in unselecting}
        unreviewed.append({**others, **data.draw(strategies.unselecting_dates())})
        redated.append(
            {**unreviewed[-1]} | ({"known_from": moved[entry["known_from"]]} if "known_from" in entry else {})
        )
    one = library_of(documents)
    assert answer(one, case) == answer(library_of((vocabulary, {**policy, "history": unreviewed})), case)
    unasked = {key: value for key, value in case.items() if key != "known_on"}
    assert answer(one, unasked) == answer(library_of((vocabulary, {**policy, "history": redated})), unasked)


@law(75)
@given(any_documents(), st.data())
def test_every_way_to_run_a_policy_gives_the_same_outcome(documents: strategies.Documents, data: st.DataObject) -> None:
    vocabulary, policy = documents
    library = library_of(documents)
    for case in data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=4)):
        expected = oracle.answer(policy, vocabulary, case)
        event(f"{expected.outcome} {expected.reason or ''}")
        assert answer(library, case) == expected


@law(150)
@given(strategies.timelines(), st.data())
def test_every_way_to_run_a_policy_gives_the_same_outcome_on_every_day(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    vocabulary, policy = documents
    library = library_of(documents)
    days = [str(day) for day in oracle.days_around(policy["history"])]
    system, code = data.draw(st.sampled_from([codes[0] for codes in strategies.SERVED.values()]))
    claimed = data.draw(st.sampled_from(({}, {"claim_processed": data.draw(st.sampled_from(days))})))
    for known_on in strategies.epochs(policy["history"]):
        known = {} if known_on is None else {"known_on": str(known_on)}
        for day in days:
            case = {"policy": strategies.POLICY, "date_of_service": day, "service": {system: code}, **known, **claimed}
            assert answer(library, case) == oracle.answer(policy, vocabulary, case)


@law(75)
@given(strategies.documents(timeless=True), st.data())
def test_every_way_to_run_a_policy_gives_the_same_truth_of_every_criterion(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    vocabulary, policy = documents
    library, cases = library_of(documents), data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=4))
    for case in cases:
        assert answer(library, case) == oracle.answer(policy, vocabulary, case)
    assert_that_truths_agree(documents, cases)


@law(75)
@given(strategies.switchboards())
def test_every_way_to_run_a_policy_gives_the_same_outcome_for_every_way_to_know_the_facts(
    switchboard: tuple[strategies.Documents, list[Plain]],
) -> None:
    (vocabulary, policy), cases = switchboard
    library = library_of((vocabulary, policy))
    for case in cases:
        assert answer(library, case) == oracle.answer(policy, vocabulary, case)


@law(8)
@given(strategies.dense_documents(), st.data())
def test_every_way_to_run_a_policy_gives_the_same_truth_of_every_comparison(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    assert_that_truths_agree(documents, data.draw(strategies.dense_cases(documents)))


def assert_that_truths_agree(documents: strategies.Documents, cases: list[Plain]) -> None:
    """That program and oracle find the same of every criterion of a policy with one entry."""
    vocabulary, policy = documents
    library = library_of(documents)
    coverages = {service["service"]: service["coverage"] for service in policy["history"][0]["services"]}
    for case in cases:
        situation = oracle.Situation(policy=policy, vocabulary=vocabulary, case=case)
        decision = library.decide(library.read_case(case))
        for found in decision.findings:
            assert decision.service is not None
            statement = coverages[decision.service.name][found.number - 1]
            if found.finding is not None:
                assert truths_found(found.finding) == truths_expected(statement["when"], situation)


def truths_found(finding: Finding) -> list[str]:
    """What the program found of a criterion and of all its parts."""
    return [finding.truth.value, *(truth for part in finding.parts for truth in truths_found(part))]


def truths_expected(criterion: Plain, situation: oracle.Situation) -> list[str]:
    """What the oracle finds of a criterion and of all its parts."""
    if "use" in criterion:
        return truths_expected(situation.policy["criteria"][criterion["use"]], situation)
    word = {True: "met", False: "not-met", None: "unknown"}[oracle.truth_of(criterion, situation)]
    parts = oracle.parts_of(criterion) or []
    return [word, *(truth for part in parts for truth in truths_expected(part, situation))]


def read_within_reason(content: bytes) -> None:
    """Read a document, and hold the program to what it promises of any bytes."""
    began = monotonic()
    document, problems = read_document("a.yaml", content)
    assert monotonic() - began < 10, "reading took too long"
    assert document is not None or problems
    hold_to_positions(problems)


def hold_to_positions(problems: tuple[Problem, ...]) -> None:
    """Every problem says what is wrong, and where."""
    for problem in problems:
        event(problem.rule)
        assert problem.rule
        assert problem.message
        assert problem.where.file
        assert problem.where.line is not None
        assert problem.where.line >= 1
        assert problem.where.column is not None
        assert problem.where.column >= 1


@law(300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_the_bytes_reading_gives_a_document_or_problems_with_positions(content: bytes) -> None:
    read_within_reason(content)


@law(200)
@given(st.lists(st.sampled_from(strategies.MARKS) | st.text(max_size=3), max_size=30).map("".join))
def test_whatever_the_marks_of_yaml_reading_gives_a_document_or_problems_with_positions(text: str) -> None:
    read_within_reason(text.encode("utf-8", "surrogatepass"))


@law(60)
@given(strategies.documents(timeless=True), st.data())
def test_whatever_is_done_to_a_text_reading_gives_a_document_or_problems_with_positions(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    text = json.dumps(documents[1], indent=data.draw(st.sampled_from((None, 1))))
    read_within_reason(data.draw(strategies.spoiled_texts(text)).encode())


@law(50)
@given(strategies.documents(), st.data())
def test_whatever_a_document_says_it_is_read_or_refused_with_positions(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    vocabulary, policy = documents
    spoiled = data.draw(
        st.tuples(st.just(vocabulary), strategies.spoiled(policy))
        | st.tuples(strategies.spoiled(vocabulary), st.just(policy))
    )
    checked = checked_in({name: json.dumps(each, indent=1) for name, each in files_of(spoiled).items()})
    hold_to_positions(checked.problems)


@law(60)
@given(any_documents(), st.data())
def test_whatever_a_case_says_it_is_read_or_refused_with_positions(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    library, case = library_of(documents), data.draw(strategies.spoiled(data.draw(strategies.cases(documents))))
    stated, problems = check_cases("a.cases.yaml", json.dumps(case).encode(), library)
    hold_to_positions((*problems, *(problem for each in stated for problem in each.problems)))
    try:
        library.read_case(case)
    except policykit.InvalidDocuments as refusal:
        event("refused as data")
        assert refusal.problems  # noqa: PT017  # whether there is a refusal is open


@law(60)
@given(any_documents())
def test_what_is_valid_is_read_without_a_problem(documents: strategies.Documents) -> None:
    checked = checked_in({name: json.dumps(each) for name, each in files_of(documents).items()})
    assert not checked.problems


@law(60)
@given(any_documents(), st.data())
def test_a_receipt_replayed_gives_the_same_decision_byte_for_byte(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    case = data.draw(strategies.cases(documents))
    library, again = library_of(documents), library_of(documents)
    decision = library.decide(library.read_case(case))
    replayed = again.replay(decision.receipt, again.read_case(case))
    assert json.dumps(policykit.as_document(replayed)) == json.dumps(policykit.as_document(decision))
