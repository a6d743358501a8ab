"""Which variant answers a row where one policy answers all of them, whatever their codes are."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlglot import exp

from policykit.criteria import FactIs, OneOf
from policykit.sql.asking import VALID_FROM, VALID_THROUGH, VARIANT, Routed
from policykit.sql.criteria import holds
from policykit.sql.routing import keys_of
from policykit.sql.tables import Table
from policykit.sql.terms import case, column, is_null, number
from policykit.sql.timetable import revisions_of
from policykit.sql.values import FACTS
from policykit.vocabulary import SERVICE_CODE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policykit.codes import CodeSet
    from policykit.policy import Service
    from policykit.sql.asking import Asking
    from policykit.sql.timetable import Found
    from policykit.sql.variants import Serving, Variants
    from policykit.timeline import Revision


def routed_to(asking: Asking, identity: str, variants: Variants) -> Routed:
    """The layer of rows that all are put to one policy."""
    table = asking.timetable(identity)
    writer = _ByCode(asking, identity, variants)
    variant = asking.on_days(table.node, lambda place: writer.variant(table.found[place]))
    facts = exp.Column(this=exp.Star(), table=exp.to_identifier(FACTS))
    query = exp.select(facts, exp.alias_(variant, VARIANT, copy=False), copy=False).from_(FACTS, copy=False)
    codes, key = _validity(asking), asking.key()
    if codes is None or key is None:
        return Routed(query=asking.sound(query), tables=())
    query = query.select(*(column(name, codes.name) for name in (VALID_FROM, VALID_THROUGH)), copy=False)
    on = exp.EQ(this=key, expression=column("code", codes.name))
    return Routed(query=asking.sound(query.join(codes.name, on=on, join_type="left", copy=False)), tables=(codes,))


class _ByCode:
    """Writes which variant a row is, by its code."""

    def __init__(self, asking: Asking, identity: str, variants: Variants) -> None:
        self._asking = asking
        self._policy = asking.library.policy(identity)
        self._variants = variants

    def variant(self, found: Found) -> exp.Expr:
        """The number of the variant of a row for which this was found."""
        revisions = revisions_of(found)
        if not revisions:
            return self._number(found, lambda _revision: None)
        key = self._asking.key()
        if key is None:
            return self._number(found, None)
        served = self._served(found, revisions, {}, {})
        return case([(is_null(key), self._number(found, None))], served)

    def _served(
        self,
        found: Found,
        revisions: Sequence[Revision],
        chosen: Mapping[int, Service | None],
        among: Mapping[CodeSet, bool],
    ) -> exp.Expr:
        """What holds for each service that the code can belong to, in one revision after the other.

        `among` tells of some sets whether the code is among them.
        """
        if not revisions:
            return self._number(found, lambda revision: chosen[id(revision)])
        first, *others = revisions
        certain = next((each for each in first.services if among.get(each.codes)), None)
        if certain is not None:
            return self._served(found, others, {**chosen, id(first): certain}, among)
        whens: list[tuple[exp.Expr, exp.Expr]] = []
        for service in first.services:
            if service.codes not in among:
                inside = self._served(found, others, {**chosen, id(first): service}, {**among, service.codes: True})
                whens.append((self._is_among(service.codes), inside))
                among = {**among, service.codes: False}
        return case(whens, self._served(found, others, {**chosen, id(first): None}, among))

    def _is_among(self, codes: CodeSet) -> exp.Expr:
        asked = OneOf(operator="in", values=codes)
        return holds(FactIs(fact=SERVICE_CODE, comparisons=(asked,), notes=()), self._asking.facts.scope)

    def _number(self, found: Found, serving: Serving | None) -> exp.Expr:
        return number(self._variants.of(self._policy, found, serving).number)


def _validity(asking: Asking) -> Table | None:
    """The days on which codes are valid that are not always; None where there are none of them."""
    rows = {
        key: (key, entry.first, entry.last)
        for entry in asking.library.vocabulary.codes.values()
        if entry.first is not None or entry.last is not None
        for key in keys_of(entry.code, asking.layout)
    }
    columns = (("code", str), (VALID_FROM, date), (VALID_THROUGH, date))
    return Table(name="codes", columns=columns, rows=tuple(rows.values())) if rows else None
