"""What a library holds, as a frozen index: by id, by payer and code, and by code alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from policykit.codes import Code, stems_of, stems_with, systems_of
from policykit.policy import Service
from policykit.problems import UnknownPolicy, near_miss
from policykit.records import record
from policykit.timeline import Miss, Revision, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from policykit.codes import CodePattern, Stem
    from policykit.policy import Policy
    from policykit.timeline import DateNeeded
    from policykit.vocabulary import Payer, Vocabulary


@record
class Holdings:
    """The vocabulary and the policies of a library, and which policies of a payer speak of the codes with a stem.

    Its mappings may read what is asked for when it is first asked for.
    """

    vocabulary: Vocabulary
    policies: Mapping[str, Policy]
    codes: Mapping[tuple[str, Stem], tuple[str, ...]]


@record
class Standing:
    """How one payer stands to a code on a date. No `policy` means that nothing is held for it.

    `service` is the one that the code belongs to in the revision in effect; None if that does not speak of the code.
    """

    payer: Payer
    policy: Policy | None = None
    found: Revision | Miss | DateNeeded | None = None
    service: Service | None = None


def codes_of(policy: Policy) -> tuple[CodePattern, ...]:
    """Every code, range and prefix of which some entry of a policy speaks."""
    return tuple(
        dict.fromkeys(
            pattern
            for entry in policy.history
            if isinstance(entry.services, tuple)
            for service in entry.services
            if isinstance(service, Service)
            for pattern in service.codes.written
        )
    )


def speaking(codes: Mapping[str, Iterable[CodePattern]]) -> dict[tuple[str, Stem], tuple[str, ...]]:
    """Which policies of a payer speak of the codes with a stem, by the codes of which each policy speaks."""
    found: dict[tuple[str, Stem], list[str]] = {}
    for identity, patterns in sorted(codes.items()):
        payer = identity.partition("/")[0]
        for stem in dict.fromkeys(stem for pattern in patterns for stem in stems_of(pattern)):
            found.setdefault((payer, stem), []).append(identity)
    return {key: tuple(identities) for key, identities in found.items()}


class Index:
    """Policies over one vocabulary. Frozen once made, and safe to use from several threads."""

    def __init__(self, holdings: Holdings) -> None:
        self.vocabulary = holdings.vocabulary
        self.policies = holdings.policies
        self._codes = holdings.codes
        self._timelines: dict[str, Timeline] = {}

    def __reduce__(self) -> NoReturn:
        raise TypeError("a library cannot be pickled; let each process open it")

    def policy(self, identity: str) -> Policy:
        """The policy with an id, such as `cigna/0587`. Raises `UnknownPolicy`, with the near miss if there is one."""
        policy = self.policies.get(identity)
        if policy is None:
            advice = near_miss(identity, self.policies)
            raise UnknownPolicy(f"there is no policy `{identity}`{f'; {advice}' if advice else ''}")
        return policy

    def timeline(self, identity: str) -> Timeline:
        """The history of the policy with an id, ready to be asked. Raises `UnknownPolicy`."""
        timeline = self._timelines.get(identity)
        if timeline is None:
            # Two threads may both make one; they make the same, and one of them stays.
            timeline = self._timelines.setdefault(identity, Timeline(self.policy(identity)))
        return timeline

    def policies_for(self, code: Code | str, payer: str | None = None) -> tuple[Policy, ...]:
        """The policies that speak of a code in some entry, in order of id; of one payer, by id, name or alias.

        A code given as text is looked for in every system of which it has the shape. An unknown payer has none.
        """
        if payer is None:
            payers = [*self.vocabulary.payers]
        else:
            known = self.vocabulary.payer(payer)
            payers = [known.id] if known else []
        codes = [code] if isinstance(code, Code) else [Code(system, code) for system in systems_of(code)]
        stems = [stem for each in codes for stem in stems_with(each)]
        found = {identity for each in payers for stem in stems for identity in self._codes.get((each, stem), ())}
        return tuple(self.policy(identity) for identity in sorted(found))

    def in_effect(
        self,
        policy: str,
        *,
        date_of_service: date,
        claim_processed: date | None = None,
        known_on: date | None = None,
    ) -> Revision | Miss | DateNeeded:
        """The revision of a policy in effect, or why there is none. Raises `UnknownPolicy`."""
        timeline = self.timeline(policy)
        return timeline.in_effect(date_of_service=date_of_service, claim_processed=claim_processed, known_on=known_on)

    def standings(
        self,
        code: Code | str,
        *,
        date_of_service: date,
        payer: str | None = None,
        claim_processed: date | None = None,
        known_on: date | None = None,
    ) -> tuple[Standing, ...]:
        """How every payer, or the one asked for, stands to a code: one standing for each policy, or one for none."""
        known = self.vocabulary.payer(payer) if payer is not None else None
        payers = self.vocabulary.payers.values() if payer is None else [known] if known else []
        standings: list[Standing] = []
        for each in payers:
            policies = self.policies_for(code, each.id)
            for policy in policies:
                found = self.in_effect(
                    policy.id, date_of_service=date_of_service, claim_processed=claim_processed, known_on=known_on
                )
                service = service_for(found, code) if isinstance(found, Revision) else None
                standings.append(Standing(payer=each, policy=policy, found=found, service=service))
            if not policies:
                standings.append(Standing(payer=each))
        return tuple(standings)


def service_for(revision: Revision, code: Code | str) -> Service | None:
    """The service of a revision that a code belongs to; a code given as text may be of any system."""
    codes = [code] if isinstance(code, Code) else [Code(system, code) for system in systems_of(code)]
    return next((service for service in revision.services for each in codes if each in service.codes), None)
