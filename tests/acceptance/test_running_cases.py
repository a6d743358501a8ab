from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_all_cases_of_a_library(run: Run, library: Path) -> None:
    answered = run("test", "--library", library)
    assert answered.status == 0
    assert answered.out == "3 passed, 0 failed\n"
    assert answered.err == ""


def test_each_case_by_name(run: Run, library: Path) -> None:
    answered = run("test", "-v", library)
    assert answered.lines == [
        f"✓ {library}/acme/knee.cases.yaml:4:5: A grown-up in the first year",
        f"✓ {library}/acme/knee.cases.yaml:9:5: Nobody knows whether the surgeon agrees",
        f"✓ {library}/acme/knee.cases.yaml:14:5: A fact that is none",
        "3 passed, 0 failed",
    ]


def test_a_failure_tells_what_was_expected_and_what_came(run: Run, library: Path) -> None:
    cases = library / "acme" / "knee.cases.yaml"
    change(cases, "outcome: covered, revision: first", "outcome: not-covered, revision: second")
    change(cases, "problem: unknown-fact", "problem: malformed-date")
    answered = run("test", "--library", library)
    assert answered.status == 1
    assert answered.lines == [
        f"✗ {cases}:4:5: A grown-up in the first year: outcome: expected not-covered, got covered",
        f"✗ {cases}:4:5: A grown-up in the first year: revision: expected second, got first",
        f"✗ {cases}:14:5: A fact that is none: expected the problem malformed-date; got unknown-fact",
        "1 passed, 2 failed",
    ]


def test_cases_are_named_by_path_or_by_policy(run: Run, library: Path) -> None:
    for named in ("acme", "acme/knee.cases.yaml", "acme/knee.yaml"):
        assert run("test", library / named).out == "3 passed, 0 failed\n"
    assert run("test", "acme/knee", "--library", library).out == "3 passed, 0 failed\n"


def test_a_policy_that_has_no_cases(run: Run, library: Path) -> None:
    answered = run("test", "acme/kne", "--library", library)
    assert answered.status == 2
    assert "did you mean `acme/knee`?" in answered.err
    answered = run("test", library / "globex")
    assert answered.status == 2
    assert "there are no cases in" in answered.err


def test_a_case_that_is_not_sound_has_failed(run: Run, library: Path) -> None:
    cases = library / "acme" / "knee.cases.yaml"
    change(cases, "pain.weeks: 20", "pain.weeks: many")
    answered = run("test", "--library", library)
    assert answered.status == 1
    assert answered.lines[0].startswith(f"✗ {cases}:12:25: Nobody knows whether the surgeon agrees: `pain.weeks`")
    assert answered.lines[-1] == "2 passed, 1 failed"
    assert "many" not in answered.out


def test_a_file_of_cases_that_is_not_clean_has_failed(run: Run, library: Path) -> None:
    cases = library / "acme" / "knee.cases.yaml"
    change(cases, "format: 1", "format: 3")
    answered = run("test", "--library", library)
    assert answered.status == 1
    assert answered.lines == [f"{cases}:1:9: `format` is 1 [wrong-value]", "3 passed, 1 failed"]
    cases.write_text("")
    assert run("test", "--library", library).lines[-1] == "0 passed, 1 failed"


def test_cases_of_a_faulty_policy_are_not_run(run: Run, library: Path) -> None:
    change(library / "acme" / "knee.yaml", "fact: patient.age", "fact: patient.aeg")
    answered = run("test", "--library", library)
    assert answered.status == 1
    assert "knee.yaml:32:" in answered.out
    assert answered.err == (
        f"{library}/acme/knee.cases.yaml was not run, because there are problems in {library}/acme/knee.yaml\n"
    )
    change(library / "acme" / "knee.yaml", "fact: patient.aeg", "fact: patient.age")
    change(library / "globex" / "knee.yaml", "payer: globex", "payer: glbex")
    assert run("test", library / "acme").status == 0


def test_cases_on_their_own_and_on_standard_input(run: Run, library: Path, tmp_path: Path) -> None:
    alone = tmp_path / "mine.yaml"
    alone.write_bytes((library / "acme" / "knee.cases.yaml").read_bytes())
    assert run("test", alone, "--library", library).out == "3 passed, 0 failed\n"
    assert run("test", "-", "--library", library, stdin=alone.read_bytes()).out == "3 passed, 0 failed\n"


def test_the_shipped_cases_pass(run: Run) -> None:
    answered = run("test")
    assert answered.status == 0
    assert answered.out.endswith(" passed, 0 failed\n")
