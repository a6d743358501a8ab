"""Services copied out of a history as they stand, comments and layout and all, for an entry that is to be edited."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from policykit.records import record
from policykit.writing.insertion import after_line, end_of_part
from policykit.writing.markup import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.problems import Location
    from policykit.writing.markup import Markup, Node

_INDENT: Final = 2  # of the services below their key, where those that are copied have none of their own


@record(kw_only=False)
class _Found:
    """A service in the text: its place in the list in which it stands, and that list, under its key in an entry."""

    entry: Mapping
    key: Scalar
    services: Sequence
    number: int

    @property
    def node(self) -> Node:
        return self.services.elements[self.number].node


def copied_services(markup: Markup, history: Sequence, places: Iterable[Location]) -> list[str]:
    """The lines of a key `services` whose list holds the services that begin at these places, in this order.

    The lines are indented from the key on. An `id` that an earlier one of them has already gets a number.
    """
    found = {(each.node.line, each.node.column): each for each in _services(history)}
    wanted = [found[place.line, place.column] for place in places]
    own = next((each.services.column - each.entry.column for each in wanted if not each.services.flow), _INDENT)
    lines = ["services:"]
    taken: set[str] = set()
    for each in wanted:
        edits = _renamed(each.node, taken)
        part = _flow_lines(markup, each, edits) if each.services.flow else _block_lines(markup, each, edits)
        lines += [f"{' ' * own}{line}" if line else "" for line in part]
    return lines


def _services(history: Sequence) -> Iterator[_Found]:
    for element in history.elements:
        if isinstance(element.node, Mapping):
            pair = element.node.pair("services")
            if pair is not None and isinstance(pair.value, Sequence):
                for number in range(len(pair.value.elements)):
                    yield _Found(element.node, pair.key, pair.value, number)


def _block_lines(markup: Markup, found: _Found, edits: list[tuple[Scalar, str]]) -> list[str]:
    """The lines of a service of a block list, with the comments above it and those that are indented more below it."""
    column, elements = found.services.column, found.services.elements
    start = (
        end_of_part(markup, elements[found.number - 1].node.end, column)
        if found.number
        else after_line(markup.text, found.key.end)
    )
    return _outdented(_edited(markup.text, start, end_of_part(markup, found.node.end, column), edits), column - 1)


def _flow_lines(markup: Markup, found: _Found, edits: list[tuple[Scalar, str]]) -> list[str]:
    """The lines of a service of a list in brackets, as a part of a block list."""
    node = found.node
    first, *others = _edited(markup.text, node.start, node.end, edits).split("\n")
    return [
        f"- {first}".rstrip(" \r"),
        *(f"  {line}" if line else "" for line in _outdented_lines(others, node.column - 1)),
    ]


def _outdented(text: str, columns: int) -> list[str]:
    return _outdented_lines(text.removesuffix("\n").split("\n"), columns)


def _outdented_lines(lines: Iterable[str], columns: int) -> list[str]:
    """The lines further to the left by so many columns, or as far as there is room."""
    result: list[str] = []
    for line in lines:
        bare = line.removesuffix("\r")
        result.append(bare[min(columns, len(bare) - len(bare.lstrip(" "))) :])
    return result


def _edited(text: str, start: int, end: int, edits: list[tuple[Scalar, str]]) -> str:
    parts: list[str] = []
    for scalar, other in edits:
        parts += [text[start : scalar.start], other]
        start = scalar.end
    return "".join((*parts, text[start:end]))


def _renamed(node: Node, taken: set[str]) -> list[tuple[Scalar, str]]:
    """The ids within a service that are taken, in their order, each with another; those within it are taken now."""
    edits: list[tuple[Scalar, str]] = []
    own = [*_ids(node)]
    names = {each.text for each in own}
    for each in own:
        if each.text in taken:
            numbered = (f"{each.text}-{number}" for number in count(2))
            other = next(name for name in numbered if name not in taken and name not in names)
            edits.append((each, other))
            names.add(other)
    taken.update(names)
    return edits


def _ids(node: Node) -> Iterator[Scalar]:
    match node:
        case Mapping(pairs=pairs):
            for pair in pairs:
                if pair.key.text == "id" and isinstance(pair.value, Scalar):
                    yield pair.value
                else:
                    yield from _ids(pair.value)
        case Sequence(elements=elements):
            for element in elements:
                yield from _ids(element.node)
        case Scalar():
            return
