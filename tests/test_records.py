from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from dataclasses import field as dataclass_field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policykit.records import field, record


@record
class Mine:
    """A record with a field of each kind."""

    one: Any
    two: Any = 2
    more: list[Any] = field(default_factory=list)
    place: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    """The same, as the standard library makes it."""

    one: Any
    two: Any = 2
    more: list[Any] = dataclass_field(default_factory=list)
    place: Any = dataclass_field(default=None, compare=False, repr=False)


@record(kw_only=False)
class Pair:
    """A record that is made by position too."""

    first: int
    second: int = 0


@record(by_identity=True)
class Self:
    """A record that equals only itself."""

    one: int


@record
class Doubled:
    """A record with a field that follows from another."""

    one: int
    twice: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.one)


VALUES = st.fixed_dictionaries(
    {"one": st.integers(0, 2)}, optional={"two": st.integers(0, 2), "more": st.just([]), "place": st.integers(0, 1)}
)


@given(VALUES, VALUES)
def test_a_record_is_what_a_frozen_dataclass_is(one: dict[str, Any], other: dict[str, Any]) -> None:
    mine, theirs = (Mine(**one), Mine(**other)), (Theirs(**one), Theirs(**other))
    assert (mine[0] == mine[1]) is (theirs[0] == theirs[1])
    assert repr(mine[0]).replace("Mine", "") == repr(theirs[0]).replace("Theirs", "").rpartition(".")[2]
    assert [getattr(mine[0], each.name) for each in fields(mine[0])] == [
        getattr(theirs[0], each.name) for each in fields(theirs[0])
    ]
    assert replace(mine[0], one=7) == Mine(**{**one, "one": 7})


def test_a_record_cannot_be_changed() -> None:
    mine = Mine(one=1)
    with pytest.raises(FrozenInstanceError, match="one"):
        mine.one = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="one"):
        del mine.one
    with pytest.raises((FrozenInstanceError, AttributeError)):
        mine.other = 2  # type: ignore[attr-defined]
    assert not hasattr(mine, "__dict__")


def test_a_record_is_made_by_keyword_unless_it_says_otherwise() -> None:
    with pytest.raises(TypeError):
        Mine(1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Mine()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Mine(one=1, other=2)  # type: ignore[call-arg]
    assert Pair(1, 2) == Pair(first=1, second=2)
    assert Pair(1).second == 0


def test_what_a_record_makes_for_itself_is_made_anew() -> None:
    assert Mine(one=1).more is not Mine(one=1).more
    assert Mine(one=1, more=[3]).more == [3]
    assert Doubled(one=2).twice == 4


def test_equal_records_have_equal_hashes_and_those_of_other_kinds_are_never_equal() -> None:
    assert hash(Pair(1, 2)) == hash(Pair(1, 2))
    assert len({Pair(1, 2), Pair(1, 2), Pair(2, 1)}) == 2
    others: list[object] = [(1, 2), Theirs(one=1), Doubled(one=1)]
    assert all(other not in (Pair(1, 2), Mine(one=1)) for other in others)
    assert Mine(one=1, place=1) == Mine(one=1, place=2)


def test_a_record_by_identity_equals_only_itself() -> None:
    one = Self(one=1)
    assert one == one  # noqa: PLR0124
    assert one != Self(one=1)
    assert len({one, Self(one=1)}) == 2


def test_a_record_is_matched_copied_and_pickled() -> None:
    match Pair(1, 2):
        case Pair(first=first, second=second):
            assert (first, second) == (1, 2)
    match Pair(1, 2):
        case Pair(one, two):
            assert (one, two) == (1, 2)
    assert copy.copy(Pair(1, 2)) == copy.deepcopy(Pair(1, 2)) == pickle.loads(pickle.dumps(PAIR)) == PAIR  # noqa: S301  # our own


PAIR = Pair(1, 2)
