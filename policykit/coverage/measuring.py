"""How much of what policies say their cases show, and the smallest cases for the rest."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from policykit.case import Case
from policykit.codes import Code
from policykit.coverage.case_text import case_text
from policykit.coverage.cells.domains import with_derived
from policykit.coverage.goals import Goal, Showing, elements_of, shown_by, size_of, ways_to_show
from policykit.coverage.measures import hang_on_the_day
from policykit.coverage.occasions import is_cut_short, occasions_of
from policykit.coverage.witness import GAVE_UP, IMPOSSIBLE, Ground, Witness, find_on
from policykit.records import field, record
from policykit.ruling import Ruling
from policykit.vocabulary import SERVICE_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from policykit.cases import CaseResult
    from policykit.coverage.goals import Element
    from policykit.coverage.occasions import Occasion
    from policykit.coverage.witness import NoWitness
    from policykit.decision import Decision
    from policykit.policy import Policy, Service
    from policykit.timeline import Timeline
    from policykit.vocabulary import Vocabulary

_Key: TypeAlias = tuple[str, tuple[int, ...] | None]
_Shown: TypeAlias = tuple[_Key, Showing]
MOST: Final = 100_000  # elements of a policy that is measured
_WORK: Final = 20_000_000  # criteria looked at in search of cases, beyond which what is not found is left open
_HOPELESS: Final = 2  # dates on which neither a case nor a proof is found before others are not tried


@record(by_identity=True)
class Suggestion:
    """A case that would show what no case shows, with the answer that the policy gives."""

    title: str
    decision: Decision = field(repr=False)

    @property
    def text(self) -> str:
        """The case as an element of a list of cases, with what it expects."""
        return case_text(self.title, self.decision)


@record
class Shown:
    """An element, and what the cases show of it."""

    element: Element
    showings: frozenset[Showing]

    @property
    def lacking(self) -> tuple[Showing, ...]:
        """What they do not show of it."""
        return tuple(each for each in self.element.wanted if each not in self.showings)


class PolicyCoverage:
    """What the cases of one policy show. What is impossible, and what would help, is worked out when it is read.

    Impossible is what no facts could show on any of the dates that were tried: `occasions_of` tells which. Where there
    may be more of them, nothing is called so. An entry that is never in effect, whatever is known, has nothing to show.
    """

    def __init__(self, timeline: Timeline, vocabulary: Vocabulary, shown: Mapping[_Key, frozenset[Showing]]) -> None:
        self.policy: Policy = timeline.policy
        self._timeline = timeline
        self._vocabulary = vocabulary
        self._shown = shown
        # By service: whether it is ever in effect, the occasions still to be looked at, those that differ.
        self._in_effect: dict[int, bool] = {}
        self._times: dict[int, Iterator[Occasion]] = {}
        self._laid: dict[int, list[tuple[Occasion, Ground]]] = {}
        self._left_open: dict[int, bool] = {}

    @cached_property
    def is_too_large(self) -> bool:
        """Whether the policy, with all that it uses written out, has so many elements that nothing is told of them."""
        return size_of(self.policy) > MOST

    @cached_property
    def elements(self) -> tuple[Shown, ...]:
        """Every statement and criterion that is in effect at some time, in document order."""
        if self.is_too_large:
            return ()
        return tuple(
            Shown(element=each, showings=self._shown.get(each.key, frozenset()))
            for each in elements_of(self.policy)
            if self._is_ever_in_effect(each.service)
        )

    @property
    def covered(self) -> int:
        """How many goals the cases show."""
        return sum(len(each.element.wanted) - len(each.lacking) for each in self.elements)

    @property
    def impossible(self) -> tuple[Goal, ...]:
        """The goals that no case could show."""
        return tuple(goal for goal, found in self._settled if found is IMPOSSIBLE)

    @property
    def open(self) -> tuple[Goal, ...]:
        """The goals that no case shows, though some could, in document order."""
        return tuple(goal for goal, found in self._settled if found is not IMPOSSIBLE)

    @property
    def unsettled(self) -> tuple[Goal, ...]:
        """Those of the open goals for which neither a case was found nor a proof that there is none."""
        return tuple(goal for goal, found in self._settled if found is GAVE_UP)

    @cached_property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """A few cases that together show all open goals but the unsettled ones."""
        found = [each for _, each in self._settled if isinstance(each, Suggestion)]
        shown = [frozenset(showings_of(each.decision)) for each in found]
        wanted = {goal_key(goal) for goal, each in self._settled if each is None or isinstance(each, Suggestion)}
        # A case that was found early may show nothing that those found later do not.
        kept = [*range(len(found))]
        for position in range(len(found)):
            others = frozenset[_Shown]().union(*(shown[each] for each in kept if each != position))
            if wanted & shown[position] <= others:
                kept.remove(position)
        return tuple(found[each] for each in kept)

    def suggestion(self, goal: Goal) -> Suggestion | None:
        """The smallest case that shows a goal; None where none was found.

        After a long search it is one of `suggestions`.
        """
        if self._work >= 2 * _WORK:
            return self._suggested.get(goal_key(goal))
        found = self._settle(goal)
        return found if isinstance(found, Suggestion) else None

    @cached_property
    def _suggested(self) -> dict[_Shown, Suggestion]:
        return {shown: each for each in self.suggestions for shown in showings_of(each.decision)}

    @property
    def goals(self) -> int:
        """How many goals can be shown."""
        return self.covered + len(self.open)

    @property
    def percent(self) -> float:
        """How many of a hundred goals that can be shown are; one place, rounded down. Of what is too large, none."""
        if not self.goals:
            return 0.0 if self.is_too_large else 100.0
        return 1000 * self.covered // self.goals / 10

    @cached_property
    def _settled(self) -> tuple[tuple[Goal, Suggestion | NoWitness | None], ...]:
        """Every goal that no case shows, with what was found; None where a case that was found for another shows it."""
        settled: list[tuple[Goal, Suggestion | NoWitness | None]] = []
        shown: set[_Shown] = set()
        for each in self.elements:
            for showing in each.lacking:
                goal = Goal(element=each.element, showing=showing)
                if goal_key(goal) in shown:
                    found: Suggestion | NoWitness | None = None
                else:
                    found = self._settle(goal) if self._work < _WORK else GAVE_UP
                if isinstance(found, Suggestion):
                    shown.update(showings_of(found.decision))
                settled.append((goal, found))
        return tuple(settled)

    @property
    def _work(self) -> int:
        return sum(ground.work for laid in self._laid.values() for _, ground in laid)

    def _settle(self, goal: Goal) -> Suggestion | NoWitness:
        hopeless = 0
        for occasion, ground in self._grounds(goal.element.service):
            found = [find_on(ground, demands) for demands in ways_to_show(goal)]
            fewest = min((each for each in found if isinstance(each, Witness)), key=_size, default=None)
            if fewest is not None:
                decision = self._decide(occasion, fewest)
                if goal_key(goal) in {*showings_of(decision)}:
                    return Suggestion(title=_title(goal), decision=decision)
            # What takes too long on one date most likely does on others.
            hopeless += fewest is not None or GAVE_UP in found
            if hopeless == _HOPELESS:
                break
        return GAVE_UP if hopeless or self._leaves_it_open(goal.element.service) else IMPOSSIBLE

    def _decide(self, occasion: Occasion, witness: Witness) -> Decision:
        day, code = occasion.date_of_service, witness.stated.get(SERVICE_CODE)
        case = Case(
            date_of_service=day,
            claim_processed=occasion.claim_processed,
            known_on=occasion.known_on,
            policy=self.policy.id,
            code=code if isinstance(code, Code) else None,
            stated=witness.stated,
            facts=with_derived(witness.stated, self._vocabulary, day),
        )
        return self._ruling.decide(case)

    @cached_property
    def _ruling(self) -> Ruling:
        return Ruling(self._timeline, self._vocabulary)

    def _grounds(self, service: Service) -> Iterator[tuple[Occasion, Ground]]:
        """The occasions of a service, without those on which nothing is possible that is not on an earlier one."""
        laid = self._laid.setdefault(id(service), [])
        yield from laid
        kinds = {ground.kind for _, ground in laid}
        criteria = [each.when for each in service.coverage if each.when is not None]
        for occasion in self._occasions(service):
            ground = Ground(criteria, on=occasion.date_of_service, vocabulary=self._vocabulary, codes=service.codes)
            if ground.kind not in kinds:
                kinds.add(ground.kind)
                laid.append((occasion, ground))
                yield occasion, ground

    def _occasions(self, service: Service) -> Iterator[Occasion]:
        """The occasions of a service at which nobody looked yet."""
        return self._times.setdefault(id(service), occasions_of(service, self._timeline))

    def _leaves_it_open(self, service: Service) -> bool:
        """Whether on another date than those that are tried something may be possible that is not on them."""
        known = self._left_open.get(id(service))
        if known is None:
            occasions = [*occasions_of(service, self._timeline)]
            criteria = [each.when for each in service.coverage if each.when is not None]
            days = [each.date_of_service for each in occasions]
            known = is_cut_short(occasions) or hang_on_the_day(criteria, days, self._vocabulary)
            self._left_open[id(service)] = known
        return known

    def _is_ever_in_effect(self, service: Service) -> bool:
        known = self._in_effect.get(id(service))
        if known is None:
            known = self._in_effect[id(service)] = any(True for _ in occasions_of(service, self._timeline))
        return known


def _size(witness: Witness) -> int:
    return len(witness.stated)


def measure(timeline: Timeline, vocabulary: Vocabulary, results: Iterable[CaseResult]) -> PolicyCoverage:
    """What these cases show of a policy; those of them that were put to another show nothing."""
    shown: dict[_Key, set[Showing]] = {}
    is_measured = size_of(timeline.policy) <= MOST
    for result in results if is_measured else ():
        for decision in result.decisions:
            if decision.policy is not None and decision.policy.id == timeline.policy.id:
                for key, showing in showings_of(decision):
                    shown.setdefault(key, set()).add(showing)
    return PolicyCoverage(timeline, vocabulary, {key: frozenset(showings) for key, showings in shown.items()})


def showings_of(decision: Decision) -> Iterator[_Shown]:
    """What one decision shows, by the keys of elements."""
    for each in decision.findings:
        place = each.statement.where.path
        if each.number == decision.number:
            yield (place, None), Showing.DECIDES
        if each.finding is not None:
            for path, showing in shown_by(each.finding):
                yield (place, path), showing


def goal_key(goal: Goal) -> _Shown:
    """A goal as `showings_of` tells it."""
    return goal.element.key, goal.showing


def _title(goal: Goal) -> str:
    """The element and what the case shows of it."""
    told = {
        Showing.DECIDES: "decides",
        Showing.MET: "met",
        Showing.NOT_MET: "not met",
        Showing.UNKNOWN: "not known",
    }
    return f"{goal.element.label} ({told[goal.showing]})"
