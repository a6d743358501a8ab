"""Files of a library, read, put to their schemas and checked for meaning: all problems at once.

This is where YAML and JSON Schema meet the rest; nothing that only opens a stored library imports it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from policykit.assembly import holdings_from, vocabulary_from
from policykit.cases import read_cases
from policykit.reading.policies import read_policy
from policykit.records import record
from policykit.schema import check_schema
from policykit.source import read_document
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.cases import StatedCase
    from policykit.document import Document
    from policykit.index import Holdings
    from policykit.library import Library
    from policykit.problems import Problem

CASES: str = ".cases.yaml"
# Keys that only a case, or a document of cases, has at its top.
_OF_CASES = frozenset({"cases", "case", "date_of_service", "service", "diagnoses", "expect"})


@record
class Checked:
    """What files were found to be. `holdings` are there even where there are problems, for finding further ones."""

    holdings: Holdings
    documents: Mapping[str, Document]
    problems: tuple[Problem, ...]


def kind_of(name: str) -> str:
    """The kind of document that a name within a library stands for, as its schema is called."""
    if name in VOCABULARY:
        return name.removesuffix(".yaml")
    return "cases" if name.endswith(CASES) else "policy"


def check_files(files: Mapping[str, bytes]) -> Checked:
    """The vocabulary and the policies in files, by their names within the library."""
    reading = _Reading()
    for name, content in files.items():
        reading.read(name, content, kind_of(name))
    meaning: list[Problem] = []
    # A vocabulary that cannot be read at all would make every word of the policies unknown.
    unreadable = any(name in files and name not in reading.documents for name in VOCABULARY)
    holdings = holdings_from({} if unreadable else reading.documents, meaning.append)
    return Checked(holdings=holdings, documents=reading.documents, problems=reading.with_meaning(meaning))


def check_cases(name: str, content: bytes, library: Library) -> tuple[tuple[StatedCase, ...], tuple[Problem, ...]]:
    """The cases in a file, which may be a document of cases or a single case, and what is wrong with them.

    Nothing of the file's text is shown in a problem.
    """
    document, problems = read_document(name, content, confidential=True)
    if document is None:
        return (), problems
    single = isinstance(document.data, dict) and "cases" not in document.data
    problems += tuple(check_schema(document, "case" if single else "cases", confidential=True))
    stated = tuple(read_cases(document, library, problems))
    of_cases = {problem for each in stated for problem in each.problems}
    outside = [problem for problem in problems if problem not in of_cases]
    return stated, (*outside, *(problem for each in stated for problem in each.unexpected))


def check_document(name: str, content: bytes, library: Library) -> tuple[int, int, tuple[Problem, ...]]:
    """A document that lies in no library, with the vocabulary of this one.

    How many policies and how many cases it holds, and what is wrong with it. What it is, its name or its keys tell.
    """
    document, problems = read_document(name, content, confidential=True)
    kind = kind_of(Path(name).name)
    keys = document.data if document is not None and isinstance(document.data, dict) else {}
    if kind == "cases" or (kind == "policy" and not keys.keys().isdisjoint(_OF_CASES)):
        stated, problems = check_cases(name, content, library)
        return 0, len(stated), problems
    reading = _Reading()
    reading.read(name, content, kind)
    meaning: list[Problem] = []
    if kind == "policy" and name in reading.documents:
        read_policy(reading.documents[name], library.vocabulary, meaning.append)
    elif name in reading.documents:
        vocabulary_from({f"{kind}.yaml": reading.documents[name]}, meaning.append)
    return int(kind == "policy"), 0, reading.with_meaning(meaning)


@dataclass(slots=True)
class _Reading:
    documents: dict[str, Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, name: str, content: bytes, kind: str) -> None:
        document, problems = read_document(name, content)
        self.problems.extend(problems)
        if document is not None:
            self.documents[name] = document
            self.problems.extend(check_schema(document, kind))

    def with_meaning(self, meaning: list[Problem]) -> tuple[Problem, ...]:
        """All problems; where the form is wrong already, nothing is said of the meaning."""
        places = {problem.where for problem in self.problems}
        return (*self.problems, *(problem for problem in meaning if problem.where not in places))
