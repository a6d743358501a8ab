from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def errors(out: str) -> list[str]:
    """The lines of the problems that are no warnings."""
    return [line for line in out.splitlines() if not line.startswith(" ") and ": warning: " not in line]


def test_warnings_are_told_and_fail_nothing_unless_it_is_asked(run: Run, library: Path) -> None:
    answered = run("check", "--library", library, "--today", "2026-01-15")
    assert answered.status == 0
    assert errors(answered.out) == []
    assert f"{library}/globex/none.yaml:" in answered.out
    assert "[search-not-repeated]" in answered.out
    warnings = answered.out.count(": warning: ")
    assert answered.err == f"4 policies, 8 documents, 3 cases, no problems, {warnings} warnings\n"
    assert run("check", library, "--today", "2026-01-15") == answered
    assert run("check", library, "--strict").status == 1


def test_what_is_due_hangs_on_the_day(run: Run, library: Path) -> None:
    answered = run("check", "--library", library, "--today", "2021-06-01")
    assert "[search-not-repeated]" not in answered.out
    answered = run("check", "--library", library, "--today", "2021-02-30")
    assert answered.status == 2
    assert "`2021-02-30` is not a day of the calendar" in answered.err


def test_what_was_copied_from_a_source_is_told(run: Run, library: Path, tmp_path: Path) -> None:
    copied = "Whoever is grown up by the day of the operation is covered under the terms of this plan"
    change(library / "acme" / "knee.yaml", "says: The patient is grown up", f"says: {copied}")
    (tmp_path / "sources").mkdir()
    answered = run("check", library, "--sources", tmp_path / "sources")
    assert answered.status == 2
    assert "there are no texts (*.txt)" in answered.err
    (tmp_path / "sources" / "knee.txt").write_text(f"1. {copied.upper()}, and nobody else.")
    answered = run("check", library, "--sources", tmp_path / "sources")
    assert "[copied-text]" in answered.out
    assert "[copied-text]" not in run("check", library).out


def test_the_shipped_library_is_clean(run: Run) -> None:
    answered = run("check", "--today", "2026-01-15")
    assert (answered.status, answered.out) == (0, "")
    assert answered.err.endswith("no problems\n")


def test_all_problems_at_once_in_order_of_place(run: Run, library: Path) -> None:
    change(library / "acme" / "knee.yaml", "fact: patient.age", "fact: patient.aeg")
    change(library / "acme" / "claims.yaml", "effective: 2021-01-01", "effective: 2021-02-30")
    change(library / "globex" / "knee.yaml", 'cpt: ["12345"]', "cpt: [12345]")
    answered = run("check", "--library", library)
    assert answered.status == 1
    places = [line.partition(": ")[0] for line in errors(answered.out)]
    assert places == [
        f"{library}/acme/claims.yaml:18:16",
        f"{library}/acme/knee.yaml:32:86",
        f"{library}/globex/knee.yaml:13:23",
    ]
    assert "`patient.aeg` is not a known fact [unknown-fact]" in answered.flat
    assert "help: did you mean `patient.age`?" in answered.flat
    assert answered.err.startswith("4 policies, 8 documents, 3 cases, 3 problems")


def test_one_file_of_a_library_is_checked_within_it_and_only_its_problems_are_shown(run: Run, library: Path) -> None:
    change(library / "acme" / "knee.yaml", "patient.age", "patient.aeg")
    answered = run("check", library / "globex" / "knee.yaml")
    assert (answered.status, errors(answered.out)) == (0, [])
    assert {line.partition(":")[0] for line in answered.lines} <= {f"{library}/globex/knee.yaml", "  help"}
    assert answered.err.startswith("1 policy, 1 document, 0 cases, no problems")
    answered = run("check", library / "acme" / "knee.yaml")
    assert answered.status == 1
    assert "unknown-fact" in answered.out


def test_a_folder_of_a_library(run: Run, library: Path) -> None:
    change(library / "globex" / "knee.yaml", "payer: globex", "payer: acme")
    assert run("check", library / "acme").err.startswith("2 policies, 3 documents, 3 cases, no problems")
    assert run("check", library / "globex").status == 1


def test_a_broken_vocabulary_is_told_whatever_is_checked(run: Run, library: Path) -> None:
    change(library / "facts.yaml", "type: integer, unit: weeks", "type: number-of, unit: weeks")
    answered = run("check", library / "acme" / "knee.cases.yaml")
    assert answered.status == 1
    assert f"{library}/facts.yaml:" in answered.out
    assert "knee.cases.yaml was not checked, because the vocabulary has problems" in answered.err


def test_cases_are_not_blamed_for_the_faults_of_their_policy(run: Run, library: Path) -> None:
    (library / "acme" / "knee.yaml").unlink()
    answered = run("check", library)
    assert "[unknown-policy]" in answered.out
    (library / "acme" / "knee.yaml").write_text("format: 1\n")
    answered = run("check", library)
    assert "acme/knee.yaml" in answered.out
    assert "[unknown-policy]" not in answered.out


def test_a_document_outside_of_any_library_is_checked_with_the_vocabulary_of_one(
    run: Run, library: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "draft.yaml"
    shutil.copy(library / "acme" / "knee.yaml", alone)
    assert run("check", alone, "--library", library).err == "1 policy, 1 document, 0 cases, no problems\n"
    change(alone, "at_least: 18", "at_laest: 18")
    answered = run("check", alone, "--library", library)
    assert answered.status == 1
    assert f"{alone}:32:" in answered.out
    case = tmp_path / "case.yaml"
    case.write_text('policy: acme/knee\ndate_of_service: 2020-06-01\nservice: {cpt: "12345"}\n')
    assert run("check", case, "--library", library).err == "0 policies, 1 document, 1 case, no problems\n"


def test_standard_input(run: Run, library: Path) -> None:
    policy = (library / "acme" / "knee.yaml").read_bytes()
    assert run("check", "-", "--library", library, stdin=policy).status == 0
    answered = run("check", "-", "--library", library, stdin=policy.replace(b"format: 1", b"format: 2", 1))
    assert answered.status == 1
    assert answered.out.startswith("standard input:1:9: ")


def test_a_folder_with_libraries_and_documents_in_it(run: Run, library: Path, tmp_path: Path) -> None:
    case = tmp_path / "cases" / "one.yaml"
    case.parent.mkdir()
    case.write_text('policy: cigna/0587\ndate_of_service: 2026-01-01\nservice: {cpt: "64714"}\n')
    (tmp_path / "notes.txt").write_text("not a document")
    (tmp_path / ".hidden.yaml").write_text("{")
    assert library.parent == tmp_path
    answered = run("check", tmp_path)
    assert answered.status == 0
    assert answered.err.startswith("4 policies, 9 documents, 4 cases, no problems")


def test_a_path_that_leads_up_and_down_again(
    run: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(library / "acme" / "knee.yaml", tmp_path / "alone.yaml")
    monkeypatch.chdir(library / "acme")
    change(library / "acme" / "knee.yaml", "patient.age", "patient.aeg")
    # It lies in no library, though a library is named on the way to it.
    assert run("check", "../../alone.yaml", "--library", "..").status == 0
    assert run("check", "../globex/knee.yaml").status == 0
    answered = run("check", "../../library/acme/knee.yaml")
    assert answered.status == 1
    assert answered.out.startswith("knee.yaml:32:86: ")


def test_nothing_to_check(run: Run, tmp_path: Path) -> None:
    answered = run("check", tmp_path)
    assert answered.status == 2
    assert "there are no documents in" in answered.err
    answered = run("check", tmp_path / "none")
    assert answered.status == 2
    assert "there is no file or folder" in answered.err


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("acme/empty.yaml", b"", "empty-document"),
        ("acme/latin.yaml", b"title: caf\xe9\n", "not-utf-8"),
        ("acme/large.yaml", b"# " + b"x" * 2**20, "too-large"),
        ("acme/alias.yaml", b"a: &a [1]\nb: *a\n", "anchor-or-alias"),
        ("acme/old.yml", b"format: 1\n", "wrong-extension"),
        ("top.yaml", b"format: 1\n", "misplaced"),
    ],
)
def test_hostile_or_careless_files(run: Run, library: Path, name: str, content: bytes, rule: str) -> None:
    (library / name).write_bytes(content)
    answered = run("check", "--library", library)
    assert answered.status == 1
    assert f"[{rule}]" in answered.out
    assert f"{library}/{name}" in answered.out


def test_a_folder_where_a_file_is_expected_and_a_link_that_leads_out(run: Run, library: Path, tmp_path: Path) -> None:
    (library / "acme" / "folder.yaml").mkdir()
    (tmp_path / "outside.yaml").write_text("format: 1\n")
    (library / "acme" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    answered = run("check", "--library", library)
    assert answered.status == 1
    assert "folder.yaml: this is a folder, and a file is expected [unreadable]" in answered.flat
    assert "link.yaml: this link leads out of the library [symlink-outside]" in answered.flat


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(run: Run, library: Path) -> None:
    (library / "acme" / "knee.yaml").chmod(0)
    answered = run("check", "--library", library)
    assert answered.status == 1
    assert "the file cannot be read: permission denied [unreadable]" in answered.flat


def test_a_folder_that_is_no_library(run: Run, tmp_path: Path, library: Path) -> None:
    (library / "facts.yaml").unlink()
    answered = run("check", "--library", library)
    assert answered.status == 1
    assert "this is not a library: there is no facts.yaml in it [not-a-library]" in answered.flat
    (tmp_path / "empty").mkdir()
    answered = run("lookup", "12345", "--library", tmp_path / "empty")
    assert (answered.status, answered.out) == (1, "")
    assert "[not-a-library]" in answered.err


def test_a_faulty_library_answers_nothing_and_says_why(run: Run, library: Path) -> None:
    change(library / "acme" / "knee.yaml", "effective: 2020-01-01", "effective: 2020-02-30")
    for words in (("lookup", "12345"), ("history", "acme/knee"), ("show", "globex/knee"), ("decide", "-")):
        answered = run(*words, "--library", library)
        assert (answered.status, answered.out) == (1, "")
        assert "there is no such date [malformed-date]" in answered.err


def test_whoever_stands_in_a_library_or_beside_it_means_that_one(
    run: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (library, library / "acme"):
        monkeypatch.chdir(folder)
        assert run("check").err.startswith("4 policies, 8 documents, 3 cases")
        assert run("test").out == "3 passed, 0 failed\n"
        assert run("diff", "acme/knee", "first", "second").status == 0
        # What answers for others does not hang on where it is asked.
        assert run("history", "cigna/0587").status == 0
    library.rename(tmp_path / "policies")
    monkeypatch.chdir(tmp_path)
    assert run("check").err.startswith("4 policies, 8 documents, 3 cases")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert "7 policies" in run("check").err
