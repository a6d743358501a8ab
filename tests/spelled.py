"""The same data written in YAML in many ways: block and flow, every kind of scalar, comments and blank lines anywhere.

Every text is sound by construction. Comments are numbered, so that a test can tell which of them it finds again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from policykit.source import read_document

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TRICKY: Final = (
    *("", " ", "a b", "a: b", "a # b", "#a", "- a", "-", "-a", "a,b", "[a", "{a}", "a]", "*a", "&a", "!a", "%a", "@a"),
    *("`a", "'a'", '"a"', "it's", 'say "so"', "both ' and \"", "back\\slash", "yes", "No", "null", "~", "12", "0587"),
    *("7E1", "1.50", "2024-01-01", "2024-01", "64714", "RT", "1:30", "30.3.3", "---", "--- a", "...", "? a", ": a"),
    *("a:", " a", "a ", "a  b", "two\nlines", "two\n\nparts", "end\n", "ends\n\n", "\nbegin", " x\ny", "a\n  b\nc"),
    *("x " * 70 + "y", "w" * 130, "long: " * 40 + "end", "one\n" + "long line " * 20 + "end", "http://x.y/z?a=1#b"),
    *("ü ñ 漢字 😀", "a\r\nb", "<<", "=", "k | v", "> a", "| a", "a #", "(i.e., x)"),
)
KEYS: Final = (
    *("format", "policy", "title", "criteria", "history", "value_sets", "revision", "summary", "services", "service"),
    *("codes", "coverage", "outcome", "when", "all", "any", "fact", "is", "in", "id", "says", "cite", "reading", "use"),
    *("facts", "cases", "case", "expect", "missing", "possible", "cpt", "icd10cm", "allow", "source", "related", "of"),
    *("64714", "a key", "it's", "a: b", "yes", "x" * 60, "odd #key", "modifiers", "place", "derived", "values", "type"),
)
SCALARS: Final[SearchStrategy[Any]] = st.one_of(
    st.sampled_from(TRICKY),
    st.sampled_from(TRICKY),
    st.sampled_from((True, False, None, 0, 12, -3, 2.5)),
    st.text(st.sampled_from("abc XY09 .,:;#'\"-[]{}\n\\&*!?|>%@`é"), max_size=30),
)


def trees() -> SearchStrategy[Any]:
    """Mappings of anything, under keys of documents and other keys."""
    inside = st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
            | st.lists(st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=3), min_size=1, max_size=3)
        ),
        max_leaves=14,
    )
    return st.dictionaries(st.sampled_from(KEYS), inside, min_size=1, max_size=5)


def spellings(*, commented: bool = True, shuffled: bool = True) -> SearchStrategy[Spelling]:
    """Ways to write, none simpler than another."""
    return st.integers(0, 2**32).map(lambda seed: Spelling(Random(seed), commented=commented, shuffled=shuffled))  # noqa: S311  # no secrets


def plainly(data: Any) -> str:
    """Data as one text: equal only for data that is equal, the order of keys aside."""
    return json.dumps(data, sort_keys=True)


@dataclass(slots=True)
class Spelling:
    """One way to write data. `comments` are those that it has written so far."""

    random: Random
    commented: bool = True
    shuffled: bool = True
    comments: list[str] = field(default_factory=list)
    deepest: int = 99  # where a comment may be indented without being read as part of the text above

    def document(self, data: Any) -> str:
        """A whole document."""
        lines = self._between(0)
        if self._happens(0.1):
            lines.append(f"---{self._beside()}")
        lines += self._block(data, self.random.choice((0, 0, 0, 2)))
        lines += self._between(self.random.choice((0, 2, 6)))
        if self._happens(0.05):
            lines.append(f"...{self._beside()}")
        ending = self.random.choice(("\n", "\n", "\n", "\r\n"))
        text = ending.join(lines)
        # A text of several lines at the end that ends with a line break needs it.
        return text if self._happens(0.1) and _reads_back(text, data) else text + ending

    def _happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def _comment(self) -> str:
        tail = self.random.choice(("", " plain", ' "quoted', " k: v", " - [x, {y", " # twice", " 'it"))
        self.comments.append(f"#{len(self.comments)}{tail}")
        return self.comments[-1] + self.random.choice(("", "  "))

    def _beside(self) -> str:
        return f" {self._comment()}" if self.commented and self._happens(0.15) else ""

    def _between(self, indent: int) -> list[str]:
        """Comments and blank lines before an item; comments are indented as it is, or otherwise."""
        lines: list[str] = []
        while self.commented and self._happens(0.2):
            column = min(indent if self._happens(0.7) else self.random.randint(0, indent + 6), self.deepest)
            lines.append(" " * column + self._comment() if self._happens(0.6) else " " * self.random.choice((0, 0, 1)))
        self.deepest = 99
        return lines

    def _block(self, data: Any, indent: int) -> list[str]:
        """Lines of a mapping or a list, each item on lines of its own."""
        margin, lines = " " * indent, []
        for key, value in self._in_some_order(data):
            lines += self._between(indent)
            head = f"{margin}-"
            if key is not None:
                head = margin + spelled_key(key, self.random) + self.random.choice((":", ":", " :"))
                if self._happens(0.04):
                    lines.append(f"{margin}? {spelled_key(key, self.random)}{self._beside()}")
                    head = f"{margin}:"
            lines += self._value(head, value, indent, in_list=key is None)
        return lines

    def _in_some_order(self, data: Any) -> list[tuple[str | None, Any]]:
        if isinstance(data, list):
            return [(None, value) for value in data]
        items = list(data.items())
        if self.shuffled:
            self.random.shuffle(items)
        return items

    def _value(self, head: str, data: Any, indent: int, *, in_list: bool) -> list[str]:
        if not isinstance(data, dict | list):
            return self._scalar(head, data, indent)
        if not data or self._happens(0.3):
            margin = "\n" + " " * (indent + self.random.choice((1, 2, 5)))
            begin = " " if self._happens(0.7) else f"{self._beside()}{margin}"
            return f"{head}{begin}{self._flow(data, margin)}{self._beside()}".split("\n")
        if in_list and self._happens(0.7):
            inner = indent + self.random.choice((2, 2, 4))
            first, *others = self._block(data, inner)
            if first[inner : inner + 1] not in {"", "#", " "} and not first[:inner].strip():
                return [head + " " * (inner - len(head)) + first[inner:], *others]
            return [head, first, *others]
        may_hang = isinstance(data, list) and not in_list
        inner = indent + self.random.choice((0, 2, 2) if may_hang else (1, 2, 2, 4))
        return [head + self._beside(), *self._block(data, inner)]

    def _flow(self, data: Any, margin: str) -> str:
        """A value between brackets, with line breaks and comments in it."""
        if not isinstance(data, dict | list):
            return self._flow_scalar(data, margin)
        opening, closing = "[]" if isinstance(data, list) else "{}"
        parts = []
        for key, value in self._in_some_order(data):
            begin = "" if key is None else f"{spelled_key(key, self.random, in_flow=True)}:{self._gap(margin) or ' '}"
            parts.append(f"{self._gap(margin)}{begin}{self._flow(value, margin)}{self._gap(margin)}")
        last = f",{self._gap(margin)}" if parts and self._happens(0.1) else ""
        return f"{opening}{','.join(parts)}{last}{self._gap(margin) if not parts else ''}{closing}"

    def _gap(self, margin: str) -> str:
        if self._happens(0.7):
            return self.random.choice(("", " "))
        if self.commented and self._happens(0.3):
            return f" {self._comment()}{margin}"
        return margin

    def _flow_scalar(self, data: Any, margin: str) -> str:
        ways = [_escaped(data)] if isinstance(data, str) else [_bare(data)]
        if isinstance(data, str):
            ways += [_single(data)] if _reads_back(f"[{_single(data)}]", [data]) else []
            is_plain = _reads_back(f"[{data}\n,{data},{{k: {data}}}]", [data, data, {"k": data}])
            ways += [data] if is_plain and data[:1] not in {":", "-", "?"} else []
        way = self.random.choice(ways)
        broken = _BREAK.sub(lambda _: margin if self._happens(0.1) else " ", way)
        return broken if _reads_back(f"k: [{broken}]", {"k": [data]}) else way

    def _scalar(self, head: str, data: Any, indent: int) -> list[str]:
        if data is None and self._happens(0.3):
            return [head + self._beside()]
        margin = "\n" + " " * (indent + self.random.choice((1, 2, 5)))
        if isinstance(data, str) and self._happens(0.4) and (lines := self._lines_of(data, indent)) is not None:
            sign, *others = lines
            self.deepest = indent
            return [f"{head} {sign}{self._beside()}", *others]
        ways = [_escaped(data)] if isinstance(data, str) else [_bare(data)]
        if isinstance(data, str):
            ways += [way for way in (_single(data), data, data) if _reads_back(f"k: {way}", {"k": data})]
        way = self.random.choice(ways)
        broken = _BREAK.sub(lambda _: margin if self._happens(0.1) else " ", way)
        way = broken if _reads_back(f"{' ' * indent}k: {broken}", {"k": data}) else way
        begin = " " if self._happens(0.7) else f"{self._beside()}{margin}"
        return f"{head}{begin}{way}{self._beside()}".split("\n")

    def _lines_of(self, text: str, indent: int) -> list[str] | None:
        """A text as a literal or folded scalar, where it can be one."""
        body = text.removesuffix("\n")
        lines = body.split("\n")
        if "\r" in text or not lines[-1].strip() or any(line and not line.strip() for line in lines):
            return None
        chomp = "" if body != text else "-"
        deeper = self.random.choice((1, 2, 4))
        explicit = str(deeper) if lines[0][:1] in {"", " "} or self._happens(0.1) else ""
        margin = " " * (indent + deeper)
        sign = "|"
        if not any(line.startswith(" ") for line in lines) and self._happens(0.6):
            sign = ">"
            folded = [_BREAK.sub(lambda _: "\n" if self._happens(0.2) else " ", line).split("\n") for line in lines]
            lines = [part for group in folded for part in ([""] if group == [""] else [*group, ""])][:-1]
        return [f"{sign}{explicit}{chomp}", *(margin + line if line else "" for line in lines)]


def spelled_key(key: str, random: Random, *, in_flow: bool = False) -> str:
    """A key in one of the ways in which it can be written on one line."""
    template = "{{{}: 1}}" if in_flow else "{}: 1"
    ways = [way for way in (key, _single(key)) if _reads_back(template.format(way), {key: 1})]
    return random.choice([_escaped(key), *ways])


_BREAK: Final = re.compile(r"(?<=[^ ]) (?=[^ ])")


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _single(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _bare(data: Any) -> str:
    return "null" if data is None else json.dumps(data)


@cache
def _read(text: str) -> str | None:
    document, problems = read_document("a.yaml", text.encode())
    return None if problems or document is None else plainly(document.data)


def _reads_back(text: str, data: Any) -> bool:
    return _read(text) == plainly(data)
