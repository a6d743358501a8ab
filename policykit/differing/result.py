"""What a comparison finds: differences, by entry and by policy."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from policykit.records import field, record

if TYPE_CHECKING:
    from policykit.policy import Change, Entry, Policy
    from policykit.problems import Location


class What(StrEnum):
    """The part of a document that is otherwise."""

    SERVICE = "service"
    CODES = "codes"
    STATEMENT = "statement"
    ORDER = "order"
    OUTCOME = "outcome"
    CRITERION = "criterion"
    OPERATOR = "operator"
    COMPARISON = "comparison"
    VALUES = "values"
    NOTE = "note"
    DATE = "date"
    TERM = "term"
    HISTORY = "history"
    POLICY = "policy"
    FACT = "fact"
    PAYER = "payer"
    CODE = "code"
    LABEL = "label"


class How(StrEnum):
    """In which way it is otherwise. Something that is altered has an old and a new value."""

    ADDED = "added"
    REMOVED = "removed"
    ALTERED = "altered"
    MOVED = "moved"
    RENAMED = "renamed"


def how(before: Any, after: Any) -> How:
    """In which way something is otherwise, None standing for nothing."""
    return How.ADDED if before is None else How.REMOVED if after is None else How.ALTERED


@record
class Subject:
    """The criterion that a difference is about: its id, its author's words, its fact; after the change if it is there.

    `negated`: it stands within a `none`, so that what loosens it tightens the statement.
    """

    id: str | None = None
    says: str | None = None
    fact: str | None = None
    negated: bool = False


@record
class Difference:
    """One thing that is otherwise.

    `key` is the word of the document under which it stands; `before` and `after` are plain data as a document writes
    it, None where there is nothing. `statements` are the numbers, before and after, of the coverage statement. `name`
    is that of a fact, payer, code or label of the vocabulary.

    `decides`: a case can be answered otherwise because of it. What is said not to decide never changes an outcome.
    """

    what: What
    how: How
    decides: bool
    key: str | None = None
    before: Any = None
    after: Any = None
    service: str | None = None
    statements: tuple[int | None, int | None] = (None, None)
    criterion: Subject | None = None
    name: str | None = None
    where_before: Location | None = field(default=None, compare=False)
    where_after: Location | None = field(default=None, compare=False)


@record
class EntryDifference:
    """What is otherwise between two entries, or what an entry that was added or removed brings.

    `how` is None where two revisions were asked for. An added or removed entry is compared with the one that it
    follows, or takes the place of: `before` is that one, if there is any, and `after` the entry itself. `sort` is what
    the change is by its meaning; None where the two do not follow one another, or only a withdrawal is told.
    """

    how: How | None
    name: str
    before: Entry | None
    after: Entry | None
    sort: Change | None = None
    remark: str | None = None
    decides: bool = False
    differences: tuple[Difference, ...] = ()


@record
class PolicyDifference:
    """What is otherwise in one policy. `how` is None where two of its revisions were asked for."""

    how: How | None
    policy: Policy = field(repr=False)
    differences: tuple[Difference, ...] = ()
    entries: tuple[EntryDifference, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether a case can be answered otherwise."""
        whole = self.how in {How.ADDED, How.REMOVED}
        return whole or any(each.decides for each in self.differences) or any(each.decides for each in self.entries)


@record
class Comparison:
    """What is otherwise between two revisions of a policy, or two libraries, as the user named them."""

    before: str
    after: str
    policies: tuple[PolicyDifference, ...]
    vocabulary: tuple[Difference, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether a case can be answered otherwise."""
        return any(each.decides for each in self.policies) or any(each.decides for each in self.vocabulary)
