"""When which revision of a policy is in effect, cut into stretches of days.

Nothing is decided anew here: between two days on which an entry begins, ends or becomes known, the answer of the
timeline is the same, so it is asked once for each such stretch.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from policykit.policy import AppliesBy
from policykit.records import record
from policykit.timeline import DateNeeded, Miss, Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from policykit.timeline import Timeline, View

Found: TypeAlias = Revision | Miss | DateNeeded


class Axis(StrEnum):
    """The dates of a claim on which the revision depends."""

    KNOWN_ON = "known_on"
    DATE_OF_SERVICE = "date_of_service"
    CLAIM_PROCESSED = "claim_processed"


@record(kw_only=False)
class Stretches:
    """What holds from each of these days on, up to the next; the first is the first day of the calendar.

    `unknown` is what holds where the date is not told; None for a date that always is.
    """

    axis: Axis
    steps: tuple[tuple[date, Node], ...]
    unknown: Node | None = None


# Where no date matters any more: the position of what was found.
Node: TypeAlias = int | Stretches


@record
class Timetable:
    """All that can be found of a policy, and when which of it is."""

    found: tuple[Found, ...]
    node: Node


def timetable(
    timeline: Timeline, *, by_processing: bool, by_knowledge: bool, known_on: date | None = None
) -> Timetable:
    """The timetable of a policy, for claims of which some, or none, tell when they are processed, and `known_on`.

    Those that do not tell it are asked as known on the one given, or with all that is known.
    """
    maker = _Maker(by_processing=by_processing)
    untold = maker.of_view(timeline.view(known_on))
    if not by_knowledge:
        return Timetable(found=maker.all(), node=untold)
    days = [date.min, *(entry.known_from for entry in timeline.policy.history if entry.known_from is not None)]
    node = _stretches(Axis.KNOWN_ON, days, lambda day: maker.of_view(timeline.view(day)), unknown=untold)
    return Timetable(found=maker.all(), node=node)


def always(found: Revision) -> Timetable:
    """The timetable on which one revision governs, whatever the dates are."""
    return Timetable(found=(found,), node=0)


class _Maker:
    """Collects what is found, each once."""

    def __init__(self, *, by_processing: bool) -> None:
        self._found: dict[Hashable, tuple[int, Found]] = {}
        self._by_processing = by_processing

    def all(self) -> tuple[Found, ...]:
        return tuple(found for _, found in self._found.values())

    def of_view(self, view: View) -> Node:
        return _stretches(
            Axis.DATE_OF_SERVICE, _days(view, AppliesBy.DATE_OF_SERVICE), lambda day: self._on(view, day), unknown=None
        )

    def _on(self, view: View, date_of_service: date) -> Node:
        untold = self._position(view.in_effect(date_of_service, None))
        if not self._by_processing:
            return untold
        return _stretches(
            Axis.CLAIM_PROCESSED,
            _days(view, AppliesBy.CLAIM_PROCESSED),
            lambda processed: self._position(view.in_effect(date_of_service, processed)),
            unknown=untold,
        )

    def _position(self, found: Found) -> int:
        return self._found.setdefault(_key(found), (len(self._found), found))[0]


def _stretches(axis: Axis, days: Iterable[date], on: Callable[[date], Node], *, unknown: Node | None) -> Node:
    """What holds on each of these days; those on which nothing changes are left out."""
    steps: list[tuple[date, Node]] = []
    for day in sorted(set(days)):
        node = on(day)
        if not steps or steps[-1][1] != node:
            steps.append((day, node))
    only = steps[0][1]
    if len(steps) == 1 and unknown in (None, only):
        return only
    return Stretches(axis, tuple(steps), unknown)


def _days(view: View, basis: AppliesBy) -> list[date]:
    """The days from which something else can hold, the first day of the calendar among them."""
    days = [date.min]
    for revision in view.revisions:
        if revision.entry.applies_by is basis:
            days.append(revision.effective)
            if revision.last is not None and revision.last < date.max:
                days.append(revision.last + timedelta(days=1))
    return days


def _key(found: Found) -> Hashable:
    """What is the same for two states of knowledge as far as an answer tells: two of one key are answered alike."""
    match found:
        case Revision():
            return (found.name, tuple(id(service) for service in found.services), found.following is not None)
        case Miss():
            return (found.reason, found.before and found.before.revision, found.after and found.after.revision)
        case DateNeeded(candidates=candidates):
            return tuple(_key(each) for each in candidates)


def revisions_of(found: Found) -> tuple[Revision, ...]:
    """The revisions that govern, or may."""
    match found:
        case Revision():
            return (found,)
        case Miss():
            return ()
        case DateNeeded(candidates=candidates):
            return tuple(each for each in candidates if isinstance(each, Revision))
