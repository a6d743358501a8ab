"""The dates on which what an entry writes of a service can be put to a case."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from policykit.criteria import Ago, DayBound, leaves_of
from policykit.dates import add
from policykit.policy import AppliesBy
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.policy import Service
    from policykit.timeline import Revision, Timeline, View

_DAY: Final = timedelta(days=1)
_MOST: Final = 24  # occasions for one service in one state of knowledge


@record
class Occasion:
    """The dates of a case, and the revision with the service that is in effect then.

    `claim_processed` and `known_on` are given only where the revision would not be in effect without.
    """

    revision: Revision
    date_of_service: date
    claim_processed: date | None = None
    known_on: date | None = None


def occasions_of(service: Service, timeline: Timeline) -> Iterator[Occasion]:
    """Dates on which a service is in effect as an entry wrote it, with all that is known first; none if it never is.

    Of every revision that has it the first and the last day, and the days beside those that its criteria name. Days
    between them are not tried, and no day again because less was known.
    """
    told: set[tuple[str, date, date | None]] = set()
    for known_on in _states(timeline):
        view = timeline.view(known_on)
        for revision in view.revisions:
            days = (revision.name, revision.effective, revision.last)
            if days not in told and any(each is service for each in revision.services):
                for occasion in islice(_in_view(revision, service, view, known_on), _MOST):
                    told.add(days)
                    yield occasion


def is_cut_short(occasions: Iterable[Occasion]) -> bool:
    """Whether a revision has as many occasions as are given at most, so that it may have more."""
    counts = Counter((each.revision.name, each.known_on) for each in occasions)
    return max(counts.values(), default=0) >= _MOST


def _states(timeline: Timeline) -> Iterator[date | None]:
    """A day of every state of knowledge, the latest first: None asks with all that is known."""
    yield None
    days = sorted({entry.known_from for entry in timeline.policy.history if entry.known_from is not None}, reverse=True)
    yield from days
    if days and days[-1] > date.min:
        yield days[-1] - _DAY


def _in_view(revision: Revision, service: Service, view: View, known_on: date | None) -> Iterator[Occasion]:
    by_service = revision.entry.applies_by is AppliesBy.DATE_OF_SERVICE
    hangs = any(each.entry.applies_by is AppliesBy.CLAIM_PROCESSED for each in view.revisions)
    turning = sorted({day for each in view.revisions for day in _edges(each)}) if hangs else []
    for day in _within(revision, _named_days(service, revision)):
        # The other date, where it matters: the same day, then those on which something begins or ends.
        others = [day, *(each for each in turning if (each >= day) is by_service), *turning]
        pairs = [(day, None), *((day, each) for each in others)] if by_service else [(each, day) for each in others]
        for service_day, processed in pairs:
            if view.in_effect(service_day, processed) is revision:
                yield Occasion(
                    revision=revision, date_of_service=service_day, claim_processed=processed, known_on=known_on
                )
                break


def _edges(revision: Revision) -> Iterator[date]:
    yield revision.effective
    if revision.effective > date.min:
        yield revision.effective - _DAY
    if revision.last is not None:
        yield revision.last
        if revision.last < date.max:
            yield revision.last + _DAY


def _within(revision: Revision, days: Iterable[date]) -> Iterator[date]:
    """The first and the last day of a revision, and those of these days that it governs."""
    first, last = revision.effective, revision.last
    ends = [first, last] if last is not None else [first]
    for day in dict.fromkeys([*ends, *days]):
        if first <= day and (last is None or day <= last):
            yield day


def _named_days(service: Service, revision: Revision) -> Iterator[date]:
    """A day a year on where no end is known, then the days that criteria name, and those a span after them."""
    if revision.last is None and (later := _later(revision.effective, 366)) is not None:
        yield later
    leaves = [leaf for statement in service.coverage if statement.when for leaf in leaves_of(statement.when)]
    comparisons = [each for leaf in leaves for each in leaf.comparisons]
    spans = dict.fromkeys(each.span for each in comparisons if isinstance(each, Ago))
    for bound in comparisons:
        if isinstance(bound, DayBound) and isinstance(bound.day, date):
            for day in (bound.day, *(add(bound.day, span) for span in spans)):
                if day is not None:
                    yield from filter(None, (_later(day, step) for step in (0, 1, -1)))


def _later(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None
