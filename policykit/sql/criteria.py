"""Criteria as SQL, with three values (docs/format.md, section 6): true is met, false not met, null unknown.

`AND`, `OR` and `NOT` of SQL treat null as the operators of criteria treat what is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from sqlglot import exp

from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.sql.days import compare_days
from policykit.sql.numbers import compare_count, compare_number
from policykit.sql.scope import CodeValues, Count, Days, Number, Truth, Word, Words
from policykit.sql.sets import compare_codes, compare_truth, compare_word, compare_words
from policykit.sql.terms import case, every, number, some, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policykit.criteria import Criterion
    from policykit.sql.scope import Known, Scope


def holds(criterion: Criterion, scope: Scope) -> exp.Expr:
    """Whether a criterion holds of the facts in a scope: a boolean, null where that is unknown."""
    match criterion:
        case All(parts=parts):
            return every(holds(part, scope) for part in parts)
        case AnyOf(parts=parts):
            return some(holds(part, scope) for part in parts)
        case NoneOf(parts=parts):
            return exp.not_(some(holds(part, scope) for part in parts), copy=False)
        case CountAtLeast(count=count, parts=parts):
            return _count_at_least(count, [holds(part, scope) for part in parts])
        case FactIs(fact=fact, comparisons=comparisons):
            value = scope.values.get(fact)
            return _unknown() if value is None else _compare(value, comparisons, scope)
        case _:
            assert_never(criterion)


def _unknown() -> exp.Expr:
    return exp.cast(exp.null(), exp.DataType.Type.BOOLEAN)


def _compare(value: Known, comparisons: Sequence[Any], scope: Scope) -> exp.Expr:
    """Whether all comparisons hold of a value; its fact has none that are for values of another type."""
    match value:
        case Truth():
            return compare_truth(value, comparisons)
        case Number():
            return compare_number(value, comparisons)
        case Word():
            return compare_word(value, comparisons)
        case Words():
            return compare_words(value, comparisons, scope.dialect)
        case CodeValues():
            return compare_codes(value, comparisons, scope.dialect)
        case Days():
            return compare_days(value, comparisons, scope)
        case Count():
            return compare_count(value, comparisons)
        case _:
            assert_never(value)


def _count_at_least(count: int, parts: list[exp.Expr]) -> exp.Expr:
    if count == 1:
        return some(parts)
    if count == len(parts):
        return every(parts)
    met = total(case([(part.copy(), number(1))], number(0)) for part in parts)
    possible = total(case([(exp.not_(part), number(0))], number(1)) for part in parts)
    enough = exp.GTE(this=met, expression=number(count))
    too_few = exp.LT(this=possible, expression=number(count))
    return case([(enough, exp.true()), (too_few, exp.false())], None)
