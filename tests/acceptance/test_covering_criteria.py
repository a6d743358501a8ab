from __future__ import annotations

from typing import TYPE_CHECKING

from samples import VOCABULARY, when, write
from samples import coverage as covering

from policykit.cli import coverage as coverage_shown
from policykit.coverage import measuring

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from acceptance.terminal import Run

CASES = """\
format: 1
policy: acme/p1
cases:
  - case: Urgent
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    facts: {surgery.urgent: true}
"""


def library_in(folder: Path, criterion: str = "{fact: surgery.urgent, is: true}", cases: str = CASES) -> Path:
    files = {**VOCABULARY, "acme/p1.yaml": when(criterion)}
    return write(folder, {**files, "acme/p1.cases.yaml": cases} if cases else files)


def test_what_the_cases_leave_untried_is_shown_with_cases_that_cover_it(run: Run, tmp_path: Path) -> None:
    library = library_in(tmp_path)
    answered = run("test", "--library", library, "--coverage")
    assert answered.status == 0
    assert answered.lines[0] == "acme/p1: 50 % covered (3 of 6)"
    assert "What statement 1 asks: never not met, never unknown" in answered.flat
    assert "Statement 2, not-covered: never decides" in answered.flat
    cases = library / "acme" / "p1.cases.yaml"
    pasted = answered.out.partition("gives:\n\n")[2].rpartition("\n\n")[0]
    cases.write_text(f"{cases.read_text()}\n{pasted}\n")
    again = run("test", "--library", library, "--coverage", "--floor", "100")
    assert again.status == 0
    assert again.out == "acme/p1: 100 % covered (6 of 6)\n3 passed, 0 failed\n"


def test_pasted_cases_are_in_the_house_layout(run: Run, tmp_path: Path) -> None:
    library = library_in(tmp_path, cases="")
    shown = run("test", "--library", library, "--coverage").out.partition("gives:\n\n")[2].rpartition("\n\n")[0]
    cases = library / "acme" / "p1.cases.yaml"
    cases.write_text(f"format: 1\npolicy: acme/p1\ncases:\n{shown}\n")
    assert run("fmt", "--library", library, "--check", cases).status == 0


def test_less_than_the_floor_is_a_failure(run: Run, tmp_path: Path) -> None:
    library = library_in(tmp_path)
    assert run("test", "--library", library, "--floor", "50").status == 0
    answered = run("test", "--library", library, "--floor", "51")
    assert answered.status == 1
    assert "the floor is 51 %" in answered.err


def test_a_policy_without_cases_is_not_covered(run: Run, tmp_path: Path) -> None:
    answered = run("test", "--library", library_in(tmp_path, cases=""), "--floor", "1")
    assert answered.status == 1
    assert answered.lines[0] == "acme/p1: 0 % covered (0 of 6)"


def test_the_coverage_in_json_fits_its_schema(run: Run, tmp_path: Path) -> None:
    document = run("test", "--library", library_in(tmp_path), "--coverage", "--format", "json").document("test")
    (found,) = document["coverage"]
    assert (found["policy"], found["covered"], found["goals"]) == ("acme/p1", 3, 6)
    assert all(each["case"].startswith("  - case: ") for each in found["open"])


def test_a_policy_that_is_too_large_when_written_out_is_not_measured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where in (measuring, coverage_shown):
        monkeypatch.setattr(where, "MOST", 1_000)
    top = "criteria:\n  n0: {fact: surgery.urgent, is: true}\n"
    for number in range(1, 8):
        top += f"  n{number}: {{all: [{{use: n{number - 1}}}, {{use: n{number - 1}}}]}}\n"
    statements = 4 * "- {outcome: covered, when: {use: n7}}\n" + "- outcome: not-covered\n"
    text = covering(statements, top=top)
    library = write(tmp_path, {**VOCABULARY, "acme/p1.yaml": text, "acme/p1.cases.yaml": CASES})
    answered = run("test", "--library", library, "--floor", "1")
    assert answered.status == 1
    assert "acme/p1: not measured; written out, it has more than 1000 criteria" in answered.flat
    document = run("test", "--library", library, "--coverage", "--format", "json").document("test")
    assert document["coverage"][0]["too_large"] is True
