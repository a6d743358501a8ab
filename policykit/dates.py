"""Days, partial dates and spans of time, under one rule.

The rule (docs/format.md, section 6): adding years or months to a date clamps to the end of the month, and everything
else is said by adding. Counting back is never used.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
_YEAR: Final = re.compile(r"[0-9]{4}", re.ASCII)
_SPAN: Final = re.compile(r"([1-9][0-9]{0,3}) (year|month|week|day)s?", re.ASCII)

Unit = Literal["year", "month", "week", "day"]


class Never(Enum):
    """The value of a date fact whose event never happened, and of a number derived from it."""

    NEVER = "never"


NEVER: Final = Never.NEVER


@record(kw_only=False)
class DayRange:
    """A partial date: some day from `first` through `last`, both inclusive; which one is not known."""

    first: date
    last: date


@record(kw_only=False)
class CountRange:
    """A whole number derived from a partial date: somewhere from `low` through `high`, both inclusive."""

    low: int
    high: int


@record(kw_only=False)
class Span:
    """A length of time, such as 15 years."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


def read_day(text: str) -> date | None:
    """The day that `YYYY-MM-DD` names, or None: no other spelling, and no day that does not exist."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_partial(text: str) -> date | DayRange | None:
    """The day, or the days, that `YYYY-MM-DD`, `YYYY-MM` or `YYYY` names, or None."""
    if match := _MONTH.fullmatch(text):
        year, month = int(match[1]), int(match[2])
        if not (year and 1 <= month <= 12):  # noqa: PLR2004  # the months of a year
            return None
        return DayRange(date(year, month, 1), date(year, month, last_day(year, month)))
    if _YEAR.fullmatch(text):
        year = int(text)
        return DayRange(date(year, 1, 1), date(year, 12, 31)) if year else None
    return read_day(text)


def read_span(text: str) -> Span | None:
    """The span that `15 years`, `1 month`, `12 weeks` or `90 days` names, or None."""
    match = _SPAN.fullmatch(text)
    if not match:
        return None
    unit = match[2]
    assert unit in {"year", "month", "week", "day"}  # noqa: S101  # the pattern admits no other
    return Span(int(match[1]), unit)  # type: ignore[arg-type]


def last_day(year: int, month: int) -> int:
    """The number of days of a month."""
    return 31 if month == 12 else (date(year, month + 1, 1) - timedelta(days=1)).day  # noqa: PLR2004  # December


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on, or the last of that month where it has no such day.

    Raises `OverflowError` beyond the years 1 to 9999.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not date.min.year <= year <= date.max.year:
        raise OverflowError("the date leaves the calendar")
    return date(year, month, min(day.day, last_day(year, month)))


def add(day: date, span: Span) -> date | None:
    """The day a span later, or None where it lies beyond the calendar, and so after every day."""
    try:
        match span.unit:
            case "year":
                return add_months(day, 12 * span.count)
            case "month":
                return add_months(day, span.count)
            case "week":
                return day + timedelta(weeks=span.count)
            case "day":
                return day + timedelta(days=span.count)
    except OverflowError:
        return None


def passing(span: Span) -> Callable[[date, date], int]:
    """How the day a span after a date lies to another day: negative before it, 0 on it, positive after it.

    What `add` and a comparison would tell, counted in whole months or days.
    """
    match span.unit:
        case "year":
            return _months_passing(12 * span.count)
        case "month":
            return _months_passing(span.count)
        case "week":
            return _days_passing(7 * span.count)
        case "day":
            return _days_passing(span.count)


def _months_passing(months: int) -> Callable[[date, date], int]:
    def passing(since: date, day: date) -> int:
        apart = months - (day.year - since.year) * 12 + since.month - day.month
        if apart:
            return apart
        over = since.day - day.day
        # In the same month: a later day of it is clamped to the last one, and that may be the day.
        return 0 if over > 0 and day.day == last_day(day.year, day.month) else over

    return passing


def _days_passing(days: int) -> Callable[[date, date], int]:
    return lambda since, day: since.toordinal() + days - day.toordinal()


def whole_months(since: date, until: date) -> int:
    """The largest number of months that, added to `since`, is not past `until`; negative where `since` lies later."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return months if min(since.day, last_day(until.year, until.month)) <= until.day else months - 1


def whole_years(since: date, until: date) -> int:
    """The largest number of years that, added to `since`, is not past `until`; negative where `since` lies later."""
    return whole_months(since, until) // 12


def full_calendar_months(since: date, until: date) -> int:
    """The whole calendar months that lie between the months of two dates; negative where `since` lies in a later one."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return months - 1 if months > 0 else months
