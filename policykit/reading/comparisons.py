"""What a fact is compared with, as documents write it: values, lists and value sets, limits, dates and spans."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from policykit.codes import SHAPES, CodeSet, read_pattern, shape_of
from policykit.criteria import DATE_OF_SERVICE, Ago, Bound, DayBound, Has, OneOf
from policykit.dates import read_day, read_span
from policykit.problems import near_miss
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policykit.codes import CodePattern
    from policykit.criteria import Comparison
    from policykit.document import Node
    from policykit.problems import Problem
    from policykit.vocabulary import Fact

    Report = Callable[[Problem], None]

_V = TypeVar("_V")

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


class ComparisonReader:
    """Reads the comparisons of one document, knowing the value sets that it names at its top."""

    def __init__(self, value_sets: Mapping[str, Node], report: Report) -> None:
        self._value_sets = value_sets
        self._report = report
        self._read: dict[tuple[str, str], object] = {}
        for name, node in value_sets.items():
            # Whether any criterion uses it or not. What a list of other values may hold, only a fact tells.
            if isinstance(node.value, dict):
                self._read[name, "codes"] = self._code_set(node)

    def comparison(self, key: str, node: Node, fact: Fact) -> Comparison | None:
        """The comparison under a key that its fact has, or None where it cannot be made out; why is reported."""
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
