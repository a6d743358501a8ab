"""Throw-away git repositories, apart from whatever the user of the tests has set."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from samples import write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_APART = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "An Analyst",
    "GIT_AUTHOR_EMAIL": "analyst@example.org",
    "GIT_COMMITTER_NAME": "An Analyst",
    "GIT_COMMITTER_EMAIL": "analyst@example.org",
}


def git(folder: Path, *words: str) -> str:
    """Runs git in a folder, and gives back what it says."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *words], env={**environment, **_APART}, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A repository of these files with one commit on `main`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, files)
    return folder


def commit(folder: Path, files: Mapping[str, str] | None = None) -> None:
    """One commit more, of these files and of whatever else is otherwise."""
    write(folder, files or {})
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Something")
