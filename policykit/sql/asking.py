"""How a table of claims is put to a library, and what the layer of a query looks like that tells who answers each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.problems import PolicykitError, near_miss
from policykit.records import record
from policykit.sql.dialects import named
from policykit.sql.faults import FAULT
from policykit.sql.routing import is_prefixed
from policykit.sql.scope import CodeValues
from policykit.sql.terms import case, column, day, from_day_on, is_null, joined, text
from policykit.sql.timetable import Axis, Stretches, always, timetable
from policykit.sql.values import FACTS
from policykit.vocabulary import SERVICE_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from policykit.library import Library
    from policykit.sql.columns import Layout
    from policykit.sql.dialects import Dialect
    from policykit.sql.tables import Table
    from policykit.sql.timetable import Node, Timetable
    from policykit.sql.values import FactsLayer
    from policykit.timeline import Revision

# The table of the claims, and what is handed on from it beside the facts.
CLAIMS: Final = "claims"
POLICY: Final = "policy"
PAYER: Final = "payer"
_KEY: Final = "key_"
# The layer, and the columns that it adds to those of the facts.
ROUTED: Final = "routed"
VARIANT: Final = "variant"
VALID_FROM: Final = "begins"
VALID_THROUGH: Final = "ends"


class UnknownRevision(PolicykitError, LookupError):  # noqa: N818  # the name says what the caller has in hand
    """A revision was asked for that never counts in its policy."""


@record
class Routed:
    """The layer, and the small tables that it makes use of."""

    query: exp.Select
    tables: tuple[Table, ...]


@record
class Asking:
    """How claims are put to a library: what their table states, and what is said for all of them."""

    library: Library
    layout: Layout
    facts: FactsLayer
    known_on: date | None
    forced: Mapping[str, str]

    @property
    def dialect(self) -> Dialect:
        """The dialect of the query."""
        return self.facts.scope.dialect

    def timetable(self, identity: str) -> Timetable:
        """The timetable of a policy for these claims. Raises `UnknownPolicy` and `UnknownRevision`."""
        name = self.forced.get(identity)
        if name is not None:
            return always(_revision(self.library, identity, name))
        return timetable(
            self.library.timeline(identity),
            by_processing=self.layout.claim_processed is not None,
            by_knowledge=self.layout.known_on is not None,
            known_on=self.known_on,
        )

    @property
    def policy(self) -> exp.Expr | None:
        """The policy that a row names; None where no row can."""
        return column(POLICY, FACTS) if self.layout.policy is not None else None

    @property
    def payer(self) -> exp.Expr | None:
        """The payer that a row names; None where no row can."""
        return column(PAYER, FACTS) if self.layout.payer is not None else None

    def keys(self) -> list[exp.Expr]:
        """The keys of a row, under their own names."""
        return [
            exp.alias_(column(f"{_KEY}{count}"), named(key.name, self.dialect).this.copy())
            for count, key in enumerate(self.layout.keys, start=1)
        ]

    def layers(self) -> tuple[tuple[str, exp.Select], ...]:
        """The layers of the facts, with the names that a row is routed by, and its keys."""
        columns = {POLICY: self.layout.policy, PAYER: self.layout.payer}
        columns |= {f"{_KEY}{count}": key for count, key in enumerate(self.layout.keys, start=1)}
        more = {name: named(each.name, self.dialect) for name, each in columns.items() if each is not None}
        return self.facts.steps(exp.to_table(CLAIMS), more)

    def on_days(self, node: Node, written: Callable[[int], exp.Expr]) -> exp.Expr:
        """What holds on the days of a row, by a node of a timetable."""
        if not isinstance(node, Stretches):
            return written(node)
        axis = self._axis(node.axis)
        value = from_day_on(axis, [(first, self.on_days(inside, written)) for first, inside in node.steps])
        if node.unknown is None:
            return value
        return case([(is_null(axis.copy()), self.on_days(node.unknown, written))], value)

    def _axis(self, axis: Axis) -> exp.Expr:
        match axis:
            case Axis.DATE_OF_SERVICE:
                return self.facts.scope.day.value.copy()
            case Axis.CLAIM_PROCESSED:
                found = self.facts.processed
            case Axis.KNOWN_ON:
                found = self.facts.known_on
        assert found is not None  # noqa: S101  # no node asks for a date without a column
        return found.copy()

    def known_on_of_row(self) -> exp.Expr | None:
        """The day as known on which a row is asked; None where all are asked with all that is known."""
        stated, said = self.facts.known_on, self.known_on
        if stated is None:
            return day(said) if said is not None else None
        return exp.Coalesce(this=stated.copy(), expressions=[day(said)]) if said is not None else stated.copy()

    def key(self) -> exp.Expr | None:
        """The key of the code of a row, null where it has none; None where no row has one."""
        value = self.facts.scope.values.get(SERVICE_CODE)
        if value is None:
            return None
        assert isinstance(value, CodeValues)  # noqa: S101  # a code
        if not is_prefixed(self.layout):
            return value.parts[0].value.copy()
        texts = [
            joined([text(f"{each.system or ''} "), part.value.copy()])
            for each, part in zip(self.layout.code, value.parts, strict=True)
        ]
        return exp.Coalesce(this=texts[0], expressions=texts[1:])

    def sound(self, query: exp.Select) -> exp.Select:
        """The same of the rows with whose facts nothing is wrong."""
        return query.where(is_null(column(FAULT, FACTS)), copy=False)


def _revision(library: Library, identity: str, name: str) -> Revision:
    """The revision of this name, as it stood when most was known and it still counted."""
    timeline = library.timeline(identity)
    for view in reversed([*timeline.differing_views()]):
        for revision in view.revisions:
            if revision.name == name and revision.governs:
                return revision
    message = f"there is no revision `{name}` of `{identity}` that is ever in effect"
    names = [entry.revision for entry in timeline.policy.history]
    advice = near_miss(name, names) or f"`policykit history {identity}` shows which there are"
    raise UnknownRevision(f"{message}\n  help: {advice}")
