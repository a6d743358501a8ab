"""A policy in a language of two values, with the third written out: what surely holds, and what surely does not.

For engines that take a fact that is not told for false, or for null. It makes every expression about twice as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from benchmarks.spelling import DAY, UNDETERMINED, Language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Sure(NamedTuple, Generic[T]):
    """When something surely holds, and when it surely does not; an answer stands in both places."""

    holds: T
    fails: T


class ThreeValued(Language[Sure[T]]):
    """A language with two expressions for each criterion. `known` asks whether a fact is told."""

    def __init__(self, language: Language[T], known: Callable[[str], T]) -> None:
        self._language = language
        self._known = known

    def all_of(self, parts: Sequence[Sure[T]]) -> Sure[T]:
        """Every part holds."""
        language = self._language
        return Sure(language.all_of([each.holds for each in parts]), language.any_of([each.fails for each in parts]))

    def any_of(self, parts: Sequence[Sure[T]]) -> Sure[T]:
        """One of the parts holds, or more."""
        language = self._language
        return Sure(language.any_of([each.holds for each in parts]), language.all_of([each.fails for each in parts]))

    def none_of(self, parts: Sequence[Sure[T]]) -> Sure[T]:
        """Not one of the parts holds."""
        held = self.any_of(parts)
        return Sure(held.fails, held.holds)

    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> Sure[T]:
        """The value is one of these."""
        match values:
            case [bool(truth)]:
                holds, fails = self._language.one_of(fact, [truth]), self._language.one_of(fact, [not truth])
                return Sure(self._if_known(fact, holds), self._if_known(fact, fails))
            case _:
                return self._asked(fact, self._language.one_of(fact, values))

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> Sure[T]:
        """The set has one of these, or every one."""
        return self._asked(fact, self._language.has(fact, values, every=every))

    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> Sure[T]:
        """The value, and so much more, lies on one side of a number or of another fact."""
        return self._asked(fact, self._language.compares(fact, sign, limit, more))

    def choose(self, branches: Sequence[tuple[Sure[T], Sure[T]]], otherwise: Sure[T]) -> Sure[T]:
        """What belongs to the first condition that holds, as long as it is sure of each before it that it does not."""
        language, answer = self._language, otherwise.holds
        for condition, chosen in reversed(branches):
            unsure = language.choose([(condition.fails, answer)], language.outcome(UNDETERMINED))
            answer = language.choose([(condition.holds, chosen.holds)], unsure)
        return Sure(answer, answer)

    def outcome(self, name: str) -> Sure[T]:
        """An outcome."""
        outcome = self._language.outcome(name)
        return Sure(outcome, outcome)

    def _asked(self, fact: str, question: T) -> Sure[T]:
        return Sure(self._if_known(fact, question), self._if_known(fact, self._language.none_of([question])))

    def _if_known(self, fact: str, question: T) -> T:
        """The question, where its fact is told; the date of service always is."""
        return question if fact == DAY else self._language.all_of([self._known(fact), question])
