from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import chain
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
import strategies
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import COVERED, VOCABULARY, problems_in
from spelled import Spelling, plainly, spellings, trees

from policykit.checking import kind_of
from policykit.shipped import POLICIES, SCHEMAS
from policykit.source import read_document
from policykit.writing.layout import formatted
from policykit.writing.markup import Mapping, Scalar, Sequence, read_markup
from policykit.writing.shapes import SHAPES, kind_told_by
from policykit.writing.spelling import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policykit.writing.markup import Markup, Node

SHIPPED = sorted(POLICIES.rglob("*.yaml"))
KINDS = ("policy", "facts", "payers", "codes", "cases", "case", "published")
FORMAT = POLICIES.parent / "docs" / "format.md"


def data_in(text: str) -> Any:
    document, problems = read_document("a.yaml", text.encode())
    assert not problems, (text, [str(problem) for problem in problems])
    assert document is not None
    return document.data


@lru_cache(maxsize=16)
def marked(text: str) -> Markup:
    return read_markup(text)


def comments_in(text: str) -> list[str]:
    return sorted(comment.text for comment in marked(text).comments)


def assert_kept(text: str, kind: str) -> str:
    """The document in the layout, which must hold all that it held, and stay as it is a second time."""
    laid_out = formatted(text, kind)
    assert plainly(data_in(laid_out)) == plainly(data_in(text))
    assert comments_in(laid_out) == comments_in(text)
    assert formatted(laid_out, kind) == laid_out
    assert_narrow(laid_out)
    return laid_out


def assert_narrow(text: str) -> None:
    """No line is too long, its comment aside, unless there is nothing in it where it could be broken."""
    markup = marked(text)
    scalars = list(scalars_in(markup.root))
    for number, line in enumerate(text.split("\n"), 1):
        width = min([len(line), *(each.column - 1 for each in markup.comments if each.line == number)])
        if len(line[:width].rstrip()) > WIDTH:
            ends = [
                each for each in scalars if each.line <= number <= each.line + text.count("\n", each.start, each.end)
            ]
            assert any(cannot_be_broken(each, line) for each in ends), line


def scalars_in(node: Node) -> Iterator[Scalar]:
    match node:
        case Mapping(pairs=pairs):
            yield from chain.from_iterable((pair.key, *scalars_in(pair.value)) for pair in pairs)
        case Sequence(elements=elements):
            yield from chain.from_iterable(scalars_in(element.node) for element in elements)
        case Scalar():
            yield node


def cannot_be_broken(scalar: Scalar, line: str) -> bool:
    """Whether a text is a word, or one that only quotes can hold, or a long word stands alone on its line."""
    text = scalar.text
    odd = text != text.strip() or re.search(r"  |\n |\n\n$| \n|\r", text) is not None
    return len(text) > WIDTH / 3 and (odd or " " not in text.strip() or " " not in line.strip())


# Laws


@law(150)
@given(trees(), spellings(), st.sampled_from(KINDS))
def test_nothing_is_lost_however_it_is_written(data: Any, spelling: Spelling, kind: str) -> None:
    text = spelling.document(data)
    laid_out = assert_kept(text, kind)
    assert plainly(data_in(laid_out)) == plainly(data)
    assert comments_in(laid_out) == sorted(spelling.comments)


@law(80)
@given(
    trees(),
    spellings(commented=False, shuffled=False),
    spellings(commented=False, shuffled=False),
    st.sampled_from(KINDS),
)
def test_one_content_has_one_layout(data: Any, one: Spelling, other: Spelling, kind: str) -> None:
    assert formatted(one.document(data), kind) == formatted(other.document(data), kind)


@law(20)
@given(strategies.documents(), spellings(), spellings(commented=False), st.data())
def test_documents_of_a_library_are_sound_in_the_layout(
    found: strategies.Documents, spelling: Spelling, bare: Spelling, data: st.DataObject
) -> None:
    facts, policy = found
    case = {"case": "One", **data.draw(strategies.cases(found))}
    names = {
        "facts.yaml": facts,
        "acme/p1.yaml": policy,
        "payers.yaml": strategies.PAYERS,
        "codes.yaml": strategies.CODES,
    }
    texts = {name: assert_kept(spelling.document(each), kind_of(name)) for name, each in names.items()}
    assert not problems_in(texts)
    assert_kept(spelling.document({"format": 1, "cases": [case]}), "cases")
    assert_kept(spelling.document(case), "case")
    # Whatever the order in which its keys are written, those that have an order come in it.
    keys = [pair.key.text for pair in read_markup(formatted(bare.document(policy), "policy")).root.pairs]  # type: ignore[union-attr]
    assert keys == [key for key in SHAPES["policy"].keys if key in policy]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_documents_are_in_the_layout(path: Path) -> None:
    text = path.read_text("utf-8")
    assert assert_kept(text, kind_of(path.relative_to(POLICIES).as_posix())) == text


@law(15)
@given(
    st.sampled_from([path for path in SHIPPED if path.stat().st_size < 20_000]),
    spellings(commented=False, shuffled=False),
)
def test_shipped_documents_get_their_layout_back(path: Path, spelling: Spelling) -> None:
    kind = kind_of(path.relative_to(POLICIES).as_posix())
    data = data_in(path.read_text("utf-8"))
    respelled = formatted(spelling.document(data), kind)
    assert respelled == formatted(json.dumps(data), kind)


BLOCKS = re.findall(r"^```yaml\n(.*?)^```", FORMAT.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_what_the_format_shows_is_kept(text: str) -> None:
    data = data_in(text)
    assert_kept(text, kind_told_by(data if isinstance(data, dict) else ()))


# The order of keys


def properties(schema: Any) -> Iterator[list[str]]:
    """The keys that a node has by its schema, in each of the branches that are written there; not those of nodes in it."""
    if not isinstance(schema, dict):
        return
    if "properties" in schema:
        yield list(schema["properties"])
    for branch in ("if", "then", "else"):
        yield from properties(schema.get(branch))


@pytest.mark.parametrize(
    ("name", "path", "shape"),
    [
        ("policy", "", "policy"),
        ("policy", "$defs/entry", "entry"),
        ("policy", "$defs/entry/properties/source", "source"),
        ("policy", "$defs/service", "service"),
        ("policy", "$defs/statement", "statement"),
        ("policy", "$defs/criterion", "criterion"),
        ("facts", "", "facts"),
        ("facts", "$defs/fact", "declaration"),
        ("payers", "", "payers"),
        ("payers", "properties/payers/additionalProperties", "payer"),
        ("codes", "", "code-document"),
        ("codes", "properties/codes", "systems"),
        ("codes", "$defs/system/additionalProperties", "code"),
        ("cases", "", "cases"),
        ("case", "", "case"),
        ("case", "properties/expect", "expected"),
        ("published", "", "published"),
    ],
)
def test_keys_come_in_the_order_of_the_schema(name: str, path: str, shape: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    for part in filter(None, path.split("/")):
        schema = schema[part]
    found = list(properties(schema))
    assert {*chain.from_iterable(found)} == {*SHAPES[shape].keys}
    for keys in found:
        assert keys == [key for key in SHAPES[shape].keys if key in keys]


def test_every_shape_that_is_named_is_there() -> None:
    for shape in SHAPES.values():
        assert {shape.each, *shape.under.values()} <= SHAPES.keys()
        assert shape.bare <= {*shape.keys}
        assert shape.parted <= {*shape.keys}


# Examples: what is written, and what becomes of it


def laid_out(text: str, kind: str = "policy") -> str:
    return assert_kept(dedent(text).lstrip("\n"), kind)


def assert_becomes(before: str, after: str, kind: str = "policy") -> None:
    assert laid_out(before, kind) == dedent(after).lstrip("\n")


def test_a_policy() -> None:
    before = """
        history: [{change: new, revision: "2022-01-01", effective: 2022-01-01, summary: 'New.',
                   services: [{service: Braces, coverage: [
                     {when: {at_least: 18, fact: patient.age}, outcome: covered},
                     {outcome: not-covered, cite: 'B: "no"'}], codes: {hcpcs: [L9001, 'L9002'], cpt: ["64714"]}}]},
                  {revision: second, change: review, summary: Looked at., effective: 2023-01-01,
                   services: [{unchanged: true, service: Braces}]}]
        kind: ncd
        payer: acme
        title: A "title"
        policy: acme/braces
        format: 1
        """
    after = """
        format: 1
        policy: acme/braces
        title: A "title"
        payer: acme
        kind: ncd

        history:
          - revision: 2022-01-01
            change: new
            summary: New.
            effective: 2022-01-01
            services:
              - service: Braces
                codes: {cpt: ["64714"], hcpcs: ["L9001", "L9002"]}
                coverage:
                  - outcome: covered
                    when: {fact: patient.age, at_least: 18}
                  - outcome: not-covered
                    cite: 'B: "no"'

          - revision: second
            change: review
            summary: Looked at.
            effective: 2023-01-01
            services:
              - {service: Braces, unchanged: true}
        """
    assert_becomes(before, after)


def test_a_criterion_on_one_fact_stands_on_one_line_unless_it_has_notes_or_is_too_long() -> None:
    before = """
        criteria:
          named:
            all:
              - use: other
                id: x
              - {fact: a.b, at_least: 1, says: With a note}
              - fact: service.modifiers
                has_any: ["RT", LT]
              - {of: [{fact: a.b, is: true}], count_at_least: 1, id: some}
              - {id: long, fact: claim.diagnoses, has_any: {icd10cm: [M17.11, M17.12, M17.2, M17.30, M17.31, M17.32, M17.4, M17.9]}}
        """
    after = """
        criteria:
          named:
            all:
              - {id: x, use: other}
              - says: With a note
                fact: a.b
                at_least: 1
              - {fact: service.modifiers, has_any: ["RT", "LT"]}
              - id: some
                count_at_least: 1
                of:
                  - {fact: a.b, is: true}
              - id: long
                fact: claim.diagnoses
                has_any: {icd10cm: ["M17.11", "M17.12", "M17.2", "M17.30", "M17.31", "M17.32", "M17.4", "M17.9"]}
        """
    assert_becomes(before, after)


def test_a_list_that_is_too_long_has_a_line_for_each_element() -> None:
    values = [f"value-number-{number}" for number in range(1, 9)]
    text = laid_out(f"value_sets:\n  many: [{', '.join(values)}]\n  few: [{', '.join(values[:6])}]\n")
    assert text == "\n".join(
        ["value_sets:", "  many:", *(f"    - {each}" for each in values), f"  few: [{', '.join(values[:6])}]", ""]
    )


def test_texts_are_folded_where_they_are_too_long() -> None:
    words = " ".join(["word"] * 40)
    text = laid_out(f'title: "{words}"\nreading: |-\n  one\n  two\nsays: "{words}\\n{words}"\n', "other")
    assert text.splitlines() == [
        "title: >-",
        "  " + " ".join(["word"] * 23),
        "  " + " ".join(["word"] * 17),
        "reading: |-",
        "  one",
        "  two",
        "says: >-",
        "  " + " ".join(["word"] * 23),
        "  " + " ".join(["word"] * 17),
        "",
        "  " + " ".join(["word"] * 23),
        "  " + " ".join(["word"] * 17),
    ]


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("'text'", "text"),
        ('"it\'s"', "it's"),
        ('"2024-02-01"', "2024-02-01"),
        ('"2024-02"', "2024-02"),
        ('"0587"', '"0587"'),
        ('"12"', '"12"'),
        ("12", "12"),
        ("1.50", "1.50"),
        ("'yes'", '"yes"'),
        ("'240.4'", '"240.4"'),
        ("30.3.3", '"30.3.3"'),
        ("true", "true"),
        ("", "null"),
        ("'a: b'", '"a: b"'),
        ("'a #b'", '"a #b"'),
        ("'say \"a\": b'", "'say \"a\": b'"),
        ('"say \\"a\\": it\'s"', '"say \\"a\\": it\'s"'),
        ("'- a'", '"- a"'),
        ("''", '""'),
        ("' a'", '" a"'),
        ("(i.e., a)", "(i.e., a)"),
        ("a, [b]", "a, [b]"),
        ("https://a.b/c?d=1#e", "https://a.b/c?d=1#e"),
        ('"a\\n"', ">\n  a"),
        ('"\\n"', '"\\n"'),
    ],
)
def test_how_single_values_are_written(written: str, becomes: str) -> None:
    assert laid_out(f"title: {written}\n") == f"title: {becomes}\n"


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("{facts: {a.b: [RT, left, 'x, y']}}", 'facts:\n  a.b: ["RT", left, "x, y"]\n'),
        ("{service: {cpt: 0054T, place: '21'}}", 'service: {cpt: "0054T", place: "21"}\n'),
        ("{diagnoses: {icd10cm: [M17.11]}, facts: {a.b: }}", 'diagnoses: {icd10cm: ["M17.11"]}\nfacts:\n  a.b: null\n'),
        ("{expect: {possible: [covered, {to: X, outcome: deferred}]}}", "expect:\n  possible: [covered, {outcome: deferred, to: X}]\n"),
        ("{facts: {a.b: [], c.d: {}}}", "facts:\n  a.b: []\n  c.d: {}\n"),
    ],
)  # fmt: skip
def test_how_a_case_is_written(written: str, becomes: str) -> None:
    assert laid_out(written, "case") == becomes


def test_keys_are_quoted_only_where_they_have_to_be() -> None:
    assert laid_out('"a, b": {"c": 1}\n"d: e": 2\n') == 'a, b:\n  c: 1\n"d: e": 2\n'


def test_codes_that_are_declared_are_quoted() -> None:
    before = """
        codes: {cpt: {"64714": {sites: ['21'], label: A}, 0054T: {label: B, replaced_by: 0055T}}}
        modifiers: {RT: Right}
        format: 1
        """
    after = """
        format: 1
        codes:
          cpt:
            "64714":
              label: A
              sites: ["21"]
            "0054T":
              label: B
              replaced_by: "0055T"
        modifiers:
          "RT": Right
        """
    assert_becomes(before, after, "codes")


# Comments and blank lines


def test_comments_go_with_what_they_stand_above_or_beside() -> None:
    before = """
        # yaml-language-server: $schema=x

        # About all of it
        title: A # the title
        # The name,
          # in two lines
        policy: acme/a
        format: 1
        # At the end
        """
    after = """
        # yaml-language-server: $schema=x

        # About all of it
        format: 1
        # The name,
        # in two lines
        policy: acme/a
        title: A  # the title
        # At the end
        """
    assert_becomes(before, after)


def test_a_collection_with_a_comment_in_it_has_lines_for_its_items() -> None:
    before = """
        cases:
        - case: A
          service: {cpt: "64714" } # beside the service
          expect:
            missing: [ # first of all
              a.b, # beside a
              # above c
              c.d
              # below c
            ] # after the list
            possible: # beside the key
              [covered]
        """
    after = """
        cases:
          - case: A
            service: {cpt: "64714"}  # beside the service
            expect:
              possible: [covered]  # beside the key
              # first of all
              missing:  # after the list
                - a.b  # beside a
                # above c
                - c.d
                # below c
        """
    assert_becomes(before, after, "cases")


def test_a_comment_at_the_end_of_a_block_stays_in_it_if_it_is_indented_deeper_than_what_is_around() -> None:
    before = """
        cases:
        - case: A
          facts:
              a.b: 1
              # in the facts
             # in the facts, too
          # in the case
        # above B
        - case: B
          expect:
            missing:
            - a.b
             # in the list
            # above the other list
            possible:
            - covered
        # in the cases no more: B is the last, and stands as far to the left
        """
    after = """
        cases:
          - case: A
            facts:
              a.b: 1
              # in the facts
              # in the facts, too
            # in the case

          # above B
          - case: B
            expect:
              # above the other list
              possible: [covered]
              missing:
                - a.b
                # in the list
        # in the cases no more: B is the last, and stands as far to the left
        """
    assert_becomes(before, after, "cases")


def test_a_comment_above_the_first_key_of_an_element_stands_above_the_element() -> None:
    before = """
        criteria:
          x:
            any:
              -  # on the dash
                # above the fact
                fact: a.b
                # above the id
                id: one
                is: true  # beside
        """
    after = """
        criteria:
          x:
            any:
              # on the dash
              # above the fact
              # above the id
              - id: one
                fact: a.b
                is: true  # beside
        """
    assert_becomes(before, after)


def test_a_comment_beside_the_first_key_of_an_element_stays_there() -> None:
    before = """
        criteria:
          x:
            all: # beside all
              # above the element
              - any: # beside any
                  - {use: a}
                  # above b
                  - {use: b}
              - none: [] # beside none
        """
    after = """
        criteria:
          x:
            all:  # beside all
              # above the element
              - any:  # beside any
                  - {use: a}
                  # above b
                  - {use: b}
              - none: []  # beside none
        """
    assert_becomes(before, after)


def test_a_comment_on_the_line_of_a_sign_stays_on_the_first_line() -> None:
    words = " ".join(["word"] * 40)
    assert laid_out("title: >- # why\n  a\n  b\n") == "title: a b  # why\n"
    assert laid_out(f"title: {words} # why\n").startswith("title: >-  # why\n  word")
    assert laid_out("title: # one\n  # two\n  a # three\n") == "# one\n# two\ntitle: a  # three\n"
    assert laid_out("facts: [ # none\n  ]\n") == "facts: []  # none\n"
    assert laid_out("title:\n  # above\n  a\n") == "# above\ntitle: a\n"


def test_at_most_one_blank_line_is_kept_and_none_where_something_begins_or_ends() -> None:
    before = "\n\nformat: 1\n\n\n\nfacts:\n\n  a.b:\n    type: date\n\n\n  # c\n\n  c.d: {type: date}\n\n\n"
    after = "format: 1\n\nfacts:\n  a.b:\n    type: date\n\n  # c\n\n  c.d:\n    type: date\n"
    assert formatted(before, "facts") == after
    begun = "facts:\n\n  # c\n\n  a.b:\n\n    # d\n    type: date\n"
    assert formatted(begun, "facts") == "facts:\n  # c\n\n  a.b:\n    # d\n    type: date\n"
    # Below its key a blank line means nothing, and so it does not move with the first of the items.
    moved = "cases:\n  - case: A\n    expect:\n\n      to: B\n      outcome: deferred\n"
    assert formatted(moved, "cases") == "cases:\n  - case: A\n    expect:\n      outcome: deferred\n      to: B\n"


def test_a_blank_line_below_the_comments_at_the_top_stays() -> None:
    text = "# Head\n\nformat: 1\n\ntitle: A\n"
    assert formatted(text, "policy") == text
    assert formatted(text.replace("\n", "\r\n"), "policy") == text
    assert formatted("# Head\ntitle: A\n\nformat: 1\n", "policy") == "# Head\nformat: 1\ntitle: A\n"


def test_a_blank_line_above_the_key_that_becomes_the_first_goes() -> None:
    before = "criteria:\n  a:\n    any:\n      - says: A\n        fact: b.c\n\n        id: d\n      - use: e\n"
    after = "criteria:\n  a:\n    any:\n      - id: d\n        says: A\n        fact: b.c\n      - {use: e}\n"
    assert formatted(before, "x") == before
    assert formatted(before, "policy") == after


def test_line_ends_and_signs_of_a_document_go() -> None:
    assert formatted("--- # head\r\nformat: 1\r\n...\r\n", "policy") == "# head\nformat: 1\n"
    assert formatted("format: 1", "policy") == "format: 1\n"


@pytest.mark.parametrize("text", [COVERED, *VOCABULARY.values()])
def test_samples_are_kept(text: str) -> None:
    assert_kept(text, kind_told_by(data_in(text)))
