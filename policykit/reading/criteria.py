"""Criteria as documents write them, read against the vocabulary into the tree of criteria."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from policykit.criteria import (
    All,
    AnyOf,
    CountAtLeast,
    FactIs,
    NoneOf,
    Notes,
)
from policykit.problems import near_miss
from policykit.reading.comparisons import COMPARISONS, COMPARISONS_OF, ComparisonReader
from policykit.reading.facts import text
from policykit.reading.ranges import is_empty
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Callable

    from policykit.codes import CodeSet
    from policykit.criteria import Comparison, Criterion
    from policykit.document import Node
    from policykit.problems import Problem
    from policykit.vocabulary import Vocabulary

    Report = Callable[[Problem], None]

MAX_EXPANDED: Final = 10_000  # criteria of one statement, with everything that it uses written out
MAX_NESTED: Final = 60  # criteria within one another, likewise


class CriteriaReader:
    """Reads the criteria of one document, knowing the value sets and criteria that it names at its top."""

    def __init__(self, root: Node, vocabulary: Vocabulary, report: Report) -> None:
        self._vocabulary = vocabulary
        self._report = report
        self._comparisons = ComparisonReader(_named(root.get("value_sets")), report)
        self._definitions = _named(root.get("criteria"))
        self._expanded: dict[str, Criterion | None] = {}
        self._nested = 0
        self._measures: dict[int, tuple[int, int]] = {}
        self._kept: list[Criterion] = []  # so that an identity in `_measures` stays its own
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
        return self._comparisons.code_set(node)

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
            self._report(
                node.problem(
                    "no-comparison", f"nothing is asked of `{name}`", f"a fact of type {fact.type} has: {known}"
                )
            )
            return None
        comparisons: list[Comparison] = []
        empty = False
        for key, child in written:
            if key not in COMPARISONS_OF[fact.type]:
                known = ", ".join(sorted(COMPARISONS_OF[fact.type]))
                message = f"`{name}` is of type {fact.type}, which has no `{key}`"
                self._report(child.problem("comparison-not-for-type", message, f"it has: {known}", at_key=True))
            elif (comparison := self._comparisons.comparison(key, child, fact)) is not None:
                comparisons.append(comparison)
                if not empty and is_empty(comparisons, whole=fact.type is FactType.INTEGER):
                    empty = True
                    self._report(child.problem("empty-range", "no value meets all of these", at_key=True))
        return FactIs(fact=name, comparisons=tuple(comparisons), notes=notes)


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
