from __future__ import annotations

import json
import re
import sys
import unicodedata
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import data_in, unmarked

from policykit import source
from policykit.problems import Location, Problem
from policykit.source import MAX_DEPTH, MAX_DIGITS, MAX_LINE, read_document

if TYPE_CHECKING:
    from policykit.document import Node

# Characters that can be seen, and the line feed: what a document may hold. Of letters, marks, digits, signs and symbols,
# the names in Unicode tell which have no shape of their own: what fills a place, what only changes or joins its
# neighbours, and what stands for an object or for a character that was lost (U+FFFC, U+FFFD). All of these are refused.
SHAPELESS = re.compile(
    r"(HALFWIDTH )?HANGUL .*FILLER|KHMER VOWEL INHERENT .*|COMBINING GRAPHEME JOINER|.*VARIATION SELECTOR.*|BRAILLE PATTERN BLANK"
    r"|(OBJECT )?REPLACEMENT CHARACTER"
)
CATEGORIES: Final = ("L", "M", "N", "P", "S")


def is_shapeless(character: str) -> bool:
    """Whether nothing of a letter, mark, digit, sign or symbol is shown, or nothing of its own."""
    return SHAPELESS.fullmatch(unicodedata.name(character, "")) is not None


VISIBLE = st.characters(codec="utf-8", categories=CATEGORIES).filter(lambda character: not is_shapeless(character))
SEEN = st.text(VISIBLE | st.sampled_from(" \n'\"\\:#-{}[],&*!%@`~é"), max_size=12)
NUMBERS = st.integers(-(10**15) + 1, 10**15 - 1) | st.decimals(-9999, 9999, places=3).map(float)
SCALARS = st.none() | st.booleans() | NUMBERS | SEEN
STRUCTURES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SEEN, inner, max_size=4), max_leaves=12
)
DOCUMENTS = STRUCTURES.filter(lambda data: data is not None)


def scalar(value: Any) -> str:
    """A scalar as a careful author writes it: text in double quotes, a number without an exponent."""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    """A value on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{scalar(key)}: {flow(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case _:
            return scalar(value)


def block(value: Any, margin: str = "") -> str:
    """A value over several lines, as most documents are written."""
    match value:
        case dict() if value:
            return "".join(
                f"\n{margin}? {scalar(key)}\n{margin}: {block(each, margin + '  ')}" for key, each in value.items()
            )
        case list() if value:
            return "".join(f"\n{margin}- {block(each, margin + '  ')}" for each in value)
        case _:
            return flow(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one type, so that 1 is not 1.0 and not true."""
    return json.dumps(one) == json.dumps(other)


@law(80)
@given(DOCUMENTS, st.sampled_from((flow, block)))
def test_what_is_written_out_in_quotes_is_read_back_the_same(data: Any, write: Any) -> None:
    assert same(data_in(write(data)), data)


def scalars_of(node: Node) -> list[Node]:
    """Every scalar below a node, and the keys above them."""
    parts = [child for _, child in node.items()] or node.elements()
    return [each for part in parts for each in scalars_of(part)] if parts else [node]


@law(80)
@given(DOCUMENTS, st.sampled_from((flow, block)))
def test_every_value_and_key_knows_the_place_where_it_begins(data: Any, write: Any) -> None:
    text: str = write(data)
    document, _ = read_document("a.yaml", text.encode())
    assert document is not None
    lines = text.split("\n")
    for node in scalars_of(document.root):
        where = node.where
        assert lines[where.line - 1][where.column - 1 :].startswith(flow(node.value))
        *_, key = ["", *node.path.split(".")]
        at_key = node.key_where
        if at_key != where:
            assert lines[at_key.line - 1][at_key.column - 1 :].startswith(scalar(key)[:1])


@given(st.binary(max_size=300))
def test_any_bytes_give_a_document_or_problems(content: bytes) -> None:
    document, problems = read_document("a.yaml", content)
    assert document is not None or problems
    for problem in problems:
        assert problem.where.line >= 1
        assert problem.where.column >= 1


@law(300)
@given(st.text(max_size=100) | st.text("ab1:-?[]{},\"'|>&*!%#\n ~<=.", max_size=40))
def test_any_text_gives_a_document_or_problems(text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    document, problems = read_document("a.yaml", content)
    assert document is not None or problems
    if document is not None:
        assert document.digest == sha256(content).hexdigest()
        json.dumps([document.data, document.place])


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("0", 0),
        ("-0", 0),
        ("18", 18),
        ("-3", -3),
        ("2.5", 2.5),
        ("-0.25", -0.25),
        ("10.0", 10.0),
        ("123456789012345", 123456789012345),
        ("true", True),
        ("false", False),
        ('"true"', "true"),
        ("'0587'", "0587"),
        ("2026-01-15", "2026-01-15"),
        ("2026-W03", "2026-W03"),
        ("1/2", "1/2"),
        ("1 year", "1 year"),
        ("e5", "e5"),
        ("A1", "A1"),
        ("1-2", "1-2"),
        ("none", "none"),
        ("never", "never"),
        ("yesterday", "yesterday"),
        ("-", [None]),
        ("[null, ]", [None]),
        ("a:", {"a": None}),
        ("{a: , b: null}", {"a": None, "b": None}),
        ('""', ""),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        (">-\n  one\n  line\n", "one line"),
        ("|\n  18", "18"),
        ("a: one\r\nb: two\r\n", {"a": "one", "b": "two"}),
        ("# a comment\n---\na: 1\n...\n", {"a": 1}),
    ],
)
def test_a_plain_scalar_has_one_meaning(text: str, data: object) -> None:
    assert same(data_in(text), data)


UNQUOTED = (
    *("0587", "00142", "7E1", "3E03317", "1e5", "1E+5", "1.5e3", "1_000", "0x1F", "0o17", "0b11", "12:30", "1:2:3"),
    *("+1", "-01", "01", "1.", ".5", "-.5", "+.inf", ".inf", ".INF", "-.inf", ".nan", ".NaN", "00.5", "-00"),
    *(
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "Yes",
        "NO",
        "On",
        "OFF",
        "Y",
        "N",
        "True",
        "FALSE",
        "Null",
        "NULL",
        "~",
        "=",
    ),
)


@pytest.mark.parametrize("text", UNQUOTED)
def test_what_some_yaml_reads_as_a_number_a_yes_or_a_null_is_to_be_quoted(text: str) -> None:
    document, problems = read_document("a.yaml", f"a:\n  - {text}\n".encode())
    (problem,) = problems
    is_yes_or_no = text.lower() in {"yes", "no", "on", "off", "y", "n", "true", "false"}
    assert problem == Problem(
        rule="unquoted",
        message=f"`{text}` means different things to different readers of YAML",
        where=Location(file="a.yaml", line=2, column=5),
        help=f'{"write `true` or `false`; if it is text, " if is_yes_or_no else ""}write it in quotes: "{text}"',
    )
    assert document is not None
    assert document.data == {"a": [text]}
    assert data_in(f'["{text}"]') == [text]


# What is refused, each where the mark stands; the last column is the advice.
CLOSE = "close what is open; between items stands a comma"
NO_COLON = (
    "put a text with `: ` in it in double quotes; otherwise a key above lacks its `: `, or the indentation is wrong"
)
IN_LINE = "keys of one mapping, and dashes of one list, are indented equally far"
QUOTE_ALL = "put the whole text in quotes: double ones, or single ones if there are double quotes in it"
REFUSED = [
    ("anchor-or-alias", "a: ⌖&x 1\n", "write the value out, or name it under `value_sets` or `criteria`"),
    ("anchor-or-alias", "a: ⌖&x {b: 1}\n", "write the value out, or name it under `value_sets` or `criteria`"),
    ("anchor-or-alias", "a: ⌖*x\n", "write the value out, or name it under `value_sets` or `criteria`"),
    ("anchor-or-alias", "⌖&x a: 1\n", "write the value out, or name it under `value_sets` or `criteria`"),
    ("tag", "a: ⌖!!python/object:os.system [x]\n", "delete the word that begins with `!`"),
    ("tag", "a: ⌖!!str 1\n", "delete the word that begins with `!`"),
    ("tag", "a: ⌖!x {}\n", "delete the word that begins with `!`"),
    ("tag", "a: ⌖! 1\n", "delete the word that begins with `!`"),
    ("merge-key", "a:\n  ⌖<<: {b: 1}\n", "write the keys out"),
    ("several-documents", "a: 1\n⌖---\nb: 2\n", "use a file for each"),
    ("directive", "⌖%YAML 1.1\n---\na: 1\n", "delete the line"),
    ("directive", "# first\n\n⌖%TAG ! x\n---\na: 1\n", "delete the line"),
    ("duplicate-key", "a: 1\nb: 2\n⌖a: 3\n", None),
    ("duplicate-key", "{a: 1, ⌖a: 1}\n", None),
    ("duplicate-key", '{a: 1, ⌖"a": 1}\n', None),
    ("key-not-text", "⌖1: a\n", 'write it in quotes: "1"'),
    ("key-not-text", "⌖true: a\n", 'write it in quotes: "true"'),
    ("key-not-text", "⌖null: a\n", 'write it in quotes: "null"'),
    ("key-not-text", "? ⌖[a, b]\n: 1\n", None),
    ("key-not-text", "? ⌖{a: b}\n: 1\n", None),
    ("number-too-long", "a: ⌖1234567890123456\n", "a number has a value; a code is text, in quotes"),
    ("number-too-long", "a: ⌖0.123456789012345\n", "a number has a value; a code is text, in quotes"),
    ("empty-document", "⌖", None),
    ("empty-document", "⌖# nothing\n", None),
    ("empty-document", "⌖---\n...\n", None),
    ("empty-document", "⌖null\n", None),
    ("invisible-character", "a:⌖\tb\n", "indent with spaces"),
    ("invisible-character", "a: b⌖\u200bc\n", "delete it, or type an ordinary space"),
    ("invisible-character", "a: b\nc: d⌖\u00a0e\n", "delete it, or type an ordinary space"),
    ("invisible-character", "a: b⌖\rc: d\n", "delete it, or type an ordinary space"),
    ("invisible-character", 'a: ⌖"b\\u200bc"\n', None),
    ("invisible-character", 'a: ⌖"b\\tc"\n', None),
    ("invisible-character", 'a: ⌖"b\\0c"\n', None),
    ("invisible-character", 'a: ⌖"\\ud800"\n', None),
    ("invisible-character", '⌖"b\\_c": 1\n', None),
    ("syntax", "a: [1, 2⌖", CLOSE),
    ("syntax", "a: ⌖[1, 2\nb: 3\n", CLOSE),
    ("syntax", "a: {b: 1 c⌖: 2}\n", CLOSE),
    ("syntax", "a: b⌖: c\n", NO_COLON),
    ("syntax", "a: 1\n b⌖: 2\n", NO_COLON),
    ("syntax", "a: ⌖@b\n", "put it in double quotes, or supply what is missing before it"),
    ("syntax", "a: ⌖]\n", "put it in double quotes, or supply what is missing before it"),
    ("syntax", "a: >⌖x\n", "put a text that begins with this sign in double quotes"),
    ("syntax", "a: ⌖- b\n", "begin it on a line of its own, or put a text that begins with `- ` in double quotes"),
    ("syntax", "a:\n  b: 1\n ⌖c: 2\n", IN_LINE),
    ("syntax", "a:\n  - b\n ⌖- c\n", IN_LINE),
    ("syntax", "a: b\n⌖c d\ne: f\n", "write `key: value`, with a space after the colon"),
    ("syntax", "a: b\n⌖c:d\ne: f\n", "write `key: value`, with a space after the colon"),
    ("syntax", 'a: "b" ⌖c\n', QUOTE_ALL),
    ("syntax", 'a: 1\nb: ⌖"c\n', "close it with the same sign"),
    ("syntax", 'a: "\\⌖q"\n', "write `\\\\` for a backslash"),
    ("directive", "⌖%\n", "delete the line"),
]


@pytest.mark.parametrize(("rule", "text", "advice"), REFUSED)
def test_what_is_not_read_is_told_where_it_stands(rule: str, text: str, advice: str | None) -> None:
    text, line, column = unmarked(text)
    _, problems = read_document("a.yaml", text.encode())
    assert [(each.rule, each.where.line, each.where.column, each.help) for each in problems] == [
        (rule, line, column, advice)
    ]


def test_what_is_refused_outright_gives_no_document_and_what_can_be_passed_over_does() -> None:
    for rule in ("anchor-or-alias", "tag", "merge-key", "several-documents", "directive", "empty-document", "syntax"):
        text = next(text for each, text, _ in REFUSED if each == rule)
        assert read_document("a.yaml", unmarked(text)[0].encode())[0] is None
    document, problems = read_document("a.yaml", b"a: 0587\na: 2\n3: yes\nb: 1234567890123456\n")
    assert document is not None
    assert document.data == {"a": "0587", "3": "yes", "b": "1234567890123456"}
    assert [problem.rule for problem in problems] == [
        "unquoted",
        "duplicate-key",
        "key-not-text",
        "unquoted",
        "number-too-long",
    ]
    assert [problem.where.line for problem in problems] == [1, 2, 3, 3, 4]


def test_the_sign_of_a_merge_key_in_quotes_is_a_key_like_others() -> None:
    assert data_in('{"<<": {a: 1}, b: 2}') == {"<<": {"a": 1}, "b": 2}


def test_an_empty_key_is_told_without_empty_quotes() -> None:
    _, problems = read_document("a.yaml", b"? \n: 1\n")
    assert [(problem.rule, problem.help) for problem in problems] == [("key-not-text", "write it in quotes")]


def test_a_repeated_key_keeps_its_first_value_and_names_its_line() -> None:
    document, (problem,) = read_document("a.yaml", b"a: {b: [1]}\nc: 2\na: {b: [2]}\n")
    assert document is not None
    assert document.data == {"a": {"b": [1]}, "c": 2}
    assert problem.message == "`a` stands twice, first on line 1"
    assert document.root.at(["a", "b", 0]).where == Location(file="a.yaml", line=1, column=9)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [(b"\xff\xfea", 1, 1), (b"a: b\nc: \xe9t\xe9\n", 2, 4), (b"a: \xc0\x80", 1, 4), (b"a: \xed\xa0\x80", 1, 4)],
)
def test_bytes_that_are_not_utf_8_are_told_with_their_place(content: bytes, line: int, column: int) -> None:
    document, (problem,) = read_document("a.yaml", content)
    assert document is None
    assert (problem.rule, problem.where.line, problem.where.column) == ("not-utf-8", line, column)


def test_a_column_counts_characters_also_before_bytes_that_are_not_utf_8() -> None:
    _, (problem,) = read_document("a.yaml", "é: ".encode() + b"\xff")
    assert problem.where == Location(file="a.yaml", line=1, column=4)


def test_a_byte_order_mark_is_told_as_one() -> None:
    document, (problem,) = read_document("a.yaml", "\ufeffa: 1\n".encode())
    assert document is None
    assert (problem.rule, problem.where.line, problem.where.column) == ("invisible-character", 1, 1)
    assert problem.message == "the file begins with a byte order mark"
    assert problem.help == "save the file as UTF-8 without one"


@pytest.mark.parametrize(
    "points",
    [
        *((0x00, 0x09), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0xA0), (0xAD, 0xAD), (0x034F, 0x034F), (0x061C, 0x061C)),
        *((0x115F, 0x1160), (0x1680, 0x1680), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F)),
        *((0x205F, 0x206F), (0x2800, 0x2800), (0x3000, 0x3000), (0x3164, 0x3164), (0xE000, 0xF8FF), (0xFE00, 0xFE0F)),
        *((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFF), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A)),
        *((0xE0000, 0x10FFFF),),
    ],
)
def test_a_character_that_cannot_be_seen_is_refused_raw_and_by_escape(points: tuple[int, int]) -> None:
    for point in {points[0], (points[0] + points[1]) // 2, points[1]}:
        _, (raw, *_) = read_document("a.yaml", f"a: 'b{chr(point)}c'".encode())
        assert (raw.rule, raw.where.line, raw.where.column) == ("invisible-character", 1, 6)
        _, (escaped, *_) = read_document("a.yaml", f'a: "b\\U{point:08x}c"'.encode())
        assert (escaped.rule, escaped.where.line, escaped.where.column) == ("invisible-character", 1, 4)


@pytest.mark.parametrize(
    ("character", "name"),
    [("\u200b", "the invisible character U+200B"), ("\u00a0", "a no-break space"), ("\t", "a tab")],
)
def test_a_character_that_cannot_be_seen_is_named(character: str, name: str) -> None:
    _, (problem,) = read_document("a.yaml", f"a: 'b{character}c'".encode())
    assert problem.message == f"there is {name} here"


@pytest.mark.parametrize(
    "character", ["é", "ß", "\u0301", "中", "😀", "€", "–", "“", "\u00a1", "\u00ac", "\u00ae", "\u2010", "\u2027"]
)
def test_a_character_that_can_be_seen_is_read(character: str) -> None:
    assert data_in(f"a: {character}") == {"a": character}
    assert data_in(f'a: "{character}"') == {"a": character}


def test_every_letter_mark_digit_and_sign_is_read_unless_it_has_no_shape() -> None:
    signs = [sign for sign in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(sign)[0] in CATEGORIES]
    shown = [sign for sign in signs if not is_shapeless(sign)]
    for first in range(0, len(shown), 50_000):
        text = "".join(shown[first : first + 50_000])
        assert data_in(flow(text)) == text
    shapeless = set(signs) - set(shown)
    assert shapeless > set("\ufffc\ufffd\ufe0f\u034f\u2800\u115f\u3164")
    for sign in shapeless:
        assert [problem.rule for problem in read_document("a.yaml", flow(sign).encode())[1]] == ["invisible-character"]


def test_a_carriage_return_is_read_only_before_a_line_feed() -> None:
    assert data_in("a: b\r\nc: d\r\n") == {"a": "b", "c": "d"}
    _, (problem,) = read_document("a.yaml", b"a: b\rc: d")
    assert problem.message == "there is a carriage return without a line feed here"


def nested(levels: int) -> bytes:
    return b"[" * levels + b"1" + b"]" * levels


def test_a_document_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    assert read_document("a.yaml", nested(MAX_DEPTH))[1] == ()
    _, (problem,) = read_document("a.yaml", nested(MAX_DEPTH + 1))
    assert (problem.rule, problem.where.line, problem.where.column) == ("too-deep", 1, MAX_DEPTH + 1)


def test_a_document_may_be_as_large_as_the_limit_and_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    assert source.MAX_BYTES == 2**20
    monkeypatch.setattr(source, "MAX_BYTES", 2**17)
    text = b"a: 1\n" + b"#" * (MAX_LINE - 1) + b"\n"
    text += b"\n" * (source.MAX_BYTES - len(text))
    assert len(text) == source.MAX_BYTES
    assert read_document("a.yaml", text)[1] == ()
    _, (problem,) = read_document("a.yaml", text + b"\n")
    assert (problem.rule, problem.where.line, problem.where.column) == ("too-large", 1, 1)
    assert problem.help == "divide it into several documents"


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert data_in("a: 1\n#" + "é" * (MAX_LINE - 1)) == {"a": 1}
    _, (problem,) = read_document("a.yaml", b"a: 1\n#" + b"x" * MAX_LINE)
    assert (problem.rule, problem.where.line, problem.where.column) == ("too-large", 2, 1)


def test_a_document_may_hold_as_many_values_as_the_limit_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert source.MAX_EVENTS == 100_000
    monkeypatch.setattr(source, "MAX_EVENTS", 1000)
    # The stream, the document and the list begin and end, each with an event of its own.
    fits = source.MAX_EVENTS - 5
    assert read_document("a.yaml", b"- 1\n" * fits)[1] == ()
    _, (problem,) = read_document("a.yaml", b"- 1\n" * (fits + 5))
    assert problem.rule == "too-large"
    assert problem.where.line >= fits


def test_a_number_may_have_as_many_digits_as_a_float_can_tell_apart() -> None:
    assert data_in(f"[-{'9' * MAX_DIGITS}]") == [-int("9" * MAX_DIGITS)]
    assert float("9" * MAX_DIGITS) != float("9" * (MAX_DIGITS - 1) + "8")
    assert data_in("[12345678901234.5]") == [12345678901234.5]
    _, (problem,) = read_document("a.yaml", b"[12345678901234.56]")
    assert problem.rule == "number-too-long"


def test_a_long_text_is_not_repeated_in_a_message() -> None:
    key = "k" * 41
    _, (problem,) = read_document("a.yaml", f"{key}: 1\n{key}: 2\n".encode())
    assert problem.message == "this stands twice, first on line 1"
    key = "k" * 40
    _, (problem,) = read_document("a.yaml", f"{key}: 1\n{key}: 2\n".encode())
    assert problem.message == f"`{key}` stands twice, first on line 1"
    _, (problem,) = read_document("a.yaml", f"[0{'1' * 40}]".encode())
    assert problem.help == "write it in quotes"
    _, (problem,) = read_document("a.yaml", f"[0{'1' * 39}]".encode())
    assert problem.help == f'write it in quotes: "0{"1" * 39}"'


@pytest.mark.parametrize(
    "text",
    [
        "xyz: 0777",
        "0777: 1",
        "xyz: 1\nxyz: 2",
        "[xyz, xyz",
        "a: 'xyz",
        "a: xyz: 0777",
        "0777: xyz",
        "*xyz",
        "!xyz a",
        "@xyz",
    ],
)
def test_of_a_confidential_document_nothing_is_shown(text: str) -> None:
    _, problems = read_document("a.yaml", text.encode(), confidential=True)
    assert problems
    for problem in problems:
        assert "xyz" not in str(problem)
        assert "0777" not in str(problem)


def test_the_digest_is_of_the_bytes() -> None:
    one, _ = read_document("a.yaml", b"a: 1")
    other, _ = read_document("b.yaml", b"a: 1\n")
    assert one is not None
    assert other is not None
    assert one.digest == sha256(b"a: 1").hexdigest()
    assert one.data == other.data
    assert one.digest != other.digest


def test_a_node_finds_its_parts_and_tells_its_path() -> None:
    document, _ = read_document("a.yaml", b"a:\n  b: [1, {c: x}]\n  d: null\n")
    assert document is not None
    root = document.root
    node = root.at(["a", "b", 1, "c"])
    assert (node.text, node.path) == ("x", "a.b.1.c")
    assert (node.where.line, node.where.column) == (2, 14)
    assert (node.key_where.line, node.key_where.column) == (2, 11)
    above = root.at(["a"])
    assert [key for key, _ in above.items()] == ["b", "d"]
    assert above.get("d") is None
    assert above.get("e") is None
    assert above.elements() == []
    assert root.at(["a", "b"]).text is None
    assert list(root.at(["a", "b"]).items()) == []
    assert root.at(["a", "b", 0]).get("x") is None
    # Without a key, the place of the key is that of the value.
    assert root.key_where == root.where
    assert root.at(["a", "b", 0]).key_where == root.at(["a", "b", 0]).where


@given(st.lists(SEEN.filter(bool), min_size=2, max_size=6, unique=True))
def test_places_come_in_the_order_of_the_text(keys: list[str]) -> None:
    document, _ = read_document("a.yaml", flow(dict.fromkeys(keys, 1)).encode())
    assert document is not None
    places = [(child.key_where, child.where) for _, child in document.root.items()]
    ordered = [(place.line, place.column) for pair in places for place in pair]
    assert all(one < other for one, other in pairwise(ordered))
