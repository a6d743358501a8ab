"""The rule `judgement-with-test`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.checks.subject import HouseRule
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import facts
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Whole

NAME: Final = "judgement-with-test"
# What a limit, a day or a span is held against, and no clinician.
_MEASURED: Final = frozenset({FactType.INTEGER, FactType.NUMBER, FactType.DATE})


def tested_judgements(whole: Whole) -> Iterator[Problem]:
    """A fact that only a clinician can answer is no number and no date.

    Whatever a criterion asks of a number or a date is a mechanical test: a limit, a day, a span. Where the clinician
    judges, the fact is what he or she concludes.
    """
    for fact in whole.vocabulary.facts.values():
        if fact.judgement and fact.type in _MEASURED and fact.where is not None:
            what = "follows from a date" if fact.derived else f"is of type {fact.type}, which criteria test by limits"
            yield Problem(
                rule=NAME,
                message=f"`{fact.name}` is left to the judgement of a clinician, and yet it {what}",
                where=fact.where,
                help="delete `judgement`, or ask for the clinician's conclusion as a `boolean` or a `choice`",
            )


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="A fact that only a clinician can answer is a number or a date, which criteria hold against a limit.",
        why=(
            "One of the two is not meant. If the source gives the limit, nobody has to judge, and the case need not wait"
            " for a clinician. If it leaves the matter to a clinician, a limit decides instead of him or her."
        ),
        remedy=(
            "Where the source gives the limit, delete `judgement`. Where it leaves the matter to a clinician, ask for the"
            " conclusion: a `boolean`, or a `choice` in the words of the source."
        ),
        fails=facts("knee.pain_score: {type: integer, ask: How strong is the pain?, judgement: true}"),
        passes=facts("knee.pain_is_severe: {type: boolean, ask: Is the pain severe?, judgement: true}"),
    ),
    of_library=tested_judgements,
)
