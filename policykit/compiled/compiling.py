"""One document of a library, compiled: all that can be worked out of it without looking at any other policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from policykit.checking import kind_of, read_checked
from policykit.compiled.documents import CompiledPolicy
from policykit.compiled.packing import pack_policy
from policykit.compiled.periods import periods_of
from policykit.criteria import leaves_of
from policykit.index import codes_of
from policykit.plain import digest_of, policy_as_data
from policykit.policy import Service
from policykit.published import revision_digests
from policykit.reading.policies import read_policy
from policykit.records import record
from policykit.vocabulary import PUBLISHED, VOCABULARY, Vocabulary

if TYPE_CHECKING:
    from policykit.document import Document
    from policykit.policy import Policy
    from policykit.problems import Problem
    from policykit.vocabulary import Fact

_T = TypeVar("_T")

# What states no policy.
ABOUT_ALL = frozenset({*VOCABULARY, PUBLISHED})


@record
class Found:
    """What a document was found to be, by itself: what is wrong with it, and the policy that it states.

    `form` is what is wrong with its text and its form, `meaning` with what it means by the vocabulary. `stated` is the
    id and the payer of the policy, where they can be made out; `policy` is there only where nothing is wrong. All of it
    can travel from one process to another.
    """

    name: str
    digest: str
    readable: bool
    form: tuple[Problem, ...] = ()
    meaning: tuple[Problem, ...] = ()
    stated: tuple[str, str] | None = None
    policy: CompiledPolicy | None = None


class Reader:
    """Reads documents by one vocabulary, or, without one, for their form alone."""

    def __init__(self, vocabulary: Vocabulary | None) -> None:
        self._facts: _Noting[Fact] | None = None
        self._vocabulary = None
        if vocabulary is not None:
            facts = _Noting(vocabulary.facts)
            self._facts = facts
            self._vocabulary = Vocabulary(
                facts=facts, payers=vocabulary.payers, codes=vocabulary.codes, faulty=vocabulary.faulty
            )

    def found(self, name: str, content: bytes) -> Found:
        """What the document of a name is found to be; of one that states no policy, only its form is looked at."""
        document, form = read_checked(name, content, kind_of(name))
        digest = sha256(content).hexdigest()
        if document is None:
            return Found(name=name, digest=digest, readable=False, form=form)
        found = Found(name=name, digest=digest, readable=True, form=form)
        return self._with_policy(found, document) if name not in ABOUT_ALL else found

    def _with_policy(self, found: Found, document: Document) -> Found:
        if self._vocabulary is None or self._facts is None:
            return found
        self._facts.named.clear()
        meaning: list[Problem] = []
        policy = read_policy(document, self._vocabulary, meaning.append)
        sound = policy is not None and not found.form and not meaning
        return replace(
            found,
            meaning=tuple(meaning),
            stated=(policy.id, policy.payer) if policy else None,
            policy=_compiled(policy, self._facts.named) if policy and sound else None,
        )


def _compiled(policy: Policy, named: set[str]) -> CompiledPolicy:
    return CompiledPolicy(
        id=policy.id,
        title=policy.title,
        payer=policy.payer,
        kind=policy.kind.value,
        digest=digest_of(policy_as_data(policy)),
        packed=pack_policy(policy),
        periods=periods_of(policy),
        codes=codes_of(policy),
        revisions=revision_digests(policy),
        facts=tuple(sorted(set(_asked(policy)))),
        named=tuple(sorted(named)),
    )


def _asked(policy: Policy) -> Iterator[str]:
    """The facts that the criteria of a policy ask for."""
    for entry in policy.history:
        for service in entry.services if isinstance(entry.services, tuple) else ():
            for statement in service.coverage if isinstance(service, Service) else ():
                if statement.when is not None:
                    yield from (leaf.fact for leaf in leaves_of(statement.when))


class _Noting(Mapping[str, _T]):
    """A mapping that notes which of its names somebody asked for."""

    def __init__(self, known: Mapping[str, _T]) -> None:
        self._known = known
        self.named: set[str] = set()

    def __getitem__(self, name: str) -> _T:
        self.named.add(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
