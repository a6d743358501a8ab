"""What a case says is a patient's: nothing that is told of a case shows what stands in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import FACTS, coverage, library_of, sample

import policykit
from policykit.cases import check_cases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.problems import Problem

# Words and numbers of which no message could hold one by chance.
SECRETS = st.from_regex(r"\A[QXZ][a-z]{2}[QXZ][a-z]{2}\Z")
WORDS = SECRETS | SECRETS.map(lambda word: f"{word} 7391") | st.just("7391-73-91")
NUMBERS = st.sampled_from([73917391, -73917391, 7391.7391])
WRONG = st.recursive(
    WORDS | NUMBERS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(SECRETS, inner, min_size=1, max_size=2),
    max_leaves=4,
)
NAMES = [
    "patient.birth_date",
    "patient.age",
    "patient.weight",
    "pain.level",
    "tests.done",
    "surgery.urgent",
    "quit.date",
    "prior.code",
    "prior.codes",
]
FACT_VALUES = st.dictionaries(st.sampled_from(NAMES) | SECRETS, WRONG, min_size=1, max_size=4)
CODED = st.dictionaries(
    st.sampled_from(["cpt", "hcpcs", "icd10cm", "modifiers", "place"]) | SECRETS, WRONG, min_size=1, max_size=3
)
CASES = st.fixed_dictionaries(
    {"date_of_service": st.just("2026-01-15") | WRONG},
    optional={
        "policy": st.just("acme/p1") | WRONG,
        "payer": WRONG,
        "claim_processed": WRONG,
        "known_on": WRONG,
        "service": CODED | WRONG,
        "diagnoses": CODED | WRONG,
        "facts": FACT_VALUES | WRONG,
    },
)


def written(data: Any) -> set[str]:
    """Every word and number that the data holds, other than what every case may say."""
    known = {"2026-01-15", "acme/p1", "cpt", "hcpcs", "icd10cm", "modifiers", "place", *NAMES, *CASE_KEYS}
    if isinstance(data, dict):
        found = {each for key, value in data.items() for each in (key, *written(value))}
    elif isinstance(data, list):
        found = {each for value in data for each in written(value)}
    else:
        found = {str(data)}
    return found - known


CASE_KEYS = [
    "format",
    "case",
    "policy",
    "payer",
    "date_of_service",
    "claim_processed",
    "known_on",
    "service",
    "diagnoses",
    "facts",
    "expect",
    "cases",
]


def hold_to_silence(problems: Iterable[Problem], secrets: Iterable[str]) -> None:
    for problem in problems:
        for secret in secrets:
            assert secret not in f"{problem.message} {problem.help}", str(problem)


@law(100)
@given(CASES, st.booleans())
def test_no_problem_of_a_case_shows_what_is_written_in_it(case: dict[str, Any], listed: bool) -> None:
    data = {"format": 1, "cases": [{"case": "A", **case}]} if listed else case
    _, problems = check_cases("case.yaml", json.dumps(data).encode(), sample())
    hold_to_silence(problems, written(case))
    for problem in problems:
        assert not any(secret in str(problem) for secret in written(case))


@law(80)
@given(CASES)
def test_no_refusal_of_a_mapping_shows_what_is_written_in_it(case: dict[str, Any]) -> None:
    refused: policykit.InvalidDocuments | None = None
    try:
        sample().read_case(case)
    except policykit.InvalidDocuments as refusal:
        refused = refusal
    if refused is not None:
        hold_to_silence(refused.problems, written(case))
        assert not any(secret in str(refused) for secret in written(case))


@law(80)
@given(SECRETS, st.sampled_from(["{0}: {0}: {0}", "[{0}", "'{0}", "a: {0}\na: {0}", "{0}: 0{0}\n{0}: 1", "&{0} a", "*{0}", "!{0} a", "a: @{0}", "%{0}", "a: 0739\n{0}: yes", '"{0}\\u200b": 1', "? [{0}]\n: {0}", "{0}\n---\n{0}", "a: {0}\n {0}", "- {0}\n{0}: a", "{{{0}: [}}", '"\\{0}"', "a: >{0}\n", "<<: {0}"]))  # fmt: skip
def test_no_problem_of_the_text_of_a_case_shows_what_is_written_in_it(secret: str, shape: str) -> None:
    _, problems = check_cases("case.yaml", shape.format(secret).encode(), sample())
    assert problems
    hold_to_silence(problems, [secret, "0739"])


PLACES = [
    "date_of_service: Qxyz",
    "known_on: 2026-73-91",
    "service: Qxyz",
    "service: {cpt: Qxyz}",
    "service: {Qxyz: '64714'}",
    "service: {cpt: '64714', modifiers: [Qxyz]}",
    "service: {cpt: '64714', place: Qxyz}",
    "diagnoses: {icd10cm: [Qxyz]}",
    "diagnoses: {icd10cm: Qxyz}",
    "diagnoses: {Qxyz: []}",
    "facts: Qxyz",
    "facts: {Qxyz: 1}",
    "facts: {patient.birth_date: Qxyz}",
    "facts: {patient.birth_date: 7391-73}",
    "facts: {patient.age: Qxyz}",
    "facts: {patient.age: 7391, patient.birth_date: 2000-01-01}",
    "facts: {patient.weight: Qxyz}",
    "facts: {pain.level: Qxyz}",
    "facts: {tests.done: [Qxyz]}",
    "facts: {surgery.urgent: Qxyz}",
    "facts: {prior.code: {cpt: Qxyz}}",
    "facts: {prior.code: {cpt: Qxyz, hcpcs: Qxyz}}",
    "facts: {prior.codes: {cpt: [Qxyz]}}",
    "Qxyz: 1",
    "payer: Qxyz",
    "policy: Qxyz",
]


@pytest.mark.parametrize("line", PLACES)
def test_at_every_place_of_a_case_what_is_wrong_is_told_and_not_shown(line: str) -> None:
    key = line.partition(":")[0]
    lines = {"policy": "policy: acme/p1", "date_of_service": "date_of_service: 2026-01-15"}
    text = "\n".join([*(each for name, each in lines.items() if name != key), line])
    _, problems = check_cases("case.yaml", text.encode(), sample())
    assert problems
    hold_to_silence(problems, ["Qxyz", "7391", "73-91", "2000-01-01"])


def test_the_near_miss_of_a_fact_shows_only_the_declared_name() -> None:
    _, (problem,) = check_cases(
        "case.yaml", b"policy: acme/p1\ndate_of_service: 2026-01-15\nfacts: {pain.levelQ: mild}\n", sample()
    )
    assert problem.help == "did you mean `pain.level`?"
    assert "levelQ" not in str(problem)


def test_a_case_and_its_decision_show_no_fact_in_their_representation() -> None:
    library = library_of(coverage("- {outcome: covered, when: {fact: pain.level, is: severe}}\n- outcome: not-covered"))
    case = library.read_case(
        {
            "policy": "acme/p1",
            "date_of_service": "2026-01-15",
            "service": {"cpt": "64714", "place": "21"},
            "diagnoses": {"icd10cm": ["G54.1"]},
            "facts": {"pain.level": "severe", "patient.birth_date": "1973-09-17"},
        }
    )
    decision = library.decide(case)
    for shown in (repr(case), repr(decision), str(case), str(decision)):
        assert not any(secret in shown for secret in ("severe", "1973", "52", "G54.1", "64714"))


def test_the_samples_hold_no_secret() -> None:
    assert "73917391" not in FACTS
