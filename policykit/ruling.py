"""Policies made ready to decide: a span of days when it is first asked about, an answer when it is first given."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from policykit.decision import Answer, Decision, PossibleOutcome
from policykit.policy import Outcome
from policykit.timeline import DateNeeded, Miss, Revision
from policykit.walking import Coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from datetime import date

    from policykit.case import Case
    from policykit.codes import Code
    from policykit.policy import Service
    from policykit.timeline import Timeline, View
    from policykit.vocabulary import Vocabulary

_NOT_ADDRESSED: Final = PossibleOutcome(Outcome.NOT_ADDRESSED)
_NO_VERSION: Final = PossibleOutcome(Outcome.NO_VERSION_IN_EFFECT)
_NO_POLICY: Final = PossibleOutcome(Outcome.NO_POLICY_ON_FILE)
# Of what grows with the cases that are asked, no more than this is kept.
_KEPT: Final = 1_000

_new = object.__new__

_T = TypeVar("_T")
_Key = TypeVar("_Key", bound="Hashable")


class Ruling:
    """One policy, ready to decide. Safe to share between threads: what it fills in, it fills in alike."""

    def __init__(self, timeline: Timeline, vocabulary: Vocabulary) -> None:
        self.timeline = timeline
        self.vocabulary = vocabulary
        self._whole: _Spans | None = None
        self._spans: dict[View, _Spans] = {}
        self._revisions: dict[Revision, _InEffect] = {}

    def decide(self, case: Case) -> Decision:
        """The answer of this policy for a case that was read with the same vocabulary."""
        spans = (self._whole if case.known_on is None else None) or self._known(case.known_on)
        ground = spans.grounds[bisect_right(spans.starts, case.date_of_service)]
        if ground is None or spans.asks_for_processing:
            ground = self._ground(spans, case)
        try:
            service = ground.services[case.code]
        except KeyError:
            return Decision(case, ground.answer(case))
        reached = service.coverage.walk(case.facts, case.date_of_service)
        try:
            answer = service.answers[reached]
        except KeyError:
            answer = service.answer(reached)
        # As `Decision(case, answer)` makes it, but without a call: a tenth of the time that an answer takes.
        decision = _new(Decision)
        decision._case, decision._answer, decision._outcome, decision._found = case, answer, answer.outcome, None  # noqa: SLF001
        return decision

    def made(
        self, outcome: Outcome, possible: tuple[PossibleOutcome, ...], found: Revision | Miss | DateNeeded
    ) -> Answer:
        """An answer that no statement gives."""
        return Answer(
            outcome=outcome,
            possible=possible,
            vocabulary=self.vocabulary,
            policy=self.timeline.policy,
            found=found,
        )

    def revision(self, revision: Revision) -> _InEffect:
        """A revision of the policy, ready to decide."""
        found = self._revisions.get(revision)
        return found or self._revisions.setdefault(revision, _InEffect(revision, self))

    def _known(self, known_on: date | None) -> _Spans:
        view = self.timeline.view(known_on)
        spans = self._spans.get(view)
        if spans is None:
            spans = self._spans.setdefault(view, _Spans(view))
        if known_on is None:
            self._whole = spans
        return spans

    def _ground(self, spans: _Spans, case: Case) -> _Ground:
        """What a case stands on; kept for its span of days, where no other date takes part."""
        at = bisect_right(spans.starts, case.date_of_service)
        kept = spans.grounds[at]
        if kept is not None and case.claim_processed is None:
            return kept
        ground = self._laid(spans.view.in_effect(case.date_of_service, case.claim_processed))
        if case.claim_processed is None or not spans.asks_for_processing:
            spans.grounds[at] = ground
        return ground

    def _laid(self, found: Revision | Miss | DateNeeded) -> _Ground:
        match found:
            case Revision():
                return self.revision(found)
            case Miss():
                return _NotInEffect(found, self)
            case DateNeeded():
                return _Hanging(found, self)


class _Spans:
    """A view of a history, cut into spans of days of service on which the same is in effect; what that is, once asked."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.asks_for_processing = view.asks_for_processing
        self.starts = view.turns()
        self.grounds: list[_Ground | None] = [None] * (len(self.starts) + 1)


class _InEffect:
    """A revision whose services are made ready when a code first leads to them."""

    def __init__(self, revision: Revision, ruling: Ruling) -> None:
        self.services: dict[Code | None, _ServiceReady] = {}
        self._revision = revision
        self._ruling = ruling
        self._exact = {code: service for service in revision.services for code in service.codes.exact}
        self._broad = tuple(service for service in revision.services if service.codes.broad)
        self._ready: dict[str, _ServiceReady] = {}
        self._not_addressed = ruling.made(Outcome.NOT_ADDRESSED, (_NOT_ADDRESSED,), revision)
        self._open: dict[tuple[PossibleOutcome, ...], Answer] = {}

    def answer(self, case: Case) -> Answer:
        """The answer for a case whose code did not yet lead to a service."""
        code = case.code
        if code is None:
            possible = self.allowed(case)
            return _kept(
                self._open, possible, lambda: self._ruling.made(Outcome.UNDETERMINED, possible, self._revision)
            )
        service = self._by_code(code)
        return service.answer(service.reached(case)) if service else self._not_addressed

    def allowed(self, case: Case) -> tuple[PossibleOutcome, ...]:
        """What the revision allows for a case, whatever its code turns out to be."""
        if case.code is not None:
            service = self._by_code(case.code)
            return service.possible(service.reached(case)) if service else (_NOT_ADDRESSED,)
        ready = [self._made_ready(service) for service in self._revision.services]
        services = [each for service in ready for each in service.possible(service.reached(case))]
        return tuple(dict.fromkeys([*services, _NOT_ADDRESSED]))

    def _by_code(self, code: Code) -> _ServiceReady | None:
        service = self._exact.get(code) or next((each for each in self._broad if code in each.codes), None)
        return _kept(self.services, code, lambda: self._made_ready(service)) if service else None

    def _made_ready(self, service: Service) -> _ServiceReady:
        ready = self._ready.get(service.name)
        return ready or self._ready.setdefault(service.name, _ServiceReady(service, self._ruling, self._revision))


class _NotInEffect:
    """That no revision is in effect."""

    services: Mapping[Code | None, _ServiceReady] = {}

    def __init__(self, miss: Miss, ruling: Ruling) -> None:
        self._answer = ruling.made(Outcome.NO_VERSION_IN_EFFECT, (_NO_VERSION,), miss)

    def answer(self, _case: Case) -> Answer:
        """The same answer for every case."""
        return self._answer


class _Hanging:
    """That it hangs on the day of processing which revision is in effect, if any."""

    services: Mapping[Code | None, _ServiceReady] = {}

    def __init__(self, found: DateNeeded, ruling: Ruling) -> None:
        self._found = found
        self._ruling = ruling
        self._open: dict[tuple[PossibleOutcome, ...], Answer] = {}

    def answer(self, case: Case) -> Answer:
        """The answer for a case, which may be whatever one of the revisions allows."""
        allowed: dict[PossibleOutcome, None] = {}
        for each in self._found.candidates:
            one = self._ruling.revision(each).allowed(case) if isinstance(each, Revision) else (_NO_VERSION,)
            allowed |= dict.fromkeys(one)
        possible = tuple(allowed)
        return _kept(self._open, possible, lambda: self._ruling.made(Outcome.UNDETERMINED, possible, self._found))


_Ground: TypeAlias = _InEffect | _NotInEffect | _Hanging


class _ServiceReady:
    """A service whose statements are functions, and the answers that it has given."""

    def __init__(self, service: Service, ruling: Ruling, revision: Revision) -> None:
        self.coverage = Coverage(service.coverage)
        self.answers: dict[int, Answer] = {}
        self._service = service
        self._ruling = ruling
        self._revision = revision

    def reached(self, case: Case) -> int:
        """The statements that can be the answer, as bits from the first; the highest is the one that is met."""
        return self.coverage.walk(case.facts, case.date_of_service)

    def possible(self, reached: int) -> tuple[PossibleOutcome, ...]:
        """The outcomes of the statements reached, each once, in their order."""
        return tuple(dict.fromkeys(each for place, each in enumerate(self.coverage.possible) if reached >> place & 1))

    def answer(self, reached: int) -> Answer:
        """The answer where these statements were reached."""
        return _kept(self.answers, reached, lambda: self._made(reached))

    def _made(self, reached: int) -> Answer:
        possible = self.possible(reached)
        decided = len(possible) == 1
        return Answer(
            outcome=possible[0].outcome if decided else Outcome.UNDETERMINED,
            possible=possible,
            vocabulary=self._ruling.vocabulary,
            policy=self._ruling.timeline.policy,
            found=self._revision,
            service=self._service,
            coverage=self.coverage,
            number=reached.bit_length() if decided else None,
        )


def no_policy_on_file(case: Case, vocabulary: Vocabulary) -> Decision:
    """The answer where nothing is held for a code of a known payer."""
    return Decision(case, Answer(outcome=Outcome.NO_POLICY_ON_FILE, possible=(_NO_POLICY,), vocabulary=vocabulary))


def _kept(kept: dict[_Key, _T], key: _Key, make: Callable[[], _T]) -> _T:
    """What is kept under a key, or is made and, as long as there is room, kept."""
    found = kept.get(key)
    if found is None:
        found = make()
        if len(kept) < _KEPT:
            kept[key] = found
    return found
