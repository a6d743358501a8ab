"""Claims decided by DuckDB, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from policykit.batch.database import CLAIMS
from policykit.batch.engine import engine, exactly, literal, quoted
from policykit.batch.sources import Form, form_of
from policykit.batch.staging import CSV_DIALECT, stage
from policykit.sql.columns import SEPARATOR
from policykit.sql.dialects import Dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from policykit.batch.claims import Claims
    from policykit.batch.database import Database, Written
    from policykit.batch.engine import Engine, Limits
    from policykit.batch.sources import Sources
    from policykit.batch.tables import Table
    from policykit.batch.workplace import Workplace


@contextmanager
def opened(limits: Limits, folder: Path) -> Iterator[Database]:
    """DuckDB, held to its limits. Raises `Stopped`."""
    with engine(limits, folder / "spill") as held:
        yield _Duck(held)


class _Duck:
    dialect = Dialect.DUCKDB
    numbers_rows = True
    writes_folders = False

    def __init__(self, held: Engine) -> None:
        self._engine = held

    def table(self, sources: Sources, folder: Path, told: Callable[[float], None]) -> Table:
        return stage(self._engine, sources, folder, told)

    def define(self, claims: Claims) -> None:
        self._engine.rows(f"CREATE TEMP VIEW {CLAIMS} AS {claims.query}")

    def rows(self, sql: str, told: Callable[[float], None]) -> list[tuple[Any, ...]]:
        return self._engine.rows(sql, told)

    def write(self, sql: str, written: Written, place: Workplace, told: Callable[[float], None]) -> int:
        ((count,),) = self._engine.rows(copying(sql, written, place), told)
        return int(count)

    def words(self, place: Workplace, written: Written, column: str, told: Callable[[float], None]) -> dict[str, int]:
        return words_in(self._engine, exactly(place.unfinished), place.target, written, column, told=told)


def copying(sql: str, written: Written, place: Workplace) -> str:
    """What writes what a query gives where it is not finished yet, in the form of the target; it gives how many rows."""
    form = form_of(place.target)
    selected = ", ".join(_in_form(name, form, written) for name in written.columns)
    options = "FORMAT json" if form is Form.JSONL else "FORMAT parquet"
    if form is Form.CSV:
        options = "FORMAT csv, HEADER true"
    if is_compressed(place.target):
        options += ", COMPRESSION gzip"
    target = literal(str(place.unfinished))
    return f"COPY (SELECT {selected} FROM ({sql})) TO {target} ({options}, USE_TMP_FILE false)"  # noqa: S608  # quoted


def is_compressed(target: Path) -> bool:
    """Whether a text is to be compressed."""
    return target.suffix.lower() == ".gz"


def words_in(
    held: Engine, files: str, target: Path, written: Written, column: str, *, told: Callable[[float], None]
) -> dict[str, int]:
    """How often each word stands in a column of files that were written for a target."""
    relation, name = written_in(files, target, written), quoted(column)
    sql = f"SELECT {name}, count(*) FROM {relation} GROUP BY 1 ORDER BY 1"  # noqa: S608  # made here
    return dict(held.rows(sql, told))


def written_in(files: str, target: Path, written: Written) -> str:
    """What was written for a target, as it stands after FROM; of text, every column is text."""
    compression = ", compression='gzip'" if is_compressed(target) else ""
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in written.columns)
    match form_of(target):
        case Form.CSV:
            return f"read_csv({files}, {CSV_DIALECT}, columns={{{types}}}{compression})"
        case Form.JSONL:
            return f"read_json([{files}], format='newline_delimited', records=true, columns={{{types}}}{compression})"
        case _:
            return f"read_parquet([{files}])"


def _in_form(name: str, form: Form | None, written: Written) -> str:
    """A column as it stands in a file: in CSV, a list is text, which reads as the same list again."""
    if form is not Form.CSV or name not in written.empty_lists:
        return quoted(name)
    words = f"array_to_string({quoted(name)}, {literal(SEPARATOR)})"
    empty = written.empty_lists[name]
    none = "NULL" if empty is None else literal(empty)
    return f"CASE WHEN len({quoted(name)}) = 0 THEN {none} ELSE {words} END AS {quoted(name)}"
