"""Which of the things before is which of those after.

Every way to match is symmetric: the other way round, the same pairs come out. However many things there are, the time
is bounded: pairs are weighed one by one only where there are few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

_T = TypeVar("_T")

MOST_PAIRS: Final = 10_000

# The same thing, before and after, by their places in their lists.
Pairs = list[tuple[int, int]]


def matched(
    before: Sequence[_T],
    after: Sequence[_T],
    keys: Sequence[Callable[[_T], Hashable | None]],
    likeness: Callable[[_T, _T], int],
    rough: Callable[[_T], Hashable | None],
) -> Pairs:
    """The pairs that belong together, in order of the things before.

    First those with the same key, by one kind of key after the other (None is none); of several with one key, the first
    is the first. Then those that are most alike, or, of very many, those with the same `rough` key; those of no
    likeness stay alone.
    """
    lone_before, lone_after = list(range(len(before))), list(range(len(after)))
    pairs: Pairs = []
    for key in keys:
        pairs += _by_key(before, after, key, lone_before, lone_after)
    if len(lone_before) * len(lone_after) > MOST_PAIRS:
        pairs += _by_key(before, after, rough, lone_before, lone_after)
    if len(lone_before) * len(lone_after) <= MOST_PAIRS:
        pairs += _by_likeness(before, after, likeness, lone_before, lone_after)
    return sorted(pairs)


def _by_key(
    before: Sequence[_T],
    after: Sequence[_T],
    key: Callable[[_T], Hashable | None],
    lone_before: list[int],
    lone_after: list[int],
) -> Pairs:
    if not (lone_before and lone_after):
        return []
    waiting: dict[Hashable, list[int]] = {}
    for place in reversed(lone_after):
        found = key(after[place])
        if found is not None:
            waiting.setdefault(found, []).append(place)
    pairs: Pairs = []
    for place in lone_before:
        found = key(before[place])
        if found is not None and waiting.get(found):
            pairs.append((place, waiting[found].pop()))
    _take(pairs, lone_before, lone_after)
    return pairs


def _by_likeness(
    before: Sequence[_T],
    after: Sequence[_T],
    likeness: Callable[[_T, _T], int],
    lone_before: list[int],
    lone_after: list[int],
) -> Pairs:
    weighed = [(likeness(before[i], after[j]), i, j) for i in lone_before for j in lone_after]
    pairs: Pairs = []
    taken_before: set[int] = set()
    taken_after: set[int] = set()
    for weight, i, j in sorted(weighed, key=lambda each: (-each[0], abs(each[1] - each[2]), min(each[1], each[2]))):
        if weight > 0 and i not in taken_before and j not in taken_after:
            pairs.append((i, j))
            taken_before.add(i)
            taken_after.add(j)
    _take(pairs, lone_before, lone_after)
    return pairs


def _take(pairs: Pairs, lone_before: list[int], lone_after: list[int]) -> None:
    befores, afters = {i for i, _ in pairs}, {j for _, j in pairs}
    lone_before[:] = [place for place in lone_before if place not in befores]
    lone_after[:] = [place for place in lone_after if place not in afters]


def unmatched(pairs: Pairs, count_before: int, count_after: int) -> tuple[list[int], list[int]]:
    """The places, before and after, that are in no pair."""
    befores, afters = {i for i, _ in pairs}, {j for _, j in pairs}
    return [i for i in range(count_before) if i not in befores], [j for j in range(count_after) if j not in afters]
