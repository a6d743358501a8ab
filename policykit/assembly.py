"""Documents put together into what a library holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policykit.document import Document
from policykit.index import Holdings, codes_of
from policykit.problems import InvalidDocuments, Problem
from policykit.reading.facts import read_vocabulary
from policykit.reading.policies import read_policy
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policykit.policy import Policy
    from policykit.vocabulary import Vocabulary

    Report = Callable[[Problem], None]


def vocabulary_from(documents: Mapping[str, Document], report: Report) -> Vocabulary:
    """The vocabulary in a mapping from names within a library to its documents."""
    facts, payers, codes = (documents.get(name) for name in VOCABULARY)
    return read_vocabulary(facts, payers, codes, report)


def policies_from(documents: Mapping[str, Document], vocabulary: Vocabulary, report: Report) -> dict[str, Policy]:
    """The policies in a mapping from names within a library, such as `cigna/0587.yaml`, to documents."""
    policies: dict[str, Policy] = {}
    for name, document in documents.items():
        if name in VOCABULARY:
            continue
        policy = read_policy(document, vocabulary, report)
        if policy is None:
            continue
        expected = name.removesuffix(".yaml")
        root = document.root
        if policy.id in policies:
            other = policies[policy.id].where.file
            message = f"`{policy.id}` is also the policy in {other}"
            report(root.at(["policy"]).problem("repeated-policy", message, "an id belongs to one document"))
        if policy.id != expected:
            message = f"`{policy.id}` does not belong in a file of this name"
            report(root.at(["policy"]).problem("misplaced", message, f"here it would be `{expected}`"))
        elif policy.payer != policy.id.partition("/")[0]:
            message = f"`{policy.payer}` is not the payer whose folder this is"
            report(root.at(["payer"]).problem("misplaced", message, "the id of a policy begins with its payer"))
        policies.setdefault(policy.id, policy)
    return policies


def holdings_from(documents: Mapping[str, Document], report: Report) -> Holdings:
    """What documents, each of which has been put to its schema, hold together."""
    vocabulary = vocabulary_from(documents, report)
    policies = policies_from(documents, vocabulary, report)
    codes = {identity: codes_of(policy) for identity, policy in policies.items()}
    return Holdings(vocabulary=vocabulary, policies=policies, codes=codes)


def holdings_from_data(data: Mapping[str, Any]) -> Holdings:
    """What plain data, by names within a library, holds without files. Raises `InvalidDocuments`.

    The data has the shape that the schemas describe; where it may not have, put it to them first.
    """
    problems: list[Problem] = []
    holdings = holdings_from({name: Document(name=name, data=each) for name, each in data.items()}, problems.append)
    if problems:
        raise InvalidDocuments(problems)
    return holdings
