"""When two things mean the same: each gets a number, and equal numbers mean equal meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from policykit.codes import CodeSet
from policykit.criteria import Ago, All, AnyOf, Bound, CountAtLeast, DayBound, FactIs, Has, NoneOf, OneOf
from policykit.differing.codes import held
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from policykit.criteria import Comparison, Criterion, Notes
    from policykit.dates import Span
    from policykit.policy import Statement

NOTES: Final = ("id", "says", "cite", "quote", "reading")
_IN_SMALLER: Final = {"year": ("month", 12), "week": ("day", 7)}

Texts: TypeAlias = dict[str, tuple[str, ...]]


@record
class Meaning:
    """What a criterion means, as numbers.

    `told` takes its notes into account, `strict` does not; `normal` takes `all` of one part as that part, `all` within
    `all` as one list, and the like. `features` are the facts and ids in it.
    """

    told: int
    strict: int
    normal: int
    features: frozenset[tuple[str, str]]


class Meanings:
    """Gives numbers to meanings. Only those that come from the same object can be held against each other."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._structures: list[Hashable] = []
        # The criteria are kept, so that an identity stays its own.
        self._known: dict[int, tuple[Criterion, Meaning]] = {}

    def of(self, criterion: Criterion) -> Meaning:
        """What a criterion means; each is looked at once, however often it is used."""
        known = self._known.get(id(criterion))
        if known is None:
            known = self._known[id(criterion)] = (criterion, self._meaning(criterion))
        return known[1]

    def statement(self, statement: Statement) -> Hashable:
        """What a statement means."""
        return statement.outcome, statement.to, self.of(statement.when).normal if statement.when else None

    def _meaning(self, criterion: Criterion) -> Meaning:
        parts = () if isinstance(criterion, FactIs) else tuple(self.of(part) for part in criterion.parts)
        strict = self._number((*_head(criterion), tuple(sorted(part.strict for part in parts))))
        told = self._number((strict, tuple(sorted(part.told for part in parts)), _as_key(texts(criterion.notes))))
        features = frozenset().union(*(part.features for part in parts)) | _features(criterion)
        return Meaning(told=told, strict=strict, normal=self._normal(criterion, parts, strict), features=features)

    def _normal(self, criterion: Criterion, parts: Sequence[Meaning], strict: int) -> int:
        match criterion:
            case FactIs():
                return strict
            case All():
                return self._together("all", parts, "all")
            case AnyOf():
                return self._together("any", parts, "any")
            case NoneOf():
                return self._together("none", parts, "any")
            case CountAtLeast(count=1):
                return self._together("any", parts, "any")
            case CountAtLeast(count=count) if count == len(parts):
                return self._together("all", parts, "all")
            case CountAtLeast(count=count):
                return self._number(("count", count, tuple(sorted(part.normal for part in parts))))
            case _:
                assert_never(criterion)

    def _together(self, operator: str, parts: Sequence[Meaning], dissolved: str) -> int:
        """The parts as a set; those that are themselves of the operator `dissolved` give theirs."""
        held_: set[int] = set()
        for part in parts:
            match self._structures[part.normal]:
                case (operator_, frozenset() as inner) if operator_ == dissolved:
                    held_ |= inner
                case _:
                    held_.add(part.normal)
        if operator != "none" and len(held_) == 1:
            return held_.pop()
        return self._number((operator, frozenset(held_)))

    def _number(self, structure: Hashable) -> int:
        number = self._numbers.setdefault(structure, len(self._structures))
        if number == len(self._structures):
            self._structures.append(structure)
        return number


def texts(notes: Sequence[Notes]) -> Texts:
    """What notes say, by key, from the place of use inwards; each text once."""
    told = {key: tuple(dict.fromkeys(filter(None, (getattr(each, key) for each in notes)))) for key in NOTES}
    return {key: said for key, said in told.items() if said}


def identity(criterion: Criterion) -> str | None:
    """The id of a criterion, that of its place of use first."""
    return next((each.id for each in criterion.notes if each.id), None)


def operator(criterion: Criterion) -> str:
    """The word of the document for how a criterion puts its parts together."""
    match criterion:
        case All():
            return "all"
        case AnyOf():
            return "any"
        case NoneOf():
            return "none"
        case CountAtLeast(count=count):
            return f"count_at_least {count}"
        case FactIs():
            return "fact"
        case _:
            assert_never(criterion)


def comparison_key(comparison: Comparison) -> Hashable:
    """What a comparison asks, however it is written."""
    match comparison:
        case OneOf(values=values):
            return "in", held(values.written) if isinstance(values, CodeSet) else typed(values)
        case Has(operator="has_all", values=values) if isinstance(values, CodeSet):
            wanted = frozenset(held((each,)) for each in values.written)
            return ("has_all", wanted) if len(wanted) > 1 else ("has_any", *wanted)
        case Has(operator=operator_, values=values):
            if isinstance(values, CodeSet):
                return "has_any", held(values.written)
            return operator_ if len(values) > 1 else "has_any", frozenset(values)
        case Bound(operator=operator_, limit=limit):
            return operator_, limit
        case DayBound(operator=operator_, day=day):
            return operator_, day
        case Ago(operator=operator_, span=span):
            return operator_, _length(span)
        case _:
            assert_never(comparison)


def typed(values: Sequence[Any]) -> frozenset[tuple[bool, Any]]:
    """Values that are told apart: true is not 1."""
    return frozenset((isinstance(each, bool), each) for each in values)


def _length(span: Span) -> tuple[str, int]:
    unit, times = _IN_SMALLER.get(span.unit, (span.unit, 1))
    return unit, span.count * times


def _head(criterion: Criterion) -> tuple[Hashable, ...]:
    """What a criterion is beside its parts."""
    if isinstance(criterion, FactIs):
        return "fact", criterion.fact, frozenset(comparison_key(each) for each in criterion.comparisons)
    return (operator(criterion),)


def _features(criterion: Criterion) -> frozenset[tuple[str, str]]:
    found = {("id", each.id) for each in criterion.notes if each.id}
    if isinstance(criterion, FactIs):
        found.add(("fact", criterion.fact))
    return frozenset(found)


def _as_key(told: Texts) -> Hashable:
    return tuple(told.items())
