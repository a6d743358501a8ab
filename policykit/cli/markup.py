"""HTML and SVG put together so that no text can be taken for a tag. Every document is well-formed XML, too."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_EMPTY: Final = frozenset({"meta", "path", "rect"})
# What steers a terminal, an editor or the order of letters is shown and not obeyed.
_SHOWN: Final = {
    **{sign: 0x2400 + sign for sign in range(0x20)},
    0x7F: 0x2421,
    **dict.fromkeys(
        [*range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)], 0xFFFD
    ),
    **dict.fromkeys([*range(0xD800, 0xE000), 0xFFFE, 0xFFFF, 0xFEFF], 0xFFFD),
}


class Markup(str):
    """Text in which tags are tags."""

    __slots__ = ()


def element(name: str, /, *content: str | Iterable[str], **attributes: str | float | None) -> Markup:
    """An element with what is in it; only `Markup` goes in as it is.

    Of the names of attributes, an underscore at the end is left out, and others become hyphens. One whose value is None
    is left out.
    """
    told = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{_text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Markup(f"<{name}{told}/>")
    return Markup(f"<{name}{told}>{joined(*content)}</{name}>")


def joined(*content: str | Iterable[str]) -> Markup:
    """Parts one after the other."""
    parts = (part for each in content for part in ((each,) if isinstance(each, str) else each))
    return Markup("".join(part if isinstance(part, Markup) else _text(part) for part in parts))


def _text(text: str) -> str:
    return escape(text.translate(_SHOWN))
