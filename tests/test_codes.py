from __future__ import annotations

from itertools import combinations, product

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st

from policykit.codes import (
    SYSTEMS,
    Code,
    CodePattern,
    CodePrefix,
    CodeRange,
    CodeSet,
    overlaps,
    read_code,
    read_pattern,
    shape_of,
    systems_of,
)

CODES = {
    "cpt": ["64714", "00142", "0587T", "1234F", "0001M", "0001A", "0001U"],
    "hcpcs": ["G0297", "A0000", "V5364", "L9001"],
    "icd10cm": ["F17", "M17.1", "M17.11", "Z87.891", "S83.511A", "M1A", "C7A.00", "U07.1"],
    "icd10pcs": ["01NB0ZZ", "3E03317", "3E04317", "HHHHHHH", "JKLMNPZ"],
    "icd9cm": ["715", "715.9", "715.96", "V43", "V43.6", "V43.65", "E885", "E885.9", "81.5", "81.54"],
}
NO_CODES = {
    "cpt": ["6471", "647140", "G0297", "0587X", "0587t", "64 14", "64714\n", "٦٤٧١٤", ""],
    "hcpcs": ["W0297", "G029", "G02977", "g0297", "GG297", "64714", "G0297\n", ""],
    "icd10cm": ["17", "F1", "FF7", "F17.", "F17.12345", "f17", "F17.1a", "F1721", "M17.11\n", "M17-"],
    "icd10pcs": ["01NB0Z", "01NB0ZZZ", "01NB0ZI", "01NB0ZO", "01nb0zz", "01NB0ZZ\n"],
    "icd9cm": ["71", "7159", "715.", "715.965", "V4", "V433", "V43.655", "E88", "E885.99", "81", "81.", "81.541"],
}


@pytest.mark.parametrize(("system", "text"), [(system, text) for system, listed in CODES.items() for text in listed])
def test_a_code_of_the_shape_of_its_system_is_read(system: str, text: str) -> None:
    assert read_code(system, text) == read_pattern(system, text) == Code(system, text)
    assert system in systems_of(text)


@pytest.mark.parametrize(("system", "text"), [(system, text) for system, all_ in NO_CODES.items() for text in all_])
def test_a_code_of_another_shape_is_refused(system: str, text: str) -> None:
    assert read_code(system, text) is None
    assert read_pattern(system, text) is None or text == "M17-"
    assert system not in systems_of(text)


def test_every_system_says_what_its_codes_look_like() -> None:
    assert set(SYSTEMS) == set(CODES)
    assert len({shape_of(system) for system in SYSTEMS}) == len(SYSTEMS)


@pytest.mark.parametrize(
    ("system", "text", "pattern"),
    [
        ("cpt", "64700-64727", CodeRange("cpt", "64700", "64727")),
        ("cpt", "64714-64714", CodeRange("cpt", "64714", "64714")),
        ("cpt", "64715-64714", None),
        ("cpt", "00500-0054T", None),
        ("cpt", "0054A-0054T", CodeRange("cpt", "0054A", "0054T")),
        ("cpt", "0054A-0054Z", None),
        ("hcpcs", "G0297-W0001", None),
        ("cpt", "64714-", None),
        ("cpt", "-64714", None),
        ("cpt", "64700-64727-64730", None),
        ("cpt", "64700 - 64727", None),
        ("hcpcs", "G0297-G0299", CodeRange("hcpcs", "G0297", "G0299")),
        ("hcpcs", "G0297-H0001", CodeRange("hcpcs", "G0297", "H0001")),
        ("hcpcs", "G0297-", None),
        ("icd10pcs", "01NB0ZZ-", None),
        ("icd10cm", "F17.21-", CodePrefix("icd10cm", "F17.21")),
        ("icd10cm", "F17-", CodePrefix("icd10cm", "F17")),
        ("icd10cm", "F1-", None),
        ("icd10cm", "F17.-", None),
        ("icd10cm", "M23.50-M23.52", CodeRange("icd10cm", "M23.50", "M23.52")),
        ("icd10cm", "M23.50-M23.6", None),
        ("icd10cm", "M17-M1A", None),
        ("icd9cm", "715-", CodePrefix("icd9cm", "715")),
        ("icd9cm", "V43-V45", CodeRange("icd9cm", "V43", "V45")),
        ("icd9cm", "E885-V45", None),
    ],
)
def test_ranges_and_prefixes_are_read_where_both_ends_have_one_form(
    system: str, text: str, pattern: CodePattern | None
) -> None:
    assert read_pattern(system, text) == pattern
    if pattern is not None:
        assert str(pattern) == f"{system} {text}"


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("00500-00600", ["00500", "00550", "00600"], ["00499", "00601", "0054T", "G0550"]),
        ("0050T-0060T", ["0050T", "0055T", "0060T", "0055F"], ["00555", "0049T", "0060U"]),
    ],
)
def test_a_range_holds_its_ends_and_only_codes_of_their_form(
    written: str, inside: list[str], outside: list[str]
) -> None:
    pattern = read_pattern("cpt", written)
    assert isinstance(pattern, CodeRange)
    assert all(Code("cpt", code) in pattern for code in inside)
    assert not any(Code("cpt", code) in pattern for code in outside)
    assert not any(Code("icd10pcs", code) in pattern for code in inside)


def test_a_prefix_holds_itself_and_what_begins_with_it() -> None:
    prefix = CodePrefix("icd10cm", "F17.21")
    assert all(Code("icd10cm", code) in prefix for code in ("F17.21", "F17.210", "F17.2199"))
    assert not any(Code("icd10cm", code) in prefix for code in ("F17.2", "F17.22", "F17", "F17.20"))
    assert Code("icd9cm", "F17.21") not in prefix


def test_a_code_set_holds_what_one_of_its_patterns_holds_and_keeps_their_spelling() -> None:
    patterns = [read_pattern("cpt", "64714"), read_pattern("icd10cm", "F17-"), read_pattern("cpt", "00500-00510")]
    codes = CodeSet(tuple(pattern for pattern in patterns if pattern is not None))
    for system, code in (("cpt", "64714"), ("icd10cm", "F17.2"), ("cpt", "00505")):
        assert Code(system, code) in codes
    for system, code in (("hcpcs", "64714"), ("icd10cm", "F18"), ("cpt", "00511")):
        assert Code(system, code) not in codes
    assert codes.by_system() == {"cpt": ["64714", "00500-00510"], "icd10cm": ["F17-"]}


def test_a_code_set_keeps_single_codes_apart_from_ranges_and_prefixes() -> None:
    code, span, prefix = Code("icd10cm", "A00"), CodeRange("icd10cm", "A01", "A09"), CodePrefix("icd10cm", "F17")
    codes = CodeSet((span, code, prefix))
    assert codes.exact == {code}
    assert codes.broad == (span, prefix)
    assert codes == CodeSet((span, code, prefix))
    assert codes != CodeSet((code, span, prefix))
    assert repr(codes) == f"CodeSet(written={(span, code, prefix)!r})"


# Small universes of codes, in which whatever patterns of them share can be looked for by hand.
UNIVERSE = [
    Code("icd10cm", f"{letter}{digit}{third}{rest}")
    for letter, digit, third, rest in product("FM", "15", "09AB", ("", ".1", ".A", ".19", ".1A", ".A1"))
] + [
    Code("icd9cm", text)
    for text in (
        "011",
        "015",
        "019",
        "011.1",
        "011.5",
        "011.15",
        "V11",
        "V15",
        "V11.5",
        "E011",
        "E015.1",
        "01.1",
        "01.15",
    )
]
TEXTS = sorted({code.code for code in UNIVERSE})


@st.composite
def patterns(draw: st.DrawFn) -> CodePattern:
    """Codes, ranges and prefixes of the universe."""
    first, last = sorted((draw(st.sampled_from(UNIVERSE)), draw(st.sampled_from(UNIVERSE))))
    match draw(st.sampled_from(("code", "range", "prefix"))):
        case "range" if (found := read_pattern(first.system, f"{first.code}-{last.code}")) is not None:
            return found
        case "prefix":
            return CodePrefix(first.system, first.code)
        case _:
            return first


def holds(pattern: CodePattern, code: Code) -> bool:
    return code == pattern if isinstance(pattern, Code) else code in pattern


def overlap(one: CodePattern, other: CodePattern) -> bool:
    return overlaps([CodeSet((one,)), CodeSet((other,))]) is not None


def shared(one: CodePattern, other: CodePattern) -> bool:
    return any(holds(one, code) and holds(other, code) for code in UNIVERSE)


@law(400)
@given(patterns(), patterns())
def test_two_patterns_overlap_if_some_code_belongs_to_both(one: CodePattern, other: CodePattern) -> None:
    assert overlap(one, other) == overlap(other, one) == shared(one, other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("M00-M99", "M17-", True),
        ("M00-M99", "M1A-", False),
        ("M17.0-M17.9", "M17-", True),
        ("M17.0-M17.9", "M17.5-", True),
        ("M17.0-M17.9", "M17.51-", False),
        ("M17.0-M17.9", "M18-", False),
        ("M17-", "M17.1-", True),
        ("M17-M19", "M19-M20", True),
        ("M17-M18", "M19-M20", False),
        ("M17", "M17", True),
        ("M17", "M18", False),
        ("M17", "M17-M18", True),
    ],
)
def test_overlaps_at_the_ends(one: str, other: str, expected: bool) -> None:
    first, second = read_pattern("icd10cm", one), read_pattern("icd10cm", other)
    assert first is not None
    assert second is not None
    assert overlap(first, second) is overlap(second, first) is expected


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        # The second span of a set reaches further than its first, or not as far.
        ([["A00-A01", "A02-A09"], ["A05"]], True),
        ([["A00-A09", "A01-A02"], ["A05"]], True),
        ([["A03-A08", "A00-A09"], ["A01"]], True),
        ([["A00-A02", "A06-A09"], ["A03-A05"]], False),
        ([["A00-A02"], ["A02-A05"]], True),
        ([["A00-A02"], ["A03-A05"]], False),
        ([["A00-A02"], ["A05"], ["A04-A06"]], True),
        ([["A00", "A00-A05", "A01-"]], False),
        ([["A01-"], ["A01.5"], []], True),
        ([["A01.5-A01.7", "A01"], ["A02-", "A01.8"]], False),
        ([["A01.5-A01.7"], ["A01-"]], True),
        ([["A01-"], ["A01.2-"]], True),
        ([["A01-", "A01.2-"], ["A02-"]], False),
        ([["9:V43-"], ["V43", "V43.1"]], False),
        ([["9:V43-"], ["9:V43.1"]], True),
        ([["9:V43-"], ["V43-"]], False),
        ([["9:V43-V45"], ["V44-"]], False),
        ([], False),
    ],
)
def test_overlaps_of_sets(sets: list[list[str]], expected: bool) -> None:
    read: list[CodeSet] = []
    for texts in sets:
        found = [read_pattern("icd9cm" if text[:2] == "9:" else "icd10cm", text.removeprefix("9:")) for text in texts]
        assert None not in found
        read.append(CodeSet(tuple(pattern for pattern in found if pattern is not None)))
    assert (overlaps(read) is not None) is expected
    assert (overlaps(reversed(read)) is not None) is expected


@law(200)
@given(st.lists(st.lists(patterns(), min_size=1, max_size=4), max_size=4))
def test_sets_of_codes_are_apart_or_two_patterns_that_share_a_code_are_named(listed: list[list[CodePattern]]) -> None:
    found = overlaps(CodeSet(tuple(each)) for each in listed)
    pairs = [
        (one, other)
        for first, second in combinations(listed, 2)
        for one, other in product(first, second)
        if shared(one, other)
    ]
    if found is None:
        assert not pairs
    else:
        assert found in pairs or found[::-1] in pairs
