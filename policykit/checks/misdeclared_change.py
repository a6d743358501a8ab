"""The rule `misdeclared-change`."""

from __future__ import annotations

from itertools import pairwise
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Final

from policykit.checks.subject import HouseRule
from policykit.differing.difference import sort_of_change
from policykit.policy import Change
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import after_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject

NAME: Final = "misdeclared-change"
# What an entry calls itself, what it is, and how that is told.
_TOLD: Final = {
    (Change.REVIEW, Change.CRITERIA): "something that decides is not as it stood",
    (Change.REVIEW, Change.CODES): "its codes are not as they stood",
    (Change.CODES, Change.CRITERIA): "more than codes is not as it stood",
    (Change.CODES, Change.REVIEW): "everything that decides is as it stood",
    (Change.CRITERIA, Change.REVIEW): "everything that decides is as it stood",
}


def misdeclared_changes(subject: Subject) -> Iterator[Problem]:
    """An entry is the sort of change that it calls itself.

    Asked of the entries that count and call themselves `review`, `codes` or `criteria`: each against the one before it in
    order of `effective`, if that is no retirement. An entry that goes by another date than the one before it changes
    something even where its services do not; and `criteria` may be codes, too.
    """
    for before, after in pairwise(subject.timeline.view().revisions):
        entry = after.entry
        if not before.governs or entry.change not in {Change.REVIEW, Change.CODES, Change.CRITERIA}:
            continue
        sort = sort_of_change(before.services, after.services)
        if sort is Change.REVIEW and entry.applies_by is not before.entry.applies_by:
            continue
        if told := _TOLD.get((entry.change, sort)):
            yield Problem(
                rule=NAME,
                message=f"this calls itself `{entry.change}`, but {told} in `{before.name}`",
                where=entry.places.get("change", entry.where),
                help=f"`policykit diff {subject.policy.id} {before.name} {after.name}` shows the difference",
            )


_REVIEW: Final = """
    - revision: 2026-01-01
      change: review
      summary: Reviewed, no change.
      effective: 2026-01-01
    """
_ANEW: Final = """
      services:
        - service: Knee brace
          codes: {hcpcs: ["L9001"]}
          coverage: [{outcome: medically-necessary, cite: Section B}]
    """

RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="error",
        summary="An entry calls itself another sort of change than it is.",
        why=(
            "Readers rely on the word. Behind `review`, nobody looks for new criteria; if there are some, they are a slip"
            " of the pen, or the payer did change something, and the word is wrong."
        ),
        remedy=(
            "Look at the source. If it changed nothing that decides, write `services: unchanged`; otherwise put right"
            " `change`. If the payer changed words that are not encoded here, that is `change: review` with a summary of"
            " them."
        ),
        fails=after_first(dedent(_REVIEW) + indent(dedent(_ANEW), "  ")),
        passes=after_first(dedent(_REVIEW) + "  services: unchanged"),
    ),
    of_policy=misdeclared_changes,
)
