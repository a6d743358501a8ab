"""Procedure and diagnosis codes: the systems, their shapes, and sets of codes written as codes, ranges and prefixes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# docs/format.md, section 7: what a code of each system looks like.
SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "cpt": re.compile(r"[0-9]{4}[0-9AFMTU]"),
    "hcpcs": re.compile(r"[A-V][0-9]{4}"),
    "icd10cm": re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?"),
    "icd10pcs": re.compile(r"[0-9A-HJ-NP-Z]{7}"),
    "icd9cm": re.compile(r"([0-9]{3}|V[0-9]{2})(\.[0-9]{1,2})?|E[0-9]{3}(\.[0-9])?|[0-9]{2}\.[0-9]{1,2}"),
}
SYSTEMS: Final = tuple(SHAPES)
_DESCRIBED: Final[Mapping[str, str]] = {
    "cpt": "four digits, then a digit or one of A F M T U",
    "hcpcs": "a letter A to V, then four digits",
    "icd10cm": "a letter, a digit, a letter or digit, then perhaps a point and one to four more",
    "icd10pcs": "seven letters or digits, without I and O",
    "icd9cm": "three digits, V and two, or E and three, then perhaps a point and digits; or a procedure such as 03.09",
}
_FORM: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "A" * 26 + "0" * 10)
_PREFIXED: Final = frozenset({"icd10cm", "icd9cm"})


class Code(NamedTuple):
    """A code and the system it belongs to."""

    system: str
    code: str

    def __str__(self) -> str:
        return f"{self.system} {self.code}"


@record(kw_only=False)
class CodeRange:
    """The codes of one system from `first` through `last`, in the order of their text, both inclusive.

    Only those with letters and digits in the same positions as the two ends: `0054T` is no code among `00500-00600`.
    """

    system: str
    first: str
    last: str

    def __contains__(self, code: Code) -> bool:
        return (
            code.system == self.system
            and self.first <= code.code <= self.last
            and _form(code.code) == _form(self.first)
        )

    def __str__(self) -> str:
        return f"{self.system} {self.first}-{self.last}"


@record(kw_only=False)
class CodePrefix:
    """A code of one system and all codes below it: those that begin with it."""

    system: str
    stem: str

    def __contains__(self, code: Code) -> bool:
        return code.system == self.system and code.code.startswith(self.stem)

    def __str__(self) -> str:
        return f"{self.system} {self.stem}-"


CodePattern = Code | CodeRange | CodePrefix


class Stem(NamedTuple):
    """The beginning that some codes of a system have in common: those of one form, or of any where `form` is empty.

    A code of the form is a stem that is whole.
    """

    system: str
    text: str
    form: str


@record(kw_only=False)
class CodeSet:
    """The codes that a list in a document stands for; `written` keeps the order and spelling of the list."""

    written: tuple[CodePattern, ...]
    exact: frozenset[Code] = field(init=False, repr=False, compare=False)
    broad: tuple[CodeRange | CodePrefix, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "exact", frozenset(item for item in self.written if isinstance(item, Code)))
        object.__setattr__(self, "broad", tuple(item for item in self.written if not isinstance(item, Code)))

    def __contains__(self, code: Code) -> bool:
        return code in self.exact or any(code in pattern for pattern in self.broad)

    def by_system(self) -> dict[str, list[str]]:
        """The list as a document writes it: the spelling of each code, under its system."""
        result: dict[str, list[str]] = {}
        for item in self.written:
            result.setdefault(item.system, []).append(str(item).partition(" ")[2])
        return result


def read_code(system: str, text: str) -> Code | None:
    """A single code, or None where it has not its system's shape."""
    return Code(system, text) if SHAPES[system].fullmatch(text) else None


def read_pattern(system: str, text: str) -> CodePattern | None:
    """A code, a range `64700-64727` or a prefix `F17.21-`, or None where it is none of them.

    A range needs two codes with letters and digits in the same positions, the first not above the last; a prefix, a
    system of diagnoses.
    """
    first, dash, last = text.partition("-")
    if not SHAPES[system].fullmatch(first):
        return None
    if not dash:
        return Code(system, first)
    if not last:
        return CodePrefix(system, first) if system in _PREFIXED else None
    if SHAPES[system].fullmatch(last) and _form(first) == _form(last) and first <= last:
        return CodeRange(system, first, last)
    return None


def stems_of(pattern: CodePattern) -> tuple[Stem, ...]:
    """The stems that have together the codes of a pattern, and no other; a range has a few dozen at most."""
    match pattern:
        case Code(system=system, code=code):
            return (Stem(system, code, _form(code)),)
        case CodePrefix(system=system, stem=stem):
            return (Stem(system, stem, ""),)
        case CodeRange(system=system, first=first, last=last):
            form = _form(first)
            return tuple(Stem(system, text, form) for text in _between(first, last, form))
        case _:
            assert_never(pattern)


def stems_with(code: Code) -> Iterator[Stem]:
    """Every stem that a code has, from the shortest."""
    form = _form(code.code)
    for end in range(len(code.code) + 1):
        yield Stem(code.system, code.code[:end], form)
        yield Stem(code.system, code.code[:end], "")


def _between(first: str, last: str, form: str) -> Iterator[str]:
    """The shortest beginnings of the codes of one form from `first` through `last`, in order."""
    alike = next((at for at in range(len(form)) if first[at] != last[at]), len(form))
    head, first, last, form = first[:alike], first[alike:], last[alike:], form[alike:]
    # A form, read as a code, is the first that has it.
    if first == form and last == _highest(form):
        yield head
        return
    rest = form[1:]
    starts = [""] if first[1:] == rest else _between(first[1:], _highest(rest), rest)
    yield from (f"{head}{first[0]}{each}" for each in starts)
    yield from (f"{head}{chr(sign)}" for sign in range(ord(first[0]) + 1, ord(last[0])))
    ends = [""] if last[1:] == _highest(rest) else _between(rest, last[1:], rest)
    yield from (f"{head}{last[0]}{each}" for each in ends)


def _highest(form: str) -> str:
    """The last code of a form."""
    return form.replace("A", "Z").replace("0", "9")


def _form(code: str) -> str:
    """Which positions of a code hold letters, and which digits."""
    return code.translate(_FORM)


def shape_of(system: str) -> str:
    """What a code of this system looks like, in words."""
    return _DESCRIBED[system]


def systems_of(text: str) -> tuple[str, ...]:
    """The systems of which this could be a code."""
    return tuple(system for system, shape in SHAPES.items() if shape.fullmatch(text))


def overlaps(sets: Iterable[CodeSet]) -> tuple[CodePattern, CodePattern] | None:
    """Two patterns of different sets that share a code, or None. The time grows with the patterns, not their pairs."""
    patterns = [(pattern, number) for number, codes in enumerate(sets) for pattern in codes.written]
    return _prefixes_that_overlap(patterns) or _spans_that_overlap(patterns)


def _prefixes_that_overlap(patterns: list[tuple[CodePattern, int]]) -> tuple[CodePattern, CodePattern] | None:
    """Two prefixes of which one begins with the other."""
    seen: dict[tuple[str, str], tuple[CodePattern, int]] = {}
    for pattern, number in sorted((each for each in patterns if isinstance(each[0], CodePrefix)), key=_by_text):
        assert isinstance(pattern, CodePrefix)  # noqa: S101  # those only
        for end in range(1, len(pattern.stem) + 1):
            other = seen.get((pattern.system, pattern.stem[:end]))
            if other is not None and other[1] != number:
                return other[0], pattern
        seen.setdefault((pattern.system, pattern.stem), (pattern, number))
    return None


def _spans_that_overlap(patterns: list[tuple[CodePattern, int]]) -> tuple[CodePattern, CodePattern] | None:
    """Two patterns of which neither or one is a prefix: among codes of one form, each is a span of text."""
    forms: dict[tuple[str, str], list[tuple[str, str, int, CodePattern]]] = {}
    prefixes: list[tuple[CodePrefix, int]] = []
    for pattern, number in patterns:
        match pattern:
            case Code(system=system, code=code):
                forms.setdefault((system, _form(code)), []).append((code, code, number, pattern))
            case CodeRange(system=system, first=first, last=last):
                forms.setdefault((system, _form(first)), []).append((first, last, number, pattern))
            case CodePrefix():
                prefixes.append((pattern, number))
    for (system, form), spans in forms.items():
        for prefix, number in prefixes:
            if prefix.system == system and form.startswith(_form(prefix.stem)):
                rest = form[len(prefix.stem) :]
                spans.append((prefix.stem + rest, prefix.stem + _highest(rest), number, prefix))
        if found := _meeting(spans):
            return found
    return None


def _meeting(spans: list[tuple[str, str, int, CodePattern]]) -> tuple[CodePattern, CodePattern] | None:
    """Two spans of different sets that meet. Read in order, only those that reach furthest matter: of two sets."""
    reaching: dict[int, tuple[str, CodePattern]] = {}
    for first, last, number, pattern in sorted(spans, key=lambda span: (span[0], span[1])):
        for other, (end, earlier) in reaching.items():
            if other != number and end >= first:
                return earlier, pattern
        if number not in reaching or reaching[number][0] < last:
            reaching[number] = (last, pattern)
        reaching = {each: reach for each, reach in reaching.items() if reach[0] >= first}
    return None


def _by_text(pattern: tuple[CodePattern, int]) -> tuple[str, str]:
    return pattern[0].system, str(pattern[0])
