"""What a change means: two revisions of a policy, or two libraries, compared by meaning and not by text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.differing.entries import sort_of_change
from policykit.differing.histories import Revisions, compare_policies, compare_revisions, lone_policy
from policykit.differing.result import Comparison, Difference, EntryDifference, How, PolicyDifference, Subject, What
from policykit.differing.services import compare_services
from policykit.differing.vocabularies import compare_vocabularies, compare_words_of

if TYPE_CHECKING:
    from policykit.index import Index
    from policykit.timeline import Revision, Timeline

__all__ = [
    "Comparison",
    "Difference",
    "EntryDifference",
    "How",
    "PolicyDifference",
    "Revisions",
    "Subject",
    "What",
    "between_libraries",
    "between_revisions",
    "compare_services",
    "sort_of_change",
]


def between_revisions(timeline: Timeline, before: Revision, after: Revision) -> Comparison:
    """What is otherwise from one revision of a policy to another."""
    return Comparison(before=before.name, after=after.name, policies=(compare_revisions(timeline, before, after),))


def between_libraries(before: Index, after: Index, *, names: tuple[str, str], policy: str | None = None) -> Comparison:
    """What is otherwise from one library to another, called by these names: in one policy and the words that it
    uses, or in all.

    A policy that neither has is no difference.
    """
    identities = sorted({*before.policies, *after.policies}) if policy is None else [policy]
    found: list[PolicyDifference] = []
    for each in identities:
        old, new = each in before.policies, each in after.policies
        if old and new:
            altered = compare_policies(before.timeline(each), after.timeline(each))
            found += [altered] if altered is not None else []
        elif old or new:
            index, how = (after, How.ADDED) if new else (before, How.REMOVED)
            found.append(lone_policy(index.timeline(each), how))
    if policy is None:
        vocabulary = compare_vocabularies(before.vocabulary, after.vocabulary)
    else:
        own = [index.policies[policy] for index in (before, after) if policy in index.policies]
        vocabulary = compare_words_of(own, before.vocabulary, after.vocabulary)
    return Comparison(before=names[0], after=names[1], policies=tuple(found), vocabulary=vocabulary)
