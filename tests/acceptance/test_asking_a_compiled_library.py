"""`--library FILE`: a compiled library answers as the folder does that it was compiled from."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import environment, run_apart

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

_CASE = """\
payer: acme
date_of_service: 2020-03-01
service: {cpt: "12345"}
facts: {patient.birth_date: 1980-05-05}
"""
_QUESTIONS = [
    ("lookup", "12345", "--dos", "2020-06-01"),
    ("lookup", "12345", "--payer", "acme", "--dos", "2020-06-01", "--format", "json"),
    ("lookup", "A1234", "--payer", "Acme", "--dos", "2020-06-01", "--known-on", "2020-06-01"),
    ("lookup", "99999", "--dos", "2020-06-01"),
    ("lookup", "12345", "--payer", "acne", "--dos", "2020-06-01"),
    ("history", "acme/knee"),
    ("history", "acme/knee", "--format", "json"),
    ("history", "acme/kne"),
    ("show", "acme/knee", "--dos", "2020-06-01"),
    ("show", "acme/knee", "--revision", "second", "--format", "json"),
    ("diff", "acme/knee", "first", "second"),
    ("decide", "-"),
    ("decide", "-", "--format", "json"),
]


@pytest.fixture(name="compiled")
def _compiled(run: Run, library: Path, tmp_path: Path) -> Path:
    """The library, compiled."""
    file = tmp_path / "library.sqlite"
    assert run("build", library, "-o", file).status == 0
    return file


@pytest.mark.parametrize("words", _QUESTIONS, ids=" ".join)
def test_every_question_has_the_same_answer(run: Run, library: Path, compiled: Path, words: tuple[str, ...]) -> None:
    answered = run(*words, "--library", compiled, stdin=_CASE)
    assert answered == run(*words, "--library", library, "--no-cache", stdin=_CASE)
    assert answered.out or answered.status == 2


def test_the_variable_may_name_a_file(compiled: Path, library: Path) -> None:
    words = ("lookup", "12345", "--dos", "2020-06-01")
    assert run_apart(*words, env={"POLICYKIT_LIBRARY": str(compiled)}) == run_apart(*words, "--library", library)


def test_a_compiled_library_can_be_compared_with_another(run: Run, library: Path, compiled: Path) -> None:
    assert run("diff", "--from", compiled, "--library", library).lines[-1] == "No difference in meaning."
    path = library / "acme" / "knee.yaml"
    path.write_text(path.read_text().replace("Knee operations", "Operations of the knee"))
    told = run("diff", "--from", compiled, "--to", library)
    assert told.status == 0
    assert "acme/knee" in told.out
    # Files may stand on both sides, and only their names are told.
    again = compiled.with_name("again.sqlite")
    assert run("build", library, "-o", again).status == 0
    both = run("diff", "--from", compiled, "--to", again)
    assert both.flat.replace(str(again), str(library)) == told.flat


def test_what_needs_documents_says_that_a_file_has_none(run: Run, compiled: Path) -> None:
    for asked in (("check",), ("test",), ("schema", "policy", "--with-vocabulary")):
        answered = run(*asked, "--library", compiled)
        assert (answered.status, answered.out) == (2, ""), asked
        assert "is a file, and this needs the documents in the folder of a library" in answered.err, asked
        assert "help: name the folder; a compiled library answers `lookup`" in answered.err, asked
    for words in (
        ("fmt",),
        ("publish",),
        ("new", "acme/hip", "--title", "Hips", "--code", "cpt:12345", "--effective", "2024-01-01"),
        ("revise", "acme/knee", "--change", "review", "--effective", "2024-01-01", "--summary", "Read again."),
    ):
        answered = run(*words, "--library", compiled)
        assert (answered.status, answered.out) == (2, ""), words
        assert f"`{compiled}` is a file; a library is a folder" in answered.err, words
    answered = run("diff", "--from", "main", "--library", compiled)
    assert answered.status == 2
    assert "this needs the documents in the folder" in answered.err


def test_a_file_that_is_none_is_told_in_two_lines(run: Run, library: Path, tmp_path: Path) -> None:
    words = ("lookup", "12345", "--dos", "2020-06-01", "--library")
    answered = run(*words, library / "payers.yaml")
    assert (answered.status, answered.out) == (2, "")
    assert answered.err.splitlines() == [
        f"policykit: `{library / 'payers.yaml'}` is no compiled library",
        "  help: a library is a folder of documents, or a file that `policykit build` makes of one",
    ]
    assert run(*words, tmp_path / "nowhere").status == 2


def test_a_damaged_file_is_told_in_two_lines(run: Run, compiled: Path) -> None:
    content = compiled.read_bytes()
    compiled.write_bytes(content[: len(content) // 2])
    answered = run("lookup", "12345", "--dos", "2020-06-01", "--library", compiled)
    assert (answered.status, answered.out) == (2, "")
    assert answered.err.splitlines() == [
        f"policykit: `{compiled}` is damaged: what is in it is not what was written",
        "  help: make it again with `policykit build`",
    ]


def test_a_file_of_another_form_is_refused_with_the_way_out(run: Run, compiled: Path) -> None:
    content = bytearray(compiled.read_bytes())
    content[60:64] = (999).to_bytes(4, "big")
    compiled.write_bytes(content)
    answered = run("history", "acme/knee", "--library", compiled)
    assert answered.status == 2
    assert "is compiled in form 999, and this version of policykit reads form" in answered.err
    assert answered.err.endswith("  help: make it again with `policykit build`\n")


@pytest.mark.parametrize("words", [_QUESTIONS[0], _QUESTIONS[5]], ids=" ".join)
def test_neither_yaml_nor_json_schema_is_loaded(compiled: Path, words: tuple[str, ...]) -> None:
    script = f"""
import sys
from policykit.cli import main
try:
    main({[*words, "--library", str(compiled)]!r})
finally:
    heavy = {{"click", "jsonschema", "ruamel.yaml", "referencing", "hashlib", "policykit.evaluation"}}
    print(*sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, timeout=60, env=environment(), text=True
    )
    assert done.stdout.splitlines()[-1] == "click"


def test_nothing_is_kept_of_a_compiled_library(compiled: Path, tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run_apart("lookup", "12345", "--dos", "2020-06-01", "--library", compiled, env=env).status == 0
    assert not (tmp_path / "cache").exists()
