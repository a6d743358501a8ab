"""A record is what a frozen dataclass is; the two are compared wherever a user of one could tell."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policykit.records import record


@record
class Ours:
    """A record."""

    name: str
    count: int = 0
    tags: dict[str, int] = field(default_factory=dict)
    note: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    """The same as a dataclass."""

    name: str
    count: int = 0
    tags: dict[str, int] = field(default_factory=dict)
    note: str = field(default="", compare=False, repr=False)


@record(kw_only=False)
class Point:
    """A record made by position."""

    x: int
    y: int = 0
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.x + self.y)


@record(by_identity=True)
class Single:
    """A record that equals only itself."""

    name: str


values = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b"])},
    optional={
        "count": st.integers(0, 1),
        "tags": st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 1), max_size=1),
        "note": st.sampled_from(["", "n"]),
    },
)


@given(values, values)
def test_a_record_equals_and_shows_itself_as_a_dataclass_does(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (Ours(**one) == Ours(**other)) == (Theirs(**one) == Theirs(**other))
    assert repr(Ours(**one)) == repr(Theirs(**one)).replace("Theirs", "Ours")


@given(values)
def test_a_record_survives_copying_pickling_and_replacing(given_values: dict[str, Any]) -> None:
    made = Ours(**given_values)
    assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301  # our own
    assert replace(made, count=7).count == 7
    assert [each.name for each in fields(made)] == ["name", "count", "tags", "note"]


def test_nothing_of_a_record_can_be_changed_added_or_deleted() -> None:
    made = Ours(name="a")
    with pytest.raises(FrozenInstanceError):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.name
    with pytest.raises(FrozenInstanceError):
        made.other = 1  # type: ignore[attr-defined]
    assert not hasattr(made, "__dict__")


def test_a_record_is_made_by_keyword_unless_it_says_otherwise() -> None:
    with pytest.raises(TypeError):
        Ours("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Ours(name="a", unknown=1)  # type: ignore[call-arg]
    assert Point(1, 2).total == 3
    assert Point(1) == Point(x=1, y=0)


def test_a_default_that_is_made_is_made_anew_each_time() -> None:
    assert Ours(name="a").tags is not Ours(name="a").tags


def test_a_record_by_identity_equals_only_itself() -> None:
    one = Single(name="a")
    assert one == one  # noqa: PLR0124  # that is the point
    assert one != Single(name="a")
    assert len({one, Single(name="a")}) == 2


def test_equal_records_have_equal_hashes() -> None:
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1, 2) != (1, 2)  # type: ignore[comparison-overlap]


def test_a_record_can_be_matched_by_keyword_and_position() -> None:
    match Point(1, 2):
        case Point(1, y=second):
            assert second == 2
        case _:
            pytest.fail("the record did not match")
