"""Comparisons of words and codes, single ones and sets (docs/format.md, 6.4 and 7.5)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from policykit.codes import CodePrefix, CodeRange, CodeSet
from policykit.sql.dialects import Dialect, has_element, has_some, in_order, matches
from policykit.sql.terms import case, every, is_not_null, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policykit.codes import CodePattern
    from policykit.criteria import Has, OneOf
    from policykit.sql.scope import Codes, CodeValues, Truth, Word, Words

# More codes than these are put into a pattern, and no more than those into one.
_FEW: Final = 16
_MANY: Final = 500


def compare_truth(truth: Truth, comparisons: Sequence[OneOf]) -> exp.Expr:
    """Whether all of these hold of a boolean."""
    among = {True, False}
    for each in comparisons:
        among &= set(_listed(each))
    if len(among) != 1:
        return _where_known([truth.value], exp.true() if among else exp.false())
    value = truth.value.copy()
    return value if True in among else exp.not_(value, copy=False)


def compare_word(word: Word, comparisons: Sequence[OneOf]) -> exp.Expr:
    """Whether all of these hold of a choice."""
    return every(one_of(word.value.copy(), _listed(each)) for each in comparisons)


def compare_words(words: Words, comparisons: Sequence[Has], dialect: Dialect) -> exp.Expr:
    """Whether all of these hold of a set of choices."""
    return every(
        (some if each.operator == "has_any" else every)(
            _has_word(words, listed, dialect) for listed in dict.fromkeys(_listed(each))
        )
        for each in comparisons
    )


def _has_word(words: Words, word: str, dialect: Dialect) -> exp.Expr:
    if words.is_array:
        return has_element(words.value.copy(), word, dialect)
    return exp.EQ(this=words.value.copy(), expression=exp.Literal.string(word))


def compare_codes(values: CodeValues, comparisons: Sequence[OneOf | Has], dialect: Dialect) -> exp.Expr:
    """Whether all of these hold of a code, or of a set of codes."""
    return every(_codes_compared(values, each, dialect) for each in comparisons)


def _codes_compared(values: CodeValues, comparison: OneOf | Has, dialect: Dialect) -> exp.Expr:
    assert isinstance(comparison.values, CodeSet)  # noqa: S101  # a fact that is a code is compared with codes
    written = comparison.values.written
    if comparison.operator != "has_all":
        return _has_any(values, written, dialect)
    # A range or a prefix counts as one item, of which at least one code has to be there.
    return every(_has_any(values, (each,), dialect) for each in written)


def _has_any(values: CodeValues, patterns: Iterable[CodePattern], dialect: Dialect) -> exp.Expr:
    """Whether some code of the value is one of those that the patterns stand for."""
    patterns = tuple(patterns)
    tests = []
    for part in values.parts:
        own = [each for each in patterns if each.system in part.systems]
        if own:
            tests.append(_of_part(part, own, dialect))
    known = [part.value for part in values.parts]
    if not tests:
        return _where_known(known, exp.false())
    if len(values.parts) == 1:
        return tests[0]
    return _where_known(known, some(exp.func("COALESCE", each, exp.false()) for each in tests))


def _of_part(part: Codes, patterns: Sequence[CodePattern], dialect: Dialect) -> exp.Expr:
    if not part.is_array:
        return _is_one_of(part.value.copy(), patterns, dialect)
    return has_some(part.value.copy(), lambda element: _is_one_of(element, patterns, dialect), dialect)


def _is_one_of(value: exp.Expr, patterns: Sequence[CodePattern], dialect: Dialect) -> exp.Expr:
    """Whether a text is a code that one of the patterns stands for."""
    exact: list[str] = []
    broad: list[exp.Expr] = []
    for pattern in patterns:
        match pattern:
            case CodePrefix(stem=stem):
                broad.append(exp.Like(this=value.copy(), expression=exp.Literal.string(f"{stem}%")))
            case CodeRange(first=first, last=last):
                between = exp.Between(
                    this=in_order(value.copy(), dialect),
                    low=exp.Literal.string(first),
                    high=exp.Literal.string(last),
                )
                # The form is compared only where the text lies between: a pattern costs more than a comparison, and
                # a database may try both sides of an `AND`.
                of_form = matches(value.copy(), form_of(first), dialect)
                broad.append(case([(exp.not_(between), exp.false())], of_form))
            case _:
                exact.append(pattern.code)
    return some([*([among(value, tuple(dict.fromkeys(exact)), dialect)] if exact else []), *broad])


def form_of(code: str) -> str:
    """The pattern of the codes that have letters and digits in the same positions as this one."""
    runs = groupby(code, lambda each: "[0-9]" if each.isdigit() else "[A-Z]" if each.isalpha() else "[.]")
    return "".join(f"{kind}{{{len(tuple(run))}}}" for kind, run in runs)


def one_of(value: exp.Expr, words: Sequence[str]) -> exp.Expr:
    """Whether a text is one of these."""
    return exp.In(this=value, expressions=[exp.Literal.string(each) for each in words])


def among(value: exp.Expr, codes: Sequence[str], dialect: Dialect) -> exp.Expr:
    """Whether a text is one of these codes, of which there may be very many."""
    if dialect is not Dialect.DUCKDB or len(codes) <= _FEW:
        return one_of(value, codes)
    # DuckDB compares a text with one after the other; a pattern of all of them takes it one pass.
    patterns = ("|".join(codes[start : start + _MANY]).replace(".", "[.]") for start in range(0, len(codes), _MANY))
    return some(matches(value.copy(), pattern, dialect) for pattern in patterns)


def none_of(value: exp.Expr, words: Sequence[str]) -> exp.Expr:
    """Whether a text is none of these. DuckDB takes a third of the time of `NOT IN` for it."""
    return every(exp.NEQ(this=value.copy(), expression=exp.Literal.string(each)) for each in words)


def _listed(comparison: OneOf | Has) -> tuple[Any, ...]:
    assert isinstance(comparison.values, tuple)  # noqa: S101  # a set of codes is for facts that are codes
    return comparison.values


def _where_known(values: Sequence[exp.Expr], result: exp.Expr) -> exp.Expr:
    """A result, but null where all of the values are."""
    return case([(some(is_not_null(each.copy()) for each in values), result)], None)
