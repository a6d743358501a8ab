"""Where a criterion stands, and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.criteria import FactIs
from policykit.differing.meaning import identity, operator
from policykit.differing.result import Subject
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Hashable

    from policykit.criteria import Criterion

    # The operators around a criterion, from the top of its statement.
    Around = tuple[str, ...]


@record(kw_only=False)
class Place:
    """The service and the numbers of the statement, before and after, that are compared."""

    service: str
    statements: tuple[int | None, int | None]


@record
class Loose:
    """A criterion that has no counterpart, where it stands, and whether that can decide."""

    criterion: Criterion
    place: Place
    around: Around
    decides: bool


def within(criterion: Criterion, around: Around) -> Around:
    """What stands around a part of a criterion."""
    name = identity(criterion)
    return (*around, f"{operator(criterion)} `{name}`" if name else operator(criterion))


def subject_of(criterion: Criterion, around: Around) -> Subject:
    """The criterion that a difference is about."""
    negations = sum(step.partition(" ")[0] == "none" for step in around)
    return Subject(
        id=identity(criterion),
        says=next((each.says for each in criterion.notes if each.says), None),
        fact=criterion.fact if isinstance(criterion, FactIs) else None,
        negated=negations % 2 == 1,
    )


def head(criterion: Criterion) -> str:
    """What a criterion is about: its fact, or how it puts its parts together."""
    return f"fact {criterion.fact}" if isinstance(criterion, FactIs) else operator(criterion).partition(" ")[0]


def with_id(criterion: Criterion, key: Hashable) -> Hashable | None:
    """A key for a criterion that has an id; None for one without."""
    name = identity(criterion)
    return (name, key) if name else None


def as_told(texts_: tuple[str, ...] | None) -> str | list[str] | None:
    """What notes say under one key, as a document would."""
    return None if texts_ is None else texts_[0] if len(texts_) == 1 else list(texts_)
