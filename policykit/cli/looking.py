"""What `check` and `test` share: how they look at documents, once or for as long as somebody watches."""

from __future__ import annotations

import gc
import os
import time
from contextlib import suppress
from functools import partial
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from policykit.cli.options import day, here, kept_root, today, whole
from policykit.cli.output import progress, write_error
from policykit.inspection import Given, library_with
from policykit.memory import Memory
from policykit.shelf import Setting, look_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

Verb = TypeVar("Verb", bound="Callable[..., Any]")

# What tells two states of a file apart, by its path.
State = dict[str, tuple[int, ...]]

_DOCUMENTS: Final = (".yaml", ".yml")
_PAUSE: Final = 0.15  # seconds between two looks at the folders
_SETTLED: Final = 0.05  # seconds in which nothing changes any more: a file is written in more than one step


def today_option(verb: Verb) -> Verb:
    """`--today`."""
    help_ = "The day to take for today, where a rule depends on it."
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


def setting(library: Path | None, as_of: date | None) -> Setting:
    """How documents are looked at, from where the user is."""
    return Setting(
        library=whole(kept_root(library)),
        here=here(),
        progress=progress(),
        today=as_of or today(),
        memory=Memory(),
        sources={},
    )


def answer_and_watch(
    once: Callable[[], int],
    named: Iterable[Path | Given],
    default: Path,
    *,
    watch: bool,
    texts: Path | None = None,
) -> int:
    """Answers once, or again after every change of what the answer depends on.

    That is what is named, the libraries that it lies in, for what lies in none the `default` one, and the folder of
    `texts`.
    """
    if not watch:
        return once()
    roots = _roots([*named], default)
    state = _state(roots, texts)
    while True:
        once()
        watched = [*roots, *([whole(texts)] if texts is not None else [])]
        write_error([f"watching {', '.join(shown(each, here()) for each in watched)}; Ctrl-C ends it"])
        # What was read stays; while nobody waits, it is put where no later collection of garbage looks at it.
        gc.collect()
        gc.freeze()
        before, state = state, _next_state(partial(_state, roots, texts), state)
        changed = sorted(path for path in {*before, *state} if before.get(path) != state.get(path))
        write_error(["", f"changed: {', '.join(shown(whole(each), here()) for each in changed)}"])


def _roots(named: Sequence[Path | Given], default: Path) -> list[Path]:
    found = {each: None if isinstance(each, Given) else library_with(each) for each in named}
    loose = {each for each, library in found.items() if library is None and not isinstance(each, Given)}
    libraries = {library or default for library in found.values()}
    return sorted(loose | (libraries or {default}))


def _next_state(look: Callable[[], State], before: State) -> State:
    """The state after the next change, once it has settled."""
    while (state := look()) == before:
        time.sleep(_PAUSE)
    while True:
        time.sleep(_SETTLED)
        settled = look()
        if settled == state:
            return state
        state = settled


def _state(roots: Iterable[Path], texts: Path | None) -> State:
    state: State = {}
    for root in roots:
        if root.is_dir():
            state.update(_files(root, _DOCUMENTS))
        else:
            # A file that lies in no library can have cases beside it.
            state.update(_files(root.parent, _DOCUMENTS, deep=False))
            state.update(_looked_at(root))
    if texts is not None:
        state.update(_files(texts, (".txt",), deep=False))
    return state


def _files(folder: Path | str, endings: tuple[str, ...], *, deep: bool = True) -> Iterator[tuple[str, tuple[int, ...]]]:
    """What in a folder ends so, whatever it is, and all links: to have one can be a fault.

    What cannot be looked at is as if it were not there.
    """
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.name.lower().endswith(endings):
            yield from _looked_at(entry)
        elif entry.is_symlink():
            yield from _looked_at(entry, follow=False)
        if deep and entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, endings)


def _looked_at(entry: os.DirEntry[str] | Path, *, follow: bool = True) -> Iterator[tuple[str, tuple[int, ...]]]:
    # A link that leads nowhere is there, too.
    for through in (True, False) if follow else (False,):
        with suppress(OSError):
            state = entry.stat(follow_symlinks=through)
            # Of a folder it matters only that it is there; what lies in it is looked at by itself.
            look = (state.st_ino, state.st_mode) if S_ISDIR(state.st_mode) else look_of(state)
            yield os.fspath(entry), look
            return
