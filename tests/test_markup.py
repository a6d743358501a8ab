from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from examples import law
from hypothesis import given
from samples import VOCABULARY
from spelled import Spelling, plainly, spellings, trees

from policykit.shipped import POLICIES
from policykit.source import read_document
from policykit.writing.markup import Mapping, Scalar, Sequence, read_markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policykit.document import Place
    from policykit.writing.markup import Markup, Node

SHIPPED = sorted(POLICIES.rglob("*.yaml"))


def nodes(node: Node) -> Iterator[Node]:
    """A node and every node in it, keys among them, in order of the text."""
    yield node
    match node:
        case Mapping(pairs=pairs):
            for pair in pairs:
                yield pair.key
                yield from nodes(pair.value)
        case Sequence(elements=elements):
            for element in elements:
                yield from nodes(element.node)


def data_of(node: Node) -> Any:
    """The data that a tree stands for, every scalar as text."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(elements=elements):
            return [data_of(element.node) for element in elements]
        case Mapping(pairs=pairs):
            return {pair.key.text: data_of(pair.value) for pair in pairs}


def as_texts(data: Any) -> Any:
    """Data with every scalar as it may be written."""
    match data:
        case dict():
            return {key: as_texts(value) for key, value in data.items()}
        case list():
            return [as_texts(value) for value in data]
        case None:
            return {"null", ""}
        case bool():
            return {str(data).lower()}
        case _:
            return {str(data)}


def agree(texts: Any, data: Any) -> bool:
    if isinstance(texts, dict):
        return texts.keys() == data.keys() and all(agree(value, data[key]) for key, value in texts.items())
    if isinstance(texts, list):
        return len(texts) == len(data) and all(map(agree, texts, data))
    return texts in data


def places_agree(node: Node, place: Place) -> bool:
    """Whether nodes stand where the reader of documents found them; values that are not written stand nowhere."""
    if isinstance(node, Scalar) and node.start == node.end:
        return True
    if [node.line, node.column] != place[:2]:
        return False
    match node:
        case Mapping(pairs=pairs):
            return all(
                [pair.key.line, pair.key.column] == place[2][pair.key.text][:2]
                and places_agree(pair.value, place[2][pair.key.text][2])
                for pair in pairs
            )
        case Sequence(elements=elements):
            return all(places_agree(each.node, inner) for each, inner in zip(elements, place[2], strict=True))
        case Scalar():
            return True


def check(text: str, data: Any, place: Place) -> Markup:
    markup = read_markup(text)
    assert agree(data_of(markup.root), as_texts(data))
    assert places_agree(markup.root, place)
    found = list(nodes(markup.root))
    for each in found:
        assert text.count("\n", 0, each.start) + 1 == each.line
        assert each.start - (text.rfind("\n", 0, each.start) + 1) + 1 == each.column
    scalars = [each for each in found if isinstance(each, Scalar)]
    edges = [edge for scalar in scalars for edge in (scalar.start, scalar.end)]
    assert edges == sorted(edges)
    for each in found:
        inside = [edge for other in nodes(each) if isinstance(other, Scalar) for edge in (other.start, other.end)]
        assert not inside or (each.start <= min(inside) and max(inside) <= each.end)
        # Spaces at the end of a text of several lines belong to it, and to whatever ends with it.
        ends_with_space = any(
            isinstance(other, Scalar) and other.end == each.end and other.text.rstrip("\n")[-1:] == " "
            for other in nodes(each)
        )
        assert each.end <= len(text.rstrip(" \r\n")) or ends_with_space
    assert [comment.start for comment in markup.comments] == sorted(comment.start for comment in markup.comments)
    for comment in markup.comments:
        line = text.split("\n")[comment.line - 1]
        assert text[comment.start : comment.end] == comment.text
        assert line[comment.column - 1 :].rstrip(" \r") == comment.text
        assert comment.alone == (not line[: comment.column - 1].strip())
    return markup


@law(120)
@given(trees(), spellings())
def test_nodes_and_comments_stand_where_they_are_written(data: Any, spelling: Spelling) -> None:
    text = spelling.document(data)
    document, problems = read_document("a.yaml", text.encode())
    assert not problems
    assert document is not None
    assert plainly(document.data) == plainly(data)
    assert document.place is not None
    markup = check(text, data, document.place)
    assert sorted(comment.text for comment in markup.comments) == sorted(spelling.comments)


@law(80)
@given(trees(), spellings())
def test_without_its_comments_a_text_reads_the_same(data: Any, spelling: Spelling) -> None:
    text = spelling.document(data)
    for comment in reversed(read_markup(text).comments):
        # With the spaces around it: on a line of their own they could belong to the text above.
        text = text[: comment.start].rstrip(" ") + text[comment.end :].lstrip(" ")
    assert not read_markup(text).comments
    document, _ = read_document("a.yaml", text.encode())
    assert document is not None
    assert plainly(document.data) == plainly(data)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_documents(path: Path) -> None:
    text = path.read_text("utf-8")
    document, problems = read_document(path.name, text.encode())
    assert not problems
    assert document is not None
    assert document.place is not None
    markup = check(text, document.data, document.place)
    assert sum(comment.alone for comment in markup.comments) == sum(
        line.lstrip().startswith("#") for line in text.splitlines()
    )


def only(text: str) -> Node:
    """The value under the one key of a text."""
    root = read_markup(text).root
    assert isinstance(root, Mapping)
    return root.pairs[0].value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a: |-\n  b\n\n\n# c\n", "|-\n  b"),
        ("a: |\n  b\n\n", "|\n  b"),
        ("a: |+\n  b\n\n\nd: e\n", "|+\n  b\n\n"),
        ("a: >- # c\n  b\n\n  d\nf: g\n", ">- # c\n  b\n\n  d"),
        ("a: >-\r\n  b\r\n\r\nd: e\r\n", ">-\r\n  b"),
        ("a: |2-\n    b\n   # c\n # d\n", "|2-\n    b\n   # c"),
        ("a: |-\n  b  \n\nc: d\n", "|-\n  b  \n"),
        ("a: >-\n\n\n# c\nb: c\n", ">-"),
        ("a: >-", ">-"),
        ("a: b\n  c # d\n", "b\n  c"),
        ("a: 'b\n\n  # c'   # d\n", "'b\n\n  # c'"),
        ("a: # b\n", ""),
        ("a: [b, # c\n  d] # e\n", "[b, # c\n  d]"),
        ("a: # b\n  - c # d\n  - # e\nf: g\n", "- c # d\n  -"),
        ("a:\n- b\n- c:\n# d\n", "- b\n- c:"),
        ("a:\n  b: {c: d}  # e\n\n  # f\ng: h\n", "b: {c: d}"),
        ("a: [b: c , d]\n", "[b: c , d]"),
        ("? a\n: b\n", "b"),
    ],
)
def test_a_node_ends_with_its_last_character(text: str, written: str) -> None:
    node = only(text)
    assert text[node.start : node.end] == written


def test_an_element_of_a_list_begins_with_its_dash() -> None:
    text = "a: # x\n  - - b\n    - c\n  - # y\n    d: e\n  -\n"
    node = only(text)
    assert isinstance(node, Sequence)
    assert [text[each.start : each.start + 4] for each in node.elements] == ["- - ", "- # ", "-\n"]
    assert [(each.node.line, each.node.column) for each in node.elements] == [(2, 5), (5, 5), (6, 4)]
    node = only("a: [b, c]\n")
    assert isinstance(node, Sequence)
    assert [each.start for each in node.elements] == [4, 7]


def test_a_pair_is_found_by_its_key() -> None:
    root = read_markup(VOCABULARY["payers.yaml"]).root
    assert isinstance(root, Mapping)
    pair = root.pair("payers")
    assert pair is not None
    assert pair.key.text == "payers"
    assert isinstance(pair.value, Mapping)
    assert root.pair("facts") is None


def test_a_text_in_which_nothing_stands_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        read_markup("# only this\n")
