"""Documents in files, read, put to their schemas and checked for meaning: all problems at once.

This is where YAML and JSON Schema meet the rest; nothing that only opens a stored library imports it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policykit.assembly import holdings_from, vocabulary_from
from policykit.reading.policies import read_policy
from policykit.records import record
from policykit.schema import check_schema
from policykit.source import read_document
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.document import Document
    from policykit.index import Holdings
    from policykit.problems import Problem
    from policykit.vocabulary import Vocabulary

CASES: str = ".cases.yaml"


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


def check_alone(name: str, content: bytes, kind: str, vocabulary: Vocabulary) -> tuple[Problem, ...]:
    """What is wrong with one document of a kind that lies in no library, by the vocabulary of another."""
    reading = _Reading()
    reading.read(name, content, kind)
    meaning: list[Problem] = []
    if kind == "policy" and name in reading.documents:
        read_policy(reading.documents[name], vocabulary, meaning.append)
    elif name in reading.documents:
        vocabulary_from({f"{kind}.yaml": reading.documents[name]}, meaning.append)
    return reading.with_meaning(meaning)


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
