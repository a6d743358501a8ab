"""Comparisons of numbers, those that are counted from a date among them (docs/format.md, 6.4 and 6.8)."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlglot import exp

from policykit.criteria import Bound, OneOf
from policykit.sql.terms import case, every, is_not_null, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policykit.sql.scope import Count, Number

# Whole numbers from one through another; None where there is no end.
Run: TypeAlias = tuple[int | None, int | None]

_OPERATORS: Final[dict[str, type[exp.Binary]]] = {
    "at_least": exp.GTE,
    "more_than": exp.GT,
    "at_most": exp.LTE,
    "less_than": exp.LT,
}
_OF_NEVER: Final = frozenset({"at_least", "more_than"})


def compare_number(number: Number, comparisons: Sequence[OneOf | Bound]) -> exp.Expr:
    """Whether all of these hold of a number."""
    value = number.value
    return every(_compared(value.copy(), each, whole=number.whole) for each in comparisons)


def _compared(value: exp.Expr, comparison: OneOf | Bound, *, whole: bool) -> exp.Expr:
    if isinstance(comparison, Bound):
        return _OPERATORS[comparison.operator](this=value, expression=_literal(comparison.limit))
    listed = dict.fromkeys(_listed(comparison))
    values = [each for each in listed if not whole or each == floor(each)]
    if not values:
        return case([(is_not_null(value), exp.false())], None)
    return exp.In(this=value, expressions=[_literal(each) for each in values])


def compare_count(count: Count, comparisons: Sequence[OneOf | Bound]) -> exp.Expr:
    """Whether all of these hold of a number that is counted from a date, and may be a range."""
    runs = _runs(comparisons)
    result = some(_within(count, run) for run in runs)
    if not runs:
        result = case([(is_not_null(count.low.copy()), exp.false())], None)
    elif not count.exact:
        result = case([(result, exp.true()), (every(_apart(count, run) for run in runs), exp.false())], None)
    if count.never is None:
        return result
    of_never = all(isinstance(each, Bound) and each.operator in _OF_NEVER for each in comparisons)
    return case([(count.never.copy(), exp.true() if of_never else exp.false())], result)


def _runs(comparisons: Sequence[OneOf | Bound]) -> list[Run]:
    """The whole numbers that meet every comparison, in runs between which there are gaps."""
    low: int | None = None
    high: int | None = None
    listed: set[int] | None = None
    for each in comparisons:
        match each:
            case Bound(operator="at_least", limit=limit):
                low = _larger(low, ceil(limit))
            case Bound(operator="more_than", limit=limit):
                low = _larger(low, floor(limit) + 1)
            case Bound(operator="at_most", limit=limit):
                high = _smaller(high, floor(limit))
            case Bound(limit=limit):
                high = _smaller(high, ceil(limit) - 1)
            case OneOf():
                values = {int(value) for value in _listed(each) if value == floor(value)}
                listed = values if listed is None else listed & values
    if listed is not None:
        return _joined(value for value in listed if (low is None or value >= low) and (high is None or value <= high))
    return [] if low is not None and high is not None and low > high else [(low, high)]


def _joined(values: Iterable[int]) -> list[Run]:
    runs: list[tuple[int, int]] = []
    for value in sorted(values):
        if runs and runs[-1][1] == value - 1:
            runs[-1] = (runs[-1][0], value)
        else:
            runs.append((value, value))
    return [*runs]


def _within(count: Count, run: Run) -> exp.Expr:
    """Whether the range lies in a run."""
    first, last = run
    ends: list[exp.Expr] = []
    if first is not None:
        ends.append(exp.GTE(this=count.low.copy(), expression=_literal(first * count.unit)))
    if last is not None:
        ends.append(exp.LT(this=count.high.copy(), expression=_literal((last + 1) * count.unit)))
    return every(ends)


def _apart(count: Count, run: Run) -> exp.Expr:
    """Whether the range has no number in common with a run."""
    first, last = run
    ends: list[exp.Expr] = []
    if first is not None:
        ends.append(exp.LT(this=count.high.copy(), expression=_literal(first * count.unit)))
    if last is not None:
        ends.append(exp.GTE(this=count.low.copy(), expression=_literal((last + 1) * count.unit)))
    return some(ends)


def _listed(comparison: OneOf) -> list[int | float]:
    """The numbers of a list; a fact that is a number is compared with nothing else."""
    assert isinstance(comparison.values, tuple)  # noqa: S101  # a set of codes is for facts that are codes
    return [each for each in comparison.values if isinstance(each, int | float)]


def _larger(one: int | None, other: int) -> int:
    return other if one is None else max(one, other)


def _smaller(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)


def _literal(value: float) -> exp.Expr:
    if isinstance(value, int) or value == floor(value):
        return exp.Literal.number(int(value))
    # Without the cast some dialects would compare it as a decimal, others as a binary fraction.
    return exp.cast(exp.Literal.number(repr(value)), exp.DataType.Type.DOUBLE)
