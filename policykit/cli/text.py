"""What answers in text are made of: marks, colours, wrapped lines. Nothing here prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Colour = Literal["bold", "dim", "red", "green", "yellow", "cyan"]
_CODES: Final[dict[Colour, str]] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


@record
class Marks:
    """The signs of an answer, as far as the output can show them."""

    met: str = "✓"
    not_met: str = "✗"
    unknown: str = "?"
    bar: str = "█"
    void: str = "░"
    gap: str = "·"
    point: str = "•"
    onward: str = "→"


ASCII: Final = Marks(met="+", not_met="-", unknown="?", bar="#", void="x", gap=".", point="*", onward=">")


@record
class Page:
    """What an answer is written on: how wide it is, the signs that it can show, and whether it has colours."""

    width: int = 80
    marks: Marks = Marks()
    colours: bool = False

    def paint(self, words: str, *colours: Colour) -> str:
        """Words in a colour, where there are colours."""
        if not (self.colours and words and colours):
            return words
        return f"\x1b[{';'.join(_CODES[each] for each in colours)}m{words}\x1b[0m"

    def wrap(self, words: str, *colours: Colour, indent: int = 0, first: str = "") -> Iterator[str]:
        """Words as lines that fit. `first`, such as a mark, stands before the first line; the others hang below it."""
        hanging = indent + len(first)
        lead = " " * indent + first
        for line in wrapped(words, max(self.width - hanging, 20)):
            yield f"{lead}{self.paint(line, *colours)}".rstrip()
            lead = " " * hanging

    def pairs(self, pairs: Iterable[tuple[str, str]], indent: int = 0) -> Iterator[str]:
        """Names and what stands for them, aligned."""
        rows = [(name, words) for name, words in pairs if words]
        wide = max((len(name) for name, _ in rows), default=0) + 2
        for name, words in rows:
            lead = f"{name:<{wide}}"
            for number, line in enumerate(self.wrap(words, indent=indent + wide)):
                yield " " * indent + self.paint(lead, "dim") + line.lstrip() if number == 0 else line


def wrapped(words: str, width: int) -> list[str]:
    """Words in lines of at most so many characters, where none of them is longer."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """A number and its noun."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
