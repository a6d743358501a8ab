"""What `check` and `test` share: how they look at documents, once or for as long as somebody watches."""

from __future__ import annotations

import gc
import os
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from policykit.cli.options import day, here, root_of, today, whole
from policykit.cli.output import progress, write_error
from policykit.inspection import Given
from policykit.memory import Memory
from policykit.shelf import Setting, library_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

Verb = TypeVar("Verb", bound="Callable[..., Any]")

# What tells two states of a file apart, by its path.
State = dict[str, tuple[int, int, int]]

_PAUSE: Final = 0.15  # seconds between two looks at the folders
_SETTLED: Final = 0.05  # seconds in which nothing changes any more: a file is written in more than one step


def today_option(verb: Verb) -> Verb:
    """`--today`."""
    help_ = "Another day than today's, for what is due by now."
    return click.option("--today", "as_of", type=day, metavar="YYYY-MM-DD", help=help_)(verb)


def looking_options(verb: Verb) -> Verb:
    """`--format` as reports have it, `--today` and `--watch`."""
    for option in (
        click.option(
            "--watch", is_flag=True, help="Stay, and answer again whenever a document changes; end it with Ctrl-C."
        ),
        today_option,
        click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json", "github", "sarif"]),
            default="text",
            help="How the answer is written: text (the default), JSON, annotations of GitHub, or SARIF 2.1.0.",
        ),
    ):
        verb = option(verb)
    return verb


def setting(library: Path | None, as_of: date | None, sources: Mapping[str, str] | None = None) -> Setting:
    """How documents are looked at, from where the user is."""
    return Setting(
        library=whole(root_of(library)),
        here=here(),
        progress=progress(),
        today=as_of or today(),
        memory=Memory(),
        sources=sources or {},
    )


def answer_and_watch(once: Callable[[], int], named: Iterable[Path | Given], default: Path, *, watch: bool) -> int:
    """Answers once, or again after every change below what is named and the libraries that it lies in."""
    if not watch:
        return once()
    paths = [each for each in named if not isinstance(each, Given)] or [default]
    roots = sorted({library_of(each) or each for each in paths})
    state = _state(roots)
    while True:
        once()
        write_error([f"watching {', '.join(shown(each, here()) for each in roots)}; Ctrl-C ends it"])
        # What was read stays; while nobody waits, it is put where no later collection of garbage looks at it.
        gc.collect()
        gc.freeze()
        before, state = state, _next_state(roots, state)
        changed = sorted(path for path in {*before, *state} if before.get(path) != state.get(path))
        write_error(["", f"changed: {', '.join(shown(whole(each), here()) for each in changed)}"])


def _next_state(roots: Iterable[Path], before: State) -> State:
    """The state after the next change, once it has settled."""
    while (state := _state(roots)) == before:
        time.sleep(_PAUSE)
    while True:
        time.sleep(_SETTLED)
        settled = _state(roots)
        if settled == state:
            return state
        state = settled


def _state(roots: Iterable[Path]) -> State:
    return {entry.path: look for root in roots for entry, look in _files(root)}


def _files(folder: Path | str) -> Iterator[tuple[os.DirEntry[str], tuple[int, int, int]]]:
    """The documents below a folder, or beside a file. What cannot be looked at is as if it were not there."""
    try:
        entries = list(os.scandir(folder if os.path.isdir(folder) else os.path.dirname(folder)))  # noqa: PTH112, PTH120  # many files, often
    except OSError:
        return
    for entry in entries:
        try:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.name.endswith((".yaml", ".yml")):
                state = entry.stat()
                yield entry, (state.st_mtime_ns, state.st_size, state.st_ino)
        except OSError:
            continue
