from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import command, environment, run_apart

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LOOKUP = ("lookup", "64714", "--payer", "cigna", "--dos", "2026-01-15")
_CASE = b'policy: cigna/0587\ndate_of_service: 2026-01-15\nservice: {cpt: "64714"}\n'


def on_a_terminal(*words: str | Path, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The status, and all that shows on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(*words), stdout=theirs, stderr=theirs, stdin=theirs, env=environment(env)) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # how Linux says that the other side is closed
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    return process.returncode, shown.decode()


def test_colours_on_a_terminal_only_and_never_against_no_color() -> None:
    status, shown = on_a_terminal(*_LOOKUP)
    assert status == 0
    assert "\x1b[" in shown
    assert "\x1b[" not in on_a_terminal(*_LOOKUP, env={"NO_COLOR": "1"})[1]
    assert "\x1b[" not in on_a_terminal(*_LOOKUP, env={"TERM": "dumb"})[1]
    assert "\x1b[" not in run_apart(*_LOOKUP).out


def test_lines_fit_the_terminal() -> None:
    plain = {"NO_COLOR": "1"}
    for columns in (50, 72, 90):
        _, shown = on_a_terminal("show", "cigna/0587", "--dos", "2026-01-15", env={**plain, "COLUMNS": str(columns)})
        longest = max(len(line) for line in shown.splitlines() if "doi:" not in line)
        assert columns - 20 < longest <= columns


def test_progress_shows_on_a_terminal_and_is_taken_away(library: Path) -> None:
    _, shown = on_a_terminal("check", library)
    assert "\r\x1b[K" in shown
    assert "4 policies, 8 documents, 3 cases, no problems" in shown.splitlines()[-1]
    assert "\r" not in run_apart("check", library).err


_CLEAN = ("check", "--today", "2026-01-15")


@pytest.mark.parametrize("verb", [("test", "-v"), ("show", "cigna/0587"), _CLEAN])
def test_a_closed_pipe_ends_quietly(verb: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command(*verb), stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60, env=environment()
    )
    os.close(writer)
    # What prints nothing on standard output has nothing to lose.
    assert done.returncode == (0 if verb == _CLEAN else 141)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110  # the plainest
def test_a_full_disk_is_told_in_a_line() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # the plainest
        done = subprocess.run(
            command(*_LOOKUP), stdout=full, stderr=subprocess.PIPE, check=False, timeout=60, env=environment()
        )
    assert done.returncode == 2
    assert done.stderr == b"policykit: the system refuses: no space left on device\n"


def test_an_interrupt_ends_quietly() -> None:
    with subprocess.Popen(
        command("decide", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err.strip()) == (b"", b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_encoding_of_the_output_will_do(encoding: str) -> None:
    done = subprocess.run(
        command("decide", "-"),
        input=_CASE,
        capture_output=True,
        check=False,
        timeout=60,
        env=environment({"PYTHONIOENCODING": encoding}),
    )
    assert done.returncode == 0
    text = done.stdout.decode(encoding)
    assert ("✗ not met" in text) == (encoding == "utf-8")
    assert ("- not met" in text) == (encoding != "utf-8")
    done = subprocess.run(
        command("decide", "-", "--format", "json"),
        input=_CASE,
        capture_output=True,
        check=False,
        timeout=60,
        env=environment({"PYTHONIOENCODING": encoding}),
    )
    assert done.stdout.decode(encoding).startswith("{")


def test_closed_standard_streams_are_no_reason_to_fail() -> None:
    script = f"{sys.executable} -m policykit lookup 64714 --payer cigna --dos 2026-01-15 >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", script], check=False, timeout=60, env=environment()).returncode == 0


def test_what_is_printed_is_the_same_every_time() -> None:
    first = run_apart("decide", "-", "--format", "json", stdin=_CASE, env={"PYTHONHASHSEED": "1"})
    second = run_apart("decide", "-", "--format", "json", stdin=_CASE, env={"PYTHONHASHSEED": "2"})
    assert first == second
