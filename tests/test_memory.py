from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from policykit.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable


def counted(made: list[int]) -> Callable[[int], Callable[[], int]]:
    """What makes the square of a key, and notes that it did."""

    def maker(key: int) -> Callable[[], int]:
        def make() -> int:
            made.append(key)
            return key * key

        return make

    return maker


@given(st.lists(st.lists(st.integers(0, 6), max_size=8), max_size=6))
def test_a_result_is_made_again_only_where_a_whole_round_did_not_ask_for_it(rounds: list[list[int]]) -> None:
    memory, made = Memory(), list[int]()
    make = counted(made)
    expected: list[int] = []
    before: set[int] = set()
    for keys in rounds:
        for key in keys:
            assert memory.once(key, make(key)) == key * key
        expected += [key for key in dict.fromkeys(keys) if key not in before]
        before = set(keys)
        memory.next_round()
    assert made == expected


def test_what_is_not_there_is_remembered_too() -> None:
    memory, made = Memory(), list[int]()

    def make() -> None:
        made.append(1)

    memory.once("a", make)
    memory.once("a", make)
    assert made == [1]
