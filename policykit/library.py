"""A library of policies, each ready to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policykit.case import Case
from policykit.document import Document
from policykit.folder import read_holdings
from policykit.index import Index
from policykit.problems import InvalidDocuments, Problem, ReceiptMismatch, SeveralPolicies, near_miss
from policykit.reading.cases import read_case
from policykit.reading.sound import read_sound_case
from policykit.ruling import Ruling, no_policy_on_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from policykit.decision import Decision, Receipt
    from policykit.document import Node
    from policykit.index import Holdings


def open_library(library: str | PathLike[str] | None = None, *, cache: str | PathLike[str] | None = None) -> Library:
    """The library in a folder, or one that `policykit build` compiled into a file, or the shipped one.

    Raises `InvalidDocuments` if anything in a folder is wrong, and `PolicykitError` for a file that is no compiled
    library, or of another form. Of a file, what is asked for is read when it is first asked for; if it was damaged,
    that is when `PolicykitError` is raised.

    With a folder for a `cache`, what was read and found sound is kept there, under the digest of every byte that was
    read, so that the next opening reads no YAML. A cache that is damaged, or cannot be written, is passed over.
    """
    return Library(read_holdings(library, cache=cache))


class Library(Index):
    """Policies over one vocabulary, each ready to decide. Frozen once made, and safe to use from several threads."""

    def __init__(self, holdings: Holdings) -> None:
        super().__init__(holdings)
        self._rulings: dict[str, Ruling] = {}

    def ruling(self, identity: str) -> Ruling:
        """The policy with an id, ready to decide. Raises `UnknownPolicy`."""
        ruling = self._rulings.get(identity)
        if ruling is None:
            ruling = self._rulings.setdefault(identity, Ruling(self.timeline(identity), self.vocabulary))
        return ruling

    def read_case(self, data: Mapping[str, Any] | Document) -> Case:
        """A case given as a mapping, typed and checked (docs/format.md, section 8). Raises `InvalidDocuments`."""
        sound = None if isinstance(data, Document) else read_sound_case(data, self.vocabulary)
        if sound is not None and self._can_answer(sound):
            return sound
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
        if case.policy is None or self._can_answer(case):
            return
        at = node.get("policy") or node
        if case.policy not in self.policies:
            advice = near_miss(case.policy, self.policies)
            yield at.problem("unknown-policy", "there is no such policy in this library", advice)
        else:
            message = "this is not a policy of the payer that the case names"
            yield at.problem("unknown-policy", message, "leave one of them out")

    def _can_answer(self, case: Case) -> bool:
        """Whether the policy that a case names, if any, is here, and is one of the payer that it names."""
        if case.policy is None:
            return True
        return case.policy in self.policies and case.payer in {None, case.policy.partition("/")[0]}

    def decide(self, case: Case | Mapping[str, Any]) -> Decision:
        """The answer for a case that names its policy, or that exactly one policy, or none, answers.

        Raises `InvalidDocuments` for a mapping that is no sound case, `UnknownPolicy` for a case that names a policy
        that is not here, and `SeveralPolicies` where several speak of its code: ask for `decide_each`, or name one.
        """
        if not isinstance(case, Case):
            case = self.read_case(case)
        if case.policy is not None:
            return (self._rulings.get(case.policy) or self.ruling(case.policy)).decide(case)
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

    def replay(self, receipt: Receipt, case: Case | Mapping[str, Any]) -> Decision:
        """The decision that a receipt was given for, computed again.

        Raises `ReceiptMismatch` if policy, document, vocabulary, case, format or program are not those it names.
        """
        case = case if isinstance(case, Case) else self.read_case(case)
        for decision in self.decide_each(case):
            if decision.receipt == receipt:
                return decision
        raise ReceiptMismatch("what the receipt names is not what is here; see `Decision.receipt`")
