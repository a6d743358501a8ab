"""Cases as rows of the table that a printed query asks for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from policykit.dates import NEVER
from policykit.sql.columns import CodeColumn, Column, Kind, Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from claim_tables import Row
    from oracle import Plain

# The types of columns, as DuckDB and Postgres name them.
TYPES = {
    Kind.TEXT: "TEXT",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DOUBLE PRECISION",
    Kind.DATE: "DATE",
    Kind.TEXTS: "TEXT[]",
}


def typed(case: Plain, layout: Layout) -> tuple[Row, Plain]:
    """A case as a row of a table, and as much of the case as such a row can state."""
    row: Row = {"date_of_service": str(case["date_of_service"])}
    kept: Plain = {"policy": layout.default_policy, "date_of_service": str(case["date_of_service"])}
    if layout.claim_processed is not None and case.get("claim_processed"):
        kept["claim_processed"] = row["claim_processed"] = str(case["claim_processed"])
    service = case.get("service") or {}
    codes = coded(layout.code, service, row) or {}
    others = {"modifiers": layout.modifiers, "place": layout.place}
    plain = {
        name: service[name] for name, column in others.items() if column is not None and service.get(name) is not None
    }
    row.update({others[name].name: value for name, value in plain.items()})  # type: ignore[union-attr]
    kept["service"] = {**codes, **plain}
    kept["diagnoses"] = coded(layout.diagnoses, case.get("diagnoses"), row)
    kept["facts"] = {}
    for name, columns in layout.facts.items():
        value = (case.get("facts") or {}).get(name)
        if isinstance(columns, tuple):
            value = coded(columns, value, row)
        elif columns.kind is Kind.DATE:
            value = str(value) if isinstance(value, date) or (value and len(str(value)) == len("2024-02-29")) else None
        if value is not None and value is not NEVER:
            kept["facts"][name] = value
            if isinstance(columns, Column):
                row[columns.name] = value
    return row, {key: value for key, value in kept.items() if value not in ({}, None)}


def coded(columns: Sequence[CodeColumn], value: Any, row: Row) -> Plain | None:
    """The codes of the systems that have a column."""
    kept: Plain = {}
    for each in columns:
        systems = (each.system,) if each.system is not None else ("cpt", "hcpcs")
        for system in systems:
            if isinstance(value, dict) and value.get(system) is not None:
                kept[system] = value[system]
                row[each.column.name] = (
                    row.get(each.column.name, []) + value[system] if isinstance(value[system], list) else value[system]
                )
    return kept or None


def types_of(layout: Layout) -> dict[str, str]:
    """The columns of a table, each with its type."""
    coded = [*layout.code, *layout.diagnoses]
    for columns in layout.facts.values():
        coded += columns if isinstance(columns, tuple) else []
    plain = [layout.date_of_service, layout.claim_processed, layout.modifiers, layout.place]
    plain += [each for each in layout.facts.values() if isinstance(each, Column)]
    listed = [each for each in plain if each is not None] + [each.column for each in coded]
    return {"claim_id": "TEXT", **{each.name: TYPES[each.kind] for each in listed}}
