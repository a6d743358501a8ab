"""The services and criteria of a policy that rules look at, each once, however often a named criterion is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.policy import UNCHANGED, Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.criteria import Criterion
    from policykit.policy import Entry, Policy


def written_services(policy: Policy) -> Iterator[tuple[Entry, Service]]:
    """The services that entries write out, with the entry; not those that they carry over."""
    for entry in policy.history:
        for service in entry.services if entry.services is not UNCHANGED else ():
            if isinstance(service, Service):
                yield entry, service


def written_criteria(policy: Policy) -> Iterator[Criterion]:
    """The criterion of every statement that has one."""
    for _, service in written_services(policy):
        for statement in service.coverage:
            if statement.when is not None:
                yield statement.when


def each_within(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """These criteria and all their parts, each before its parts; what is used several times is gone through once."""
    seen: set[int] = set()
    pending = [*criteria][::-1]
    while pending:
        current = pending.pop()
        yield current
        within = parts_of(current)
        if id(within) not in seen:
            seen.add(id(within))
            pending.extend(reversed(within))


def parts_of(criterion: Criterion) -> tuple[Criterion, ...]:
    """The parts of a criterion. Wherever a named criterion is used, they are the same object."""
    match criterion:
        case All(parts=parts) | AnyOf(parts=parts) | NoneOf(parts=parts) | CountAtLeast(parts=parts):
            return parts
        case FactIs():
            return ()
        case _:
            assert_never(criterion)


class Sizes:
    """How many criteria there are in one, with all that it uses written out."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def of(self, criterion: Criterion) -> int:
        """The number, the criterion itself among them."""
        parts = parts_of(criterion)
        if id(parts) not in self._known or not parts:
            self._known[id(parts)] = 1 + sum(self.of(part) for part in parts)
        return self._known[id(parts)]
