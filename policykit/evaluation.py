"""Criteria over facts, with three values (docs/format.md, section 6).

A criterion is compiled once into two plain functions over the facts and the date of service: one that only decides, and
stops as soon as it can, and one that builds the finding of every part. Inside, true, false and None stand for met, not
met and unknown; outside, `Truth` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeAlias, assert_never

from policykit.comparison import Compare, Known, compile_comparisons
from policykit.criteria import (
    All,
    AnyOf,
    CountAtLeast,
    FactIs,
    Has,
    NoneOf,
    OneOf,
)
from policykit.records import record
from policykit.vocabulary import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policykit.criteria import Criterion

Facts: TypeAlias = Mapping[str, Value]
Holds: TypeAlias = Callable[[Facts, date], Known]


class Truth(Enum):
    """The three values. None of them is a `bool`: every member of an enumeration would be true."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("a truth has three values; compare it with Truth.MET, Truth.NOT_MET or Truth.UNKNOWN")


# Read from the class, a member costs a search each time.
MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN


class Finding(NamedTuple):
    """What was found of one criterion: its truth, the value of its fact, and the findings of its parts.

    `value` is None where the fact is unknown, and for criteria that have parts. A tuple, because an explanation is made
    of many of them, and a tuple is the cheapest thing that cannot be changed.
    """

    criterion: Criterion
    truth: Truth
    value: Value | None
    parts: tuple[Finding, ...]


_new = tuple.__new__

Explain: TypeAlias = Callable[[Facts, date], Finding]


@record(kw_only=False)
class Compiled:
    """A criterion as functions."""

    holds: Holds
    explain: Explain


def compile_criterion(criterion: Criterion) -> Compiled:
    """The functions that evaluate a criterion."""
    match criterion:
        case All(parts=parts):
            compiled = [compile_criterion(part) for part in parts]
            return _composite(criterion, compiled, _all, all_of)
        case AnyOf(parts=parts):
            compiled = [compile_criterion(part) for part in parts]
            return _composite(criterion, compiled, _any, any_of)
        case NoneOf(parts=parts):
            compiled = [compile_criterion(part) for part in parts]
            return _composite(criterion, compiled, _none, none_of)
        case CountAtLeast(count=count, parts=parts):
            compiled = [compile_criterion(part) for part in parts]
            return _composite(criterion, compiled, partial(_count, count), partial(count_of, count))
        case FactIs(fact=fact, comparisons=comparisons):
            return _leaf(criterion, fact, compile_comparisons(comparisons))
        case _:
            assert_never(criterion)


# The connectives, over truths that are all at hand


def all_of(truths: Sequence[Truth]) -> Truth:
    """Not met as soon as one is not met, whatever is unknown."""
    return NOT_MET if NOT_MET in truths else UNKNOWN if UNKNOWN in truths else MET


def any_of(truths: Sequence[Truth]) -> Truth:
    """Met as soon as one is met, whatever is unknown."""
    return MET if MET in truths else UNKNOWN if UNKNOWN in truths else NOT_MET


def none_of(truths: Sequence[Truth]) -> Truth:
    """Not met as soon as one is met, whatever is unknown."""
    return NOT_MET if MET in truths else UNKNOWN if UNKNOWN in truths else MET


def count_of(count: int, truths: Sequence[Truth]) -> Truth:
    """Met when enough are met; not met when too few still can be."""
    met = truths.count(MET)
    if met >= count:
        return MET
    return UNKNOWN if met + truths.count(UNKNOWN) >= count else NOT_MET


# The same, stopping as soon as the answer is certain


def _composite(
    criterion: Criterion,
    parts: list[Compiled],
    combine_holds: Callable[[tuple[Holds, ...]], Holds],
    combine: Callable[[Sequence[Truth]], Truth],
) -> Compiled:
    explains = tuple(each.explain for each in parts)

    def explain(facts: Facts, day: date) -> Finding:
        findings = tuple([each(facts, day) for each in explains])
        return _new(Finding, (criterion, combine([each[1] for each in findings]), None, findings))

    return Compiled(combine_holds(tuple(each.holds for each in parts)), explain)


def _all(parts: tuple[Holds, ...]) -> Holds:
    def holds(facts: Facts, day: date) -> Known:
        result: Known = True
        for part in parts:
            truth = part(facts, day)
            if truth is False:
                return False
            if truth is None:
                result = None
        return result

    return holds


def _any(parts: tuple[Holds, ...]) -> Holds:
    def holds(facts: Facts, day: date) -> Known:
        result: Known = False
        for part in parts:
            truth = part(facts, day)
            if truth is True:
                return True
            if truth is None:
                result = None
        return result

    return holds


def _none(parts: tuple[Holds, ...]) -> Holds:
    some = _any(parts)

    def holds(facts: Facts, day: date) -> Known:
        truth = some(facts, day)
        return None if truth is None else not truth

    return holds


def _count(count: int, parts: tuple[Holds, ...]) -> Holds:
    def holds(facts: Facts, day: date) -> Known:
        met = possible = 0
        for part in parts:
            truth = part(facts, day)
            met += truth is True
            possible += truth is not False
        return True if met >= count else False if possible < count else None

    return holds


# A fact and what it is compared with


def _leaf(criterion: FactIs, fact: str, compare: Compare) -> Compiled:
    not_known = Finding(criterion, UNKNOWN, None, ())

    def holds(facts: Facts, day: date) -> Known:
        value = facts.get(fact)
        return None if value is None else compare(value, day)

    def explain(facts: Facts, day: date) -> Finding:
        value = facts.get(fact)
        if value is None:
            return not_known
        truth = compare(value, day)
        return _new(Finding, (criterion, MET if truth else UNKNOWN if truth is None else NOT_MET, value, ()))

    return Compiled(_membership(criterion) or holds, explain)


def _membership(criterion: FactIs) -> Holds | None:
    """The commonest tests, of words and of yes or no, in one step instead of two; None where it is another."""
    fact = criterion.fact
    match criterion.comparisons:
        case (OneOf(values=tuple() as values),) if all(isinstance(each, bool | str) for each in values):
            # Written as what each value leads to, unknown among them.
            leads_to: dict[Value | None, Known] = {None: None, **dict.fromkeys(values, True)}
            return lambda facts, _day: leads_to.get(facts.get(fact), False)
        case (Has(operator="has_any", values=tuple() as values),):
            apart = frozenset(values).isdisjoint
            return lambda facts, _day: None if (chosen := facts.get(fact)) is None else not apart(chosen)  # type: ignore[arg-type]
        case _:
            return None
