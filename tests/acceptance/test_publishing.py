from __future__ import annotations

import os
import shutil
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import assert_no_traceback, run_apart
from repositories import git

import policykit
from policykit.inspection import run_paths
from policykit.published import HEADING
from policykit.shipped import POLICIES, SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acceptance.terminal import Run

    from policykit.inspection import Given
    from policykit.results import CasesResult
    from policykit.shelf import Setting

LIBRARY = {
    "payers.yaml": """
        format: 1
        payers: {acme: {name: Acme Health}}
        """,
    "facts.yaml": """
        format: 1
        facts:
          knee.weeks: {type: integer, unit: weeks, ask: For how many weeks has the knee hurt?}
        """,
    "codes.yaml": """
        format: 1
        codes: {cpt: {"12345": {label: Knee operation}}}
        """,
    "acme/knee.yaml": """
        format: 1
        policy: acme/knee
        title: Knee operations
        payer: acme
        kind: coverage-policy
        history:
          - revision: 2020-01-01
            change: new
            summary: Long pain is covered.
            effective: 2020-01-01
            services:
              - service: Knee operation
                codes: {cpt: ["12345"]}
                coverage:
                  - outcome: covered
                    cite: First paragraph
                    when: {says: Long pain, cite: First paragraph, fact: knee.weeks, at_least: 12}
                  - outcome: not-covered
                    cite: Second paragraph
          - revision: 2021-01-01
            change: review
            summary: No change.
            effective: 2021-01-01
            services: unchanged
        """,
    "acme/knee.cases.yaml": """
        format: 1
        policy: acme/knee
        cases:
          - case: Long pain
            date_of_service: 2020-03-01
            service: {cpt: "12345"}
            facts: {knee.weeks: 12}
            expect: {outcome: covered}
          - case: Short pain
            date_of_service: 2020-03-01
            service: {cpt: "12345"}
            facts: {knee.weeks: 11}
            expect: {outcome: not-covered}
          - case: Nobody knows how long
            date_of_service: 2020-03-01
            service: {cpt: "12345"}
            expect: {outcome: undetermined}
        """,
    "acme/hip.yaml": """
        format: 1
        policy: acme/hip
        title: Hip operations
        payer: acme
        kind: coverage-policy
        history:
          - revision: first
            change: new
            summary: Nothing is covered.
            effective: 2020-01-01
            services:
              - service: Hip operation
                codes: {cpt: ["23456"]}
                coverage: [{outcome: not-covered, cite: Everything}]
        """,
    "acme/hip.cases.yaml": """
        format: 1
        policy: acme/hip
        cases:
          - case: Any hip
            date_of_service: 2020-03-01
            service: {cpt: "23456"}
            expect: {outcome: not-covered}
        """,
}
CORRECTION = """\
  - revision: 2021-01-01-corrected
    change: correction
    replaces: 2021-01-01
    summary: It was reviewed a month later.
    effective: 2021-02-01
    known_from: 2021-03-01
    services: unchanged
"""


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A library of which nothing has been published."""
    root = tmp_path / "ours"
    for name, text in LIBRARY.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(dedent(text).lstrip("\n"))
    return root


@pytest.fixture
def published(ours: Path, run: Run) -> Path:
    """The same library, published."""
    assert run("publish", "--library", ours, "--despite-warnings").status == 0
    return ours


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_everything_is_published_at_once(run: Run, ours: Path) -> None:
    assert run("check", ours, "--strict").out == ""
    answered = run("publish", "--library", ours)
    assert answered.status == 0
    assert answered.out == "acme/hip: first\nacme/knee: 2020-01-01, 2021-01-01\n"
    assert answered.err == f"3 revisions of 2 policies recorded in {ours}/published.yaml\n"
    lines = (ours / "published.yaml").read_text().splitlines()
    assert lines[:4] == [HEADING, "format: 1", "published:", "  acme/hip:"]
    assert [line.partition(":")[0] for line in lines[-2:]] == ["facts", "  knee.weeks"]


def test_a_second_run_changes_nothing(run: Run, published: Path) -> None:
    before = contents(published)
    answered = run("publish", "--library", published)
    assert (answered.status, answered.out) == (0, "")
    assert answered.err == f"nothing is new: {published}/published.yaml records every revision of 2 policies\n"
    assert contents(published) == before


def test_the_record_is_in_the_house_layout(run: Run, ours: Path) -> None:
    change(ours / "acme" / "hip.yaml", "revision: first", 'revision: "1"')
    assert run("publish", "--library", ours).status == 0
    assert '    "1": sha256:' in (ours / "published.yaml").read_text()
    assert run("fmt", "--check", ours / "published.yaml").status == 0


def test_what_is_published_is_a_sound_library(run: Run, published: Path) -> None:
    assert run("check", published, "--strict").status == 0
    assert run("test", published).status == 0
    assert run("decide", published / "acme" / "knee.cases.yaml", "--library", published).status == 0


def test_one_policy_is_published_and_then_another(run: Run, ours: Path) -> None:
    answered = run("publish", "acme/knee", "--library", ours)
    assert answered.out == "acme/knee: 2020-01-01, 2021-01-01\n"
    assert "acme/hip" not in (ours / "published.yaml").read_text()
    assert run("publish", "acme/knee", "acme/hip", "acme/hip", "--library", ours).out == "acme/hip: first\n"
    by_and_by = (ours / "published.yaml").read_bytes()
    (ours / "published.yaml").unlink()
    run("publish", "--library", ours)
    assert (ours / "published.yaml").read_bytes() == by_and_by


def test_a_dry_run_writes_nothing(run: Run, ours: Path) -> None:
    before = contents(ours)
    answered = run("publish", "--dry-run", "--library", ours)
    assert answered.status == 0
    assert answered.out == "acme/hip: first\nacme/knee: 2020-01-01, 2021-01-01\n"
    assert answered.err == f"3 revisions of 2 policies would be recorded in {ours}/published.yaml\n"
    assert contents(ours) == before


def test_the_library_is_that_of_the_current_folder(run: Run, ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ours / "acme")
    assert run("publish").status == 0
    assert (ours / "published.yaml").is_file()


def test_the_answer_in_json(run: Run, ours: Path) -> None:
    document = run("publish", "--library", ours, "--format", "json").document("publish")
    assert (document["refused"], document["written"], document["problems"]) == (False, True, [])
    assert [(each["policy"], each["revision"], each["change"], each["effective"]) for each in document["recorded"]] == [
        ("acme/hip", "first", "new", "2020-01-01"),
        ("acme/knee", "2020-01-01", "new", "2020-01-01"),
        ("acme/knee", "2021-01-01", "review", "2021-01-01"),
    ]
    record = (ours / "published.yaml").read_text()
    assert all(f"    {each['revision']}: {each['digest']}\n" in record for each in document["recorded"])
    document = run("publish", "--library", ours, "--format", "json").document("publish")
    assert (document["refused"], document["written"], document["recorded"]) == (False, False, [])


# What stands against it


def refused(run: Run, root: Path, *words: str) -> str:
    """What is told where nothing is published, and nothing is written."""
    before = contents(root)
    answered = run("publish", "--library", root, *words)
    assert answered.status == 1
    assert contents(root) == before
    document = run("publish", "--library", root, "--format", "json", *words).document("publish")
    assert document["refused"]
    assert document["recorded"] == []
    return answered.out + answered.err


def test_problems_of_a_policy_stand_against_it(run: Run, ours: Path) -> None:
    change(ours / "acme" / "knee.yaml", "fact: knee.weeks", "fact: knee.months")
    told = refused(run, ours)
    assert "[unknown-fact]" in told
    assert "nothing was published: 1 problem\n" in told
    assert refused(run, ours, "acme/knee", "--despite-warnings").count("[unknown-fact]") == 1


def test_problems_of_another_policy_do_not(run: Run, ours: Path) -> None:
    change(ours / "acme" / "knee.yaml", "fact: knee.weeks", "fact: knee.months")
    assert run("publish", "acme/hip", "--library", ours).out == "acme/hip: first\n"


def test_problems_of_the_vocabulary_always_do(run: Run, ours: Path) -> None:
    change(ours / "facts.yaml", "type: integer", "type: whole-number")
    assert "facts.yaml" in refused(run, ours, "acme/hip")


def test_a_case_that_fails_stands_against_it(run: Run, ours: Path) -> None:
    change(ours / "acme" / "knee.cases.yaml", "outcome: undetermined", "outcome: covered")
    told = refused(run, ours)
    assert "Nobody knows how long: outcome: expected covered, got undetermined [case-failed]" in told
    assert told.endswith("nothing was published: 1 failing case\n")
    assert run("publish", "acme/hip", "--library", ours).status == 0


def test_a_case_that_cannot_be_read_is_told_once(run: Run, ours: Path) -> None:
    change(ours / "acme" / "knee.cases.yaml", "knee.weeks: 11", "knee.weaks: 11")
    told = refused(run, ours, "acme/knee")
    assert told.count("[unknown-fact]") == 1
    assert "nothing was published: 1 problem, " in told
    assert told.endswith(", 1 failing case\n")


def test_warnings_stand_against_it_unless_they_are_accepted(run: Run, ours: Path) -> None:
    change(ours / "acme" / "knee.yaml", "cite: First paragraph\n", "says: Long pain\n")
    change(ours / "acme" / "knee.yaml", "cite: First paragraph, fact", "fact")
    told = refused(run, ours)
    assert "warning: " in told
    assert "[no-cite]" in told
    assert told.endswith(
        "nothing was published: 1 warning\n  help: make them right, or publish all the same with `--despite-warnings`\n"
    )
    answered = run("publish", "--despite-warnings", "--library", ours)
    assert answered.status == 0
    assert "[no-cite]" in answered.out
    assert answered.out.startswith("acme/hip: first\n")
    assert (ours / "published.yaml").is_file()


def test_a_policy_that_is_not_there(run: Run, ours: Path) -> None:
    answered = run("publish", "acme/nee", "--library", ours)
    assert answered.status == 2
    assert "there is no policy `acme/nee`" in answered.err
    assert "did you mean `acme/knee`?" in answered.err
    assert_no_traceback(answered)
    for word in ("facts", "published", "acme/knee.yaml", "", "../x", "x" * 5000, "\N{SNOWMAN}"):
        assert_no_traceback(run("publish", word, "--library", ours))


def test_a_folder_that_is_no_library(run: Run, tmp_path: Path, ours: Path) -> None:
    assert run("publish", "--library", tmp_path).status == 2
    (ours / "facts.yaml").unlink()
    answered = run("publish", "--library", ours)
    assert answered.status == 1
    assert "there is no facts.yaml" in answered.out


# What was published is not changed in silence


def test_an_altered_revision_is_refused_with_the_line_and_the_way_to_correct_it(run: Run, published: Path) -> None:
    change(published / "acme" / "knee.yaml", "at_least: 12", "at_least: 10")
    answered = run("check", published)
    assert answered.status == 1
    assert answered.lines[0] == (
        f"{published}/acme/knee.yaml:7:5: `2020-01-01` has been altered since it was published [published-altered]"
    )
    assert (
        "policykit revise acme/knee --correct 2020-01-01 --effective DATE --known-from DATE --summary TEXT"
        in answered.lines[1]
    )
    assert "[published-altered]" in refused(run, published)
    change(published / "acme" / "knee.yaml", "at_least: 10}", "at_least: 12} # weeks")
    assert run("check", published).status == 0


@pytest.mark.skipif(shutil.which("git") is None, reason="it compares with a git revision")
def test_what_was_altered_is_shown_against_the_version_control(run: Run, published: Path) -> None:
    git(published, "init", "-q")
    git(published, "add", ".")
    git(published, "commit", "-q", "-m", "Published")
    change(published / "acme" / "knee.yaml", "at_least: 12", "at_least: 10")
    assert "`policykit diff acme/knee --from COMMIT`" in run("check", published).out
    answered = run("diff", "acme/knee", "--from", "HEAD", "--library", published)
    assert answered.status == 0
    assert "12" in answered.out
    assert "10" in answered.out


def test_a_correction_can_be_added_and_published(run: Run, published: Path) -> None:
    path = published / "acme" / "knee.yaml"
    record = (published / "published.yaml").read_text()
    path.write_text(path.read_text() + CORRECTION)
    assert run("check", published).status == 0
    assert run("publish", "--library", published).out == "acme/knee: 2021-01-01-corrected\n"
    now = (published / "published.yaml").read_text()
    assert set(record.splitlines()) < set(now.splitlines())
    assert len(now.splitlines()) == len(record.splitlines()) + 1
    assert "2021-01-01-corrected" in run("history", "acme/knee", "--library", published).out


def test_a_withdrawal_can_be_added_and_published(run: Run, published: Path) -> None:
    path = published / "acme" / "knee.yaml"
    withdrawal = (
        "change: withdrawn\n    withdraws: 2021-01-01\n    summary: It never was.\n    known_from: 2021-03-01\n"
    )
    path.write_text(f"{path.read_text()}  - revision: void\n    {withdrawal}")
    assert run("check", published).status == 0
    assert run("publish", "--library", published).out == "acme/knee: void\n"


def test_a_removed_revision_and_a_removed_policy_are_refused(run: Run, published: Path) -> None:
    path = published / "acme" / "knee.yaml"
    path.write_text(path.read_text().partition("  - revision: 2021-01-01")[0])
    (published / "acme" / "hip.yaml").unlink()
    answered = run("check", published)
    assert answered.status == 1
    assert [line.partition(": ")[0] for line in answered.lines if not line.startswith(" ")] == [
        f"{published}/published.yaml:4:3",
        f"{published}/published.yaml:8:5",
    ]
    assert answered.out.count("[published-removed]") == 2
    assert "[published-removed]" in refused(run, published)


def test_a_revision_that_is_removed_is_told_where_only_its_policy_is_checked(run: Run, published: Path) -> None:
    path = published / "acme" / "knee.yaml"
    path.write_text(path.read_text().partition("  - revision: 2021-01-01")[0])
    assert "[published-removed]" in run("check", path).out
    assert "[published-removed]" in refused(run, published, "acme/knee")


def test_an_entry_above_a_published_one_is_refused(run: Run, published: Path) -> None:
    correction = CORRECTION.replace("correction", "review").replace("    replaces: 2021-01-01\n", "")
    change(published / "acme" / "knee.yaml", "  - revision: 2021-01-01", f"{correction}  - revision: 2021-01-01")
    answered = run("check", published)
    assert answered.status == 1
    assert f"{published}/acme/knee.yaml:20:5: `2021-01-01-corrected` is not published" in answered.out


def test_a_fact_that_means_something_else_is_refused(run: Run, published: Path) -> None:
    change(published / "facts.yaml", "unit: weeks", "unit: months")
    answered = run("check", published)
    assert answered.status == 1
    assert answered.lines[0].startswith(f"{published}/facts.yaml:3:3: `knee.weeks` means something else")
    assert "[published-altered]" in refused(run, published, "acme/hip")


def test_a_document_with_other_problems_is_not_said_to_be_altered_or_gone(run: Run, published: Path) -> None:
    change(published / "acme" / "knee.yaml", "title: Knee operations", "title: [Knee")
    change(published / "acme" / "hip.yaml", "cite: Everything", "sight: Everything")
    answered = run("check", published)
    assert answered.status == 1
    assert "published-" not in answered.out


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything can be read")
def test_a_document_that_may_not_be_read_is_not_said_to_be_gone(run: Run, published: Path) -> None:
    (published / "acme" / "hip.yaml").chmod(0)
    answered = run("check", published)
    assert "cannot be read" in answered.out
    assert "published-" not in answered.out


def test_a_spoiled_record_is_told_and_not_written_over(run: Run, published: Path) -> None:
    record = published / "published.yaml"
    for text in ("", "format: 1\n", "a: [", "\x00", record.read_text().replace("sha256:", "sha1:", 1)):
        record.write_text(text)
        assert "published.yaml" in run("check", published).out
        assert "published.yaml" in refused(run, published)
        assert "published.yaml" in refused(run, published, "acme/hip")


# Writing


def test_the_file_keeps_what_it_is(run: Run, published: Path) -> None:
    record = published / "published.yaml"
    elsewhere = published / "acme" / "record.txt"
    record.rename(elsewhere)
    elsewhere.chmod(0o600)
    record.symlink_to(elsewhere)
    path = published / "acme" / "knee.yaml"
    path.write_text(path.read_text() + CORRECTION)
    assert run("publish", "--library", published).status == 0
    assert record.is_symlink()
    assert "2021-01-01-corrected" in elsewhere.read_text()
    assert elsewhere.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything can be written")
def test_a_folder_that_may_not_be_written(run: Run, ours: Path) -> None:
    ours.chmod(0o500)
    try:
        answered = run("publish", "--library", ours)
    finally:
        ours.chmod(0o700)
    assert answered.status == 2
    assert "cannot be written" in answered.err


def test_documents_that_change_while_they_are_checked_are_not_published(
    run: Run, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(named: Iterable[Path | Given], setting: Setting) -> CasesResult:
        result = run_paths(named, setting)
        change(ours / "acme" / "knee.yaml", "at_least: 12", "at_least: 9")
        return result

    monkeypatch.setattr("policykit.cli.publish.run_paths", slowly)
    answered = run("publish", "--library", ours)
    assert answered.status == 2
    assert answered.err.startswith("policykit: documents were changed meanwhile, so nothing is recorded\n")
    assert not (ours / "published.yaml").exists()


def test_a_record_that_would_be_too_large_is_not_written(
    run: Run, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = published / "acme" / "knee.yaml"
    path.write_text(path.read_text() + CORRECTION)
    before = contents(published)
    monkeypatch.setattr("policykit.cli.publish.MAX_BYTES", 300)
    answered = run("publish", "--library", published)
    assert answered.status == 2
    assert "would be larger than" in answered.err
    assert contents(published) == before


def test_the_library_of_an_installation_is_never_written_to(tmp_path: Path) -> None:
    installed = tmp_path / "site" / "policykit"
    shutil.copytree(Path(policykit.__file__).parent, installed, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (POLICIES, SCHEMAS):
        shutil.copytree(folder, installed / "_data" / folder.name)
    library = installed / "_data" / "policies"
    before = contents(library)
    answered = run_apart("publish", "--library", library, env={"PYTHONPATH": str(tmp_path / "site")}, cwd=tmp_path)
    assert answered.status == 2
    assert "came with policykit" in answered.err
    assert contents(library) == before
