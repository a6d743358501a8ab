from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import policykit
from policykit import Library, as_document
from policykit.chronicle import chronicle_of
from policykit.document import Document
from policykit.inspection import check_paths, run_paths
from policykit.lookup import look_up
from policykit.memory import Memory
from policykit.schema import check_schema
from policykit.shelf import Setting
from policykit.shipped import POLICIES, SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.answers.documents import Answer

SETTING = Setting(
    library=POLICIES,
    here=POLICIES,
    progress=lambda _name: None,
    today=date(2026, 1, 15),
    memory=Memory(),
    sources={},
)
_DAYS = (date(2005, 1, 1), date(2014, 6, 30), date(2020, 12, 31), date(2021, 1, 1), date(2026, 1, 15))


@pytest.fixture(scope="module")
def library() -> Library:
    return policykit.open_library()


def assert_fits(answer: Answer, kind: str) -> dict[str, Any]:
    """An answer as a document, through JSON and back, which its schema admits."""
    document = as_document(answer)
    data = json.loads(json.dumps(document))
    assert data == document
    assert [str(problem) for problem in check_schema(Document(name=kind, data=data), kind)] == []
    return document


def test_every_lookup_fits_its_schema(library: Library) -> None:
    codes = {code.code for code in library.vocabulary.codes} | {"99999", "V10", "A00.1"}
    for code in sorted(codes):
        for day in _DAYS:
            assert_fits(look_up(library, code, date_of_service=day), "lookup")


def test_every_history_fits_its_schema(library: Library) -> None:
    for identity in library.policies:
        for known_on in (None, *_DAYS):
            assert_fits(chronicle_of(library.timeline(identity), known_on), "history")


def test_every_decision_on_the_shipped_cases_fits_its_schema() -> None:
    result = run_paths([], SETTING)
    decisions = tuple(decision for each in result.results for decision in each.decisions)
    assert len(decisions) > 100
    for decision in decisions:
        assert_fits(decision, "decision")
    assert_fits(decisions[:10], "decision")  # several are each put to the same definition as one
    assert_fits(result, "test")


def test_a_check_fits_its_schema() -> None:
    assert_fits(check_paths([], SETTING), "check")


def test_a_finding_shows_the_value_of_its_fact_or_the_bounds_of_what_follows_from_one(library: Library) -> None:
    case = {
        "policy": "medicare/ncd-210.14",
        "date_of_service": "2022-06-10",
        "service": {"cpt": "71271"},
        "diagnoses": {"icd10cm": ["Z87.891"]},
        "facts": {"patient.birth_date": "1960-06", "smoking.pack_years": 30.5},
    }
    document = assert_fits(library.decide(case), "decision")
    values = {part["fact"]: part["value"] for part in _leaves(document)}
    assert values["smoking.pack_years"] == 30.5
    assert values["patient.age"] == {"at_least": 61, "at_most": 62}


def test_the_same_answer_gives_the_same_bytes(library: Library) -> None:
    case = {"policy": "cigna/0587", "date_of_service": "2026-01-15", "service": {"cpt": "64714"}}
    first, second = (json.dumps(as_document(each.decide(case))) for each in (library, policykit.open_library()))
    assert first == second


def test_every_key_of_a_decision_is_there_whatever_the_answer(library: Library) -> None:
    service = {"cpt": "64714"}
    cases: list[dict[str, Any]] = [
        {"policy": "cigna/0587", "date_of_service": "2026-01-15", "service": service},
        {"policy": "cigna/0587", "date_of_service": "2025-11-30", "service": service},
        {"policy": "cigna/0587", "date_of_service": "2026-01-15"},
        {"payer": "Aetna", "date_of_service": "2026-01-15", "service": service},
    ]
    keys = [list(assert_fits(library.decide(case), "decision")) for case in cases]
    assert all(each == keys[0] for each in keys)


def test_every_schema_of_an_answer_names_a_version_and_says_what_it_is() -> None:
    verbs = {"decision": "decide"} | {each: each for each in ("lookup", "history", "show", "check", "test")}
    for kind, verb in verbs.items():
        schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_bytes())
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["title"]
        assert f"policykit {verb} --format json" in schema["description"]


def _leaves(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    pending = [each["criterion"] for each in document["findings"] if each["criterion"]]
    while pending:
        finding = pending.pop()
        if finding["operator"] == "fact":
            yield finding
        pending.extend(finding["parts"])
