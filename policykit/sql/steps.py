"""A query in steps: columns worked out from a table, and further ones from those."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.sql.terms import column

if TYPE_CHECKING:
    from collections.abc import Mapping


class Step(IntEnum):
    """The steps, each of which knows the columns of the one before it only; the first, those of the table."""

    READ = 0
    STATED = 1
    DATED = 2
    FACTS = 3


LAST: Final = Step.FACTS


@dataclass(slots=True)
class Steps:
    """The columns of each step, as they are put in."""

    _columns: dict[Step, dict[str, exp.Expr]] = field(default_factory=lambda: {step: {} for step in Step})

    def put(self, step: Step, name: str, value: exp.Expr, *, through: Step = LAST) -> exp.Column:
        """Work out a column in a step, and hand it on as far as it is needed. A name that is taken gets a number."""
        unique = name
        number = 1
        while any(unique in columns for columns in self._columns.values()):
            number += 1
            unique = f"{name}_{number}"
        self._columns[step][unique] = value
        for later in Step:
            if step < later <= through:
                self._columns[later][unique] = column(unique)
        return column(unique)

    def selects(self, table: exp.Expr, more: Mapping[str, exp.Expr]) -> tuple[tuple[str, exp.Select], ...]:
        """The steps as common table expressions; one that would only hand on what it gets is left out.

        `more` are columns worked out from the table, which all steps hand on.
        """
        done: list[tuple[str, exp.Select]] = []
        source = table
        for step in Step:
            columns = {
                **self._columns[step],
                **{name: value if not done else column(name) for name, value in more.items()},
            }
            if done and step is not LAST and all(_hands_on(name, value) for name, value in columns.items()):
                continue
            listed = [
                value.copy() if _hands_on(name, value) else exp.alias_(value, name) for name, value in columns.items()
            ]
            done.append((step.name.lower(), exp.select(*listed, copy=False).from_(source, copy=False)))
            source = exp.to_table(step.name.lower())
        return tuple(done)


def _hands_on(name: str, value: exp.Expr) -> bool:
    return isinstance(value, exp.Column) and value.name == name and not value.args["this"].quoted
