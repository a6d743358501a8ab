"""The rule `unreachable-statement`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.checks.branches import Sizes, written_services
from policykit.checks.subject import HouseRule
from policykit.coverage.measures import hang_on_the_day
from policykit.coverage.occasions import is_cut_short, occasions_of
from policykit.coverage.witness import IMPOSSIBLE, find, to_decide
from policykit.policy import Outcome
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import coverage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from policykit.checks.subject import Subject
    from policykit.policy import Service, Statement
    from policykit.vocabulary import Vocabulary

NAME: Final = "unreachable-statement"
_SEVERAL: Final = 2  # statements, among which all cases may be divided
_STEPS: Final = 2_000  # of one search for a case
_MOST: Final = 30_000  # criteria that are gone through for one policy, all searches together


def unreachable_statements(subject: Subject) -> Iterator[Problem]:
    """Of every coverage statement there is a case that it decides.

    It is told of a statement where that is proved not to be so: on every date on which the answer could turn, whatever
    the facts, it is not met, or one before it is. Where the proof would take too long, nothing is said. Nor is anything of
    a last `not-addressed` where several statements above it divide all cases among them: the last has to be there.
    """
    sizes, left = Sizes(), _MOST
    # From the latest entry on, which is the one that is being written.
    for _, service in reversed([*written_services(subject.policy)]):
        occasions = [*occasions_of(service, subject.timeline)]
        days = [] if is_cut_short(occasions) else sorted({each.date_of_service for each in occasions})
        size = 0
        for number, statement in enumerate(service.coverage, start=1):
            size += sizes.of(statement.when) if statement.when is not None else 1
            left -= size * len(days)
            if left < 0:
                return
            divided = number > _SEVERAL and statement.outcome is Outcome.NOT_ADDRESSED
            if not divided and _is_unreachable(service, number, days, subject.vocabulary):
                yield _problem(number, statement)


def _is_unreachable(service: Service, number: int, days: Sequence[date], vocabulary: Vocabulary) -> bool:
    written = service.coverage[:number]
    criteria = [each.when for each in written if each.when is not None]
    if not days or hang_on_the_day(criteria, days, vocabulary):
        return False
    demands = to_decide(written, number)
    return all(
        find(demands, on=day, vocabulary=vocabulary, codes=service.codes, steps=_STEPS) is IMPOSSIBLE for day in days
    )


def _problem(number: int, statement: Statement) -> Problem:
    if statement.when is None:
        message = "whatever the facts, a statement above this one is met, so that it never decides"
        advice = "delete the last of those with its `when`, or look for a criterion that is too wide"
    else:
        message = f"whatever the facts, statement {number} never decides: it cannot be met where those above it are not"
        advice = "put the statement with the narrower criterion first, or look for a limit that is mistaken"
    return Problem(rule=NAME, message=message, where=statement.where, help=advice)


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="error",
        summary="There is no case that a coverage statement decides.",
        why=(
            "The source says something, and no answer ever will. Mostly a limit is mistaken, or a statement above it takes"
            " all its cases, and their answers are wrong."
        ),
        remedy=(
            "Put the statement with the narrower criterion first, and look at the limits again. It is told only where no"
            " facts whatever lead to the statement."
        ),
        fails=coverage(
            """
            - {outcome: covered, cite: Section B, when: {fact: patient.age, at_least: 18}}
            - {outcome: deferred, to: the geriatric reviewer, cite: Section C, when: {fact: patient.age, at_least: 65}}
            - {outcome: not-covered, cite: Section D}
            """
        ),
        passes=coverage(
            """
            - {outcome: deferred, to: the geriatric reviewer, cite: Section C, when: {fact: patient.age, at_least: 65}}
            - {outcome: covered, cite: Section B, when: {fact: patient.age, at_least: 18}}
            - {outcome: not-covered, cite: Section D}
            """
        ),
    ),
    of_policy=unreachable_statements,
)
