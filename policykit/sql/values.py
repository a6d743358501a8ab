"""The facts of every row: what its columns state, typed, with what follows from it, and what is wrong with it.

The query is written in steps, each a common table expression over the one before. The last is called `facts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.records import field, record
from policykit.sql.calendar import end_place_of, place_of
from policykit.sql.counting import count_of
from policykit.sql.faults import FAULT, Fault, Refusal
from policykit.sql.scope import DayOfService, Days, Number, Scope
from policykit.sql.stated import Stated
from policykit.sql.steps import LAST, Step
from policykit.sql.terms import is_null
from policykit.vocabulary import BUILT_IN, CLAIM_PROCESSED, SERVICE_CODE, FactType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp

    from policykit.sql.columns import FactColumns, Layout
    from policykit.sql.dialects import Dialect
    from policykit.sql.scope import Known
    from policykit.sql.steps import Steps
    from policykit.vocabulary import Fact, Vocabulary

# The name of the last step.
FACTS: Final = LAST.name.lower()
_DATE_OF_SERVICE: Final = "date_of_service"
_KNOWN_ON: Final = "known_on"


@record(by_identity=True)
class FactsLayer:
    """The facts of every row of a table of claims.

    `scope` holds them as columns of the last step, and so are `day`, `processed` and `known_on`: the dates asked, the
    last two None where no column states them. The column `fault` has the number of one of `faults`, or is null.
    """

    scope: Scope
    day: exp.Expr
    processed: exp.Expr | None
    known_on: exp.Expr | None
    faults: tuple[Fault, ...]
    _steps: Steps = field(repr=False)

    def steps(self, claims: exp.Expr, more: Mapping[str, exp.Expr] | None = None) -> tuple[tuple[str, exp.Select], ...]:
        """The common table expressions over a table of claims, by name, in order.

        `more` are columns worked out from the table, by name, which are handed on to the last step.
        """
        return self._steps.selects(claims, more or {})


def facts_layer(layout: Layout, vocabulary: Vocabulary, dialect: Dialect, *, check_code: bool = True) -> FactsLayer:
    """The facts that the columns of a table state, for a dialect.

    Without `check_code`, the code of the service is taken to be one.
    """
    maker = _Maker(vocabulary, Stated(dialect))
    return maker.layer(layout, check_code=check_code)


class _Maker:
    def __init__(self, vocabulary: Vocabulary, stated: Stated) -> None:
        self._vocabulary = vocabulary
        self._stated = stated

    def layer(self, layout: Layout, *, check_code: bool) -> FactsLayer:
        stated, dialect = self._stated, self._stated.dialect
        service = stated.day(_DATE_OF_SERVICE, layout.date_of_service)
        missing = f"`{layout.date_of_service.name}`: the date of service is missing"
        stated.faults.refuse(is_null(service.copy()), Refusal("missing-key", missing))
        day = DayOfService(
            value=service,
            place=stated.steps.put(Step.DATED, f"{_DATE_OF_SERVICE}_place", place_of(service, dialect)),
            place_end=stated.steps.put(Step.DATED, f"{_DATE_OF_SERVICE}_end", end_place_of(service, dialect)),
        )
        processed = stated.day(CLAIM_PROCESSED, layout.claim_processed) if layout.claim_processed else None
        known_on = stated.day(_KNOWN_ON, layout.known_on) if layout.known_on else None
        values = self._values(layout, check_code=check_code)
        self._count(values, day)
        stated.steps.put(Step.FACTS, FAULT, stated.faults.expression())
        return FactsLayer(
            scope=Scope(values=values, day=day, dialect=dialect),
            day=service,
            processed=processed,
            known_on=known_on,
            faults=tuple(stated.faults.told),
            _steps=stated.steps,
        )

    def _values(self, layout: Layout, *, check_code: bool) -> dict[str, Known]:
        built_in: dict[str, FactColumns | None] = {
            SERVICE_CODE: layout.code or None,
            "service.modifiers": layout.modifiers,
            "service.place": layout.place,
            "claim.diagnoses": layout.diagnoses or None,
        }
        values: dict[str, Known] = {}
        for name, columns in built_in.items():
            if columns is not None:
                values[name] = self._value(BUILT_IN[name], columns, checked=check_code or name != SERVICE_CODE)
        for name, columns in layout.facts.items():
            values[name] = self._value(self._vocabulary.facts[name], columns)
        return values

    def _value(self, fact: Fact, columns: FactColumns, *, checked: bool = True) -> Known:
        name, stated = fact.name.replace(".", "_"), self._stated
        if isinstance(columns, tuple):
            is_set = fact.type is FactType.CODES
            return stated.codes(name, columns) if is_set else stated.code(name, columns, checked=checked)
        match fact.type:
            case FactType.BOOLEAN:
                return stated.truth(name, columns)
            case FactType.INTEGER | FactType.NUMBER:
                said = f"{name}_said" if fact.derived else name
                return stated.number(said, columns, is_whole=fact.type is FactType.INTEGER)
            case FactType.DATE:
                return stated.days(name, columns, fact)
            case FactType.CHOICE:
                return stated.word(name, columns, fact)
            case FactType.CHOICES:
                return stated.words(name, columns, fact)
            case _:
                message = f"`{fact.name}` is stated by codes under their system"
                raise ValueError(message)

    def _count(self, values: dict[str, Known], day: DayOfService) -> None:
        """Add the numbers that follow from dates."""
        for fact in self._vocabulary.derived:
            assert fact.derived is not None  # noqa: S101  # what `derived` lists
            base, said = values.get(fact.derived.base), values.get(fact.name)
            if not isinstance(base, Days):
                continue
            assert said is None or isinstance(said, Number)  # noqa: S101  # what is derived is a whole number
            values[fact.name], disagrees = count_of(fact, base, said, day, self._stated)
            if disagrees is not None:
                reason = f"`{fact.name}` is not what follows from `{fact.derived.base}` on the date of service"
                self._stated.faults.refuse(disagrees, Refusal("derived-disagrees", reason))
