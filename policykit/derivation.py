"""Numbers that follow from a date (docs/format.md, section 6)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from policykit.dates import NEVER, CountRange, DayRange, full_calendar_months, whole_months, whole_years
from policykit.vocabulary import Derivation

if TYPE_CHECKING:
    from policykit.vocabulary import Value

_COUNTERS: Final = {
    Derivation.WHOLE_YEARS_SINCE: whole_years,
    Derivation.WHOLE_MONTHS_SINCE: whole_months,
    Derivation.FULL_CALENDAR_MONTHS_SINCE: full_calendar_months,
}


def counted(way: Derivation, base: Value, day: date) -> Value:
    """The number that follows from the value of a date on a date of service; a range where the date is partial."""
    count = _COUNTERS[way]
    match base:
        case DayRange(first=first, last=last):
            low, high = count(last, day), count(first, day)
            return low if low == high else CountRange(low, high)
        case date():
            return count(base, day)
        case _:
            return NEVER


def agrees(said: Value, follows: Value) -> bool:
    """Whether a number that is stated can be the one that follows."""
    if isinstance(follows, CountRange) and isinstance(said, int):
        return follows.low <= said <= follows.high
    return said == follows
