"""Comparisons over known values (docs/format.md, section 6).

A comparison is compiled once into a function over a value and the date of service. It answers true, false, or None:
where a value is known only as a range (a partial date, a number counted from one), the comparison may depend on what
the value turns out to be.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from policykit.codes import CodeSet
from policykit.criteria import DATE_OF_SERVICE, Ago, Bound, DayBound, Has, OneOf
from policykit.dates import NEVER, CountRange, DayRange, passing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.criteria import Comparison
    from policykit.dates import Span

Known: TypeAlias = bool | None
# The value has the type that the comparison is for.
Compare: TypeAlias = Callable[[Any, date], Known]


def compile_comparisons(comparisons: Sequence[Comparison]) -> Compare:
    """The function that tells whether all of these hold of a known value."""
    return _every([_compiled(each) for each in comparisons])


def _compiled(comparison: Comparison) -> Compare:
    match comparison:
        case OneOf(values=values):
            return _one_of(values)
        case Has(operator="has_any", values=values):
            return _has_any(values)
        case Has(values=values):
            return _has_all(values)
        case Bound():
            return _bound(comparison)
        case DayBound():
            return _day_bound(comparison)
        case Ago(operator=kind, span=span):
            return _ago(kind, span)
        case _:
            assert_never(comparison)


def _every(compares: list[Compare]) -> Compare:
    if len(compares) == 1:
        return compares[0]

    def compare(value: Any, day: date) -> Known:
        known = True
        for each in compares:
            truth = each(value, day)
            if truth is False:
                return False
            known = known and truth is True
        if known:
            return True
        # Each alone depends on what the value turns out to be; together they may not.
        together = {all(each(one, day) for each in compares) for one in _each_of(value)}
        return together.pop() if len(together) == 1 else None

    return compare


def _each_of(value: DayRange | CountRange) -> Iterator[date | int]:
    if isinstance(value, CountRange):
        yield from range(value.low, value.high + 1)
    else:
        yield from map(date.fromordinal, range(value.first.toordinal(), value.last.toordinal() + 1))


def _one_of(values: tuple[bool | int | float | str, ...] | CodeSet) -> Compare:
    if isinstance(values, CodeSet):
        return lambda code, _day: code in values
    among = frozenset(values)

    def compare(value: Any, _day: date) -> Known:
        if type(value) is CountRange:
            inside = sum(each in among for each in range(value.low, value.high + 1))
            # Every number of the range is listed, or none is, or it depends.
            return True if inside == value.high - value.low + 1 else None if inside else False
        return value in among

    return compare


def _has_any(values: tuple[str, ...] | CodeSet) -> Compare:
    if isinstance(values, CodeSet):
        return lambda codes, _day: any(code in values for code in codes)
    among = frozenset(values)
    return lambda chosen, _day: not among.isdisjoint(chosen)


def _has_all(values: tuple[str, ...] | CodeSet) -> Compare:
    if isinstance(values, CodeSet):
        patterns = [CodeSet((each,)) for each in values.written]
        return lambda codes, _day: all(any(code in pattern for code in codes) for pattern in patterns)
    wanted = frozenset(values)
    return lambda chosen, _day: wanted <= chosen


def _same(first: bool, last: bool) -> Known:
    """What holds of both ends of a range holds of all of it, where the comparison changes at most once along it."""
    return first if first is last else None


def _bound(bound: Bound) -> Compare:
    limit = bound.limit
    compare = {
        "at_least": operator.ge,
        "more_than": operator.gt,
        "at_most": operator.le,
        "less_than": operator.lt,
    }[bound.operator]
    # A number counted from what never happened is beyond every limit from below.
    of_never = bound.operator in {"at_least", "more_than"}

    def holds(value: Any, _day: date) -> Known:
        if type(value) is CountRange:
            return _same(compare(value.low, limit), compare(value.high, limit))
        return of_never if value is NEVER else bool(compare(value, limit))

    return holds


def _day_bound(bound: DayBound) -> Compare:
    compare = {
        "on_or_after": operator.ge,
        "after": operator.gt,
        "on_or_before": operator.le,
        "before": operator.lt,
    }[bound.operator]
    fixed = None if bound.day is DATE_OF_SERVICE else bound.day

    def holds(value: Any, day: date) -> Known:
        limit = day if fixed is None else fixed
        if type(value) is DayRange:
            return _same(compare(value.first, limit), compare(value.last, limit))
        return value is not NEVER and bool(compare(value, limit))

    return holds


def _ago(kind: str, span: Span) -> Compare:
    end = passing(span)
    match kind:
        case "within_last":
            return _within(end)
        case "at_least_ago":
            past = operator.le
        case _:
            past = operator.lt

    def holds(value: Any, day: date) -> Known:
        if type(value) is DayRange:
            return _same(past(end(value.first, day), 0), past(end(value.last, day), 0))
        return value is NEVER or past(end(value, day), 0)

    return holds


def _within(end: Callable[[date, date], int]) -> Compare:
    # The days that meet it lie together: from the first whose span has not passed, through the date of service.
    def holds(value: Any, day: date) -> Known:
        if type(value) is DayRange:
            if value.first > day or end(value.last, day) < 0:
                return False
            return True if value.last <= day and end(value.first, day) >= 0 else None
        return value is not NEVER and value <= day and end(value, day) >= 0

    return holds
