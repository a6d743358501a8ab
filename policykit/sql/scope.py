"""The values that criteria are asked of, as columns of a query: each fact in a form that comparisons can use.

An expression here is null where the fact is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp

    from policykit.sql.dialects import Dialect


@record
class Truth:
    """A boolean."""

    value: exp.Expr


@record
class Number:
    """A number; `whole` if it is one for certain."""

    value: exp.Expr
    whole: bool


@record
class Word:
    """A choice."""

    value: exp.Expr


@record
class Words:
    """A set of choices: an array of text, or one text, which is then the only one."""

    value: exp.Expr
    is_array: bool


@record
class Codes:
    """Codes of some systems: an array of text, or one text. Those of several systems differ in their shapes."""

    systems: tuple[str, ...]
    value: exp.Expr
    is_array: bool


@record
class CodeValues:
    """The codes of a fact that is one code, or a set of them. It is unknown where every one of the parts is null."""

    parts: tuple[Codes, ...]


@record
class Days:
    """A date, `first` and `last` the same if every date is exact. `never` is null, too, where the date is unknown.

    `first_place` and `last_place` are places in the calendar of equal months (policykit.sql.calendar).
    """

    first: exp.Expr
    last: exp.Expr
    first_place: exp.Expr
    last_place: exp.Expr
    never: exp.Expr | None = None

    @property
    def exact(self) -> bool:
        """Whether no value is a partial date."""
        return self.first is self.last


@record
class Count:
    """A number counted from a date, `low` and `high` the same if it is always exact. It is the larger, the earlier
    the date. Each end is held `unit` times as large and not rounded: the number is the end divided by `unit`, downwards.
    """

    low: exp.Expr
    high: exp.Expr
    unit: int
    never: exp.Expr | None = None

    @property
    def exact(self) -> bool:
        """Whether no value is a range."""
        return self.low is self.high


Known: TypeAlias = Truth | Number | Word | Words | CodeValues | Days | Count


@record
class DayOfService:
    """The date of service, its place in the calendar of equal months, and the place of the end of that day.

    `place_end` is that of the last day of any month if the day is the last of its month.
    """

    value: exp.Expr
    place: exp.Expr
    place_end: exp.Expr


@record
class Scope:
    """The facts of one row. A fact that is not in `values` is unknown in every row."""

    values: Mapping[str, Known]
    day: DayOfService
    dialect: Dialect
