"""The chapters that are to be followed in order are followed in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pages import AUTHORING, FORMAT, blocks, follow, is_as_shown, of_a_reader, typed

if TYPE_CHECKING:
    from pathlib import Path

CHAPTERS = {FORMAT: "A first policy, step by step", AUTHORING: None}


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_whoever_follows_the_steps_sees_what_is_shown(page: Path, tmp_path: Path) -> None:
    folder, environment = tmp_path / "here", of_a_reader(tmp_path / "cache")
    folder.mkdir()
    commands = 0
    for each in follow(blocks(page, CHAPTERS[page]), folder, environment):
        commands += 1
        assert is_as_shown(each.printed, each.shown), f"{each.block}: {each.command}\n{each.printed}"
    assert commands
    # What came of it is sound, laid out as it should be, and answers its cases.
    (library,) = {path.parent for path in folder.rglob("payers.yaml")}
    assert ", no problems" in typed(f"policykit check {library}", folder, environment)
    assert typed(f"policykit fmt --check {library}; echo $?", folder, environment).endswith("\n0\n")
    assert typed(f"policykit test {library}", folder, environment).endswith(" 0 failed\n")
