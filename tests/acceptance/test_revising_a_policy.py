from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pytest
from acceptance.conftest import write
from acceptance.terminal import assert_no_traceback

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

KNEE: Final = "globex/knee"
REVIEW: Final = """
  - revision: 2024-06-01
    change: review
    summary: Reviewed, no change.
    effective: 2024-06-01
    services: unchanged
"""


@pytest.fixture
def desk(library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library in which the user is, with a policy in which nothing is wrong."""
    monkeypatch.chdir(library)
    return library


def test_a_review_is_one_entry_at_the_end(run: Run, desk: Path) -> None:
    path = desk / f"{KNEE}.yaml"
    before = path.read_text()
    answered = run("revise", KNEE, "--effective", "2024-06-01")
    assert (answered.status, answered.err) == (0, "")
    line = before.count("\n") + 2
    assert answered.lines == [
        f"globex/knee.yaml:{line}: added `2024-06-01` (review)",
        "next: add what else the source tells; then run",
        "  policykit check globex/knee.yaml",
        "  policykit test globex/knee.yaml",
    ]
    assert path.read_text() == before + REVIEW
    assert path.read_text().splitlines()[line - 1] == "  - revision: 2024-06-01"
    assert run("check", path).status == 0
    assert run("history", KNEE, "--library", desk).status == 0


def test_a_change_of_criteria_is_a_copy_to_edit(run: Run, desk: Path) -> None:
    path = desk / f"{KNEE}.yaml"
    before = path.read_text()
    words = ("--change", "criteria", "--summary", "Not for everybody.", "--known-from", "2024-05-01")
    answered = run("revise", KNEE, "--effective", "2024-06-01", *words)
    assert answered.lines[1] == "next: change the services, which are a copy still, to what the new text says; then run"
    added = path.read_text().removeprefix(before).splitlines()
    assert added[:7] == [
        "",
        "  - revision: 2024-06-01",
        "    change: criteria",
        "    summary: Not for everybody.",
        "    effective: 2024-06-01",
        "    known_from: 2024-05-01",
        "    # Copied from `only`. Change it to what the new text says, and delete this line.",
    ]
    assert added[7:] == before[before.index("    services:") :].splitlines()
    edited = path.read_text().removesuffix("covered}]\n") + "not-covered}]\n"
    path.write_text(edited)
    assert run("check", path).status == 0
    assert "Not covered" in run("lookup", "12345", "--dos", "2024-06-02", "--payer", "globex", "--library", desk).flat


def test_a_correction_a_withdrawal_and_a_retirement_are_entries_too(run: Run, desk: Path) -> None:
    known = ("--known-from", "2024-01-01")
    assert (
        run("revise", KNEE, "--correct", "only", "--effective", "2022-02-01", *known, "--summary", "Later.").status == 0
    )
    assert run("revise", KNEE, "--withdraw", "only-corrected", *known, "--summary", "It was right.").status == 0
    assert run("revise", KNEE, "--retire", "--effective", "2025-01-01").status == 0
    told = run("history", KNEE, "--library", desk)
    assert told.status == 0
    for name in ("only-corrected (correction)", "only-corrected-withdrawn (withdrawn)", "2025-01-01 (retired)"):
        assert name in told.flat
    assert run("check", desk / f"{KNEE}.yaml").status == 0


def test_what_would_be_added_can_be_seen_first(run: Run, desk: Path) -> None:
    before = (desk / f"{KNEE}.yaml").read_bytes()
    answered = run("revise", KNEE, "--effective", "2024-06-01", "--dry-run")
    assert (answered.status, answered.out) == (0, REVIEW)
    assert (desk / f"{KNEE}.yaml").read_bytes() == before


@pytest.mark.parametrize("word", ["globex/knee", "globex/knee.yaml", "./globex/knee.yaml"])
def test_a_policy_can_be_named_by_its_file(run: Run, desk: Path, word: str) -> None:
    assert run("revise", word, "--effective", "2024-06-01").status == 0
    assert (desk / f"{KNEE}.yaml").read_text().endswith(REVIEW)


def test_a_file_names_its_library(run: Run, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("revise", f"library/{KNEE}.yaml", "--effective", "2024-06-01").status == 0
    monkeypatch.chdir(desk / "globex")
    assert run("revise", "knee.yaml", "--effective", "2025-06-01").status == 0
    monkeypatch.setenv("POLICYKIT_LIBRARY", str(tmp_path / "elsewhere"))
    assert run("revise", "knee.yaml", "--effective", "2026-06-01").status == 0
    monkeypatch.chdir(tmp_path)
    assert run("revise", f"{KNEE}.yaml", "--effective", "2027-06-01", "--library", desk).status == 0
    assert (desk / f"{KNEE}.yaml").read_text().count("change: review") == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "missing argument 'POLICY'"),
        ((KNEE,), "`--effective` is missing"),
        ((KNEE, "--effective", "2024-6-1"), "is not a day of the calendar"),
        ((KNEE, "--effective", "2024-06-01", "--change", "criteria"), "`--summary` is missing"),
        ((KNEE, "--effective", "2024-06-01", "--change", "new"), "'new' is not one of"),
        ((KNEE, "--effective", "2024-06-01", "--copy"), "`--copy` is for what changes"),
        ((KNEE, "--effective", "2024-06-01", "--copy", "--unchanged"), "contradict each other"),
        ((KNEE, "--effective", "2024-06-01", "--retire", "--copy"), "a retirement that is added here has no `--copy`"),
        (
            (KNEE, "--effective", "2024-06-01", "--retire", "--correct", "only"),
            "`--correct` and `--retire` are different",
        ),
        ((KNEE, "--effective", "2024-06-01", "--change", "codes", "--withdraw", "only"), "are different entries"),
        ((KNEE, "--correct", "only", "--summary", "S"), "`--known-from` is missing"),
        ((KNEE, "--withdraw", "only", "--summary", "S"), "`--known-from` is missing"),
        ((KNEE, "--withdraw", "only", "--known-from", "2024-01-01"), "`--summary` is missing"),
        (
            (KNEE, "--withdraw", "only", "--known-from", "2024-01-01", "--summary", "S", "--effective", "2024-01-01"),
            "a withdrawal has no `--effective`",
        ),
        (
            (KNEE, "--withdraw", "only", "--known-from", "2024-01-01", "--summary", "S", "--through", "2024-01-01"),
            "a withdrawal has no `--through`",
        ),
        ((KNEE, "--correct", "onli", "--known-from", "2024-01-01", "--summary", "S"), "did you mean `only`?"),
        ((KNEE, "--effective", "2024-06-01", "--summary", "a\x1bb"), "holds a character that cannot be seen"),
        ((KNEE, "--effective", "2024-06-01", "--summary", "word " * 900), "the text has 4500 characters"),
        ((KNEE, "--effective", "2021-01-01"), "nothing that stands before 2021-01-01 has services"),
        (("globex/kne", "--effective", "2024-06-01"), "did you mean `globex/knee`?"),
        (("zzz/zzz", "--effective", "2024-06-01"), "to begin one: `policykit new zzz/zzz`"),
        (("facts", "--effective", "2024-06-01"), "there is no policy `facts`"),
        (("facts.yaml", "--effective", "2024-06-01"), "there is no policy `facts.yaml`"),
        (("acme/knee.cases.yaml", "--effective", "2024-06-01"), "there is no policy `acme/knee.cases.yaml`"),
        (("../../etc/passwd", "--effective", "2024-06-01"), "there is no policy"),
        ((KNEE, "--effective", "2024-06-01", "--library", "nowhere"), "there is no folder"),
    ],
)
def test_a_call_that_cannot_be_followed_is_told_in_two_lines(
    run: Run, desk: Path, words: tuple[str, ...], told: str
) -> None:
    before = (desk / f"{KNEE}.yaml").read_bytes()
    answered = run("revise", *words)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert told in answered.err
    assert (desk / f"{KNEE}.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--effective", "2022-01-01", "--retire"),
            "`2022-01-01` and `only` are both effective from 2022-01-01 [same-",
        ),
        (("--effective", "2024-06-01", "--name", "only"), "line 1 of the new entry: there are two entries `only`"),
        (("--effective", "2024-06-01", "--name", "my name"), "line 1 of the new entry: a revision's name has"),
        (("--effective", "2024-06-01", "--through", "2024-05-01"), "line 5 of the new entry: the last day lies before"),
        (("--effective", "2024-06-01", "--summary", "a \ufe0f"), "line 3 of the new entry: "),
    ],
)
def test_an_entry_that_would_not_be_sound_is_told_and_not_written(
    run: Run, desk: Path, words: tuple[str, ...], told: str
) -> None:
    before = (desk / f"{KNEE}.yaml").read_bytes()
    answered = run("revise", KNEE, *words)
    assert (answered.status, answered.out) == (1, "")
    assert told in answered.err
    assert answered.err.splitlines()[-1] == "nothing is written"
    assert (desk / f"{KNEE}.yaml").read_bytes() == before


def test_a_document_with_problems_is_told_and_not_written_to(run: Run, desk: Path) -> None:
    text = (desk / f"{KNEE}.yaml").read_text().replace("covered}", "covred}").replace(KNEE, "globex/bad")
    path = write(desk / "globex" / "bad.yaml", text)
    before = path.read_bytes()
    answered = run("revise", "globex/bad", "--effective", "2024-06-01")
    assert answered.status == 1
    assert "globex/bad.yaml:" in answered.err
    assert answered.err.splitlines()[-1] == "nothing is written"
    assert path.read_bytes() == before
    assert run("revise", KNEE, "--effective", "2024-06-01").status == 0


def test_a_document_that_is_changed_meanwhile_is_left_as_others_left_it(
    run: Run, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verb = import_module("policykit.cli.revise")
    real = verb.revise
    path = desk / f"{KNEE}.yaml"

    def slow(*words: Any) -> Any:
        revised = real(*words)
        path.write_text(path.read_text() + "# by somebody else\n")
        return revised

    monkeypatch.setattr(verb, "revise", slow)
    answered = run("revise", KNEE, "--effective", "2024-06-01")
    assert answered.status == 2
    assert_no_traceback(answered)
    assert "has been changed meanwhile, so nothing is written" in answered.err
    assert path.read_text().endswith("# by somebody else\n")


def test_a_search_is_repeated(run: Run, desk: Path) -> None:
    answered = run("revise", "globex/none", "--effective", "2022-05-01")
    assert answered.lines[0].endswith("added `2022-05-01` (searched)")
    assert run("check", desk / "globex" / "none.yaml").status == 0
