"""Cells that state nothing sound are refused by the rule that a case would break, and sound ones beside them are not."""

from __future__ import annotations

from datetime import date
from math import inf, nan
from typing import TYPE_CHECKING, Any, Final

import cells
import pytest
from samples import COVERED, library_of

from policykit.criteria import Bound, DayBound, FactIs, Has, OneOf
from policykit.sql.columns import CodeColumn, Column, Kind, Layout
from policykit.sql.dialects import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policykit.criteria import Comparison

DAY: Final = Column(name="day of service", kind=Kind.TEXT)
KEY: Final = Column(name=cells.KEY, kind=Kind.INTEGER)
# Of a fact and a kind of column: sound cells, and those that are refused, each with the rule.
CELLS: Final[dict[tuple[str, Kind], tuple[Sequence[Any], dict[Any, str]]]] = {
    ("patient.birth_date", Kind.TEXT): (
        ("2016-02-29", "2016-12-31", "2016-01-01", "2016-12", "2016-01", "2016", "0001", "9999", None),
        {
            **dict.fromkeys(("2016-13-01", "2016-00-01", "2016-13", "2016-00", "2015-02-29", "2016-01-00"), "malformed-date"),
            **dict.fromkeys(("2016-04-31", "2016-01-32", "0000", "0000-01-01", "2016-1", "16", "", "2016-01-01 "), "malformed-date"),
            "never": "never-not-allowed",
        },
    ),
    ("quit.date", Kind.TEXT): (("never", "2016-02", None), {"Never": "malformed-date", "2016-02-30": "malformed-date"}),
    ("quit.date", Kind.DATE): ((date(1, 1, 1), date(9999, 12, 31), None), {}),
    ("visit.count", Kind.TEXT): (
        ("0", "12", "-3", None),
        dict.fromkeys(("1.5", "01", "+1", "", "1e3", "a", "true", " 1", "1234567890123456"), "wrong-type"),
    ),
    ("visit.count", Kind.NUMBER): ((0.0, 12.0, None), dict.fromkeys((1.5, inf, -inf), "wrong-type")),
    ("patient.weight", Kind.TEXT): (("2.5", "-0.5", "3", None), dict.fromkeys((".5", "2.", "nan", "inf", ""), "wrong-type")),
    ("patient.weight", Kind.NUMBER): ((2.5, 1e308, None), dict.fromkeys((inf, -inf), "wrong-type")),
    ("surgery.urgent", Kind.TEXT): (("true", "false", None), dict.fromkeys(("True", "yes", "", "1"), "wrong-type")),
    ("pain.level", Kind.TEXT): (("mild", "severe", None), dict.fromkeys(("Mild", "", "mild;severe"), "unknown-value")),
}  # fmt: skip
SETS: Final[tuple[tuple[Any, str | None], ...]] = (
    (["mri", "ct"], None),
    ([], None),
    (None, None),
    (["mri", "x-ray"], "unknown-value"),
    (["mri", ""], "unknown-value"),
    (["mri", None], "wrong-type"),
    ([None], "wrong-type"),
)
JOINED: Final[tuple[tuple[Any, str | None], ...]] = (
    ("mri;ct", None),
    ("mri", None),
    ("[]", None),
    (None, None),
    ("mri;", "unknown-value"),
    ("", "unknown-value"),
    ("mri,ct", "unknown-value"),
)
COMPARED: Final[dict[str, Comparison]] = {
    "patient.birth_date": DayBound(operator="before", day=date(2016, 2, 29)),
    "quit.date": DayBound(operator="on_or_after", day=date(2016, 2, 1)),
    "visit.count": Bound(operator="at_least", limit=12),
    "patient.weight": Bound(operator="less_than", limit=2.5),
    "surgery.urgent": OneOf(operator="is", values=(True,)),
    "pain.level": OneOf(operator="in", values=("mild", "moderate")),
    "tests.done": Has(operator="has_any", values=("ct",)),
}
engines = pytest.mark.parametrize("dialect", cells.ENGINES)


def found(
    column: Column, fact: str, values: Sequence[Any], dialect: Dialect, asked: Comparison | None = None
) -> list[cells.Found]:
    """What a query finds of a table with these cells."""
    layout = Layout(date_of_service=DAY, facts={fact: column}, keys=(KEY,))
    rows = tuple({cells.KEY: place, DAY.name: "2020-05-01", column.name: value} for place, value in enumerate(values))
    table = cells.Table(layout=layout, columns=(KEY, DAY, column), rows=rows)
    criterion = FactIs(fact=fact, comparisons=(asked or COMPARED[fact],), notes=())
    with cells.Engine(table, dialect) as engine:
        return engine.found(library_of(COVERED).vocabulary, [criterion])


@engines
@pytest.mark.parametrize(("fact", "kind"), CELLS, ids=str)
def test_a_cell_states_what_it_says_or_is_refused(fact: str, kind: Kind, dialect: Dialect) -> None:
    sound, refused = CELLS[fact, kind]
    if dialect is Dialect.DUCKDB and kind is Kind.NUMBER:
        refused = {**refused, nan: "wrong-type"}
    told = found(Column(name="cell", kind=kind), fact, [*sound, *refused], dialect)
    assert [each.rule for each in told] == [*[None] * len(sound), *refused.values()]


@engines
def test_no_whole_number_is_one_of_fractions(dialect: Dialect) -> None:
    for kind in (Kind.INTEGER, Kind.TEXT, Kind.NUMBER):
        column = Column(name="cell", kind=kind)
        for listed, truths in (((2.5,), (False, None)), ((2.5, 2.0), (True, None)), ((2.5, 3), (False, None))):
            asked = OneOf(operator="in", values=listed)
            values = [2, None] if kind is not Kind.TEXT else ["2", None]
            told = found(column, "patient.weight", values, dialect, asked)
            assert [each.truths for each in told] == [(truth,) for truth in truths]


@engines
def test_a_set_states_its_words_or_is_refused(dialect: Dialect) -> None:
    for column, stated in (
        (Column(name="cell", kind=Kind.TEXTS), SETS),
        (Column(name="cell", kind=Kind.TEXT), JOINED),
        (
            Column(name="cell", kind=Kind.TEXT, separator=None),
            (("mri", None), ("ct", None), ("mri;ct", "unknown-value")),
        ),
    ):
        told = found(column, "tests.done", [value for value, _ in stated], dialect)
        assert [each.rule for each in told] == [rule for _, rule in stated]
        for (value, rule), each in zip(stated, told, strict=True):
            if rule is None:
                assert each.truths == (None if value is None else "ct" in value,)


@engines
def test_a_code_is_of_one_system_and_has_its_shape(dialect: Dialect) -> None:
    systems: tuple[str | None, ...] = ("cpt", "hcpcs", None)
    columns = [CodeColumn(system=each, column=Column(name=f"code {each}", kind=Kind.TEXT)) for each in systems]
    stated: tuple[tuple[dict[str, str], str | None], ...] = (
        ({"code cpt": "64714"}, None),
        ({"code hcpcs": "G0297"}, None),
        ({"code None": "G0297"}, None),
        ({"code None": "0054T"}, None),
        ({}, None),
        ({"code cpt": "G0297"}, "malformed-code"),
        ({"code hcpcs": "64714"}, "malformed-code"),
        ({"code None": "F17.2"}, "malformed-code"),
        ({"code cpt": "64714 "}, "malformed-code"),
        ({"code cpt": "64714", "code hcpcs": "G0297"}, "too-many"),
        ({"code cpt": "64714", "code None": "64714"}, "too-many"),
    )
    layout = Layout(date_of_service=DAY, code=tuple(columns), keys=(KEY,))
    rows = tuple({cells.KEY: place, DAY.name: "2020-05-01", **told} for place, (told, _) in enumerate(stated))
    table = cells.Table(layout=layout, columns=(KEY, DAY, *(each.column for each in columns)), rows=rows)
    with cells.Engine(table, dialect) as engine:
        told = engine.found(library_of(COVERED).vocabulary, [])
    assert [each.rule for each in told] == [rule for _, rule in stated]
