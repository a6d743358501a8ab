"""A document in the house layout, the one way in which its content is written; docs/format.md tells the rules.

The layout depends on the content, the comments and the blank lines, and on nothing else of how they were written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

from policykit.writing.markup import Mapping, Scalar, Sequence, read_markup
from policykit.writing.remarks import Remark, read_items
from policykit.writing.shapes import shape_of
from policykit.writing.spelling import WIDTH, on_one_line, on_several_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.writing.markup import Markup
    from policykit.writing.remarks import Item
    from policykit.writing.shapes import Shape, Writing

_STEP: Final = 2  # spaces by which what is in a node is indented


def formatted(text: str, kind: str) -> str:
    """The document in the house layout: the same data and the same comments, written as all documents are.

    `policykit.source.read_document` must find no problem in the text; `kind` is as `policykit.checking.kind_of` names
    it. The order of keys aside, the result reads as the same data, unless it becomes longer than a document may be.
    """
    return in_layout(read_markup(text), kind)


def in_layout(markup: Markup, kind: str) -> str:
    """What `formatted` gives, for a text that has been read already."""
    top = read_items(markup)
    keys = [item.key.text for item in top.items if item.key is not None]
    shape = shape_of(kind, keys)
    _arrange(top, shape)
    writer = _Writer()
    writer.document(top, shape)
    return "".join(f"{line}\n" for line in writer.lines)


def _arrange(item: Item, shape: Shape) -> None:
    """Puts keys in their order. What then stands above the first key of an element stands above the element."""
    place = {key: number for number, key in enumerate(shape.keys)}
    item.items.sort(key=lambda each: place.get(each.key.text, len(place)) if each.key is not None else 0)
    for each in item.items:
        _arrange(each, _inner(shape, each))
    if item.key is None and item.items:
        first = item.items[0]
        item.above += first.above
        first.above, first.parted = [], False
        if first.key is None and first.items:
            item.above += _one(first.beside)
            first.beside = None


def _inner(shape: Shape, item: Item) -> Shape:
    return shape.of(None if item.key is None else item.key.text)


def _is_flow(item: Item, shape: Shape) -> bool:
    """Whether its content allows it to stand on one line, however long that is."""
    match item.node:
        case Scalar():
            return True
        case Sequence() | Mapping():
            if not item.items:
                return True
            bare = all(each.key is not None and each.key.text in shape.bare for each in item.items)
            allowed = shape.flow or bare
            return (
                allowed and not item.has_remarks() and all(_is_flow(each, _inner(shape, each)) for each in item.items)
            )
        case _:
            assert_never(item.node)


def _on_one_line(item: Item, shape: Shape, *, in_flow: bool) -> str:
    match item.node:
        case Scalar():
            return on_one_line(item.node, shape.writing, in_flow=in_flow)
        case Sequence():
            return f"[{', '.join(_on_one_line(each, _inner(shape, each), in_flow=True) for each in item.items)}]"
        case Mapping():
            parts = (
                f"{_key(each, shape.key_writing, in_flow=True)}: {_on_one_line(each, _inner(shape, each), in_flow=True)}"
                for each in item.items
            )
            return f"{{{', '.join(parts)}}}"
        case _:
            assert_never(item.node)


def _key(item: Item, writing: Writing, *, in_flow: bool) -> str:
    return on_one_line(item.key, writing, in_flow=in_flow) if item.key is not None else ""


def _without_items(item: Item, shape: Shape, head: str, indent: int) -> list[str] | None:
    """What follows the key or the dash, and the lines below that, if not each item in it has lines of its own."""
    node = item.node
    if not _is_flow(item, shape):
        return None
    line = _on_one_line(item, shape, in_flow=False)
    fits = len(head) + 1 + len(line) <= WIDTH
    if not isinstance(node, Scalar):
        return [line] if fits or not item.items else None
    if fits and "\n" not in node.text:
        return [line]
    margin = " " * (indent + _STEP)
    match on_several_lines(node, WIDTH - len(margin)):
        case None:
            return [line]
        case sign, lines:
            return [sign, *(margin + each if each else "" for each in lines)]


@dataclass(slots=True)
class _Writer:
    lines: list[str] = field(default_factory=list)
    opened: bool = True  # whether what is written next is the first in what is around it

    def document(self, top: Item, shape: Shape) -> None:
        """Writes a whole document."""
        self._remarks([*top.above, *_one(top.beside)], 0)
        if top.parted:
            self._part()
        if top.items:
            self._items(top, shape, 0)
        else:
            self._line(_on_one_line(top, shape, in_flow=False))
            self._remarks(top.below, 0)

    def _items(self, item: Item, shape: Shape, indent: int, start: str = "") -> None:
        """Writes what is in an item; `start` is what its first line begins with, where that has begun already."""
        for number, each in enumerate(item.items):
            inner = _inner(shape, each)
            key = _key(each, shape.key_writing, in_flow=False)
            head = (start if start and not number else " " * indent) + (f"{key}:" if each.key is not None else "-")
            written = _without_items(each, inner, head, indent)
            above, beside = each.above, _one(each.beside)
            if written is None and each.key is None:
                # The line of the dash is that of the first item in it.
                above, beside = [*above, *beside], []
            if number and (shape.apart or (each.key is not None and each.key.text in shape.parted)):
                self._part()
            self._remarks(above, indent)
            if each.parted:
                self._part()
            head_end = "".join(f"  {remark.text}" for remark in beside)
            if written is not None:
                self._line(f"{head} {written[0]}{head_end}")
                self.lines += written[1:]
            elif each.key is None:
                self._items(each, inner, indent + _STEP, start=f"{head} ")
            else:
                self._line(f"{head}{head_end}", opens=True)
                self._items(each, inner, indent + _STEP)
        self._remarks(item.below, indent)

    def _remarks(self, remarks: Iterable[Remark], indent: int) -> None:
        for remark in remarks:
            if remark.parted:
                self._part()
            self._line(" " * indent + remark.text)

    def _part(self) -> None:
        """Leaves a line blank, but for the first line in something."""
        if not self.opened and self.lines[-1]:
            self._line("")

    def _line(self, text: str, *, opens: bool = False) -> None:
        self.lines.append(text)
        self.opened = opens


def _one(remark: Remark | None) -> list[Remark]:
    return [] if remark is None else [remark]
