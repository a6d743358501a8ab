"""What is otherwise between two revisions, or two libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.answers.parts import FORMAT, Data, day_as_data, place_as_data, policy_in_brief

if TYPE_CHECKING:
    from policykit.differing.difference import Comparison, Difference, EntryDifference, PolicyDifference, Subject
    from policykit.policy import Entry


def difference_as_data(comparison: Comparison) -> Data:
    """A comparison: what is otherwise in each policy, and in the vocabulary."""
    return {
        "format": FORMAT,
        "before": comparison.before,
        "after": comparison.after,
        "decides": comparison.decides,
        "policies": [_policy(each) for each in comparison.policies],
        "vocabulary": [_difference(each) for each in comparison.vocabulary],
    }


def _policy(policy: PolicyDifference) -> Data:
    return {
        **policy_in_brief(policy.policy),
        "how": policy.how.value if policy.how else None,
        "decides": policy.decides,
        "differences": [_difference(each) for each in policy.differences],
        "entries": [_entry(each) for each in policy.entries],
    }


def _entry(entry: EntryDifference) -> Data:
    return {
        "revision": entry.name,
        "how": entry.how.value if entry.how else None,
        "before": _entry_in_brief(entry.before) if entry.before else None,
        "after": _entry_in_brief(entry.after) if entry.after else None,
        "sort": entry.sort.value if entry.sort else None,
        "remark": entry.remark,
        "decides": entry.decides,
        "differences": [_difference(each) for each in entry.differences],
    }


def _entry_in_brief(entry: Entry) -> Data:
    return {
        "revision": entry.revision,
        "change": entry.change.value,
        "summary": entry.summary,
        "effective": day_as_data(entry.effective),
        "place": place_as_data(entry.where),
    }


def _difference(difference: Difference) -> Data:
    before, after = difference.where_before, difference.where_after
    return {
        "what": difference.what.value,
        "how": difference.how.value,
        "decides": difference.decides,
        "service": difference.service,
        "statement_before": difference.statements[0],
        "statement_after": difference.statements[1],
        "criterion": _subject(difference.criterion) if difference.criterion else None,
        "name": difference.name,
        "key": difference.key,
        "before": difference.before,
        "after": difference.after,
        "place_before": place_as_data(before) if before else None,
        "place_after": place_as_data(after) if after else None,
    }


def _subject(subject: Subject) -> Data:
    return {"id": subject.id, "says": subject.says, "fact": subject.fact, "negated": subject.negated}
