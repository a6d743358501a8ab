from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

_SHIPPED = """
policy: cigna/0587
date_of_service: 2026-01-15
service: {cpt: "64714"}
facts:
  nerve_compression.site: lumbar-plexus
  nerve_compression.documented_by: [mri]
  nerve_compression.significant_symptoms: true
  conservative_treatment.failed: [injection]
  surgery.supported_by_imaging: true
"""


def test_the_outcome_comes_first_then_every_criterion_then_what_to_ask(run: Run) -> None:
    answered = run("decide", "-", stdin=_SHIPPED)
    assert answered.status == 0
    assert answered.err == ""
    assert answered.lines[0] == "Not yet determined: medically necessary or not medically necessary"
    order = [
        "Policy cigna/0587, Open neuroplasty of the lumbar plexus",
        "Revision 2025-12-01, in effect from 2025-12-01; no end is known",
        "Read before this, for it stands above the policy • A controlling federal or state coverage mandate",
        "✓ met ✗ not met ? not known",
        "? 1. Medically necessary, if all of these hold Coverage Policy, first statement [cigna/0587.yaml:",
        "✓ The compressed nerve is the lumbar plexus nerve_compression.site: lumbar-plexus asked: is lumbar-plexus",
        "? Clinical findings support the operation surgery.supported_by_clinical_findings: not known",
        "To ask next 1. Do the clinical findings support the operation? Only a clinician can answer.",
        "Receipt: policy",
    ]
    places = [answered.flat.find(each) for each in order]
    assert -1 not in places
    assert places == sorted(places)


def test_a_decided_case_tells_which_statement_decided(run: Run) -> None:
    answered = run("decide", "-", stdin=_SHIPPED + "  surgery.supported_by_clinical_findings: false\n")
    assert answered.lines[0] == "Not medically necessary"
    assert "Decided by statement 2, Coverage Policy, second statement" in answered.flat
    assert "✗ 1. Medically necessary" in answered.flat
    assert "✗ Clinical findings support the operation" in answered.flat
    assert "✓ 2. Not medically necessary, otherwise" in answered.flat
    assert "To ask next" not in answered.flat


def test_what_holds_otherwise_bears_no_mark_where_nothing_is_decided(run: Run) -> None:
    answered = run("decide", "-", stdin=_SHIPPED)
    assert answered.lines[0].startswith("Not yet determined")
    assert "• 2. Not medically necessary, otherwise" in answered.flat


def test_the_readings_of_the_authors_and_the_words_that_decide_are_shown(run: Run) -> None:
    answered = run("decide", "-", stdin=_SHIPPED)
    assert '"(i.e., MRI, CT, EMG/NCS, US)" reading: The list opens with "i.e."' in answered.flat


def test_whom_a_deferred_decision_is_handed_to(run: Run) -> None:
    answered = run(
        "decide", "-", stdin='{policy: medicare/64714, date_of_service: 2026-01-15, service: {cpt: "64714"}}'
    )
    assert answered.lines[0] == "Deferred to the Medicare contractor's reasonable-and-necessary review"


def test_notes_at_the_place_of_use_and_of_the_definition_are_both_shown(run: Run, library: Path) -> None:
    answered = run("decide", library / "acme" / "knee.cases.yaml", "--library", library)
    told = "The pain is long-standing pain.weeks: 20 weeks asked: at least 12 weeks [acme/knee.yaml:"
    assert told in answered.flat
    assert "Second paragraph, a; Definitions reading: We count from the first visit." in answered.flat


def test_a_document_of_cases_is_decided_in_turn_and_one_can_be_picked(run: Run, library: Path) -> None:
    cases = library / "acme" / "knee.cases.yaml"
    answered = run("decide", cases, "--library", library)
    assert [line for line in answered.lines if line.startswith("  Case")] == [
        "  Case         A grown-up in the first year",
        "  Case      Nobody knows whether the surgeon agrees",
    ]
    # The third is no sound case; that it expects to be refused is a matter for `test`.
    assert answered.status == 1
    assert "knee.cases.yaml:17:13: this is not a known fact [unknown-fact]" in answered.err
    one = run("decide", cases, "--library", library, "--case", "A grown-up in the first year")
    assert (one.status, one.lines[0], one.err) == (0, "Covered", "")


def test_a_title_that_no_case_has(run: Run, library: Path) -> None:
    cases = library / "acme" / "knee.cases.yaml"
    answered = run("decide", cases, "--library", library, "--case", "A grown-up in the first yaer")
    assert answered.status == 2
    assert "did you mean `A grown-up in the first year`?" in answered.err


def test_every_policy_that_answers_gives_its_own_decision(run: Run, library: Path) -> None:
    case = '{payer: Globex, date_of_service: 2022-06-01, service: {cpt: "12345"}}'
    answered = run("decide", "-", "--library", library, stdin=case)
    assert answered.status == 0
    assert answered.lines[0] == "Covered"
    assert "Deferred to the reviewer" in answered.lines


def test_a_known_payer_of_which_nothing_is_held(run: Run) -> None:
    answered = run("decide", "-", stdin='{payer: Aetna, date_of_service: 2026-01-15, service: {cpt: "64714"}}')
    assert answered.status == 0
    assert answered.lines[0] == "No policy on file"
    assert "Aetna: nothing is held for this code" in answered.flat


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ('{policy: acme/knee, date_of_service: 2021-06-01, service: {cpt: "12345"}}', "No version in effect"),
        ('{policy: acme/knee, date_of_service: 2020-06-01, service: {cpt: "99999"}}', "Not addressed"),
        ("{policy: acme/knee, date_of_service: 2020-06-01}", "Not yet determined: covered, not covered or not"),
        ('{policy: acme/claims, date_of_service: 2020-06-01, service: {cpt: "23456"}}', "Not yet determined: not"),
    ],
)
def test_answers_without_a_statement(run: Run, library: Path, case: str, told: str) -> None:
    answered = run("decide", "-", "--library", library, stdin=case)
    assert answered.status == 0
    assert answered.lines[0].startswith(told)


def test_the_missing_day_of_processing_is_asked_for(run: Run, library: Path) -> None:
    case = '{policy: acme/claims, date_of_service: 2020-06-01, service: {cpt: "23456"}}'
    answered = run("decide", "-", "--library", library, stdin=case)
    assert "Either revision new, in effect for claims processed from 2021-01-01" in answered.flat
    assert "1. On which date is, or was, the claim processed? claim_processed (date)" in answered.flat


def test_a_partial_date_is_asked_for_more_precisely(run: Run, library: Path) -> None:
    case = """
        policy: acme/knee
        date_of_service: 2020-06-01
        service: {cpt: "12345"}
        facts: {patient.birth_date: 2002}
        """
    answered = run("decide", "-", "--library", library, stdin=case)
    assert "patient.age: 17 to 18 years" in answered.flat
    assert "1. How old is the patient? More precisely than is known. patient.age (integer, in years)" in answered.flat


def test_what_a_case_says_is_not_shown_in_an_error(run: Run) -> None:
    answered = run("decide", "-", stdin=_SHIPPED.replace("lumbar-plexus", "Secret Name").replace("injection", "gin"))
    assert answered.status == 1
    assert answered.out == ""
    assert "standard input:6:" in answered.err
    assert "Secret" not in answered.err
    assert "gin" not in answered.err


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty-document"),
        ("{", "syntax"),
        ("a: &x 1\nb: *x\n", "anchor-or-alias"),
        ("[1, 2]", "wrong-type"),
        ("just words", "wrong-type"),
        ("policy: cigna/0587\ndate_of_service: 2026-02-30\n", "malformed-date"),
        ("policy: cigna/587\ndate_of_service: 2026-02-28\n", "unknown-policy"),
        ("date_of_service: 2026-02-28\n", "no-policy-named"),
    ],
)
def test_a_document_that_is_no_case(run: Run, text: str, rule: str) -> None:
    answered = run("decide", "-", stdin=text)
    assert (answered.status, answered.out) == (1, "")
    assert f"[{rule}]" in answered.err


def test_bytes_that_are_no_text(run: Run) -> None:
    answered = run("decide", "-", stdin=b"case: \xff\xfe")
    assert answered.status == 1
    assert "[not-utf-8]" in answered.err


def test_a_file_that_is_not_there_or_is_a_folder(run: Run, tmp_path: Path) -> None:
    answered = run("decide", tmp_path / "none.yaml")
    assert answered.status == 2
    assert "there is no file or folder" in answered.err
    answered = run("decide", tmp_path)
    assert answered.status == 1
    assert answered.err.endswith("this is a folder, and a file is expected [unreadable]\n")
