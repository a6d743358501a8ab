"""The small pieces that queries are put together from."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

# A chain of so many alternatives is read at a glance; a longer one is halved, and halved again.
_CHAIN: Final = 8


def column(name: str, table: str | None = None) -> exp.Column:
    """A column of a common table expression of ours, whose names need no quotes."""
    return exp.column(name, table)


def text(value: str | None) -> exp.Expr:
    """A text, or null."""
    return exp.null() if value is None else exp.Literal.string(value)


def number(value: int | None) -> exp.Expr:
    """A whole number, or null."""
    return exp.null() if value is None else exp.Literal.number(value)


def day(value: date | None) -> exp.Expr:
    """A date, or null."""
    return exp.cast(exp.null() if value is None else exp.Literal.string(value.isoformat()), exp.DataType.Type.DATE)


def case(whens: Iterable[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr | None) -> exp.Expr:
    """The first alternative whose condition is true; without any, what holds otherwise."""
    alternatives = list(whens)
    if not alternatives:
        return otherwise if otherwise is not None else exp.null()
    result = exp.Case()
    for condition, value in alternatives:
        result = result.when(condition, value, copy=False)
    return result.else_(otherwise, copy=False) if otherwise is not None else result


def by_number(selector: exp.Expr, branches: Sequence[tuple[int, exp.Expr]], comments: Sequence[str] = ()) -> exp.Expr:
    """The branch whose number the selector is, null for any other; numbers ascend. Many branches make a tree."""
    if len(branches) > _CHAIN:
        half = len(branches) // 2
        below = exp.LT(this=selector.copy(), expression=number(branches[half][0]))
        first = by_number(selector, branches[:half], comments[:half])
        return case([(below, first)], by_number(selector, branches[half:], comments[half:]))
    whens = [(exp.EQ(this=selector.copy(), expression=number(key)), branch) for key, branch in branches]
    for (_, branch), comment in zip(whens, comments, strict=False):
        branch.add_comments([comment])
    return case(whens, None)


def from_day_on(axis: exp.Expr, steps: Sequence[tuple[date, exp.Expr]]) -> exp.Expr:
    """What holds from the last of these days on that is not past; the first of them is before all."""
    if len(steps) > _CHAIN:
        half = len(steps) // 2
        before = exp.LT(this=axis.copy(), expression=day(steps[half][0]))
        return case([(before, from_day_on(axis, steps[:half]))], from_day_on(axis, steps[half:]))
    whens = [(exp.LT(this=axis.copy(), expression=day(until)), value) for (_, value), (until, _) in pairwise(steps)]
    return case(whens, steps[-1][1])


def every(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """All of the conditions; true where there are none."""
    found = list(conditions)
    return exp.and_(*found, copy=False, wrap=True) if found else exp.true()


def some(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """One of the conditions or more; false where there are none."""
    found = list(conditions)
    return exp.or_(*found, copy=False, wrap=True) if found else exp.false()


def joined(texts: Sequence[exp.Expr]) -> exp.Expr:
    """Texts, none of them null, one after the other."""
    return reduce(lambda left, right: exp.DPipe(this=left, expression=right, safe=False), texts)


def is_null(value: exp.Expr) -> exp.Expr:
    """Whether a value is null."""
    return exp.Is(this=value, expression=exp.null())


def is_not_null(value: exp.Expr) -> exp.Expr:
    """Whether a value is not null."""
    return exp.Not(this=is_null(value))


def total(numbers: Iterable[exp.Expr]) -> exp.Expr:
    """The sum of numbers, of one at least."""

    def plus(left: exp.Expr, right: exp.Expr) -> exp.Expr:
        return exp.Add(this=left, expression=right)

    return reduce(plus, numbers)
