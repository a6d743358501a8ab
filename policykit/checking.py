"""Documents in files, read, put to their schemas and checked for meaning: all problems at once.

This is where YAML and JSON Schema meet the rest; nothing that only opens a stored library imports it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from policykit.assembly import holdings_from, vocabulary_from
from policykit.memory import Memory
from policykit.published import check_published, revision_digests
from policykit.reading.policies import read_policy
from policykit.records import record
from policykit.schema import check_schema
from policykit.source import read_document
from policykit.vocabulary import PUBLISHED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policykit.document import Document
    from policykit.index import Holdings
    from policykit.policy import Policy
    from policykit.problems import Problem
    from policykit.vocabulary import Vocabulary

CASES: str = ".cases.yaml"

# A document, or None where it cannot be read, and what is wrong with its text and its form.
Read: TypeAlias = "tuple[Document | None, tuple[Problem, ...]]"


@record
class Checked:
    """What files were found to be. `holdings` are there even where there are problems, for finding further ones."""

    holdings: Holdings
    documents: Mapping[str, Document]
    problems: tuple[Problem, ...]


def kind_of(name: str) -> str:
    """The kind of document that a name within a library stands for, as its schema is called."""
    if name in {*VOCABULARY, PUBLISHED}:
        return name.removesuffix(".yaml")
    return "cases" if name.endswith(CASES) else "policy"


def check_files(files: Mapping[str, bytes], memory: Memory | None = None, unread: Iterable[str] = ()) -> Checked:
    """The vocabulary and the policies in files, by their names within the library, and what was published of them.

    With the `memory` of an earlier call, only what changed is read. `unread` names files of the library that are there
    and cannot be read.
    """
    memory = memory or Memory()
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for name, content in files.items():
        document, faults = memory.once(("document", name, content), partial(read_checked, name, content, kind_of(name)))
        problems.extend(faults)
        if document is not None:
            documents[name] = document
    meaning: list[Problem] = []
    # A vocabulary that cannot be read at all would make every word of the policies unknown.
    unreadable = any(name in files and name not in documents for name in VOCABULARY)
    holdings = holdings_from({} if unreadable else documents, meaning.append, memory)
    found = with_meaning(problems, meaning)
    if PUBLISHED in documents:
        altered: list[Problem] = []
        unsound = {*unread, *(problem.where.file for problem in found)}
        check_published(
            documents[PUBLISHED],
            holdings.policies,
            holdings.vocabulary,
            altered.append,
            unsound=unsound,
            digests=partial(_digests, memory),
        )
        found = with_meaning(found, altered)
    return Checked(holdings=holdings, documents=documents, problems=found)


def _digests(memory: Memory, policy: Policy) -> Mapping[str, str]:
    key = ("digests", policy.where.file, policy.document_digest)
    return memory.once(key, partial(revision_digests, policy))


def check_alone(name: str, content: bytes, kind: str, vocabulary: Vocabulary) -> tuple[Problem, ...]:
    """What is wrong with one document of a kind that lies in no library, by the vocabulary of another."""
    document, problems = read_checked(name, content, kind)
    meaning: list[Problem] = []
    if document is not None and kind == "policy":
        read_policy(document, vocabulary, meaning.append)
    elif document is not None:
        vocabulary_from({f"{kind}.yaml": document}, meaning.append)
    return with_meaning(problems, meaning)


def read_checked(name: str, content: bytes, kind: str) -> Read:
    """A document put to the schema of its kind, and what is wrong with its text and its form."""
    document, problems = read_document(name, content)
    return document, (*problems, *(check_schema(document, kind) if document is not None else ()))


def with_meaning(problems: Iterable[Problem], meaning: list[Problem]) -> tuple[Problem, ...]:
    """All problems; where the form is wrong already, nothing is said of the meaning."""
    form = tuple(problems)
    places = {problem.where for problem in form}
    return (*form, *(problem for problem in meaning if problem.where not in places))
