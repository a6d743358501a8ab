"""Cases as items of pytest: each is named by its title, and fails with the lines that `policykit test` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from policykit.answers.reports import CASE_FAILED, case_problems
from policykit.cases import check_cases, run_case
from policykit.checking import check_files
from policykit.folder import CASES, displayed, list_files, read_file, read_files
from policykit.library import Library
from policykit.problems import Problem
from policykit.shelf import as_shown, shown
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from policykit.cases import StatedCase

PROBLEMS: Final = "problems"


class ReadLibrary:
    """A library, read once for a run of pytest; what is wrong with it is left out of it."""

    def __init__(self, root: Path, here: Path) -> None:
        self.root, self.here = root, here
        listing = list_files(root)
        files, self._of_folder = read_files(listing, listing.documents)
        self.is_whole = all(name in files for name in VOCABULARY)
        checked = check_files(files)
        self._of_documents = checked.problems
        self.library = Library(checked.holdings)

    def problems(self, name: str) -> tuple[Problem, ...]:
        """Why the cases in a file cannot be run: what is wrong with their policy, the vocabulary, or the folder."""
        about = {name, f"{name.removesuffix(CASES)}.yaml", *VOCABULARY}
        files = {str(self.root), *(str(self.root / each) for each in about)}
        found = (displayed(self.root, each) for each in self._of_documents if self.is_whole)
        return tuple(as_shown(each, self.here) for each in (*self._of_folder, *found) if each.where.file in files)


LIBRARIES: Final = pytest.StashKey[dict["Path", ReadLibrary]]()


def collector(path: Path, parent: pytest.Collector, root: Path) -> pytest.Collector:
    """The collector of the cases in a file of the library in a folder."""
    file: CasesFile = CasesFile.from_parent(parent, path=path)
    file.root = root
    return file


class CasesFile(pytest.File):
    """A document of cases."""

    root: Path

    def collect(self) -> Iterator[pytest.Item]:
        """What is wrong with the file, if anything, and its cases."""
        here = self.config.invocation_params.dir
        libraries = self.config.stash.setdefault(LIBRARIES, {})
        if self.root not in libraries:
            libraries[self.root] = ReadLibrary(self.root, here)
        read = libraries[self.root]
        name = shown(self.path, here)
        if problems := read.problems(self.path.relative_to(self.root).as_posix()):
            files = ", ".join(sorted({each.where.file for each in problems}))
            told = f"{name} was not run, because there are problems in {files}"
            yield self._item(PROBLEMS, told=(*map(str, problems), told))
            return
        content = read_file(self.path)
        if isinstance(content, Problem):
            yield self._item(PROBLEMS, told=(str(as_shown(content, here)),))
            return
        stated, problems = check_cases(name, content, read.library)
        own = {problem for each in stated for problem in each.problems}
        if outside := [str(each) for each in problems if each not in own]:
            yield self._item(PROBLEMS, told=tuple(outside))
        for title, each in zip(_names(stated), stated, strict=True):
            yield self._item(title, stated=each, library=read.library)

    def _item(
        self,
        name: str,
        *,
        stated: StatedCase | None = None,
        library: Library | None = None,
        told: tuple[str, ...] = (),
    ) -> pytest.Item:
        item: CaseItem = CaseItem.from_parent(self, name=name)
        item.stated, item.library, item.told = stated, library, told
        return item


class CaseItem(pytest.Item):
    """A case; or, without one, what is `told` of its file."""

    stated: StatedCase | None = None
    library: Library | None = None
    told: tuple[str, ...] = ()

    def setup(self) -> None:
        """Tells what is wrong with the file, which is an error and not a failure."""
        if self.told:
            pytest.fail("\n".join(self.told), pytrace=False)

    def runtest(self) -> None:
        """Puts the case to its policy."""
        if self.stated is None or self.library is None:
            return
        if lines := [*_lines(case_problems(run_case(self.stated, self.library)))]:
            pytest.fail("\n".join(lines), pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case stands; lines are counted from 0 here."""
        line = self.stated.where.line - 1 if self.stated is not None and self.stated.where.line else None
        return self.path, line, self.name


def _names(stated: Iterable[StatedCase]) -> Iterator[str]:
    """The titles in a form in which they can be asked for on the command line, each once."""
    used: dict[str, int] = {PROBLEMS: 1}
    for each in stated:
        title = " ".join(each.title.split()).replace("::", ":")
        used[title] = used.get(title, 0) + 1
        yield title if used[title] == 1 else f"{title} ({used[title]})"


def _lines(problems: Iterable[Problem]) -> Iterator[str]:
    for problem in problems:
        rule = "" if problem.rule == CASE_FAILED else f" [{problem.rule}]"
        yield f"{problem.where}: {problem.message}{rule}"
