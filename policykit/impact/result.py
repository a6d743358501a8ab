"""What a change does to claims, as records: the counts, and nothing of any one claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.policy import Outcome
from policykit.records import field, record

if TYPE_CHECKING:
    from policykit.decision import PossibleOutcome
    from policykit.vocabulary import Fact


@record(kw_only=False)
class Flow:
    """The answers that have one outcome before and one after. Two reviewers of a deferred case are two outcomes."""

    before: PossibleOutcome
    after: PossibleOutcome
    count: int

    @property
    def changed(self) -> bool:
        """Whether the outcome is another one."""
        return self.before != self.after


@record
class Tally:
    """The flows of some answers: those that change first, the most frequent of them first."""

    flows: tuple[Flow, ...]

    @property
    def count(self) -> int:
        """All answers."""
        return sum(each.count for each in self.flows)

    @property
    def changed(self) -> int:
        """The answers whose outcome changes."""
        return sum(each.count for each in self.flows if each.changed)

    def before(self) -> dict[PossibleOutcome, int]:
        """The answers by their outcome before, in the order of `Outcome`."""
        return _summed([(each.before, each.count) for each in self.flows])

    def after(self) -> dict[PossibleOutcome, int]:
        """The answers by their outcome after, in the order of `Outcome`."""
        return _summed([(each.after, each.count) for each in self.flows])

    def outcomes(self) -> tuple[PossibleOutcome, ...]:
        """The outcomes before or after, in the order of `Outcome`."""
        return tuple(sorted({each for flow in self.flows for each in (flow.before, flow.after)}, key=_place))


@record
class Group:
    """The answers whose claims have one value in a column; None where the column is empty."""

    value: str | None
    tally: Tally


@record
class Others:
    """The answers of the values of a column that are too many to be listed."""

    values: int
    tally: Tally


@record
class Breakdown:
    """The answers by the values of a column: those with the most changes first."""

    column: str
    groups: tuple[Group, ...]
    others: Others | None = None


@record
class MissingOften:
    """A fact that is missing in so many answers. `fact` is its declaration; None for the day of processing."""

    name: str
    count: int
    fact: Fact | None = None


@record
class Open:
    """What is undetermined, and what is missing in it: the most frequent fact first."""

    count: int
    missing: tuple[MissingOften, ...]


@record
class Rejected:
    """The claims that break one rule before, and after. One that breaks it on both sides counts on both."""

    rule: str
    before: int
    after: int


@record
class Side:
    """One of the two things compared: a library as it was named, and the revision that is forced, if one is."""

    library: str
    revision: str | None = None

    @property
    def name(self) -> str:
        """What tells it from the other."""
        return self.revision if self.revision is not None else self.library


@record
class Impact:
    """What a change does to claims.

    Every claim is in exactly one of three: `rejected`, wrong by one side or both; `elsewhere`, not answered by the
    policy that was asked for; and `answered`. Where several policies answer a claim, `tally` counts each answer.
    `otherwise` are the answers that are undetermined before and after, with other outcomes possible.
    """

    policy: str | None
    title: str | None = None
    before: Side
    after: Side
    claims: int
    answered: int
    elsewhere: int
    rejected: int
    rejected_by: tuple[Rejected, ...] = ()
    tally: Tally
    open_before: Open
    open_after: Open
    otherwise: int
    by: tuple[Breakdown, ...] = field(default=())


def tally_of(flows: list[Flow]) -> Tally:
    """Flows in their order."""

    def place(flow: Flow) -> tuple[bool, int, tuple[int, str], tuple[int, str]]:
        return not flow.changed, -flow.count, _place(flow.before), _place(flow.after)

    return Tally(flows=tuple(sorted(flows, key=place)))


def _summed(counts: list[tuple[PossibleOutcome, int]]) -> dict[PossibleOutcome, int]:
    sums: dict[PossibleOutcome, int] = {}
    for each, count in counts:
        sums[each] = sums.get(each, 0) + count
    return {each: sums[each] for each in sorted(sums, key=_place)}


_PLACES: Final = {each: place for place, each in enumerate(Outcome)}


def _place(possible: PossibleOutcome) -> tuple[int, str]:
    return _PLACES[possible.outcome], possible.to or ""
