"""A library as it lies in a folder, with those of its files that are meant: what they are found to be.

All of it is worked out when it is asked for, and with the memory of an earlier look at the same folder only as far as
something has changed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policykit.cases import CaseFile, put_cases, read_case_file, run_case
from policykit.checking import check_files
from policykit.checks import house_problems, library_problems
from policykit.checks.subject import Subject, Whole
from policykit.coverage.measuring import measure
from policykit.folder import CASES, displayed, list_files, read_file
from policykit.library import Library
from policykit.problems import Problem
from policykit.records import record
from policykit.vocabulary import PUBLISHED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
    from datetime import date
    from os import stat_result

    from policykit.cases import CaseResult, StatedCase
    from policykit.checking import Checked
    from policykit.coverage.measuring import PolicyCoverage
    from policykit.folder import Listing
    from policykit.memory import Memory

# What can be wrong with a case only because a policy is wrong, and so is not held.
_FOLLOWS: Final = frozenset({"unknown-policy", "unknown-revision"})

# The files of which the problems are told whatever is meant.
_ALWAYS: Final = (*VOCABULARY, PUBLISHED)


@record
class Setting:
    """What the caller says beside the paths. All paths are absolute.

    `library` is the one that is meant where no path is given, and whose vocabulary is used for what lies in none;
    `here` the folder from which messages name files; `today` the day on which the question is put; `sources` texts of
    payers, by name, that documents are compared with. `memory` keeps what was found, for the next time.
    """

    library: Path
    here: Path
    progress: Callable[[str], None]
    today: date
    memory: Memory
    sources: Mapping[str, str]


@record
class Ran:
    """What came of the cases of one file, and what is wrong with the file outside of them."""

    stated: tuple[StatedCase, ...]
    problems: tuple[Problem, ...]
    results: tuple[CaseResult, ...]


class Shelf:
    """A library, and those of its files that are meant; all of them if none are named."""

    def __init__(self, root: Path, setting: Setting, meant: Iterable[Path] = ()) -> None:
        self.root = root
        self.setting = setting
        self.meant = tuple(meant)
        self._case_keys: dict[str, tuple[Hashable, ...]] = {}

    @cached_property
    def listing(self) -> Listing:
        """What the folder holds."""
        return list_files(self.root)

    @cached_property
    def _contents(self) -> dict[str, bytes | Problem]:
        return {name: self._content(name) for name in self.listing.documents}

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The documents that can be read, by name; cases are none of them."""
        return {name: content for name, content in self._contents.items() if isinstance(content, bytes)}

    @cached_property
    def checked(self) -> Checked:
        """The documents as they were found to be."""
        unread = self._contents.keys() - self.files.keys()
        return check_files(self.files, self.setting.memory, unread)

    @cached_property
    def library(self) -> Library:
        """The library that they make up; what is wrong is left out of it."""
        return Library(self.checked.holdings)

    @property
    def is_library(self) -> bool:
        """Whether the whole vocabulary is there to be read."""
        return all(name in self.files for name in VOCABULARY)

    @cached_property
    def faulty(self) -> frozenset[str]:
        """The documents in which there are problems."""
        return frozenset(each.where.file for each in self.checked.problems)

    @property
    def is_faulty(self) -> bool:
        """Whether the vocabulary is wrong, so that nothing can be said of what uses it."""
        return not self.is_library or not self.faulty.isdisjoint(VOCABULARY)

    @property
    def cases(self) -> list[str]:
        """The documents of cases that are meant, by name."""
        return [name for name in self.listing.cases if self.means(name)]

    def means(self, name: str) -> bool:
        """Whether a file of the library is one of those meant."""
        return not self.meant or is_among(self.root / name, self.meant)

    def shown(self, name: str = "") -> str:
        """A file of the library, or the library itself, as messages name it."""
        return shown(self.root / name, self.setting.here)

    def problems(self) -> Iterator[Problem]:
        """Those of the files that are meant; those of the vocabulary and of what is published always.

        Everything rests on the one, and what was removed from a policy is told at the other.
        """
        always = [self.root / name for name in _ALWAYS]
        unreadable = (each for each in self._contents.values() if isinstance(each, Problem))
        for each in (*self.listing.problems, *unreadable):
            path = Path(each.where.file)
            if not self.meant or path == self.root or is_among(path, (*self.meant, *always)):
                yield as_shown(each, self.setting.here)
        if self.is_library:
            for each in self.checked.problems:
                if each.where.file in _ALWAYS or self.means(each.where.file):
                    yield self._shown(each)

    def house_problems(self) -> Iterator[Problem]:
        """Where documents that are meant, and are sound, break the house rules."""
        if self.is_faulty:
            return
        policies = self.library.policies
        for name, document in self.checked.documents.items():
            identity = name.removesuffix(".yaml")
            if self.means(name) and name not in self.faulty and identity in policies:
                beside = f"{identity}{CASES}"
                has_cases = beside in self.listing.cases
                results = self.ran(beside).results if has_cases else ()
                subject = Subject(
                    policy=policies[identity],
                    document=document,
                    timeline=self.library.timeline(identity),
                    vocabulary=self.library.vocabulary,
                    results=results,
                    today=self.setting.today,
                    sources=self.setting.sources,
                )
                key = (
                    "house",
                    *self._known((identity,)),
                    self._case_key(beside) if has_cases else (),
                    self.setting.today,
                    self._sources,
                )
                found = self.setting.memory.once(key, partial(tuple, house_problems(subject)))
                yield from map(self._shown, found)
        if not self.faulty:
            whole = Whole(
                vocabulary=self.library.vocabulary,
                documents=self.checked.documents,
                policies=policies,
                memory=self.setting.memory,
            )
            for each in self.setting.memory.once(("library", self._all_known), partial(tuple, library_problems(whole))):
                if self.means(each.where.file):
                    yield self._shown(each)

    def coverage(self) -> Iterator[PolicyCoverage]:
        """What the cases beside each policy that is meant, or whose cases are, show of it; of sound ones only."""
        for identity in () if self.is_faulty else self.library.policies:
            name, beside = f"{identity}.yaml", f"{identity}{CASES}"
            if name not in self.faulty and (self.means(name) or self.means(beside)):
                results = self.ran(beside).results if beside in self.listing.cases else ()
                yield measure(self.library.timeline(identity), self.library.vocabulary, results)

    def ran(self, name: str) -> Ran:
        """The cases in a file of the library, put to their policies.

        What is wrong with them is told as far as it is not the policies' fault.
        """
        return self.setting.memory.once(("ran", self.shown(name), self._case_key(name)), lambda: self._run(name))

    def _run(self, name: str) -> Ran:
        file = self._case_file(name)
        if isinstance(file, Problem):
            return Ran(stated=(), problems=(as_shown(file, self.setting.here),), results=())
        stated, problems = put_cases(file, self.library)
        if self.checked.problems:
            problems = tuple(each for each in problems if each.rule not in _FOLLOWS)
        results = tuple(run_case(each, self.library) for each in stated)
        return Ran(stated=stated, problems=problems, results=results)

    def _case_file(self, name: str) -> CaseFile | Problem:
        content, called = self._content(name), self.shown(name)
        if isinstance(content, Problem):
            return content
        return self.setting.memory.once(("cases", called, content), partial(read_case_file, called, content))

    def _content(self, name: str) -> bytes | Problem:
        """The bytes of a file, read anew only if it looks different from before."""
        path = self.root / name
        try:
            state = path.stat()
        except OSError:
            return read_file(path)
        return self.setting.memory.once(("file", path, look_of(state)), partial(read_file, path))

    def _known(self, policies: Iterable[str]) -> tuple[Hashable, ...]:
        """All that the meaning of policies depends on: the bytes of their documents, and of the vocabulary."""
        held = self.library.policies
        names = (*VOCABULARY, *(held[identity].where.file for identity in policies))
        return tuple((name, self.files.get(name)) for name in names)

    @cached_property
    def _all_known(self) -> Hashable:
        """The same for all policies, as one thing that is the same only as long as all of it is."""
        return self.setting.memory.once(("known", *self._known(self.library.policies)), object)

    @cached_property
    def _sources(self) -> Hashable:
        """The texts that documents are compared with, as one thing."""
        return self.setting.memory.once(("sources", *sorted(self.setting.sources.items())), object)

    def _case_key(self, name: str) -> tuple[Hashable, ...]:
        """All that the answers to the cases of a file depend on: where each case names its policy, only those."""
        if name not in self._case_keys:
            self._case_keys[name] = self._made_case_key(name)
        return self._case_keys[name]

    def _made_case_key(self, name: str) -> tuple[Hashable, ...]:
        file = self._case_file(name)
        asked = file.policies if isinstance(file, CaseFile) else frozenset()
        known: tuple[Hashable, ...] = (self._all_known,)
        if asked is not None and asked <= self.library.policies.keys():
            known = self._known(sorted(asked))
        return (name, self._content(name), bool(self.checked.problems), *known)

    def _shown(self, problem: Problem) -> Problem:
        return as_shown(displayed(self.root, problem), self.setting.here)


def look_of(state: stat_result) -> tuple[int, ...]:
    """What tells two states of a file apart without reading it."""
    return (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino, state.st_mode)


def is_among(path: Path, meant: Iterable[Path]) -> bool:
    """Whether a path is one of those meant, or lies below one."""
    return any(path == each or each in path.parents for each in meant)


def shown(path: Path, here: Path) -> str:
    """A path as messages name it: from the folder where the user is, if it lies within."""
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def as_shown(problem: Problem, here: Path) -> Problem:
    """A problem with its file as messages name it."""
    return replace(problem, where=replace(problem.where, file=shown(Path(problem.where.file), here)))
