"""Tests that many statements ask for, worked out once for every row.

An engine that decides many rows at a time is quickest at what it does for all of them alike. So a test that a good part
of the walks makes use of becomes a column, and the walks make use of that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from sqlglot import exp

from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf, OneOf, leaves_of
from policykit.sql.criteria import holds
from policykit.sql.dialects import ASKING_WITHIN
from policykit.sql.scope import Truth
from policykit.sql.terms import column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.criteria import Comparison, Criterion
    from policykit.sql.scope import Scope
    from policykit.sql.variants import Walk

# A test is worth a column if so many walks ask for it, or half of them do; or if it is a query of its own, as a look
# into a set is in some dialects: it is written once for every walk, and for all that follows from it.
_MANY: Final = 16

_Test: TypeAlias = "tuple[str, tuple[Comparison, ...]]"


class Shared:
    """The criteria of walks, with what they share as columns; `scope` has these as well, and `tests` tells them."""

    def __init__(self, walks: Sequence[Walk], scope: Scope) -> None:
        self._names: dict[_Test, str] = {}
        self._facts: dict[str, str] = {}
        self.tests: dict[str, exp.Expr] = {}
        uses = Counter(test for walk in walks for test in dict.fromkeys(map(_test, _leaves(walk))))
        for test, count in uses.items():
            is_common = count >= _MANY or count * 2 >= len(walks)
            if not is_common and scope.dialect not in ASKING_WITHIN:
                continue
            fact, comparisons = test
            value = holds(FactIs(fact=fact, comparisons=comparisons, notes=()), scope)
            # What is a column already needs no other.
            if not isinstance(value, exp.Column) and (is_common or value.find(exp.Exists) is not None):
                name = f"test_{len(self.tests) + 1}"
                self._names[test], self._facts[name], self.tests[name] = name, fact, value
        truths = {name: Truth(value=column(name)) for name in self.tests}
        self.scope = replace(scope, values={**scope.values, **truths})

    def criterion(self, criterion: Criterion) -> Criterion:
        """A criterion that asks for the columns instead."""
        match criterion:
            case FactIs():
                name = self._names.get(_test(criterion))
                if name is None:
                    return criterion
                return FactIs(fact=name, comparisons=(OneOf(operator="is", values=(True,)),), notes=criterion.notes)
            case All() | AnyOf() | NoneOf() | CountAtLeast():
                return replace(criterion, parts=tuple(self.criterion(part) for part in criterion.parts))
            case _:
                assert_never(criterion)

    def fact(self, name: str) -> str:
        """The fact that is asked for by this name, which may be that of a column."""
        return self._facts.get(name, name)


def _test(leaf: FactIs) -> _Test:
    return leaf.fact, leaf.comparisons


def _leaves(walk: Walk) -> Iterator[FactIs]:
    for statement in walk.statements:
        if statement.when is not None:
            yield from leaves_of(statement.when)
