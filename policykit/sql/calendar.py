"""A calendar in which every month has 31 days, so that months and years are counted by adding whole numbers.

The place of a day in it is `31 * (12 * year + month) + day`. With N months as 31 * N places (docs/format.md, 6.7, where
a sum that lies beyond the end of its month is the last day of the month):

- the day plus N months lies before another day if and only if its place plus 31 * N is less than the other's;
- it lies on or before another day if and only if its place plus 31 * N is at most the other's *end place*, which is that
  of the 31st if the other day is the last of its month, and its own place otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.sql.dialects import day_of, is_last_of_month, month_of, year_of
from policykit.sql.terms import case, number

if TYPE_CHECKING:
    from datetime import date

    from policykit.sql.dialects import Dialect

MONTH: Final = 31
YEAR: Final = 12 * MONTH


def place(day: date) -> int:
    """The place of a day."""
    return day.year * YEAR + day.month * MONTH + day.day


def place_of(day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The place of the date in a column."""
    return place_at(year_of(day.copy(), dialect), month_of(day.copy(), dialect), day_of(day.copy(), dialect))


def end_place_of(day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The end place of the date in a column."""
    year, month, number_of_day = (each(day.copy(), dialect) for each in (year_of, month_of, day_of))
    is_last = is_last_of_month(day.copy(), days_in_month(year, month), dialect)
    return place_at(year.copy(), month.copy(), case([(is_last, number(MONTH))], number_of_day.copy()))


def place_at(year: exp.Expr, month: exp.Expr, day: exp.Expr) -> exp.Expr:
    """The place of a day of a month of a year."""
    months = exp.Add(this=_times(year, YEAR), expression=_times(month, MONTH))
    return exp.paren(exp.Add(this=months, expression=day), copy=False)


def days_in_month(year: exp.Expr, month: exp.Expr) -> exp.Expr:
    """How many days a month has."""
    of_february = case([(_is_leap(year), number(29))], number(28))
    short = exp.In(this=month.copy(), expressions=[number(each) for each in (4, 6, 9, 11)])
    is_february = exp.EQ(this=month.copy(), expression=number(2))
    return case([(short, number(30)), (is_february, of_february)], number(31))


def _is_leap(year: exp.Expr) -> exp.Expr:
    """Every fourth year, but of the hundreds only every fourth."""
    fourth, hundredth, four_hundredth = (
        exp.EQ(this=exp.Mod(this=year.copy(), expression=number(each)), expression=number(0)) for each in (4, 100, 400)
    )
    return exp.paren(
        exp.and_(fourth, exp.paren(exp.or_(exp.not_(hundredth), four_hundredth), copy=False), copy=False), copy=False
    )


def _times(value: exp.Expr, factor: int) -> exp.Expr:
    return exp.Mul(this=value, expression=number(factor))


def month_of_calendar(day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The number of the month of the date in a column, counted from the year 0."""
    months = _times(year_of(day.copy(), dialect), 12)
    return exp.paren(exp.Add(this=months, expression=month_of(day.copy(), dialect)), copy=False)
