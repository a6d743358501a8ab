"""Documents put together into what a library holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from policykit.document import Document
from policykit.index import Holdings, codes_of, speaking
from policykit.memory import Memory
from policykit.problems import InvalidDocuments, Problem
from policykit.reading.facts import read_vocabulary
from policykit.reading.policies import read_policy
from policykit.vocabulary import PUBLISHED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from policykit.codes import CodePattern
    from policykit.policy import Policy
    from policykit.vocabulary import Vocabulary

    Report = Callable[[Problem], None]


def vocabulary_from(documents: Mapping[str, Document], report: Report) -> Vocabulary:
    """The vocabulary in a mapping from names within a library to its documents."""
    facts, payers, codes = (documents.get(name) for name in VOCABULARY)
    return read_vocabulary(facts, payers, codes, report)


def holdings_from(documents: Mapping[str, Document], report: Report, memory: Memory | None = None) -> Holdings:
    """What documents, each of which has been put to its schema, hold together.

    With the `memory` of an earlier call, only what changed is read.
    """
    memory = memory or Memory()
    known = tuple((name, documents[name].digest) for name in VOCABULARY if name in documents)
    vocabulary, of_vocabulary = memory.once(("vocabulary", known), partial(_vocabulary, documents))
    problems = [*of_vocabulary]
    policies: dict[str, Policy] = {}
    codes: dict[str, tuple[CodePattern, ...]] = {}
    for name, document in documents.items():
        if name in {*VOCABULARY, PUBLISHED}:
            continue
        key = ("policy", name, document.digest, known)
        policy, patterns, found = memory.once(key, partial(_policy, document, vocabulary))
        problems.extend(found)
        if policy is None:
            continue
        other = policies.get(policy.id)
        problems.extend(misplaced(policy.id, policy.payer, document, other.where.file if other else None))
        codes.setdefault(policy.id, patterns)
        policies.setdefault(policy.id, policy)
    for problem in problems:
        report(problem)
    return Holdings(vocabulary=vocabulary, policies=policies, codes=speaking(codes))


def _vocabulary(documents: Mapping[str, Document]) -> tuple[Vocabulary, tuple[Problem, ...]]:
    problems: list[Problem] = []
    return vocabulary_from(documents, problems.append), tuple(problems)


def _policy(
    document: Document, vocabulary: Vocabulary
) -> tuple[Policy | None, tuple[CodePattern, ...], tuple[Problem, ...]]:
    problems: list[Problem] = []
    policy = read_policy(document, vocabulary, problems.append)
    return policy, codes_of(policy) if policy is not None else (), tuple(problems)


def misplaced(identity: str, payer: str, document: Document, other: str | None) -> Iterator[Problem]:
    """Why a policy does not belong into a library where its document lies, or beside another one: the file of that."""
    root, expected = document.root, document.name.removesuffix(".yaml")
    if other is not None:
        message = f"`{identity}` is also the policy in {other}"
        yield root.at(["policy"]).problem("repeated-policy", message, "an id belongs to one document")
    if identity != expected:
        message = f"`{identity}` does not belong in a file of this name"
        yield root.at(["policy"]).problem("misplaced", message, f"here it would be `{expected}`")
    elif payer != identity.partition("/")[0]:
        message = f"`{payer}` is not the payer whose folder this is"
        yield root.at(["payer"]).problem("misplaced", message, "the id of a policy begins with its payer")


def holdings_from_data(data: Mapping[str, Any]) -> Holdings:
    """What plain data, by names within a library, holds without files. Raises `InvalidDocuments`.

    The data has the shape that the schemas describe; where it may not have, put it to them first.
    """
    problems: list[Problem] = []
    holdings = holdings_from({name: Document(name=name, data=each) for name, each in data.items()}, problems.append)
    if problems:
        raise InvalidDocuments(problems)
    return holdings
