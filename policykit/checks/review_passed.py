"""The rule `review-passed`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from textwrap import dedent
from typing import TYPE_CHECKING, Final

from policykit.checks.subject import HouseRule
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject

NAME: Final = "review-passed"


def passed_reviews(subject: Subject) -> Iterator[Problem]:
    """The review that the latest entry plans does not lie in the past.

    The latest is, of those that count, the one with the latest `effective`: where another follows, somebody looked
    again. Of a retired policy no review is expected.
    """
    revisions = subject.timeline.view().revisions
    if not revisions or not revisions[-1].governs:
        return
    entry = revisions[-1].entry
    if entry.next_review is not None and entry.next_review < subject.today:
        yield Problem(
            rule=NAME,
            message=f"a review was planned for {entry.next_review}, and no later revision is on file",
            where=entry.places.get("next_review", entry.where),
            help="look for the payer's current text, and add what it says as a new entry, be it `change: review`",
        )


_PLANNED: Final = """
    - revision: 2025-01-01
      change: new
      summary: New policy.
      effective: 2025-01-01
      next_review: 2025-12-01
      services:
        - service: Knee brace
          codes: {hcpcs: ["L9001"]}
          coverage: [{outcome: covered, cite: Section B}]
    """
_REVIEWED: Final = """
    - revision: 2026-01-01
      change: review
      summary: Reviewed, no change.
      effective: 2026-01-01
      next_review: 2026-12-01
      services: unchanged
    """

RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="The payer planned to review its policy by a day that lies in the past, and no later revision is on file.",
        why=(
            "Either the payer is late, or there is a newer text and the library does not have it. Then it answers by"
            " criteria that no longer hold."
        ),
        remedy=(
            "Look for the payer's current text, and add what it says as a new entry. If nothing that decides has changed,"
            " that is an entry with `change: review`. If there is no newer text, allow this with the day on which you"
            " looked."
        ),
        fails=replace(history(_PLANNED), today=date(2026, 1, 15)),
        passes=replace(history(dedent(_PLANNED) + dedent(_REVIEWED)), today=date(2026, 1, 15)),
    ),
    of_policy=passed_reviews,
    varies=True,
)
