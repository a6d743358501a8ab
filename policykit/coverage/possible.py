"""Which truths criteria can still have while facts are stated one after the other.

Every criterion has the set of truths that are possible for it, as bits, worked out from those of its parts as if these
were independent of one another: what is not among them can never come, whatever else is stated.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, assert_never

from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.evaluation import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policykit.comparison import Known
    from policykit.criteria import Criterion

BITS: Final = {Truth.MET: 1, Truth.NOT_MET: 2, Truth.UNKNOWN: 4}
_MET, _NOT, _UNKNOWN = 1, 2, 4


def bits_of(truths: Iterable[Truth]) -> int:
    """A set of truths as bits."""
    return sum(BITS[truth] for truth in truths)


def bit_of(known: Known) -> int:
    """One truth as a bit."""
    return _UNKNOWN if known is None else _MET if known else _NOT


class Possible:
    """Criteria with the truths that are possible for each. What is set can be taken back, the last first."""

    def __init__(self, criteria: Iterable[Criterion]) -> None:
        self._criteria: list[Criterion] = []
        self._parts: list[tuple[int, ...]] = []
        self._above: list[list[int]] = []
        self._bits: list[int] = []
        self._numbers: dict[int, int] = {}
        self._changes: list[tuple[int, int]] = []
        self.leaves: dict[int, FactIs] = {}
        # How many times a criterion was looked at: what it all took.
        self.work = 0
        self.roots = tuple(self._added(each) for each in criteria)

    def __getitem__(self, number: int) -> int:
        """The truths that are possible for a criterion, as bits."""
        return self._bits[number]

    def settle(self) -> None:
        """Work out every criterion anew, once the leaves have what is possible for them at first."""
        for number in range(len(self._bits)):
            if number not in self.leaves:
                self._bits[number] = self._worked_out(number)
        self._changes.clear()

    def begin(self, leaf: int, bits: int) -> None:
        """What is possible for a leaf at first."""
        self._bits[leaf] = bits

    def mark(self) -> int:
        """The state to which `back` leads."""
        return len(self._changes)

    def back(self, mark: int) -> None:
        """Take back all that was set since."""
        while len(self._changes) > mark:
            number, bits = self._changes.pop()
            self._bits[number] = bits

    def put(self, leaves: Iterable[tuple[int, int]]) -> None:
        """Say what is possible for leaves, and with it for all that they are parts of."""
        # A criterion has a higher number than its parts: lowest first, each is worked out once.
        pending: list[int] = []
        for number, bits in leaves:
            self._change(number, bits, pending)
        last = -1
        while pending:
            number = heappop(pending)
            if number != last:
                self._change(number, self._worked_out(number), pending)
            last = number

    def _change(self, number: int, bits: int, pending: list[int]) -> None:
        if bits != self._bits[number]:
            self._changes.append((number, self._bits[number]))
            self._bits[number] = bits
            for above in self._above[number]:
                heappush(pending, above)

    def unsettled(self, number: int) -> int:
        """The first leaf of a criterion of more than one possible truth that has more than one itself."""
        while number not in self.leaves:
            number = next(part for part in self._parts[number] if self._bits[part] not in {_MET, _NOT, _UNKNOWN})
        return number

    def _added(self, criterion: Criterion) -> int:
        known = self._numbers.get(id(criterion))
        if known is not None:
            return known
        parts = () if isinstance(criterion, FactIs) else tuple(self._added(part) for part in criterion.parts)
        number = self._numbers[id(criterion)] = len(self._bits)
        self.work += 1
        self._criteria.append(criterion)
        self._parts.append(parts)
        self._above.append([])
        self._bits.append(_MET | _NOT | _UNKNOWN)
        for part in dict.fromkeys(parts):
            self._above[part].append(number)
        if isinstance(criterion, FactIs):
            self.leaves[number] = criterion
        return number

    def _worked_out(self, number: int) -> int:
        parts = self._parts[number]
        self.work += len(parts)
        criterion = self._criteria[number]
        match criterion:
            case All():
                return self._every(parts, _MET, _NOT)
            case AnyOf():
                return self._every(parts, _NOT, _MET)
            case NoneOf():
                bits = self._every(parts, _NOT, _MET)
                return bits & _UNKNOWN | (bits & _MET) << 1 | (bits & _NOT) >> 1
            case CountAtLeast(count=count):
                return _count(count, [self._bits[part] for part in parts])
            case FactIs():
                return self._bits[number]
            case _:
                assert_never(criterion)

    def _every(self, parts: tuple[int, ...], every: int, some: int) -> int:
        """What follows from parts of which every one has to have one truth, while a single one with the other decides."""
        together, any_of_them = every, 0
        without = every | _UNKNOWN
        spared = True  # whether every part can do without the truth that decides
        for part in parts:
            bits = self._bits[part]
            together &= bits
            any_of_them |= bits
            if not bits & without:
                spared = False
        return together | any_of_them & some | (any_of_them & _UNKNOWN if spared else 0)


def _count(count: int, parts: Sequence[int]) -> int:
    can_be_met = sum(bits & _MET != 0 for bits in parts)
    has_to_count = sum(bits & _NOT == 0 for bits in parts)
    unknown = sum(bits & _UNKNOWN != 0 for bits in parts)
    met = sum(bits == _MET for bits in parts)
    either = sum(bits == _MET | _NOT for bits in parts)
    # With all unknown that can be: some of those that are either are met, so that the unknown ones decide.
    hangs = max(0, count - met - unknown) <= min(either, count - 1 - met)
    return (_MET if can_be_met >= count else 0) | (_NOT if has_to_count < count else 0) | (_UNKNOWN if hangs else 0)
