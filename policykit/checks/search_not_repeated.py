"""The rule `search-not-repeated`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from policykit.checks.subject import HouseRule
from policykit.dates import Span, add
from policykit.policy import Change, Kind
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import POLICY, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.policy import Entry

NAME: Final = "search-not-repeated"
_LONGEST: Final = Span(12, "month")


def old_searches(subject: Subject) -> Iterator[Problem]:
    """Of a policy that says that nothing was determined, the latest search lies twelve months back or less.

    Asked of the entries that count: a search, or the correction of one. It was known from `known_from`, or else from
    its `effective`. What was corrected was not searched again, so of a correction its `effective` is taken.
    """
    revisions = subject.timeline.view().revisions
    if subject.policy.kind is not Kind.NO_DETERMINATION or not revisions or not revisions[-1].governs:
        return
    entry = max((revision.entry for revision in revisions), key=_searched)
    expected = add(_searched(entry), _LONGEST)
    if expected is not None and expected < subject.today:
        key = "effective" if _searched(entry) == entry.effective else "known_from"
        yield Problem(
            rule=NAME,
            message=f"nobody has looked for a determination since {_searched(entry)}",
            where=entry.places.get(key, entry.where),
            help="search again, and add an entry with `change: searched`, or retire this and add what was found",
        )


def _searched(entry: Entry) -> date:
    assert entry.effective is not None  # noqa: S101  # an entry that counts has one
    found = entry.known_from if entry.change is Change.SEARCHED else None
    return found or entry.effective


_DOCUMENT: Final = """
    format: 1
    policy: acme/knee-brace
    title: "Knee braces: no determination found"
    payer: acme
    kind: no-determination
    history:
      - revision: DAY
        change: searched
        summary: No determination was found.
        effective: DAY
        services:
          - service: Knee brace
            codes: {hcpcs: ["L9001"]}
            coverage: [{outcome: deferred, to: the reviewer}]
    """

RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="That nothing was determined was last looked up more than twelve months ago.",
        why=(
            "That there is no determination is true on the day of the search. Afterwards one may have come, and nothing"
            " in the library would show it."
        ),
        remedy=(
            "Search again. If there is still none, add an entry with `change: searched` and the day. If there is one,"
            " retire this document, and write another for what was found."
        ),
        fails=replace(whole(POLICY, _DOCUMENT.replace("DAY", "2024-06-03")), today=date(2025, 6, 4)),
        passes=replace(whole(POLICY, _DOCUMENT.replace("DAY", "2024-06-03")), today=date(2025, 6, 3)),
    ),
    of_policy=old_searches,
    varies=True,
)
