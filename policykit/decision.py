"""A policy put to a case: the only place where time meets logic (docs/format.md, section 9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final


from policykit.advisories import Advisory, advisories_of
from policykit.criteria import FactIs
from policykit.dates import CountRange, DayRange
from policykit.evaluation import Finding, Truth, compile_criterion
from policykit.plain import case_digest, policy_digest, vocabulary_digest
from policykit.policy import Outcome
from policykit.timeline import DateNeeded, Miss, Revision
from policykit.version import VERSION
from policykit.vocabulary import BUILT_IN, PROCESSED, SERVICE_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from policykit.case import Case
    from policykit.codes import Code
    from policykit.evaluation import Explain, Holds
    from policykit.policy import Policy, Service, Statement
    from policykit.timeline import Timeline
    from policykit.vocabulary import Fact, FactType, Vocabulary

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class PossibleOutcome:
    """An outcome that an answer can be; `to` tells whom a deferred one is handed to."""

    outcome: Outcome
    to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementFinding:
    """What was found of one coverage statement; its `number` counts from 1. No `finding` where it has no criterion."""

    number: int
    statement: Statement
    truth: Truth
    finding: Finding | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingFact:
    """A fact on which the answer still hangs, and the question to put.

    `more_precisely`: something is known, but not enough. `judgement`: only a clinician can answer.
    """

    fact: str
    ask: str
    type: FactType
    judgement: bool = False
    more_precisely: bool = False
    unit: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What it takes to compute the same answer again, byte for byte."""

    format: int
    program: str
    policy: str | None
    policy_digest: str | None
    document_digest: str | None
    vocabulary_digest: str
    case_digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one case under one policy. What explains it is worked out when it is read.

    `outcome` is one of `possible` if that has one member, otherwise `undetermined`. `number` is that of the statement
    that decided, from 1, or None. `found` is the revision in effect, or why there is none.
    """

    outcome: Outcome
    possible: tuple[PossibleOutcome, ...]
    number: int | None
    case: Case = field(repr=False)
    found: Revision | Miss | DateNeeded | None = field(repr=False)
    policy: Policy | None = field(repr=False)
    _vocabulary: Vocabulary = field(repr=False)
    _service: _CompiledService | None = field(default=None, repr=False)

    @property
    def to(self) -> str | None:
        """Whom a deferred decision is handed to."""
        return self.possible[0].to if self.outcome is Outcome.DEFERRED else None

    @property
    def revision(self) -> Revision | None:
        """The revision in effect."""
        return self.found if isinstance(self.found, Revision) else None

    @property
    def miss(self) -> Miss | None:
        """Why no revision is in effect."""
        return self.found if isinstance(self.found, Miss) else None

    @property
    def effective(self) -> date | None:
        """The first day that the revision governs, inclusive."""
        return self.revision.effective if self.revision else None

    @property
    def through(self) -> date | None:
        """The last day that the revision governs, inclusive; None where no end is known."""
        return self.revision.last if self.revision else None

    @property
    def date_of_service(self) -> date:
        """The date of service that was asked about."""
        return self.case.date_of_service

    @property
    def claim_processed(self) -> date | None:
        """The date of processing that was asked about."""
        return self.case.claim_processed

    @property
    def known_on(self) -> date | None:
        """The day as known on which the answer was asked; None asks with all that is known."""
        return self.case.known_on

    @property
    def service(self) -> Service | None:
        """The service of the revision to which the case's code belongs."""
        return self._service.service if self._service else None

    @property
    def statement(self) -> Statement | None:
        """The statement that decided."""
        return self.service.coverage[self.number - 1] if self.service and self.number else None

    @property
    def findings(self) -> tuple[StatementFinding, ...]:
        """What was found of every statement visited, down to the one that is met."""
        return tuple(self._findings())

    @property
    def missing(self) -> tuple[MissingFact, ...]:
        """The facts on which the answer still hangs, in document order; none where it is decided."""
        return tuple(self._missing())

    @property
    def advisories(self) -> tuple[Advisory, ...]:
        """What a reader should know beside the answer."""
        return tuple(advisories_of(self.case, self.found, self._vocabulary))

    @property
    def receipt(self) -> Receipt:
        """The digests and versions with which the answer can be computed again."""
        policy = self.policy
        return Receipt(
            format=FORMAT,
            program=VERSION,
            policy=policy.id if policy else None,
            policy_digest=policy_digest(policy) if policy else None,
            document_digest=policy.document_digest if policy else None,
            vocabulary_digest=vocabulary_digest(self._vocabulary),
            case_digest=case_digest(self.case),
        )

    def _findings(self) -> Iterator[StatementFinding]:
        if self._service is None:
            return
        facts, day = self.case.facts, self.case.date_of_service
        for number, each in enumerate(self._service.statements, start=1):
            finding = each.explain(facts, day) if each.explain else None
            truth = finding.truth if finding else Truth.MET
            yield StatementFinding(number=number, statement=each.statement, truth=truth, finding=finding)
            if truth is Truth.MET:
                return

    def _missing(self) -> Iterator[MissingFact]:
        if isinstance(self.found, DateNeeded):
            yield self._asked(PROCESSED)
        elif self.case.code is None and self.revision is not None:
            yield self._asked(BUILT_IN[SERVICE_CODE])
        elif self.outcome is Outcome.UNDETERMINED:
            seen: set[str] = set()
            for name in self._unknown_facts():
                group = self._vocabulary.group(name)
                if group not in seen:
                    seen.add(group)
                    yield self._asked(self._vocabulary.facts[name])

    def _unknown_facts(self) -> Iterator[str]:
        findings = self.findings
        # A statement cannot change the answer if everything still possible after it is its own outcome.
        after: set[PossibleOutcome] = set()
        matters: list[Finding] = []
        for each in reversed(findings):
            own = _possible(each.statement)
            if each.truth is Truth.UNKNOWN and after != {own} and each.finding:
                matters.append(each.finding)
            if each.truth is not Truth.NOT_MET:
                after.add(own)
        for finding in reversed(matters):
            yield from _unknown(finding)

    def _asked(self, fact: Fact) -> MissingFact:
        value = self.case.facts.get(fact.name)
        return MissingFact(
            fact=fact.name,
            ask=fact.ask,
            type=fact.type,
            judgement=fact.judgement,
            more_precisely=isinstance(value, DayRange | CountRange),
            unit=fact.unit,
        )


def _unknown(finding: Finding) -> Iterator[str]:
    if finding.truth is not Truth.UNKNOWN:
        return
    if isinstance(finding.criterion, FactIs):
        yield finding.criterion.fact
    for part in finding.parts:
        yield from _unknown(part)


def _possible(statement: Statement) -> PossibleOutcome:
    return PossibleOutcome(statement.outcome, statement.to)


@dataclass(frozen=True, slots=True)
class _CompiledStatement:
    statement: Statement
    possible: PossibleOutcome
    alone: tuple[PossibleOutcome, ...]
    holds: Holds | None
    explain: Explain | None


@dataclass(frozen=True, slots=True)
class _CompiledService:
    service: Service
    statements: tuple[_CompiledStatement, ...]


@dataclass(frozen=True, slots=True)
class _CompiledRevision:
    services: tuple[_CompiledService, ...]
    exact: dict[Code, _CompiledService]

    def by_code(self, code: Code) -> _CompiledService | None:
        """The service that a code belongs to."""
        found = self.exact.get(code)
        if found is None:
            found = next((each for each in self.services if code in each.service.codes), None)
        return found


_NOT_ADDRESSED: Final = (PossibleOutcome(Outcome.NOT_ADDRESSED),)
_NO_VERSION: Final = (PossibleOutcome(Outcome.NO_VERSION_IN_EFFECT),)
_NO_POLICY: Final = (PossibleOutcome(Outcome.NO_POLICY_ON_FILE),)


class Ruling:
    """One policy, ready to decide. Compiles a revision when it is first needed; safe to share between threads."""

    def __init__(self, timeline: Timeline, vocabulary: Vocabulary) -> None:
        self.timeline = timeline
        self.policy = timeline.policy
        self._vocabulary = vocabulary
        self._compiled: dict[Revision, _CompiledRevision] = {}

    def decide(self, case: Case) -> Decision:
        """The answer of this policy for a case that was read with the same vocabulary."""
        found = self.timeline.view(case.known_on).in_effect(case.date_of_service, case.claim_processed)
        if not isinstance(found, Revision):
            return self._without_revision(case, found)
        compiled = self._compiled.get(found) or self._compile(found)
        if case.code is None:
            possible = self._allowed_by(case, compiled)
            return Decision(Outcome.UNDETERMINED, possible, None, case, found, self.policy, self._vocabulary)
        service = compiled.by_code(case.code)
        if service is None:
            return Decision(Outcome.NOT_ADDRESSED, _NOT_ADDRESSED, None, case, found, self.policy, self._vocabulary)
        possible, number = _walk(service, case)
        outcome = possible[0].outcome if len(possible) == 1 else Outcome.UNDETERMINED
        return Decision(
            outcome,
            possible,
            number if len(possible) == 1 else None,
            case,
            found,
            self.policy,
            self._vocabulary,
            service,
        )

    def _without_revision(self, case: Case, found: Miss | DateNeeded) -> Decision:
        if isinstance(found, Miss):
            return Decision(Outcome.NO_VERSION_IN_EFFECT, _NO_VERSION, None, case, found, self.policy, self._vocabulary)
        possible = self._allowed_by_any(case, found.candidates)
        return Decision(Outcome.UNDETERMINED, possible, None, case, found, self.policy, self._vocabulary)

    def _allowed_by_any(self, case: Case, candidates: tuple[Revision | Miss, ...]) -> tuple[PossibleOutcome, ...]:
        allowed: dict[PossibleOutcome, None] = {}
        for candidate in candidates:
            if isinstance(candidate, Revision):
                compiled = self._compiled.get(candidate) or self._compile(candidate)
                allowed |= dict.fromkeys(self._allowed_by(case, compiled))
            else:
                allowed |= dict.fromkeys(_NO_VERSION)
        return tuple(allowed)

    def _allowed_by(self, case: Case, compiled: _CompiledRevision) -> tuple[PossibleOutcome, ...]:
        if case.code is not None:
            service = compiled.by_code(case.code)
            return _walk(service, case)[0] if service else _NOT_ADDRESSED
        services = [possible for service in compiled.services for possible in _walk(service, case)[0]]
        return tuple(dict.fromkeys([*services, *_NOT_ADDRESSED]))

    def _compile(self, revision: Revision) -> _CompiledRevision:
        services = tuple(_compile_service(service) for service in revision.services)
        exact = {code: each for each in services for code in each.service.codes.exact}
        compiled = self._compiled[revision] = _CompiledRevision(services, exact)
        return compiled


def _compile_service(service: Service) -> _CompiledService:
    statements = []
    for statement in service.coverage:
        compiled = compile_criterion(statement.when) if statement.when else None
        possible = _possible(statement)
        statements.append(
            _CompiledStatement(
                statement,
                possible,
                (possible,),
                compiled.holds if compiled else None,
                compiled.explain if compiled else None,
            )
        )
    return _CompiledService(service, tuple(statements))


def _walk(service: _CompiledService, case: Case) -> tuple[tuple[PossibleOutcome, ...], int | None]:
    """The possible outcomes, in order of statements, and the number of the statement that is met."""
    facts, day = case.facts, case.date_of_service
    possible: tuple[PossibleOutcome, ...] = ()
    for number, each in enumerate(service.statements, start=1):
        truth = each.holds(facts, day) if each.holds else True
        if truth is False:
            continue
        if not possible:
            possible = each.alone
        elif each.possible not in possible:
            possible = (*possible, each.possible)
        if truth is True:
            return possible, number
    return possible, None


def no_policy_on_file(case: Case, vocabulary: Vocabulary) -> Decision:
    """The answer where nothing is held for a code of a known payer."""
    return Decision(Outcome.NO_POLICY_ON_FILE, _NO_POLICY, None, case, None, None, vocabulary)
