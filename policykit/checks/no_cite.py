"""The rule `no-cite`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from policykit.checks.branches import parts_of, written_services
from policykit.checks.subject import HouseRule
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import criterion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.criteria import Criterion

NAME: Final = "no-cite"


class _Cited(Enum):
    """Whether a criterion can be found in the source: all of it, some of its parts, or nothing."""

    WHOLE = "whole"
    PARTLY = "partly"
    NOT = "not"


def uncited_criteria(subject: Subject) -> Iterator[Problem]:
    """Every criterion can be found in the source.

    It can if it has a `cite` itself, where it stands or where it is defined, if it stands within one that has, or if
    all its parts can be found. The `cite` of a statement is also that of the comparison that is the whole of its
    `when`, but does not tell where each of several parts stands.
    """
    reader = _Reader()
    for _, service in written_services(subject.policy):
        for statement in service.coverage:
            criterion = statement.when
            if criterion is None:
                continue
            if statement.cite is None:
                yield from reader.uncited(criterion)
            elif reader.cited(criterion) is not _Cited.WHOLE:
                yield from reader.uncited_parts(criterion)


class _Reader:
    """Looks criteria through, each once: what is used in several places has its parts told once."""

    def __init__(self) -> None:
        self._known: dict[int, _Cited] = {}
        self._told: set[int] = set()

    def cited(self, criterion: Criterion) -> _Cited:
        if any(notes.cite for notes in criterion.notes):
            return _Cited.WHOLE
        parts = parts_of(criterion)
        if not parts:
            return _Cited.NOT
        if id(parts) not in self._known:
            found = {self.cited(part) for part in parts}
            self._known[id(parts)] = found.pop() if len(found) == 1 else _Cited.PARTLY
        return self._known[id(parts)]

    def uncited(self, criterion: Criterion) -> Iterator[Problem]:
        match self.cited(criterion):
            case _Cited.NOT:
                yield _problem(criterion)
            case _Cited.PARTLY:
                yield from self.uncited_parts(criterion)

    def uncited_parts(self, criterion: Criterion) -> Iterator[Problem]:
        parts = parts_of(criterion)
        if id(parts) not in self._told:
            self._told.add(id(parts))
            for part in parts:
                yield from self.uncited(part)


def _problem(criterion: Criterion) -> Problem:
    return Problem(
        rule=NAME,
        message="nothing says where in the source this criterion stands",
        where=criterion.notes[0].where,
        help="add `cite` here or to the criterion around it, such as `cite: Section B, first paragraph`",
    )


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="Nothing says where in the source a criterion stands.",
        why=(
            "Whoever doubts an answer wants to read the sentence that it rests on, and whoever gets the next version of the"
            " source has to find what changed in it. A criterion that cannot be found there may have been made up."
        ),
        remedy=(
            "Give the criterion a `cite`, or the one around it where all of it stands in one place. The `cite` of the"
            " statement will do only for a single comparison: of several parts it does not tell where each stands."
        ),
        fails=criterion(
            """
            all:
              - {fact: knee.instability, is: severe, cite: "Section B, point 1"}
              - {fact: knee.therapy_weeks, at_least: 6}
            """
        ),
        passes=criterion(
            """
            all:
              - {fact: knee.instability, is: severe, cite: "Section B, point 1"}
              - {fact: knee.therapy_weeks, at_least: 6, cite: "Section B, point 2"}
            """
        ),
    ),
    of_policy=uncited_criteria,
)
