"""Comparisons of dates, partial ones and those that never came among them (docs/format.md, 6.4 to 6.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.criteria import DATE_OF_SERVICE, Ago, DayBound
from policykit.sql.calendar import MONTH
from policykit.sql.dialects import days_between
from policykit.sql.meeting import cannot_meet
from policykit.sql.terms import case, day, every, is_not_null, number, some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policykit.dates import Span
    from policykit.sql.scope import Days, Scope

_OPERATORS: Final[dict[str, type[exp.Binary]]] = {
    "on_or_after": exp.GTE,
    "after": exp.GT,
    "on_or_before": exp.LTE,
    "before": exp.LT,
}
_FROM_BELOW: Final = frozenset({"on_or_after", "after"})
_DAYS_IN: Final = {"day": 1, "week": 7}
_MONTHS_IN: Final = {"month": 1, "year": 12}


def compare_days(days: Days, comparisons: Sequence[DayBound | Ago], scope: Scope) -> exp.Expr:
    """Whether all of these hold of a date."""
    if days.exact:
        result = every(_of_all(days, each, scope) for each in comparisons)
    else:
        all_of_them = every(_of_all(days, each, scope) for each in comparisons)
        none_of_them = [_of_none(days, each, scope) for each in comparisons]
        if apart := [*cannot_meet(comparisons, scope)]:
            none_of_them.append(every([is_not_null(days.first.copy()), some(apart)]))
        result = case([(all_of_them, exp.true()), (some(none_of_them), exp.false())], None)
    if days.never is None:
        return result
    of_never = all(isinstance(each, Ago) and each.operator != "within_last" for each in comparisons)
    return case([(days.never.copy(), exp.true() if of_never else exp.false())], result)


def _of_all(days: Days, comparison: DayBound | Ago, scope: Scope) -> exp.Expr:
    """Whether every day of the range meets a comparison."""
    match comparison:
        case DayBound(operator=kind):
            return _bounded(days.first if kind in _FROM_BELOW else days.last, comparison, scope)
        case Ago(operator="within_last", span=span):
            not_later = exp.LTE(this=days.last.copy(), expression=scope.day.value.copy())
            return every([not_later, exp.not_(_passed(days, span, scope, last=False), copy=False)])
        case Ago(operator="at_least_ago", span=span):
            return _reached(days, span, scope, last=True)
        case Ago(span=span):
            return _passed(days, span, scope, last=True)


def _of_none(days: Days, comparison: DayBound | Ago, scope: Scope) -> exp.Expr:
    """Whether no day of the range meets a comparison."""
    match comparison:
        case DayBound(operator=kind):
            return exp.not_(_bounded(days.last if kind in _FROM_BELOW else days.first, comparison, scope), copy=False)
        case Ago(operator="within_last", span=span):
            later = exp.GT(this=days.first.copy(), expression=scope.day.value.copy())
            return some([later, _passed(days, span, scope, last=True)])
        case Ago(operator="at_least_ago", span=span):
            return exp.not_(_reached(days, span, scope, last=False), copy=False)
        case Ago(span=span):
            return exp.not_(_passed(days, span, scope, last=False), copy=False)


def _bounded(value: exp.Expr, bound: DayBound, scope: Scope) -> exp.Expr:
    limit = scope.day.value.copy() if bound.day is DATE_OF_SERVICE else day(bound.day)
    return _OPERATORS[bound.operator](this=value.copy(), expression=limit)


def _passed(days: Days, span: Span, scope: Scope, *, last: bool) -> exp.Expr:
    """Whether a day plus a span lies before the date of service."""
    if span.unit in _DAYS_IN:
        since = days.last if last else days.first
        return exp.GT(this=_elapsed(since, scope), expression=number(span.count * _DAYS_IN[span.unit]))
    since = days.last_place if last else days.first_place
    return exp.LT(this=_months_on(since, span), expression=scope.day.place.copy())


def _reached(days: Days, span: Span, scope: Scope, *, last: bool) -> exp.Expr:
    """Whether a day plus a span lies on or before the date of service."""
    if span.unit in _DAYS_IN:
        since = days.last if last else days.first
        return exp.GTE(this=_elapsed(since, scope), expression=number(span.count * _DAYS_IN[span.unit]))
    since = days.last_place if last else days.first_place
    return exp.LTE(this=_months_on(since, span), expression=scope.day.place_end.copy())


def _elapsed(since: exp.Expr, scope: Scope) -> exp.Expr:
    return days_between(scope.day.value.copy(), since.copy(), scope.dialect)


def _months_on(since_place: exp.Expr, span: Span) -> exp.Expr:
    places = span.count * _MONTHS_IN[span.unit] * MONTH
    return exp.Add(this=since_place.copy(), expression=number(places))
