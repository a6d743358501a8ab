from __future__ import annotations

from random import Random
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from handwriting import Hand
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import MARK, data_in

from policykit.writing.insertion import behind
from policykit.writing.markup import Mapping, Sequence, read_markup

if TYPE_CHECKING:
    from policykit.writing.insertion import Insertion
    from policykit.writing.markup import Node


def behind_list(text: str, *lines: str, blank: bool = False) -> Insertion:
    """Lines behind the last part of the list or mapping under the first key."""
    markup = read_markup(text)
    assert isinstance(markup.root, Mapping)
    node: Node = markup.root.pairs[0].value
    assert isinstance(node, Sequence | Mapping)
    return behind(markup, node, lines, blank=blank)


PLACES = {
    "an end": """
        list:
          - one
          - two
        ⌖""",
    "another key": """
        list:
          - one
        ⌖other: 1
        """,
    "a list that is not indented": """
        list:
        - one
        # about the other
        ⌖other: 1
        """.replace("# about the other\n        ⌖other", "⌖# about the other\n        other"),
    "a comment that is indented more": """
        list:
          - one
            # about one
        ⌖other: 1
        """,
    "a comment below an empty line that is indented more": """
        list:
          - one  # beside

            # about one
             # and more
        ⌖
        # about nothing
        """,
    "a comment that is indented as the list": """
        list:
          - one
        ⌖  # about what follows
            # and this with it
        """,
    "a comment that is indented less": """
        list:
          - a: 1
            b:
              - 2
        ⌖# about what follows
        other: 1
        """,
    "empty lines": """
        list:
          - one
        ⌖

        """,
    "a text of several lines": """
        list:
          - a: >-
              # no comment
              but text

        ⌖
        """.replace("\n\n        ⌖", "\n        ⌖\n"),
    "a mapping": """
        list:
          a: {b: c}
          d:
            - 1
            # about 1
        ⌖other: 1
        """,
    "an end of the document": """
        list:
          - one
        ⌖...
        """,
}


@pytest.mark.parametrize("name", PLACES)
def test_lines_come_behind_the_last_part_and_its_comments(name: str) -> None:
    marked = dedent(PLACES[name]).lstrip("\n")
    at = marked.index(MARK)
    text = marked.replace(MARK, "")
    insertion = behind_list(text, "new:", "  - x")
    assert insertion.at == at
    indent = "" if name == "a list that is not indented" else "  "
    assert insertion.text == f"{indent}new:\n{indent}  - x\n"
    assert insertion.line == insertion.first == text[:at].count("\n") + 1
    assert insertion.into(text) == text[:at] + insertion.text + text[at:]


def test_the_endings_of_lines_are_those_of_the_text() -> None:
    assert (
        behind_list("list:\r\n  - one\r\n", "- two", "", "- three", blank=True).text
        == "\r\n  - two\r\n\r\n  - three\r\n"
    )
    assert behind_list("list:\n  - one\n", "- two", blank=True).text == "\n  - two\n"


def test_a_text_without_a_last_line_break_gets_none() -> None:
    text = "list:\n  - one"
    insertion = behind_list(text, "- two", blank=True)
    assert insertion.into(text) == "list:\n  - one\n\n  - two"
    assert (insertion.line, insertion.first) == (3, 4)
    text = "list:\r\n  - one  # beside"
    assert behind_list(text, "- two").into(text) == "list:\r\n  - one  # beside\r\n  - two"


@settings(deadline=None)
@given(data=st.data(), number=st.integers(0, 2**32))
def test_however_a_list_is_written_one_part_more_is_at_its_end(data: st.DataObject, number: int) -> None:
    values = data.draw(
        st.recursive(
            st.sampled_from((1, "word", "two words", "2020-01-01", True)),
            lambda inner: (
                st.lists(inner, min_size=1, max_size=3)
                | st.dictionaries(st.sampled_from(("a", "b", "c")), inner, min_size=1, max_size=3)
            ),
            max_leaves=8,
        )
    )
    plain: dict[str, Any] = {"history": [{"a": values}, {"b": values}], "other": values}
    text = Hand(Random(number), busy=0.4).document(plain)  # noqa: S311  # layouts, no secrets
    for blank in (False, True):
        insertion = behind_list(text, "- c:", "    - d", blank=blank)
        assert data_in(insertion.into(text)) == {**plain, "history": [*plain["history"], {"c": ["d"]}]}
        assert insertion.into(text).splitlines()[insertion.first - 1].strip() == "- c:"
