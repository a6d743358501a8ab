"""Paths that a user names, checked and tested: each in the library that it lies in, or on its own.

A folder with `payers.yaml` in it is a library. What lies in one is read together with all of it, and only its own
problems are told; a file that lies in none is read with the vocabulary of another library.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policykit.cases import check_cases, run_case
from policykit.checking import check_alone, kind_of
from policykit.folder import CASES, displayed, library_of, read_file
from policykit.problems import Problem, in_order
from policykit.records import record
from policykit.results import CasesResult, CheckResult
from policykit.shelf import Shelf, as_shown, shown
from policykit.source import read_document
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.cases import CaseResult, StatedCase
    from policykit.coverage.measuring import PolicyCoverage
    from policykit.shelf import Setting


@record(kw_only=False)
class Given:
    """A document that comes from no file, and the name that messages give it."""

    name: str
    content: bytes


# Keys that only a case, or a document of cases, has at its top.
_OF_CASES = frozenset({"cases", "case", "date_of_service", "service", "diagnoses", "expect"})
_FAULTY: Final = "the vocabulary has problems"


def check_paths(named: Iterable[Path | Given], setting: Setting) -> CheckResult:
    """Checks what is named, or the library of the setting if nothing is, by the rules of correctness and of the house.

    The house rules are for documents of a library that are sound.
    """
    shelves, loose = _sorted_out(named, setting)
    tally = _Tally()
    for shelf in shelves:
        _check_shelf(shelf, tally)
    vocabulary = Shelf(setting.library, setting)
    for each in loose:
        setting.progress(_name_of(each, setting.here))
        _check_loose(each, vocabulary, tally)
    setting.memory.next_round()
    return CheckResult(
        problems=in_order(tally.problems),
        policies=tally.policies,
        documents=tally.documents,
        cases=tally.cases,
        left_out=tuple(tally.left_out),
    )


def run_paths(named: Iterable[Path | Given], setting: Setting, *, coverage: bool = False) -> CasesResult:
    """Runs the cases in what is named, or those of the library of the setting if nothing is.

    A policy stands for the cases beside it. Cases of which the policy or the vocabulary has problems are not run. With
    `coverage`, the result also tells what the cases show of each policy of a library that is sound.
    """
    shelves, loose = _sorted_out((_cases_beside(each) for each in named), setting)
    tally = _Tally()
    for shelf in shelves:
        _run_shelf(shelf, tally)
        if coverage:
            tally.coverage.extend(shelf.coverage())
    vocabulary = Shelf(setting.library, setting)
    for each in loose:
        setting.progress(_name_of(each, setting.here))
        _run_loose(each, vocabulary, tally)
    setting.memory.next_round()
    return CasesResult(
        results=tuple(tally.results),
        problems=in_order(tally.problems),
        left_out=tuple(tally.left_out),
        coverage=tuple(tally.coverage),
    )


@dataclass(slots=True)
class _Tally:
    problems: list[Problem] = field(default_factory=list)
    results: list[CaseResult] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    coverage: list[PolicyCoverage] = field(default_factory=list)
    policies: int = 0
    documents: int = 0
    cases: int = 0


def _check_shelf(shelf: Shelf, tally: _Tally) -> None:
    progress = shelf.setting.progress
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
        ran = shelf.ran(name)
        tally.documents += 1
        tally.cases += len(ran.stated)
        tally.problems.extend(ran.problems)
    tally.problems.extend(shelf.house_problems())


def _check_loose(named: Path | Given, vocabulary: Shelf, tally: _Tally) -> None:
    here = vocabulary.setting.here
    name, content = _name_of(named, here), _content(named)
    tally.documents += 1
    if isinstance(content, Problem):
        tally.problems.append(as_shown(content, here))
    elif vocabulary.is_faulty:
        tally.left_out.append(f"{name} was not checked, because {_FAULTY} in {vocabulary.shown()}")
    else:
        kind = _kind_of(name, content) or kind_of(Path(name).name)
        if kind == "cases":
            stated, problems = check_cases(name, content, vocabulary.library)
            tally.cases += len(stated)
        else:
            problems = check_alone(name, content, kind, vocabulary.library.vocabulary)
            tally.policies += kind == "policy"
        tally.problems.extend(problems)


def _kind_of(name: str, content: bytes) -> str | None:
    """What a document that lies in no library is: its name tells, or its keys. None where it cannot be read."""
    kind = kind_of(Path(name).name)
    document, _ = read_document(name, content, confidential=True)
    if document is None:
        return None
    keys = document.data if isinstance(document.data, dict) else {}
    return "cases" if kind == "policy" and not keys.keys().isdisjoint(_OF_CASES) else kind


def _run_shelf(shelf: Shelf, tally: _Tally) -> None:
    if not shelf.is_library:
        tally.problems.extend(shelf.problems())
        return
    for name in shelf.cases:
        about = shelf.faulty & {f"{name.removesuffix(CASES)}.yaml", *VOCABULARY}
        if about:
            files = ", ".join(shelf.shown(each) for each in sorted(about))
            tally.left_out.append(f"{shelf.shown(name)} was not run, because there are problems in {files}")
            found = (each for each in shelf.checked.problems if each.where.file in about)
            tally.problems.extend(as_shown(displayed(shelf.root, each), shelf.setting.here) for each in found)
            continue
        shelf.setting.progress(shelf.shown(name))
        ran = shelf.ran(name)
        tally.results.extend(ran.results)
        tally.problems.extend(_outside(ran.stated, ran.problems))


def _run_loose(named: Path | Given, vocabulary: Shelf, tally: _Tally) -> None:
    here = vocabulary.setting.here
    name, content = _name_of(named, here), _content(named)
    if isinstance(content, Problem):
        tally.problems.append(as_shown(content, here))
    elif vocabulary.is_faulty:
        tally.left_out.append(f"{name} was not run, because {_FAULTY} in {vocabulary.shown()}")
    elif _kind_of(name, content) not in {"cases", None}:
        tally.left_out.append(f"{name} was not run, because there are no cases in it")
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
        return [Shelf(setting.library, setting)], []
    meant: dict[Path, list[Path]] = {}
    loose: list[Path | Given] = []
    for each in given:
        if isinstance(each, Given):
            loose.append(each)
            continue
        for path in _documents_below(each):
            root = library_with(path)
            if root is None:
                loose.append(path)
            else:
                meant.setdefault(root, []).append(path)
    return [Shelf(root, setting, paths) for root, paths in meant.items()], loose


def library_with(path: Path) -> Path | None:
    """The library that a path is, or is read as a part of."""
    return None if _is_passed_over(path) else library_of(path)


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


def _name_of(named: Path | Given, here: Path) -> str:
    return named.name if isinstance(named, Given) else shown(named, here)


def _content(named: Path | Given) -> bytes | Problem:
    return named.content if isinstance(named, Given) else read_file(named)
