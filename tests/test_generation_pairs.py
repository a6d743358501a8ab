"""Comparisons that stand beside one another in one criterion, written out as Python, hold where each of them does."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest

from policykit.codes import Code, CodeRange, CodeSet
from policykit.criteria import (
    DATE_OF_SERVICE,
    Ago,
    Bound,
    CountAtLeast,
    DayBound,
    FactIs,
    Has,
    NoneOf,
    Notes,
    OneOf,
)
from policykit.dates import NEVER, CountRange, DayRange, Span
from policykit.evaluation import compile_criterion
from policykit.generation import written_explain, written_walk
from policykit.policy import Outcome, Statement
from policykit.problems import Location
from policykit.walking import plain_explain, plain_walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policykit.criteria import Comparison, Criterion

HERE: Final = Location(file="a")
NOTES: Final = (Notes(where=HERE),)
TODAY: Final = date(2024, 2, 29)
DAYS: Final = [TODAY + timedelta(days=apart) for apart in (-366, -1, 0, 1)]
CODES: Final = (Code("cpt", "64714"), Code("cpt", "64720"), Code("hcpcs", "G0297"))
BROAD: Final = CodeSet((CODES[2], CodeRange("cpt", "64700", "64715")))
# By kind of fact: what can be asked of it, and what can be known.
KINDS: Final[dict[str, tuple[Sequence[Comparison], Sequence[Any]]]] = {
    "truth": ([OneOf(operator="in", values=each) for each in ((True,), (False,), (True, False))], (True, False)),
    "word": ([OneOf(operator="in", values=each) for each in (("a",), ("a", "b"))], ("a", "b", "c")),
    "number": (
        [
            Bound(operator="at_least", limit=1),
            Bound(operator="more_than", limit=1.5),
            Bound(operator="at_most", limit=2),
            Bound(operator="less_than", limit=3),
            OneOf(operator="in", values=(1, 2.0, 4)),
        ],
        (0, 1, 1.5, 2, 3, 4, NEVER, CountRange(0, 1), CountRange(1, 2), CountRange(2, 3)),
    ),
    "date": (
        [
            *(DayBound(operator=each, day=TODAY) for each in ("on_or_after", "after", "on_or_before", "before")),
            DayBound(operator="before", day=DATE_OF_SERVICE),
            Ago(operator="within_last", span=Span(1, "year")),
            Ago(operator="longer_ago_than", span=Span(1, "day")),
        ],
        (*DAYS, NEVER, DayRange(DAYS[0], DAYS[2]), DayRange(DAYS[2], DAYS[3])),
    ),
    "code": ([OneOf(operator="in", values=each) for each in (BROAD, CodeSet(CODES[:2]))], CODES),
    "codes": (
        [
            Has(operator=each, values=values)
            for each in ("has_any", "has_all")
            for values in (BROAD, CodeSet(CODES[:2]))
        ],
        [frozenset(), frozenset(CODES[:1]), frozenset(CODES[:2]), frozenset(CODES[1:]), frozenset(CODES)],
    ),
    "words": (
        [Has(operator=each, values=values) for each in ("has_any", "has_all") for values in (("a",), ("a", "b"))],
        [frozenset(), frozenset("a"), frozenset("bc"), frozenset("abc")],
    ),
}


def said(statements: list[Statement], facts: dict[str, Any], on: date) -> tuple[list[Any], list[Any]]:
    """What the functions of each criterion make of facts, and what those that are written out do."""
    compiled = [compile_criterion(each.when) if each.when else None for each in statements]
    plain = plain_walk(compiled), plain_explain(statements, compiled)
    written = written_walk(statements), written_explain(statements)
    return [each(facts, on) for each in plain], [each(facts, on) for each in written]


@pytest.mark.parametrize("kind", KINDS)
def test_two_comparisons_of_one_fact_hold_where_each_of_them_does(kind: str) -> None:
    comparisons, values = KINDS[kind]
    for pair in product(comparisons, repeat=2):
        leaf = FactIs(fact="a", comparisons=pair, notes=NOTES)
        for criterion in (leaf, NoneOf(parts=(leaf,), notes=NOTES)):
            statements = [Statement(outcome=Outcome.COVERED, when=criterion, where=HERE)]
            for value in (None, *values):
                one, other = said(statements, {"a": value} if value is not None else {}, TODAY)
                assert one == other


def test_what_is_counted_is_met_unmet_and_unknown_as_it_is_meant() -> None:
    parts: list[Criterion] = [
        FactIs(fact=name, comparisons=(OneOf(operator="is", values=(True,)),), notes=NOTES) for name in "abc"
    ]
    for count in range(1, 4):
        criterion = CountAtLeast(count=count, parts=tuple(parts), notes=NOTES)
        statements = [
            Statement(outcome=Outcome.COVERED, when=criterion, where=HERE),
            Statement(outcome=Outcome.NOT_COVERED, where=HERE),
        ]
        for values in product((True, False, None), repeat=3):
            facts = {name: value for name, value in zip("abc", values, strict=True) if value is not None}
            one, other = said(statements, facts, TODAY)
            assert one == other
