"""Paths that a user names, checked and tested: each in the library that it lies in, or on its own.

A folder with `payers.yaml` in it is a library. What lies in one is read together with all of it, and only its own
problems are told; a file that lies in none is read with the vocabulary of another library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policykit.cases import check_cases, run_case
from policykit.checking import check_alone, check_files, kind_of
from policykit.folder import CASES, displayed, list_files, read_file, read_files
from policykit.library import Library
from policykit.problems import Problem, in_order
from policykit.records import record
from policykit.results import CasesResult, CheckResult
from policykit.source import read_document
from policykit.vocabulary import PAYERS, VOCABULARY

if TYPE_CHECKING:
    from policykit.cases import CaseResult, StatedCase
    from policykit.checking import Checked
    from policykit.folder import Listing

# Told the name of what is being looked at, for a reader who waits.
Progress = Callable[[str], None]


@record
class Setting:
    """What the caller says beside the paths. All paths are absolute.

    `library` is the one that is meant where no path is given, and whose vocabulary is used for what lies in none;
    `here` the folder from which messages name files.
    """

    library: Path
    here: Path
    progress: Progress


@record(kw_only=False)
class Given:
    """A document that comes from no file, and the name that messages give it."""

    name: str
    content: bytes


# What can be wrong with a case only because a policy is wrong, and so is not held.
_FOLLOWS: Final = frozenset({"unknown-policy", "unknown-revision"})
# Keys that only a case, or a document of cases, has at its top.
_OF_CASES = frozenset({"cases", "case", "date_of_service", "service", "diagnoses", "expect"})
_FAULTY: Final = "the vocabulary has problems"


def check_paths(named: Iterable[Path | Given], setting: Setting) -> CheckResult:
    """Checks what is named, or the library of the setting if nothing is."""
    shelves, loose = _sorted_out(named, setting)
    tally = _Tally()
    for shelf in shelves:
        _check_shelf(shelf, tally, setting.progress)
    vocabulary = Shelf(setting.library, setting.here)
    for each in loose:
        setting.progress(_name_of(each, setting.here))
        _check_loose(each, vocabulary, tally)
    return CheckResult(
        problems=in_order(tally.problems),
        policies=tally.policies,
        documents=tally.documents,
        cases=tally.cases,
        left_out=tuple(tally.left_out),
    )


def run_paths(named: Iterable[Path | Given], setting: Setting) -> CasesResult:
    """Runs the cases in what is named, or those of the library of the setting if nothing is.

    A policy stands for the cases beside it. Cases of which the policy or the vocabulary has problems are not run.
    """
    shelves, loose = _sorted_out((_cases_beside(each) for each in named), setting)
    tally = _Tally()
    for shelf in shelves:
        _run_shelf(shelf, tally, setting.progress)
    vocabulary = Shelf(setting.library, setting.here)
    for each in loose:
        setting.progress(_name_of(each, setting.here))
        _run_loose(each, vocabulary, tally)
    return CasesResult(results=tuple(tally.results), problems=in_order(tally.problems), left_out=tuple(tally.left_out))


@dataclass(slots=True)
class _Tally:
    problems: list[Problem] = field(default_factory=list)
    results: list[CaseResult] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    policies: int = 0
    documents: int = 0
    cases: int = 0


class Shelf:
    """A library, and those of its files that are meant; all of them if none are named."""

    def __init__(self, root: Path, here: Path, meant: Iterable[Path] = ()) -> None:
        self.root = root
        self.here = here
        self.meant = tuple(meant)

    @cached_property
    def listing(self) -> Listing:
        """What the folder holds."""
        return list_files(self.root)

    @cached_property
    def _read(self) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
        return read_files(self.listing, self.listing.documents)

    @property
    def files(self) -> dict[str, bytes]:
        """The documents that can be read, by name; cases are none of them."""
        return self._read[0]

    @cached_property
    def checked(self) -> Checked:
        """The documents as they were found to be."""
        return check_files(self.files)

    @cached_property
    def library(self) -> Library:
        """The library that they make up; what is wrong is left out of it."""
        return Library(self.checked.holdings)

    @property
    def is_library(self) -> bool:
        """Whether the whole vocabulary is there to be read."""
        return all(name in self.files for name in VOCABULARY)

    @property
    def is_faulty(self) -> bool:
        """Whether the vocabulary is wrong, so that nothing can be said of what uses it."""
        return not self.is_library or any(each.where.file in VOCABULARY for each in self.checked.problems)

    @property
    def cases(self) -> list[str]:
        """The documents of cases that are meant, by name."""
        return [name for name in self.listing.cases if self.means(name)]

    def means(self, name: str) -> bool:
        """Whether a file of the library is one of those meant."""
        return not self.meant or _is_among(self.root / name, self.meant)

    def shown(self, name: str = "") -> str:
        """A file of the library, or the library itself, as messages name it."""
        return shown(self.root / name, self.here)

    def problems(self) -> Iterator[Problem]:
        """Those of the files that are meant; those of the vocabulary always, since everything rests on it."""
        vocabulary = [self.root / name for name in VOCABULARY]
        for each in self._read[1]:
            path = Path(each.where.file)
            if not self.meant or path == self.root or _is_among(path, (*self.meant, *vocabulary)):
                yield _shown(each, self.here)
        if self.is_library:
            for each in self.checked.problems:
                if each.where.file in VOCABULARY or self.means(each.where.file):
                    yield _shown(displayed(self.root, each), self.here)

    def stated(self, name: str) -> tuple[tuple[StatedCase, ...], tuple[Problem, ...]]:
        """The cases in a file of the library, and what is wrong with them, as far as it is not the policies' fault."""
        content = read_file(self.root / name)
        if isinstance(content, Problem):
            return (), (_shown(content, self.here),)
        stated, problems = check_cases(self.shown(name), content, self.library)
        if self.checked.problems:
            problems = tuple(each for each in problems if each.rule not in _FOLLOWS)
        return stated, problems


def library_of(path: Path) -> Path | None:
    """The library that a path is, or lies in: the nearest folder with `payers.yaml` in it."""
    return next((folder for folder in (path, *path.parents) if (folder / PAYERS).is_file()), None)


def shown(path: Path, here: Path) -> str:
    """A path as messages name it: from the folder where the user is, if it lies within."""
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _check_shelf(shelf: Shelf, tally: _Tally, progress: Progress) -> None:
    progress(shelf.shown())
    tally.problems.extend(shelf.problems())
    tally.documents += sum(map(shelf.means, shelf.files))
    if shelf.is_library:
        tally.policies += sum(shelf.means(f"{identity}.yaml") for identity in shelf.library.policies)
    if shelf.is_faulty:
        tally.left_out.extend(f"{shelf.shown(name)} was not checked, because {_FAULTY}" for name in shelf.cases)
        return
    for name in shelf.cases:
        progress(shelf.shown(name))
        stated, problems = shelf.stated(name)
        tally.documents += 1
        tally.cases += len(stated)
        tally.problems.extend(problems)


def _check_loose(named: Path | Given, vocabulary: Shelf, tally: _Tally) -> None:
    name, content = _name_of(named, vocabulary.here), _content(named)
    tally.documents += 1
    if isinstance(content, Problem):
        tally.problems.append(_shown(content, vocabulary.here))
    elif vocabulary.is_faulty:
        tally.left_out.append(f"{name} was not checked, because {_FAULTY} in {vocabulary.shown()}")
    else:
        kind = _kind_of(name, content)
        if kind == "cases":
            stated, problems = check_cases(name, content, vocabulary.library)
            tally.cases += len(stated)
        else:
            problems = check_alone(name, content, kind, vocabulary.library.vocabulary)
            tally.policies += kind == "policy"
        tally.problems.extend(problems)


def _kind_of(name: str, content: bytes) -> str:
    """What a document that lies in no library is: its name tells, or its keys."""
    kind = kind_of(Path(name).name)
    document, _ = read_document(name, content, confidential=True)
    keys = document.data if document is not None and isinstance(document.data, dict) else {}
    return "cases" if kind == "policy" and not keys.keys().isdisjoint(_OF_CASES) else kind


def _run_shelf(shelf: Shelf, tally: _Tally, progress: Progress) -> None:
    if not shelf.is_library:
        tally.problems.extend(shelf.problems())
        return
    wrong = {each.where.file for each in shelf.checked.problems}
    for name in shelf.cases:
        about = wrong & {f"{name.removesuffix(CASES)}.yaml", *VOCABULARY}
        if about:
            files = ", ".join(shelf.shown(each) for each in sorted(about))
            tally.left_out.append(f"{shelf.shown(name)} was not run, because there are problems in {files}")
            found = (each for each in shelf.checked.problems if each.where.file in about)
            tally.problems.extend(_shown(displayed(shelf.root, each), shelf.here) for each in found)
            continue
        progress(shelf.shown(name))
        stated, problems = shelf.stated(name)
        tally.results.extend(run_case(each, shelf.library) for each in stated)
        tally.problems.extend(_outside(stated, problems))


def _run_loose(named: Path | Given, vocabulary: Shelf, tally: _Tally) -> None:
    name, content = _name_of(named, vocabulary.here), _content(named)
    if isinstance(content, Problem):
        tally.problems.append(_shown(content, vocabulary.here))
    elif vocabulary.is_faulty:
        tally.left_out.append(f"{name} was not run, because {_FAULTY} in {vocabulary.shown()}")
    else:
        library = vocabulary.library
        stated, problems = check_cases(name, content, library)
        tally.results.extend(run_case(each, library) for each in stated)
        tally.problems.extend(_outside(stated, problems))


def _outside(stated: Iterable[StatedCase], problems: Iterable[Problem]) -> Iterator[Problem]:
    """Problems of a file of cases that are no case's own."""
    own = {problem for each in stated for problem in each.problems}
    return (problem for problem in problems if problem not in own)


def _sorted_out(named: Iterable[Path | Given], setting: Setting) -> tuple[list[Shelf], list[Path | Given]]:
    """The libraries in which something is meant, and what lies in none."""
    given = list(named)
    if not given:
        return [Shelf(setting.library, setting.here)], []
    meant: dict[Path, list[Path]] = {}
    loose: list[Path | Given] = []
    for each in given:
        if isinstance(each, Given):
            loose.append(each)
            continue
        for path in _documents_below(each):
            root = library_of(path)
            if root is None or _is_passed_over(path):
                loose.append(path)
            else:
                meant.setdefault(root, []).append(path)
    return [Shelf(root, setting.here, paths) for root, paths in meant.items()], loose


def _documents_below(path: Path) -> Iterator[Path]:
    """What a path stands for: itself, or, as a folder outside of any library, the libraries and documents in it."""
    if not path.is_dir() or library_of(path) is not None:
        yield path
        return
    for child in sorted(path.iterdir()):
        if not child.name.startswith(".") and (child.suffix == ".yaml" or _is_folder(child)):
            yield from _documents_below(child)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_passed_over(path: Path) -> bool:
    """Whether a file within a library is none of its documents: hidden, or not called as one."""
    return path.is_file() and (path.suffix.lower() not in {".yaml", ".yml"} or path.name.startswith("."))


def _cases_beside(named: Path | Given) -> Path | Given:
    if isinstance(named, Path) and named.suffix == ".yaml" and not named.name.endswith(CASES):
        cases = named.with_name(named.name.removesuffix(".yaml") + CASES)
        if cases.is_file():
            return cases
    return named


def _is_among(path: Path, meant: Iterable[Path]) -> bool:
    return any(path == each or each in path.parents for each in meant)


def _name_of(named: Path | Given, here: Path) -> str:
    return named.name if isinstance(named, Given) else shown(named, here)


def _content(named: Path | Given) -> bytes | Problem:
    return named.content if isinstance(named, Given) else read_file(named)


def _shown(problem: Problem, here: Path) -> Problem:
    return replace(problem, where=replace(problem.where, file=shown(Path(problem.where.file), here)))
