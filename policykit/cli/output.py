"""Where answers go: standard output and standard error, as they are."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TextIO

import policykit
from policykit.cli.text import ASCII, Marks, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WIDTH: Final = 80
_WIDEST: Final = 100  # longer lines are hard to read
_NARROWEST: Final = 40  # in shorter ones there is no room for a tree


def page() -> Page:
    """What can be written on standard output."""
    stream = sys.stdout
    terminal = stream.isatty()
    return Page(
        width=max(min(_columns(), _WIDEST), _NARROWEST) if terminal else _WIDTH,
        marks=Marks() if _can_show(stream, "".join(_all_marks())) else ASCII,
        colours=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
    )


def write(lines: Iterable[str]) -> None:
    """Lines on standard output; a character that it cannot show becomes a question mark."""
    _write(sys.stdout, "".join(f"{line}\n" for line in lines))


def write_error(lines: Iterable[str]) -> None:
    """Lines on standard error."""
    _write(sys.stderr, "".join(f"{line}\n" for line in lines))


def write_document(answer: Any) -> None:
    """An answer in JSON on standard output."""
    readable = _can_show(sys.stdout, "é✓")
    _write(sys.stdout, json.dumps(policykit.as_document(answer), indent=2, ensure_ascii=not readable) + "\n")


def progress() -> Callable[[str], None]:
    """Tells what is being looked at, on standard error, if somebody sits there."""
    if not sys.stderr.isatty():
        return lambda _name: None
    width = _columns() - 1

    def tell(name: str) -> None:
        _write(sys.stderr, f"\r\x1b[K{name[:width]}")
        sys.stderr.flush()

    return tell


def clear_progress() -> None:
    """Takes away what `progress` told last."""
    if sys.stderr.isatty():
        _write(sys.stderr, "\r\x1b[K")


def _columns() -> int:
    """How wide the terminal is, or is to be taken to be."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size().columns or _WIDTH
    except OSError:
        return _WIDTH


def _all_marks() -> Iterable[str]:
    marks = Marks()
    return (getattr(marks, each.name) for each in fields(marks))


def _can_show(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "ascii"
    stream.write(text.encode(encoding, "replace").decode(encoding))
