"""`policykit build`: a library compiled into one file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import run_apart

import policykit

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run


@pytest.fixture(name="compiled")
def _compiled(run: Run, library: Path, tmp_path: Path) -> Path:
    """The library, compiled."""
    file = tmp_path / "library.sqlite"
    answered = run("build", library, "-o", file)
    assert (answered.status, answered.out) == (0, "")
    return file


def test_a_library_is_compiled_into_one_file(run: Run, library: Path, tmp_path: Path) -> None:
    file = tmp_path / "out" / "library.sqlite"
    file.parent.mkdir()
    answered = run("build", library, "-o", file)
    assert answered.status == 0
    assert answered.out == ""
    assert answered.err == f"{file}: 4 policies, 7 documents, all of them read\n"
    assert list(file.parent.iterdir()) == [file]
    assert [*policykit.open_library(file).policies] == [*policykit.open_library(library).policies]


def test_only_what_changed_is_read_again(run: Run, library: Path, compiled: Path) -> None:
    path = library / "acme" / "knee.yaml"
    path.write_text(path.read_text().replace("Knee operations", "Operations of the knee"))
    answered = run("build", library, "-o", compiled)
    assert answered.err == f"{compiled}: 4 policies, 7 documents, 1 of them read\n"
    again = compiled.with_name("again.sqlite")
    assert run("build", library, "-o", again).status == 0
    assert again.read_bytes() == compiled.read_bytes()
    assert run("build", library, "-o", compiled, "--anew").err.endswith(" 7 documents, all of them read\n")
    assert again.read_bytes() == compiled.read_bytes()


def test_nothing_is_written_of_a_library_that_is_not_sound(run: Run, library: Path, compiled: Path) -> None:
    before = compiled.read_bytes()
    (library / "acme" / "knee.yaml").write_text("format: 1\n")
    path = library / "globex" / "knee.yaml"
    path.write_text(path.read_text().replace("covered", "coverd"))
    answered = run("build", library, "-o", compiled)
    checked = run("check", library)
    assert answered.status == checked.status == 1
    *told, last = [line for line in answered.err.splitlines() if not line.startswith("  help: ")]
    faults = [line for line in checked.lines if not line.startswith("  help: ") and ": warning: " not in line]
    assert told == faults
    assert {line.partition(":")[0] for line in told} == {str(path), str(library / "acme" / "knee.yaml")}
    assert last == "nothing is written"
    assert compiled.read_bytes() == before
    assert sorted(each.name for each in compiled.parent.iterdir()) == ["library", "library.sqlite"]


def test_what_was_published_is_held_against_the_library(run: Run, library: Path, compiled: Path) -> None:
    assert run("publish", "--library", library, "--despite-warnings").status == 0
    assert run("build", library, "-o", compiled).err.endswith(" 8 documents, 1 of them read\n")
    path = library / "globex" / "knee.yaml"
    path.write_text(path.read_text().replace("outcome: covered", "outcome: not-covered"))
    answered = run("build", library, "-o", compiled)
    assert answered.status == 1
    assert "`only` has been altered since it was published [published-altered]" in answered.err


def test_a_file_that_is_damaged_is_made_again(run: Run, library: Path, compiled: Path) -> None:
    whole = compiled.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:4096] + bytes(len(whole) - 4096)):
        compiled.write_bytes(content)
        answered = run("build", library, "-o", compiled)
        assert (answered.status, answered.err) == (0, f"{compiled}: 4 policies, 7 documents, all of them read\n")
        assert compiled.read_bytes() == whole


def test_the_library_is_the_one_of_the_folder_where_one_is(
    run: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(library / "acme")
    assert run("build", "-o", tmp_path / "one.sqlite").err.endswith(": 4 policies, 7 documents, all of them read\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICYKIT_LIBRARY", "library")
    assert run("build", "-o", "two.sqlite").status == 0
    assert (tmp_path / "one.sqlite").read_bytes() == (tmp_path / "two.sqlite").read_bytes()


def test_any_program_can_ask_the_file(compiled: Path) -> None:
    file = sqlite3.connect(f"{compiled.as_uri()}?mode=ro", uri=True)
    assert file.execute("SELECT id FROM policy ORDER BY id").fetchall() == [
        ("acme/claims",),
        ("acme/knee",),
        ("globex/knee",),
        ("globex/none",),
    ]
    file.close()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "policykit build: missing option '-o' / '--output'\n"),
        (["-o", "folder"], "policykit build: `folder` is a folder\n  help: name a file, such as library.sqlite\n"),
        (
            ["-o", "away/library.sqlite"],
            "policykit build: there is no folder `away`\n  help: make it first, or name another\n",
        ),
        (["nowhere", "-o", "a"], "policykit build: there is no folder `nowhere`\n"),
        (["text", "-o", "a"], "policykit build: `text` is a file; a library is a folder\n"),
        (["-o", "/dev/null"], "policykit build: `/dev/null` is no ordinary file\n  help: name another one\n"),
        (["-o", "a", "--processes", "0"], "policykit build: invalid value for '--processes': 0 is not in the range"),
        (
            ["-o", "text"],
            """policykit build: `text` is there already, and is no compiled library
  help: name another file, or delete this one first
""",
        ),
    ],
)
def test_wrong_usage_is_told_in_a_line_or_two(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("a text")
    answered = run("build", *words)
    assert answered.status == 2
    assert answered.out == ""
    assert answered.err.startswith(message)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "text"]
    assert (tmp_path / "text").read_text() == "a text"


def test_a_file_that_is_empty_is_written_over(run: Run, library: Path, tmp_path: Path) -> None:
    file = tmp_path / "made-by-mktemp"
    file.touch()
    assert run("build", library, "-o", file).status == 0
    assert len(policykit.open_library(file).policies) == 4


def test_a_folder_that_is_no_library_is_told_to_be_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answered = run("build", tmp_path / "empty", "-o", tmp_path / "library.sqlite")
    assert answered.status == 1
    assert "this is not a library" in answered.err
    assert not (tmp_path / "library.sqlite").exists()


def test_a_file_in_a_folder_that_may_not_be_written_is_told(library: Path) -> None:
    answered = run_apart("build", library, "-o", "/proc/library.sqlite")
    assert answered.status == 2
    assert answered.err.startswith("policykit: `/proc/library.sqlite` cannot be written: ")
    assert "Traceback" not in answered.err
    assert len(answered.err.splitlines()) == 2
