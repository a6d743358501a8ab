"""What docs/sql.md shows is what happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pages import ROOT, Block, blocks, commands, follow, of_a_reader

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "sql.md"


def test_whoever_follows_the_page_sees_what_is_shown(tmp_path: Path) -> None:
    folder, steps = tmp_path / "here", blocks(PAGE)
    folder.mkdir()
    for block in steps:
        _put(block, folder)
    done = 0
    for each in follow(steps, folder, of_a_reader(tmp_path / "cache")):
        done += 1
        # `[...]` stands for the rest of a line, or for lines.
        expected = ".*".join(re.escape(part) for part in each.shown.split("[...]"))
        assert re.fullmatch(expected, each.printed, re.DOTALL), f"{each.block}: {each.command}\n{each.printed}"
    assert done == 6


def _put(block: Block, folder: Path) -> None:
    """The program of a page, and the claims, which are on it as what `cat` shows."""
    if block.kind == "python":
        (folder / "ask.py").write_text(block.text, encoding="utf-8")
    for command, shown in commands(block) if block.kind == "console" else ():
        if command == "cat claims.csv":
            (folder / "claims.csv").write_text(shown, encoding="utf-8")
