"""Which comparisons of a date no single day can meet together.

Each comparison is met by the days from some first one through some last one. So those of a partial date can meet all
of them if each of its comparisons is met by one of its days, and each pair of comparisons by some day. What is left to
tell here is which pairs are not. Where both hang on the same date of service, that is plain; only where months meet
days does it take a computation.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp

from policykit.criteria import DATE_OF_SERVICE, Ago
from policykit.records import record
from policykit.sql.calendar import MONTH, days_in_month, place, place_of
from policykit.sql.dialects import day_of, days_before, days_between, month_of, year_of
from policykit.sql.terms import case, day, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from policykit.criteria import DayBound
    from policykit.sql.scope import Scope


@record(kw_only=False)
class _Fixed:
    """A day, and so many days after it."""

    day: date
    later: int = 0


@record(kw_only=False)
class _Service:
    """So many days after the date of service, or before."""

    later: int


@record(kw_only=False)
class _Months:
    """The day from which it is so many months to the date of service; `strict`, a day from which it is more."""

    count: int
    strict: bool = False


_End: TypeAlias = _Fixed | _Service | _Months


def cannot_meet(comparisons: Sequence[DayBound | Ago], scope: Scope) -> Iterator[exp.Expr]:
    """Conditions of which each says that no day meets a pair of these comparisons."""
    ends = [_ends(each) for each in comparisons]
    for (here, (first, _)), (there, (_, last)) in product(enumerate(ends), repeat=2):
        if here != there and first is not None and last is not None:
            apart = _apart(first, last, scope)
            if apart is not None:
                yield apart


def _ends(comparison: DayBound | Ago) -> tuple[_End | None, _End | None]:
    """The first and the last day that meet a comparison; None where there is no end."""
    if isinstance(comparison, Ago):
        span = comparison.span
        months = {"month": span.count, "year": 12 * span.count}.get(span.unit)
        days = {"day": span.count, "week": 7 * span.count}.get(span.unit, 0)
        match comparison.operator:
            case "within_last":
                return (_Service(-days) if months is None else _Months(months)), _Service(0)
            case "at_least_ago":
                return None, _Service(-days) if months is None else _Months(months)
            case "longer_ago_than":
                return None, _Service(-days - 1) if months is None else _Months(months, strict=True)
    fixed = comparison.day

    def end(later: int) -> _End:
        return _Service(later) if fixed is DATE_OF_SERVICE else _Fixed(fixed, later)

    match comparison.operator:
        case "on_or_after":
            return end(0), None
        case "after":
            return end(1), None
        case "on_or_before":
            return None, end(0)
        case "before":
            return None, end(-1)


def _apart(first: _End, last: _End, scope: Scope) -> exp.Expr | None:
    """Whether the first day that meets one comparison lies after the last that meets another; None if it never does."""
    if isinstance(first, _Months):
        return (
            _months_apart(first, last, scope) if isinstance(last, _Months) else _days_before_months(first, last, scope)
        )
    if isinstance(last, _Months):
        return _days_after_months(first, last, scope)
    service = scope.day.value
    if isinstance(first, _Fixed):
        if isinstance(last, _Fixed):
            return _if((first.day - last.day).days + first.later - last.later > 0)
        between = days_between(day(first.day), service.copy(), scope.dialect)
    elif isinstance(last, _Service):
        return _if(first.later > last.later)
    else:
        between = days_between(service.copy(), day(last.day), scope.dialect)
    return exp.GT(this=between, expression=number(last.later - first.later))


def _days_before_months(first: _Months, last: _Fixed | _Service, scope: Scope) -> exp.Expr | None:
    """Whether a last day plus so many months still lies before the date of service."""
    if isinstance(last, _Fixed):
        there = _place_after(last)
    elif last.later < -1:
        there = place_of(days_before(scope.day.value.copy(), -last.later, scope.dialect), scope.dialect)
    else:
        # In the last month lie the date of service and the day before it.
        return None
    return exp.LT(this=_on(there, first.count), expression=scope.day.place.copy())


def _days_after_months(first: _Fixed | _Service, last: _Months, scope: Scope) -> exp.Expr | None:
    """Whether a first day plus so many months does not lie on or before the date of service; if strict, not before."""
    if isinstance(first, _Fixed):
        there = _place_after(first)
    elif first.later < 0:
        there = place_of(days_before(scope.day.value.copy(), -first.later, scope.dialect), scope.dialect)
    else:
        return exp.true()
    limit = scope.day.place if last.strict else scope.day.place_end
    return (exp.GTE if last.strict else exp.GT)(this=_on(there, last.count), expression=limit.copy())


def _if(condition: bool) -> exp.Expr | None:
    return exp.true() if condition else None


def _months_apart(first: _Months, last: _Months, scope: Scope) -> exp.Expr | None:
    if first.count != last.count or last.strict:
        return _if(first.count <= last.count)
    # The one month is too short to have the day of the month of the date of service.
    years, months = divmod(first.count, 12)
    year, month, day_of_month = (each(scope.day.value.copy(), scope.dialect) for each in (year_of, month_of, day_of))
    same_year = exp.GT(this=month.copy(), expression=number(months))
    there = case([(same_year, _minus(month, months))], _minus(month, months - 12))
    year_there = case([(same_year.copy(), _minus(year, years))], _minus(year, years + 1))
    return exp.GT(this=day_of_month, expression=days_in_month(year_there, there))


def _on(there: exp.Expr, months: int) -> exp.Expr:
    return exp.Add(this=there, expression=number(months * MONTH))


def _minus(value: exp.Expr, count: int) -> exp.Expr:
    return exp.paren(exp.Sub(this=value.copy(), expression=exp.paren(number(count), copy=False)), copy=False)


def _place_after(fixed: _Fixed) -> exp.Expr:
    """The place of a fixed end. What lies beyond the calendar, no date meets by itself."""
    try:
        return number(place(fixed.day + timedelta(days=fixed.later)))
    except OverflowError:
        return number(place(fixed.day))
