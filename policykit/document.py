"""A document as plain data together with the place of every key and value in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from policykit.problems import Location, Problem
from policykit.records import field, record

# The place of a node: [line, column] of a scalar; of a sequence, also its elements' places; of a mapping, also
# {key: [line, column of the key, place of its value]}. Lists, so that they travel through JSON as they are.
Place = list[Any]

_WORD: Final = re.compile(r"[a-z][a-z0-9_.-]{0,60}", re.ASCII)
_LINE: Final = 0
_COLUMN: Final = 1
_INSIDE: Final = 2


@record
class Document:
    """What one file holds. `name` is the file as messages show it, `digest` the SHA-256 of its bytes.

    `data` consists of dict, list, str, int, float, bool and None; `place` mirrors it, or is None where the data came
    from a program and not from a file.
    """

    name: str
    data: Any
    place: Place | None = field(default=None, repr=False, compare=False)
    digest: str = ""

    @property
    def root(self) -> Node:
        """The whole of the document as a node."""
        return Node(self.data, self.place, self.name)


class Node:
    """A value within a document, which knows its place. A wrong kind of value has no parts, rather than failing."""

    __slots__ = ("_file", "_key_place", "_place", "_steps", "value")

    def __init__(
        self,
        value: Any,
        place: Place | None,
        file: str,
        steps: tuple[str | int, ...] = (),
        key_place: tuple[int, int] | None = None,
    ) -> None:
        self.value = value
        self._place = place
        self._file = file
        self._steps = steps
        self._key_place = key_place

    @property
    def where(self) -> Location:
        """The place of the value."""
        line, column = (self._place[_LINE], self._place[_COLUMN]) if self._place is not None else (0, 0)
        return Location(file=self._file, line=line, column=column, path=self.path)

    @property
    def key_where(self) -> Location:
        """The place of the key that the value stands under; of the value itself where it has none."""
        if self._key_place is None:
            return self.where
        line, column = self._key_place
        return Location(file=self._file, line=line, column=column, path=self.path)

    @property
    def path(self) -> str:
        """The keys and positions that lead here from the top, such as `history.0.services`.

        A key that is not a plain word is shown as `?`: in a case it may be anything, a patient's name among it.
        """
        return ".".join(str(step) if isinstance(step, int) or _WORD.fullmatch(step) else "?" for step in self._steps)

    @property
    def text(self) -> str | None:
        """The value where it is text, otherwise None."""
        return self.value if isinstance(self.value, str) else None

    def get(self, key: str) -> Node | None:
        """The value under a key, or None where there is none or it is null."""
        if not isinstance(self.value, Mapping) or self.value.get(key) is None:
            return None
        return self.child(key)

    def items(self) -> Iterator[tuple[str, Node]]:
        """The keys that are text, each with its value; nothing where this is no mapping."""
        if isinstance(self.value, Mapping):
            for key in self.value:
                if isinstance(key, str):
                    yield key, self.child(key)

    def elements(self) -> list[Node]:
        """The elements of a list; nothing where this is none."""
        if not isinstance(self.value, list | tuple | set | frozenset):
            return []
        return [self._element(index, value) for index, value in enumerate(self.value)]

    def child(self, key: str) -> Node:
        """The value under a key, null or not. Raises `KeyError` where there is none."""
        steps = (*self._steps, key)
        if self._place is None:
            return Node(self.value[key], None, self._file, steps)
        line, column, place = self._place[_INSIDE][key]
        return Node(self.value[key], place, self._file, steps, (line, column))

    def at(self, path: Sequence[str | int]) -> Node:
        """The node to which a path of keys and positions leads."""
        node = self
        for step in path:
            node = node.child(step) if isinstance(step, str) else node._element(step, node.value[step])  # its own
        return node

    def problem(self, rule: str, message: str, advice: str | None = None, *, at_key: bool = False) -> Problem:
        """A fault of this value, or of the key that it stands under."""
        where = self.key_where if at_key else self.where
        return Problem(rule=rule, message=message, where=where, help=advice)

    def _element(self, index: int, value: Any) -> Node:
        place = self._place[_INSIDE][index] if self._place is not None else None
        return Node(value, place, self._file, (*self._steps, index))
