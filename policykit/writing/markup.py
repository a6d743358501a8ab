"""The text of a sound document as a tree that keeps its spelling: where every node and every comment stands.

`policykit.source` says what a document means; this says how it is written, for those who write into it. Offsets count
the characters of the text from 0, and an end is the offset after the last character. Lines and columns count from 1.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

Style = Literal["plain", "single", "double", "folded", "literal"]

_STYLES: Final[dict[str | None, Style]] = {"'": "single", '"': "double", ">": "folded", "|": "literal"}
_COMMENT: Final = re.compile(r"#[^\n]*")
_HEADER: Final = re.compile(r"[|>][-+0-9]*")
# What may stand between a key and its colon, or before a dash.
_SPACE: Final = re.compile(r"(?:[ \r\n]+|#[^\n]*)*")


@record
class Comment:
    """A comment, from its `#` to the last character of the line that is no space.

    `alone` says that nothing but spaces stands before it on its line.
    """

    text: str
    start: int
    end: int
    line: int
    column: int
    alone: bool


@record
class Scalar:
    """A single value or a key. `text` is what it reads as, without quotes, folds or escapes.

    A value that is not written at all (`key:`) is an empty plain scalar; it stands right after its colon or dash. A
    folded or literal one begins with its sign and ends with its last line, before the line break.
    """

    text: str
    style: Style
    start: int
    end: int
    line: int
    column: int


@record
class Element:
    """One node of a sequence. `start` is that of its dash in a block sequence, otherwise that of the node."""

    node: Node
    start: int


@record
class Sequence:
    """A list. A flow one begins and ends with its brackets, a block one with its first dash and its last element."""

    elements: tuple[Element, ...]
    flow: bool
    start: int
    end: int
    line: int
    column: int


@record
class Pair:
    """A key of a mapping, and what stands under it."""

    key: Scalar
    value: Node


@record
class Mapping:
    """A mapping. A flow one begins and ends with its braces, a block one with its first key and its last value."""

    pairs: tuple[Pair, ...]
    flow: bool
    start: int
    end: int
    line: int
    column: int

    def pair(self, key: str) -> Pair | None:
        """The pair with this key, if there is one."""
        return next((pair for pair in self.pairs if pair.key.text == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


@record
class Markup:
    """A text, the node at its top, and its comments in their order. No comment lies in a scalar's text."""

    text: str
    root: Node
    comments: tuple[Comment, ...]


def read_markup(text: str) -> Markup:
    """The tree of a text in which `policykit.source.read_document` found no problem; of any other, nothing is promised.

    A comment on the line of the sign of a folded or literal scalar lies between the `start` and the `end` of that
    scalar. Every other comment lies outside of all scalars.
    """
    events = iter(YAML(typ="safe", pure=True).parse(text))
    reader = _Reader(text, [0, *(found.end() for found in re.finditer("\n", text))])
    for event in events:
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
            root = reader.node(events, event)
            return Markup(text=text, root=root, comments=tuple(reader.comments()))
    raise ValueError("there is nothing in this text")


@dataclass(slots=True)
class _Reader:
    text: str
    lines: list[int]  # where each begins
    scalars: list[Scalar] = field(default_factory=list)

    def node(self, events: Iterator[Any], event: Any) -> Node:
        """The node that begins with an event; whatever is in it is taken from the events."""
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, event)
        return self._mapping(events, event)

    def _scalar(self, event: ScalarEvent, *, empty_at: int | None = None) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        style = _STYLES.get(event.style, "plain")
        if style in {"folded", "literal"}:
            end = self._end_of_block(start, end, event.value)
        elif style == "plain" and not event.value:
            start = end = start if empty_at is None else empty_at
        line, column = self._place(start)
        scalar = Scalar(text=event.value, style=style, start=start, end=end, line=line, column=column)
        self.scalars.append(scalar)
        return scalar

    def _end_of_block(self, start: int, end: int, value: str) -> int:
        """The end of its last line. Lines that are empty belong to it only where the text does not read on without."""
        lines = self.text[start:end].split("\n")
        header = _HEADER.match(lines[0])
        keeps = (header is not None and "+" in header[0]) or value.rstrip("\n").endswith(" ")
        if not lines[-1]:
            lines.pop()
        while not keeps and not lines[-1].strip(" \r"):
            lines.pop()
        return start + len("\n".join(lines).removesuffix("\r"))

    def _sequence(self, events: Iterator[Any], opening: SequenceStartEvent) -> Sequence:
        start, flow = opening.start_mark.index, bool(opening.flow_style)
        elements: list[Element] = []
        end = start
        for event in events:
            if isinstance(event, SequenceEndEvent):
                end = event.end_mark.index if flow else end
                break
            dash = self._after_space(end)
            node = (
                self._scalar(event, empty_at=dash + 1) if isinstance(event, ScalarEvent) else self.node(events, event)
            )
            elements.append(Element(node=node, start=node.start if flow else dash))
            end = node.end
        line, column = self._place(start)
        return Sequence(elements=tuple(elements), flow=flow, start=start, end=end, line=line, column=column)

    def _mapping(self, events: Iterator[Any], opening: MappingStartEvent) -> Mapping:
        start, flow = opening.start_mark.index, bool(opening.flow_style)
        # A single pair in a flow sequence needs no braces.
        braced = self.text[start : start + 1] == "{"
        pairs: list[Pair] = []
        end = start
        for event in events:
            if isinstance(event, MappingEndEvent):
                end = event.end_mark.index if braced else end
                break
            key = self._scalar(event, empty_at=end)
            following = next(events)
            colon = self._after_space(key.end)
            empty_at = colon + 1 if self.text[colon : colon + 1] == ":" else key.end
            value = (
                self._scalar(following, empty_at=empty_at)
                if isinstance(following, ScalarEvent)
                else self.node(events, following)
            )
            pairs.append(Pair(key=key, value=value))
            end = value.end
        line, column = self._place(start)
        return Mapping(pairs=tuple(pairs), flow=flow, start=start, end=end, line=line, column=column)

    def _after_space(self, offset: int) -> int:
        found = _SPACE.match(self.text, offset)
        return found.end() if found is not None else offset

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.lines, offset)
        return line, offset - self.lines[line - 1] + 1

    def comments(self) -> Iterator[Comment]:
        """Those between the scalars, and those beside the signs of folded and literal ones."""
        edges = [0, *(edge for scalar in self.scalars for edge in (scalar.start, scalar.end)), len(self.text)]
        for number, (start, end) in enumerate(pairwise(edges)):
            if number % 2 == 0:
                yield from map(self._comment, _COMMENT.finditer(self.text, start, end))
            elif self.scalars[number // 2].style in {"folded", "literal"}:
                yield from map(self._comment, _COMMENT.finditer(self.text, start, self._end_of_line(start, end)))

    def _end_of_line(self, offset: int, at_most: int) -> int:
        """Where the line of an offset ends, before its line break."""
        found = self.text.find("\n", offset, at_most)
        return at_most if found < 0 else found

    def _comment(self, found: re.Match[str]) -> Comment:
        text = found[0].rstrip(" \r")
        line, column = self._place(found.start())
        before = self.text[self.lines[line - 1] : found.start()]
        return Comment(
            text=text,
            start=found.start(),
            end=found.start() + len(text),
            line=line,
            column=column,
            alone=not before.strip(" "),
        )
