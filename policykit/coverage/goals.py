"""What cases are to show of a policy: that every statement decides, and of every criterion each truth.

A criterion also has to decide: to have a truth of its own, the statement that it belongs to being met or not met, while
with the other truth, and all else the same, that statement would not have been the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from policykit.coverage.witness import Demand, to_decide, to_visit
from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.evaluation import Truth
from policykit.policy import Service
from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from policykit.criteria import Criterion
    from policykit.evaluation import Finding
    from policykit.policy import Policy
    from policykit.problems import Location


class Showing(StrEnum):
    """What a case can show of a statement or a criterion."""

    DECIDES = "decides"
    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"


_OF_TRUTH: Final = {
    Truth.MET: Showing.MET,
    Truth.NOT_MET: Showing.NOT_MET,
    Truth.UNKNOWN: Showing.UNKNOWN,
}
_MET: Final = frozenset({Truth.MET})
_NOT_MET: Final = frozenset({Truth.NOT_MET})
_PERHAPS_MET: Final = frozenset({Truth.MET, Truth.UNKNOWN})
_PERHAPS_NOT: Final = frozenset({Truth.NOT_MET, Truth.UNKNOWN})
_LONGEST: Final = 200  # characters of a label


@record
class Element:
    """A coverage statement, or a criterion of one, where an entry writes it.

    `number` is that of the statement, from 1; `path` leads from its criterion to this one by positions of parts, and is
    None for the statement itself. What is named at the top of a document is an element wherever it is used.
    """

    revision: str
    service: Service = field(compare=False, repr=False)
    number: int
    label: str
    path: tuple[int, ...] | None = None
    criterion: Criterion | None = field(default=None, compare=False, repr=False)
    where: Location

    @property
    def key(self) -> tuple[str, tuple[int, ...] | None]:
        """What tells it from all others of its policy, whatever objects the policy is made of."""
        return self.service.coverage[self.number - 1].where.path, self.path

    @property
    def wanted(self) -> tuple[Showing, ...]:
        """What cases are to show of it."""
        return (Showing.DECIDES,) if self.path is None else tuple(Showing)


@record
class Goal:
    """One thing that cases are to show of an element."""

    element: Element
    showing: Showing


def elements_of(policy: Policy) -> Iterator[Element]:
    """Every statement and criterion of a policy, in the order in which its document has them."""
    for entry in policy.history:
        for service in entry.services if isinstance(entry.services, tuple) else ():
            if isinstance(service, Service):
                yield from _of_service(service, entry.revision)


def size_of(policy: Policy) -> int:
    """How many elements a policy has, found without making any of them."""
    sizes: dict[int, int] = {}
    return sum(
        1 + (_size_of(statement.when, sizes) if statement.when is not None else 0)
        for entry in policy.history
        for service in (entry.services if isinstance(entry.services, tuple) else ())
        if isinstance(service, Service)
        for statement in service.coverage
    )


def _size_of(criterion: Criterion, sizes: dict[int, int]) -> int:
    """A criterion and all its parts; wherever a named one is used, its parts are the same object."""
    if isinstance(criterion, FactIs):
        return 1
    size = sizes.get(id(criterion.parts))
    if size is None:
        size = sizes[id(criterion.parts)] = 1 + sum(_size_of(part, sizes) for part in criterion.parts)
    return size


def _of_service(service: Service, revision: str) -> Iterator[Element]:
    for number, statement in enumerate(service.coverage, start=1):
        label = f"Statement {number}, {statement.outcome.value}"
        yield Element(revision=revision, service=service, number=number, label=label, where=statement.where)
        pending: list[tuple[tuple[int, ...], Criterion, str]] = []
        if statement.when is not None:
            pending.append(((), statement.when, f"What statement {number} asks"))
        while pending:
            path, criterion, otherwise = pending.pop()
            label = _label(criterion, otherwise)
            yield Element(
                revision=revision,
                service=service,
                number=number,
                label=label,
                path=path,
                criterion=criterion,
                where=criterion.notes[0].where,
            )
            if not isinstance(criterion, FactIs):
                parts = [*enumerate(criterion.parts)]
                pending += [
                    ((*path, position), part, f"{label}, part {position + 1}") for position, part in reversed(parts)
                ]


def _label(criterion: Criterion, otherwise: str) -> str:
    """What an author calls a criterion, from the place of use inwards."""
    says = next((notes.says for notes in criterion.notes if notes.says), None)
    name = next((notes.id for notes in criterion.notes if notes.id), None)
    label = " ".join((says or name or otherwise).split())
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def shown_by(finding: Finding) -> Iterator[tuple[tuple[int, ...], Showing]]:
    """What the finding of a statement's criterion shows, of it and of all its parts, by their paths."""
    pending: list[tuple[tuple[int, ...], Finding, bool]] = [((), finding, finding.truth is not Truth.UNKNOWN)]
    while pending:
        path, each, turns = pending.pop()
        yield path, _OF_TRUTH[each.truth]
        if turns:
            yield path, Showing.DECIDES
        truths = [part.truth for part in each.parts]
        for position, part in enumerate(each.parts):
            others = truths[:position] + truths[position + 1 :]
            turning = turns and part.truth is not Truth.UNKNOWN and _turns(each.criterion, part.truth, others)
            pending.append(((*path, position), part, turning))


def _turns(criterion: Criterion, truth: Truth, others: Sequence[Truth]) -> bool:
    """Whether a criterion, met or not, would not have its truth if one part had another; `others` are all other parts."""
    match criterion:
        case All():
            return all(each in (_MET if truth is Truth.MET else _PERHAPS_MET) for each in others)
        case AnyOf() | NoneOf():
            return all(each in (_NOT_MET if truth is Truth.NOT_MET else _PERHAPS_NOT) for each in others)
        case CountAtLeast(count=count):
            counted = _MET if truth is Truth.MET else _PERHAPS_MET
            return sum(each in counted for each in others) == count - 1
        case FactIs():
            return False
        case _:
            assert_never(criterion)


def ways_to_show(goal: Goal) -> Iterator[tuple[Demand, ...]]:
    """Demands under which a goal is shown: it is if those of one of these hold."""
    element = goal.element
    coverage = element.service.coverage
    if element.path is None or element.criterion is None:
        yield to_decide(coverage, element.number)
        return
    visited = to_visit(coverage, element.number)
    if goal.showing is not Showing.DECIDES:
        truth = next(truth for truth, showing in _OF_TRUTH.items() if showing is goal.showing)
        yield (*visited, Demand(element.criterion, frozenset({truth})))
        return
    statement = coverage[element.number - 1]
    for truth in (Truth.MET, Truth.NOT_MET):
        above = _above(statement.when, element.path)
        yield (*visited, *_turned_by(element.criterion, truth, above))


def _above(criterion: Criterion | None, path: Iterable[int]) -> list[tuple[Criterion, int]]:
    """The criteria on the way to a part, each with the position at which the way goes on; the nearest first."""
    steps: list[tuple[Criterion, int]] = []
    for position in path:
        if criterion is None or isinstance(criterion, FactIs):
            break
        steps.insert(0, (criterion, position))
        criterion = criterion.parts[position]
    return steps


def _turned_by(criterion: Criterion, truth: Truth, above: Iterable[tuple[Criterion, int]]) -> Iterator[Demand]:
    """What it takes that a criterion has a truth, and all above it have theirs because of it."""
    yield Demand(criterion, frozenset({truth}))
    for each, position in above:
        others = () if isinstance(each, FactIs) else (*each.parts[:position], *each.parts[position + 1 :])
        match each:
            case All():
                yield from (Demand(part, _MET if truth is Truth.MET else _PERHAPS_MET) for part in others)
            case AnyOf():
                yield from (Demand(part, _NOT_MET if truth is Truth.NOT_MET else _PERHAPS_NOT) for part in others)
            case NoneOf():
                yield from (Demand(part, _NOT_MET if truth is Truth.NOT_MET else _PERHAPS_NOT) for part in others)
                truth = Truth.NOT_MET if truth is Truth.MET else Truth.MET
            case CountAtLeast(count=count):
                yield from _one_short(count, others, truth)
            case FactIs():
                return
            case _:
                assert_never(each)


def _one_short(count: int, others: tuple[Criterion, ...], truth: Truth) -> Iterator[Demand]:
    """That of the other parts exactly one fewer counts than have to; where one is not met, the unknown ones count."""
    if count > 1:
        enough = CountAtLeast(count=count - 1, parts=others, notes=())
        yield Demand(enough, _MET if truth is Truth.MET else _PERHAPS_MET)
    if count <= len(others):
        too_many = CountAtLeast(count=count, parts=others, notes=())
        yield Demand(too_many, _PERHAPS_NOT if truth is Truth.MET else _NOT_MET)
