from __future__ import annotations

import io
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import Answered, Run

from policykit.cli import main

if TYPE_CHECKING:
    from pathlib import Path

_LIBRARY = {
    "payers.yaml": """
        format: 1
        payers:
          acme: {name: Acme Health, aliases: [Acme]}
          globex: {name: Globex}
          initech: {name: Initech}
        """,
    "facts.yaml": """
        format: 1
        facts:
          patient.birth_date: {type: date, ask: When was the patient born?}
          patient.age:
            type: integer
            unit: years
            derived: {whole_years_since: patient.birth_date}
            ask: How old is the patient?
          pain.weeks: {type: integer, unit: weeks, ask: For how many weeks has the knee hurt?}
          treatment.tried:
            type: choices
            values: {exercise: Exercise, injection: Injection}
            ask: Which treatments have been tried?
          surgeon.agrees: {type: boolean, judgement: true, ask: Does the surgeon agree?}
        """,
    "codes.yaml": """
        format: 1
        codes:
          cpt:
            "12345":
              label: Knee operation
              service_type: Operation
              sites: ["21", "99"]
              modifiers: ["RT"]
              not_known: [What it costs]
          hcpcs:
            "A1234": {label: Old knee operation, from: 2015-01-01, through: 2020-12-31, replaced_by: "12345"}
        places_of_service: {"21": Inpatient hospital}
        modifiers: {"RT": Right side}
        """,
    "acme/knee.yaml": """
        format: 1
        policy: acme/knee
        title: Knee operations
        payer: acme
        kind: coverage-policy
        criteria:
          long-pain:
            says: The pain is long-standing
            cite: Definitions
            fact: pain.weeks
            at_least: 12
        history:
          - revision: first
            change: new
            summary: Grown-ups are covered.
            effective: 2020-01-01
            through: 2020-12-31
            next_review: 2020-06-30
            reading: The last day is the policy's own.
            source: {title: Knee policy, publisher: Acme Health, number: "7", section: "2"}
            subject_to: [The benefit plan]
            related: [The hip policy]
            references: [A study of knees]
            services:
              - service: Knee operation
                codes: {cpt: ["12345"], hcpcs: ["A1234"]}
                code_notes: [Codes change]
                reading: Both codes mean the same.
                coverage:
                  - outcome: covered
                    cite: First paragraph
                    when: {id: grown-up, says: The patient is grown up, quote: adults, fact: patient.age, at_least: 18}
                  - outcome: not-covered
                    says: Anybody else
          - revision: second
            change: criteria
            summary: Pain and treatment count.
            effective: 2022-01-01
            known_from: 2021-12-01
            services:
              - service: Knee operation
                codes: {cpt: ["12345"]}
                coverage:
                  - outcome: medically-necessary
                    cite: Second paragraph
                    when:
                      all:
                        - id: pain
                          cite: Second paragraph, a
                          reading: We count from the first visit.
                          use: long-pain
                        - id: treatment
                          says: Something has been tried
                          any:
                            - {fact: treatment.tried, has_any: [exercise, injection]}
                        - {fact: surgeon.agrees, is: true}
                  - outcome: deferred
                    to: the medical director
                    says: Whatever is left
          - revision: second-corrected
            change: correction
            replaces: second
            summary: It began a month later.
            effective: 2022-02-01
            known_from: 2022-06-01
            services: unchanged
          - revision: mistaken
            change: criteria
            summary: Entered by mistake.
            effective: 2023-01-01
            known_from: 2022-12-01
            services: unchanged
          - revision: mistaken-withdrawn
            change: withdrawn
            withdraws: mistaken
            summary: It never was.
            known_from: 2022-12-15
          - revision: end
            change: retired
            summary: The policy is retired.
            effective: 2025-01-01
            known_from: 2024-12-01
        """,
    "acme/claims.yaml": """
        format: 1
        policy: acme/claims
        title: Elbows, by the day of processing
        payer: acme
        kind: coverage-policy
        history:
          - revision: old
            change: criteria
            summary: Elbows are covered.
            effective: 2020-01-01
            services:
              - service: Elbow operation
                codes: {cpt: ["23456"]}
                coverage: [{outcome: covered}]
          - revision: new
            change: criteria
            summary: Elbows are not covered.
            effective: 2021-01-01
            applies_by: claim-processed
            services:
              - service: Elbow operation
                codes: {cpt: ["23456"]}
                coverage: [{outcome: not-covered}]
        """,
    "globex/none.yaml": """
        format: 1
        policy: globex/none
        title: Knees, nothing found
        payer: globex
        kind: no-determination
        history:
          - revision: search
            change: searched
            summary: Nothing was found.
            effective: 2021-05-01
            services:
              - service: Knee operation
                codes: {cpt: ["12345"]}
                coverage: [{outcome: deferred, to: the reviewer}]
        """,
    "globex/knee.yaml": """
        format: 1
        policy: globex/knee
        title: Knees in the north
        payer: globex
        kind: lcd
        history:
          - revision: only
            change: new
            summary: Knees are covered.
            effective: 2022-01-01
            services:
              - service: Knee operation
                codes: {cpt: ["12345"]}
                coverage: [{outcome: covered}]
        """,
    "acme/knee.cases.yaml": """
        format: 1
        policy: acme/knee
        cases:
          - case: A grown-up in the first year
            date_of_service: 2020-03-01
            service: {cpt: "12345"}
            facts: {patient.birth_date: 1980-05-05}
            expect: {outcome: covered, revision: first, statement: 1}
          - case: Nobody knows whether the surgeon agrees
            date_of_service: 2022-03-01
            service: {cpt: "12345"}
            facts: {pain.weeks: 20, treatment.tried: [exercise]}
            expect: {outcome: undetermined, missing: [surgeon.agrees]}
          - case: A fact that is none
            date_of_service: 2022-03-01
            service: {cpt: "12345"}
            facts: {pain.wheeks: 20}
            expect: {problem: unknown-fact}
        """,
}


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the command line reads of its surroundings, the same for every test."""
    for name in ("POLICYKIT_LIBRARY", "NO_COLOR", "COLUMNS", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of made-up payers, with every kind of entry in one history."""
    root = tmp_path / "library"
    for name, text in _LIBRARY.items():
        write(root / name, text)
    return root


def write(path: Path, text: str) -> Path:
    """A document in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process, as its console script does."""

    def run_here(*words: str | Path, stdin: str | bytes = b"") -> Answered:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words], prog_name="policykit")
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert not any(line != line.rstrip() for line in out.splitlines())
        return Answered(ended.value.code, out, err)

    return run_here
