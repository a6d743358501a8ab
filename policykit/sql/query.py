"""Whole policies as one query over a table of claims.

The query is written in layers, each a common table expression: the facts (what the columns state, typed), `routed`
(which variants answer), `walked` (whether each coverage statement is met), a few that draw the conclusions, and the
answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.sql.answering import Answers
from policykit.sql.asking import ROUTED, Asking
from policykit.sql.by_policy import routed_to
from policykit.sql.by_route import REASON, RULE, Keys, routed_by, wrong_routes
from policykit.sql.dialects import Dialect
from policykit.sql.faults import FAULT, reason_of, rule_of
from policykit.sql.terms import column, is_not_null, some
from policykit.sql.values import FACTS, facts_layer
from policykit.sql.variants import Variants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from policykit.library import Library
    from policykit.sql.columns import Layout
    from policykit.sql.routing import Routes
    from policykit.sql.tables import Table

# The columns of an answer, behind the keys of the row. Three of them are lists.
ANSWER: Final = ("policy", "revision", "outcome", "to", "possible", "statement", "missing", "advisories")

# What each layer is for, told to who reads the query.
_COMMENTS: Final = {
    "facts": "what a row states, and the number of what is wrong with it in `fault`",
    "routes": "which variants answer the rows that name this policy, payer and code",
    "wrong_routes": "what is wrong with rows that name this policy, payer and code",
    "codes": "the days on which codes are valid, where they are not always",
    "variants": "every way in which a row is answered: by which revision and service, and what each statement leads to",
    "routed": "which variant answers a row, by its dates and its code",
    "tested": "what many statements ask for",
    "walked": "whether each coverage statement is met, null where that is unknown",
    "decided": "the first statement that is met",
    "concluded": "the outcome of that statement",
    "hanging": "whether another outcome is possible, by a statement before it of which it is unknown whether it is met",
    "answered": "what else is possible, what is missing, and what a reader should know, as text",
}


def distinct_routes(library: Library, layout: Layout, dialect: Dialect) -> exp.Select:
    """The query for what `routing.resolve` is to be given: policy, payer and key of the code, as the rows name them."""
    asking = _asking(library, layout, dialect, check_code=False)
    named = {"policy": asking.policy, "payer": asking.payer, "code": asking.key()}
    columns = [exp.alias_(exp.null() if value is None else value, name) for name, value in named.items()]
    return _with(exp.select(*columns).distinct().from_(FACTS), asking, ())


def answers(
    library: Library,
    layout: Layout,
    routes: Routes | None,
    dialect: Dialect,
    *,
    known_on: date | None = None,
    forced: Mapping[str, str] | None = None,
) -> exp.Select:
    """The query for the answers to all sound rows of the table `claims`: the keys of the row, and `ANSWER`.

    Without `routes`, every row is put to the layout's `default_policy`, whatever its code is. Rows that tell no
    `known_on` are asked as known on the one given. `forced` names, by policy, the revision that governs whatever the
    dates are. Raises `UnknownPolicy` and `UnknownRevision`.
    """
    asking = _asking(library, layout, dialect, known_on, forced, check_code=routes is None)
    variants = Variants()
    if routes is not None:
        routed = routed_by(asking, routes, variants)
    else:
        assert layout.default_policy is not None  # noqa: S101  # what is asked for without routes
        routed = routed_to(asking, layout.default_policy, variants)
    writer = Answers(asking, routed, variants)
    layers = [(ROUTED, routed.query), *writer.layers()]
    return _with(writer.answers(), asking, (*routed.tables, *writer.tables()), layers)


def rejects(library: Library, layout: Layout, routes: Routes | None, dialect: Dialect) -> exp.Select:
    """The query for the rows of the table `claims` that are wrong: the keys of the row, and `rule` and `reason`.

    The reason names the column, and nothing of what stands in it.
    """
    asking = _asking(library, layout, dialect, check_code=routes is None)
    fault = column(FAULT, FACTS)
    faults = asking.facts.faults
    found = {RULE: rule_of(fault, faults), REASON: reason_of(fault, faults)}
    keys = asking.keys()
    if routes is None:
        selected = [exp.alias_(value, name) for name, value in found.items()]
        return _with(exp.select(*keys, *selected).from_(FACTS).where(is_not_null(fault.copy())), asking, ())
    joining = Keys(asking, routes)
    wrong = wrong_routes(joining, routes)
    selected = [
        exp.alias_(exp.Coalesce(this=value, expressions=[column(name, wrong.name)]), name)
        for name, value in found.items()
    ]
    query = joining.join(exp.select(*keys, *selected).from_(FACTS), wrong, "left")
    return _with(
        query.where(some([is_not_null(fault.copy()), is_not_null(column(RULE, wrong.name))])), asking, (wrong,)
    )


def _asking(
    library: Library,
    layout: Layout,
    dialect: Dialect,
    known_on: date | None = None,
    forced: Mapping[str, str] | None = None,
    *,
    check_code: bool,
) -> Asking:
    facts = facts_layer(layout, library.vocabulary, dialect, check_code=check_code)
    return Asking(library=library, layout=layout, facts=facts, known_on=known_on, forced=forced or {})


def _with(
    query: exp.Select, asking: Asking, tables: Sequence[Table], layers: Sequence[tuple[str, exp.Select]] = ()
) -> exp.Select:
    """A query with the layers and the small tables that it makes use of."""
    dialect = asking.dialect
    # SQLite and Postgres would put a layer into the next, and so work out again and again what is used more than once.
    apart = True if dialect in {Dialect.SQLITE, Dialect.POSTGRES} else None
    listed: list[tuple[str, exp.Expr | str, exp.Expr]] = [(name, name, layer) for name, layer in asking.layers()]
    listed += [(table.name, table.named(dialect), table.query(dialect)) for table in tables]
    listed += [(name, name, layer) for name, layer in layers]
    for name, shown, layer in listed:
        query = query.with_(shown, as_=layer, materialized=apart, copy=False)
        if name in _COMMENTS:
            query.ctes[-1].add_comments([_COMMENTS[name]])
    return query
