"""Policies compiled to decide: a revision when it is first needed, an answer when it is first given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.decision import Answer, CompiledStatement, Decision, PossibleOutcome
from policykit.evaluation import compile_criterion
from policykit.policy import Outcome
from policykit.timeline import Miss, Revision

if TYPE_CHECKING:
    from policykit.case import Case
    from policykit.codes import Code
    from policykit.evaluation import Holds
    from policykit.policy import Service, Statement
    from policykit.timeline import DateNeeded, Timeline
    from policykit.vocabulary import Vocabulary

_NOT_ADDRESSED: Final = PossibleOutcome(Outcome.NOT_ADDRESSED)
_NO_VERSION: Final = PossibleOutcome(Outcome.NO_VERSION_IN_EFFECT)
_NO_POLICY: Final = PossibleOutcome(Outcome.NO_POLICY_ON_FILE)


class Ruling:
    """One policy, ready to decide. Safe to share between threads: what it fills in, it fills in alike."""

    def __init__(self, timeline: Timeline, vocabulary: Vocabulary) -> None:
        self.timeline = timeline
        self.vocabulary = vocabulary
        self._compiled: dict[Revision, _CompiledRevision] = {}

    def decide(self, case: Case) -> Decision:
        """The answer of this policy for a case that was read with the same vocabulary."""
        found = self.timeline.view(case.known_on).in_effect(case.date_of_service, case.claim_processed)
        if not isinstance(found, Revision):
            return Decision(case, self._without_revision(case, found))
        compiled = self._compiled.get(found) or self._compile(found)
        code = case.code
        if code is None:
            return Decision(case, self._answer(Outcome.UNDETERMINED, _allowed_by(case, compiled), found))
        service = compiled.by_code(code)
        if service is None:
            return Decision(case, compiled.not_addressed)
        return Decision(case, service.answer(service.walk(case)))

    def _without_revision(self, case: Case, found: Miss | DateNeeded) -> Answer:
        if isinstance(found, Miss):
            return self._answer(Outcome.NO_VERSION_IN_EFFECT, (_NO_VERSION,), found)
        allowed: dict[PossibleOutcome, None] = {}
        for candidate in found.candidates:
            if isinstance(candidate, Revision):
                compiled = self._compiled.get(candidate) or self._compile(candidate)
                allowed |= dict.fromkeys(_allowed_by(case, compiled))
            else:
                allowed[_NO_VERSION] = None
        return self._answer(Outcome.UNDETERMINED, tuple(allowed), found)

    def _answer(
        self, outcome: Outcome, possible: tuple[PossibleOutcome, ...], found: Revision | Miss | DateNeeded
    ) -> Answer:
        return Answer(
            outcome=outcome,
            possible=possible,
            vocabulary=self.vocabulary,
            policy=self.timeline.policy,
            found=found,
        )

    def _compile(self, revision: Revision) -> _CompiledRevision:
        not_addressed = self._answer(Outcome.NOT_ADDRESSED, (_NOT_ADDRESSED,), revision)
        compiled = self._compiled[revision] = _CompiledRevision(revision, self, not_addressed)
        return compiled


class _CompiledRevision:
    """A revision whose services are made ready when a code first leads to them."""

    def __init__(self, revision: Revision, ruling: Ruling, not_addressed: Answer) -> None:
        self.not_addressed = not_addressed
        self._revision = revision
        self._ruling = ruling
        self._exact = {code: service for service in revision.services for code in service.codes.exact}
        self._compiled: dict[str, _CompiledService] = {}

    def by_code(self, code: Code) -> _CompiledService | None:
        """The service that a code belongs to."""
        service = self._exact.get(code)
        if service is None:
            service = next((each for each in self._revision.services if code in each.codes), None)
        return self._ready(service) if service is not None else None

    def services(self) -> tuple[_CompiledService, ...]:
        """All services."""
        return tuple(self._ready(service) for service in self._revision.services)

    def _ready(self, service: Service) -> _CompiledService:
        compiled = self._compiled.get(service.name)
        if compiled is None:
            compiled = self._compiled[service.name] = _CompiledService(service, self._ruling, self._revision)
        return compiled


class _CompiledService:
    """A service whose statements are functions, and the answers that it has given."""

    def __init__(self, service: Service, ruling: Ruling, revision: Revision) -> None:
        self.service = service
        self._ruling = ruling
        self._revision = revision
        self._statements = tuple(_compile_statement(statement) for statement in service.coverage)
        self._tests: tuple[tuple[int, Holds | None], ...] = tuple(
            (1 << position, each.holds) for position, each in enumerate(self._statements)
        )
        self._answers: dict[int, Answer] = {}

    def walk(self, case: Case) -> int:
        """The statements that can be the answer, as bits from the first; the highest is the one that is met."""
        facts, day = case.facts, case.date_of_service
        reached = 0
        for bit, holds in self._tests:
            truth = True if holds is None else holds(facts, day)
            if truth is not False:
                reached |= bit
                if truth:
                    break
        return reached

    def possible(self, reached: int) -> tuple[PossibleOutcome, ...]:
        """The outcomes of the statements reached, each once, in their order."""
        return tuple(
            dict.fromkeys(each.possible for place, each in enumerate(self._statements) if reached >> place & 1)
        )

    def answer(self, reached: int) -> Answer:
        """The answer where these statements were reached."""
        answer = self._answers.get(reached)
        if answer is None:
            possible = self.possible(reached)
            decided = len(possible) == 1
            answer = self._answers[reached] = Answer(
                outcome=possible[0].outcome if decided else Outcome.UNDETERMINED,
                possible=possible,
                vocabulary=self._ruling.vocabulary,
                policy=self._ruling.timeline.policy,
                found=self._revision,
                service=self.service,
                statements=self._statements,
                number=reached.bit_length() if decided else None,
            )
        return answer


def _compile_statement(statement: Statement) -> CompiledStatement:
    possible = PossibleOutcome(statement.outcome, statement.to)
    if statement.when is None:
        return CompiledStatement(statement, possible, None, None)
    compiled = compile_criterion(statement.when)
    return CompiledStatement(statement, possible, compiled.holds, compiled.explain)


def _allowed_by(case: Case, compiled: _CompiledRevision) -> tuple[PossibleOutcome, ...]:
    """What a revision allows for a case, whatever its code turns out to be."""
    if case.code is not None:
        service = compiled.by_code(case.code)
        return service.possible(service.walk(case)) if service else (_NOT_ADDRESSED,)
    services = [each for service in compiled.services() for each in service.possible(service.walk(case))]
    return tuple(dict.fromkeys([*services, _NOT_ADDRESSED]))


def no_policy_on_file(case: Case, vocabulary: Vocabulary) -> Decision:
    """The answer where nothing is held for a code of a known payer."""
    return Decision(case, Answer(outcome=Outcome.NO_POLICY_ON_FILE, possible=(_NO_POLICY,), vocabulary=vocabulary))
