"""`policykit fmt`: documents in the house layout."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from policykit.cli.misuse import Misuse
from policykit.cli.named import named_paths
from policykit.cli.options import here
from policykit.cli.output import clear_progress, progress, write, write_error
from policykit.cli.text import counted
from policykit.cli.writable import writable_library, writable_option
from policykit.folder import read_file
from policykit.inspection import Given
from policykit.problems import InvalidDocuments, PolicykitError, Problem
from policykit.shelf import as_shown, shown
from policykit.writing.formatting import NotFormatted, documents_in, laid_out
from policykit.writing.saving import save

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# What became of a document.
_Fate: TypeAlias = Literal["formatted", "in the layout already", "not formatted"]


@click.command("fmt")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; fail if a document would change.")
@click.option("--diff", "show_diff", is_flag=True, help="As --check, and show what would change.")
@writable_option
def verb(paths: tuple[str, ...], library: Path | None, *, only_check: bool, show_diff: bool) -> int:
    """Bring documents into the house layout: key order, quotes, line breaks, indentation. The meaning stays, and so
    does every comment.

    A PATH is a library, a file or folder in one, or a document on its own; `-` reads standard input and writes to
    standard output. Without any, the whole library is meant. A document with problems in its YAML is left as it is.
    """
    named = named_paths(paths) if paths else [writable_library(library)]
    work = _Work(writes=not (only_check or show_diff), shows=show_diff)
    if any(isinstance(each, Given) for each in named):
        if len(named) > 1:
            raise Misuse("`-` stands for standard output too, so it stands alone")
        work.stream(*(each for each in named if isinstance(each, Given)))
        return work.status
    work.files(_documents(path for path in named if not isinstance(path, Given)))
    if not work.fates:
        raise Misuse(f"there are no documents in {' '.join(paths)}")
    write_error([work.summary()])
    return work.status


def _documents(paths: Iterable[Path]) -> Iterator[Path | Problem]:
    """What the paths stand for, each once."""
    return iter(dict.fromkeys(each for path in paths for each in documents_in(path)))


@dataclass(slots=True)
class _Work:
    """Documents laid out one after the other, and what became of them."""

    writes: bool
    shows: bool
    fates: Counter[_Fate] = field(default_factory=Counter)

    @property
    def status(self) -> int:
        """The exit status."""
        would_change = self.fates["formatted"] and not self.writes
        return 1 if would_change or self.fates["not formatted"] else 0

    def summary(self) -> str:
        """How many documents there were, and what became of them."""
        changed = "formatted" if self.writes else "to be formatted"
        counts = [
            (changed, self.fates["formatted"]),
            ("in the layout already", self.fates["in the layout already"]),
            ("not formatted", self.fates["not formatted"]),
        ]
        told = ", ".join(f"{number} {what}" for what, number in counts if number)
        return f"{counted(self.fates.total(), 'document')}: {told}"

    def stream(self, given: Given) -> None:
        """Lays out standard input on standard output, where nothing comes if that cannot be done."""
        result = self._laid_out(given.name, given.content, None)
        if result is None:
            return
        if self.shows:
            write(_difference(given.name, given.content, result))
        elif self.writes:
            # The very bytes, whatever the terminal can show.
            sys.stdout.buffer.write(result)
            sys.stdout.buffer.flush()

    def files(self, documents: Iterable[Path | Problem]) -> None:
        """Lays out documents in files, and tells of each that changes."""
        tell = progress()
        for each in documents:
            if isinstance(each, Problem):
                self._leave(as_shown(each, here()))
                continue
            name = shown(each, here())
            tell(name)
            content = read_file(each)
            if isinstance(content, Problem):
                self._leave(as_shown(content, here()))
                continue
            result = self._laid_out(name, content, each)
            if result is not None and result != content:
                self._change(each, name, content, result)
        clear_progress()

    def _laid_out(self, name: str, content: bytes, path: Path | None) -> bytes | None:
        """The document in the layout, or None where it is left as it is."""
        try:
            result = laid_out(name, content, path)
        except (InvalidDocuments, NotFormatted) as error:
            self._leave(error)
            return None
        self.fates["formatted" if result != content else "in the layout already"] += 1
        return result

    def _change(self, path: Path, name: str, content: bytes, result: bytes) -> None:
        if self.writes:
            try:
                save(path, result, expected=content)
            except PolicykitError as error:
                self.fates["formatted"] -= 1
                self._leave(error)
                return
        clear_progress()
        write(_difference(name, content, result) if self.shows else [name])

    def _leave(self, reason: Problem | PolicykitError) -> None:
        clear_progress()
        self.fates["not formatted"] += 1
        write_error([str(reason)])


def _difference(name: str, before: bytes, after: bytes) -> Iterator[str]:
    """What changes, line by line."""
    for line in unified_diff(_lines(before), _lines(after), name, f"{name}, in the house layout", lineterm=""):
        yield line if line.strip() else ""


def _lines(content: bytes) -> list[str]:
    """Lines for a person: a carriage return, which many a terminal obeys, becomes `^M`."""
    *lines, last = content.decode().replace("\r", "^M").split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
