"""A folder of documents: which of its files are what, and the library that they make up."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Final

from policykit.compiled import cache as kept
from policykit.compiled.digests import content_digest, digests_of
from policykit.compiled.reading import CompiledFile, Unusable, holdings_in, open_holdings
from policykit.problems import InvalidDocuments, Location, Problem, in_order
from policykit.records import record
from policykit.shipped import COMPILED, POLICIES
from policykit.version import VERSION
from policykit.vocabulary import PAYERS, PUBLISHED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from os import DirEntry, PathLike

    from policykit.checking import Checked
    from policykit.index import Holdings

CASES: Final = ".cases.yaml"
MAX_BYTES: Final = 2**20  # of one file; what is read of a larger one is enough to say so
_WITHIN: Final = "policies"  # where a project has its library
_LEVELS: Final = 2  # payer / policy.yaml


@record
class Listing:
    """The files of a library by their names within it, and what is wrong with the folder itself."""

    root: Path
    documents: tuple[str, ...]
    cases: tuple[str, ...]
    problems: tuple[Problem, ...]

    def path(self, name: str) -> Path:
        """Where a file of the library lies."""
        return self.root / name


def read_holdings(
    library: str | PathLike[str] | None = None, *, cache: str | PathLike[str] | None = None, processes: int = 1
) -> Holdings:
    """What the library in a folder, a compiled one, or the shipped one holds; see `policykit.open_library`.

    Where documents have to be read and a cache is there to keep them, `processes` may be started for it.
    """
    path = Path(library) if library is not None else POLICIES
    if os.path.isfile(path):  # noqa: PTH113  # where it cannot be told, it is no file, rather than an error
        return open_holdings(path)
    listing = list_files(path)
    files, problems = read_files(listing, listing.documents)
    if problems:
        raise InvalidDocuments(problems)
    if path == POLICIES and (shipped := _shipped(files)) is not None:
        return shipped
    return holdings_of(files, listing.root, cache=cache, processes=processes)


def holdings_of(
    files: Mapping[str, bytes], root: Path, *, cache: str | PathLike[str] | None = None, processes: int = 1
) -> Holdings:
    """What files, by their names within a library, hold; problems are told as of files in `root`."""
    if cache is None:
        return _checked(root, files).holdings
    folder = Path(cache)
    key = kept.key_of(files)
    return kept.load(folder, key) or _compiled(root, files, folder, key, processes)


def _shipped(files: Mapping[str, bytes]) -> Holdings | None:
    """What the shipped library holds, as it comes compiled; None where it does not, or not from these documents."""
    try:
        file = CompiledFile(COMPILED)
        if file.root.version != VERSION or file.root.content != content_digest(digests_of(files)):
            return None
        file.prove()
    except Unusable:
        return None
    return holdings_in(file)


def _checked(root: Path, files: Mapping[str, bytes]) -> Checked:
    # Loaded here and not above: YAML and JSON Schema double the time that a compiled library takes to open.
    checking = import_module("policykit.checking")
    checked: Checked = checking.check_files(files)
    if checked.problems:
        raise InvalidDocuments(displayed(root, problem) for problem in checked.problems)
    return checked


def _compiled(root: Path, files: Mapping[str, bytes], folder: Path, key: str, processes: int) -> Holdings:
    """What files hold that are compiled now, and kept for the next time, if that can be."""
    # Loaded here for the same reason.
    keeping = import_module("policykit.compiled.keeping")
    holdings, problems = keeping.compile_and_keep(files, folder, key, processes)
    if problems:
        raise InvalidDocuments(displayed(root, problem) for problem in problems)
    found: Holdings = holdings
    return found


def list_files(root: Path) -> Listing:
    """What a folder holds, in order of name. Files that are no YAML, and hidden ones, are passed over."""
    documents: list[str] = []
    cases: list[str] = []
    problems: list[Problem] = []
    for name, problem in _walk(root, "", 1):
        if problem is not None:
            problems.append(problem)
        else:
            (cases if name.endswith(CASES) else documents).append(name)
    missing = [name for name in VOCABULARY if name not in documents]
    if len(missing) == len(VOCABULARY) or (missing and not problems):
        unreadable = [problem for problem in problems if problem.where.file == str(root)]
        # Of a folder that is something else altogether, it is enough to say so.
        problems = unreadable if len(missing) == len(VOCABULARY) else problems
        if not unreadable:
            message = f"this is not a library: there is no {' and no '.join(missing)} in it"
            advice = "a library is a folder with payers.yaml, facts.yaml and codes.yaml, and a folder for each payer"
            problems.append(_problem(root, "not-a-library", message, advice))
    return Listing(root=root, documents=tuple(documents), cases=tuple(cases), problems=tuple(problems))


def library_of(path: Path) -> Path | None:
    """The library that a path is, or lies in: the nearest folder with `payers.yaml` in it."""
    return next((folder for folder in (path, *path.parents) if (folder / PAYERS).is_file()), None)


def library_around(folder: Path) -> Path | None:
    """The library that somebody in a folder works in: the one that it lies in, or that lies in it as `policies`."""
    within = folder / _WITHIN
    return library_of(folder) or (within if (within / PAYERS).is_file() else None)


def read_files(listing: Listing, names: Iterable[str]) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """The bytes of files of a library, and what is wrong with the folder or with reading them."""
    files: dict[str, bytes] = {}
    problems = list(listing.problems)
    root = os.path.join(listing.root, "")  # noqa: PTH118  # a `Path` for each of many files takes its time
    for name in names:
        content = read_file(f"{root}{name}")
        if isinstance(content, Problem):
            problems.append(content)
        else:
            files[name] = content
    return files, in_order(problems)


def read_file(path: str | PathLike[str]) -> bytes | Problem:
    """The bytes of a file, or why they cannot be had; of a file that is too large, only so many as show it."""
    whole = os.fspath(path)
    try:
        state = os.stat(whole)  # noqa: PTH116  # ten thousand of them are read in one go
        if S_ISDIR(state.st_mode):
            return _problem(whole, "unreadable", "this is a folder, and a file is expected")
        if not S_ISREG(state.st_mode):
            return _problem(whole, "unreadable", "this is not an ordinary file")
        with open(whole, "rb") as file:  # noqa: PTH123
            content = file.read(min(state.st_size, MAX_BYTES) + 1)
            # It can have grown since; and of some files the system tells no size.
            return content if len(content) <= state.st_size else content + file.read(MAX_BYTES + 1 - len(content))
    except OSError as error:
        return _problem(whole, "unreadable", f"the file cannot be read: {_reason(error)}")


def displayed(root: Path, problem: Problem) -> Problem:
    """A problem of a document of a library, with the file as the user can open it."""
    where = problem.where
    location = Location(file=str(root / where.file), line=where.line, column=where.column, path=where.path)
    return Problem(
        rule=problem.rule, message=problem.message, where=location, help=problem.help, severity=problem.severity
    )


def _walk(root: Path, within: str, level: int) -> Iterator[tuple[str, Problem | None]]:
    """What lies in a folder of a library: each by its name in the library, with what is wrong with it."""
    folder = root / within
    try:
        # Not by way of `Path`: of ten thousand documents, it would take as long as reading them does.
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except NotADirectoryError:
        yield within, _problem(folder, "not-a-library", "this is a file; a library is a folder")
        return
    except OSError as error:
        yield within, _problem(folder, "unreadable", f"the folder cannot be read: {_reason(error)}")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            yield from _entry(root, f"{within}{entry.name}", entry, level)
        except (OSError, RuntimeError):
            # A link that leads nowhere, or to itself; a folder in which nothing may be looked at.
            yield entry.name, _problem(entry.path, "unreadable", "what this is cannot be found out")


def _entry(root: Path, name: str, entry: DirEntry[str], level: int) -> Iterator[tuple[str, Problem | None]]:
    if entry.is_symlink():
        if not Path(entry.path).resolve(strict=True).is_relative_to(root.resolve()):
            advice = "copy what it leads to"
            yield name, _problem(entry.path, "symlink-outside", "this link leads out of the library", advice)
            return
        if entry.is_dir():
            message = "this is a link to a folder, which is not followed"
            yield name, _problem(entry.path, "misplaced", message, "delete it")
            return
    stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122  # for the same reason
    if suffix == ".yaml":
        yield name, _fault(entry, level)
    elif suffix.lower() in {".yaml", ".yml"}:
        advice = f"call it `{stem}.yaml`"
        yield (
            name,
            _problem(entry.path, "wrong-extension", "documents end in `.yaml`; this one would be ignored", advice),
        )
    elif entry.is_dir():
        yield from _walk(root, f"{name}/", level + 1)


def _fault(entry: DirEntry[str], level: int) -> Problem | None:
    if entry.is_dir():
        return _problem(entry.path, "unreadable", "this is a folder, and a file is expected")
    if not _is_printable(entry.path):
        return _problem(
            entry.path, "misplaced", "the name of this file is not in UTF-8", "give it the name of its policy"
        )
    if level > _LEVELS or (level < _LEVELS and entry.name not in {*VOCABULARY, PUBLISHED}):
        advice = "a policy lies in the folder of its payer"
        return _problem(entry.path, "misplaced", "no document is expected here", advice)
    return None


def _problem(path: str | Path, rule: str, message: str, advice: str | None = None) -> Problem:
    # A name that is not in UTF-8 is shown with escapes, so that it can be printed.
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    return Problem(rule=rule, message=message, where=Location(file=shown), help=advice)


def _is_printable(path: str) -> bool:
    return path.isascii() or os.fsencode(path).decode("utf-8", "replace") == path


def _reason(error: OSError) -> str:
    return (error.strerror or "the system does not say why").lower()
