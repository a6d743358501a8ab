from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.terminal import assert_no_traceback, command, run_apart
from jsonschema import Draft202012Validator
from referencing import Registry

from policykit.editor.schemas import KINDS
from policykit.source import read_document

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Answered, Run


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def is_valid(answered: Answered, path: Path) -> bool:
    """Whether the schema that was answered, by itself, accepts the document in a file."""
    assert (answered.status, answered.err) == (0, "")
    document, problems = read_document(path.name, path.read_bytes())
    assert document is not None
    assert not problems
    return bool(Draft202012Validator(json.loads(answered.out), registry=Registry()).is_valid(document.data))


def facts_in(text: str) -> list[str]:
    schema: Any = json.loads(text)
    found: list[str] = schema["$defs"]["fact"]["enum"]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_document_has_a_schema_in_one_piece(run: Run, kind: str) -> None:
    answered = run("schema", kind)
    assert (answered.status, answered.err) == (0, "")
    assert ".schema.json" not in answered.out
    assert json.loads(answered.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_kind_is_policy_if_none_is_named(run: Run) -> None:
    assert run("schema").out == run("schema", "policy").out


def test_the_words_of_a_library_are_checked(run: Run, library: Path) -> None:
    policy, cases = library / "acme" / "knee.yaml", library / "acme" / "knee.cases.yaml"
    of_policies = run("schema", "--with-vocabulary", "--library", library)
    of_cases = run("schema", "cases", "--with-vocabulary", "--library", library)
    assert is_valid(of_policies, policy)
    assert is_valid(of_cases, cases)
    change(policy, "has_any: [exercise, injection]", "has_any: [exercise, injektion]")
    change(cases, "pain.weeks: 20", "pain.weaks: 20")
    assert not is_valid(of_policies, policy)
    assert not is_valid(of_cases, cases)
    assert is_valid(run("schema"), policy)
    assert is_valid(run("schema", "cases"), cases)


def test_without_a_library_named_it_is_the_nearest(run: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_library = run("schema", "--with-vocabulary", "--library", library).out
    assert "pain.weeks" in facts_in(of_library)
    monkeypatch.chdir(library / "acme")
    assert run("schema", "--with-vocabulary").out == of_library
    library.rename(library.with_name("policies"))
    monkeypatch.chdir(library.parent)
    assert run("schema", "--with-vocabulary").out == of_library
    monkeypatch.chdir("/")
    assert "smoking.status" in facts_in(run("schema", "--with-vocabulary").out)
    monkeypatch.setenv("POLICYKIT_LIBRARY", str(library.with_name("policies")))
    assert run("schema", "--with-vocabulary").out == of_library


def test_a_file_is_written_and_written_anew_only_when_words_have_changed(
    run: Run, library: Path, tmp_path: Path
) -> None:
    file = tmp_path / "policy.json"
    words = ("schema", "--with-vocabulary", "--library", library, "-o", file)
    answered = run(*words)
    assert (answered.status, answered.out) == (0, "")
    assert answered.err == f"wrote {file}, the schema of policy with the words of {library}: 5 facts, 3 payers\n"
    before = file.read_bytes()
    assert before.decode("ascii") == run("schema", "--with-vocabulary", "--library", library).out
    answered = run(*words)
    assert answered.err.startswith(f"unchanged: {file}, ")
    change(library / "facts.yaml", "pain.weeks:", "pain.wheeks:")
    assert run(*words).err.startswith("wrote ")
    assert facts_in(file.read_text()) != facts_in(before.decode())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["library", "policy.json"]


def test_a_single_dash_is_standard_output(run: Run) -> None:
    assert run("schema", "facts", "-o", "-").out == run("schema", "facts").out


def test_nothing_else_is_written_over(run: Run, library: Path, tmp_path: Path) -> None:
    (tmp_path / "foreign.json").write_text('{"$schema": "https://json-schema.org/draft/2020-12/schema"}')
    for path in (library / "facts.yaml", library / "acme" / "knee.yaml", tmp_path / "foreign.json"):
        before = path.read_bytes()
        answered = run("schema", "-o", path)
        assert answered.status == 2
        assert_no_traceback(answered)
        assert "is there, and `policykit schema` has not written it, so it stays as it is" in answered.err
        assert path.read_bytes() == before
    (tmp_path / "empty.json").touch()
    assert run("schema", "-o", tmp_path / "empty.json").status == 0


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("", "is not an ordinary file"),
        ("none/policy.json", "there is no folder"),
        ("pipe", "is not an ordinary file"),
        ("loop.json", "is not an ordinary file"),
    ],
)
def test_a_place_where_nothing_can_be_written(run: Run, tmp_path: Path, place: str, told: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    answered = run("schema", "-o", tmp_path / place)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert told in answered.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_in_which_nothing_may_be_written(run: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    answered = run("schema", "-o", tmp_path / "policy.json")
    assert answered.status == 2
    assert_no_traceback(answered)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("polcy",), "there is no kind of document `polcy`\n  help: did you mean `policy`?"),
        (("decision",), "the kinds are policy, facts, payers, codes, cases, case, published"),
        (("x" * 1000,), "there is no kind of document `"),
        (("policy", "cases"), "unexpected extra argument (cases)"),
        (("--library", "."), "`--library` says whose words to use, and none are asked for"),
    ],
)
def test_a_call_that_cannot_be_answered(run: Run, words: tuple[str, ...], told: str) -> None:
    answered = run("schema", *words)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert told in answered.err


def test_a_faulty_vocabulary_is_told_and_nothing_is_written(run: Run, library: Path, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    words = ("schema", "--with-vocabulary", "--library", library, "-o", file)
    assert run(*words).status == 0
    before = file.read_bytes()
    change(library / "facts.yaml", "type: integer, unit: weeks", "type: integral, unit: weeks")
    answered = run(*words)
    assert answered.status == 1
    assert_no_traceback(answered)
    assert answered.err.startswith(f"{library}/facts.yaml:9:22: this should be one of boolean, integer,")
    assert file.read_bytes() == before
    (library / "facts.yaml").unlink()
    answered = run(*words)
    assert answered.status == 1
    assert_no_traceback(answered)
    assert "this is not a library: there is no facts.yaml in it [not-a-library]" in answered.err
    (library / "facts.yaml").mkdir()
    (library / "acme" / "old.yml").write_text("?")  # not about the words, so not told
    answered = run(*words)
    assert answered.status == 1
    assert_no_traceback(answered)
    assert "facts.yaml: this is a folder, and a file is expected [unreadable]" in answered.err
    assert file.read_bytes() == before


def test_a_vocabulary_that_lacks_a_file_beside_other_faults_is_told(run: Run, library: Path) -> None:
    (library / "payers.yaml").unlink()
    (library / "acme" / "old.yml").write_text("format: 1\n")
    answered = run("schema", "--with-vocabulary", "--library", library)
    assert (answered.status, answered.out) == (1, "")
    assert "[wrong-extension]" in answered.err


def test_policies_that_are_being_written_are_no_hindrance(run: Run, library: Path) -> None:
    before = run("schema", "cases", "--with-vocabulary", "--library", library).out
    (library / "acme" / "knee.yaml").write_text("format: 1\npolicy:\n")
    (library / "acme" / "notes.yml").write_text("?")
    answered = run("schema", "cases", "--with-vocabulary", "--library", library)
    assert (answered.status, answered.err) == (0, "")
    assert answered.out == before
    shutil.copy(library / "acme" / "claims.yaml", library / "acme" / "new.yaml")
    schema = json.loads(run("schema", "cases", "--with-vocabulary", "--library", library).out)
    assert "acme/new" in schema["$defs"]["policy"]["enum"]


def test_words_in_any_script_reach_a_terminal_that_knows_only_ascii(library: Path) -> None:
    change(library / "facts.yaml", "Does the surgeon agree?", "Stimmt der Chirurg zu – ja?")
    words = ("schema", "--with-vocabulary", "--library", library)
    plain, wide = (run_apart(*words, env={"PYTHONIOENCODING": encoding}).out for encoding in ("ascii", "utf-8"))
    assert plain == wide
    assert "Stimmt der Chirurg zu – ja? Only a clinician can answer." in str(json.loads(plain))


def test_it_is_the_same_in_every_process(library: Path) -> None:
    change(library / "payers.yaml", "Globex}", "Glôbex}")
    for kind in ("policy", "cases"):
        words = ("schema", kind, "--with-vocabulary", "--library", library)
        first, second = (run_apart(*words, env={"PYTHONHASHSEED": seed}).out for seed in ("1", "2"))
        assert first == second


def test_nobody_reads_to_the_end() -> None:
    with subprocess.Popen(
        command("schema", "--with-vocabulary"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as schema:
        assert schema.stdout is not None
        schema.stdout.close()
        assert schema.stderr is not None
        assert schema.stderr.read() == b""
    assert schema.returncode == 141


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os, sys; os.rmdir({str(gone)!r}); from policykit.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "schema", "-o", "policy.json"], cwd=gone, capture_output=True, check=False
    )
    assert done.returncode == 2
    told = done.stderr.decode()
    assert "Traceback" not in told
    assert "gone" in told
    assert len(told.splitlines()) <= 2
