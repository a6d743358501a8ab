"""Lines put into the text of a document behind the last part of a list or a mapping; every other byte stays.

A comment that is indented more than the list belongs to the last part, and what is added comes after it. Other
comments, and blank lines, stay below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.writing.markup import Mapping, Markup, Sequence


@record(kw_only=False)
class Insertion:
    """A text to be added at an offset of another.

    `line` is the number of the line, from 1, that its first line becomes; `first` that of the first that is not empty.
    """

    at: int
    text: str
    line: int
    first: int

    def into(self, text: str) -> str:
        """The other text with this one in it."""
        return text[: self.at] + self.text + text[self.at :]

    @property
    def lines(self) -> int:
        """How many lines it adds."""
        return self.text.count("\n")


def behind(markup: Markup, node: Sequence | Mapping, lines: Iterable[str], *, blank: bool = False) -> Insertion:
    """Lines behind the last part of a block list or mapping, indented as its parts are; `blank` leaves one empty first.

    The lines end as those of the text do, the last one too.
    """
    text, indent = markup.text, " " * (node.column - 1)
    end = end_of_part(markup, node.end, node.column)
    ending = "\r\n" if "\r\n" in text else "\n"
    added = ["", *lines] if blank else [*lines]
    joined = ending.join(f"{indent}{line}" if line else "" for line in added)
    line = text.count("\n", 0, end) + 1
    if text[end - 1] != "\n":
        return Insertion(end, ending + joined, line + 1, line + 1 + blank)
    return Insertion(end, joined + ending, line, line + blank)


def end_of_part(markup: Markup, end: int, column: int) -> int:
    """Where a part of a list or mapping ends with its comments: the offset after the break of its last line.

    `end` is that of its node, `column` that of the parts.
    """
    at = after_line(markup.text, end)
    for comment in markup.comments:
        if comment.start < at:
            continue
        if not comment.alone or comment.column <= column or markup.text[at : comment.start].strip(" \r\n"):
            break
        at = after_line(markup.text, comment.end)
    return at


def after_line(text: str, offset: int) -> int:
    """The offset after the break of the line in which an offset lies, or the end of the text."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1
