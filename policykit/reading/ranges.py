"""Whether comparisons contradict one another, so that no value can meet them all."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from policykit.criteria import Ago, Bound, DayBound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policykit.criteria import Comparison
    from policykit.dates import Span


def is_empty(comparisons: Sequence[Comparison], *, whole: bool) -> bool:
    """Whether the limits among these comparisons leave nothing between them; `whole` counts whole numbers only."""
    bounds = [each for each in comparisons if isinstance(each, Bound)]
    return _no_number(bounds, whole=whole) or _no_day(comparisons) or _no_time(comparisons)


def _no_number(bounds: Sequence[Bound], *, whole: bool) -> bool:
    # A limit and whether it is itself left out.
    low = max(((each.limit, each.operator == "more_than") for each in bounds if _is_lower(each)), default=None)
    high = min(((each.limit, each.operator != "less_than") for each in bounds if not _is_lower(each)), default=None)
    if low is None or high is None:
        return False
    (least, low_open), (most, high_closed) = low, high
    if whole:
        return least + low_open > most - (not high_closed)
    return least > most or (least == most and (low_open or not high_closed))


def _is_lower(bound: Bound) -> bool:
    return bound.operator in {"at_least", "more_than"}


def _no_day(comparisons: Sequence[Comparison]) -> bool:
    # The first and the last day that is left: of the calendar, and counted from the date of service.
    first, last = date.min.toordinal(), date.max.toordinal()
    earliest, latest = -last, last
    for each in comparisons:
        match each:
            case DayBound(operator="on_or_after" | "after" as operator, day=day):
                later = int(operator == "after")
                if isinstance(day, date):
                    first = max(first, day.toordinal() + later)
                else:
                    earliest = max(earliest, later)
            case DayBound(operator=operator, day=day):
                earlier = int(operator == "before")
                if isinstance(day, date):
                    last = min(last, day.toordinal() - earlier)
                else:
                    latest = min(latest, -earlier)
            case Ago(operator="within_last"):
                latest = min(latest, 0)
            case Ago():
                latest = min(latest, -1)
    return first > last or earliest > latest


def _no_time(comparisons: Sequence[Comparison]) -> bool:
    spans = [each for each in comparisons if isinstance(each, Ago)]
    return any(
        _shorter(recent.span, old.span, or_equal=old.operator == "longer_ago_than")
        for recent in spans
        if recent.operator == "within_last"
        for old in spans
        if old.operator != "within_last"
    )


def _shorter(one: Span, other: Span, *, or_equal: bool) -> bool:
    """Whether a span is certainly shorter; months and days cannot be told against each other."""
    size, limit = _size(one), _size(other)
    return size[0] == limit[0] and (size[1] < limit[1] or (or_equal and size[1] == limit[1]))


def _size(span: Span) -> tuple[str, int]:
    match span.unit:
        case "year":
            return "months", 12 * span.count
        case "month":
            return "months", span.count
        case "week":
            return "days", 7 * span.count
        case "day":
            return "days", span.count
