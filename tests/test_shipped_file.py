"""The compiled file beside the shipped documents: used where it is theirs and whole, and otherwise passed over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from compiled_files import compiled_file
from samples import COVERED, texts, write

import policykit
from policykit import folder

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(name="shipped")
def _shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The compiled file of documents that stand for the shipped ones."""
    monkeypatch.setattr(folder, "POLICIES", write(tmp_path / "policies", texts(COVERED)))
    file = compiled_file(tmp_path / "library.sqlite", texts(COVERED))
    monkeypatch.setattr(folder, "COMPILED", file)
    return file


@pytest.fixture(name="checks")
def _checks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A list that grows whenever documents are read and checked."""
    made: list[Any] = []
    real = folder._checked  # noqa: SLF001  # the one place where they are

    def counted(*args: Any) -> Any:
        made.append(args)
        return real(*args)

    monkeypatch.setattr(folder, "_checked", counted)
    return made


def test_where_it_is_of_the_documents_nothing_else_is_read(shipped: Path, checks: list[Any]) -> None:
    assert shipped.exists()
    assert policykit.open_library().policy("acme/p1").title == "A policy"
    assert checks == []


def edited(file: Path) -> None:
    path = file.parent / "policies" / "acme" / "p1.yaml"
    path.write_text(path.read_text().replace("A policy", "B policy"))


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    # In a row that is not read on opening.
    content[content.rindex(b"How old is the patient?")] ^= 1
    file.write_bytes(content)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("spoil", [edited, damaged, emptied, Path.unlink])
def test_otherwise_the_documents_are_read(shipped: Path, checks: list[Any], spoil: Callable[[Path], None]) -> None:
    spoil(shipped)
    library = policykit.open_library()
    assert len(checks) == 1
    assert library.policy("acme/p1").title == ("B policy" if spoil is edited else "A policy")
    assert library.vocabulary.facts["patient.age"].ask == "How old is the patient?"


def test_of_another_version_it_is_passed_over(
    shipped: Path, checks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shipped.exists()
    monkeypatch.setattr(folder, "VERSION", "0.0.0")
    policykit.open_library()
    assert len(checks) == 1
