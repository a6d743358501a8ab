"""Sets of codes by what they hold, against plain sets of the codes of a small world."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st

from policykit.codes import Code, CodeSet, read_pattern
from policykit.differing.codes import held, less

if TYPE_CHECKING:
    from policykit.codes import CodePattern

CPT = [Code("cpt", f"1100{digit}") for digit in range(10)] + [Code("cpt", f"1099{digit}") for digit in range(8, 10)]
DIAGNOSES = [Code("icd10cm", f"F1{one}{more}") for one, more in product("012A", ("", ".0", ".1", ".10", ".11"))]
WORLD = frozenset([*CPT, *DIAGNOSES, Code("hcpcs", "G0297")])


@st.composite
def ranges(draw: st.DrawFn) -> str:
    first, last = sorted(draw(st.tuples(st.sampled_from(CPT), st.sampled_from(CPT))))
    return f"{first.code}-{last.code}"


def patterns() -> st.SearchStrategy[CodePattern]:
    """Codes, ranges and prefixes of the world."""
    written = st.one_of(
        st.tuples(st.just("cpt"), st.sampled_from([each.code for each in CPT]) | ranges()),
        st.tuples(st.just("icd10cm"), st.sampled_from([each.code for each in DIAGNOSES])),
        st.tuples(st.just("icd10cm"), st.sampled_from(["F10-F12", "F10.0-F12.1", "F10.00-F12.50", "F1A-F1A"])),
        st.tuples(st.just("icd10cm"), st.sampled_from([f"{each.code}-" for each in DIAGNOSES])),
        st.just(("hcpcs", "G0297")),
    )
    return written.map(lambda pair: rewritten({pair[0]: [pair[1]]})[0])


def codes_of(written: list[CodePattern]) -> frozenset[Code]:
    """The codes of the world that are held."""
    codes = CodeSet(tuple(written))
    return frozenset(code for code in WORLD if code in codes)


def rewritten(found: dict[str, list[str]]) -> list[CodePattern]:
    patterns_ = [read_pattern(system, text) for system, texts in found.items() for text in texts]
    assert None not in patterns_
    return [each for each in patterns_ if each is not None]


@law(150)
@given(st.lists(patterns(), max_size=5), st.lists(patterns(), max_size=5))
def test_what_one_holds_and_the_other_does_not(one: list[CodePattern], other: list[CodePattern]) -> None:
    left = rewritten(less(held(one), held(other)))
    expected = codes_of(one) - codes_of(other)
    prefixes = [each for each in left if str(each).endswith("-")]
    # Below a prefix that only one of them has, some codes may be in both.
    assert expected <= codes_of(left)
    assert codes_of(left) <= codes_of(one)
    if not prefixes:
        assert codes_of(left) == expected


@law(150)
@given(st.lists(patterns(), max_size=5), st.lists(patterns(), max_size=5))
def test_lists_are_alike_where_nothing_is_left_of_either(one: list[CodePattern], other: list[CodePattern]) -> None:
    first, second = held(one), held(other)
    assert (first == second) == (not less(first, second) and not less(second, first))
    assert held([*one, *one[::-1]]) == first


@law(100)
@given(st.lists(patterns(), min_size=1, max_size=6))
def test_nothing_is_left_of_a_part(written: list[CodePattern]) -> None:
    assert less(held(written[:-1]), held(written)) == {}
    assert less(held(written), held(written)) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"cpt": ["11000", "11001", "11002"]}, {"cpt": ["11000-11002"]}),
        ({"cpt": ["11000-11001", "11001-11003"]}, {"cpt": ["11000-11003"]}),
        ({"icd10cm": ["F17-", "F17", "F17.21", "F17.0-F17.9"]}, {"icd10cm": ["F17-"]}),
        ({"icd10cm": ["F17.2-", "F17.21-"]}, {"icd10cm": ["F17.2-"]}),
        ({"icd10cm": ["F17-", "F17.2-"]}, {"icd10cm": ["F17-"]}),
        ({"icd10cm": ["F16-F18", "F17-"]}, {"icd10cm": ["F16", "F18", "F17-"]}),
    ],
)
def test_two_ways_to_write_the_same(one: dict[str, list[str]], other: dict[str, list[str]]) -> None:
    assert held(rewritten(one)) == held(rewritten(other))


@pytest.mark.parametrize(
    ("one", "other", "left"),
    [
        ({"cpt": ["11000-11003"]}, {"cpt": ["11001"]}, {"cpt": ["11000", "11002-11003"]}),
        ({"cpt": ["11000", "11001", "11002"]}, {"cpt": ["11000-11002"]}, {}),
        ({"cpt": ["10999-11001"]}, {"cpt": ["11000"]}, {"cpt": ["10999", "11001"]}),
        ({"cpt": ["0054T"]}, {"cpt": ["00500-00600"]}, {"cpt": ["0054T"]}),
        ({"hcpcs": ["G0297-G0299"]}, {"hcpcs": ["G0298"]}, {"hcpcs": ["G0297", "G0299"]}),
        ({"icd10cm": ["F17-"]}, {"icd10cm": ["F17.2-"]}, {"icd10cm": ["F17-"]}),
        ({"icd10cm": ["F17.2-"]}, {"icd10cm": ["F17-"]}, {}),
        ({"icd10cm": ["F17.21", "F18.21"]}, {"icd10cm": ["F17-"]}, {"icd10cm": ["F18.21"]}),
        ({"icd10cm": ["F16-F18"]}, {"icd10cm": ["F17-"]}, {"icd10cm": ["F16", "F18"]}),
    ],
)
def test_as_a_document_writes_it(
    one: dict[str, list[str]], other: dict[str, list[str]], left: dict[str, list[str]]
) -> None:
    assert less(held(rewritten(one)), held(rewritten(other))) == left
