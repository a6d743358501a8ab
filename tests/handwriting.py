"""Plain data written as YAML by many hands: other indentation, quotes, brackets, comments and blank lines each time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from oracle import Plain, Value

_PLAIN: Final = re.compile(r"[a-z]{3,}[a-z-]*|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OPENED: Final = re.compile(r": [>|]-(  # beside \d+)?\Z")
_WORDS: Final = frozenset({"yes", "true", "null", "false", "off"})


@dataclass
class Hand:
    """A way of writing. `busy` is how often there is a comment or a blank line where one may be."""

    chance: Random
    busy: float = 0.2
    comments: Iterator[int] = field(default_factory=lambda: count(1))

    def document(self, data: Plain) -> str:
        """The data as a text; `history` is a list with dashes."""
        lines = self.mapping(data, 0)
        # What is indented more than a text of several lines would belong to it.
        lines += self.noise(0, 0 if len(lines) > 1 and _OPENED.search(lines[-2]) else 6)
        ending = self.chance.choice(("\n", "\n", "\r\n"))
        return ending.join(lines) + self.chance.choice((ending, ending, ending * 2, ""))

    def noise(self, least: int, most: int) -> list[str]:
        """Some lines that mean nothing, indented by so many spaces."""
        lines: list[str] = []
        while self.chance.random() < self.busy:
            comment = f"{' ' * self.chance.randint(least, most)}# comment {next(self.comments)}"
            lines.append(self.chance.choice(("", comment, comment)))
        return lines

    def beside(self) -> str:
        """Perhaps a comment at the end of a line."""
        return f"  # beside {next(self.comments)}" if self.chance.random() < self.busy else ""

    def mapping(self, data: Plain, indent: int) -> list[str]:
        lines: list[str] = []
        for number, (key, value) in enumerate(data.items()):
            lines += self.noise(0, indent) if number else []
            head = f"{' ' * indent}{self.key(key)}:"
            if isinstance(value, list | dict) and value and (key == "history" or self.chance.random() < 0.7):
                lines.append(head + self.beside())
                lines += self.noise(0, indent + 4)
                inner = indent + self.chance.choice((1, 2, 2, 2, 4))
                if isinstance(value, dict):
                    lines += self.mapping(value, inner)
                else:
                    lines += self.sequence(value, self.chance.choice((indent, inner)))
            elif isinstance(value, str) and " " in value and value.isprintable() and self.chance.random() < 0.5:
                sign = self.chance.choice((">-", "|-"))
                lines += [f"{head} {sign}{self.beside()}", f"{' ' * (indent + 3)}{value}"]
            else:
                lines.append(f"{head} {self.flow(value)}{self.beside()}")
        return lines

    def sequence(self, data: list[Value], indent: int) -> list[str]:
        lines: list[str] = []
        for number, value in enumerate(data):
            lines += self.noise(0, indent) if number else []
            step = self.chance.choice((2, 2, 2, 4))
            if isinstance(value, dict) and value and self.chance.random() < 0.8:
                first, *others = self.mapping(value, indent + step)
                lines += [f"{' ' * indent}-{' ' * (step - 1)}{first.lstrip()}", *others]
            else:
                lines.append(f"{' ' * indent}- {self.flow(value)}{self.beside()}")
        return lines

    def flow(self, value: Value) -> str:
        gap = self.chance.choice(("", "", " "))
        match value:
            case dict():
                parts = (f"{self.key(key)}: {self.flow(each)}" for key, each in value.items())
                return f"{{{gap}{', '.join(parts)}{gap}}}"
            case list():
                return f"[{gap}{', '.join(self.flow(each) for each in value)}{gap}]"
            case str():
                return self.text(value)
            case _:
                return json.dumps(value)

    def text(self, value: str) -> str:
        if _PLAIN.fullmatch(value) and value not in _WORDS and self.chance.random() < 0.7:
            return value
        if "'" not in value and value.isprintable() and self.chance.random() < 0.3:
            return f"'{value}'"
        return json.dumps(value, ensure_ascii=False)

    def key(self, key: str) -> str:
        if re.fullmatch(r"[a-z][a-z_.-]+", key) and self.chance.random() < 0.9:
            return key
        return json.dumps(key)
