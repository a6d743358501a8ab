"""A policy as other languages put it: the choice of the revision, the service and the statement, and each criterion.

Claims go along in a plain form: names without dots, a date as the number 20260115, `never` as a day far ahead and as
many months. So every language can compare them, and fifteen years later is 150000 more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from json import dumps
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, assert_never

from policykit.criteria import Ago, All, AnyOf, Bound, CountAtLeast, DayBound, FactIs, Has, NoneOf, OneOf, OnService
from policykit.dates import NEVER
from policykit.records import record
from policykit.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.claims import Claim

    from policykit import Policy
    from policykit.criteria import Comparison, Criterion

DAY: Final = "day"
CODE: Final = "code"
NEVER_DAY: Final = 99_999_999
NEVER_COUNT: Final = 9_999
NO_VERSION: Final = "no-version-in-effect"
NOT_ADDRESSED: Final = "not-addressed"
UNDETERMINED: Final = "undetermined"
SIGNS: Final = {
    "at_least": ">=",
    "more_than": ">",
    "at_most": "<=",
    "less_than": "<",
    "on_or_after": ">=",
    "after": ">",
    "on_or_before": "<=",
    "before": "<",
}

T = TypeVar("T")


def flat(fact: str) -> str:
    """A fact's name as every language can spell it."""
    return fact.replace(".", "_")


def number_of(day: date) -> int:
    """A day as a number that is ordered alike."""
    return day.year * 10_000 + day.month * 100 + day.day


def plain(claim: Claim) -> dict[str, Any]:
    """A claim as numbers, words, truths and lists under flat names; what is not known is left out."""
    told: dict[str, Any] = {DAY: number_of(claim.date_of_service)}
    if claim.code is not None:
        told[CODE] = claim.code
    for fact, value in claim.facts.items():
        if not fact.startswith(("service.", "claim.")):
            told[flat(fact)] = _plain_value(fact, value)
    return told


def _plain_value(fact: str, value: Any) -> Any:
    if value is NEVER:
        return NEVER_COUNT if fact.endswith("full_months_since_last_ldct") else NEVER_DAY
    if isinstance(value, date):
        return number_of(value)
    return sorted(value) if isinstance(value, frozenset) else value


# What is chosen from


@record
class Chosen:
    """What is asked of one service in one revision: the statements in order, the last of which always holds."""

    codes: tuple[str, ...]
    statements: tuple[tuple[Criterion | None, str], ...]


@record
class Version:
    """A revision, from its first day to the day before that of the next."""

    first: int
    services: tuple[Chosen, ...]


def versions_of(policy: Policy) -> tuple[Version, ...]:
    """The revisions of a policy as known today, the latest first, for policies whose codes are written one by one."""
    revisions = Timeline(policy).view().revisions
    return tuple(
        Version(
            first=number_of(revision.effective),
            services=tuple(
                Chosen(
                    codes=tuple(sorted(code.code for code in service.codes.exact)),
                    statements=tuple((each.when, each.outcome.value) for each in service.coverage),
                )
                for service in revision.services
            ),
        )
        for revision in sorted(revisions, key=lambda each: each.effective, reverse=True)
    )


def bare_of(versions: Sequence[Version]) -> tuple[Criterion, str, str]:
    """One criterion alone, as it now is: that of the first statement of the last service; its outcome; and the other."""
    (criterion, met), (_, otherwise) = versions[0].services[-1].statements
    if criterion is None:
        raise SystemExit("a statement without a criterion comes first")
    return criterion, met, otherwise


# How it is put


class Language(ABC, Generic[T]):
    """What a language has for each piece of a policy. A fact comes by its flat name."""

    @abstractmethod
    def all_of(self, parts: Sequence[T]) -> T:
        """Every part holds."""

    @abstractmethod
    def any_of(self, parts: Sequence[T]) -> T:
        """One of the parts holds, or more."""

    @abstractmethod
    def none_of(self, parts: Sequence[T]) -> T:
        """Not one of the parts holds."""

    @abstractmethod
    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> T:
        """The value is one of these."""

    @abstractmethod
    def has(self, fact: str, values: Sequence[str], *, every: bool) -> T:
        """The set has one of these, or every one."""

    @abstractmethod
    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> T:
        """The value, and so much more, lies on one side of a number or of another fact."""

    @abstractmethod
    def choose(self, branches: Sequence[tuple[T, T]], otherwise: T) -> T:
        """What belongs to the first condition that holds."""

    @abstractmethod
    def outcome(self, name: str) -> T:
        """An outcome."""


def criterion_in(language: Language[T], criterion: Criterion) -> T:
    """A criterion as a language puts it."""
    match criterion:
        case All(parts=parts):
            return language.all_of([criterion_in(language, each) for each in parts])
        case AnyOf(parts=parts):
            return language.any_of([criterion_in(language, each) for each in parts])
        case NoneOf(parts=parts):
            return language.none_of([criterion_in(language, each) for each in parts])
        case FactIs(fact=fact, comparisons=comparisons):
            each = [_comparison_in(language, flat(fact), comparison) for comparison in comparisons]
            return each[0] if len(each) == 1 else language.all_of(each)
        case CountAtLeast():
            raise NotImplementedError("no policy here counts")
        case _:
            assert_never(criterion)


def _comparison_in(language: Language[T], fact: str, comparison: Comparison) -> T:
    match comparison:
        case OneOf(values=tuple() as values):
            return language.one_of(fact, values)
        case Has(operator=operator, values=tuple() as words):
            return language.has(fact, words, every=operator == "has_all")
        case Bound(operator=operator, limit=limit):
            return language.compares(fact, SIGNS[operator], limit)
        case DayBound(operator=operator, day=day):
            return language.compares(fact, SIGNS[operator], DAY if isinstance(day, OnService) else number_of(day))
        case Ago(operator="within_last", span=span) if span.unit == "year":
            since = language.compares(fact, ">=", DAY, more=span.count * 10_000)
            return language.all_of([language.compares(fact, "<=", DAY), since])
        case OneOf() | Has() | Ago():
            raise NotImplementedError("no policy here compares like this")
        case _:
            assert_never(comparison)


def policy_in(language: Language[T], versions: Sequence[Version]) -> T:
    """A whole policy as a language puts it: the revision by the date of service, the service by the code."""
    return language.choose(
        [(language.compares(DAY, ">=", each.first), _version_in(language, each)) for each in versions],
        language.outcome(NO_VERSION),
    )


def _version_in(language: Language[T], version: Version) -> T:
    return language.choose(
        [(language.one_of(CODE, each.codes), coverage_in(language, each)) for each in version.services],
        language.outcome(NOT_ADDRESSED),
    )


def coverage_in(language: Language[T], service: Chosen) -> T:
    """The statements on one service in one revision, as a language puts them."""
    *first, (_, last) = service.statements
    return language.choose(
        [(criterion_in(language, each), language.outcome(name)) for each, name in first if each is not None],
        language.outcome(last),
    )


# Languages that write an expression as a line


class Infix(Language[str]):
    """An expression with signs between its parts."""

    both = " && "
    either = " || "
    opposite = "!"
    fact = "{}"

    def named(self, fact: str) -> str:
        """A fact in an expression."""
        return self.fact.format(fact)

    def all_of(self, parts: Sequence[str]) -> str:
        """Every part holds."""
        return f"({self.both.join(parts)})"

    def any_of(self, parts: Sequence[str]) -> str:
        """One of the parts holds, or more."""
        return f"({self.either.join(parts)})"

    def none_of(self, parts: Sequence[str]) -> str:
        """Not one of the parts holds."""
        return f"{self.opposite}({self.either.join(parts)})"

    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> str:
        """The value is one of these; a truth stands for itself."""
        match values:
            case [True]:
                return self.named(fact)
            case [False]:
                return f"{self.opposite}{self.named(fact)}"
            case [one]:
                return f"{self.named(fact)} == {dumps(one)}"
            case _:
                return f"{self.named(fact)} in {dumps(list(values))}"

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> str:
        """The set has one of these, or every one."""
        within = [f"{dumps(each)} in {self.named(fact)}" for each in values]
        return self.all_of(within) if every else self.any_of(within)

    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> str:
        """The value, and so much more, lies on one side of a number or of another fact."""
        value = f"{self.named(fact)} + {more}" if more else self.named(fact)
        return f"{value} {sign} {self.named(limit) if isinstance(limit, str) else limit}"

    def choose(self, branches: Sequence[tuple[str, str]], otherwise: str) -> str:
        """What belongs to the first condition that holds."""
        for condition, answer in reversed(branches):
            otherwise = f"({condition} ? {answer} : {otherwise})"
        return otherwise

    def outcome(self, name: str) -> str:
        """An outcome."""
        return dumps(name)
