"""The tree of criteria: what a policy asks, inert. Whoever consumes it is one `match` that ends in `assert_never`.

The meaning of every operator and comparison stands in docs/format.md, section 6.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from policykit.codes import CodeSet
    from policykit.dates import Span
    from policykit.problems import Location


class OnService(Enum):
    """A date that differs from case to case."""

    DATE_OF_SERVICE = "date_of_service"


DATE_OF_SERVICE: Final = OnService.DATE_OF_SERVICE


@record
class OneOf:
    """The value is the one, or one of those, listed."""

    operator: Literal["is", "in"]
    values: tuple[bool | int | float | str, ...] | CodeSet


@record
class Has:
    """The set has at least one, or every one, of those listed."""

    operator: Literal["has_any", "has_all"]
    values: tuple[str, ...] | CodeSet


@record
class Bound:
    """The number lies on one side of a limit."""

    operator: Literal["at_least", "more_than", "at_most", "less_than"]
    limit: int | float


@record
class DayBound:
    """The date lies on one side of a day."""

    operator: Literal["on_or_after", "after", "on_or_before", "before"]
    day: date | OnService


@record
class Ago:
    """The date lies a span, or not so far, before the date of service. Holds of no future date."""

    operator: Literal["within_last", "at_least_ago", "longer_ago_than"]
    span: Span


Comparison: TypeAlias = OneOf | Has | Bound | DayBound | Ago


@record
class Notes:
    """What an author says about a criterion; none of it decides."""

    id: str | None = None
    says: str | None = None
    cite: str | None = None
    quote: str | None = None
    reading: str | None = None
    where: Location = field(compare=False, repr=False)


@record
class All:
    """Every one of the parts."""

    parts: tuple[Criterion, ...]
    notes: tuple[Notes, ...]


@record
class AnyOf:
    """One or more of the parts."""

    parts: tuple[Criterion, ...]
    notes: tuple[Notes, ...]


@record
class NoneOf:
    """Not one of the parts."""

    parts: tuple[Criterion, ...]
    notes: tuple[Notes, ...]


@record
class CountAtLeast:
    """So many of the parts, or more."""

    count: int
    parts: tuple[Criterion, ...]
    notes: tuple[Notes, ...]


@record
class FactIs:
    """A fact for which every comparison holds."""

    fact: str
    comparisons: tuple[Comparison, ...]
    notes: tuple[Notes, ...]


# `notes` begins with those at the place of use; where a named criterion is used, those of its definition follow. The
# first always exists and has the place where the criterion stands.
Criterion: TypeAlias = All | AnyOf | NoneOf | CountAtLeast | FactIs


def leaves_of(criterion: Criterion) -> Iterator[FactIs]:
    """The facts that a criterion asks for, with what they are compared with, in document order."""
    if isinstance(criterion, FactIs):
        yield criterion
    else:
        for part in criterion.parts:
            yield from leaves_of(part)
