"""What comparisons leave of a fact's values: pieces of a scale, each with the limits that bound it.

A position on a scale is a value and whether it lies just before (0) or just after (1) that value; a piece goes from one
position to another. On scales of whole values, positions stand before a value only: after 14 is before 15.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from policykit.codes import CodeSet
from policykit.criteria import Ago, Bound, DayBound, Has, OneOf
from policykit.records import record

if TYPE_CHECKING:
    from policykit.criteria import Comparison
    from policykit.dates import Span
    from policykit.problems import Location

Position: TypeAlias = tuple[Decimal, int]


class Scale(Enum):
    """What values are measured on; dates by the calendar, or by how long before the date of service they lie."""

    WHOLE_NUMBER = "whole number"
    NUMBER = "number"
    DAY = "day"
    SERVICE = "day of service"
    DAYS_AGO = "days ago"
    MONTHS_AGO = "months ago"

    @property
    def is_whole(self) -> bool:
        """Whether between two neighbouring values there is no other."""
        return self not in {Scale.NUMBER, Scale.MONTHS_AGO}


@record(kw_only=False)
class Limit:
    """Where a piece ends. `written` is the comparison that says so, at a place; None if it is only listed values."""

    at: Position
    written: str | None = None
    where: Location | None = None
    step: Decimal = Decimal(1)  # between a value as precise as this one is written, and the next


@record(kw_only=False)
class Piece:
    """The values from one position to another."""

    low: Limit
    high: Limit


LOWEST: Final = Limit((Decimal("-Infinity"), 0))
HIGHEST: Final = Limit((Decimal("Infinity"), 0))
_SERVICE: Final = Decimal(0)


def pieces_of(comparison: Comparison, where: Location, *, whole: bool) -> tuple[Scale, tuple[Piece, ...]] | None:
    """What a comparison leaves, and on which scale; None where it is of no such kind. `whole` counts whole numbers."""
    match comparison:
        case OneOf(values=values):
            return _listed(values, whole=whole)
        case Has():
            return None
        case Bound(operator=operator, limit=limit):
            scale = Scale.WHOLE_NUMBER if whole else Scale.NUMBER
            value = _exact(limit)
            after = operator in {"more_than", "at_most"}
            written = _Written(scale, f"`{operator}: {limit}`", where, _step(value))
            return scale, (written.piece(value, after=after, below=operator in {"at_most", "less_than"}),)
        case DayBound(operator=operator, day=day):
            if isinstance(day, date):
                scale, value, shown = Scale.DAY, Decimal(day.toordinal()), day.isoformat()
            else:
                scale, value, shown = Scale.SERVICE, _SERVICE, day.value
            after = operator in {"after", "on_or_before"}
            written = _Written(scale, f"`{operator}: {shown}`", where)
            return scale, (written.piece(value, after=after, below=operator in {"on_or_before", "before"}),)
        case Ago(operator=operator, span=span):
            scale, value, step = _length(span)
            written = _Written(scale, f"`{operator}: {span}`", where, step)
            return scale, (written.piece(value, after=operator != "at_least_ago", below=operator == "within_last"),)
        case _:
            assert_never(comparison)


def met(one: Piece, other: Piece) -> Piece | None:
    """What two pieces have in common."""
    low = one.low if one.low.at >= other.low.at else other.low
    high = one.high if one.high.at <= other.high.at else other.high
    return Piece(low, high) if low.at < high.at else None


def without(piece: Piece) -> tuple[Piece, ...]:
    """What lies outside of a piece. Only what is written is a limit of it."""
    below = Piece(LOWEST, _turned(piece.low)) if piece.low.at != LOWEST.at else None
    above = Piece(_turned(piece.high), HIGHEST) if piece.high.at != HIGHEST.at else None
    return tuple(each for each in (below, above) if each is not None)


def told(scale: Scale, first: Position, last: Position) -> str:
    """What lies between two positions, in words."""
    (low, after_low), (high, after_high) = first, last
    match scale:
        case Scale.WHOLE_NUMBER:
            return f"{_shown(low)}"
        case Scale.NUMBER if low == high:
            return f"{_shown(low)}"
        case Scale.NUMBER:
            return f"{'above' if after_low else 'from'} {_shown(low)} and {'up to' if after_high else 'below'} {_shown(high)}"
        case Scale.DAY:
            return date.fromordinal(int(low)).isoformat()
        case Scale.SERVICE:
            return "the date of service"
        case Scale.DAYS_AGO:
            return f"exactly {_shown(low)} days before the date of service"
        case Scale.MONTHS_AGO if low == high:
            return f"exactly {_months(low)} before the date of service"
        case Scale.MONTHS_AGO:
            start = "longer than" if after_low else "at least"
            end = "at most" if after_high else "less than"
            return f"{start} {_months(low)} and {end} {_months(high)} before the date of service"
        case _:
            assert_never(scale)


@record(kw_only=False)
class _Written:
    """A comparison with one limit, as it is written somewhere."""

    scale: Scale
    comparison: str
    where: Location
    step: Decimal = Decimal(1)

    def piece(self, value: Decimal, *, after: bool, below: bool) -> Piece:
        """The piece below, or else above, the position before or after a value."""
        limit = Limit(_position(self.scale, value, after=after), self.comparison, self.where, self.step)
        if below:
            return Piece(LOWEST, limit)
        return Piece(limit, HIGHEST)


def _listed(
    values: tuple[bool | int | float | str, ...] | CodeSet, *, whole: bool
) -> tuple[Scale, tuple[Piece, ...]] | None:
    if isinstance(values, CodeSet):
        return None
    numbers = [_exact(each) for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    if not numbers:
        return None
    scale = Scale.WHOLE_NUMBER if whole else Scale.NUMBER
    return scale, tuple(
        Piece(Limit(_position(scale, each, after=False)), Limit(_position(scale, each, after=True))) for each in numbers
    )


def _position(scale: Scale, value: Decimal, *, after: bool) -> Position:
    return (value + after, 0) if scale.is_whole else (value, int(after))


def _turned(limit: Limit) -> Limit:
    if limit.written is None:
        return limit
    return Limit(limit.at, f"none of {limit.written}", limit.where, limit.step)


def _exact(number: float) -> Decimal:
    return Decimal(str(number))


def _step(value: Decimal) -> Decimal:
    """One in the last place that a number is written with."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(1)


def _length(span: Span) -> tuple[Scale, Decimal, Decimal]:
    """A span on its scale, and one of the units that it is written in."""
    match span.unit:
        case "year":
            return Scale.MONTHS_AGO, Decimal(12 * span.count), Decimal(12)
        case "month":
            return Scale.MONTHS_AGO, Decimal(span.count), Decimal(1)
        case "week":
            return Scale.DAYS_AGO, Decimal(7 * span.count), Decimal(1)
        case "day":
            return Scale.DAYS_AGO, Decimal(span.count), Decimal(1)


def _months(count: Decimal) -> str:
    number, unit = (count / 12, "year") if count % 12 == 0 else (count, "month")
    return f"{number:f} {unit}{'' if number == 1 else 's'}"


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"
