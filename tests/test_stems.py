"""Stems: what is in a code, a range or a prefix is what has one of its stems, and nothing else."""

from __future__ import annotations

import string
from typing import Final

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st

from policykit.codes import (
    SHAPES,
    Code,
    CodePattern,
    CodePrefix,
    CodeRange,
    CodeSet,
    Stem,
    read_pattern,
    stems_of,
    stems_with,
)
from policykit.index import speaking

FORMS: Final = ("00000", "0000A", "A0000", "A00", "A0A", "A00.0", "A00.0A0", "000.00", "00.0", "0AA00A0")
SIGNS: Final = {"0": string.digits, "A": string.ascii_uppercase}


def texts(form: str) -> st.SearchStrategy[str]:
    """Texts of a form, often with signs at the ends of the alphabet."""
    signs = [
        st.sampled_from(SIGNS[each][:2] + SIGNS[each][-2:] + SIGNS[each][4]) if each in SIGNS else st.just(each)
        for each in form
    ]
    return st.tuples(*signs).map("".join)


def ends(form: str) -> st.SearchStrategy[tuple[str, str]]:
    """The first and the last text of a range, alike at the beginning now and then."""
    alike = st.integers(0, len(form))
    pairs = st.tuples(texts(form), texts(form), alike).map(
        lambda each: (each[0], each[0][: each[2]] + each[1][each[2] :])
    )
    return pairs.map(lambda pair: (min(pair), max(pair)))


@law(200)
@given(
    st.sampled_from(FORMS).flatmap(
        lambda form: st.tuples(ends(form), st.sampled_from(FORMS).flatmap(texts) | texts(form))
    )
)
def test_a_code_is_in_a_range_if_it_has_one_of_its_stems(drawn: tuple[tuple[str, str], str]) -> None:
    (first, last), text = drawn
    span, code = CodeRange("cpt", first, last), Code("cpt", text)
    stems = stems_of(span)
    assert len(set(stems)) == len(stems)
    assert (code in span) is (not {*stems}.isdisjoint(stems_with(code)))
    # No code has two of them, and all of them are needed.
    assert sum(stem in {*stems_with(code)} for stem in stems) <= 1
    assert all(not one.text.startswith(other.text) for one in stems for other in stems if one != other)


@pytest.mark.parametrize(
    ("first", "last"), [("00000", "99999"), ("A00", "Z99"), ("64714", "64714"), ("10021", "69990")]
)
def test_a_range_has_a_few_dozen_stems_at_most(first: str, last: str) -> None:
    stems = stems_of(CodeRange("cpt", first, last))
    assert 1 <= len(stems) <= 90
    for end in (first, last):
        assert not {*stems}.isdisjoint(stems_with(Code("cpt", end)))


def test_stems_of_examples() -> None:
    form = "00000"
    found = [stem.text for stem in stems_of(CodeRange("cpt", "64700", "64727"))]
    assert found == ["6470", "6471", *(f"6472{digit}" for digit in range(8))]
    assert stems_of(CodeRange("cpt", "00000", "99999")) == (Stem("cpt", "", form),)
    assert stems_of(CodeRange("cpt", "00500", "00600")) == (Stem("cpt", "005", form), Stem("cpt", "00600", form))
    assert stems_of(CodePrefix("icd10cm", "F17.2")) == (Stem("icd10cm", "F17.2", ""),)
    assert stems_of(Code("cpt", "0054T")) == (Stem("cpt", "0054T", "0000A"),)


CODES: Final = {
    "cpt": ("64714", "64715", "64700", "0054T", "0055T"),
    "hcpcs": ("A1234", "G0297"),
    "icd10cm": ("F17", "F17.2", "F17.21", "F1A", "A00", "A09"),
    "icd9cm": ("715", "715.9", "V15", "E011", "03.09"),
}
PATTERNS: Final = {
    "cpt": ("64714", "64700-64720", "0054T-0060T", "00000-99999", "0054T"),
    "hcpcs": ("A1234", "A0000-V9999", "G0290-G0299"),
    "icd10cm": ("F17-", "F17.2-", "F17.21", "A00-A09", "A00", "F17.1-F17.3"),
    "icd9cm": ("715-", "700-720", "V10-V20", "E000-E999", "03.09", "01.00-05.00"),
}
ALL_CODES: Final = tuple(Code(system, text) for system, listed in CODES.items() for text in listed)


def pattern(system: str, text: str) -> CodePattern:
    found = read_pattern(system, text)
    assert found is not None, text
    return found


ALL_PATTERNS: Final = tuple(pattern(system, text) for system, listed in PATTERNS.items() for text in listed)


@given(st.dictionaries(st.sampled_from(("a/1", "a/2", "b/1", "b/2", "b/3")), st.lists(st.sampled_from(ALL_PATTERNS))))
def test_whoever_speaks_of_a_code_is_found_by_its_stems(held: dict[str, list[CodePattern]]) -> None:
    said = speaking(held)
    for code in ALL_CODES:
        for payer in ("a", "b"):
            found = {each for stem in stems_with(code) for each in said.get((payer, stem), ())}
            assert found == {
                each for each, listed in held.items() if each.startswith(payer) and code in CodeSet(tuple(listed))
            }


def test_the_codes_and_patterns_of_these_tests_have_the_shapes_of_their_systems() -> None:
    assert all(SHAPES[code.system].fullmatch(code.code) for code in ALL_CODES)
