from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import assert_no_traceback, run_apart

from policykit import __version__
from policykit.cli import VERBS

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lookp", "64714"), "help: did you mean `lookup`?"),
        (("frobnicate",), "help: the commands are lookup, decide, history, show, check, test"),
        (("lookup",), "policykit lookup: missing argument 'CODE'"),
        (("lookup", "64714", "--nonsense"), "no such option"),
        (("lookup", "64714", "--dos"), "requires an argument"),
        (("lookup", "64714", "--format", "xml"), "'xml' is not one of"),
        (("lookup", "64714", "--library", "/no/such/folder"), "does not exist"),
        (("lookup", "64714", "64715"), "unexpected extra argument"),
        (("decide",), "missing argument 'CASE.yaml'"),
        (("history",), "missing argument 'POLICY'"),
        (("check", "/no/such/file"), "there is no file or folder `/no/such/file`"),
        (("check", "\x1b[31m"), "`?[31m`"),
        (("test", "no/such-policy"), "no file, folder or policy with cases"),
        (("show", "x" * 300), "there is no policy"),
    ],
)
def test_wrong_usage_is_told_in_two_lines_with_status_2(run: Run, words: tuple[str, ...], told: str) -> None:
    answered = run(*words)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert told.lower() in answered.err.lower()


@pytest.mark.parametrize(
    "day", ["2026-2-3", "20260115", "2026-W03", "2026-02-30", "today", "", "٢٠٢٦-٠١-١٥", "0000-01-01"]
)
@pytest.mark.parametrize("option", ["--dos", "--known-on", "--claim-processed"])
def test_a_day_is_written_in_one_way(run: Run, option: str, day: str) -> None:
    answered = run("lookup", "64714", option, day)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert f"invalid value for '{option}'" in answered.err
    assert "is not a day of the calendar, written YYYY-MM-DD" in answered.err


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"policykit {__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(run: Run, verb: str) -> None:
    for option in ("--help", "-h"):
        answered = run(verb, option)
        assert answered.status == 0
        assert answered.out.startswith(f"Usage: policykit {verb}")


def test_the_verbs_are_listed(run: Run) -> None:
    answered = run("--help")
    assert answered.status == 0
    for verb, told in VERBS.items():
        assert f"{verb} " in answered.flat
        assert told in answered.flat


def test_a_call_without_a_verb_shows_them(run: Run) -> None:
    answered = run()
    assert "Commands:" in answered.out + answered.err


def test_the_library_is_named_by_a_variable(library: Path) -> None:
    env = {"POLICYKIT_LIBRARY": str(library)}
    assert run_apart("lookup", "12345", "--payer", "acme", "--dos", "2020-06-01", env=env).status == 0
    answered = run_apart("lookup", "12345", env={"POLICYKIT_LIBRARY": "/no/such/folder"})
    assert answered.status == 2
    assert "POLICYKIT_LIBRARY" in answered.err
