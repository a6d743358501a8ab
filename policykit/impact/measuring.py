"""An impact, measured: the claims put to both sides, the answers joined and counted, and what changes written down."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from policykit.batch.claims import Asked, claims_of
from policykit.batch.engine import Limits, Stopped, Unreadable, engine, literal, quoted
from policykit.batch.mapping import Wishes, map_columns
from policykit.batch.run import Progress
from policykit.batch.sources import UnusableTable, form_of
from policykit.batch.staging import stage
from policykit.batch.tables import Table, TableColumn
from policykit.batch.workplace import workplace
from policykit.impact.counting import POLICY, ROW, count, pair
from policykit.impact.listing import ADDED, list_flips, list_rejects
from policykit.impact.result import Impact, Side
from policykit.problems import InvalidDocuments, Location, Problem, near_miss
from policykit.records import field, record
from policykit.sql import query, routing
from policykit.sql.columns import Kind
from policykit.sql.dialects import Dialect
from policykit.vocabulary import CLAIM_PROCESSED, PROCESSED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from policykit.batch.engine import Engine
    from policykit.batch.sources import Sources
    from policykit.batch.workplace import Workplace
    from policykit.document import Document
    from policykit.library import Library
    from policykit.sql.routing import Routes
    from policykit.vocabulary import Fact

_DIALECT: Final = Dialect.DUCKDB
_ROW: Final = TableColumn(name=ROW, kind=Kind.INTEGER, expression=quoted(ROW), shown="bigint")
_FILES: Final = 2**40  # from the rows of one file of claims to those of the next


@record
class Decider:
    """What claims are put to: a library, by the name that the user has for it, or one revision of a policy in it."""

    library: Library
    name: str
    revision: str | None = None

    @property
    def side(self) -> Side:
        """What names it in the result."""
        return Side(library=self.name, revision=self.revision)


@record
class Inquiry:
    """What is to be measured, and how.

    With a `policy`, only its answers count, and a claim that names neither a policy nor a payer is put to it. `known_on`
    is for the claims that state none. `flips` and `rejects` are files for the claims that change outcome, and for those
    that are wrong; `scratch` is a folder for what is needed on the way. `told` is called now
    and then, with how far the work is.
    """

    policy: str | None
    before: Decider
    after: Decider
    sources: Sources
    scratch: Path
    by: tuple[str, ...] = ()
    mapping: Document | None = None
    ignore: tuple[str, ...] = ()
    payer: str | None = None
    known_on: date | None = None
    flips: Path | None = None
    rejects: Path | None = None
    limits: Limits = field(default_factory=Limits)
    told: Callable[[Progress], None]


def measure(inquiry: Inquiry) -> Impact:
    """The impact; the files that are asked for are there when it is given, each whole.

    Raises `InvalidDocuments` for claims or a mapping that cannot be used, before the first is decided; `UnusableTable`
    for names of files; `UnknownPolicy` and `UnknownRevision`; `Unsaved` and `Stopped` if the work cannot be finished.
    Then no file is written.
    """
    _check_names(inquiry)
    with ExitStack() as stack:
        places = [
            stack.enter_context(workplace(path)) if path is not None else None
            for path in (inquiry.flips, inquiry.rejects)
        ]
        database = stack.enter_context(engine(inquiry.limits, inquiry.scratch / "spill"))
        impact = _Measuring(inquiry, database).through(*places)
        for place in places:
            if place is not None:
                place.publish()
    return impact


def _check_names(inquiry: Inquiry) -> None:
    written = [path for path in (inquiry.flips, inquiry.rejects) if path is not None]
    for path in written:
        if form_of(path) is None:
            message = f"the name of `{path}` does not tell how it is to be written"
            raise UnusableTable(message, "let it end in `.parquet`, `.csv` or `.jsonl`")
        if path.exists() and any(path.samefile(each) for each in inquiry.sources.files):
            raise UnusableTable(f"`{path}` holds claims that are to be decided", "write elsewhere")
    if len({path.resolve() for path in written}) < len(written):
        raise UnusableTable(f"two things would be written to `{written[0]}`", "give one of them another name")


class _Measuring:
    def __init__(self, inquiry: Inquiry, database: Engine) -> None:
        self._inquiry = inquiry
        self._database = database
        self._doing = "reading"
        self._claims: int | None = None

    def through(self, flips: Workplace | None, rejects: Workplace | None) -> Impact:
        """Everything from the files of claims to the counts and the files that are written."""
        inquiry = self._inquiry
        table = self._staged()
        names = [column.name for column in table.columns if column is not _ROW]
        by = tuple(self._named(each, names) for each in inquiry.by)
        self._ask("CREATE TABLE wrong (policykit_row BIGINT, after BOOLEAN, rule VARCHAR, reason VARCHAR)")
        self._decide(table, inquiry.before, "before")
        self._decide(table, inquiry.after, "after")
        self._doing = "comparing"
        pair(self._ask)
        counts = count(self._ask, by, _declared(inquiry.before.library), _declared(inquiry.after.library))
        lists = {column.name for column in table.columns if column.kind is Kind.TEXTS}
        kept = [name for name in names if name.casefold() not in ADDED]
        if flips is not None:
            list_flips(self._ask, kept, lists, flips)
        if rejects is not None:
            list_rejects(self._ask, kept, lists, rejects)
        return Impact(
            policy=inquiry.policy,
            title=self._title(),
            before=inquiry.before.side,
            after=inquiry.after.side,
            claims=counts.claims,
            answered=counts.answered,
            elsewhere=counts.elsewhere,
            rejected=counts.rejected,
            rejected_by=counts.rejected_by,
            tally=counts.tally,
            open_before=counts.open_before,
            open_after=counts.open_after,
            otherwise=counts.otherwise,
            by=counts.by,
        )

    def _staged(self) -> Table:
        """The claims as the view `claims_read`, in which every row has a number that no other has."""
        inquiry = self._inquiry
        table = stage(self._database, inquiry.sources, inquiry.scratch, self._tell)
        if any(column.name.casefold() == ROW for column in table.columns):
            problem = Problem(
                rule="repeated",
                message=f"a column of claims cannot be called `{ROW}`",
                where=Location(file=str(inquiry.sources.files[0])),
                help="give it another name",
            )
            raise InvalidDocuments([problem])
        where = literal(str(inquiry.scratch / "impact.duckdb"))
        self._ask(f"ATTACH {where} AS work")
        self._ask("USE work")
        files = ", ".join(literal(str(path)) for path in inquiry.sources.files)
        row = f"(list_position([{files}], {table.file}) - 1) * {_FILES} + {table.row}"
        columns = ", ".join(f"{column.expression} AS {quoted(column.name)}" for column in table.columns)
        self._ask(f"CREATE VIEW claims_read AS SELECT {row} AS {ROW}, {columns} FROM {table.relation}")  # noqa: S608  # quoted
        read = tuple(replace(column, expression=quoted(column.name)) for column in table.columns)
        ((self._claims,),) = self._ask("SELECT count(*) FROM claims_read")
        return Table(columns=(*read, _ROW), relation="claims_read", file="''", row=ROW)

    def _named(self, name: str, names: list[str]) -> str:
        """A column of the claims, small and capital letters aside; or the policy that answers."""
        if name.casefold() == POLICY:
            return POLICY
        found = next((each for each in names if each.casefold() == name.casefold()), None)
        if found is None:
            advice = near_miss(name, names) or f"the columns are {', '.join(names)}"
            raise UnusableTable(f"the claims have no column `{name[:80]}` to count by", advice)
        return found

    def _decide(self, table: Table, decider: Decider, side: str) -> None:
        """Makes the answers of a side, and adds what is wrong to the table `wrong`."""
        inquiry, library = self._inquiry, decider.library
        self._doing = f"deciding as {decider.side.name}"
        name = str(inquiry.sources.files[0])
        given = [column for column in table.columns if column is not _ROW]
        mapped = map_columns(given, library.vocabulary, name, inquiry.mapping, Wishes(ignore=inquiry.ignore))
        claims = claims_of(table, replace(mapped, keys=(_ROW,)), library.vocabulary, self._asked(library), name)
        layout = claims.layout
        self._ask(f"CREATE OR REPLACE VIEW claims AS {claims.query}")
        named = self._ask(query.distinct_routes(library, layout, _DIALECT).sql(_DIALECT, copy=False))
        routes = self._narrowed(routing.resolve(library, layout, named))
        forced = {inquiry.policy: decider.revision} if inquiry.policy and decider.revision else None
        asked = query.answers(library, layout, routes, _DIALECT, known_on=inquiry.known_on, forced=forced)
        only = f"WHERE policy = {literal(inquiry.policy)}" if inquiry.policy else ""
        columns = f'{ROW}, policy, revision, outcome, "to", possible, missing'
        answered = f"SELECT {columns} FROM ({asked.sql(_DIALECT, copy=False)}) {only}"  # noqa: S608  # quoted
        self._ask(f"CREATE TABLE answers_{side} AS {answered}")
        wrong = query.rejects(library, layout, routes, _DIALECT).sql(_DIALECT, copy=False)
        told = f"SELECT {ROW}, {side == 'after'}, rule, reason FROM ({wrong})"  # noqa: S608  # made here
        self._ask(f"INSERT INTO wrong {told}")  # made here

    def _asked(self, library: Library) -> Asked:
        """To what a claim is put that names neither a policy nor a payer."""
        inquiry = self._inquiry
        if inquiry.payer is not None or inquiry.policy is None:
            return Asked(payer=inquiry.payer)
        if inquiry.policy in library.policies:
            return Asked(policy=inquiry.policy)
        # A policy that only the other library has: its payer has nothing of that name on file here.
        return Asked(payer=inquiry.policy.partition("/")[0])

    def _narrowed(self, routes: Routes) -> Routes:
        """The routes to the policy that is asked for; what others answer is not worked out."""
        policy = self._inquiry.policy
        if policy is None:
            return routes
        return replace(
            routes,
            routes=tuple(
                replace(each, answering=tuple(id_ for id_ in each.answering if id_ == policy)) for each in routes.routes
            ),
        )

    def _title(self) -> str | None:
        policy = self._inquiry.policy
        held = next(
            (each.library for each in (self._inquiry.after, self._inquiry.before) if policy in each.library.policies),
            None,
        )
        return held.policy(policy).title if held is not None and policy is not None else None

    def _tell(self, share: float) -> None:
        self._inquiry.told(Progress(doing=self._doing, share=share, claims=self._claims))

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            return self._database.rows(sql, self._tell)
        except Unreadable:
            # All files were looked at before, so this one has changed, or is damaged within.
            message = "a file of claims is damaged, or has been changed meanwhile"
            raise Stopped(message, "nothing is written; look at the files") from None


def _declared(library: Library) -> Callable[[str], Fact | None]:
    return lambda name: PROCESSED if name == CLAIM_PROCESSED else library.vocabulary.facts.get(name)
