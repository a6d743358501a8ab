"""All rows of a kind are read together only where each of them is there: a missing one is never taken for an empty one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from compiled_files import compiled_file
from samples import COVERED, coverage, texts

from policykit.compiled import form
from policykit.compiled.earlier import read_earlier
from policykit.compiled.reading import CompiledFile, Unusable, open_holdings

if TYPE_CHECKING:
    from pathlib import Path

MANY = {
    f"acme/p{number}.yaml": coverage("- outcome: covered")
    .replace("acme/p1", f"acme/p{number}")
    .replace("64714", f"{number + 10}714")
    for number in range(1, 13)
}


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    return compiled_file(tmp_path / "a.sqlite", {**texts(COVERED), **MANY})


def without(path: Path, kind: str, number: int) -> Path:
    """The same file, without a row."""
    with closing(sqlite3.connect(path)) as file:
        ((rows,),) = file.execute("SELECT count(*) FROM part WHERE kind = ?", (kind,)).fetchall()
        assert rows > 1
        file.execute("DELETE FROM part WHERE kind = ? AND number = ?", (kind, number % rows))
        file.commit()
    return path


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize("kind", ["document", "policy", "codes"])
def test_a_row_that_is_missing_among_others_is_noticed(file: Path, kind: str, number: int) -> None:
    whole = read_earlier(file)
    assert whole is not None
    assert len(open_holdings(file).codes) >= len(MANY)
    found = without(file, kind, number)
    with pytest.raises(Unusable, match="is damaged"):
        dict(CompiledFile(found).texts(kind))
    with pytest.raises(Unusable, match="is damaged"):
        CompiledFile(found).prove()
    if kind == "codes":
        with pytest.raises(Unusable, match="is damaged"):
            list(open_holdings(found).codes)
    else:
        assert read_earlier(found) is None


@pytest.mark.parametrize("kind", [*map(form.names_of, form.LISTED), form.LABELS, form.PUBLISHED])
def test_a_file_is_proven_only_with_all_that_stands_in_a_row_of_its_own(file: Path, kind: str) -> None:
    CompiledFile(file).prove()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("DELETE FROM part WHERE kind = ?", (kind,)).rowcount == 1
        connection.commit()
    with pytest.raises(Unusable, match="is damaged"):
        CompiledFile(file).prove()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE library SET value = '00' WHERE key = 'seal'",
        "UPDATE library SET value = '1' WHERE key = 'format'",
        "UPDATE library SET value = '0.0' WHERE key = 'version'",
        "INSERT INTO library VALUES ('more', '')",
    ],
)
def test_what_stands_at_the_root_is_all_there_and_no_more(file: Path, change: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute(change).rowcount == 1
        connection.commit()
    with pytest.raises(Unusable, match="is damaged"):
        CompiledFile(file)
