"""The command line as a user has it before them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from policykit.document import Document
from policykit.schema import check_schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command printed, and the status that it ended with."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def flat(self) -> str:
        """The text with its lines joined, for looking up a sentence that was wrapped."""
        return " ".join(self.out.split())

    def document(self, kind: str) -> dict[str, Any]:
        """The answer in JSON, held against its schema."""
        data = json.loads(self.out)
        problems = [str(problem) for problem in check_schema(Document(name=kind, data=data), kind)]
        assert not problems
        assert isinstance(data, dict)
        return data


class Run(Protocol):
    """Runs the command in this process."""

    def __call__(self, *words: str | Path, stdin: str | bytes = b"") -> Answered: ...


def run_apart(
    *words: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Answered:
    """Runs the command in a process of its own."""
    done = subprocess.run(
        command(*words), input=stdin, capture_output=True, check=False, timeout=60, cwd=cwd, env=environment(env)
    )
    return Answered(done.returncode, done.stdout.decode(), done.stderr.decode())


def command(*words: str | Path) -> list[str]:
    """The command for a process of its own."""
    return [sys.executable, "-m", "policykit", *map(str, words)]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the tests with changes."""
    return {**os.environ, **(changes or {})}


def assert_no_traceback(answered: Answered) -> None:
    """Every error of a user's is one or two lines."""
    assert "Traceback" not in answered.err
    assert 1 <= len(answered.err.splitlines()) <= 2
    assert answered.out == ""
