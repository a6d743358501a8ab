"""What is otherwise between the services of two revisions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from policykit.differing.codes import held, less
from policykit.differing.criteria import Trees
from policykit.differing.matching import matched, unmatched
from policykit.differing.meaning import Meanings, identity
from policykit.differing.result import Difference, How, What, how
from policykit.differing.standing import Place
from policykit.plain import service_as_data, statement_as_data

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from policykit.policy import Service, Statement

_NOTES: Final = ("cite", "quote", "says", "reading")
# Of a hundred facts and ids in two statements of different outcomes, so many in both: they are one. Of one outcome, one.
_MUCH: Final = 50


def compare_services(
    before: Sequence[Service], after: Sequence[Service], meanings: Meanings | None = None
) -> tuple[Difference, ...]:
    """What is otherwise between the services of two revisions; their order means nothing."""
    meanings = meanings or Meanings()
    pairs = matched(
        before,
        after,
        (lambda each: each.name, lambda each: held(each.codes.written)),
        lambda _one, _other: 0,
        lambda _one: None,
    )
    removed, added = unmatched(pairs, len(before), len(after))
    found: list[Difference] = []
    for i, j in pairs:
        found += _service(before[i], after[j], meanings)
    for i in removed:
        found.append(_whole(before[i], How.REMOVED))
    for j in added:
        found.append(_whole(after[j], How.ADDED))
    return tuple(found)


def _whole(service: Service, how: How) -> Difference:
    added, told = how is How.ADDED, service_as_data(service)
    return Difference(
        what=What.SERVICE,
        how=how,
        decides=True,
        before=None if added else told,
        after=told if added else None,
        service=service.name,
        where_before=None if added else service.where,
        where_after=service.where if added else None,
    )


def _service(before: Service, after: Service, meanings: Meanings) -> Iterator[Difference]:
    if before is after:
        return
    if before.name != after.name:
        renamed = _of_service(before, after, What.SERVICE, "service", (before.name, after.name))
        yield replace(renamed, how=How.RENAMED)
    old, new = held(before.codes.written), held(after.codes.written)
    if lost := less(old, new):
        yield _of_service(before, after, What.CODES, "codes", (lost, None))
    if gained := less(new, old):
        yield _of_service(before, after, What.CODES, "codes", (None, gained))
    yield from _coverage(before, after, meanings)
    if before.code_notes != after.code_notes:
        notes = list(before.code_notes) or None, list(after.code_notes) or None
        yield _of_service(before, after, What.NOTE, "code_notes", notes)
    if before.reading != after.reading:
        yield _of_service(before, after, What.NOTE, "reading", (before.reading, after.reading))


def _of_service(before: Service, after: Service, what: What, key: str, told: tuple[Any, Any]) -> Difference:
    return Difference(
        what=what,
        how=how(*told),
        decides=what is What.CODES,
        key=key,
        before=told[0],
        after=told[1],
        service=after.name,
        where_before=before.where,
        where_after=after.where,
    )


def _coverage(before: Service, after: Service, meanings: Meanings) -> Iterator[Difference]:
    pairs = _statement_pairs(before.coverage, after.coverage, meanings)
    removed, added = unmatched(pairs, len(before.coverage), len(after.coverage))
    trees = Trees(meanings)
    for i, j in pairs:
        yield from _statement(before.coverage[i], after.coverage[j], Place(after.name, (i + 1, j + 1)), trees)
    yield from trees.rest()
    for i in removed:
        yield _lone(before.coverage[i], Place(after.name, (i + 1, None)), How.REMOVED)
    for j in added:
        yield _lone(after.coverage[j], Place(after.name, (None, j + 1)), How.ADDED)
    yield from _order(before, after, pairs)


def _statement_pairs(
    before: Sequence[Statement], after: Sequence[Statement], meanings: Meanings
) -> list[tuple[int, int]]:
    """Which statement is which. The last ones, which say what holds otherwise, are one."""

    def told(each: Statement) -> Hashable:
        assert each.when is not None  # noqa: S101  # only the last has none
        notes = tuple(getattr(each, key) for key in _NOTES)
        return each.outcome, each.to, meanings.of(each.when).told, notes

    def likeness(one: Statement, other: Statement) -> int:
        assert one.when is not None  # noqa: S101  # the same
        assert other.when is not None  # noqa: S101  # the same
        first, second = meanings.of(one.when).features, meanings.of(other.when).features
        shared = len(first & second)
        share = 100 * shared // (len(first) + len(second) - shared)
        if (one.outcome, one.to) == (other.outcome, other.to):
            return share + 50 if shared else 0
        return share if share >= _MUCH else 0

    def strict(each: Statement) -> Hashable:
        return meanings.of(each.when).strict if each.when else None

    def named(each: Statement) -> Hashable:
        name = identity(each.when) if each.when else None
        return (each.outcome, each.to, name) if name else None

    def rough(each: Statement) -> Hashable:
        return each.outcome, each.to, meanings.of(each.when).features if each.when else None

    keys = (told, lambda each: (each.outcome, each.to, strict(each)), meanings.statement, strict, named)
    pairs = matched(before[:-1], after[:-1], keys, likeness, rough)
    return [*pairs, (len(before) - 1, len(after) - 1)] if before and after else pairs


def _statement(before: Statement, after: Statement, place: Place, trees: Trees) -> Iterator[Difference]:
    if before.outcome is not after.outcome:
        yield _of_statement(before, after, place, "outcome", (_outcome(before), _outcome(after)))
    elif before.to != after.to:
        yield _of_statement(before, after, place, "to", (before.to, after.to))
    if before.when is not None and after.when is not None:
        yield from trees.conditions(before.when, after.when, place)
    for key in _NOTES:
        told = getattr(before, key), getattr(after, key)
        if told[0] != told[1]:
            yield _of_statement(before, after, place, key, told)


def _outcome(statement: Statement) -> dict[str, str]:
    told = {"outcome": statement.outcome.value}
    return {**told, "to": statement.to} if statement.to else told


def _of_statement(before: Statement, after: Statement, place: Place, key: str, told: tuple[Any, Any]) -> Difference:
    decides = key not in _NOTES
    return Difference(
        what=What.OUTCOME if decides else What.NOTE,
        how=how(*told),
        decides=decides,
        key=key,
        before=told[0],
        after=told[1],
        service=place.service,
        statements=place.statements,
        where_before=before.where,
        where_after=after.where,
    )


def _lone(statement: Statement, place: Place, how: How) -> Difference:
    added, told = how is How.ADDED, statement_as_data(statement)
    return Difference(
        what=What.STATEMENT,
        how=how,
        decides=True,
        before=None if added else told,
        after=told if added else None,
        service=place.service,
        statements=place.statements,
        where_before=None if added else statement.where,
        where_after=statement.where if added else None,
    )


def _order(before: Service, after: Service, pairs: Sequence[tuple[int, int]]) -> Iterator[Difference]:
    """Whether the statements that are in both come in another order; told as the numbers that they had, and have."""
    by_after = sorted(pairs, key=lambda pair: pair[1])
    moved = [(was, now) for was, now in zip(sorted(pairs), by_after, strict=True) if was != now]
    if not moved:
        return
    outcomes = {(each.outcome, each.to) for service in (before, after) for each in service.coverage[:-1]}
    yield Difference(
        what=What.ORDER,
        how=How.ALTERED,
        # Among statements of one outcome, the order is that of the words alone.
        decides=len(outcomes) > 1,
        key="coverage",
        before=[now[0] + 1 for _, now in moved],
        after=[now[1] + 1 for _, now in moved],
        service=after.name,
        where_before=before.where,
        where_after=after.where,
    )
