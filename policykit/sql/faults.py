"""What can be wrong with a row, by the rules by which a case is refused (docs/format.md, section 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from policykit.records import record
from policykit.sql.terms import by_number, case, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

# The column of the number of a row's fault; null where the row is sound.
FAULT: Final = "fault"


@record
class Fault:
    """Something that can be wrong with a row. `reason` names the column, and nothing of what stands in it."""

    number: int
    rule: str
    reason: str


class Refusal(NamedTuple):
    """The rule by which a row is refused, and the reason."""

    rule: str
    reason: str


@dataclass(slots=True)
class Faults:
    """The faults of a table, in the order in which they are looked for; of several, a row has the first."""

    told: list[Fault] = field(default_factory=list)
    _whens: list[tuple[exp.Expr, exp.Expr]] = field(default_factory=list)

    def refuse(self, condition: exp.Expr, refusal: Refusal) -> None:
        """A row is wrong if the condition is true."""
        self._whens.append((condition, self._number(refusal)))

    def refuse_one_of(self, condition: exp.Expr, special: exp.Expr, first: Refusal, other: Refusal) -> None:
        """A row is wrong if the condition is true: in the first way if the special condition is, else in the other."""
        numbers = self._number(first), self._number(other)
        self._whens.append((condition, case([(special, numbers[0])], numbers[1])))

    def expression(self) -> exp.Expr:
        """The number of the first fault, or null."""
        return case([(condition.copy(), value.copy()) for condition, value in self._whens], number(None))

    def _number(self, refusal: Refusal) -> exp.Expr:
        self.told.append(Fault(number=len(self.told) + 1, rule=refusal.rule, reason=refusal.reason))
        return number(len(self.told))


def rule_of(fault: exp.Expr, faults: Sequence[Fault]) -> exp.Expr:
    """The rule of the fault that has a number."""
    return by_number(fault, [(each.number, text(each.rule)) for each in faults])


def reason_of(fault: exp.Expr, faults: Sequence[Fault]) -> exp.Expr:
    """The reason of the fault that has a number."""
    return by_number(fault, [(each.number, text(each.reason)) for each in faults])
