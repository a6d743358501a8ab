"""A printed query answers as the library does: read in its dialect, and run by DuckDB as far as that has the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import strategies
from claim_tables import answer_in, answers_by_library, database, fill
from hypothesis import given
from hypothesis import strategies as st
from printed_rows import typed, types_of
from sqlglot import exp, parse_one
from test_sql_query import SHIPPED, law, library_of, shipped, stated_in

from policykit.sql.dialects import Dialect
from policykit.sql.printing import layout_of, printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from claim_tables import Answer
    from oracle import Plain

    from policykit.library import Library

# Spark and Postgres are run themselves; what DuckDB is handed of these two means the same there.
READ_BACK = (Dialect.DUCKDB, Dialect.BIGQUERY, Dialect.SNOWFLAKE)


def answers_read_back(
    library: Library, identity: str, dialect: Dialect, cases: Sequence[Plain]
) -> tuple[list[Answer], list[Answer]]:
    """The answers of DuckDB to what a query in another dialect says, and those of the library."""
    layout = layout_of(library.policy(identity), library.vocabulary, dialect)
    both = [typed(case, layout) for case in cases]
    types = {name: kind.replace(" PRECISION", "") for name, kind in types_of(layout).items()}
    rows = [{name: cell_of(value, types[name]) for name, value in row.items()} for row, _ in both]
    connection = database()
    fill(connection, types, [{"claim_id": str(number), **row} for number, row in enumerate(rows)])
    tree = parse_one("\n".join(printed(library, identity, dialect, None)), read=dialect)
    # Of the elements of an array, only Snowflake has to say that they are text.
    for cast in [*tree.find_all(exp.Cast)]:
        if cast.is_type(exp.DataType.Type.VARIANT):
            cast.replace(cast.this)
    found = connection.execute(tree.sql(Dialect.DUCKDB, copy=False)).fetchall()
    answers = sorted(answer_in((int(row[0]), *row[1:])) for row in found)
    return answers, answers_by_library(library, [case for _, case in both])


def cell_of(value: Any, kind: str) -> Any:
    """What stands in a cell; a set as text where the column is one of text."""
    return (";".join(value) or "[]") if isinstance(value, list) and kind == "TEXT" else value


@pytest.mark.parametrize("dialect", READ_BACK)
@pytest.mark.parametrize("identity", sorted(shipped().policies))
def test_every_shipped_case_is_answered_alike_by_what_is_printed(identity: str, dialect: Dialect) -> None:
    own = identity.rpartition("/")[2]
    cases = [case for path in SHIPPED if path.name.startswith(f"{own}.") for case in stated_in(path)]
    found, expected = answers_read_back(shipped(), identity, dialect, cases)
    assert found == expected
    assert len(found) == len(cases)


@law(3)
@given(strategies.documents(), st.data())
def test_a_generated_policy_is_printed_and_answers_alike(documents: strategies.Documents, data: st.DataObject) -> None:
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=12))
    library = library_of(*documents)
    for dialect in READ_BACK:
        found, expected = answers_read_back(library, strategies.POLICY, dialect, cases)
        assert found == expected


@pytest.mark.parametrize("dialect", [each for each in Dialect if each is not Dialect.SQLITE])
def test_no_set_is_an_array_where_none_can_be_unknown(dialect: Dialect) -> None:
    library = shipped()
    head = [line for line in printed(library, "medicare/ncd-240.4", dialect, None) if line.startswith("--")]
    is_text = dialect is Dialect.BIGQUERY
    assert any("set as text" in line for line in head) is is_text
    assert any("array of text" in line for line in head) is not is_text
    assert any("`[]` says that there are none" in line for line in head) is is_text
    kinds = {
        policy: types_of(layout_of(library.policy(policy), library.vocabulary, dialect)) for policy in library.policies
    }
    assert any("TEXT[]" in types.values() for types in kinds.values()) is not is_text


def test_what_is_said_of_sets_is_said_only_where_there_are_some() -> None:
    for dialect in (Dialect.BIGQUERY, Dialect.POSTGRES):
        text = "\n".join(printed(shipped(), "medicare/64714", dialect, None))
        assert "A set is" not in text
        assert "An array" not in text


def test_an_unknown_set_is_missing_and_an_empty_one_is_not() -> None:
    library, identity = shipped(), "cigna/0587"
    known = {"policy": identity, "date_of_service": "2026-01-15", "service": {"cpt": "64714"}}
    name = "conservative_treatment.failed"
    stated: tuple[Plain, ...] = ({}, {name: []}, {name: ["injection"]})
    cases = [{**known, "facts": facts} for facts in stated]
    found, expected = answers_read_back(library, identity, Dialect.BIGQUERY, cases)
    assert found == expected
    assert [name in answer.missing for answer in found] == [True, False, False]


def test_rows_written_out_are_a_query_of_their_own_in_snowflake() -> None:
    tree = parse_one("\n".join(printed(shipped(), "cigna/0587", Dialect.SNOWFLAKE, None)), read="snowflake")
    written = [*tree.find_all(exp.Values)]
    assert written
    assert all(isinstance(each.parent, exp.From) for each in written)
