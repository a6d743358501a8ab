"""What differs between the dialects of SQL. Everything else that is written here means the same in all of them.

In SQLite, which has neither dates nor arrays, a date is the text `YYYY-MM-DD` and an array the text of a JSON array; a
pattern needs a function `regexp(pattern, text)` on the connection.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.sql.terms import case, is_not_null, joined, number

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_ELEMENT: Final = "item"


class Dialect(StrEnum):
    """The dialects, by the names that sqlglot knows them by."""

    DUCKDB = "duckdb"
    SPARK = "spark"
    SNOWFLAKE = "snowflake"
    BIGQUERY = "bigquery"
    POSTGRES = "postgres"
    SQLITE = "sqlite"


# Those in which to look into an array is a query of its own (`has_some`).
ASKING_WITHIN: Final = frozenset({Dialect.BIGQUERY, Dialect.POSTGRES, Dialect.SQLITE})


def named(name: str, dialect: Dialect) -> exp.Column:
    """A column of the user's table, by a name that may need quotes."""
    # Snowflake stores a name that was written without quotes in capital letters.
    if dialect is Dialect.SNOWFLAKE and _PLAIN.fullmatch(name):
        name = name.upper()
    return exp.column(exp.to_identifier(name, quoted=True))


# Text


def matches(value: exp.Expr, pattern: str, dialect: Dialect) -> exp.Expr:
    """Whether the whole of a text has a pattern: classes, groups, `?`, `*` and `{}`, which all dialects share."""
    match dialect:
        case Dialect.DUCKDB:
            return exp.Anonymous(this="REGEXP_FULL_MATCH", expressions=[value, exp.Literal.string(pattern)])
        case Dialect.SNOWFLAKE:
            whole = pattern
        case Dialect.SPARK:
            # A `$` would also stand before a line feed at the end.
            whole = rf"\A({pattern})\z"
        case Dialect.BIGQUERY | Dialect.POSTGRES | Dialect.SQLITE:
            whole = f"^({pattern})$"
    return exp.RegexpLike(this=value, expression=exp.Literal.string(whole))


def in_order(value: exp.Expr, dialect: Dialect) -> exp.Expr:
    """A text that is to be compared by the order of its characters, whatever language the database sorts by."""
    if dialect is Dialect.POSTGRES:
        return exp.Collate(this=exp.paren(value, copy=False), expression=exp.to_identifier("C", quoted=True))
    return value


# Dates


def year_of(day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The year of a date."""
    return _field(day, "YEAR", 1, 4, dialect)


def month_of(day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The month of a date."""
    return _field(day, "MONTH", 6, 2, dialect)


def day_of(day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The day of the month of a date."""
    return _field(day, "DAY", 9, 2, dialect)


def _field(day: exp.Expr, name: str, start: int, length: int, dialect: Dialect) -> exp.Expr:
    if dialect is Dialect.SQLITE:
        return whole(part_of(day, start, length))
    extracted = exp.Extract(this=exp.var(name), expression=day)
    # Postgres answers with a decimal.
    return exp.cast(extracted, exp.DataType.Type.INT) if dialect is Dialect.POSTGRES else extracted


def part_of(value: exp.Expr, start: int, length: int) -> exp.Expr:
    """Some characters of a text; the first is 1."""
    return exp.Substring(this=value, start=number(start), length=number(length))


def whole(value: exp.Expr) -> exp.Expr:
    """A text of digits as a whole number."""
    return exp.cast(value, exp.DataType.Type.BIGINT)


def days_between(until: exp.Expr, since: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The number of days from one date to another; negative where `since` is the later."""
    if dialect in {Dialect.DUCKDB, Dialect.POSTGRES}:
        return exp.paren(exp.Sub(this=until, expression=since), copy=False)
    return exp.DateDiff(this=until, expression=since, unit=exp.var("DAY"))


def days_before(day: exp.Expr, count: int, dialect: Dialect) -> exp.Expr:
    """The date so many days before another."""
    match dialect:
        case Dialect.DUCKDB | Dialect.POSTGRES:
            return exp.paren(exp.Sub(this=day, expression=number(count)), copy=False)
        case Dialect.SQLITE:
            return exp.Anonymous(this="DATE", expressions=[day, exp.Literal.string(f"-{count} days")])
        case Dialect.SPARK:
            return exp.Anonymous(this="DATE_SUB", expressions=[day, number(count)])
        case Dialect.SNOWFLAKE:
            return exp.Anonymous(this="DATEADD", expressions=[exp.var("DAY"), number(-count), day])
        case Dialect.BIGQUERY:
            return exp.DateSub(this=day, expression=number(count), unit=exp.var("DAY"))


def is_last_of_month(day: exp.Expr, length: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Whether a date is the last of its month, which has this length."""
    if dialect is Dialect.DUCKDB:
        # The same in less time; the dates of DuckDB go on after the year 9999.
        following = exp.paren(exp.Add(this=day, expression=number(1)), copy=False)
        return exp.EQ(this=day_of(following, dialect), expression=number(1))
    return exp.EQ(this=day_of(day, dialect), expression=length)


def day_in(value: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The date that a text `YYYY-MM-DD` names, which is known to exist."""
    return value if dialect is Dialect.SQLITE else exp.cast(value, exp.DataType.Type.DATE)


# Arrays of text


def split(value: exp.Expr, separator: str, dialect: Dialect) -> exp.Expr:
    """The array of what stands in a text between separators: of one text at least."""
    literal = exp.Literal.string(separator)
    match dialect:
        case Dialect.POSTGRES:
            return exp.Anonymous(this="STRING_TO_ARRAY", expressions=[value, literal])
        case Dialect.SQLITE:
            quoted = exp.Anonymous(this="JSON_QUOTE", expressions=[value])
            apart = exp.Anonymous(this="REPLACE", expressions=[quoted, literal, exp.Literal.string('","')])
            return joined([exp.Literal.string("["), apart, exp.Literal.string("]")])
        case _:
            return exp.Split(this=value, expression=literal)


def no_elements(dialect: Dialect) -> exp.Expr:
    """The empty array."""
    match dialect:
        case Dialect.SQLITE:
            return exp.Literal.string("[]")
        case Dialect.SNOWFLAKE:
            return exp.Array(expressions=[])
        case _:
            return exp.cast(exp.Array(expressions=[]), exp.DataType.build("array<varchar>"))


def has_element(array: exp.Expr, word: str, dialect: Dialect) -> exp.Expr:
    """Whether a word is in an array; null where the array is."""
    literal = exp.Literal.string(word)
    if dialect in {Dialect.DUCKDB, Dialect.SPARK, Dialect.SNOWFLAKE}:
        return exp.ArrayContains(this=array, expression=literal)
    return has_some(array, lambda element: exp.EQ(this=element, expression=literal), dialect)


def has_some(array: exp.Expr, test: Callable[[exp.Expr], exp.Expr], dialect: Dialect) -> exp.Expr:
    """Whether a test is true of some element of an array; null where the array is."""
    element = exp.column(_ELEMENT)
    match dialect:
        case Dialect.DUCKDB | Dialect.SNOWFLAKE:
            # Spark's `exists` has no like in these two.
            chosen = exp.ArrayFilter(this=array, expression=_lambda(_element_text(element, dialect), test))
            return exp.GT(this=exp.ArraySize(this=chosen), expression=number(0))
        case Dialect.SPARK:
            return exp.Anonymous(this="EXISTS", expressions=[array, _lambda(element, test)])
        case Dialect.BIGQUERY | Dialect.POSTGRES | Dialect.SQLITE:
            found = exp.Exists(this=exp.select("1").from_(_elements(array, dialect)).where(test(_inside(dialect))))
            return case([(is_not_null(array.copy()), found)], None)


def _lambda(element: exp.Expr, test: Callable[[exp.Expr], exp.Expr]) -> exp.Lambda:
    return exp.Lambda(this=test(element), expressions=[exp.to_identifier(_ELEMENT)])


def _element_text(element: exp.Expr, dialect: Dialect) -> exp.Expr:
    # What stands in an array of Snowflake is a variant.
    return exp.cast(element, exp.DataType.Type.VARCHAR) if dialect is Dialect.SNOWFLAKE else element


def _elements(array: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The elements of an array as a table."""
    match dialect:
        case Dialect.BIGQUERY:
            return exp.Unnest(expressions=[array], alias=exp.TableAlias(columns=[exp.to_identifier(_ELEMENT)]))
        case Dialect.POSTGRES:
            columns = exp.TableAlias(this=exp.to_identifier("listed"), columns=[exp.to_identifier(_ELEMENT)])
            return exp.Unnest(expressions=[array], alias=columns)
        case _:
            return exp.Table(this=exp.Anonymous(this="JSON_EACH", expressions=[array]))


def _inside(dialect: Dialect) -> exp.Expr:
    # The table that SQLite makes of an array calls them so.
    return exp.column("value" if dialect is Dialect.SQLITE else _ELEMENT)
