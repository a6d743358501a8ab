"""Criteria over facts, with three values (docs/format.md, section 6).

A criterion is compiled once into two plain functions over the facts and the date of service: one that only decides, and
stops as soon as it can, and one that builds the finding of every part. Inside, true, false and None stand for met, not
met and unknown; outside, `Truth` does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias, assert_never

from policykit.codes import CodeSet
from policykit.criteria import (
    DATE_OF_SERVICE,
    Ago,
    All,
    AnyOf,
    Bound,
    CountAtLeast,
    DayBound,
    FactIs,
    Has,
    NoneOf,
    OneOf,
)
from policykit.dates import NEVER, CountRange, DayRange, add
from policykit.records import record
from policykit.vocabulary import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.criteria import Comparison, Criterion
    from policykit.dates import Span

Facts: TypeAlias = Mapping[str, Value]
Known: TypeAlias = bool | None
Holds: TypeAlias = Callable[[Facts, date], Known]
# A comparison over a value that is known, and the date of service. The value has the type that the comparison is for.
Compare: TypeAlias = Callable[[Any, date], Known]


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
            return _leaf(criterion, fact, _every([compile_comparison(each) for each in comparisons]))
        case _:
            assert_never(criterion)


def compile_comparison(comparison: Comparison) -> Compare:
    """The function that compares a known value."""
    match comparison:
        case OneOf(values=values):
            return _one_of(values)
        case Has(operator="has_any", values=values):
            return _has_any(values)
        case Has(values=values):
            return _has_all(values)
        case Bound():
            return _bound(comparison)
        case DayBound():
            return _day_bound(comparison)
        case Ago(operator=kind, span=span):
            return _ago(kind, span)
        case _:
            assert_never(comparison)


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


def _every(compares: list[Compare]) -> Compare:
    if len(compares) == 1:
        return compares[0]

    def compare(value: Any, day: date) -> Known:
        truths = [each(value, day) for each in compares]
        if False in truths:
            return False
        if None not in truths:
            return True
        # Each alone depends on what the value turns out to be; together they may not.
        together = {all(each(one, day) for each in compares) for one in _each_of(value)}
        return together.pop() if len(together) == 1 else None

    return compare


def _each_of(value: DayRange | CountRange) -> Iterator[date | int]:
    if isinstance(value, CountRange):
        yield from range(value.low, value.high + 1)
    else:
        yield from map(date.fromordinal, range(value.first.toordinal(), value.last.toordinal() + 1))


def _one_of(values: tuple[bool | int | float | str, ...] | CodeSet) -> Compare:
    if isinstance(values, CodeSet):
        return lambda code, _day: code in values
    among = frozenset(values)

    def compare(value: Any, _day: date) -> Known:
        if type(value) is CountRange:
            inside = sum(each in among for each in range(value.low, value.high + 1))
            # Every number of the range is listed, or none is, or it depends.
            return True if inside == value.high - value.low + 1 else None if inside else False
        return value in among

    return compare


def _has_any(values: tuple[str, ...] | CodeSet) -> Compare:
    if isinstance(values, CodeSet):
        return lambda codes, _day: any(code in values for code in codes)
    among = frozenset(values)
    return lambda chosen, _day: not among.isdisjoint(chosen)


def _has_all(values: tuple[str, ...] | CodeSet) -> Compare:
    if isinstance(values, CodeSet):
        patterns = [CodeSet((each,)) for each in values.written]
        return lambda codes, _day: all(any(code in pattern for code in codes) for pattern in patterns)
    wanted = frozenset(values)
    return lambda chosen, _day: wanted <= chosen


def _same(first: bool, last: bool) -> Known:
    """What holds of both ends of a range holds of all of it, where the comparison changes at most once along it."""
    return first if first is last else None


def _bound(bound: Bound) -> Compare:
    limit = bound.limit
    compare = {
        "at_least": operator.ge,
        "more_than": operator.gt,
        "at_most": operator.le,
        "less_than": operator.lt,
    }[bound.operator]
    # A number counted from what never happened is beyond every limit from below.
    of_never = bound.operator in {"at_least", "more_than"}

    def holds(value: Any, _day: date) -> Known:
        if type(value) is CountRange:
            return _same(compare(value.low, limit), compare(value.high, limit))
        return of_never if value is NEVER else bool(compare(value, limit))

    return holds


def _day_bound(bound: DayBound) -> Compare:
    compare = {
        "on_or_after": operator.ge,
        "after": operator.gt,
        "on_or_before": operator.le,
        "before": operator.lt,
    }[bound.operator]
    fixed = None if bound.day is DATE_OF_SERVICE else bound.day

    def holds(value: Any, day: date) -> Known:
        limit = day if fixed is None else fixed
        if type(value) is DayRange:
            return _same(compare(value.first, limit), compare(value.last, limit))
        return value is not NEVER and bool(compare(value, limit))

    return holds


def _ago(kind: str, span: Span) -> Compare:
    match kind:
        case "within_last":
            return lambda value, day: _within(value, span, day)
        case "at_least_ago":
            past = operator.le
        case _:
            past = operator.lt

    def holds(value: Any, day: date) -> Known:
        if value is NEVER:
            return True
        if type(value) is DayRange:
            return _same(reached(value.first, day), reached(value.last, day))
        return reached(value, day)

    def reached(since: date, day: date) -> bool:
        end = add(since, span)
        return end is not None and bool(past(end, day))

    return holds


def _within(value: Any, span: Span, day: date) -> Known:
    if value is NEVER:
        return False
    first, last = (value.first, value.last) if type(value) is DayRange else (value, value)
    # The days that meet it lie together: from the first whose span has not passed, through the date of service.
    if first > day or _passed(last, span, day):
        return False
    return True if last <= day and not _passed(first, span, day) else None


def _passed(since: date, span: Span, day: date) -> bool:
    end = add(since, span)
    return end is not None and end < day
