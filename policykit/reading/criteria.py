"""Criteria as documents write them, read against the vocabulary into the tree of criteria."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast

from policykit.codes import SHAPES, CodeSet, read_pattern, shape_of
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
    Notes,
    OneOf,
)
from policykit.dates import read_day, read_span
from policykit.problems import near_miss
from policykit.reading.facts import text
from policykit.reading.ranges import is_empty
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policykit.codes import CodePattern
    from policykit.criteria import Comparison, Criterion
    from policykit.document import Node
    from policykit.problems import Problem
    from policykit.vocabulary import Fact, Vocabulary

    Report = Callable[[Problem], None]

_V = TypeVar("_V")

MAX_EXPANDED: Final = 10_000  # criteria of one statement, with everything that it uses written out
MAX_NESTED: Final = 60  # criteria within one another, likewise

_EQUAL: Final = frozenset({"is", "in"})
_SETS: Final = frozenset({"has_any", "has_all"})
_BOUNDS: Final = frozenset({"at_least", "more_than", "at_most", "less_than"})
_DAYS: Final = frozenset({"on_or_after", "after", "on_or_before", "before"})
_SPANS: Final = frozenset({"within_last", "at_least_ago", "longer_ago_than"})
COMPARISONS: Final = _EQUAL | _SETS | _BOUNDS | _DAYS | _SPANS
# docs/format.md, section 6: which comparisons each type has.
COMPARISONS_OF: Final[Mapping[FactType, frozenset[str]]] = {
    FactType.BOOLEAN: _EQUAL,
    FactType.CHOICE: _EQUAL,
    FactType.CODE: _EQUAL,
    FactType.INTEGER: _EQUAL | _BOUNDS,
    FactType.NUMBER: _EQUAL | _BOUNDS,
    FactType.CHOICES: _SETS,
    FactType.CODES: _SETS,
    FactType.DATE: _DAYS | _SPANS,
}


class CriteriaReader:
    """Reads the criteria of one document, knowing the value sets and criteria that it names at its top."""

    def __init__(self, root: Node, vocabulary: Vocabulary, report: Report) -> None:
        self._vocabulary = vocabulary
        self._report = report
        self._value_sets = _named(root.get("value_sets"))
        self._definitions = _named(root.get("criteria"))
        self._expanded: dict[str, Criterion | None] = {}
        self._read: dict[tuple[str, str], object] = {}
        self._nested = 0
        self._measures: dict[int, tuple[int, int]] = {}
        self._kept: list[Criterion] = []  # so that an identity in `_measures` stays its own
        for name, node in self._value_sets.items():
            # Whether any criterion uses it or not. What a list of other values may hold, only a fact tells.
            if isinstance(node.value, dict):
                self._read[name, "codes"] = self._code_set(node)
        self._read_definitions()

    def _read_definitions(self) -> None:
        """Read every named criterion, used or not: what one uses before itself, so that none is read within another."""
        for name, node in self._definitions.items():
            path = {name: iter(_uses(node))} if name not in self._expanded else {}
            while path:
                current = next(reversed(path))
                operand = next(path[current], None)
                used = operand.text if operand is not None else None
                if operand is None:
                    del path[current]
                    self._expanded[current] = self.criterion(self._definitions[current])
                elif used in path:
                    names = list(path)
                    circle = " uses ".join(f"`{each}`" for each in [*names[names.index(str(used)) :], used])
                    self._report(operand.problem("circular-criterion", f"this leads back to itself: {circle}"))
                elif used in self._definitions and used not in self._expanded:
                    path[used] = iter(_uses(self._definitions[used]))

    def criterion(self, node: Node) -> Criterion | None:
        """The criterion at a node, or None where it cannot be made out; why is reported."""
        if self._nested > MAX_NESTED:
            self._report(self._too_deep(node))
            return None
        self._nested += 1
        result = self._unmeasured(node)
        self._nested -= 1
        if result is None:
            return None
        size, depth = self._measures[id(result)] = self._measured(result)
        self._kept.append(result)
        if size > MAX_EXPANDED:
            message = f"written out, this is more than {MAX_EXPANDED} criteria"
            self._report(node.problem("too-large", message, "use fewer named criteria within one another"))
            return None
        if depth > MAX_NESTED:
            self._report(self._too_deep(node))
            return None
        return result

    def _too_deep(self, node: Node) -> Problem:
        return node.problem("too-deep", f"written out, more than {MAX_NESTED} criteria stand within one another")

    def _unmeasured(self, node: Node) -> Criterion | None:
        notes = (_notes(node),)
        for operator in ("all", "any", "none", "count_at_least", "fact", "use"):
            if (operand := node.get(operator)) is not None:
                return self._by_operator(operator, operand, node, notes)
        return None

    def code_set(self, node: Node | None) -> CodeSet | None:
        """The codes that `{SYSTEM: [...]}`, or a value set of that form, lists."""
        return self._once(node, "codes", self._code_set) if node is not None else None

    def _once(self, node: Node, read_as: str, read: Callable[[Node], _V]) -> _V:
        """What a list is read as; a value set is read once, however often it is used."""
        name = node.get("value_set")
        if name is None or name.text is None:
            return read(node)
        key = (name.text, read_as)
        if key not in self._read:
            self._read[key] = read(node)
        return cast("_V", self._read[key])

    def _code_set(self, node: Node) -> CodeSet | None:
        listed = self._listed(node)
        if listed is None or not isinstance(listed.value, dict):
            return None
        patterns: list[CodePattern] = []
        for system, codes in listed.items():
            written = (codes.elements() or [codes]) if system in SHAPES else []
            found = (self._pattern(system, code) for code in written)
            patterns.extend(pattern for pattern in found if pattern is not None)
        return CodeSet(tuple(patterns)) if patterns else None

    def _by_operator(self, operator: str, operand: Node, node: Node, notes: tuple[Notes, ...]) -> Criterion | None:
        match operator:
            case "use":
                return self._use(operand, notes)
            case "fact":
                return self._fact(operand, node, notes)
        of = node.get("of") if operator == "count_at_least" else operand
        written = of.elements() if of else []
        parts = tuple(part for each in written if (part := self.criterion(each)) is not None)
        if not written:
            return None
        match operator:
            case "all":
                return All(parts=parts, notes=notes)
            case "any":
                return AnyOf(parts=parts, notes=notes)
            case "none":
                return NoneOf(parts=parts, notes=notes)
        count = operand.value
        if not isinstance(count, int) or isinstance(count, bool):
            return None
        if count > len(written):
            message = f"{count} of {len(written)} can never be met"
            self._report(operand.problem("empty-range", message, "count no more than the list has"))
        return CountAtLeast(count=count, parts=parts, notes=notes)

    def _use(self, operand: Node, notes: tuple[Notes, ...]) -> Criterion | None:
        name = operand.text
        if name is None:
            return None
        if name not in self._definitions:
            message = f"`{name}` is not a criterion named at the top of this document"
            self._report(operand.problem("unknown-criterion", message, near_miss(name, self._definitions)))
            return None
        # Of a definition that is not there, the reason has been told.
        found = self._expanded.get(name)
        if found is None:
            return None
        if len(found.notes) >= MAX_NESTED:
            self._report(operand.problem("too-deep", f"more than {MAX_NESTED} criteria only use one another"))
            return None
        return replace(found, notes=notes + found.notes)

    def _measured(self, criterion: Criterion) -> tuple[int, int]:
        """How many criteria one is, written out, and how many stand within one another."""
        if isinstance(criterion, FactIs):
            return 1, 1
        # A named criterion counts each time it is used, but is counted through only once.
        parts = [self._measures.get(id(part)) or self._measured(part) for part in criterion.parts]
        return 1 + sum(size for size, _ in parts), 1 + max((depth for _, depth in parts), default=0)

    def _fact(self, operand: Node, node: Node, notes: tuple[Notes, ...]) -> Criterion | None:
        name = operand.text
        if name is None:
            return None
        fact = self._vocabulary.facts.get(name)
        if fact is None and name in self._vocabulary.faulty:
            return None
        if fact is None:
            advice = near_miss(name, self._vocabulary.facts)
            self._report(operand.problem("unknown-fact", f"`{name}` is not a known fact", advice))
            return None
        written = [(key, child) for key, child in node.items() if key in COMPARISONS]
        if not written:
            known = ", ".join(sorted(COMPARISONS_OF[fact.type]))
            self._report(node.problem("no-comparison", f"nothing is asked of `{name}`", f"a {fact.type} has: {known}"))
            return None
        comparisons: list[Comparison] = []
        empty = False
        for key, child in written:
            if key not in COMPARISONS_OF[fact.type]:
                known = ", ".join(sorted(COMPARISONS_OF[fact.type]))
                message = f"`{name}` is of type {fact.type}, which has no `{key}`"
                self._report(child.problem("comparison-not-for-type", message, f"it has: {known}", at_key=True))
            elif (comparison := self._comparison(key, child, fact)) is not None:
                comparisons.append(comparison)
                if not empty and is_empty(comparisons, whole=fact.type is FactType.INTEGER):
                    empty = True
                    self._report(child.problem("empty-range", "no value meets all of these", at_key=True))
        return FactIs(fact=name, comparisons=tuple(comparisons), notes=notes)

    def _comparison(self, key: str, node: Node, fact: Fact) -> Comparison | None:
        kind = cast("Any", key)  # one of the literals, by the sets above
        if key in _EQUAL | _SETS:
            values = self._values(key, node, fact)
            if values is None:
                return None
            return OneOf(operator=kind, values=values) if key in _EQUAL else Has(operator=kind, values=values)
        if key in _BOUNDS:
            limit = self._number(node, fact)
            return Bound(operator=kind, limit=limit) if limit is not None else None
        if key in _DAYS:
            if node.value == DATE_OF_SERVICE.value:
                return DayBound(operator=kind, day=DATE_OF_SERVICE)
            day = read_day(node.text) if node.text is not None else None
            if day is None:
                advice = "a date is written YYYY-MM-DD; `date_of_service` stands for the case's own"
                self._report(node.problem("malformed-date", "there is no such date", advice))
            return DayBound(operator=kind, day=day) if day is not None else None
        span = read_span(node.text) if node.text is not None else None
        if span is None:
            self._report(node.problem("malformed", "this is not a span of time", "write it as `15 years` or `90 days`"))
        return Ago(operator=kind, span=span) if span is not None else None

    def _values(self, key: str, node: Node, fact: Fact) -> Any:
        """The values listed, as the type of the fact has them: a tuple, or a set of codes."""
        if fact.type in {FactType.CODE, FactType.CODES}:
            codes = self.code_set(node)
            if codes is None and not isinstance(node.value, dict):
                advice = 'write it as {icd10cm: ["Z87.891"]}'
                self._report(node.problem("wrong-type", "codes stand under their system", advice))
            if codes is not None and key == "is" and not (len(codes.written) == 1 and len(codes.exact) == 1):
                self._report(node.problem("wrong-type", "`is` takes one code", "use `in` for several"))
            return codes
        if key == "is":
            value = self._value(node, fact)
            return None if value is None else (value,)
        return self._once(node, fact.name, partial(self._value_list, fact))

    def _value_list(self, fact: Fact, node: Node) -> tuple[bool | int | float | str, ...] | None:
        listed = self._listed(node)
        if listed is None:
            return None
        if not isinstance(listed.value, list):
            self._report(listed.problem("wrong-type", f"`{fact.name}` takes a list of values here"))
            return None
        values = [value for each in listed.elements() if (value := self._value(each, fact)) is not None]
        return tuple(values) or None

    def _listed(self, node: Node) -> Node | None:
        """A list, or the one that a value set holds."""
        name = node.get("value_set")
        if name is None:
            return node
        if name.text is None:
            return None
        found = self._value_sets.get(name.text)
        if found is None:
            message = f"`{name.text}` is not a value set named at the top of this document"
            self._report(name.problem("unknown-value-set", message, near_miss(name.text, self._value_sets)))
        return found

    def _value(self, node: Node, fact: Fact) -> bool | int | float | str | None:
        match fact.type:
            case FactType.BOOLEAN:
                if isinstance(node.value, bool):
                    return node.value
                self._report(node.problem("wrong-type", f"`{fact.name}` is `true` or `false`"))
                return None
            case FactType.INTEGER | FactType.NUMBER:
                return self._number(node, fact)
            case _:
                return self._choice(node, fact)

    def _number(self, node: Node, fact: Fact) -> int | float | None:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._report(node.problem("wrong-type", f"`{fact.name}` is compared with a number"))
            return None
        if fact.type is FactType.INTEGER and not isinstance(value, int):
            self._report(node.problem("wrong-type", f"`{fact.name}` is a whole number", "write it without a point"))
            return None
        return value

    def _choice(self, node: Node, fact: Fact) -> str | None:
        word = node.text
        if word is None:
            self._report(node.problem("wrong-type", f"`{fact.name}` is compared with text", "write it in quotes"))
            return None
        if not fact.admits(word):
            known = list(fact.values or ())
            advice = near_miss(word, known) or (f"it can be: {', '.join(known)}" if known else None)
            self._report(node.problem("unknown-value", f"`{fact.name}` cannot be `{word}`", advice))
            return None
        return word

    def _pattern(self, system: str, node: Node) -> CodePattern | None:
        written = node.text
        if written is None:
            self._report(node.problem("wrong-type", "a code is text", "write it in quotes"))
            return None
        pattern = read_pattern(system, written)
        if pattern is None:
            message = f"`{written}` is not a code, a range or a prefix of {system}"
            self._report(node.problem("malformed-code", message, f"a code consists of {shape_of(system)}"))
        return pattern


def _named(node: Node | None) -> dict[str, Node]:
    return dict(node.items()) if node else {}


def _uses(node: Node) -> list[Node]:
    """The names that a criterion uses, at any depth, in the order in which they stand."""
    found: list[Node] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if (name := current.get("use")) is not None and name.text is not None:
            found.append(name)
        lists = (current.get(operator) for operator in ("of", "none", "any", "all"))
        pending.extend(each for listed in lists if listed is not None for each in reversed(listed.elements()))
    return found


def _notes(node: Node) -> Notes:
    said: dict[Literal["id", "says", "cite", "quote", "reading"], str | None] = {
        "id": text(node.get("id")),
        "says": text(node.get("says")),
        "cite": text(node.get("cite")),
        "quote": text(node.get("quote")),
        "reading": text(node.get("reading")),
    }
    return Notes(**said, where=node.where)
