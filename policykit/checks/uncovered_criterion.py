"""The rule `uncovered-criterion`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from policykit.checks.branches import Sizes, written_criteria
from policykit.checks.subject import HouseRule
from policykit.coverage.goals import Showing
from policykit.coverage.measuring import measure
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import CASES, coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.coverage.measuring import PolicyCoverage
    from policykit.decision import Decision
    from policykit.policy import Policy
    from policykit.problems import Location

NAME: Final = "uncovered-criterion"
_MOST: Final = 50_000  # criteria of one policy, of more than which nothing is said
_MOST_WORK: Final = 1_000_000
_TOLD: Final = {
    Showing.DECIDES: "the one that decides",
    Showing.MET: "met",
    Showing.NOT_MET: "not met",
    Showing.UNKNOWN: "not known",
}


def uncovered_criteria(subject: Subject) -> Iterator[Problem]:
    """The cases show every criterion met, not met and not known, and every statement as the one that decides.

    What no case could show is not asked for. A criterion that is used in several places is told once. A policy that no
    case is put to is told at its first entry, and so is one of which so much is not shown that to find out what of it
    could be shown would take too long.
    """
    if not any(_is_of(each, subject.policy) for result in subject.results for each in result.decisions):
        yield _at_first(subject.policy, "no case is put to this policy")
        return
    if _written_out(subject.policy) > _MOST:
        return
    found = measure(subject.timeline, subject.vocabulary, subject.results)
    if _work(found) > _MOST_WORK:
        wanted = sum(len(each.element.wanted) for each in found.elements)
        told = f"the cases show {found.covered} of {wanted} things that cases can show of statements and criteria"
        yield _at_first(subject.policy, told)
        return
    lacking: dict[tuple[Location, str], list[Showing]] = {}
    for goal in found.open:
        element = goal.element
        if element.path is None or goal.showing is not Showing.DECIDES:
            lacking.setdefault((element.where, element.where.path), []).append(goal.showing)
    for (where, _), showings in lacking.items():
        yield _problem(where, showings)


def _is_of(decision: Decision, policy: Policy) -> bool:
    return decision.policy is not None and decision.policy.id == policy.id


def _written_out(policy: Policy) -> int:
    """How many criteria the statements of a policy have, with all that they use written out."""
    sizes = Sizes()
    return sum(sizes.of(each) for each in written_criteria(policy))


def _work(found: PolicyCoverage) -> int:
    """How many criteria have to be gone through to find a case for everything that is not shown.

    For each thing, those of the statements down to the one that it is of.
    """
    sizes = Sizes()
    down_to: dict[tuple[int, int], int] = {}
    for service in {id(each.element.service): each.element.service for each in found.elements}.values():
        size = 0
        for number, statement in enumerate(service.coverage, start=1):
            size += sizes.of(statement.when) if statement.when is not None else 0
            down_to[id(service), number] = size
    return sum(len(each.lacking) * down_to[id(each.element.service), each.element.number] for each in found.elements)


def _at_first(policy: Policy, message: str) -> Problem:
    where = policy.history[0].where
    return Problem(rule=NAME, message=message, where=where, help="`policykit test --coverage` shows the smallest ones")


def _problem(where: Location, showings: list[Showing]) -> Problem:
    *others, last = (_TOLD[each] for each in Showing if each in showings)
    told = f"{', '.join(others)} or {last}" if others else last
    what = "statement as" if Showing.DECIDES in showings else "criterion"
    return Problem(
        rule=NAME,
        message=f"no case shows this {what} {told}",
        where=where,
        help="`policykit test --coverage` shows the smallest cases that do, ready to paste",
    )


_COVERAGE: Final = coverage(
    """
    - {outcome: covered, cite: Section B, when: {fact: patient.age, at_least: 18}}
    - {outcome: not-covered, cite: Section C}
    """
)
_CASE: Final = """
  - case: AGE years of age
    date_of_service: 2025-02-03
    service: {hcpcs: "L9001"}
    facts: {patient.age: AGE}
    expect: {outcome: OUTCOME}
"""
_CASES: Final = (
    "format: 1\npolicy: acme/knee-brace\ncases:"
    + _CASE.replace("AGE", "18").replace("OUTCOME", "covered")
    + _CASE.replace("AGE", "17").replace("OUTCOME", "not-covered").lstrip("\n")
)
_UNKNOWN: Final = """\
  - case: Age not known
    date_of_service: 2025-02-03
    service: {hcpcs: "L9001"}
    expect: {outcome: undetermined}
"""

RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="No case shows a criterion met, not met or not known, or a coverage statement as the one that decides.",
        why=(
            "A case is how an author says which answer is right. What no case touches can be written wrongly, such as"
            " `at_most` for `at_least`, and nothing fails."
        ),
        remedy=(
            "Write the cases that are lacking. `policykit test --coverage` lists the smallest ones. Look at each against"
            " the source before you keep its answer."
        ),
        fails=replace(_COVERAGE, beside={CASES: _CASES}),
        passes=replace(_COVERAGE, beside={CASES: _CASES + _UNKNOWN}),
    ),
    of_policy=uncovered_criteria,
)
