"""A library: policies as a frozen index by id, by payer and code, and by code alone, each ready to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policykit.case import Case
from policykit.codes import Code, systems_of
from policykit.decision import Decision, Ruling, no_policy_on_file
from policykit.document import Document
from policykit.policy import Service
from policykit.problems import InvalidDocuments, Problem, ReceiptMismatch, SeveralPolicies, UnknownPolicy, near_miss
from policykit.reading.cases import read_case
from policykit.timeline import Miss, Revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from policykit.codes import CodePattern
    from policykit.decision import Receipt
    from policykit.document import Node
    from policykit.policy import Policy
    from policykit.timeline import DateNeeded
    from policykit.vocabulary import Payer, Vocabulary


@dataclass(frozen=True, kw_only=True, slots=True)
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


class Library:
    """Policies over one vocabulary. Frozen once made, and safe to use from several threads.

    `policies` may read a policy when it is first asked for; `codes` tells of which codes each of them speaks.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        policies: Mapping[str, Policy],
        codes: Mapping[str, tuple[CodePattern, ...]],
    ) -> None:
        self.vocabulary = vocabulary
        self.policies = policies
        self._rulings: dict[str, Ruling] = {}
        exact: dict[Code, list[str]] = {}
        broad: list[tuple[CodePattern, str]] = []
        for identity, patterns in codes.items():
            for pattern in patterns:
                if isinstance(pattern, Code):
                    exact.setdefault(pattern, []).append(identity)
                else:
                    broad.append((pattern, identity))
        self._exact = exact
        self._broad = tuple(broad)

    def policy(self, identity: str) -> Policy:
        """The policy with an id, such as `cigna/0587`. Raises `UnknownPolicy`, with the near miss if there is one."""
        return self.ruling(identity).policy

    def ruling(self, identity: str) -> Ruling:
        """The policy with an id, ready to decide. Raises `UnknownPolicy`."""
        ruling = self._rulings.get(identity)
        if ruling is None:
            if identity not in self.policies:
                advice = near_miss(identity, self.policies)
                raise UnknownPolicy(f"there is no policy `{identity}`{f'; {advice}' if advice else ''}")
            # Two threads may both make one; they make the same, and one of them stays.
            ruling = self._rulings.setdefault(identity, Ruling(self.policies[identity], self.vocabulary))
        return ruling

    def policies_for(self, code: Code | str, payer: str | None = None) -> tuple[Policy, ...]:
        """The policies that speak of a code in some entry, in order of id; of one payer, by id, name or alias.

        A code given as text is looked for in every system of which it has the shape. An unknown payer has none.
        """
        codes = [code] if isinstance(code, Code) else [Code(system, code) for system in systems_of(code)]
        found = {identity for each in codes for identity in self._exact.get(each, ())}
        found.update(identity for pattern, identity in self._broad for each in codes if _speaks(pattern, each))
        known = self.vocabulary.payer(payer) if payer is not None else None
        if payer is not None and known is None:
            return ()
        return tuple(
            self.policy(identity)
            for identity in sorted(found)
            if known is None or identity.partition("/")[0] == known.id
        )

    def in_effect(
        self,
        policy: str,
        *,
        date_of_service: date,
        claim_processed: date | None = None,
        known_on: date | None = None,
    ) -> Revision | Miss | DateNeeded:
        """The revision of a policy in effect, or why there is none. Raises `UnknownPolicy`."""
        timeline = self.ruling(policy).timeline
        return timeline.in_effect(date_of_service=date_of_service, claim_processed=claim_processed, known_on=known_on)

    def read_case(self, data: Mapping[str, Any] | Document) -> Case:
        """A case given as a mapping, typed and checked (docs/format.md, section 8). Raises `InvalidDocuments`."""
        document = data if isinstance(data, Document) else Document(name="case", data=data)
        problems: list[Problem] = []
        case = read_case(document.root, self.vocabulary, problems.append)
        if case is not None:
            problems.extend(self.unanswerable(case, document.root))
        if case is None or problems:
            raise InvalidDocuments(problems)
        return case

    def unanswerable(self, case: Case, node: Node) -> Iterable[Problem]:
        """Why a case that is sound in itself cannot be put to this library: it names a policy that is not here."""
        at = node.get("policy") or node
        if case.policy is None:
            return
        if case.policy not in self.policies:
            advice = near_miss(case.policy, self.policies)
            yield at.problem("unknown-policy", f"there is no policy `{case.policy}` in this library", advice)
        elif case.payer is not None and case.policy.partition("/")[0] != case.payer:
            message = f"`{case.policy}` is not a policy of `{case.payer}`"
            yield at.problem("unknown-policy", message, "leave one of them out")

    def decide(self, case: Case | Mapping[str, Any]) -> Decision:
        """The answer for a case that names its policy, or that exactly one policy, or none, answers.

        Raises `InvalidDocuments` for a mapping that is no sound case, `UnknownPolicy` for a case that names a policy
        that is not here, and `SeveralPolicies` where several speak of its code: ask for `decide_each`, or name one.
        """
        if not isinstance(case, Case):
            case = self.read_case(case)
        if case.policy is not None:
            ruling = self._rulings.get(case.policy) or self.ruling(case.policy)
            return ruling.decide(case)
        answers = self.decide_each(case)
        if len(answers) > 1:
            names = ", ".join(answer.policy.id for answer in answers if answer.policy)
            raise SeveralPolicies(f"several policies speak of this code: {names}; name one, or use `decide_each`")
        return answers[0]

    def decide_each(self, case: Case | Mapping[str, Any]) -> tuple[Decision, ...]:
        """One answer from each policy of the case's payer that speaks of its code; never merged.

        A case that names its policy has that one answer. Where nothing is held, the one answer says so.
        """
        if not isinstance(case, Case):
            case = self.read_case(case)
        if case.policy is not None:
            return (self.ruling(case.policy).decide(case),)
        if case.code is None or case.payer is None:
            raise ValueError("a case names its policy, or its payer and a code")
        policies = self.policies_for(case.code, case.payer)
        if not policies:
            return (no_policy_on_file(case, self.vocabulary),)
        return tuple(self.ruling(policy.id).decide(case) for policy in policies)

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

    def replay(self, receipt: Receipt, case: Case | Mapping[str, Any]) -> Decision:
        """The decision that a receipt was given for, computed again.

        Raises `ReceiptMismatch` if policy, document, vocabulary, case, format or program are not those it names.
        """
        case = case if isinstance(case, Case) else self.read_case(case)
        for decision in self.decide_each(case):
            if decision.receipt == receipt:
                return decision
        raise ReceiptMismatch("what the receipt names is not what is here; see `Decision.receipt`")


def service_for(revision: Revision, code: Code | str) -> Service | None:
    """The service of a revision that a code belongs to; a code given as text may be of any system."""
    codes = [code] if isinstance(code, Code) else [Code(system, code) for system in systems_of(code)]
    return next((service for service in revision.services for each in codes if each in service.codes), None)


def _speaks(pattern: CodePattern, code: Code) -> bool:
    return code == pattern if isinstance(pattern, Code) else code in pattern
