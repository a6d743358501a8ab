"""Documents, each found to be sound or not by itself, put together into a library, with every problem of it.

The problems are those that `checking.check_files` tells of the same files, in the same order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policykit.assembly import misplaced
from policykit.checking import with_meaning
from policykit.compiled.packing import unpack_policy
from policykit.published import check_published, fact_digest
from policykit.records import record
from policykit.source import read_document
from policykit.vocabulary import PUBLISHED, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policykit.compiled.compiling import Found
    from policykit.compiled.documents import CompiledPolicy
    from policykit.document import Document
    from policykit.policy import Policy
    from policykit.problems import Problem
    from policykit.published import Published


@record
class Words:
    """The vocabulary that documents declare, and what is wrong with what they mean; None where one cannot be read."""

    vocabulary: Vocabulary | None
    meaning: tuple[Problem, ...] = ()


def problems_of(
    files: Mapping[str, bytes], found: Mapping[str, Found], words: Words, published: Published | None
) -> tuple[Problem, ...]:
    """Everything that is wrong with a library of these files, each of which was `found` to be something.

    `published` is what `published.yaml` records; None where it is not there, or cannot be read.
    """
    form = [problem for name in files for problem in found[name].form]
    if words.vocabulary is None:
        # A vocabulary that cannot be read at all would make every word of the policies unknown.
        return tuple(form)
    meaning = [*words.meaning]
    stating: dict[str, Found] = {}
    for name in files:
        each = found[name]
        meaning.extend(each.meaning)
        if each.stated is not None:
            identity, _ = each.stated
            meaning.extend(_misplaced(each, stating.get(identity), files[name]))
            stating.setdefault(identity, each)
    problems = with_meaning(form, meaning)
    if published is None:
        return problems
    unsound = {problem.where.file for problem in problems}
    held = {identity: each.policy for identity, each in stating.items() if each.policy and each.name not in unsound}
    unknown = {identity for identity, each in stating.items() if each.name in unsound}
    # What has not the form of a record can still depart from it: then everything is looked at closely.
    malformed = bool(found[PUBLISHED].form)
    suspect = {
        identity: held.get(identity)
        for identity, recorded in published.revisions.items()
        if identity not in unknown and (malformed or not _begins_with(held.get(identity), recorded))
    }
    if not suspect and not malformed and _stand(published.facts, words.vocabulary):
        return problems
    return with_meaning(problems, _altered(files[PUBLISHED], suspect, words.vocabulary, unsound))


def _misplaced(found: Found, other: Found | None, content: bytes) -> Iterator[Problem]:
    identity, payer = found.stated or ("", "")
    if other is None and f"{identity}.yaml" == found.name and payer == identity.partition("/")[0]:
        return
    document = _document(found.name, content)
    yield from misplaced(identity, payer, document, other.name if other is not None else None)


def _begins_with(policy: CompiledPolicy | None, recorded: Mapping[str, str]) -> bool:
    """Whether the history of a policy begins with what is recorded of it, so that nothing of it can be amiss."""
    return policy is not None and [*policy.revisions.items()][: len(recorded)] == [*recorded.items()]


def _stand(facts: Mapping[str, str], vocabulary: Vocabulary) -> bool:
    """Whether every fact means what is recorded of it."""
    return all(name in vocabulary.facts and fact_digest(vocabulary.facts[name]) == facts[name] for name in facts)


def _altered(
    content: bytes, suspect: Mapping[str, CompiledPolicy | None], vocabulary: Vocabulary, unsound: set[str]
) -> list[Problem]:
    """What departs from what was published, among these policies and all facts."""
    whole = _document(PUBLISHED, content)
    recorded = whole.root.get("published")
    told = {identity: node.value for identity, node in recorded.items() if identity in suspect} if recorded else {}
    shown = {key: node.value for key, node in whole.root.items()} | {"published": told}
    policies: dict[str, Policy] = {
        each.id: unpack_policy(each.packed, each.id) for each in suspect.values() if each is not None
    }
    digests = {each.id: each.revisions for each in suspect.values() if each is not None}
    problems: list[Problem] = []
    check_published(
        replace(whole, data=shown if recorded else whole.data),
        policies,
        vocabulary,
        problems.append,
        unsound=unsound,
        digests=lambda policy: digests[policy.id],
    )
    return problems


def _document(name: str, content: bytes) -> Document:
    """A document that could be read before, with the places of all that it says."""
    document, _ = read_document(name, content)
    assert document is not None  # noqa: S101  # the caller knows
    return document
