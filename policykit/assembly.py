"""Documents put together into a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policykit.document import Document
from policykit.library import Library, codes_of
from policykit.problems import InvalidDocuments, Problem
from policykit.reading.facts import read_vocabulary
from policykit.reading.policies import read_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policykit.policy import Policy
    from policykit.vocabulary import Vocabulary

    Report = Callable[[Problem], None]

FACTS: Final = "facts.yaml"
PAYERS: Final = "payers.yaml"
CODES: Final = "codes.yaml"
VOCABULARY: Final = (FACTS, PAYERS, CODES)


def vocabulary_from(documents: Mapping[str, Document], report: Report) -> Vocabulary:
    """The vocabulary in a mapping from names within a library to its documents."""
    return read_vocabulary(documents.get(FACTS), documents.get(PAYERS), documents.get(CODES), report)


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


def library_from(documents: Mapping[str, Document]) -> Library:
    """The library that documents make up. Each has been put to its schema. Raises `InvalidDocuments`."""
    problems: list[Problem] = []
    vocabulary = vocabulary_from(documents, problems.append)
    policies = policies_from(documents, vocabulary, problems.append)
    if problems:
        raise InvalidDocuments(problems)
    return Library(vocabulary, policies, {name: codes_of(policy) for name, policy in policies.items()})


def library_from_data(data: Mapping[str, Any]) -> Library:
    """The library that plain data makes up, by names within a library, without files. Raises `InvalidDocuments`.

    The data has the shape that the schemas describe; where it may not have, put it to them first.
    """
    return library_from({name: Document(name=name, data=each) for name, each in data.items()})
