"""A policy put to a case: the only place where time meets logic (docs/format.md, section 9)."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from policykit.advisories import Advisory, advisories_of
from policykit.criteria import FactIs
from policykit.dates import CountRange, DayRange
from policykit.evaluation import NOT_MET, UNKNOWN
from policykit.plain import case_digest, policy_digest, vocabulary_digest
from policykit.policy import Outcome
from policykit.records import field, record
from policykit.timeline import DateNeeded, Miss, Revision
from policykit.version import VERSION
from policykit.vocabulary import BUILT_IN, PROCESSED, SERVICE_CODE

if TYPE_CHECKING:
    from datetime import date

    from policykit.case import Case
    from policykit.evaluation import Finding, Truth
    from policykit.policy import Policy, Service, Statement
    from policykit.vocabulary import Fact, FactType, Vocabulary
    from policykit.walking import Coverage

FORMAT: Final = 1
# Read from the class, a member costs a search each time.
_UNDETERMINED: Final = Outcome.UNDETERMINED
_RANGES: Final = frozenset({DayRange, CountRange})


class PossibleOutcome(NamedTuple):
    """An outcome that an answer can be; `to` tells whom a deferred one is handed to."""

    outcome: Outcome
    to: str | None = None


class StatementFinding(NamedTuple):
    """What was found of one coverage statement; its `number` counts from 1. No `finding` where it has no criterion."""

    number: int
    statement: Statement
    truth: Truth
    finding: Finding | None


@record
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


@record
class Receipt:
    """What it takes to compute the same answer again, byte for byte."""

    format: int
    program: str
    policy: str | None
    policy_digest: str | None
    document_digest: str | None
    vocabulary_digest: str
    case_digest: str


@record(by_identity=True)
class Answer:
    """What is the same for every case that is answered alike: shared between them, and made once.

    `found` is the revision in effect, or why there is none; `number` that of the statement that decided, from 1.
    """

    outcome: Outcome
    possible: tuple[PossibleOutcome, ...]
    vocabulary: Vocabulary
    policy: Policy | None = None
    found: Revision | Miss | DateNeeded | None = None
    service: Service | None = None
    coverage: Coverage | None = None
    number: int | None = None
    # The questions put so far, by fact and whether it is to be known more precisely; each with its group of facts.
    asked: dict[tuple[str, bool], tuple[str, MissingFact]] = field(default_factory=dict, compare=False, repr=False)


class Decision:
    """The answer for one case under one policy. What explains it is worked out when it is read.

    `outcome` is one of `possible` if that has one member, otherwise `undetermined`; it is `undetermined`, too, as long
    as the revision or the service hangs on a date or a code that is missing. Nothing of it can be set.
    """

    # Not a frozen dataclass, which takes several times as long to make.
    __slots__ = ("_answer", "_case", "_found", "_outcome")

    def __init__(self, case: Case, answer: Answer) -> None:
        self._case = case
        self._answer = answer
        self._outcome = answer.outcome
        self._found: tuple[StatementFinding, ...] | None = None

    def __repr__(self) -> str:
        policy = self._answer.policy.id if self._answer.policy else None
        return f"Decision(outcome={self.outcome.value!r}, policy={policy!r})"

    def __reduce__(self) -> NoReturn:
        # It leads to functions and to the whole library.
        raise TypeError("a decision cannot be pickled; hand over what `policykit.as_document` makes of it")

    def __copy__(self) -> Decision:
        """The same: nothing of it can be set."""
        return self

    def __deepcopy__(self, _memo: object) -> Decision:
        """The same."""
        return self

    @property
    def case(self) -> Case:
        """The case that was decided."""
        return self._case

    @property
    def answer(self) -> Answer:
        """What is the same for every case that is answered alike."""
        return self._answer

    # What everyone reads of every decision: without a function of ours, that takes half the time.
    outcome: Outcome = property(attrgetter("_outcome"), doc="The outcome, or that it is undetermined.")  # type: ignore[assignment]

    @property
    def possible(self) -> tuple[PossibleOutcome, ...]:
        """The outcomes that are still possible, in order of the statements."""
        return self._answer.possible

    @property
    def policy(self) -> Policy | None:
        """The policy that answers; None where nothing is held."""
        return self._answer.policy

    @property
    def to(self) -> str | None:
        """Whom a deferred decision is handed to."""
        return self.possible[0].to if self.outcome is Outcome.DEFERRED else None

    @property
    def revision(self) -> Revision | None:
        """The revision in effect."""
        found = self._answer.found
        return found if isinstance(found, Revision) else None

    @property
    def miss(self) -> Miss | None:
        """Why no revision is in effect."""
        found = self._answer.found
        return found if isinstance(found, Miss) else None

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
        return self._case.date_of_service

    @property
    def claim_processed(self) -> date | None:
        """The date of processing that was asked about."""
        return self._case.claim_processed

    @property
    def known_on(self) -> date | None:
        """The day as known on which the answer was asked; None asks with all that is known."""
        return self._case.known_on

    @property
    def service(self) -> Service | None:
        """The service of the revision to which the case's code belongs."""
        return self._answer.service

    @property
    def number(self) -> int | None:
        """The number of the statement that decided, from 1."""
        return self._answer.number

    @property
    def statement(self) -> Statement | None:
        """The statement that decided."""
        number, coverage = self._answer.number, self._answer.coverage
        return coverage.statements[number - 1] if coverage and number else None

    @property
    def findings(self) -> tuple[StatementFinding, ...]:
        """What was found of every statement visited, down to the one that is met."""
        found = self._found
        if found is None:
            coverage = self._answer.coverage
            found = coverage.explain(self._case.facts, self._case.date_of_service) if coverage else ()
            self._found = found
        return found

    @property
    def missing(self) -> tuple[MissingFact, ...]:
        """The facts on which the answer still hangs, in document order; none where it is decided."""
        return self._missing() if self._answer.outcome is _UNDETERMINED else ()

    @property
    def advisories(self) -> tuple[Advisory, ...]:
        """What a reader should know beside the answer."""
        return tuple(advisories_of(self._case, self._answer.found, self._answer.vocabulary))

    @property
    def receipt(self) -> Receipt:
        """The digests and versions with which the answer can be computed again."""
        policy = self._answer.policy
        return Receipt(
            format=FORMAT,
            program=VERSION,
            policy=policy.id if policy else None,
            policy_digest=policy_digest(policy) if policy else None,
            document_digest=policy.document_digest if policy else None,
            vocabulary_digest=vocabulary_digest(self._answer.vocabulary),
            case_digest=case_digest(self._case),
        )

    def _missing(self) -> tuple[MissingFact, ...]:
        answer = self._answer
        if isinstance(answer.found, DateNeeded):
            return (_question(PROCESSED),)
        if self._case.code is None:
            return (_question(BUILT_IN[SERVICE_CODE]),)
        # One question for each group of facts that stand or fall together: that of the first.
        missing: dict[str, MissingFact] = {}
        for key in self._unknown_facts():
            asked = answer.asked.get(key)
            if asked is None:
                fact, more_precisely = key
                question = _question(answer.vocabulary.facts[fact], more_precisely=more_precisely)
                asked = answer.asked[key] = (answer.vocabulary.group(fact), question)
            missing.setdefault(*asked)
        return (*missing.values(),)

    def _unknown_facts(self) -> list[tuple[str, bool]]:
        """The facts that are unknown where that matters, each with whether it is only not known precisely enough."""
        coverage = self._answer.coverage
        assert coverage is not None  # noqa: S101  # a code leads to statements, and nothing else is undetermined
        # A statement cannot change the answer if everything still possible after it is its own outcome.
        after: set[PossibleOutcome] = set()
        matters: list[Finding] = []
        for number, _, truth, finding in reversed(self.findings):
            own = coverage.possible[number - 1]
            if truth is UNKNOWN and finding is not None and after != {own}:
                matters.append(finding)
            if truth is not NOT_MET:
                after.add(own)
        unknown: list[tuple[str, bool]] = []
        for finding in reversed(matters):
            _add_unknown(finding, unknown)
        return unknown


def _add_unknown(finding: Finding, unknown: list[tuple[str, bool]]) -> None:
    criterion, _, value, parts = finding
    if isinstance(criterion, FactIs):
        unknown.append((criterion.fact, type(value) in _RANGES))
    for part in parts:
        if part[1] is UNKNOWN:
            _add_unknown(part, unknown)


def _question(fact: Fact, *, more_precisely: bool = False) -> MissingFact:
    return MissingFact(
        fact=fact.name,
        ask=fact.ask,
        type=fact.type,
        judgement=fact.judgement,
        more_precisely=more_precisely,
        unit=fact.unit,
    )
