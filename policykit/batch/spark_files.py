"""The files of Spark: how it is told what to read, and the folder of parts that it writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from policykit.batch.duck import is_compressed
from policykit.batch.engine import exactly, literal
from policykit.batch.sources import Form, form_of
from policykit.sql.columns import SEPARATOR

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame

    from policykit.batch.database import Written
    from policykit.batch.workplace import Workplace

_MOMENTS: Final = ("timestamp", "timestamp_ntz")
_NESTED: Final = ("array", "struct", "map")


def address(path: Path) -> str:
    """A path as Spark reads it: what would be a pattern stands for itself."""
    return "file:" + re.sub(r"([\\{}\[\]*?])", r"\\\1", str(path.absolute()))


def parts(place: Workplace) -> str:
    """The parts that were written, as DuckDB reads them."""
    return f"{exactly(place.unfinished)[:-1]}/part-*'"


def write(frame: DataFrame, written: Written, folder: Path, target: Path) -> None:
    """Writes what a query gives into a folder, in the form of the target."""
    form, kinds = form_of(target), {each.name: each.dataType.typeName() for each in frame.schema.fields}
    shown = frame.selectExpr(*(_in_form(name, kinds[name], form, written) for name in written.columns))
    writer = shown.write.mode("errorifexists").option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "true")
    if is_compressed(target):
        writer = writer.option("compression", "gzip")
    address = f"file:{folder.absolute()}"
    match form:
        case Form.CSV:
            plain = {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
            writer.options(header="true", escape='"', **plain).csv(address)
        case Form.JSONL:
            writer.options(ignoreNullFields="false").json(address)
        case _:
            writer.parquet(address)


def _in_form(name: str, kind: str, form: Form | None, written: Written) -> str:
    """A column as it stands in a file: text has no lists in CSV, and a day with its time as DuckDB writes it."""
    column = f"`{name.replace('`', '``')}`"
    if form is Form.CSV and name in written.empty_lists:
        empty = written.empty_lists[name]
        none = "NULL" if empty is None else literal(empty)
        words = f"array_join({column}, {literal(SEPARATOR)})"
        return f"CASE WHEN size({column}) = 0 THEN {none} ELSE {words} END AS {column}"
    if (form is Form.CSV and kind in _NESTED) or (form in {Form.CSV, Form.JSONL} and kind in _MOMENTS):
        return f"CAST({column} AS STRING) AS {column}"
    return column
