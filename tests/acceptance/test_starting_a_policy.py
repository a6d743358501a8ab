from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Final

import pytest
from acceptance.terminal import assert_no_traceback

from policykit.writing.saving import Unsaved

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

SOUND: Final = ("--title", "Knee braces", "--code", "hcpcs:L9001-L9003", "--effective", "2026-01-01")


def held(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it, where the user is."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_somebody_with_nothing_at_all_gets_a_sound_library(run: Run, empty: Path) -> None:
    begun = run("new", "acme/knee", *SOUND, "--library", "policies", "--payer-name", "Acme Health Plan")
    assert (begun.status, begun.err) == (0, "")
    assert begun.lines == [
        *(f"wrote policies/{name}" for name in ("facts.yaml", "payers.yaml", "codes.yaml")),
        "wrote policies/acme/knee.yaml",
        "wrote policies/acme/knee.cases.yaml",
        begun.lines[5],
        "  policykit check policies/acme/knee.yaml",
        "  policykit test policies/acme/knee.yaml",
    ]
    assert begun.lines[5].startswith("next: write what the policy says in policies/acme/knee.yaml and cases")
    assert run("check", "--library", "policies").status == 0
    assert run("check", "policies/acme/knee.yaml").status == 0
    tested = run("test", "policies/acme/knee.yaml")
    assert tested.status == 0
    assert "1 passed" in tested.out + tested.err
    asked = run("lookup", "L9002", "--library", "policies", "--dos", "2026-02-01")
    assert "acme/knee, revision 2026-01-01, in effect from 2026-01-01" in asked.flat
    case = b"policy: acme/knee\ndate_of_service: 2026-02-01\nservice: {hcpcs: L9002}\n"
    decided = run("decide", "-", "--library", "policies", "--format", "json", stdin=case)
    assert decided.document("decision")["outcome"] == "not-encoded"
    assert sorted(held(empty)) == sorted(line.removeprefix("wrote ") for line in begun.lines[:5])


def test_a_second_policy_needs_no_more_than_its_options(run: Run, empty: Path) -> None:
    run("new", "acme/knee", *SOUND, "--library", "policies", "--payer-name", "Acme")
    before = held(empty)
    added = run("new", "beta/knee", *SOUND, "--payer-name", "Beta", "--change", "new", "--known-from", "2025-11-01")
    assert (added.status, added.lines[0]) == (0, "added to policies/payers.yaml")
    after = held(empty)
    assert after["policies/payers.yaml"].startswith(before["policies/payers.yaml"])
    assert {name: after[name] for name in before if not name.endswith("payers.yaml")} == {
        name: before[name] for name in before if not name.endswith("payers.yaml")
    }
    assert b"change: new" in after["policies/beta/knee.yaml"]
    assert b"known_from: 2025-11-01" in after["policies/beta/knee.yaml"]
    assert run("test", "--library", "policies").status == 0


def test_a_search_that_found_nothing_hands_the_decision_on(run: Run, library: Path) -> None:
    words = ("--kind", "no-determination", "--to", "the contractor's review", "--library", library)
    assert run("new", "initech/knee", *SOUND, *words).status == 0
    assert run("check", library).status == 0
    tested = run("test", library / "initech" / "knee.yaml")
    assert tested.status == 0
    text = (library / "initech" / "knee.yaml").read_text()
    assert "change: searched" in text
    assert "to: the contractor's review" in text


def test_an_editor_is_told_of_the_schema_where_there_is_one(run: Run, library: Path) -> None:
    run("new", "acme/one", *SOUND, "--library", library)
    assert (library / "acme" / "one.yaml").read_text().startswith("format: 1\n")
    (library.parent / "schemas").mkdir()
    (library.parent / "schemas" / "policy.schema.json").write_text("{}")
    run("new", "acme/two", *SOUND, "--library", library)
    first = "# yaml-language-server: $schema=../../schemas/{}.schema.json"
    assert (library / "acme" / "two.yaml").read_text().splitlines()[0] == first.format("policy")
    assert (library / "acme" / "two.cases.yaml").read_text().splitlines()[0] == first.format("cases")


@pytest.mark.parametrize("name", ["knee.yaml", "other.cases.yaml", "dangling.yaml"])
def test_nothing_is_written_over(run: Run, library: Path, name: str) -> None:
    (library / "acme" / "other.cases.yaml").write_text("mine")
    (library / "acme" / "dangling.yaml").symlink_to("nowhere")
    before = held(library)
    answered = run("new", f"acme/{name.partition('.')[0]}", *SOUND, "--library", library)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert f"acme/{name}` is there already, and nothing is written over it" in answered.err
    assert "policykit revise acme/" in answered.err
    assert held(library) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("acme/new",), "`--title`, `--code`, `--effective` are missing"),
        (("acme/new", "--title", "T", "--code", "cpt:64714"), "`--effective` is missing"),
        ((), "missing argument 'PAYER/POLICY'"),
        (("acme", *SOUND), "`acme` is no name of a policy"),
        (("acme/../../x", *SOUND), "is no name of a policy"),
        (("/etc/x", *SOUND), "is no name of a policy"),
        (("acme/new", *SOUND, "--code", "64714"), "names no system of codes; write it like `cpt:64714`"),
        (("acme/new", *SOUND, "--code", "xyz"), "names no system of codes; write it like `cpt:64714`"),
        (("acme/new", *SOUND, "--code", "cptt:64714"), "did you mean `cpt`?"),
        (("acme/new", *SOUND, "--code", "icd10cm:M17.0"), "icd10cm codes diagnoses; services are coded in cpt, hcpcs"),
        (("acme/new", *SOUND, "--code", "cpt:6471"), "is no code of cpt, nor a range of them: four digits, then"),
        (("acme/new", *SOUND, "--code", "hcpcs:L9003-L9001"), "is no code of hcpcs"),
        (("acme/new", *SOUND, "--effective", "2026-02-30"), "is not a day of the calendar"),
        (("acme/new", *SOUND, "--title", "  "), "the text is empty"),
        (("acme/new", *SOUND, "--title", "word " * 101), "the text has 505 characters, and at most 500 fit in"),
        (("acme/new", *SOUND, "--title", "a\tb"), "holds a character that cannot be seen"),
        (("acme/new", *SOUND, "--title", "a\udcffb"), "holds a character that cannot be seen"),
        (("acme/new", *SOUND, "--kind", "ncdd"), "'ncdd' is not one of"),
        (("acme/new", *SOUND, "--kind", "no-determination"), "needs `--to`"),
        (("acme/new", *SOUND, "--to", "somebody"), "only a `no-determination`"),
        (
            ("acme/new", *SOUND, "--kind", "no-determination", "--to", "X", "--change", "new"),
            "a `no-determination` is `searched`",
        ),
        (("acmee/new", *SOUND), "did you mean `acme`?"),
        (("zzz/new", *SOUND), "declare it by its name: `--payer-name NAME`"),
        (("acme/new", *SOUND, "--payer-name", "Other"), "is a payer of this library already, called Acme Health"),
    ],
)
def test_a_call_that_cannot_be_followed_is_told_in_two_lines(
    run: Run, library: Path, words: tuple[str, ...], told: str
) -> None:
    before = held(library)
    answered = run("new", *words, "--library", library)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert told in answered.err
    assert held(library) == before


def test_a_library_with_problems_is_told_and_nothing_is_written(run: Run, library: Path) -> None:
    (library / "facts.yaml").write_text("format: 1\nfacts: {a.b: {type: bolean, ask: A?}}\n")
    before = held(library)
    answered = run("new", "acme/new", *SOUND, "--library", library)
    assert answered.status == 1
    assert "facts.yaml:2:21:" in answered.err
    assert answered.err.splitlines()[-1] == "nothing is written"
    (library / "facts.yaml").unlink()
    answered = run("new", "acme/new", *SOUND, "--library", library)
    assert (answered.status, answered.err.splitlines()[-1]) == (1, "nothing is written")
    assert "there is no facts.yaml in it" in answered.err
    assert held(library) == {name: content for name, content in before.items() if name != "facts.yaml"}


def test_what_would_have_problems_is_told_and_not_written(run: Run, library: Path) -> None:
    before = held(library)
    answered = run("new", "acme/new", *SOUND, "--title", "Knee \ufe0f", "--library", library)
    assert answered.status == 1
    assert "acme/new.yaml:3:" in answered.err
    assert "[invisible-character]" in answered.err
    assert answered.err.splitlines()[-1] == "nothing is written"
    assert held(library) == before


def test_where_the_last_file_cannot_be_written_the_others_are_taken_back(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = import_module("policykit.writing.saving")
    real = saving.save

    def refusing(path: Path, content: bytes, *, expected: bytes | None) -> None:
        if path.name.endswith(".cases.yaml"):
            raise Unsaved("the disk is full", "nothing is written")
        real(path, content, expected=expected)

    monkeypatch.setattr(saving, "save", refusing)
    before = held(library)
    answered = run("new", "umbrella/knee", *SOUND, "--payer-name", "Umbrella", "--library", library)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert "the disk is full" in answered.err
    assert held(library) == before
    assert not (library / "umbrella").exists()


# Which library is written to


def test_the_library_is_that_of_the_current_folder(
    run: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(library / "acme")
    assert run("new", "acme/one", *SOUND).lines[0] == "wrote one.yaml"
    monkeypatch.chdir(library)
    assert run("new", "acme/two", *SOUND).lines[0] == "wrote acme/two.yaml"
    library.rename(tmp_path / "policies")
    monkeypatch.chdir(tmp_path)
    assert run("new", "acme/three", *SOUND).lines[0] == "wrote policies/acme/three.yaml"


def test_the_library_can_be_named_by_the_environment(run: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYKIT_LIBRARY", str(library))
    assert run("new", "acme/one", *SOUND).status == 0
    assert (library / "acme" / "one.yaml").is_file()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (None, "the current folder belongs to no library"),
        ("file", "is a file; a library is a folder"),
        ("folder", "is not a library: there is no payers.yaml in it"),
    ],
)
def test_where_there_is_no_library_the_way_to_one_is_told(run: Run, empty: Path, make: str | None, told: str) -> None:
    words: tuple[str, ...] = ("--library", "place") if make else ()
    if make == "file":
        (empty / "place").write_text("mine")
    elif make == "folder":
        (empty / "place").mkdir()
        (empty / "place" / "notes.txt").write_text("mine")
    before = held(empty)
    answered = run("new", "acme/knee", *SOUND, "--payer-name", "Acme", *words)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert told in answered.err
    assert held(empty) == before


def test_a_folder_with_only_hidden_files_is_empty(run: Run, empty: Path) -> None:
    (empty / ".git").mkdir()
    assert run("new", "acme/knee", *SOUND, "--payer-name", "Acme", "--library", ".").status == 0
    assert run("check", "--library", ".").status == 0


def test_the_library_within_the_package_is_never_written_to(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable = import_module("policykit.cli.writable")
    monkeypatch.setattr(writable, "PACKAGE", library.parent.resolve())
    monkeypatch.chdir(library)
    before = held(library)
    for verb in (("new", "acme/new", *SOUND), ("revise", "acme/knee", "--effective", "2027-01-01")):
        answered = run(*verb)
        assert answered.status == 2
        assert_no_traceback(answered)
        assert "came with policykit" in answered.err
        assert "copy the folder" in answered.err
    assert held(library) == before


def test_a_current_folder_that_is_gone_is_no_library(run: Run, empty: Path) -> None:
    os.rmdir(empty)  # noqa: PTH106  # the folder under the user's feet
    answered = run("new", "acme/knee", *SOUND)
    assert answered.status == 2
    assert_no_traceback(answered)
