from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import command, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


class Watch:
    """A command that watches, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def answer(self) -> str:
        """All that it says until it waits again."""
        assert self.process.stdout is not None
        said: list[str] = []
        for line in self.process.stdout:
            if line.startswith("watching"):
                return "".join(said)
            said.append(line)
        raise AssertionError(f"it has ended: {''.join(said)}")


@contextmanager
def watching(*words: str | Path, cwd: Path) -> Iterator[Watch]:
    with subprocess.Popen(
        command(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env=environment({"PYTHONUNBUFFERED": "1"}),
    ) as process:
        try:
            yield Watch(process)
        finally:
            process.kill()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_check_answers_again_when_a_document_is_saved(library: Path) -> None:
    with watching("check", "--watch", "--library", library, cwd=library) as watch:
        assert "no problems" in watch.answer()
        edit(library / "acme" / "knee.yaml", "kind: coverage-policy", "kind: coverage-polic")
        again = watch.answer()
        assert "changed: acme/knee.yaml" in again
        assert "acme/knee.yaml:5:7: this should be one of coverage-policy" in again
        edit(library / "acme" / "knee.yaml", "kind: coverage-polic", "kind: coverage-policy")
        assert "no problems" in watch.answer()


def test_a_change_of_the_vocabulary_reaches_every_policy(library: Path) -> None:
    with watching("check", "--watch", "--library", library, cwd=library) as watch:
        assert "no problems" in watch.answer()
        edit(library / "facts.yaml", "pain.weeks:", "pain.days:")
        assert "`pain.weeks` is not a known fact [unknown-fact]" in watch.answer()


def test_a_document_that_is_added_or_deleted_is_seen(library: Path) -> None:
    with watching("check", "--watch", "--library", library, cwd=library) as watch:
        watch.answer()
        (library / "acme" / "empty.yaml").write_text("", "utf-8")
        assert "acme/empty.yaml:1:1: there is nothing in this document" in watch.answer()
        (library / "acme" / "empty.yaml").unlink()
        again = watch.answer()
        assert "changed: acme/empty.yaml" in again
        assert "no problems" in again


def test_test_answers_again_when_the_policy_or_its_cases_change(library: Path) -> None:
    with watching("test", "--watch", library, cwd=library) as watch:
        assert "3 passed, 0 failed" in watch.answer()
        edit(library / "acme" / "knee.yaml", "fact: patient.age, at_least: 18", "fact: patient.age, at_least: 99")
        assert "expected covered, got not-covered" in watch.answer()
        edit(library / "acme" / "knee.yaml", "fact: patient.age, at_least: 99", "fact: patient.age, at_least: 18")
        assert "3 passed, 0 failed" in watch.answer()
        edit(library / "acme" / "knee.cases.yaml", "outcome: covered", "outcome: not-covered")
        assert "expected not-covered, got covered" in watch.answer()


def test_what_cannot_be_read_ends_no_watch(library: Path) -> None:
    with watching("test", "--watch", library, cwd=library.parent) as watch:
        watch.answer()
        (library / "facts.yaml").rename(library / "facts.txt")
        assert "there is no facts.yaml in it" in watch.answer()
        (library / "facts.txt").rename(library / "facts.yaml")
        assert "3 passed, 0 failed" in watch.answer()


def test_of_a_document_on_its_own_the_library_is_watched_too(library: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "question.txt"
    alone.parent.mkdir()
    alone.write_text((library / "acme" / "knee.cases.yaml").read_text("utf-8"), "utf-8")
    with watching("test", "--watch", "--library", library, alone, cwd=alone.parent) as watch:
        assert "3 passed, 0 failed" in watch.answer()
        edit(library / "acme" / "knee.yaml", "fact: patient.age, at_least: 18", "fact: patient.age, at_least: 99")
        assert "expected covered, got not-covered" in watch.answer()
        edit(alone, "outcome: covered", "outcome: not-covered")
        again = watch.answer()
        assert "changed: question.txt" in again
        assert "expected covered, got not-covered" not in again


def test_only_what_lies_beside_a_document_on_its_own_is_watched(library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    (folder / "deeper").mkdir(parents=True)
    policy = folder / "knee.yaml"
    policy.write_text((library / "acme" / "knee.yaml").read_text("utf-8"), "utf-8")
    with watching("test", "--watch", "--library", library, policy, cwd=folder) as watch:
        watch.answer()
        (folder / "deeper" / "other.yaml").write_text("", "utf-8")
        (folder / "knee.cases.yaml").write_text("", "utf-8")
        assert "changed: knee.cases.yaml\n" in watch.answer()


def test_a_text_to_compare_with_that_changes_is_read_again(library: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "bulletin.txt").write_text("Something else.", "utf-8")
    words = "one two three four five six seven eight nine ten eleven twelve thirteen"
    edit(library / "acme" / "knee.yaml", "summary: Grown-ups are covered.", f"summary: {words}.")
    with watching("check", "--watch", "--library", library, "--sources", texts, cwd=library) as watch:
        assert "[copied-text]" not in watch.answer()
        (texts / "bulletin.txt").write_text(words, "utf-8")
        again = watch.answer()
        assert f"changed: {texts / 'bulletin.txt'}\n" in again
        assert "[copied-text]" in again


def test_whatever_check_tells_of_a_folder_is_seen(library: Path) -> None:
    with watching("check", "--watch", "--library", library, cwd=library) as watch:
        assert "no problems" in watch.answer()
        (library / "acme" / "folder.yaml").mkdir()
        assert "this is a folder, and a file is expected" in watch.answer()
        (library / "acme" / "folder.yaml").rmdir()
        assert "no problems" in watch.answer()
        (library / "acme" / "shouted.YAML").write_text("", "utf-8")
        assert "[wrong-extension]" in watch.answer()
        (library / "acme" / "shouted.YAML").unlink()
        assert "no problems" in watch.answer()
        for name in ("notes", "notes.yaml"):
            (library / "acme" / name).symlink_to(library / "nowhere")
            assert "what this is cannot be found out" in watch.answer()
            (library / "acme" / name).unlink()
            assert "no problems" in watch.answer()


def test_a_change_that_leaves_size_and_time_as_they_were_is_seen(library: Path) -> None:
    policy = library / "acme" / "knee.yaml"
    with watching("test", "--watch", library, cwd=library) as watch:
        assert "3 passed, 0 failed" in watch.answer()
        before = policy.stat()
        other = policy.read_text("utf-8").replace("fact: patient.age, at_least: 18", "fact: patient.age, at_least: 99")
        policy.write_text(other, "utf-8")
        os.utime(policy, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert policy.stat().st_size == before.st_size
        assert "expected covered, got not-covered" in watch.answer()
        policy.chmod(0)
        assert "changed: acme/knee.yaml" in watch.answer()


def test_ctrl_c_ends_it_quietly(library: Path) -> None:
    with watching("check", "--watch", "--library", library, cwd=library) as watch:
        watch.answer()
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(timeout=30) == 130
        assert watch.process.stdout is not None
        assert watch.process.stdout.read() == ""
