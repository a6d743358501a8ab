"""The coverage statements of a service, ready to be put to facts (docs/format.md, section 9).

They are walked function by function at first, and by functions written out for them once that pays: where a policy is
asked a few times, writing them would take longer than all of its answers.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar

from policykit.decision import PossibleOutcome, StatementFinding
from policykit.evaluation import Truth, compile_criterion
from policykit.generation import written_explain, written_walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from policykit.criteria import Criterion
    from policykit.evaluation import Compiled, Facts
    from policykit.generation import Explain, Walk
    from policykit.policy import Statement

_Found = TypeVar("_Found")

# Writing a function out takes about as long as it saves in so many uses.
ENOUGH: Final = 500
# Criteria of one service. Where there are more, writing would hold up an answer for too long.
LARGEST: Final = 500


class Coverage:
    """The statements of a service. Safe to share between threads: what changes is only how they are walked.

    `possible` is the outcome of each. `walk` tells which can be the answer, as bits from the first, of which the
    highest is the one that is met; `explain` tells what is found of each, down to that one.
    """

    __slots__ = ("explain", "possible", "statements", "walk")

    walk: Walk
    explain: Explain

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = tuple(statements)
        self.possible = tuple(PossibleOutcome(each.outcome, each.to) for each in statements)
        compiled = tuple(compile_criterion(each.when) if each.when else None for each in statements)
        self.walk, self.explain = plain_walk(compiled), plain_explain(self.statements, compiled)
        if sum(_size(each.when) for each in statements if each.when) <= LARGEST:
            self.walk = self._replaced("walk", self.walk, written_walk)
            self.explain = self._replaced("explain", self.explain, written_explain)

    def _replaced(
        self,
        name: str,
        plain: Callable[[Facts, date], _Found],
        written: Callable[[Sequence[Statement]], Callable[[Facts, date], _Found]],
    ) -> Callable[[Facts, date], _Found]:
        """A function that, used often enough, puts the one that is written out in its place."""
        uses = count(1)

        def counted(facts: Facts, day: date) -> _Found:
            # Whichever thread comes to this number, no other does.
            if next(uses) == ENOUGH:
                setattr(self, name, written(self.statements))
            return plain(facts, day)

        return counted


def plain_walk(compiled: Sequence[Compiled | None]) -> Walk:
    """What `Coverage.walk` means, with the criterion of each statement as functions, or None where it always holds."""
    tests = [(1 << position, each.holds if each else None) for position, each in enumerate(compiled)]

    def walk(facts: Facts, day: date) -> int:
        reached = 0
        for bit, holds in tests:
            truth = True if holds is None else holds(facts, day)
            if truth is not False:
                reached |= bit
                if truth:
                    break
        return reached

    return walk


def plain_explain(statements: Sequence[Statement], compiled: Sequence[Compiled | None]) -> Explain:
    """What `Coverage.explain` means, likewise."""
    explains = [each.explain if each else None for each in compiled]

    def explained(facts: Facts, day: date) -> tuple[StatementFinding, ...]:
        found: list[StatementFinding] = []
        for number, (statement, explain) in enumerate(zip(statements, explains, strict=True), start=1):
            finding = explain(facts, day) if explain else None
            truth = finding.truth if finding else Truth.MET
            found.append(StatementFinding(number, statement, truth, finding))
            if truth is Truth.MET:
                break
        return tuple(found)

    return explained


def _size(criterion: Criterion) -> int:
    return 1 + sum(_size(part) for part in getattr(criterion, "parts", ()))
