from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pages import ROOT, blocks, commands, follow, of_a_reader

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "batch.md"


def test_whoever_follows_the_page_sees_what_is_shown(tmp_path: Path) -> None:
    folder, steps = tmp_path / "here", blocks(PAGE)
    folder.mkdir()
    # A file of claims is on the page as what `cat` shows before anything has been written.
    for block in steps:
        for command, shown in commands(block) if block.kind == "console" else ():
            if (found := re.fullmatch(r"cat (\w+\.csv)", command)) and not found[1].startswith("answers"):
                (folder / found[1]).write_text(shown, encoding="utf-8")
    done = 0
    for each in follow(steps, folder, of_a_reader(tmp_path / "cache")):
        done += 1
        expected = ".*".join(re.escape(part) for part in each.shown.split("[...]"))
        assert re.fullmatch(expected, each.printed), f"{each.block}: {each.command}\n{each.printed}"
    assert done > 5
