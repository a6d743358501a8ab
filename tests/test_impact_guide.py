"""What docs/impact.md shows is what happens."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pages import ROOT, blocks, commands, follow, is_as_shown, of_a_reader

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "impact.md"


def test_whoever_follows_the_page_sees_what_is_shown(tmp_path: Path) -> None:
    folder, steps = tmp_path / "here", blocks(PAGE)
    shutil.copytree(ROOT / "policies", folder / "policies")
    # The claims are on the page as what `cat` shows before anything has been written.
    ((command, claims),) = commands(steps[0])
    assert command == "cat claims.csv"
    (folder / "claims.csv").write_text(claims, encoding="utf-8")
    done = 0
    for each in follow(steps, folder, of_a_reader(tmp_path / "cache")):
        done += 1
        assert is_as_shown(each.printed, each.shown), f"{each.block}: {each.command}\n{each.printed}"
    assert done == 7
    assert "Not covered → covered: 2 claims" in (folder / "impact.html").read_text(encoding="utf-8")
