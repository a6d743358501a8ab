"""What a house rule looks at, and what a house rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from policykit.memory import Memory
from policykit.problems import Problem
from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from policykit.cases import CaseResult
    from policykit.document import Document
    from policykit.policy import Policy
    from policykit.rules.rule import Rule
    from policykit.timeline import Timeline
    from policykit.vocabulary import Vocabulary


@record(by_identity=True)
class Subject:
    """One policy, sound by itself, with all that a rule may look at.

    `results` are those of the cases beside it that were put to it; `today` the day on which the check is made, `sources`
    the texts of payers that it is to be compared with, by their names.
    """

    policy: Policy
    document: Document
    timeline: Timeline
    vocabulary: Vocabulary
    results: tuple[CaseResult, ...]
    today: date
    sources: Mapping[str, str]


@record(by_identity=True)
class Whole:
    """A library, sound by itself: its vocabulary, and its documents and policies by name and id.

    What is worked out of single documents goes through the `memory`, so that it need not be worked out again.
    """

    vocabulary: Vocabulary
    documents: Mapping[str, Document]
    policies: Mapping[str, Policy]
    memory: Memory = field(default_factory=Memory)


OfPolicy: TypeAlias = Callable[[Subject], Iterator[Problem]]
OfLibrary: TypeAlias = Callable[[Whole], Iterator[Problem]]


@record
class HouseRule:
    """A rule beyond correctness, with the generator that finds where a policy, or else a library, breaks it.

    What a rule finds that `varies` hangs on more than the documents: on the day, or on texts to compare with. It may be
    allowed ahead of time, so that an allowance of it that is of no use today is not told.
    """

    rule: Rule
    of_policy: OfPolicy | None = None
    of_library: OfLibrary | None = None
    varies: bool = False
