"""Claims decided, row by row, by the one query that all their policies make together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlglot import exp

from policykit.batch import duck
from policykit.batch.claims import Asked, claims_of
from policykit.batch.database import CLAIMS, Written
from policykit.batch.engine import Limits, Stopped, Unreadable
from policykit.batch.mapping import Wishes, map_columns
from policykit.batch.sources import UnusableTable, form_of
from policykit.batch.tables import REASONS
from policykit.batch.tally import Tally
from policykit.batch.workplace import workplace
from policykit.records import field, record
from policykit.sql import query, routing
from policykit.sql.columns import NONE_OF_THEM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from policykit.batch.claims import Claims
    from policykit.batch.database import Database, Opener
    from policykit.batch.sources import Sources
    from policykit.batch.workplace import Workplace
    from policykit.document import Document
    from policykit.library import Library
    from policykit.sql.columns import Column, Layout
    from policykit.sql.routing import Routes

_ANSWER_LISTS: Final = ("possible", "missing", "advisories")
_TYPES: Final = {"statement": "INT", **dict.fromkeys(_ANSWER_LISTS, "ARRAY<VARCHAR>")}
_Found = TypeVar("_Found")


@record
class Progress:
    """How far the work is: what is being done, in a word, how much of it, and over how many claims, once that is known."""

    doing: str
    share: float
    claims: int | None = None


@record
class Batch:
    """What is to be decided, and how. `library` and the mapping are those that the claims are read with.

    `known_on` is for the rows that state none; `told` is called now and then, with how far the work is. `opened` opens
    the engine.
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
    opened: Opener = duck.opened


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
        database = stack.enter_context(batch.opened(batch.limits, place.folder))
        place, aside = (replace(each, is_folder=database.writes_folders) for each in (place, aside))
        tally = _Run(batch, database).through(place, aside)
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
        if path.exists() and any(_holds(path, each) for each in batch.sources.files):
            raise UnusableTable(f"`{path}` holds claims that are to be decided", f"write the {what} elsewhere")
    if batch.output.resolve() == batch.rejects.resolve():
        raise UnusableTable(
            f"answers and rejects would both be written to `{batch.output}`", "give `--rejects` another name"
        )


def _holds(path: Path, file: Path) -> bool:
    """Whether a path is this file, or a folder that it lies in."""
    return path.samefile(file) or any(path.samefile(each) for each in file.resolve().parents)


class _Run:
    def __init__(self, batch: Batch, database: Database) -> None:
        self._batch = batch
        self._database = database
        self._claims: int | None = None

    def through(self, place: Workplace, aside: Workplace) -> Tally:
        """Everything from the files of claims to the two that are written."""
        batch, library = self._batch, self._batch.library
        database, dialect = self._database, self._database.dialect
        table = database.table(batch.sources, place.folder, self._telling("reading"))
        name = str(batch.sources.files[0])
        mapped = map_columns(table.columns, library.vocabulary, name, batch.mapping, batch.wishes)
        if not (database.numbers_rows or mapped.keys):
            raise UnusableTable(
                "this engine does not number the rows, so an answer would not tell which claim it is for",
                "name the columns that tell claims apart: `--key`",
            )
        claims = claims_of(table, mapped, library.vocabulary, batch.asked, name)
        layout = claims.layout
        self._doing("reading", lambda _: database.define(claims))
        ((count,),) = self._rows(f"SELECT count(*) FROM {CLAIMS}", "reading")  # noqa: S608  # no word of the user's
        self._claims = count
        named = self._rows(
            query.distinct_routes(library, layout, dialect).sql(dialect, copy=False), "looking up policies"
        )
        routes = routing.resolve(library, layout, named)
        asked = self._asked(layout, routes)
        lists: dict[str, str | None] = dict.fromkeys(claims.lists, NONE_OF_THEM)
        shown = Written(
            columns=(*(key.name for key in layout.keys), *query.ANSWER),
            empty_lists={**lists, **dict.fromkeys(_ANSWER_LISTS)},
        )
        answers = self._written(asked, shown, place, "deciding")
        is_clean = routes.answers_once and answers == count
        wrong = _nothing(claims.columns, REASONS) if is_clean else self._wrong(claims, routes)
        kept = Written(columns=(*(column.name for column in claims.columns), *REASONS), empty_lists=lists)
        rejected = self._written(wrong, kept, aside, "setting rejects apart")
        return Tally(
            claims=count,
            answers=answers,
            rejected=rejected,
            outcomes=self._words(place, shown, "outcome") if answers else {},
            rules=self._words(aside, kept, "rule") if rejected else {},
            idle=mapped.idle,
        )

    def _asked(self, layout: Layout, routes: Routes) -> exp.Query:
        """The query for the answers."""
        if all(route.problem is not None for route in routes.routes):
            return _nothing(layout.keys, query.ANSWER)
        return query.answers(self._batch.library, layout, routes, self._database.dialect, known_on=self._batch.known_on)

    def _wrong(self, claims: Claims, routes: Routes) -> exp.Query:
        """The query for the rows that are wrong, each known by all that it states."""
        whole = replace(claims.layout, keys=claims.columns)
        return query.rejects(self._batch.library, whole, routes, self._database.dialect)

    def _written(self, asked: exp.Query, written: Written, place: Workplace, doing: str) -> int:
        sql = asked.sql(self._database.dialect, copy=False)
        return self._doing(doing, lambda told: self._database.write(sql, written, place, told))

    def _words(self, place: Workplace, written: Written, column: str) -> dict[str, int]:
        return self._doing("counting", lambda told: self._database.words(place, written, column, told))

    def _rows(self, sql: str, doing: str) -> list[tuple[Any, ...]]:
        return self._doing(doing, lambda told: self._database.rows(sql, told))

    def _doing(self, doing: str, work: Callable[[Callable[[float], None]], _Found]) -> _Found:
        try:
            return work(self._telling(doing))
        except Unreadable:
            # All files were looked at before, so this one has changed, or is damaged within.
            message, advice = "a file of claims is damaged, or has been changed meanwhile", "look at the files"
            raise Stopped(message, f"nothing is written; {advice}") from None

    def _telling(self, doing: str) -> Callable[[float], None]:
        return lambda share: self._batch.told(Progress(doing=doing, share=share, claims=self._claims))


def _nothing(keys: Sequence[Column], others: Sequence[str]) -> exp.Query:
    """A query that has these columns, and no rows."""
    columns: list[exp.Expr] = [exp.column(exp.to_identifier(key.name, quoted=True)) for key in keys]
    columns += [
        exp.alias_(exp.cast(exp.null(), _TYPES.get(name, "VARCHAR"), dialect="spark"), name, quoted=True)
        for name in others
    ]
    return exp.select(*columns).from_(CLAIMS).limit(0)
