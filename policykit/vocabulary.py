"""The facts, payers and codes that all policies of a library share."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from policykit.codes import Code
from policykit.dates import CountRange, DayRange, Never
from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from policykit.problems import Location

# What a fact can be known as. `choices` and `codes` are complete sets: an empty one says none.
Value: TypeAlias = (
    bool | int | float | str | date | DayRange | CountRange | Never | Code | frozenset[str] | frozenset[Code]
)


class FactType(StrEnum):
    """The kinds of facts."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    CODE = "code"
    CODES = "codes"


class Derivation(StrEnum):
    """How a number follows from a date and the date of service (docs/format.md, section 6)."""

    WHOLE_YEARS_SINCE = "whole_years_since"
    WHOLE_MONTHS_SINCE = "whole_months_since"
    FULL_CALENDAR_MONTHS_SINCE = "full_calendar_months_since"


@record
class Derived:
    """The date fact, and the way, from which a number follows."""

    rule: Derivation
    base: str


@record
class Fact:
    """The declaration of a fact. `values` maps what a choice can be to its label; `shape` is for open choices."""

    name: str
    type: FactType
    ask: str
    unit: str | None = None
    values: Mapping[str, str] | None = None
    shape: re.Pattern[str] | None = None
    judgement: bool = False
    derived: Derived | None = None
    may_be_never: bool = False
    where: Location | None = field(default=None, compare=False, repr=False)

    def admits(self, value: str) -> bool:
        """Whether a choice of this fact can be this word."""
        if self.values is not None:
            return value in self.values
        return self.shape is not None and self.shape.fullmatch(value) is not None


@record
class Payer:
    """A payer, the name it goes by, and other names for it."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    where: Location | None = field(default=None, compare=False, repr=False)


@record
class CodeEntry:
    """What is held of a code. `first` and `last` are the first and last day on which it is valid, inclusive."""

    code: Code
    label: str
    service_type: str | None = None
    sites: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    replaced_by: str | None = None
    not_known: tuple[str, ...] = ()
    where: Location | None = field(default=None, compare=False, repr=False)

    def is_valid(self, on: date) -> bool:
        """Whether the code may be used on a day, as far as is held."""
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


# The files of a library that declare it.
PAYERS: Final = "payers.yaml"
VOCABULARY: Final = ("facts.yaml", PAYERS, "codes.yaml")
# The file beside them that tells what has been published.
PUBLISHED: Final = "published.yaml"

SERVICE_CODE: Final = "service.code"
CLAIM_PROCESSED: Final = "claim_processed"
MODIFIER: Final = re.compile(r"[0-9A-Z]{2}", re.ASCII)
PLACE_OF_SERVICE: Final = re.compile(r"[0-9]{2}", re.ASCII)

# What a case says of the claim itself, outside its `facts` (docs/format.md, section 8).
BUILT_IN: Final[Mapping[str, Fact]] = {
    fact.name: fact
    for fact in (
        Fact(name=SERVICE_CODE, type=FactType.CODE, ask="Which code is billed for the service?"),
        Fact(
            name="service.modifiers",
            type=FactType.CHOICES,
            shape=MODIFIER,
            ask="Which modifiers stand with the code?",
        ),
        Fact(
            name="service.place",
            type=FactType.CHOICE,
            shape=PLACE_OF_SERVICE,
            ask="At which place of service is it furnished?",
        ),
        Fact(name="claim.diagnoses", type=FactType.CODES, ask="Which diagnosis codes stand on the claim?"),
    )
}
RESERVED: Final = ("service.", "claim.")
# The one date that may be missing; asked for like a fact.
PROCESSED: Final = Fact(name=CLAIM_PROCESSED, type=FactType.DATE, ask="On which date is, or was, the claim processed?")


@record(by_identity=True)
class Vocabulary:
    """All declarations of a library, the built-in facts among them. Two are the same only if they are one object.

    Its mappings may read a declaration when it is first asked for. The last three fields are for whoever knows already
    what would otherwise be worked out: which facts are derived, the payer that each name leads to, whatever the case of
    its letters, and the digest of all.
    """

    facts: Mapping[str, Fact]
    payers: Mapping[str, Payer]
    codes: Mapping[Code, CodeEntry]
    places_of_service: Mapping[str, str] = field(default_factory=dict)
    modifiers: Mapping[str, str] = field(default_factory=dict)
    # Facts whose declaration is wrong. Where they are used, nothing more is said: the fault is told once.
    faulty: frozenset[str] = frozenset()
    derived_names: tuple[str, ...] | None = None
    payers_by_name: Mapping[str, str] | None = None
    digest: str | None = None
    _derived: tuple[Fact, ...] | None = field(init=False)
    _by_name: Mapping[str, str] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_derived", None)
        object.__setattr__(self, "_by_name", self.payers_by_name)

    @property
    def derived(self) -> tuple[Fact, ...]:
        """The facts that follow from others."""
        if self._derived is None:
            named = self.derived_names
            found = self.facts.values() if named is None else (self.facts[name] for name in named)
            object.__setattr__(self, "_derived", tuple(fact for fact in found if fact.derived))
        return self._derived or ()

    def payer(self, name: str) -> Payer | None:
        """The payer known by an id, a name or an alias, whatever the case of its letters."""
        if found := self.payers.get(name):
            return found
        if self._by_name is None:
            object.__setattr__(self, "_by_name", payers_by_name(self.payers.values()))
        identity = (self._by_name or {}).get(name.casefold())
        return self.payers[identity] if identity is not None else None

    def payer_names(self) -> Iterator[str]:
        """Every word by which some payer is known."""
        for payer in self.payers.values():
            yield from (payer.id, payer.name, *payer.aliases)

    def group(self, fact: str) -> str:
        """The fact with which this one stands or falls: the date it is derived from, or itself."""
        declared = self.facts.get(fact)
        return declared.derived.base if declared and declared.derived else fact


def payers_by_name(payers: Iterable[Payer]) -> dict[str, str]:
    """The payer to which each name leads, in small letters; the first of those that have it."""
    known: dict[str, str] = {}
    for payer in payers:
        for name in (payer.id, payer.name, *payer.aliases):
            known.setdefault(name.casefold(), payer.id)
    return known
