"""A policy's history laid out in time, and one revision of it picked out to be read."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from policykit.policy import Change
from policykit.records import field, record
from policykit.timeline import standing, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.policy import Entry, Policy
    from policykit.timeline import DateNeeded, Miss, Revision, Timeline
    from policykit.vocabulary import Vocabulary


class EntryState(StrEnum):
    """What an entry of a history amounts to."""

    COUNTS = "counts"
    REPLACED = "replaced"
    VOID = "void"
    WITHDRAWAL = "withdrawal"
    NOT_YET_KNOWN = "not-yet-known"


@record
class Episode:
    """An entry and what it amounts to. `by` is the entry that replaced it or made it void.

    `last` is the last day, inclusive, that an entry which counts governs; `governs` is false of one that only ends
    what was before it.
    """

    entry: Entry
    state: EntryState
    by: str | None = None
    last: date | None = None
    governs: bool = False


@record(kw_only=False)
class Gap:
    """Days between two revisions on which nothing governs, both inclusive."""

    first: date
    last: date


@record
class Chronicle:
    """A whole history, in order of publication, as known at the end of a day or with all that is known."""

    policy: Policy
    known_on: date | None
    episodes: tuple[Episode, ...]
    gaps: tuple[Gap, ...]


@record
class Shown:
    """A policy with one of its revisions, or with why none is in effect.

    `date_of_service` is None where the revision was asked for by its name; `is_today`: the day was not given, and is
    that of the question. `superseded`: the revision no longer counts.
    """

    policy: Policy
    found: Revision | Miss | DateNeeded
    date_of_service: date | None = None
    claim_processed: date | None = None
    known_on: date | None = None
    is_today: bool = False
    superseded: bool = False
    vocabulary: Vocabulary = field(repr=False)


def chronicle_of(timeline: Timeline, known_on: date | None = None) -> Chronicle:
    """The history of a policy laid out."""
    known = timeline.known(known_on)
    void, replaced = standing(known)
    revisions = {revision.name: revision for revision in timeline.view(known_on).revisions}
    episodes: list[Episode] = []
    for entry in timeline.policy.history:
        name = entry.revision
        if entry not in known:
            episodes.append(Episode(entry=entry, state=EntryState.NOT_YET_KNOWN))
        elif name in void:
            episodes.append(Episode(entry=entry, state=EntryState.VOID, by=_withdrawn_by(name, known, void)))
        elif entry.change is Change.WITHDRAWN:
            episodes.append(Episode(entry=entry, state=EntryState.WITHDRAWAL))
        elif name in replaced:
            episodes.append(Episode(entry=entry, state=EntryState.REPLACED, by=replaced[name][0].revision))
        else:
            revision = revisions[name]
            counts = EntryState.COUNTS
            episodes.append(Episode(entry=entry, state=counts, last=revision.last, governs=revision.governs))
    gaps = tuple(_gaps(list(revisions.values())))
    return Chronicle(policy=timeline.policy, known_on=known_on, episodes=tuple(episodes), gaps=gaps)


def revision_named(timeline: Timeline, name: str, known_on: date | None = None) -> tuple[Revision, bool] | None:
    """The revision of a name, and whether it no longer counts; then it is as it was when it was published.

    None where there is none of this name, where it is not known on that day, or where it is a withdrawal.
    """
    for revision in timeline.view(known_on).revisions:
        if revision.name == name:
            return revision, False
    known = timeline.known(known_on)
    for position, entry in enumerate(known):
        if entry.revision == name:
            # A history is in order of publication, so an entry counted when it was the last.
            revisions = view_of(known[: position + 1]).revisions
            return next(((revision, True) for revision in revisions if revision.name == name), None)
    return None


def _withdrawn_by(name: str, known: Sequence[Entry], void: frozenset[str]) -> str | None:
    return next((each.revision for each in known if each.withdraws == name and each.revision not in void), None)


def _gaps(revisions: Sequence[Revision]) -> Iterator[Gap]:
    for revision in revisions:
        following = revision.following
        if revision.governs and revision.last is not None and following is not None and following.effective is not None:
            if revision.last == date.max or following.effective == date.min:
                continue
            first, last = revision.last + timedelta(days=1), following.effective - timedelta(days=1)
            if first <= last:
                yield Gap(first, last)
