"""The smallest case under which criteria have wanted truths, or a proof that there is none."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from policykit.coverage.cells.domains import codes_among, domains_of, with_derived
from policykit.coverage.possible import Possible, bit_of, bits_of
from policykit.criteria import leaves_of
from policykit.evaluation import Truth, compile_criterion
from policykit.records import field, record
from policykit.vocabulary import SERVICE_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from policykit.codes import CodeSet
    from policykit.comparison import Known
    from policykit.coverage.cells.domains import Cell, Domain
    from policykit.criteria import Criterion, FactIs
    from policykit.evaluation import Facts, Holds
    from policykit.policy import Statement
    from policykit.vocabulary import Value, Vocabulary

STEPS: Final = 10_000
_WORK: Final = 10_000_000  # criteria that are looked at in one search
_BETTER: Final = 1_000  # steps in search of fewer facts than were found
_NOT_MET_YET: Final = frozenset({Truth.NOT_MET, Truth.UNKNOWN})


@record(kw_only=False)
class Demand:
    """A criterion, and the truths of which it is to have one."""

    criterion: Criterion
    truths: frozenset[Truth]


@record
class Witness:
    """Facts under which every demand holds. `stated` is what a case has to say, the code of the service among it.

    Without any one of these facts (but that code) some demand would not hold.
    """

    stated: Mapping[str, Value] = field(repr=False)


class NoWitness(Enum):
    """Why no facts were found: on this date of service there are none, or the steps allowed did not suffice."""

    IMPOSSIBLE = "impossible"
    GAVE_UP = "gave-up"


IMPOSSIBLE, GAVE_UP = NoWitness.IMPOSSIBLE, NoWitness.GAVE_UP
Found: TypeAlias = Witness | NoWitness


def to_visit(coverage: Sequence[Statement], number: int) -> tuple[Demand, ...]:
    """What it takes that a statement, counted from 1, is looked at: none before it is met."""
    return tuple(Demand(each.when, _NOT_MET_YET) for each in coverage[: number - 1] if each.when is not None)


def to_decide(coverage: Sequence[Statement], number: int) -> tuple[Demand, ...]:
    """What it takes that a statement, counted from 1, decides: it is met, and none before it is.

    One before it that has the same outcome may be unknown: whichever it is, the answer is the same.
    """
    statement = coverage[number - 1]
    own = (statement.outcome, statement.to)
    before = tuple(
        Demand(each.when, _NOT_MET_YET if (each.outcome, each.to) == own else frozenset({Truth.NOT_MET}))
        for each in coverage[: number - 1]
        if each.when is not None
    )
    return before if statement.when is None else (*before, Demand(statement.when, frozenset({Truth.MET})))


class Ground:
    """What there is to state on one date of service of the facts that criteria ask for: where `find` looks.

    Where `codes` are given, the code of the service is known and one of them; otherwise it need not be stated.
    """

    def __init__(
        self, criteria: Iterable[Criterion], *, on: date, vocabulary: Vocabulary, codes: CodeSet | None = None
    ) -> None:
        self.day = on
        self.vocabulary = vocabulary
        self.codes = codes
        leaves = {id(leaf): leaf for criterion in criteria for leaf in leaves_of(criterion)}
        self._domains = tuple(domains_of(leaves.values(), vocabulary, on, codes))
        # How many criteria were looked at for what was found here.
        self.work = len(leaves)

    @cached_property
    def kind(self) -> tuple[frozenset[tuple[Known, ...]], ...]:
        """What criteria can be on this date; where two dates have the same kind, the same is possible on both."""
        return tuple(frozenset(cell.truths for cell in domain.cells) for domain in self._domains)

    def domains_of(self, leaves: Iterable[FactIs]) -> Iterator[Domain]:
        """What there is to state for these leaves of the criteria."""
        wanted = {id(leaf) for leaf in leaves}
        for domain in self._domains:
            if not wanted.isdisjoint(map(id, domain.leaves)):
                yield domain.of(wanted)


def find(
    demands: Sequence[Demand],
    *,
    on: date,
    vocabulary: Vocabulary,
    codes: CodeSet | None = None,
    steps: int = STEPS,
) -> Found:
    """The fewest facts under which every demand holds on a date of service.

    Where `codes` are given, the code of the service is known and one of them; otherwise it need not be stated. Within
    the `steps` the facts are the fewest; if these run out, they are as few as were found.

    Numbers derived from one date are those of one date.
    """
    ground = Ground((each.criterion for each in demands), on=on, vocabulary=vocabulary, codes=codes)
    return find_on(ground, demands, steps)


def find_on(ground: Ground, demands: Sequence[Demand], steps: int = STEPS) -> Found:
    """The same on a ground that was laid for these criteria, and perhaps for others."""
    search = _Search(demands, ground)
    found = search.run(steps)
    ground.work += search.work
    if found is None:
        return IMPOSSIBLE if search.exhaustive else GAVE_UP
    kept = frozenset({SERVICE_CODE} if ground.codes is not None else ())
    stated = _without_idle(found, demands, ground.vocabulary, ground.day, kept)
    if ground.codes is not None and SERVICE_CODE not in stated:
        stated = {SERVICE_CODE: codes_among(ground.codes, ground.vocabulary, ground.day)[0], **stated}
    return Witness(stated=stated)


def holds(demands: Sequence[Demand], stated: Mapping[str, Value], vocabulary: Vocabulary, on: date) -> bool:
    """Whether every demand holds under these facts, by evaluation itself."""
    return _all_hold(_compiled(demands), with_derived(stated, vocabulary, on), on)


def _compiled(demands: Sequence[Demand]) -> list[tuple[Holds, int]]:
    return [(compile_criterion(each.criterion).holds, bits_of(each.truths)) for each in demands]


def _all_hold(compiled: Sequence[tuple[Holds, int]], facts: Facts, day: date) -> bool:
    return all(bit_of(test(facts, day)) & wanted for test, wanted in compiled)


class _Frame(NamedTuple):
    """A domain with the cells that are left to try, and the state to which to go back for each of them."""

    cells: Iterator[Cell]
    leaves: tuple[int, ...]
    stated: int
    mark: int
    depth: int


class _Search:
    """States the facts of one domain after the other, and turns back where a demand can no longer hold."""

    def __init__(self, demands: Sequence[Demand], ground: Ground) -> None:
        self._possible = possible = Possible(each.criterion for each in demands)
        self._wanted = [(root, bits_of(each.truths)) for root, each in zip(possible.roots, demands, strict=True)]
        numbers = {id(leaf): number for number, leaf in possible.leaves.items()}
        self._domains: dict[int, tuple[Domain, tuple[int, ...]]] = {}
        self._complete = True
        for domain in ground.domains_of(possible.leaves.values()):
            leaves = tuple(numbers[id(leaf)] for leaf in domain.leaves)
            self._complete = self._complete and domain.complete
            for position, leaf in enumerate(leaves):
                self._domains[leaf] = (domain, leaves)
                truths = {bit_of(cell.truths[position]) for cell in domain.cells}
                possible.begin(leaf, sum(truths))
        possible.settle()
        self._left = 0
        self._chosen: list[Cell] = []
        self._best: dict[str, Value] | None = None
        self._fewest: float = float("inf")

    @property
    def exhaustive(self) -> bool:
        """Whether everything that criteria can tell apart was tried."""
        return self._complete and self._left > 0

    @property
    def work(self) -> int:
        """How many criteria were looked at."""
        return self._possible.work

    def run(self, steps: int) -> dict[str, Value] | None:
        """The fewest facts found within the steps, or None."""
        self._left = steps
        if not self._can_hold():
            return None
        # A frame for each domain that was turned to; none of them is a call, for there may be thousands.
        frames = [self._frame(0)]
        while frames:
            frame = frames[-1]
            self._possible.back(frame.mark)
            del self._chosen[frame.depth :]
            cell = next(frame.cells, None)
            if cell is None:
                frames.pop()
            elif (cost := frame.stated + _size(cell)) < self._fewest and self._left > 0:
                self._put(cell, frame.leaves)
                self._chosen.append(cell)
                frames.append(self._frame(cost))
        return self._best

    def _frame(self, count: int) -> _Frame:
        """The domain to turn to when so many facts are stated; none where nothing is left to settle."""
        root = next((root for root, wanted in self._wanted if self._possible[root] & ~wanted), None)
        mark, depth = self._possible.mark(), len(self._chosen)
        if root is None:
            self._best = {name: value for cell in self._chosen for name, value in cell.stated.items()}
            self._fewest = count
            # It will do; to find fewer facts is worth only so much.
            self._left = min(self._left, _BETTER)
            return _Frame(iter(()), (), count, mark, depth)
        domain, leaves = self._domains[self._possible.unsettled(root)]
        return _Frame(iter(self._in_order(domain, leaves, count)), leaves, count, mark, depth)

    def _in_order(self, domain: Domain, leaves: tuple[int, ...], count: int) -> list[Cell]:
        """The cells under which all demands can still hold, those first that settle most of them."""
        open_after: list[tuple[int, int, int]] = []
        for position, cell in enumerate(domain.cells):
            cost = count + _size(cell)
            if cost >= self._fewest or self._left <= 0:
                continue
            self._left = self._left - 1 if self.work < _WORK else 0
            mark = self._possible.mark()
            self._put(cell, leaves)
            if self._can_hold():
                unsettled = sum(self._possible[root] & ~wanted != 0 for root, wanted in self._wanted)
                open_after.append((unsettled, cost, position))
            self._possible.back(mark)
        return [domain.cells[position] for _, _, position in sorted(open_after)]

    def _put(self, cell: Cell, leaves: tuple[int, ...]) -> None:
        self._possible.put(zip(leaves, map(bit_of, cell.truths), strict=True))

    def _can_hold(self) -> bool:
        return all(self._possible[root] & wanted for root, wanted in self._wanted)


def _size(cell: Cell) -> int:
    return len(cell.stated)


def _without_idle(
    stated: Mapping[str, Value],
    demands: Sequence[Demand],
    vocabulary: Vocabulary,
    day: date,
    kept: frozenset[str],
) -> dict[str, Value]:
    """The facts without those that no demand needs."""
    needed, compiled = dict(stated), _compiled(demands)
    for name in stated:
        fewer = {key: value for key, value in needed.items() if key != name}
        if name not in kept and _all_hold(compiled, with_derived(fewer, vocabulary, day), day):
            needed = fewer
    return needed
