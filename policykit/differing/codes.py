"""Sets of codes by what they hold, however they are written.

Codes with letters and digits in the same positions are numbers in a mixed base, so a range of them is a span of numbers.
Only a prefix stays as it is: how many codes lie below it is not known. So a prefix is held by a prefix alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.codes import Code, CodePrefix, CodeRange
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.codes import CodePattern

_DIGIT: Final = "0"
_LETTER: Final = "A"
_BASES: Final = {_DIGIT: 10, _LETTER: 26}

# First and last of a span of codes, as numbers, both inclusive.
_Span = tuple[int, int]


@record(kw_only=False)
class Held:
    """What a list of codes holds: prefixes of which none begins with another, and the spans of codes beside them.

    Two lists hold the same codes exactly if what they hold is equal, but where codes fill up a prefix.
    """

    prefixes: frozenset[tuple[str, str]]
    spans: frozenset[tuple[str, str, tuple[_Span, ...]]]


def held(patterns: Iterable[CodePattern]) -> Held:
    """What codes, ranges and prefixes hold together."""
    stems: set[tuple[str, str]] = set()
    spans: dict[tuple[str, str], list[_Span]] = {}
    for each in patterns:
        match each:
            case CodePrefix(system=system, stem=stem):
                stems.add((system, stem))
            case Code(system=system, code=code):
                spans.setdefault((system, _form(code)), []).append((_number(code), _number(code)))
            case CodeRange(system=system, first=first, last=last):
                spans.setdefault((system, _form(first)), []).append((_number(first), _number(last)))
    prefixes = frozenset(each for each in stems if not _is_below(each, stems))
    merged = {kind: _less(_merged(each), _spans_of(prefixes, kind)) for kind, each in spans.items()}
    return Held(prefixes, frozenset((*kind, tuple(each)) for kind, each in merged.items() if each))


def less(one: Held, other: Held) -> dict[str, list[str]]:
    """The codes that one list holds and the other does not, as a document writes them."""
    found = [
        (system, f"{stem}-")
        for system, stem in one.prefixes
        if (system, stem) not in other.prefixes and not _is_below((system, stem), other.prefixes)
    ]
    theirs = {(system, form): list(spans) for system, form, spans in other.spans}
    for system, form, spans in one.spans:
        kind = (system, form)
        left = _less(_less(list(spans), theirs.get(kind, [])), _spans_of(other.prefixes, kind))
        found += [(system, _written(span, form)) for span in left]
    result: dict[str, list[str]] = {}
    for system, written in sorted(found):
        result.setdefault(system, []).append(written)
    return result


def _is_below(prefix: tuple[str, str], stems: Iterable[tuple[str, str]]) -> bool:
    """Whether another of these stems is the beginning of this one."""
    system, stem = prefix
    among = stems if isinstance(stems, (set, frozenset)) else set(stems)
    return any((system, stem[:length]) in among for length in range(1, len(stem)))


def _spans_of(prefixes: Iterable[tuple[str, str]], kind: tuple[str, str]) -> list[_Span]:
    """The spans of codes of one system and form that lie below prefixes."""
    system, form = kind
    spans: list[_Span] = []
    for owner, stem in prefixes:
        if owner == system and form.startswith(_form(stem)):
            rest = form[len(stem) :]
            spans.append((_number(stem + rest), _number(stem + rest.replace(_LETTER, "Z").replace(_DIGIT, "9"))))
    return _merged(spans)


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """The same numbers in as few spans as can be, in order."""
    result: list[_Span] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def _less(spans: list[_Span], others: list[_Span]) -> list[_Span]:
    """The numbers in the first spans and not in the second; both are merged, and so is the result."""
    result: list[_Span] = []
    at = 0
    for span in spans:
        first, last = span
        while at < len(others) and others[at][1] < first:
            at += 1
        look = at
        while first <= last and look < len(others) and others[look][0] <= last:
            if others[look][0] > first:
                result.append((first, others[look][0] - 1))
            first = max(first, others[look][1] + 1)
            look += 1
        if first <= last:
            result.append((first, last))
    return result


def _form(code: str) -> str:
    """Which positions hold letters, and which digits; a point stays."""
    return "".join(_DIGIT if sign.isdigit() else _LETTER if sign.isalpha() else sign for sign in code)


def _number(code: str) -> int:
    """The place of a code among those of its form, in order of text."""
    number = 0
    for sign in code:
        if sign.isdigit():
            number = number * 10 + int(sign)
        elif sign.isalpha():
            number = number * 26 + ord(sign) - ord("A")
    return number


def _code(number: int, form: str) -> str:
    signs: list[str] = []
    for kind in reversed(form):
        base = _BASES.get(kind)
        if base is None:
            signs.append(kind)
            continue
        number, digit = divmod(number, base)
        signs.append(str(digit) if kind == _DIGIT else chr(ord("A") + digit))
    return "".join(reversed(signs))


def _written(span: _Span, form: str) -> str:
    first, last = span
    return _code(first, form) if first == last else f"{_code(first, form)}-{_code(last, form)}"
