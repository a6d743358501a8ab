"""Claims decided, row by row, by the one query that all their policies make together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from policykit.batch.claims import Asked, claims_of
from policykit.batch.engine import Limits, Stopped, Unreadable, engine, exactly, literal, quoted
from policykit.batch.mapping import Wishes, map_columns
from policykit.batch.sources import Form, UnusableTable, form_of
from policykit.batch.staging import CSV_DIALECT, stage
from policykit.batch.tables import REASONS
from policykit.batch.tally import Tally
from policykit.batch.workplace import workplace
from policykit.records import field, record
from policykit.sql import query, routing
from policykit.sql.columns import NONE_OF_THEM, SEPARATOR
from policykit.sql.dialects import Dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date
    from pathlib import Path

    from policykit.batch.claims import Claims
    from policykit.batch.engine import Engine
    from policykit.batch.sources import Sources
    from policykit.batch.workplace import Workplace
    from policykit.document import Document
    from policykit.library import Library
    from policykit.sql.columns import Column, Layout
    from policykit.sql.routing import Routes

_CLAIMS: Final = "claims"
ANSWER_LISTS: Final = ("possible", "missing", "advisories")
_TEXT: Final = "CAST(NULL AS VARCHAR)"
_TYPES: Final = {"statement": "CAST(NULL AS INTEGER)", **dict.fromkeys(ANSWER_LISTS, "CAST(NULL AS VARCHAR[])")}
_DIALECT: Final = Dialect.DUCKDB


@record
class Progress:
    """How far the work is: what is being done, in a word, how much of it, and over how many claims, once that is known."""

    doing: str
    share: float
    claims: int | None = None


@record
class Batch:
    """What is to be decided, and how. `library` and the mapping are those that the claims are read with.

    `known_on` is for the rows that state none; `told` is called now and then, with how far the work is.
    """

    library: Library
    sources: Sources
    output: Path
    rejects: Path
    mapping: Document | None = None
    wishes: Wishes = field(default_factory=Wishes)
    asked: Asked = field(default_factory=Asked)
    known_on: date | None = None
    limits: Limits = field(default_factory=Limits)
    told: Callable[[Progress], None]


def decide_claims(batch: Batch) -> Tally:
    """Writes the answers to all claims, and those claims that are wrong apart, each file at once and whole.

    Both files are written even if nothing goes into them, so that none is left over from an earlier time; the answers
    come last. Raises `InvalidDocuments` for claims or a mapping that cannot be used, before the first is decided;
    `UnusableTable` for names of files; `Unsaved` and `Stopped` if the work cannot be finished. Then no file is written.
    """
    _check_names(batch)
    with ExitStack() as stack:
        place = stack.enter_context(workplace(batch.output))
        aside = stack.enter_context(workplace(batch.rejects))
        database = stack.enter_context(engine(batch.limits, place.folder / "spill"))
        run = _Run(batch, database)
        tally = run.through(place, aside)
        aside.publish()
        place.publish()
    return tally


def _check_names(batch: Batch) -> None:
    """Whether what is written is written nowhere where it does harm."""
    written = {"answers": batch.output, "rejects": batch.rejects}
    for what, path in written.items():
        if form_of(path) is None:
            raise UnusableTable(
                f"the name of `{path}` does not tell how the {what} are to be written",
                "let it end in `.parquet`, `.csv` or `.jsonl`",
            )
        if path.exists() and any(path.samefile(each) for each in batch.sources.files):
            raise UnusableTable(f"`{path}` holds claims that are to be decided", f"write the {what} elsewhere")
    if batch.output.resolve() == batch.rejects.resolve():
        raise UnusableTable(
            f"answers and rejects would both be written to `{batch.output}`", "give `--rejects` another name"
        )


class _Run:
    def __init__(self, batch: Batch, database: Engine) -> None:
        self._batch = batch
        self._database = database
        self._claims: int | None = None

    def through(self, place: Workplace, aside: Workplace) -> Tally:
        """Everything from the files of claims to the two that are written."""
        batch, library = self._batch, self._batch.library
        table = stage(self._database, batch.sources, place.folder, self._telling("reading"))
        name = str(batch.sources.files[0])
        mapped = map_columns(table.columns, library.vocabulary, name, batch.mapping, batch.wishes)
        claims = claims_of(table, mapped, library.vocabulary, batch.asked, name)
        layout = claims.layout
        self._rows(f"CREATE TEMP VIEW {_CLAIMS} AS {claims.query}", "reading")
        ((count,),) = self._rows(f"SELECT count(*) FROM {_CLAIMS}", "reading")  # noqa: S608  # no word of the user's
        self._claims = count
        named = self._rows(query.distinct_routes(library, layout, _DIALECT).sql(_DIALECT), "looking up policies")
        routes = routing.resolve(library, layout, named)
        asked = self._asked(layout, routes)
        shown = (*(key.name for key in layout.keys), *query.ANSWER)
        answers = self._copied(asked, shown, {*ANSWER_LISTS, *claims.lists}, place, "deciding")
        is_clean = routes.answers_once and answers == count
        wrong = _nothing(claims.columns, REASONS) if is_clean else self._wrong(claims, routes)
        kept = (*(column.name for column in claims.columns), *REASONS)
        rejected = self._copied(wrong, kept, claims.lists, aside, "setting rejects apart")
        return Tally(
            claims=count,
            answers=answers,
            rejected=rejected,
            outcomes=self._counted(place, shown, "outcome") if answers else {},
            rules=self._counted(aside, kept, "rule") if rejected else {},
            idle=mapped.idle,
        )

    def _asked(self, layout: Layout, routes: Routes) -> str:
        """The query for the answers."""
        if all(route.problem is not None for route in routes.routes):
            return _nothing(layout.keys, query.ANSWER)
        asked = query.answers(self._batch.library, layout, routes, _DIALECT, known_on=self._batch.known_on)
        return asked.sql(_DIALECT)

    def _wrong(self, claims: Claims, routes: Routes) -> str:
        """The query for the rows that are wrong, each known by all that it states."""
        whole = replace(claims.layout, keys=claims.columns)
        return query.rejects(self._batch.library, whole, routes, _DIALECT).sql(_DIALECT)

    def _copied(self, sql: str, columns: Sequence[str], lists: Collection[str], place: Workplace, doing: str) -> int:
        """Writes what a query gives into a file that is not finished yet, and says how many rows it has."""
        form = form_of(place.target)
        selected = ", ".join(_in_form(name, form, lists) for name in columns)
        options = "FORMAT json" if form is Form.JSONL else "FORMAT parquet"
        if form is Form.CSV:
            options = "FORMAT csv, HEADER true"
        if place.target.suffix.lower() == ".gz":
            options += ", COMPRESSION gzip"
        target = literal(str(place.unfinished))
        copy = f"COPY (SELECT {selected} FROM ({sql})) TO {target} ({options}, USE_TMP_FILE false)"  # noqa: S608
        ((count,),) = self._rows(copy, doing)
        return int(count)

    def _counted(self, place: Workplace, columns: Sequence[str], column: str) -> dict[str, int]:
        """How often each word stands in a column of a file that was just written, in order of the words."""
        path = exactly(place.unfinished)
        compression = ", compression='gzip'" if place.target.suffix.lower() == ".gz" else ""
        match form_of(place.target):
            case Form.CSV:
                types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
                relation = f"read_csv({path}, {CSV_DIALECT}, columns={{{types}}}{compression})"
            case Form.JSONL:
                types = f"{{{literal(column)}: 'VARCHAR'}}"
                relation = (
                    f"read_json([{path}], format='newline_delimited', records=true, columns={types}{compression})"
                )
            case _:
                relation = f"read_parquet([{path}])"
        name = quoted(column)
        sql = f"SELECT {name}, count(*) FROM {relation} GROUP BY 1 ORDER BY 1"  # noqa: S608  # made here
        return dict(self._rows(sql, "counting"))

    def _rows(self, sql: str, doing: str) -> list[tuple[Any, ...]]:
        try:
            return self._database.rows(sql, self._telling(doing))
        except Unreadable:
            # All files were looked at before, so this one has changed, or is damaged within.
            message, advice = "a file of claims is damaged, or has been changed meanwhile", "look at the files"
            raise Stopped(message, f"nothing is written; {advice}") from None

    def _telling(self, doing: str) -> Callable[[float], None]:
        return lambda share: self._batch.told(Progress(doing=doing, share=share, claims=self._claims))


def _nothing(keys: Sequence[Column], others: Sequence[str]) -> str:
    """A query that has these columns, and no rows."""
    columns = [
        *(quoted(key.name) for key in keys),
        *(f"{_TYPES.get(name, _TEXT)} AS {quoted(name)}" for name in others),
    ]
    return f"SELECT {', '.join(columns)} FROM {_CLAIMS} LIMIT 0"  # noqa: S608  # no word of the user's without quotes


def _in_form(name: str, form: Form | None, lists: Collection[str]) -> str:
    """A column as it stands in a file: in CSV, a list is text, which reads as the same list again."""
    if form is not Form.CSV or name not in lists:
        return quoted(name)
    words = f"array_to_string({quoted(name)}, {literal(SEPARATOR)})"
    none = "NULL" if name in ANSWER_LISTS else literal(NONE_OF_THEM)
    return f"CASE WHEN len({quoted(name)}) = 0 THEN {none} ELSE {words} END AS {quoted(name)}"
