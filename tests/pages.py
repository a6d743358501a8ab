"""The pages of the documentation, taken apart: their fenced blocks, and what comes of following them in order.

In a chapter that is to be followed in order, a block of `yaml` that begins with `# NAME.yaml` is a file, one that begins
with `# NAME.yaml, from `LINE` on` takes the place of the rest of that file from that line, and one that begins with
`# NAME.yaml, added at the end` is added to it. A block of `console` is what is typed and what is answered.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parent.parent
README: Final = ROOT / "README.md"
FORMAT: Final = ROOT / "docs" / "format.md"
AUTHORING: Final = ROOT / "docs" / "authoring.md"
PAGES: Final = (README, *sorted((ROOT / "docs").glob("*.md")))

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE: Final = re.compile(r"# (?P<name>[\w./-]+\.yaml)(?:, from `(?P<line>[^`]+)` on|(?P<end>, added at the end))?\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Typed:
    """A command of a page, what the page shows below it, and what it printed."""

    block: Block
    command: str
    shown: str
    printed: str


def blocks(page: Path, heading: str | None = None) -> list[Block]:
    """The blocks of a page, or of the chapter under a heading of the second level."""
    text = page.read_text(encoding="utf-8")
    first, last = 0, len(text)
    if heading is not None:
        first = text.index(f"\n## {heading}\n")
        last = text.find("\n## ", first + 1) if "\n## " in text[first + 1 :] else last
    return [
        Block(page.name, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _BLOCK.finditer(text)
        if first <= found.start() < last
    ]


def commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a transcript, each with what it is shown to print."""
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def typed(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What a command prints on both streams, in a folder."""
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    ).stdout


def is_as_shown(printed: str, shown: str) -> bool:
    """Whether what was printed is what is shown; a line `[...]` stands for lines left out."""
    if "[...]\n" not in shown:
        return printed == shown
    expected = r"(?:.*\n)+?".join(re.escape(each) for each in shown.split("[...]\n"))
    return re.fullmatch(expected, printed) is not None


def follow(steps: Iterable[Block], folder: Path, environment: Mapping[str, str]) -> Iterator[Typed]:
    """Does what a chapter says, block by block, and tells what each command printed."""
    for block in steps:
        if block.kind == "yaml" and (found := _FILE.match(block.text)):
            _write(folder / found["name"], block.text[found.end() :], found["line"], at_end=bool(found["end"]))
        elif block.kind == "console":
            for command, shown in commands(block):
                yield Typed(block, command, shown, typed(command, folder, environment))


def _write(path: Path, text: str, line: str | None, *, at_end: bool) -> None:
    before = ""
    if at_end:
        before = path.read_text("utf-8")
    elif line is not None:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        places = [place for place, each in enumerate(lines) if each.strip() == line]
        assert places, f"{path.name} has no line `{line}`"
        before = "".join(lines[: places[-1]])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + text, "utf-8")


def of_a_reader(cache: Path) -> dict[str, str]:
    """The environment of somebody who has just installed the package."""
    kept = {name: value for name, value in os.environ.items() if name not in {"POLICYKIT_LIBRARY", "NO_COLOR"}}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    # Unbuffered, so that both streams come in the order of a terminal.
    return kept | {"PATH": path, "XDG_CACHE_HOME": str(cache), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
