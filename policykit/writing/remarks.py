"""Comments and blank lines with what they belong to, so that they stay with it when it is moved or written anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, assert_never

from policykit.records import record
from policykit.writing.markup import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from policykit.writing.markup import Comment, Markup, Node


@record(kw_only=False)
class Remark:
    """A comment, and whether the line above it is blank."""

    text: str
    parted: bool


@dataclass(slots=True)
class Item:
    """A node with its key, if it has one, and the items in it.

    `above` are the comments on lines of their own that go with it, `beside` is the comment at the end of its line, or
    of the line of its key; `below` are those after the last of its items. `parted` says that the line above it is
    blank, which in the first of several items means something only below a comment.
    """

    node: Node
    key: Scalar | None = None
    items: list[Item] = field(default_factory=list)
    above: list[Remark] = field(default_factory=list)
    beside: Remark | None = None
    below: list[Remark] = field(default_factory=list)
    parted: bool = False

    def has_remarks(self) -> bool:
        """Whether there are comments in it."""
        return bool(self.below) or any(
            item.above or item.beside is not None or item.has_remarks() for item in self.items
        )


# Where an item begins, its key, and its node.
_Child: TypeAlias = "tuple[int, Scalar | None, Node]"


def read_items(markup: Markup) -> Item:
    """The node at the top with everything in it. What stands above its first item stands above it as a whole."""
    reader = _Reader(markup.text, markup.comments)
    top = Item(node=markup.root)
    reader.fill(top, len(markup.text), outer=0)
    top.below += reader.taken(len(markup.text))
    children = _children(top.node)
    top.parted = bool(children and top.above) and reader.is_parted(children[0][0])
    return top


@dataclass(slots=True)
class _Reader:
    text: str
    comments: tuple[Comment, ...]
    position: int = 0  # of the first comment that has no place yet

    def fill(self, item: Item, following: int, *, outer: int) -> None:
        """Reads what is in an item. `following` is where the next one begins, after it or after what it is the last of;
        `outer` the column of the block around its own, 0 at the top.
        """
        node, children = item.node, _children(item.node)
        if not children:
            self._close(item)
            return
        above = self._open(item, children[0][0])
        for number, (start, key, value) in enumerate(children):
            child = Item(node=value, key=key, above=above if number == 0 else self.taken(start))
            child.parted = (number > 0 or bool(child.above)) and self.is_parted(start)
            after = children[number + 1][0] if number + 1 < len(children) else following
            self.fill(child, after, outer=node.column)
            item.items.append(child)
        if not isinstance(node, Scalar) and node.flow:
            item.below = self.taken(node.end)
            self._close(item)
        else:
            item.below = self._indented(outer, following)

    def _open(self, item: Item, start: int) -> list[Remark]:
        """The comments before the first item in it, which it begins with, unless they are its own."""
        if item.key is None:
            item.above += self.taken(start)
            return []
        if (first := self._next(start)) is not None and not first.alone:
            item.beside = self._take()
        return self.taken(start)

    def _close(self, item: Item) -> None:
        """Takes the comments in a scalar, and the one at its end, or at the bracket that ends a node.

        A line has one end: of several comments, only the last can stay there.
        """
        found: list[Remark] = [] if item.beside is None else [item.beside]
        is_at_end = bool(found)
        while (comment := self._next(item.node.end)) is not None:
            is_at_end = not comment.alone
            found.append(self._take())
        comment = self._next(len(self.text))
        if comment is not None and not self.text[item.node.end : comment.start].strip(" ,"):
            is_at_end = True
            found.append(self._take())
        item.beside = found.pop() if is_at_end else None
        item.above += found

    def _indented(self, beyond: int, end: int) -> list[Remark]:
        """The comments at the end of a block that are indented deeper than what stands around it."""
        found: list[Remark] = []
        while (comment := self._next(end)) is not None:
            if not comment.alone or comment.column <= beyond:
                break
            found.append(self._take())
        return found

    def _next(self, end: int) -> Comment | None:
        if self.position < len(self.comments) and self.comments[self.position].start < end:
            return self.comments[self.position]
        return None

    def _take(self) -> Remark:
        comment = self.comments[self.position]
        self.position += 1
        return Remark(comment.text, self.is_parted(comment.start))

    def taken(self, end: int) -> list[Remark]:
        """All comments up to an offset that have no place yet."""
        found: list[Remark] = []
        while self._next(end) is not None:
            found.append(self._take())
        return found

    def is_parted(self, offset: int) -> bool:
        """Whether something begins a line, and the line above is blank."""
        start = self.text.rfind("\n", 0, offset) + 1
        if not start or self.text[start:offset].strip(" "):
            return False
        above = self.text.rfind("\n", 0, start - 1) + 1
        return not self.text[above : start - 1].strip(" \r")


def _children(node: Node) -> list[_Child]:
    match node:
        case Mapping(pairs=pairs):
            return [(pair.key.start, pair.key, pair.value) for pair in pairs]
        case Sequence(elements=elements):
            return [(element.start, None, element.node) for element in elements]
        case Scalar():
            return []
        case _:
            assert_never(node)
