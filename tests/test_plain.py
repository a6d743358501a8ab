from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from samples import CODES, FACTS, PAYERS, case_in, coverage, data_in, day, library_of, policy, sample, texts, when

from policykit.dates import CountRange
from policykit.plain import (
    case_as_data,
    digest_of,
    policy_as_data,
    value_as_data,
    vocabulary_as_data,
)

# Every key that an entry may have, and nothing that is named at the top.
EVERYTHING = policy("""\
- revision: first
  change: new
  summary: The first.
  effective: 2020-01-01
  through: 2029-12-31
  known_from: 2019-12-01
  published: 2019-12-02
  implemented: 2020-01-02
  last_reviewed: 2020-01-03
  next_review: 2021-01-01
  applies_by: date-of-service
  reading: How the first is read.
  source:
    title: The source
    publisher: The publisher
    number: "0587"
    section: B
    url: https://example.org/policy
    retrieved: 2026-01-02
  subject_to: [The contract]
  related: [Another policy, A third]
  references: [A paper]
  services:
    - service: Operation
      codes: {cpt: ["64714", "64700-64710"], icd9cm: ["715-"]}
      code_notes: [The codes are those of the source.]
      reading: How the service is read.
      coverage:
        - outcome: covered
          cite: Part 1
          quote: Covered if
          says: Covered in these cases.
          reading: How the statement is read.
          when:
            all:
              - {fact: surgery.urgent, is: true, id: urgent, says: Urgent, cite: A, quote: urgent, reading: As it stands.}
              - any:
                  - {fact: pain.level, in: [severe, mild]}
                  - {fact: prior.code, is: {cpt: "64714"}}
                  - {fact: prior.code, in: {hcpcs: [G0297], cpt: ["64715", "64700-64710"]}}
              - none:
                  - {fact: tests.done, has_any: [mri, ct]}
                  - {fact: prior.codes, has_all: {icd10cm: [F17-]}}
              - count_at_least: 2
                of:
                  - {fact: patient.weight, more_than: 2.5, less_than: 300}
                  - {fact: visit.count, at_least: 1, at_most: 9}
                  - {fact: quit.date, on_or_after: 2020-01-01, before: date_of_service}
                  - {fact: scan.last, after: 2020-01-01, on_or_before: 2024-01-01}
                  - {fact: quit.date, within_last: 1 year, longer_ago_than: 2 weeks}
                  - {fact: scan.last, at_least_ago: 90 days}
        - {outcome: deferred, to: the reviewer}
- revision: second
  change: correction
  summary: The second.
  effective: 2020-01-01
  known_from: 2020-02-01
  applies_by: date-of-service
  replaces: first
  services: [{service: Operation, unchanged: true}]
- revision: third
  change: review
  summary: The third.
  effective: 2021-01-01
  known_from: 2021-01-01
  applies_by: claim-processed
  services: unchanged
- revision: fourth
  change: withdrawn
  summary: The fourth.
  known_from: 2021-02-01
  withdraws: third
""")


def test_a_policy_is_as_plain_data_what_its_document_says() -> None:
    said: Any = data_in(EVERYTHING)
    # A withdrawal does not say what it applies by.
    said["history"][3]["applies_by"] = "date-of-service"
    assert policy_as_data(library_of(EVERYTHING).policy("acme/p1")) == said


def criterion_in(text: str) -> Any:
    """The first criterion of a policy, as plain data."""
    data = policy_as_data(library_of(text).policy("acme/p1"))
    return data["history"][0]["services"][0]["coverage"][0]["when"]


def test_a_criterion_that_is_named_is_written_out_with_the_notes_of_both_places() -> None:
    top = "criteria: {urgent: {fact: surgery.urgent, is: true, says: Inside, cite: B}}"
    told: dict[str, Any] = {"fact": "surgery.urgent", "is": True}
    assert criterion_in(when("{use: urgent}", top=top)) == {**told, "says": "Inside", "cite": "B"}
    both = [{"id": "a", "says": "Outside"}, {"says": "Inside", "cite": "B"}]
    assert criterion_in(when("{use: urgent, id: a, says: Outside}", top=top)) == {**told, "notes": both}


def test_a_name_for_a_criterion_changes_nothing_wherever_its_notes_stand() -> None:
    fact = "fact: surgery.urgent, is: true"
    copied = criterion_in(when(f"{{id: a, says: Urgent, cite: B, {fact}}}"))
    for use, definition in (
        ("use: urgent", f"id: a, says: Urgent, cite: B, {fact}"),
        ("use: urgent, id: a", f"says: Urgent, cite: B, {fact}"),
        ("use: urgent, id: a, says: Urgent, cite: B", fact),
    ):
        named = criterion_in(when(f"{{{use}}}", top=f"criteria: {{urgent: {{{definition}}}}}"))
        assert digest_of(named) == digest_of(copied)


def test_a_value_set_is_written_out() -> None:
    text = coverage("- outcome: covered", top='value_sets: {ours: {cpt: ["64714", "64700-64710"]}}')
    text = text.replace('codes: {cpt: ["64714"]}', "codes: {value_set: ours}")
    (entry,) = policy_as_data(library_of(text).policy("acme/p1"))["history"]
    assert entry["services"][0]["codes"] == {"cpt": ["64714", "64700-64710"]}


def test_a_case_is_as_plain_data_what_it_says() -> None:
    text = """\
policy: acme/p1
payer: acme
date_of_service: 2026-01-15
claim_processed: 2026-02-01
known_on: 2026-03-01
service: {cpt: "64714", modifiers: [RT, LT], place: "21"}
diagnoses: {icd9cm: ["715.9"], icd10cm: [G54.1, M17.1, F17.2, F17, A00, Z87.891]}
facts:
  patient.birth_date: 2000-01-15
  quit.date: never
  scan.last: 2024-12
  tests.done: [mri, ct]
  prior.codes: {}
  prior.code: {hcpcs: G0297}
  patient.weight: 2.5
  surgery.urgent: false
  pain.level: mild
"""
    assert case_as_data(case_in(text, sample())) == {
        "policy": "acme/p1",
        "payer": "acme",
        "date_of_service": "2026-01-15",
        "claim_processed": "2026-02-01",
        "known_on": "2026-03-01",
        "facts": {
            "claim.diagnoses": {"icd10cm": ["A00", "F17", "F17.2", "G54.1", "M17.1", "Z87.891"], "icd9cm": ["715.9"]},
            "patient.birth_date": "2000-01-15",
            "patient.weight": 2.5,
            "pain.level": "mild",
            "prior.code": {"hcpcs": "G0297"},
            "prior.codes": [],
            "quit.date": "never",
            "scan.last": "2024-12",
            "service.code": {"cpt": "64714"},
            "service.modifiers": ["LT", "RT"],
            "service.place": "21",
            "surgery.urgent": False,
            "tests.done": ["ct", "mri"],
        },
    }
    short = case_in("policy: acme/p1\ndate_of_service: 2026-01-15\n", sample())
    assert case_as_data(short) == {
        "policy": "acme/p1",
        "payer": None,
        "date_of_service": "2026-01-15",
        "claim_processed": None,
        "known_on": None,
        "facts": {},
    }


@pytest.mark.parametrize("written", ["2024", "0999", "2024-01", "2024-12", "0999-02", "2024-02-29"])
def test_a_partial_date_is_written_as_far_as_it_is_known(written: str) -> None:
    text = f"policy: acme/p1\ndate_of_service: 2026-01-15\nfacts: {{quit.date: '{written}'}}\n"
    assert value_as_data(case_in(text, sample()).facts["quit.date"]) == written


def test_a_number_of_which_only_bounds_are_known_is_those_bounds() -> None:
    assert value_as_data(CountRange(17, 18)) == {"at_least": 17, "at_most": 18}
    assert value_as_data(day("2026-01-15")) == "2026-01-15"


def test_a_vocabulary_is_as_plain_data_what_its_documents_say() -> None:
    codes = CODES.replace("{label: An operation", "{label: An operation, not_known: [Sites], replaced_by: '64715'")
    documents: Any = {name: data_in(text) for name, text in (("facts", FACTS), ("payers", PAYERS), ("codes", codes))}
    told = vocabulary_as_data(library_of(texts(coverage("- outcome: covered"), codes=codes)).vocabulary)
    facts = {name: fact for name, fact in told["facts"].items() if not name.startswith(("service.", "claim."))}
    assert facts == documents["facts"]["facts"]
    assert told["payers"] == documents["payers"]["payers"]
    listed = documents["codes"]
    expected = {f"{system} {code}": entry for system, own in listed["codes"].items() for code, entry in own.items()}
    assert told["codes"] == expected
    assert told["places_of_service"] == listed["places_of_service"]
    assert told["modifiers"] == listed["modifiers"]


def test_a_digest_is_of_one_canonical_spelling() -> None:
    spelled = '{"a":"é","b":[1,{"c":null,"d":2.5}]}'.encode()
    expected = f"sha256:{sha256(spelled).hexdigest()}"
    assert digest_of({"b": [1, {"d": 2.5, "c": None}], "a": "é"}) == expected
    assert digest_of({"a": "é", "b": [1, {"c": None, "d": 2.5}]}) == expected
