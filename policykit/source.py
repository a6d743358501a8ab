"""YAML text to plain data with the place of every node; unsafe or ambiguous input is refused.

The rules of what is refused stand in docs/format.md, section 2. The text is read as a stream of events, in one pass:
nothing is resolved that this module does not resolve itself, and nothing is built that could be larger than the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from policykit.document import Document, Place
from policykit.problems import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 2**20
MAX_LINE: Final = 100_000  # characters
MAX_DEPTH: Final = 48
MAX_EVENTS: Final = 100_000
MAX_DIGITS: Final = 15  # of more, a float cannot tell every two apart
_READABLE: Final = 40  # characters of a text worth showing in a message

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
# Whatever some version of YAML reads as a number, a boolean or null.
_LIKE_NUMBER: Final = re.compile(
    r"[-+]?(0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*(:[0-5]?[0-9])*(\.[0-9_]*)?(e[-+]?[0-9]+)?"
    r"|\.[0-9][0-9_]*(e[-+]?[0-9]+)?|\.inf)|\.nan",
    re.ASCII | re.IGNORECASE,
)
_LIKE_WORD: Final = re.compile(r"true|false|yes|no|on|off|y|n|null|~|=", re.ASCII | re.IGNORECASE)
_YES_OR_NO: Final = re.compile(r"true|false|yes|no|on|off|y|n", re.IGNORECASE)
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "": None}

# Characters that cannot be seen, or that change how others are shown: controls but the line feed, spaces but the
# space, joiners, directional marks, fillers, variation selectors, surrogates, private use, tags.
_INVISIBLE: Final = re.compile(
    "[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]|\r(?!\n)"
)
_LONG_LINE: Final = re.compile(rf"^[^\n]{{{MAX_LINE + 1}}}", re.MULTILINE)
_DIRECTIVE: Final = re.compile(r"(?:[ ]*(?:#[^\n]*)?\r?\n)*%")


class _Refused(Exception):  # noqa: N818  # control flow within this module
    """The text cannot be read further; carries the problem."""

    def __init__(self, rule: str, message: str, line: int, column: int, advice: str | None = None) -> None:
        self.rule, self.message, self.line, self.column, self.advice = rule, message, line, column, advice
        super().__init__(rule)


def read_document(
    name: str, content: bytes, *, confidential: bool = False
) -> tuple[Document | None, tuple[Problem, ...]]:
    """The document in these bytes, or None and what is wrong.

    `name` is the file as messages are to show it. A document may come with problems (an unquoted scalar, a repeated
    key); it is then good for finding further ones, and for nothing else. Problems of a `confidential` document, which
    holds a patient's facts, show nothing of its text.
    """
    reader = _Reader(name, confidential)
    try:
        data, place = reader.read(content)
    except _Refused as refused:
        where = Location(file=name, line=refused.line, column=refused.column)
        problem = Problem(rule=refused.rule, message=refused.message, where=where, help=refused.advice)
        return None, (*reader.problems, problem)
    document = Document(name=name, data=data, place=place, digest=sha256(content).hexdigest())
    return document, tuple(reader.problems)


def reads_as_text(plain: str) -> bool:
    """Whether a scalar of these characters, written without quotes, is text: no number, no yes or no, no null."""
    others = (_NUMBER, _LIKE_NUMBER, _LIKE_WORD)
    return bool(plain) and not any(each.fullmatch(plain) for each in others)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not been read yet."""

    value: Any
    place: Place
    key: str = ""
    key_line: int = 0
    key_column: int = 0
    awaits_value: bool = False


@dataclass(slots=True)
class _Reader:
    name: str
    confidential: bool
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    documents: list[tuple[Any, Place]] = field(default_factory=list)

    def read(self, content: bytes) -> tuple[Any, Place]:
        text = _decoded(content)
        if _DIRECTIVE.match(text):
            line = text[: text.index("%")].count("\n") + 1
            raise _Refused("directive", "a document has no `%` directives", line, 1, "delete the line")
        for count, event in enumerate(_events(text)):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if count > MAX_EVENTS:
                raise _Refused("too-large", f"more than {MAX_EVENTS} values in one document", line, column)
            self._take(event, line, column)
        if not self.documents or self.documents[0][0] is None:
            raise _Refused("empty-document", "there is nothing in this document", 1, 1)
        return self.documents[0]

    def _take(self, event: Any, line: int, column: int) -> None:
        if getattr(event, "anchor", None) is not None:
            advice = "write the value out, or name it under `value_sets` or `criteria`"
            raise _Refused("anchor-or-alias", "anchors and aliases are not used", line, column, advice)
        if getattr(event, "ctag", None) is not None:
            raise _Refused("tag", "tags are not used", line, column, "delete the word that begins with `!`")
        if isinstance(event, ScalarEvent):
            self._scalar(event, line, column)
        elif isinstance(event, MappingStartEvent):
            self._open(_Open({}, [line, column, {}]), line, column)
        elif isinstance(event, SequenceStartEvent):
            self._open(_Open([], [line, column, []]), line, column)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            closed = self.stack.pop()
            self._put(closed.value, closed.place)
        elif isinstance(event, DocumentStartEvent) and self.documents:
            raise _Refused("several-documents", "one file holds one document", line, column, "use a file for each")

    def _open(self, opened: _Open, line: int, column: int) -> None:
        if self._awaits_key():
            raise _Refused("key-not-text", "a key is text, not a list or a mapping", line, column)
        if len(self.stack) >= MAX_DEPTH:
            raise _Refused("too-deep", f"more than {MAX_DEPTH} levels deep", line, column)
        self.stack.append(opened)

    def _awaits_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and not self.stack[-1].awaits_value

    def _put(self, value: Any, place: Place) -> None:
        """A value that is complete goes into what is open around it."""
        if not self.stack:
            self.documents.append((value, place))
            return
        top = self.stack[-1]
        if isinstance(top.value, dict):
            if top.key not in top.value:
                top.value[top.key] = value
                top.place[2][top.key] = [top.key_line, top.key_column, place]
            top.awaits_value = False
        else:
            top.value.append(value)
            top.place[2].append(place)

    def _scalar(self, event: ScalarEvent, line: int, column: int) -> None:
        value = self._resolved(event, line, column)
        if not self._awaits_key():
            self._put(value, [line, column])
            return
        top = self.stack[-1]
        if value == "<<" and not event.style:
            raise _Refused("merge-key", "merge keys are not used", line, column, "write the keys out")
        if not isinstance(value, str):
            self._report("key-not-text", "a key is text", line, column, self._in_quotes(event.value))
            value = str(event.value)
        if value in top.value:
            first = top.place[2][value][0]
            self._report("duplicate-key", f"{self._shown(value)} stands twice, first on line {first}", line, column)
        top.key, top.key_line, top.key_column, top.awaits_value = value, line, column, True

    def _resolved(self, event: ScalarEvent, line: int, column: int) -> str | int | float | bool | None:
        text: str = event.value
        if event.style:
            if event.style == '"' and (found := _INVISIBLE.search(text)):
                self._report("invisible-character", f"an escape stands for {_named(found[0])}", line, column)
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _NUMBER.fullmatch(text):
            if sum(character.isdigit() for character in text) > MAX_DIGITS:
                advice = "a number has a value; a code is text, in quotes"
                self._report("number-too-long", f"a number of more than {MAX_DIGITS} digits", line, column, advice)
                return text
            return float(text) if "." in text else int(text)
        if _LIKE_NUMBER.fullmatch(text) or _LIKE_WORD.fullmatch(text):
            message = f"{self._shown(text)} means different things to different readers of YAML"
            advice = self._in_quotes(text)
            if _YES_OR_NO.fullmatch(text):
                advice = f"write `true` or `false`; if it is text, {advice}"
            self._report("unquoted", message, line, column, advice)
        return text

    def _shown(self, text: str) -> str:
        return "this" if self.confidential or len(text) > _READABLE else f"`{text}`"

    def _in_quotes(self, text: str) -> str:
        plain = self.confidential or len(text) > _READABLE or not text
        return "write it in quotes" if plain else f'write it in quotes: "{text}"'

    def _report(self, rule: str, message: str, line: int, column: int, advice: str | None = None) -> None:
        where = Location(file=self.name, line=line, column=column)
        self.problems.append(Problem(rule=rule, message=message, where=where, help=advice))


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 2**20} MiB"
        raise _Refused("too-large", message, 1, 1, "divide it into several documents")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise _Refused("not-utf-8", "the file is not in UTF-8", line, column, "save it as UTF-8") from None
    if text.startswith("\ufeff"):
        advice = "save the file as UTF-8 without one"
        raise _Refused("invisible-character", "the file begins with a byte order mark", 1, 1, advice)
    if found := _INVISIBLE.search(text):
        start = found.start()
        line, column = text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1
        advice = "indent with spaces" if found[0] == "\t" else "delete it, or type an ordinary space"
        raise _Refused("invisible-character", f"there is {_named(found[0])} here", line, column, advice)
    if found := _LONG_LINE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _Refused("too-large", f"a line of more than {MAX_LINE} characters", line, 1, "divide it")
    return text


def _named(character: str) -> str:
    names = {"\t": "a tab", "\r": "a carriage return without a line feed", "\xa0": "a no-break space"}
    return names.get(character, f"the invisible character U+{ord(character):04X}")


def _events(text: str) -> Iterator[Any]:
    """The events of the parser; whatever it makes of a hostile text becomes one problem with a place."""
    events = iter(YAML(typ="safe", pure=True).parse(text))
    line, column = 1, 1
    while True:
        try:
            event = next(events)
        except StopIteration:
            return
        except MarkedYAMLError as error:
            message, advice, mark = _told(error)
            if mark is not None:
                line, column = mark.line + 1, mark.column + 1
            raise _Refused("syntax", f"this is not YAML: {message}", line, column, advice) from None
        except Exception:  # noqa: BLE001  # a parser of others over any text at all: law 9
            raise _Refused("syntax", "this is not YAML", line, column) from None
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        yield event


# What the parser complains of, what it comes from, and the way out. Nothing here repeats the text, which may be a
# patient's; the parser itself does.
_SYNTAX: Final = (
    (
        re.compile(r"expected <block end>, but found '(?!<(scalar|anchor|alias|tag)>)"),
        "this is not in line with what it belongs to",
        "keys of one mapping, and dashes of one list, are indented equally far",
    ),
    (
        re.compile(r"expected <block end>"),
        "something follows here after what was complete",
        "put the whole text in quotes: double ones, or single ones if there are double quotes in it",
    ),
    (
        re.compile(r"mapping values are not allowed"),
        "a `:` cannot stand here",
        "put a text with `: ` in it in double quotes; otherwise a key above lacks its `: `, or the indentation is wrong",
    ),
    (
        re.compile(r"sequence entries are not allowed"),
        "a list cannot begin here",
        "begin it on a line of its own, or put a text that begins with `- ` in double quotes",
    ),
    (
        re.compile(r"cannot start any token|alphabetic or numeric|mapping keys are not allowed|node content"),
        "a text without quotes cannot begin so",
        "put it in double quotes, or supply what is missing before it",
    ),
    (
        re.compile(r"indicator|a comment or a line break"),
        "the text that belongs to `>` or `|` begins on the next line",
        "put a text that begins with this sign in double quotes",
    ),
    (re.compile(r"escape"), "a backslash stands before what it cannot stand before", "write `\\\\` for a backslash"),
)


_CLOSE: Final = "close what is open; between items stands a comma"


def _told(error: MarkedYAMLError) -> tuple[str, str | None, Any]:
    """What is wrong, the way out, and the mark of the place, in words that repeat nothing of the text."""
    problem, began = str(error.problem or ""), error.context_mark
    mark = error.problem_mark or began
    if "could not find expected ':'" in problem:
        return "there is no `: ` after this key", "write `key: value`, with a space after the colon", began or mark
    if "quoted scalar" in str(error.context) and began is not None and "escape" not in problem:
        return "the quote that opens here is not closed", "close it with the same sign", began
    if "flow" in str(error.context) and began is not None and mark is not None:
        if mark.line == began.line:
            return "a comma is missing here, or a bracket or quote is open", _CLOSE, mark
        # What comes later may be sound: the place where the bracket opens is the one to look at.
        return "the bracket that opens here is not closed, or lacks a comma", _CLOSE, began
    for pattern, message, advice in _SYNTAX:
        if pattern.search(problem):
            return message, advice, mark
    return "it cannot be parsed", None, mark
