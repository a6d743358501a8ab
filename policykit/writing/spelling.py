"""How a single value is written: plain, in double quotes, or over several lines, always so that it reads as the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from policykit.source import reads_as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.writing.markup import Scalar
    from policykit.writing.shapes import Writing

WIDTH: Final = 120  # characters of a line, without the comment at its end

# What a plain text may not begin with, hold, or end with; what it may not hold between brackets, besides.
_SIGN: Final = re.compile(r"[,\[\]{}#&*!|>'\"%@`]|[-?:](?: |\Z)|---|\.\.\.")
_INSIDE: Final = re.compile(r": |:\Z| #|\n|\r")
_IN_FLOW: Final = re.compile(r"[,\[\]{}:]")
_NOT_IN_SINGLE: Final = re.compile(r"['\n\r]")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
# A text without a letter looks like a number, unless it is a date or part of one.
_LOOKS_RIGHT: Final = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?|.*[^\W\d_].*", re.DOTALL)
# A space at which a line can be broken, and be read as one again.
_BREAK: Final = re.compile(r"(?<=[^ ]) (?=[^ ])")


def on_one_line(scalar: Scalar, writing: Writing, *, in_flow: bool) -> str:
    """A scalar as it stands on one line; nothing at all is written as `null`."""
    text = scalar.text
    if scalar.style == "plain" and not reads_as_text(text):
        return text or "null"
    wanted = writing == "code" or (writing == "value" and text != text.lower())
    return _quoted(text) if wanted or not _is_plain(text, in_flow=in_flow) else text


def on_several_lines(scalar: Scalar, room: int) -> tuple[str, list[str]] | None:
    """The sign of a folded or literal scalar and its lines without indentation, where it can be one.

    A text of several lines is literal if they all fit into the room. Otherwise it is folded, and then an empty line
    stands for a line break.
    """
    text = scalar.text
    if scalar.style == "plain" and not reads_as_text(text):
        return None
    body, chomp = (text[:-1], "") if text.endswith("\n") else (text, "-")
    lines = body.split("\n")
    if not body or "\r" in text or any(line != line.strip(" ") for line in lines) or not (lines[0] and lines[-1]):
        return None
    if len(lines) > 1 and all(len(line) <= room for line in lines):
        return f"|{chomp}", lines
    folded = [part for line in lines for part in (*_filled(line, room), "")][:-1]
    return None if len(folded) == 1 and len(body) > room else (f">{chomp}", folded)


def _is_plain(text: str, *, in_flow: bool) -> bool:
    return (
        reads_as_text(text)
        and text == text.strip(" ")
        and _LOOKS_RIGHT.fullmatch(text) is not None
        and not _SIGN.match(text)
        and not _INSIDE.search(text)
        and not (in_flow and _IN_FLOW.search(text))
    )


def _quoted(text: str) -> str:
    if '"' in text and not _NOT_IN_SINGLE.search(text):
        return f"'{text}'"
    return f'"{text.translate(_ESCAPES)}"'


def _filled(line: str, room: int) -> Iterator[str]:
    """A line, broken where it would be longer than the room."""
    filled = ""
    for word in _BREAK.split(line):
        if filled and len(filled) + 1 + len(word) > room:
            yield filled
            filled = word
        else:
            filled = f"{filled} {word}" if filled else word
    if filled:
        yield filled
