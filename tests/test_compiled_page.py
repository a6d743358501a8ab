"""What docs/compiled-library.md shows is what happens: its commands, its program, and its questions in SQL."""

from __future__ import annotations

import contextlib
import io
import re
import sqlite3
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pages import ROOT, blocks, commands, is_as_shown, of_a_reader, typed

from policykit.compiled import form

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PAGE: Final = ROOT / "docs" / "compiled-library.md"
BLOCKS: Final = blocks(PAGE)


def answered(question: str, file: Path) -> str:
    """The rows of an answer, a line for each."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(question).fetchall()
    return "".join(f"{' | '.join('' if each is None else str(each) for each in row)}\n" for row in rows)


def test_whoever_follows_the_page_sees_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = of_a_reader(tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    shown = {"console": 0, "python": 0, "sql": 0}
    for block, after in pairwise([*BLOCKS, BLOCKS[-1]]):
        match block.kind:
            case "console":
                for command, expected in commands(block):
                    printed = typed(command, tmp_path, environment)
                    assert is_as_shown(printed, expected), printed
            case "python":
                printing = io.StringIO()
                with contextlib.redirect_stdout(printing):
                    exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})  # noqa: S102  # a reader's
                assert printing.getvalue() == after.text, str(block)
            case "sql":
                assert answered(block.text, tmp_path / "library.sqlite") == after.text, str(block)
            case _:
                continue
        shown[block.kind] += 1
    assert shown == {"console": 1, "python": 1, "sql": 3}


def test_the_table_of_tables_names_every_table_and_column() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(form.TABLES)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [name for name, _ in rows] == tables
    for name, told in rows:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        assert columns <= set(re.findall(r"`(\w+)`", told)), name
    connection.close()
