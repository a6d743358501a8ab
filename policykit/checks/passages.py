"""The passages of a policy document that rules look at, as they are written, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.document import Document, Node
    from policykit.problems import Location

# The keys of a criterion under which its parts stand.
PARTS: Final = ("all", "any", "none", "of")


def definitions(document: Document) -> Iterator[tuple[str, Node]]:
    """The criteria that are named at the top, with their names."""
    named = document.root.get("criteria")
    if named is not None:
        yield from named.items()


def entries(document: Document) -> list[Node]:
    """The entries of the history."""
    return _elements(document.root, "history")


def services(document: Document) -> Iterator[Node]:
    """The services that are written out, or named to be carried over."""
    for entry in entries(document):
        yield from _elements(entry, "services")


def statements(document: Document) -> Iterator[Node]:
    """The coverage statements."""
    for service in services(document):
        yield from _elements(service, "coverage")


def criteria(document: Document) -> Iterator[Node]:
    """Every criterion, each before its parts: those that are named at the top first."""
    for _, node in definitions(document):
        yield from _within(node)
    for statement in statements(document):
        if (when := statement.get("when")) is not None:
            yield from _within(when)


def parts(criterion: Node) -> list[Node]:
    """The parts of a criterion; none of a comparison, or of one that uses another."""
    return [part for key in PARTS for part in _elements(criterion, key)]


def node_at(document: Document, where: Location) -> Node:
    """What stands at a place within the history, which typed records remember."""
    return document.root.at([int(step) if step.isdecimal() else step for step in where.path.split(".")])


def told(where: Location) -> str:
    """Another place of the same document, as a message names it."""
    return f"line {where.line}" if where.line else f"`{where.path}`"


def _within(criterion: Node) -> Iterator[Node]:
    pending = [criterion]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(parts(current)))


def _elements(node: Node, key: str) -> list[Node]:
    listed = node.get(key)
    return listed.elements() if listed is not None else []
