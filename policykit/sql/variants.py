"""Every way in which a claim can be answered, numbered: which policy, which revision, which service.

The statements of a service are put to a claim in one way wherever they stand, so they are numbered apart, as walks:
two revisions that leave a service as it stood share its walk, and it is written once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from policykit.decision import PossibleOutcome
from policykit.policy import Outcome, Service
from policykit.records import record
from policykit.timeline import DateNeeded, Miss, Revision
from policykit.vocabulary import CLAIM_PROCESSED, SERVICE_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.policy import Policy, Statement
    from policykit.sql.timetable import Found

NOT_ADDRESSED: Final = PossibleOutcome(Outcome.NOT_ADDRESSED)
NO_VERSION: Final = PossibleOutcome(Outcome.NO_VERSION_IN_EFFECT)
NO_POLICY: Final = PossibleOutcome(Outcome.NO_POLICY_ON_FILE)


@record(by_identity=True)
class Walk:
    """The statements of a service; `number` counts from 1. The service is named as it stands in its first revision."""

    number: int
    statements: tuple[Statement, ...]
    policy: str
    revision: str
    service: str


# What an answer can be made of: the statements of a service, or an outcome that hangs on nothing.
Part: TypeAlias = Walk | PossibleOutcome
# The service of a revision that a code belongs to; None if the revision does not speak of the code.
Serving: TypeAlias = Callable[[Revision], Service | None]


@record(by_identity=True)
class Variant:
    """One way in which a claim is answered; `number` counts from 1.

    If it has one part, that is the answer. If it has several, the answer is undetermined, what any of them gives is
    possible, and `missing` is what would tell which of them it is.
    """

    number: int
    policy: Policy | None
    found: Found | None
    parts: tuple[Part, ...]
    missing: str | None = None

    @property
    def revision(self) -> Revision | None:
        """The revision in effect."""
        return self.found if isinstance(self.found, Revision) else None

    @property
    def walk(self) -> Walk | None:
        """The statements that are put to the claim, where it is certain which."""
        return self.parts[0] if isinstance(self.parts[0], Walk) and self.missing is None else None

    @property
    def is_known_from_unrecorded(self) -> bool:
        """Whether the source does not tell since when the revision, or an entry beside the date, could be known."""
        match self.found:
            case Revision(entry=entry):
                beside = [entry]
            case Miss(before=before, after=after):
                beside = [each for each in (before, after) if each is not None]
            case _:
                beside = []
        return any(each.known_from is None for each in beside)


class Variants:
    """Numbers what it is asked for, each once."""

    def __init__(self) -> None:
        self.variants: list[Variant] = []
        self.walks: list[Walk] = []
        self._walks: dict[tuple[Statement, ...], Walk] = {}
        self._of_service: dict[int, Walk] = {}
        # Keeps the services whose identity stands above.
        self._services: list[Service] = []

    def nothing_on_file(self) -> Variant:
        """The variant of claims that no policy answers."""
        return self._variant(None, None, (NO_POLICY,))

    def of(self, policy: Policy, found: Found, serving: Serving | None) -> Variant:
        """The variant of claims where this was found; `serving` tells the service of their code, if they have one."""
        match found:
            case Miss():
                return self._variant(policy, found, (NO_VERSION,))
            case DateNeeded(candidates=candidates):
                parts = [part for each in candidates for part in self._parts(policy, each, serving)]
                return self._variant(policy, found, parts, CLAIM_PROCESSED)
            case Revision():
                missing = SERVICE_CODE if serving is None else None
                return self._variant(policy, found, self._parts(policy, found, serving), missing)

    def _parts(self, policy: Policy, found: Revision | Miss, serving: Serving | None) -> list[Part]:
        if isinstance(found, Miss):
            return [NO_VERSION]
        if serving is None:
            return [*(self._walk(policy, found, service) for service in found.services), NOT_ADDRESSED]
        service = serving(found)
        return [self._walk(policy, found, service) if service is not None else NOT_ADDRESSED]

    def _walk(self, policy: Policy, revision: Revision, service: Service) -> Walk:
        walk = self._of_service.get(id(service))
        if walk is None:
            walk = self._walks.get(service.coverage)
            if walk is None:
                walk = Walk(
                    number=len(self.walks) + 1,
                    statements=service.coverage,
                    policy=policy.id,
                    revision=revision.name,
                    service=service.name,
                )
                self._walks[service.coverage] = walk
                self.walks.append(walk)
            self._of_service[id(service)] = walk
            self._services.append(service)
        return walk

    def _variant(
        self, policy: Policy | None, found: Found | None, parts: Iterable[Part], missing: str | None = None
    ) -> Variant:
        variant = Variant(
            number=len(self.variants) + 1,
            policy=policy,
            found=found,
            parts=tuple(dict.fromkeys(parts)),
            missing=missing,
        )
        self.variants.append(variant)
        return variant
