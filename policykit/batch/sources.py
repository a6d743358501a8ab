"""The files in which claims lie: found, of one form, and readable, before anything is read of them."""

from __future__ import annotations

import os
import stat
from enum import StrEnum
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policykit.problems import InvalidDocuments, Location, PolicykitError, Problem
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Form(StrEnum):
    """How a table is written. `jsonl` is one JSON object a line."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


@record
class Sources:
    """Files of claims, of one form, in the order in which they are read; each by the name that the user knows it by."""

    form: Form
    files: tuple[Path, ...]


class UnusableTable(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """A name that cannot stand for a table of claims or of answers, with the way out."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message}\n  help: {advice}")


_ENDINGS: Final = {
    ".parquet": Form.PARQUET,
    ".csv": Form.CSV,
    ".jsonl": Form.JSONL,
    ".ndjson": Form.JSONL,
}
_COMPRESSED: Final = (".gz", ".zst")
_NAMES: Final = "`.parquet`, `.csv` and `.jsonl`"


def form_of(path: Path) -> Form | None:
    """The form that the name of a file tells; of a compressed one, what stands before that."""
    suffix = path.suffix.lower()
    if suffix in _COMPRESSED:
        suffix = Path(path.stem).suffix.lower()
        # Parquet is compressed in itself.
        return None if suffix == ".parquet" else _ENDINGS.get(suffix)
    return _ENDINGS.get(suffix)


def find_sources(words: Iterable[str], form: Form | None = None) -> Sources:
    """The files that words name, each a path or a pattern such as `claims/*.parquet`; `form` overrides their names.

    Raises `UnusableTable` for words that name no file of claims, and `InvalidDocuments` with every file that cannot be
    read.
    """
    files = [path for word in words for path in _named(word)]
    if not files:
        raise UnusableTable("no file of claims is named", "name one, or several, such as `claims/*.parquet`")
    _refuse_repeated(files)
    forms = {path: form or form_of(path) for path in files}
    for path, found in forms.items():
        if found is None:
            advice = f"known endings are {_NAMES}; otherwise say it with `--input-format`"
            raise UnusableTable(f"the name of `{path}` does not tell how it is written", advice)
    first, *others = files
    for path in others:
        if forms[path] is not forms[first]:
            message = f"`{first}` is {forms[first]} and `{path}` is {forms[path]}"
            raise UnusableTable(message, "decide the files of each form by themselves")
    unreadable = [problem for path in files for problem in _unreadable(path)]
    if unreadable:
        raise InvalidDocuments(unreadable)
    chosen = forms[first]
    assert chosen is not None  # noqa: S101  # refused above
    return Sources(form=chosen, files=tuple(files))


def _named(word: str) -> Sequence[Path]:
    path = Path(word)
    if word == "-":
        advice = "claims are read more than once; put them into a file first"
        raise UnusableTable("claims cannot come from standard input", advice)
    try:
        is_there = os.path.lexists(path)
    except ValueError:
        is_there = False
    if is_there:
        if path.is_dir():
            raise UnusableTable(
                f"`{word}` is a folder", f"name the files in it, such as `{word.rstrip('/')}/*.parquet`"
            )
        return [path]
    if has_magic(word):
        found = sorted(Path(each) for each in glob(word, recursive=True))  # noqa: PTH207  # a pattern may begin at the root
        if files := [each for each in found if not each.is_dir()]:
            return files
        raise UnusableTable(f"no file matches `{word}`", "look at the path before the `*`")
    raise UnusableTable(f"there is no file `{word}`", "name the files of claims as they are on this machine")


def _refuse_repeated(files: Iterable[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in files:
        earlier = seen.setdefault(os.path.realpath(path), path)
        if earlier is not path:
            message = f"`{path}` and `{earlier}` are one file" if path != earlier else f"`{path}` is named twice"
            raise UnusableTable(message, "name it once, or its claims would count twice")


def _unreadable(path: Path) -> Iterator[Problem]:
    where = Location(file=str(path))
    try:
        is_ordinary = stat.S_ISREG(path.stat().st_mode)
        if is_ordinary:
            with path.open("rb") as stream:
                stream.read(1)
    except OSError as error:
        told = (error.strerror or "the system does not say why").lower()
        yield Problem(rule="unreadable", message=f"the file cannot be read: {told}", where=where)
        return
    if not is_ordinary:
        yield Problem(rule="unreadable", message="this is not an ordinary file", where=where)
