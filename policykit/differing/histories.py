"""What is otherwise in a policy, from one of its revisions to another, or from one library to another."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from policykit.chronicle import revision_named
from policykit.differing.entries import compare_entries, remark_on, sort_of_entry
from policykit.differing.meaning import Meanings
from policykit.differing.result import Difference, EntryDifference, How, PolicyDifference, What
from policykit.differing.services import compare_services
from policykit.plain import digest_of, entry_as_data
from policykit.policy import UNCHANGED, Carried, Change
from policykit.timeline import view_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.policy import Entry, Policy, Service
    from policykit.timeline import Revision, Timeline

_FIELDS: Final = ("title", "payer", "kind")


class Revisions:
    """The revisions of a history by name: what counts, and what no longer does, as it was published."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._counting = {each.name: each for each in timeline.view().revisions}
        self._starts = [each.effective for each in timeline.view().revisions]
        self._places = {each.revision: place for place, each in enumerate(timeline.policy.history)}

    def place(self, name: str) -> int:
        """The place of an entry in its history."""
        return self._places[name]

    def named(self, name: str) -> Revision | None:
        """The revision of a name; None for a withdrawal, and where there is none of this name."""
        if name in self._counting:
            return self._counting[name]
        found = revision_named(self.timeline, name)
        return found[0] if found else None

    def before(self, revision: Revision) -> Revision | None:
        """The revision that another takes the place of, or else follows; None if it is the first."""
        if revision.entry.replaces is not None:
            return self.named(revision.entry.replaces)
        if revision.name in self._counting:
            place = bisect_left(self._starts, revision.effective)
            return self.timeline.view().revisions[place - 1] if place else None
        known = self.timeline.policy.history[: self.place(revision.name) + 1]
        earlier = [each for each in view_of(known).revisions if each.effective < revision.effective]
        return earlier[-1] if earlier else None


def compare_revisions(timeline: Timeline, before: Revision, after: Revision) -> PolicyDifference:
    """What is otherwise from one revision of a policy to another, what `unchanged` stands for written out."""
    entry = _between(Revisions(timeline), before, after, how=None)
    return PolicyDifference(how=None, policy=timeline.policy, entries=(entry,))


def compare_policies(before: Timeline, after: Timeline) -> PolicyDifference | None:
    """What is otherwise in one policy, from one library to another; None if it is the same."""
    old, new = before.policy, after.policy
    renamed = _renamed(old, new)
    differences = [*_fields(old, new), *_order(old, new, renamed)]
    entries = tuple(_entries(Revisions(before), Revisions(after), renamed))
    if not (differences or entries):
        return None
    return PolicyDifference(how=How.ALTERED, policy=new, differences=tuple(differences), entries=entries)


def lone_policy(timeline: Timeline, how: How) -> PolicyDifference:
    """A policy that is only in one of two libraries."""
    revisions = Revisions(timeline)
    entries = tuple(_lone(revisions, entry, how, decides=True) for entry in timeline.policy.history)
    return PolicyDifference(how=how, policy=timeline.policy, entries=entries)


def _between(revisions: Revisions, before: Revision | None, after: Revision, how: How | None) -> EntryDifference:
    found: tuple[Difference, ...] = ()
    if before is not None:
        of_entries = compare_entries(before.entry, after.entry, same=False)
        found = (*compare_services(before.services, after.services), *of_entries)
    previous = revisions.before(after)
    follows = (previous.name if previous else None) == (before.name if before else None)
    sort = sort_of_entry(
        after.entry, revisions.timeline.policy.kind, governs=after.governs, first=before is None, differences=found
    )
    return EntryDifference(
        how=how,
        name=after.name,
        before=before.entry if before else None,
        after=after.entry,
        sort=sort if follows else None,
        remark=remark_on(after.entry, sort) if follows and (before is None or before.governs) else None,
        decides=any(each.decides for each in found),
        differences=found,
    )


def _fields(old: Policy, new: Policy) -> Iterator[Difference]:
    for key in _FIELDS:
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield Difference(
                what=What.POLICY,
                how=How.ALTERED,
                decides=False,
                key=key,
                before=str(before),
                after=str(after),
                where_before=old.where,
                where_after=new.where,
            )


def _order(old: Policy, new: Policy, renamed: dict[str, str]) -> Iterator[Difference]:
    """Whether the entries that are in both come in another order, which is that of publication."""
    names = {entry.revision for entry in old.history}
    after = [was for each in new.history if (was := renamed.get(each.revision, each.revision)) in names]
    common = set(after)
    before = [each.revision for each in old.history if each.revision in common]
    if before != after:
        yield Difference(
            what=What.HISTORY,
            how=How.ALTERED,
            decides=True,
            key="history",
            before=before,
            after=after,
            where_before=old.where,
            where_after=new.where,
        )


def _entries(before: Revisions, after: Revisions, renamed: dict[str, str]) -> Iterator[EntryDifference]:
    """The entries that are otherwise, in order of the history after; then those that were removed."""
    old = {entry.revision: entry for entry in before.timeline.policy.history}
    new = {entry.revision: entry for entry in after.timeline.policy.history}
    meanings = Meanings()
    for name, entry in new.items():
        if name in old:
            altered = _altered(before, after, old[name], entry, meanings)
            if altered is not None:
                yield altered
        elif name in renamed:
            yield EntryDifference(how=How.RENAMED, name=name, before=old[renamed[name]], after=entry)
        else:
            decides = not _only_continues(after, entry, frozenset({*old, *renamed}))
            yield _lone(after, entry, How.ADDED, decides=decides)
    for name, entry in old.items():
        if name not in new and name not in renamed.values():
            decides = not _only_continues(before, entry, frozenset({*new, *renamed.values()}))
            yield _lone(before, entry, How.REMOVED, decides=decides)


def _renamed(old: Policy, new: Policy) -> dict[str, str]:
    """The names of entries that were there under another one, with that other name."""
    names, now = {entry.revision for entry in old.history}, {entry.revision for entry in new.history}
    gone = {_without_name(entry): entry.revision for entry in old.history if entry.revision not in now}
    found: dict[str, str] = {}
    for entry in new.history if gone else ():
        if entry.revision not in names and (was := gone.pop(_without_name(entry), None)) is not None:
            found[entry.revision] = was
    return found


def _without_name(entry: Entry) -> str:
    return digest_of({key: value for key, value in entry_as_data(entry).items() if key != "revision"})


def _lone(revisions: Revisions, entry: Entry, how: How, *, decides: bool) -> EntryDifference:
    """An entry that is only in one of two histories, as against the one that it follows there."""
    found = revisions.named(entry.revision) if entry.effective is not None else None
    if found is None:
        sort, name = entry.change, entry.revision
        return EntryDifference(how=how, name=name, before=None, after=entry, sort=sort, decides=decides)
    return replace(_between(revisions, revisions.before(found), found, how), decides=decides)


def _altered(before: Revisions, after: Revisions, old: Entry, new: Entry, meanings: Meanings) -> EntryDifference | None:
    """One entry in two libraries; None if it is the same. Its sort is as against the one that it follows."""
    found = (*_services(before, after, old, new, meanings), *compare_entries(old, new, same=True))
    if not found:
        return None
    told = _lone(after, new, How.ALTERED, decides=any(each.decides for each in found))
    return replace(told, before=old, differences=found)


def _services(before: Revisions, after: Revisions, old: Entry, new: Entry, meanings: Meanings) -> Iterator[Difference]:
    """What is otherwise in the services of one entry. What both carry over is told where it is written out."""
    if old.services is UNCHANGED and new.services is UNCHANGED:
        return
    old_carried, new_carried = _carried(before, old), _carried(after, new)
    both = old_carried & new_carried
    mine = [each for each in _all(before, old) if each.name not in both]
    theirs = [each for each in _all(after, new) if each.name not in both]
    yield from compare_services(mine, theirs, meanings)
    # What one of them carries over may be something else on a day on which less was known.
    one_sided = (old_carried ^ new_carried) & {each.name for each in (*mine, *theirs)}
    if one_sided and not (_only_goes_on(before) and _only_goes_on(after)):
        yield Difference(
            what=What.TERM,
            how=How.ALTERED,
            decides=True,
            key="unchanged",
            before=sorted(old_carried & one_sided),
            after=sorted(new_carried & one_sided),
            where_before=old.where,
            where_after=new.where,
        )


def _carried(revisions: Revisions, entry: Entry) -> set[str]:
    """The names of the services that an entry carries over."""
    if entry.services is UNCHANGED:
        return {each.name for each in _all(revisions, entry)}
    return {each.name for each in entry.services if isinstance(each, Carried)}


def _all(revisions: Revisions, entry: Entry) -> Sequence[Service]:
    """The services of an entry, what it carries over written out."""
    found = revisions.named(entry.revision) if entry.effective is not None else None
    return found.services if found else ()


def _only_goes_on(revisions: Revisions) -> bool:
    """Whether each entry comes after those above it, so that what it carries over never hangs on what is known."""
    history = revisions.timeline.policy.history
    days = [entry.effective for entry in history]
    replaced = any(entry.replaces or entry.withdraws for entry in history)
    return not replaced and all(one is not None and other is not None and one < other for one, other in pairwise(days))


def _only_continues(revisions: Revisions, entry: Entry, common: frozenset[str]) -> bool:
    """Whether an entry certainly changes no answer.

    It stands below all entries that are in both histories, it counts and is the latest of those above it, and it
    applies by the same date as the one before it, which says the same. Neither of the two has an end of its own.
    """
    history, place = revisions.timeline.policy.history, revisions.place(entry.revision)
    if any(each.revision in common for each in history[place + 1 :]):
        return False
    if entry.through or entry.replaces or entry.effective is None or entry.change is Change.RETIRED:
        return False
    counting = view_of(history[: place + 1]).revisions
    if len(counting) < 2 or counting[-1].entry is not entry:  # noqa: PLR2004  # itself and the one before it
        return False
    before, last = counting[-2:]
    if before.entry.through or not before.governs or before.entry.applies_by is not entry.applies_by:
        return False
    return not any(each.decides for each in compare_services(before.services, last.services))
