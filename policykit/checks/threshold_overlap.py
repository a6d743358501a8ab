"""The rule `threshold-overlap`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from policykit.checks.facing import overlaps
from policykit.checks.subject import HouseRule
from policykit.rules.rule import Rule
from policykit.rules.sample import FACTS, SAMPLE, coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.problems import Problem
    from policykit.rules.rule import Example

NAME: Final = "threshold-overlap"


def shared_limits(subject: Subject) -> Iterator[Problem]:
    """Limits that divide the values of a fact share none.

    So `at_most: 15` and `at_least: 15` overlap, and so do `within_last: 12 months` and `at_least_ago: 1 year`, on the
    anniversary. See `policykit.checks.facing` for which limits are meant.
    """
    for shared in overlaps(subject):
        message = f"`{shared.fact}` lies within both limits where it is {shared.between}"
        advice = "take one of them without the value itself; if the source says both, say so in `reading`, and allow it"
        yield shared.problem(NAME, message, advice)


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
        summary="Two limits of a fact that belong together share a value.",
        why=(
            "Whoever has just that value is on both sides. The order of the statements then decides, and the source"
            " perhaps meant the other."
        ),
        remedy=(
            "Take the value away from one of the two: `less_than: 15` and `at_least: 15`; `within_last: 1 year` and"
            " `longer_ago_than: 1 year`. If the source does not say to which it belongs, choose, and say so in a"
            " `reading`."
        ),
        fails=_limits("at_most: 15", "at_least: 15"),
        passes=_limits("less_than: 15", "at_least: 15"),
    ),
    of_policy=shared_limits,
)
