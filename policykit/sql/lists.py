"""Lists of text, as each dialect has them. In SQLite, which has none, a list is the text of a JSON array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp, parse_one

if TYPE_CHECKING:
    from collections.abc import Iterable

# What can stand between the words of a list while it is text: the first that occurs in none of them.
_MARKS: Final = (";", "~", "#", "@", "%", "=", "\u00a6", "\u00b6", "\u203a", "\u25cf", "\n")

# X stands for what the list is made of.
_NONE: Final = {
    "duckdb": "CAST([] AS TEXT[])",
    "spark": "CAST(ARRAY() AS ARRAY<STRING>)",
    "snowflake": "[]",
    "bigquery": "CAST([] AS ARRAY<STRING>)",
    "postgres": "CAST(ARRAY[] AS TEXT[])",
    "sqlite": "JSON_ARRAY()",
}
_OF_ONE: Final = {
    "duckdb": "[X]",
    "spark": "ARRAY(X)",
    "snowflake": "[X]",
    "bigquery": "[X]",
    "postgres": "ARRAY[X]",
    "sqlite": "JSON_ARRAY(X)",
}
# Split at M.
_WORDS: Final = {
    "duckdb": "STRING_SPLIT(X, M)",
    "spark": "SPLIT(X, M)",
    "snowflake": "SPLIT(X, M)",
    "bigquery": "SPLIT(X, M)",
    "postgres": "STRING_TO_ARRAY(X, M)",
    "sqlite": "JSON('[' || REPLACE(JSON_QUOTE(X), M, '\",\"') || ']')",
}
# Split at M, each once, in the order of their first places.
_WORDS_ONCE: Final = {
    "duckdb": "LIST_FILTER(STRING_SPLIT(X, M), (item, place) -> LIST_POSITION(STRING_SPLIT(X, M), item) = place)",
    "spark": "ARRAY_DISTINCT(SPLIT(X, M))",
    "snowflake": (
        "REDUCE(SPLIT(X, M), [], (found, item) -> "
        "CASE WHEN ARRAY_CONTAINS(item, found) THEN found ELSE ARRAY_APPEND(found, item) END)"
    ),
    "bigquery": (
        "ARRAY(SELECT item FROM UNNEST(SPLIT(X, M)) AS item WITH OFFSET AS place GROUP BY item ORDER BY MIN(place))"
    ),
    "postgres": (
        "ARRAY(SELECT item FROM UNNEST(STRING_TO_ARRAY(X, M)) WITH ORDINALITY AS listed(item, place) "
        "GROUP BY item ORDER BY MIN(place))"
    ),
    "sqlite": (
        "(SELECT JSON_GROUP_ARRAY(item) FROM (SELECT value AS item "
        "FROM JSON_EACH('[' || REPLACE(JSON_QUOTE(X), M, '\",\"') || ']') GROUP BY value ORDER BY MIN(key)))"
    ),
}
# What stands before the first M.
_BEFORE: Final = {
    "duckdb": "SPLIT_PART(X, M, 1)",
    "spark": "SUBSTRING_INDEX(X, M, 1)",
    "snowflake": "SPLIT_PART(X, M, 1)",
    "bigquery": "SPLIT(X, M)[OFFSET(0)]",
    "postgres": "SPLIT_PART(X, M, 1)",
    "sqlite": "(SELECT SUBSTR(item, 1, INSTR(item || M, M) - 1) FROM (SELECT X AS item))",
}
DIALECTS: Final = tuple(_NONE)


def marks_apart_from(texts: Iterable[str]) -> tuple[str, str]:
    """Two marks that occur in none of these texts."""
    used = "".join(texts)
    first, second, *_ = [mark for mark in _MARKS if mark not in used]
    return first, second


def none(dialect: str) -> exp.Expr:
    """The empty list."""
    return _filled(_NONE, dialect, {})


def of_one(item: exp.Expr, dialect: str) -> exp.Expr:
    """The list of one text."""
    return _filled(_OF_ONE, dialect, {"X": item})


def words(text: exp.Expr, mark: str, dialect: str) -> exp.Expr:
    """The words of a text between which a mark stands."""
    return _filled(_WORDS, dialect, {"X": text, "M": exp.Literal.string(mark)})


def words_once(text: exp.Expr, mark: str, dialect: str) -> exp.Expr:
    """The words of a text between which a mark stands: each once, in the order of their first places."""
    return _filled(_WORDS_ONCE, dialect, {"X": text, "M": exp.Literal.string(mark)})


def before(text: exp.Expr, mark: str, dialect: str) -> exp.Expr:
    """What stands in a text before the first of its marks."""
    return _filled(_BEFORE, dialect, {"X": text, "M": exp.Literal.string(mark)})


def _filled(forms: dict[str, str], dialect: str, parts: dict[str, exp.Expr]) -> exp.Expr:
    """The form of a dialect, with these parts in the places of the names that stand for them."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in parts:
            return parts[node.name].copy()
        return node

    return parse_one(forms[dialect], read=dialect).transform(fill)
