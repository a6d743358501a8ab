"""Numbers that are counted from a date (docs/format.md, 6.8 and 7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.sql.calendar import MONTH, YEAR, month_of_calendar
from policykit.sql.scope import Count
from policykit.sql.steps import Step
from policykit.sql.terms import case, every, is_not_null, number, some
from policykit.vocabulary import Derivation

if TYPE_CHECKING:
    from policykit.sql.scope import DayOfService, Days, Number
    from policykit.sql.stated import Stated
    from policykit.vocabulary import Fact

_UNITS: Final = {Derivation.WHOLE_YEARS_SINCE: YEAR, Derivation.WHOLE_MONTHS_SINCE: MONTH}
# No limit of a policy has more than 15 digits. A larger number is taken for this one, so that its multiple is a number.
_BEYOND: Final = 10**15


def count_of(
    fact: Fact, base: Days, said: Number | None, day: DayOfService, stated: Stated
) -> tuple[Count, exp.Expr | None]:
    """The number counted from a date, or the one that is said instead; and when the two do not agree."""
    assert fact.derived is not None  # noqa: S101  # the caller has seen it
    way, name = fact.derived.rule, fact.name.replace(".", "_")
    unit = _UNITS.get(way, 1)
    high = _counted(way, base.first, base.first_place, day, stated)
    low = high if base.exact else _counted(way, base.last, base.last_place, day, stated)
    disagrees = None
    if said is not None:
        disagrees = every([is_not_null(said.value.copy()), _apart(said, low, high, unit, base.never)])
        as_said = _times(_limited(said.value), unit)
        high = exp.func("COALESCE", as_said.copy(), high)
        low = high if base.exact else exp.func("COALESCE", as_said, low)
    top = stated.steps.put(Step.FACTS, name if base.exact else f"{name}_high", high)
    bottom = top if base.exact else stated.steps.put(Step.FACTS, f"{name}_low", low)
    return Count(low=bottom, high=top, unit=unit, never=base.never), disagrees


def _counted(way: Derivation, since: exp.Expr, since_place: exp.Expr, day: DayOfService, stated: Stated) -> exp.Expr:
    """The number counted from a day, times its unit and not rounded."""
    if way in _UNITS:
        return exp.paren(exp.Sub(this=day.place_end.copy(), expression=since_place.copy()))
    until, since = (month_of_calendar(each, stated.dialect) for each in (day.value, since))
    months = exp.paren(exp.Sub(this=until, expression=since))
    # Neither of the two months counts; in the same one, and in the next, there is none between.
    later = exp.GT(this=months, expression=number(0))
    return case([(later, exp.Sub(this=months.copy(), expression=number(1)))], months.copy())


def _apart(said: Number, low: exp.Expr, high: exp.Expr, unit: int, never: exp.Expr | None) -> exp.Expr:
    """Whether a number that is said is none that can follow."""
    value = _limited(said.value)
    above = exp.GT(this=_times(value, unit), expression=high.copy())
    next_value = exp.paren(exp.Add(this=value.copy(), expression=number(1)))
    below = exp.LTE(this=_times(next_value, unit), expression=low.copy())
    return some([above, below, *([never.copy()] if never is not None else [])])


def _limited(value: exp.Expr) -> exp.Expr:
    """A number, or the largest that is told apart."""
    far, below = number(_BEYOND), number(-_BEYOND)
    above = exp.GT(this=value.copy(), expression=far)
    return case([(above, far.copy()), (exp.LT(this=value.copy(), expression=below), below.copy())], value.copy())


def _times(value: exp.Expr, unit: int) -> exp.Expr:
    return exp.Mul(this=exp.paren(value.copy()), expression=number(unit)) if unit != 1 else value.copy()
