from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import assert_no_traceback, command, environment, run_apart

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

UNTIDY = """\
# Who pays
payers: {acme: {aliases: [Acme], name: 'Acme Health'}}  # one of them
format: 1
"""
TIDY = """\
# Who pays
format: 1
payers:  # one of them
  acme:
    name: Acme Health
    aliases: [Acme]
"""


@pytest.fixture
def tidy(run: Run, library: Path) -> Path:
    """A library in the layout."""
    assert run("fmt", library).status == 0
    return library


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_library_is_brought_into_the_layout(run: Run, library: Path) -> None:
    checked = run("check", library, "--format", "json")
    tested = run("test", library)
    answered = run("fmt", "--library", library)
    assert answered.status == 0
    assert answered.lines == sorted(str(path) for path in library.rglob("*.yaml"))
    assert answered.err == "8 documents: 8 formatted\n"
    assert run("check", library, "--format", "json").document("check")["documents"] == 8
    assert run("check", library).status == (0 if checked.status == 0 else 1)
    assert run("test", library) == tested
    again = contents(library)
    answered = run("fmt", "--library", library)
    assert (answered.status, answered.out, answered.err) == (0, "", "8 documents: 8 in the layout already\n")
    assert contents(library) == again


def test_the_shipped_library_is_in_the_layout(run: Run) -> None:
    answered = run("fmt", "--check")
    assert (answered.status, answered.out) == (0, "")
    assert answered.err.endswith(" in the layout already\n")


def test_check_tells_what_would_change_and_writes_nothing(run: Run, tidy: Path) -> None:
    (tidy / "payers.yaml").write_text(UNTIDY)
    before = contents(tidy)
    answered = run("fmt", "--check", tidy)
    assert answered.status == 1
    assert answered.lines == [str(tidy / "payers.yaml")]
    assert answered.err == "8 documents: 1 to be formatted, 7 in the layout already\n"
    assert contents(tidy) == before
    assert run("fmt", "--check", tidy / "acme").status == 0


def test_diff_shows_what_would_change_and_writes_nothing(run: Run, tidy: Path) -> None:
    path = tidy / "payers.yaml"
    path.write_text(UNTIDY.replace("\n", "\r\n"))
    before = contents(tidy)
    answered = run("fmt", "--diff", path)
    assert answered.status == 1
    assert answered.lines[:2] == [f"--- {path}", f"+++ {path}, in the house layout"]
    assert "-format: 1^M" in answered.lines
    assert "+    name: Acme Health" in answered.lines
    assert contents(tidy) == before


def test_only_what_is_named_is_formatted(run: Run, library: Path) -> None:
    before = contents(library)
    answered = run("fmt", library / "acme" / "knee.yaml", library / "globex", library / "acme" / "knee.yaml")
    assert answered.status == 0
    assert answered.err == "3 documents: 3 formatted\n"
    changed = {name for name, content in contents(library).items() if content != before[name]}
    assert changed == {"acme/knee.yaml", "globex/knee.yaml", "globex/none.yaml"}


def test_without_a_path_it_is_the_library_around(run: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(library / "acme")
    answered = run("fmt")
    assert answered.status == 0
    assert answered.err == "8 documents: 8 formatted\n"
    monkeypatch.chdir(library.parent)
    answered = run("fmt")
    assert answered.status == 2
    assert "the current folder belongs to no library" in answered.err


def test_standard_input_goes_to_standard_output(run: Run) -> None:
    answered = run("fmt", "-", stdin=UNTIDY)
    assert (answered.status, answered.out, answered.err) == (0, TIDY, "")
    assert run("fmt", "-", stdin=TIDY).out == TIDY
    answered = run("fmt", "-", "--check", stdin=UNTIDY)
    assert (answered.status, answered.out) == (1, "")
    answered = run("fmt", "-", "--diff", stdin=UNTIDY)
    assert answered.status == 1
    assert answered.lines[0] == "--- standard input"
    assert run("fmt", "-", "--check", stdin=TIDY).status == 0


def test_standard_output_gets_every_letter_whatever_it_can_show() -> None:
    text = "format: 1\npayers:\n  acme:\n    name: Zürich 漢字\n".encode()
    done = subprocess.run(
        command("fmt", "-"),
        input=text,
        capture_output=True,
        check=False,
        env=environment({"PYTHONIOENCODING": "ascii"}),
    )
    assert (done.returncode, done.stdout) == (0, text)


def test_standard_input_that_cannot_be_laid_out_gives_no_output(run: Run) -> None:
    answered = run("fmt", "-", stdin="format: 1\ncode: 0587\n")
    assert (answered.status, answered.out) == (1, "")
    assert "standard input:2:7: " in answered.err
    assert "[unquoted]" in answered.err
    answered = run("fmt", "-", stdin="services: {}\n")
    assert (answered.status, answered.out) == (1, "")
    assert "there is no `format` at its top" in answered.err


def test_a_document_with_problems_is_left_as_it_is_and_others_are_formatted(run: Run, library: Path) -> None:
    broken = library / "acme" / "knee.yaml"
    broken.write_text(broken.read_text().replace("at_least: 12", "at_least: 012"))
    before = broken.read_bytes()
    answered = run("fmt", library)
    assert answered.status == 1
    assert f"{broken}:11:15: `012` means different things to different readers of YAML [unquoted]" in answered.err
    assert answered.err.endswith("8 documents: 7 formatted, 1 not formatted\n")
    assert str(broken) not in answered.lines
    assert broken.read_bytes() == before


def test_a_document_that_breaks_other_rules_is_formatted_all_the_same(run: Run, library: Path) -> None:
    path = library / "payers.yaml"
    path.write_text("payers: {acme: {nmae: 'Acme'}}\nformat: 1\n")
    assert run("fmt", path).status == 0
    assert path.read_text() == "format: 1\npayers:\n  acme:\n    nmae: Acme\n"


def test_a_file_keeps_its_mode_and_a_link_stays_one(run: Run, library: Path, tmp_path: Path) -> None:
    path = library / "payers.yaml"
    path.chmod(0o640)
    link = tmp_path / "linked.yaml"
    link.symlink_to(path)
    assert run("fmt", link).status == 0
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert run("fmt", "--check", path).status == 0


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_file_that_is_protected_stays_as_it_is(run: Run, library: Path) -> None:
    path = library / "payers.yaml"
    path.chmod(0o444)
    before = path.read_bytes()
    answered = run("fmt", library)
    assert answered.status == 1
    assert "protected" in answered.err
    assert path.read_bytes() == before
    assert answered.err.endswith("8 documents: 7 formatted, 1 not formatted\n")


def test_what_is_no_document_is_named_and_left_alone(run: Run, library: Path, tmp_path: Path) -> None:
    others = {"compose.yaml": "services: {b: 1, a: 2}\n", "notes.md": "# Notes\n", ".hidden.yaml": "format: 1\n"}
    for name, text in others.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "empty").mkdir()
    assert run("fmt", tmp_path).status == 0
    for name, text in others.items():
        answered = run("fmt", tmp_path / name)
        assert answered.status == 1
        assert "this is no document" in answered.err
        assert (tmp_path / name).read_text() == text
    answered = run("fmt", tmp_path / "empty")
    assert answered.status == 2
    assert "there are no documents in" in answered.err
    assert run("fmt", "--check", library).status == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere",), "there is no file or folder `nowhere`"),
        (("-", "nowhere"), "there is no file or folder `nowhere`"),
        (("-", "-"), "`-` stands for standard output too"),
        (("--library", "nowhere"), "nowhere"),
        (("--format", "json"), "no such option"),
    ],
)
def test_wrong_usage(run: Run, words: tuple[str, ...], told: str) -> None:
    answered = run("fmt", *words)
    assert answered.status == 2
    assert told in answered.err
    assert_no_traceback(answered)


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *command("fmt")], capture_output=True, check=False, env=environment()
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"\x00", b"format: 1\n" + b"#" * 2**20, b"[" * 5000, b"a: &a [*a]\n"]
)
def test_hostile_files_are_left_as_they_are(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    for target in (path, tmp_path):
        answered = run("fmt", target)
        assert answered.status == 1
        assert answered.err.endswith("1 document: 1 not formatted\n")
        assert path.read_bytes() == content


def test_a_large_document_is_formatted_in_time(tmp_path: Path) -> None:
    path = tmp_path / "large.cases.yaml"
    case = "- {date_of_service: 2024-01-01, case: 'C%d', facts: {a.b: 1, c.d: [v, w]}}\n"
    path.write_text("format: 1\ncases:\n" + "".join(case % number for number in range(1500)))
    answered = run_apart("fmt", path)
    assert answered.status == 0
    assert path.read_text().count("\n  - case: C") == 1500


def test_a_last_line_that_does_not_end_is_shown(run: Run, tidy: Path) -> None:
    path = tidy / "payers.yaml"
    path.write_text(path.read_text().rstrip("\n"))
    answered = run("fmt", "--diff", path)
    assert answered.status == 1
    assert answered.lines[-3:] == ["-    name: Initech", "\\ No newline at end of file", "+    name: Initech"]


def test_a_closed_pipe_damages_nothing(run: Run, library: Path) -> None:
    with subprocess.Popen(
        command("fmt", library), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        told = running.stderr.read()
    assert b"Traceback" not in told
    assert {path.suffix for path in library.rglob("*") if path.is_file()} == {".yaml"}
    assert run("check", library).status == 0
    assert run("fmt", library).status == 0
