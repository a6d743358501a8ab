"""The rule `threshold-gap`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from policykit.checks.facing import gaps
from policykit.checks.subject import HouseRule
from policykit.rules.rule import Rule
from policykit.rules.sample import FACTS, SAMPLE, coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.problems import Problem
    from policykit.rules.rule import Example

NAME: Final = "threshold-gap"


def gaps_between_limits(subject: Subject) -> Iterator[Problem]:
    """Limits that divide the values of a fact leave nothing out between them.

    So `at_most: 14` and `at_least: 15` are a gap where the fact is a number, and none where it is a whole number. See
    `policykit.checks.facing` for which limits are meant.
    """
    for gap in gaps(subject):
        message = f"`{gap.fact}` is left out where it is {gap.between}"
        advice = (
            "let the limits meet; if the source leaves this out, say so in `reading`, and allow it with that reason"
        )
        yield gap.problem(NAME, message, advice)


_FACTS: Final = SAMPLE[FACTS] + "  knee.swelling_cm: {type: number, unit: cm, ask: By how much is the knee swollen?}\n"
_LIMITS: Final = """
    - {outcome: not-covered, cite: Section C, when: {fact: knee.swelling_cm, UPPER}}
    - {outcome: covered, cite: Section B, when: {fact: knee.swelling_cm, LOWER}}
    - {outcome: not-addressed}
    """


def _limits(upper: str, lower: str) -> Example:
    text = _LIMITS.replace("UPPER", upper).replace("LOWER", lower)
    return replace(coverage(text), beside={FACTS: _FACTS})


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="Two limits of a fact that belong together leave something out between them.",
        why=(
            "Sources often say `up to 14` and `15 and more` of what is measured in tenths, and mean all there is. As"
            " written, 14.5 is neither, and the case falls through to another statement."
        ),
        remedy=(
            "Let the limits meet: `less_than: 15` and `at_least: 15`. If the source leaves something out and you follow"
            " it, say so in a `reading`, and allow it with that reason."
        ),
        fails=_limits("at_most: 14", "at_least: 15"),
        passes=_limits("less_than: 15", "at_least: 15"),
    ),
    of_policy=gaps_between_limits,
)
