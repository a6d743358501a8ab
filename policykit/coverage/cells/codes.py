"""Codes, and sets of them, that criteria can tell apart."""

from __future__ import annotations

from string import ascii_uppercase, digits
from typing import TYPE_CHECKING, Final

from policykit.codes import SYSTEMS, Code, CodePrefix, CodeRange, CodeSet, read_code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from policykit.codes import CodePattern

_TRIED: Final = 80  # neighbours that may be no codes of their system, one after the other
_COMBINED: Final = 1024  # sets that are told apart
_LIKELY: Final = ("99213", "99499", "G0008", "Z00.00", "M54.50", "0DTJ4ZZ", "V70.0", "001.0")


def codes_beside(patterns: Sequence[CodePattern]) -> Iterator[Code]:
    """A code of every region into which patterns divide all codes: what is listed, then the first beyond each."""
    forms = [*dict.fromkeys(text for pattern in patterns for text in _spellings(pattern))]
    edges = [edge for pattern in patterns for edge in _edges(pattern, forms)]
    yield from (Code(system, first) for system, first, _ in edges if read_code(system, first))
    for system, _, last in edges:
        if (after := _next(system, last)) is not None:
            yield after
    yield from (Code(system, text) for text in _LIKELY for system in SYSTEMS if read_code(system, text))


def sets_of_codes(
    any_of: Collection[CodeSet], all_of: Collection[CodeSet], given: Sequence[Code]
) -> tuple[tuple[frozenset[Code], ...], bool]:
    """The sets of codes that lists asked for in part (`any_of`) or in full (`all_of`) tell apart, smallest first.

    Also whether none was left out.
    """
    tests = [*any_of, *(CodeSet((pattern,)) for codes in all_of for pattern in codes.written)]
    # Which tests a set of codes meets: those that any of its codes meets.
    found: dict[int, frozenset[Code]] = {0: frozenset()}
    for code in given:
        met = sum(1 << position for position, codes in enumerate(tests) if code in codes)
        for bits, chosen in [*found.items()]:
            together = bits | met
            if together not in found or len(chosen) + 1 < len(found[together]):
                found[together] = chosen | {code}
        if len(found) > _COMBINED:
            return _smallest_first(found.values()), False
    return _smallest_first(found.values()), True


def _smallest_first(sets: Collection[frozenset[Code]]) -> tuple[frozenset[Code], ...]:
    return tuple(sorted(sets, key=len))


def _spellings(pattern: CodePattern) -> Iterator[str]:
    """Codes that have the forms which may matter beside a pattern."""
    match pattern:
        case CodePrefix(stem=stem):
            yield stem
            yield f"{stem}.0" if "." not in stem else f"{stem}0"
        case CodeRange(first=first):
            yield first
        case Code(code=code):
            yield code


def _edges(pattern: CodePattern, forms: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """The first and the last code of a pattern; of a prefix, among the codes of every form."""
    match pattern:
        case CodePrefix(system=system, stem=stem):
            for form in forms:
                if len(form) >= len(stem) and _shape(form[: len(stem)]) == _shape(stem):
                    rest = _shape(form[len(stem) :])
                    yield system, stem + rest, stem + rest.replace("A", "Z").replace("0", "9")
        case CodeRange(system=system, first=first, last=last):
            yield system, first, last
        case Code(system=system, code=code):
            yield system, code, code


def _next(system: str, text: str) -> Code | None:
    """The code that follows among those with letters and digits in the same positions."""
    for _ in range(_TRIED):
        following = _after(text)
        if following is None:
            return None
        text = following
        if (code := read_code(system, text)) is not None:
            return code
    return None


def _after(text: str) -> str | None:
    for position in range(len(text) - 1, -1, -1):
        order = digits if text[position].isdigit() else ascii_uppercase if text[position].isalpha() else ""
        at = order.find(text[position])
        if 0 <= at < len(order) - 1:
            return text[:position] + order[at + 1] + _shape(text[position + 1 :])
    return None


def _shape(text: str) -> str:
    """The first of all codes with letters and digits in the same positions."""
    return "".join("0" if each.isdigit() else "A" if each.isalpha() else each for each in text)
