"""Which variants answer a row, by the policy, the payer and the code that it names."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.index import service_for
from policykit.sql.asking import VALID_FROM, VALID_THROUGH, VARIANT, Routed
from policykit.sql.tables import Table
from policykit.sql.terms import by_number, column, number, text
from policykit.sql.timetable import revisions_of
from policykit.sql.values import FACTS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from policykit.codes import Code
    from policykit.policy import Service
    from policykit.sql.asking import Asking
    from policykit.sql.routing import Route, Routes
    from policykit.sql.tables import Cell
    from policykit.sql.timetable import Node, Timetable
    from policykit.sql.variants import Variants
    from policykit.timeline import Revision

# Of a route: the first of its variants, and which of the calendars tells how many come before that of the row.
_FIRST: Final = "first_variant"
_CALENDAR: Final = "calendar"
# Of a route that leads nowhere.
RULE: Final = "rule"
REASON: Final = "reason"


def routed_by(asking: Asking, routes: Routes, variants: Variants) -> Routed:
    """The layer of rows that are put to the policies to which their routes lead; one row for each of them."""
    keys = Keys(asking, routes)
    targets = _Targets(asking, variants)
    rows = tuple(
        (*keys.cells(route), *target, *_validity(asking, route.code))
        for route in routes.routes
        if route.problem is None
        for target in targets.of(route)
    )
    columns = (*keys.columns, (_CALENDAR, int), (_FIRST, int), (VALID_FROM, date), (VALID_THROUGH, date))
    table = _table("routes", columns, rows)
    facts = exp.Column(this=exp.Star(), table=exp.to_identifier(FACTS))
    query = exp.select(facts, exp.alias_(targets.variant(table.name), VARIANT))
    query = query.select(*(column(name, table.name) for name in (VALID_FROM, VALID_THROUGH))).from_(FACTS)
    return Routed(query=asking.sound(keys.join(query, table)), tables=(table,))


def wrong_routes(keys: Keys, routes: Routes) -> Table:
    """What is wrong with the routes that lead nowhere."""
    rows = tuple(
        (*keys.cells(route), route.problem.rule, route.problem.message)
        for route in routes.routes
        if route.problem is not None
    )
    return _table("wrong_routes", (*keys.columns, (RULE, str), (REASON, str)), rows)


def _table(name: str, columns: tuple[tuple[str, type], ...], rows: tuple[tuple[Cell, ...], ...]) -> Table:
    # A table cannot be written without a row; with one of nulls, no other meets.
    return Table(name=name, columns=columns, rows=rows or ((None,) * len(columns),))


class Keys:
    """By what rows are joined to their routes: those of policy, payer and code that have a column."""

    def __init__(self, asking: Asking, routes: Routes) -> None:
        found = (("policy", asking.policy), ("payer", asking.payer), ("code", asking.key()))
        self._values = {name: value for name, value in found if value is not None}
        told = {cell for route in routes.routes for cell in (route.policy, route.payer, route.key)}
        # What stands for null, so that it can be compared: the first text that no row states.
        self._null = next(each for each in ("-" * count for count in range(len(told) + 1)) if each not in told)

    @property
    def columns(self) -> tuple[tuple[str, type], ...]:
        """The columns of a table of routes."""
        return tuple((name, str) for name in self._values)

    def cells(self, route: Route) -> tuple[str, ...]:
        """What stands in them for a route."""
        told = {"policy": route.policy, "payer": route.payer, "code": route.key}
        return tuple(cell if (cell := told[name]) is not None else self._null for name in self._values)

    def join(self, query: exp.Select, table: Table, side: str | None = None) -> exp.Select:
        """A query of the facts, joined to a table of routes."""
        conditions = [
            exp.EQ(
                this=exp.Coalesce(this=value.copy(), expressions=[text(self._null)]),
                expression=column(name, table.name),
            )
            for name, value in self._values.items()
        ]
        # Without any of these columns, there is one route, for all rows.
        on = exp.and_(*conditions) if conditions else exp.true()
        return query.join(table.name, on=on, join_type=side)


class _Targets:
    """Numbers the variants to which routes lead: all that a policy can be found to say for a code, one after another.

    Policies of which the revisions change on the same days share a calendar.
    """

    def __init__(self, asking: Asking, variants: Variants) -> None:
        self._asking = asking
        self._variants = variants
        self._timetables: dict[str, Timetable] = {}
        self._firsts: dict[Hashable, int] = {}
        self._calendars: dict[Node, int] = {}

    def of(self, route: Route) -> Iterator[tuple[int, int]]:
        """The calendar and the first variant of each policy that answers."""
        if not route.answering:
            if None not in self._firsts:
                self._firsts[None] = self._variants.nothing_on_file().number
            yield self._calendar(0), self._firsts[None]
        for identity in route.answering:
            table = self._timetables.get(identity)
            if table is None:
                table = self._timetables[identity] = self._asking.timetable(identity)
            yield self._calendar(table.node), self._first(identity, table, route.code)

    def variant(self, routes: str) -> exp.Expr:
        """The variant of a row that is joined to its route."""
        branches = [(count, self._asking.on_days(node, number)) for node, count in self._calendars.items()]
        if len(branches) > 1:
            return exp.Add(this=column(_FIRST, routes), expression=by_number(column(_CALENDAR, routes), branches))
        return exp.Add(this=column(_FIRST, routes), expression=branches[0][1] if branches else number(0))

    def _calendar(self, node: Node) -> int:
        return self._calendars.setdefault(node, len(self._calendars) + 1)

    def _first(self, identity: str, table: Timetable, code: Code | None) -> int:
        served = {
            id(revision): service_for(revision, code)
            for found in table.found
            for revision in revisions_of(found)
            if code is not None
        }
        key = (identity, code is None, *map(id, served.values()))
        if key not in self._firsts:
            serving = partial(_served, served) if code is not None else None
            policy = self._asking.library.policy(identity)
            self._firsts[key] = min(self._variants.of(policy, found, serving).number for found in table.found)
        return self._firsts[key]


def _served(served: dict[int, Service | None], revision: Revision) -> Service | None:
    return served[id(revision)]


def _validity(asking: Asking, code: Code | None) -> tuple[date | None, date | None]:
    entry = asking.library.vocabulary.codes.get(code) if code is not None else None
    return (entry.first, entry.last) if entry is not None else (None, None)
