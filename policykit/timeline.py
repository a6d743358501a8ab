"""Which revision of a policy is in effect: dates only (docs/format.md, section 4).

A history is read once for each state of knowledge in which it differs, into a `View`: the entries that count, in order
of `effective`, with the services that each has. Asking for a date is then a search in a sorted list.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from policykit.carrying import Carrier, Uncarried, effective
from policykit.policy import AppliesBy, Change, Service
from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.policy import Entry, Policy

_DAY: Final = timedelta(days=1)


class Reason(StrEnum):
    """Why no revision is in effect."""

    NOT_YET_KNOWN = "not-yet-known"
    NOT_YET_EFFECTIVE = "not-yet-effective"
    EARLIER_NOT_HELD = "earlier-not-held"
    IN_A_GAP = "in-a-gap"
    ENDED = "ended"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


@record(by_identity=True)
class Revision:
    """An entry that counts, with the services that it has under what is known.

    `last` is the last day that it governs, inclusive, of the kind of date that it applies by; None if no end is known.
    `following` is the next entry that counts, whatever it applies by. A retirement without services only ends what was
    before: it does not govern.
    """

    entry: Entry
    effective: date
    last: date | None
    services: tuple[Service, ...]
    following: Entry | None
    governs: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "governs", self.entry.change is not Change.RETIRED or bool(self.services))

    @property
    def name(self) -> str:
        """The name of the revision, unique in its policy."""
        return self.entry.revision


@record
class Miss:
    """No revision is in effect: why, and the nearest entry before and after that counts."""

    reason: Reason
    before: Entry | None = None
    after: Entry | None = None


@record
class DateNeeded:
    """The answer hangs on the date on which the claim is processed; it is one of these."""

    candidates: tuple[Revision | Miss, ...]


@record(kw_only=False, by_identity=True)
class View:
    """A history as known at one time. Build it with `view_of`."""

    revisions: tuple[Revision, ...]
    uncarried: tuple[Uncarried, ...]
    nothing_known: bool
    has_new: bool
    # Positions in `revisions`, and their first days, of those that apply by each kind of date.
    _by_service: tuple[int, ...] = field(init=False)
    _service_starts: tuple[date, ...] = field(init=False)
    _by_processing: tuple[int, ...] = field(init=False)
    _processing_starts: tuple[date, ...] = field(init=False)

    def __post_init__(self) -> None:
        for basis, positions, starts in (
            (AppliesBy.DATE_OF_SERVICE, "_by_service", "_service_starts"),
            (AppliesBy.CLAIM_PROCESSED, "_by_processing", "_processing_starts"),
        ):
            mine = [i for i, revision in enumerate(self.revisions) if revision.entry.applies_by is basis]
            object.__setattr__(self, positions, tuple(mine))
            object.__setattr__(self, starts, tuple(self.revisions[i].effective for i in mine))

    def in_effect(self, date_of_service: date, claim_processed: date | None) -> Revision | Miss | DateNeeded:
        """What governs, from the latest entry down: the first whose date has come."""
        at = bisect_right(self._service_starts, date_of_service)
        best = self._by_service[at - 1] if at else -1
        day = date_of_service
        if self._by_processing:
            if claim_processed is None:
                later = [i for i in self._by_processing if i > best]
                if later:
                    return self._hanging([*reversed(later)], best, date_of_service)
            else:
                at = bisect_right(self._processing_starts, claim_processed) - 1
                if at >= 0 and self._by_processing[at] > best:
                    best, day = self._by_processing[at], claim_processed
        if best < 0:
            return self._before_all()
        revision = self.revisions[best]
        if revision.last is not None and day > revision.last:
            return self._after_end(best)
        return revision if revision.governs else self._retired(best)

    @property
    def asks_for_processing(self) -> bool:
        """Whether some entry that counts applies by the date on which a claim is processed."""
        return bool(self._by_processing)

    def turns(self) -> list[date]:
        """The dates of service, in order, from which on something else may be in effect.

        So it is where the date of processing is not known, or nothing asks for it.
        """
        ends = [revision.last for revision in self.revisions if revision.last is not None]
        return sorted({*self._service_starts, *(end + _DAY for end in ends if end < date.max)})

    def _hanging(self, later: Sequence[int], otherwise: int, date_of_service: date) -> DateNeeded:
        candidates: list[Revision | Miss] = []
        for i in later:
            revision = self.revisions[i]
            candidates.append(revision if revision.governs else self._retired(i))
            if self._leaves_a_gap(i):
                candidates.append(self._after_end(i))
        if otherwise < 0:
            candidates.append(self._before_all())
        else:
            revision = self.revisions[otherwise]
            if revision.last is not None and date_of_service > revision.last:
                candidates.append(self._after_end(otherwise))
            else:
                candidates.append(revision if revision.governs else self._retired(otherwise))
        return DateNeeded(candidates=tuple(candidates))

    def _leaves_a_gap(self, position: int) -> bool:
        """Whether some day of processing lies after the end of an entry that applies by it, and before the next."""
        revision = self.revisions[position]
        after = self._by_processing.index(position) + 1
        starts = self._processing_starts
        return revision.last is not None and (after == len(starts) or starts[after] - revision.last > _DAY)

    def _before_all(self) -> Miss:
        if not self.revisions:
            return Miss(reason=Reason.NOT_YET_KNOWN if self.nothing_known else Reason.WITHDRAWN)
        reason = Reason.NOT_YET_EFFECTIVE if self.has_new else Reason.EARLIER_NOT_HELD
        return Miss(reason=reason, after=self.revisions[0].entry)

    def _after_end(self, position: int) -> Miss:
        revision = self.revisions[position]
        if not revision.governs:
            return self._retired(position)
        reason = Reason.IN_A_GAP if revision.following else Reason.ENDED
        return Miss(reason=reason, before=revision.entry, after=revision.following)

    def _retired(self, position: int) -> Miss:
        revision = self.revisions[position]
        return Miss(reason=Reason.RETIRED, before=revision.entry, after=revision.following)


class Timeline:
    """A policy's history, ready to be asked. Safe to share between threads: what it fills in, it fills in alike."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._known_from = _known_from(policy.history)
        self._views: dict[int, View] = {}
        self._whole: View | None = None

    def view(self, known_on: date | None = None) -> View:
        """The history as known at the end of a day, or with all that is known."""
        if known_on is None:
            return self._whole or self._view_of_first(len(self._known_from))
        return self._view_of_first(bisect_right(self._known_from, known_on))

    def known(self, known_on: date | None = None) -> tuple[Entry, ...]:
        """The entries that are known at the end of a day, or all of them."""
        history = self.policy.history
        return history if known_on is None else history[: bisect_right(self._known_from, known_on)]

    def differing_views(self) -> Iterator[View]:
        """The history in every state of knowledge in which something holds that does not hold in a later one, too.

        The last of them is all that is known. Where what is learned only follows, in time, on what was known before,
        the later view says all that the earlier one says.
        """
        history, latest, only_follows = self.policy.history, date.min, True
        for count, entry in enumerate(history):
            # Entries that were learned on one day are one step.
            if count and self._known_from[count] > self._known_from[count - 1]:
                step = history[count : bisect_right(self._known_from, self._known_from[count])]
                for each in step:
                    only_follows = only_follows and _only_follows(each, latest)
                    latest = max(latest, each.effective or date.min)
                if not only_follows:
                    yield self._view_of_first(count)
                only_follows = True
            latest = max(latest, entry.effective or date.min)
        yield self._view_of_first(len(history))

    def in_effect(
        self, *, date_of_service: date, claim_processed: date | None = None, known_on: date | None = None
    ) -> Revision | Miss | DateNeeded:
        """The revision in effect, as known at the end of `known_on`. Both ends of a revision are inclusive."""
        return self.view(known_on).in_effect(date_of_service, claim_processed)

    def _view_of_first(self, count: int) -> View:
        view = self._views.get(count)
        if view is None:
            view = self._views[count] = view_of(self.policy.history[:count])
            if count == len(self._known_from):
                self._whole = view
        return view


def _only_follows(entry: Entry, latest: date) -> bool:
    return (
        entry.replaces is None and entry.withdraws is None and entry.effective is not None and entry.effective > latest
    )


def _known_from(history: Sequence[Entry]) -> list[date]:
    """The day from which each entry is known.

    A history stands in order of publication, so an entry of which that is not told was known no earlier than those
    above it; if it is told of none of them, it counts as always known.
    """
    days: list[date] = []
    day = date.min
    for entry in history:
        day = max(day, entry.known_from or date.min)
        days.append(day)
    return days


def standing(history: Sequence[Entry]) -> tuple[frozenset[str], dict[str, list[Entry]]]:
    """The names of the entries that are void, and by which standing entries each is replaced.

    An entry is void if one that is not void withdraws it, so the history is read from its end.
    """
    void: set[str] = set()
    replaced: dict[str, list[Entry]] = {}
    for entry in reversed(history):
        if entry.revision in void:
            continue
        if entry.withdraws is not None:
            void.add(entry.withdraws)
        if entry.replaces is not None:
            replaced.setdefault(entry.replaces, []).append(entry)
    return frozenset(void), replaced


def view_of(known: Sequence[Entry]) -> View:
    """A history of which these entries, its first, are known."""
    void, replaced = standing(known)
    counting = sorted(
        (entry for entry in known if entry.effective and entry.revision not in void and entry.revision not in replaced),
        key=effective,
    )
    carrier = Carrier(known, counting, replaced)
    revisions: list[Revision] = []
    following: Entry | None = None
    next_alike: dict[AppliesBy, date] = {}
    for entry in reversed(counting):
        ends = [entry.through] if entry.through else []
        # The first day of the calendar has none before it, and nothing can end there.
        if next_alike.get(entry.applies_by, date.min) > date.min:
            ends.append(next_alike[entry.applies_by] - _DAY)
        start = next_alike[entry.applies_by] = effective(entry)
        services = carrier.services(entry)
        last = min(ends, default=None)
        revisions.append(Revision(entry=entry, effective=start, last=last, services=services, following=following))
        following = entry
    revisions.reverse()
    has_new = any(entry.change is Change.NEW and entry.revision not in void for entry in known)
    return View(tuple(revisions), tuple(carrier.uncarried), not known, has_new)
