"""Days, and partial dates, that criteria can tell apart on one date of service."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from math import ceil, floor
from typing import TYPE_CHECKING, assert_never

from policykit.criteria import DATE_OF_SERVICE, Ago, Bound, DayBound, Has, OneOf
from policykit.dates import DayRange, add, last_day
from policykit.derivation import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from policykit.criteria import Comparison
    from policykit.dates import Span
    from policykit.vocabulary import Derivation

_ALL = range(date.min.toordinal(), date.max.toordinal() + 1)


def cuts_of(comparison: Comparison, day: date) -> Iterator[int]:
    """The ordinals of the days from which a comparison of dates may say something else than on the day before."""
    match comparison:
        case DayBound(operator=operator, day=bound):
            limit = day if bound is DATE_OF_SERVICE else bound
            yield limit.toordinal() + (operator in {"after", "on_or_before"})
        case Ago(operator=operator, span=span):
            yield day.toordinal() + 1
            yield _first(lambda since: _is_past(since, span, day, reached=operator != "at_least_ago"))
        case OneOf() | Has() | Bound():
            return
        case _:
            assert_never(comparison)


def cuts_of_count(rule: Derivation, limits: Collection[float], day: date) -> Iterator[int]:
    """The same for limits of a number that is derived from the date."""
    for limit in limits:
        for number in {floor(limit), ceil(limit), floor(limit) + 1}:
            # The number falls as the date moves on.
            yield _first(lambda since, least=number: number_since(rule, since, day) < least)  # type: ignore[misc]


def days_around(cuts: Collection[int], day: date) -> tuple[tuple[date, ...], tuple[DayRange, ...]]:
    """A day on either side of every cut, and the years and months within which a cut lies.

    Those days nearest to the date of service come first, and none that lies after it before one that does not.
    """
    ordinals = {each for cut in cuts for each in (cut - 1, cut) if each in _ALL} or {day.toordinal()}
    exact = sorted(map(date.fromordinal, ordinals), key=lambda each: (each > day, abs(each - day)))
    inside = [date.fromordinal(cut) for cut in sorted(set(cuts), reverse=True) if cut in _ALL]
    months = [
        DayRange(each.replace(day=1), each.replace(day=last_day(each.year, each.month)))
        for each in inside
        if each.day > 1
    ]
    years = [
        DayRange(date(each.year, 1, 1), date(each.year, 12, 31)) for each in inside if (each.month, each.day) > (1, 1)
    ]
    return tuple(exact), tuple(dict.fromkeys([*years, *months]))


def number_since(rule: Derivation, since: date, day: date) -> int:
    """The number that follows from a whole date."""
    number = counted(rule, since, day)
    assert isinstance(number, int)  # noqa: S101  # a range only follows from a partial date
    return number


def _first(holds: Callable[[date], bool]) -> int:
    """The first day of the calendar from which on something holds; one past the last if it never does."""
    return _ALL[0] + bisect_left(_ALL, True, key=lambda ordinal: holds(date.fromordinal(ordinal)))


def _is_past(since: date, span: Span, day: date, *, reached: bool) -> bool:
    """Whether the span after a date ends after a day, or on it, too, where `reached`."""
    end = add(since, span)
    return end is None or end > day or (reached and end == day)
