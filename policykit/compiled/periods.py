"""When each revision of a policy governs, as rows: by the days of a case, and by what was known on which day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from policykit.timeline import Timeline

if TYPE_CHECKING:
    from policykit.policy import Policy

_DAY = timedelta(days=1)


class Period(NamedTuple):
    """A revision that counts, and its days, for as long as that is what is known; days are written YYYY-MM-DD.

    `known_from` and `known_until` are the first and the last day of that, `first_day` and `last_day` those that the
    revision governs, of the kind of date that it applies by; None where there is no first or last. Of all periods that
    are known and have begun, the one with the latest `first_day` is in effect, unless its `last_day` has passed or it
    does not govern, being the end of what was before.
    """

    revision: str
    known_from: str | None
    known_until: str | None
    applies_by: str
    first_day: str
    last_day: str | None
    governs: bool


def periods_of(policy: Policy) -> tuple[Period, ...]:
    """The periods of a policy in every state of knowledge, in order of time."""
    timeline = Timeline(policy)
    days = sorted({date.min, *(entry.known_from for entry in policy.history if entry.known_from)})
    since: dict[tuple[str, str, str, str | None, bool], date] = {}
    periods: list[Period] = []
    for day in days:
        now = dict.fromkeys(
            (
                each.name,
                each.entry.applies_by.value,
                each.effective.isoformat(),
                each.last.isoformat() if each.last else None,
                each.governs,
            )
            for each in timeline.view(day).revisions
        )
        periods += [_period(each, since.pop(each), day - _DAY) for each in [*since] if each not in now]
        for each in now:
            since.setdefault(each, day)
    periods += [_period(each, first, None) for each, first in since.items()]
    return tuple(sorted(periods, key=lambda each: (each.first_day, each.known_from or "", each.known_until or "~")))


def _period(row: tuple[str, str, str, str | None, bool], first: date, last: date | None) -> Period:
    revision, applies_by, first_day, last_day, governs = row
    return Period(
        revision=revision,
        known_from=first.isoformat() if first > date.min else None,
        known_until=last.isoformat() if last else None,
        applies_by=applies_by,
        first_day=first_day,
        last_day=last_day,
        governs=governs,
    )
