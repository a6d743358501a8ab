"""What a column states of a fact, by the type of the fact and the kind of the column; and when that is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.codes import SHAPES, shape_of
from policykit.sql.calendar import days_in_month, place_of
from policykit.sql.columns import BY_SHAPE, NONE_OF_THEM, Kind
from policykit.sql.dialects import (
    day_in,
    has_some,
    matches,
    named,
    no_elements,
    part_of,
    split,
    whole,
)
from policykit.sql.faults import Faults, Refusal
from policykit.sql.scope import Codes, CodeValues, Days, Number, Truth, Word, Words
from policykit.sql.sets import none_of
from policykit.sql.steps import Step, Steps
from policykit.sql.terms import case, every, is_not_null, is_null, joined, number, some, text, total

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policykit.sql.columns import CodeColumn, Column
    from policykit.sql.dialects import Dialect
    from policykit.vocabulary import Fact

_WHOLE: Final = "-?(0|[1-9][0-9]{0,14})"
_DECIMAL: Final = _WHOLE + "([.][0-9]{1,15})?"
_PARTIAL: Final = "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
# The largest number that is finite. What is not a number lies beyond it in every dialect.
_LARGEST: Final = "1.7976931348623157e308"
_NO_SUCH_DATE: Final = "there is no such date"


@dataclass(slots=True)
class Stated:
    """Puts into the steps of a query what columns state, and into the faults what is wrong with it."""

    dialect: Dialect
    steps: Steps = field(default_factory=Steps)
    faults: Faults = field(default_factory=Faults)

    def truth(self, name: str, column: Column) -> Truth:
        """A boolean."""
        raw = named(column.name, self.dialect)
        if column.kind is Kind.BOOLEAN:
            return Truth(value=self.steps.put(Step.READ, name, raw))
        read = exp.Case(this=raw.copy()).when(text("true"), exp.true()).when(text("false"), exp.false())
        return Truth(value=self._read(name, column, read, "wrong-type", "this is neither `true` nor `false`"))

    def number(self, name: str, column: Column, *, is_whole: bool) -> Number:
        """A number."""
        raw = named(column.name, self.dialect)
        reason = "this is not a whole number" if is_whole else "this is not a number"
        if column.kind is Kind.INTEGER:
            return Number(value=self.steps.put(Step.READ, name, raw), whole=True)
        if column.kind is Kind.TEXT:
            pattern, kind = (_WHOLE, "BIGINT") if is_whole else (_DECIMAL, "DOUBLE")
            read = case([(matches(raw.copy(), pattern, self.dialect), exp.cast(raw, kind))], None)
            return Number(value=self._read(name, column, read, "wrong-type", reason), whole=is_whole)
        value = self.steps.put(Step.READ, name, exp.cast(raw, "DOUBLE"))
        largest, smallest = (exp.cast(exp.Literal.string(sign + _LARGEST), "DOUBLE") for sign in ("", "-"))
        finite: exp.Expr = exp.Between(this=value.copy(), low=smallest, high=largest)
        if is_whole:
            finite = every([finite, exp.EQ(this=value.copy(), expression=exp.Floor(this=value.copy()))])
        self._wrong(exp.not_(exp.paren(finite)), "wrong-type", column, reason)
        return Number(value=value, whole=is_whole)

    def word(self, name: str, column: Column, fact: Fact) -> Word:
        """A choice."""
        value = self.steps.put(Step.READ, name, named(column.name, self.dialect))
        self.faults.refuse(self._not_admitted(value, fact), _refused(column, fact))
        return Word(value=value)

    def words(self, name: str, column: Column, fact: Fact) -> Words:
        """A set of choices."""
        value, is_array = self._set(name, column)
        if is_array:
            self._elements(value, column, lambda each: self._not_admitted_or_null(each, fact), _refused(column, fact))
        else:
            self.faults.refuse(self._not_admitted(value, fact), _refused(column, fact))
        return Words(value=value, is_array=is_array)

    def code(self, name: str, columns: Sequence[CodeColumn], *, checked: bool) -> CodeValues:
        """A code; where it is not `checked`, it is taken to have its shape."""
        parts = [
            Codes(
                systems=_systems(each),
                value=self.steps.put(Step.READ, _named(name, each), named(each.column.name, self.dialect)),
                is_array=False,
            )
            for each in columns
        ]
        if len(parts) > 1:
            given = total(case([(is_not_null(part.value.copy()), number(1))], number(0)) for part in parts)
            names = ", ".join(f"`{each.column.name}`" for each in columns)
            self.faults.refuse(
                exp.GT(this=given, expression=number(1)), Refusal("too-many", f"{names}: only one code stands here")
            )
        for part, column in zip(parts, columns, strict=True):
            if checked:
                self._check_codes(part, column.column)
        return CodeValues(parts=tuple(parts))

    def codes(self, name: str, columns: Sequence[CodeColumn]) -> CodeValues:
        """A set of codes."""
        parts = []
        for each in columns:
            value, is_array = self._set(_named(name, each), each.column)
            parts.append(Codes(systems=_systems(each), value=value, is_array=is_array))
            self._check_codes(parts[-1], each.column)
        return CodeValues(parts=tuple(parts))

    def _check_codes(self, codes: Codes, column: Column) -> None:
        pattern = "|".join(f"({SHAPES[system].pattern})" for system in codes.systems)
        described = "; or ".join(shape_of(system) for system in codes.systems)
        refused = Refusal("malformed-code", f"`{column.name}`: a code of {' or '.join(codes.systems)} is {described}")

        def wrong(value: exp.Expr) -> exp.Expr:
            return exp.not_(matches(value.copy(), pattern, self.dialect))

        if codes.is_array:
            self._elements(codes.value, column, lambda each: some([is_null(each.copy()), wrong(each)]), refused)
        else:
            self.faults.refuse(wrong(codes.value), refused)

    def days(self, name: str, column: Column, fact: Fact) -> Days:
        """A date, in full or partial, or `never`."""
        if column.kind is Kind.DATE:
            value = self._dates(name, column)
            at = self.steps.put(Step.DATED, f"{name}_place", place_of(value, self.dialect))
            return Days(first=value, last=value, first_place=at, last_place=at)
        written = self._as_text(column)
        told = self.steps.put(Step.READ, f"{name}_text", written)
        sound = self.steps.put(Step.READ, f"{name}_is_date", self._is_date(written, _PARTIAL), through=Step.STATED)
        first = self.steps.put(Step.STATED, name, case([(sound.copy(), self._first(told))], None))
        last = self.steps.put(Step.STATED, f"{name}_last", case([(sound.copy(), self._last(told))], None))
        places = [
            self.steps.put(Step.DATED, f"{name}_{end}_place", place_of(day, self.dialect))
            for end, day in (("first", first), ("last", last))
        ]
        is_never = exp.EQ(this=told.copy(), expression=text("never"))
        wrong = every([is_not_null(told.copy()), is_null(first.copy())])
        if not fact.may_be_never:
            never_reason = f"`{column.name}`: `{fact.name}` cannot be `never`"
            date_reason = f"`{column.name}`: {_NO_SUCH_DATE}"
            self.faults.refuse_one_of(
                wrong, is_never, Refusal("never-not-allowed", never_reason), Refusal("malformed-date", date_reason)
            )
            return Days(first=first, last=last, first_place=places[0], last_place=places[1])
        self._wrong(every([wrong, exp.not_(exp.paren(is_never))]), "malformed-date", column, _NO_SUCH_DATE)
        never = self.steps.put(Step.STATED, f"{name}_never", is_never.copy())
        return Days(first=first, last=last, first_place=places[0], last_place=places[1], never=never)

    def day(self, name: str, column: Column) -> exp.Column:
        """A date in full."""
        if column.kind is Kind.DATE:
            return self._dates(name, column)
        raw = named(column.name, self.dialect)
        read = case([(self._is_date(raw, _DAY), day_in(raw.copy(), self.dialect))], None)
        return self._read(name, column, read, "malformed-date", _NO_SUCH_DATE)

    def _dates(self, name: str, column: Column) -> exp.Column:
        value = self.steps.put(Step.READ, name, named(column.name, self.dialect))
        first, last = (exp.cast(text(each), "DATE") for each in ("0001-01-01", "9999-12-31"))
        outside = exp.not_(exp.Between(this=value.copy(), low=first, high=last))
        self._wrong(outside, "malformed-date", column, _NO_SUCH_DATE)
        return value

    def _as_text(self, column: Column) -> exp.Expr:
        raw = named(column.name, self.dialect)
        return raw if column.kind is Kind.TEXT else exp.cast(raw, "VARCHAR")

    def _is_date(self, written: exp.Expr, pattern: str) -> exp.Expr:
        """Whether a text of a pattern, in full or partial, names days that exist."""
        length = exp.Length(this=written.copy())
        year, month, day = (whole(part_of(written.copy(), *at)) for at in ((1, 4), (6, 2), (9, 2)))
        month_exists = exp.Between(this=month.copy(), low=number(1), high=number(12))
        day_exists = exp.Between(this=day, low=number(1), high=days_in_month(year, month))
        short = exp.LT(this=length, expression=number(7))
        shorter = exp.LT(this=length.copy(), expression=number(10))
        return case(
            [
                (exp.not_(matches(written.copy(), pattern, self.dialect)), exp.false()),
                (exp.LT(this=year.copy(), expression=number(1)), exp.false()),
                (short, exp.true()),
                (exp.not_(month_exists), exp.false()),
                (shorter, exp.true()),
            ],
            day_exists,
        )

    def _first(self, told: exp.Expr) -> exp.Expr:
        """The first day of a text that names one, a month or a year."""
        rest = exp.Substring(
            this=text("0000-01-01"), start=exp.Add(this=exp.Length(this=told.copy()), expression=number(1))
        )
        return day_in(joined([told.copy(), rest]), self.dialect)

    def _last(self, told: exp.Expr) -> exp.Expr:
        """The last day of a text that names one, a month or a year."""
        year, month = (whole(part_of(told.copy(), *at)) for at in ((1, 4), (6, 2)))
        last = exp.cast(days_in_month(year, month), "VARCHAR")
        length = exp.Length(this=told.copy())
        return case(
            [
                (
                    exp.EQ(this=length, expression=number(4)),
                    day_in(joined([told.copy(), text("-12-31")]), self.dialect),
                ),
                (
                    exp.EQ(this=length.copy(), expression=number(7)),
                    day_in(joined([told.copy(), text("-"), last]), self.dialect),
                ),
            ],
            day_in(told.copy(), self.dialect),
        )

    def _set(self, name: str, column: Column) -> tuple[exp.Column, bool]:
        """A set, and whether it is an array; otherwise it is the one word of it."""
        raw = named(column.name, self.dialect)
        if column.kind is Kind.TEXTS:
            return self.steps.put(Step.READ, name, raw), True
        if column.separator is None:
            return self.steps.put(Step.READ, name, raw), False
        is_empty = exp.EQ(this=raw.copy(), expression=text(NONE_OF_THEM))
        apart = case(
            [
                (is_empty, no_elements(self.dialect)),
                (is_not_null(raw.copy()), split(raw.copy(), column.separator, self.dialect)),
            ],
            None,
        )
        return self.steps.put(Step.READ, name, apart), True

    def _elements(
        self, array: exp.Expr, column: Column, wrong: Callable[[exp.Expr], exp.Expr], refused: Refusal
    ) -> None:
        """Refuse an array with an element that is null, or wrong in another way; `wrong` is true of both."""
        self.faults.refuse_one_of(
            has_some(array.copy(), wrong, self.dialect),
            has_some(array.copy(), is_null, self.dialect),
            Refusal("wrong-type", f"`{column.name}`: an element is null"),
            refused,
        )

    def _not_admitted_or_null(self, value: exp.Expr, fact: Fact) -> exp.Expr:
        if fact.values is None:
            return some([is_null(value.copy()), self._not_admitted(value, fact)])
        # In less time than by comparisons, and true of null, too.
        known = exp.Case(this=value)
        for word in fact.values:
            known = known.when(text(word), exp.false(), copy=False)
        return known.else_(exp.true(), copy=False)

    def _not_admitted(self, value: exp.Expr, fact: Fact) -> exp.Expr:
        if fact.values is not None:
            return none_of(value, tuple(fact.values))
        assert fact.shape is not None  # noqa: S101  # a choice has values or a shape
        return exp.not_(matches(value.copy(), fact.shape.pattern, self.dialect))

    def _read(self, name: str, column: Column, read: exp.Expr, rule: str, reason: str) -> exp.Column:
        """What is read from a text, which is wrong where nothing is."""
        told = self.steps.put(Step.READ, f"{name}_text", named(column.name, self.dialect))
        value = self.steps.put(Step.READ, name, read)
        self._wrong(every([is_not_null(told), is_null(value.copy())]), rule, column, reason)
        return value

    def _wrong(self, condition: exp.Expr, rule: str, column: Column, reason: str) -> None:
        self.faults.refuse(condition, Refusal(rule, f"`{column.name}`: {reason}"))


def _named(name: str, column: CodeColumn) -> str:
    return f"{name}_{column.system}" if column.system else name


def _systems(column: CodeColumn) -> tuple[str, ...]:
    return BY_SHAPE if column.system is None else (column.system,)


def _refused(column: Column, fact: Fact) -> Refusal:
    """How a word is refused that the fact does not admit."""
    if fact.values is not None:
        return Refusal("unknown-value", f"`{column.name}`: `{fact.name}` can be {', '.join(fact.values)}")
    reason = f"`{column.name}`: a modifier is two letters or digits, a place of service two digits"
    return Refusal("malformed-code", reason)
