"""By what criteria measure dates, and whether that can come out otherwise on a day that was not tried."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from policykit.criteria import Ago, DayBound, leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.criteria import Criterion, FactIs
    from policykit.vocabulary import Vocabulary

_USUAL: Final = 28  # the last day that every month has
# Measures of one date that stand to each other on every date of service as on those that are looked at.
_ALIKE: Final = (
    {"fixed", "today", "days"},
    {"fixed", "today", "months"},
    {"today", "months", "whole_years_since", "whole_months_since"},
    {"full_calendar_months_since"},
)


def hang_on_the_day(criteria: Iterable[Criterion], days: Iterable[date], vocabulary: Vocabulary) -> bool:
    """Whether the dates that criteria ask for can stand otherwise on a date of service that is none of these days.

    How long ago a fixed day is, and how many days a month has, is another on every date of service. Spans in months and
    years stand alike on all but the last days of a month, to which not every day leads.
    """
    measures: dict[str, set[str]] = {}
    for criterion in (leaf for each in criteria for leaf in leaves_of(each)):
        measures.setdefault(vocabulary.group(criterion.fact), set()).update(_measures(criterion, vocabulary))
    usual = any(day.day <= _USUAL for day in days)
    return any(
        not any(each <= alike for alike in _ALIKE) or ("months" in each and not usual) for each in measures.values()
    )


def _measures(criterion: FactIs, vocabulary: Vocabulary) -> Iterator[str]:
    """By what a criterion measures a date; nothing for other facts."""
    declared = vocabulary.facts.get(criterion.fact)
    if declared is not None and declared.derived is not None:
        yield declared.derived.rule
    for comparison in criterion.comparisons:
        match comparison:
            case Ago(span=span):
                yield "months" if span.unit in {"month", "year"} else "days"
            case DayBound(day=date()):
                yield "fixed"
            case DayBound():
                yield "today"
