from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from samples import COVERED, VOCABULARY, write

from policykit.problems import InvalidDocuments, Problem
from policykit.writing import formatting
from policykit.writing.formatting import NotFormatted, documents_in, laid_out
from policykit.writing.layout import formatted, in_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = {**VOCABULARY, "acme/p1.yaml": COVERED, "acme/p1.cases.yaml": "format: 1\ncases: []\n"}


def names(path: Path, root: Path) -> list[str]:
    return [each.relative_to(root).as_posix() for each in documents_in(path) if isinstance(each, Path)]


def test_documents_of_a_library_are_those_that_it_has(tmp_path: Path) -> None:
    write(
        tmp_path,
        {**FILES, ".hidden/a.yaml": "a: b", "notes.md": "", "acme/.p2.yaml": "a: b", "acme/x/deep.yaml": "a: b"},
    )
    assert names(tmp_path, tmp_path) == sorted(FILES)
    assert names(tmp_path / "acme", tmp_path) == ["acme/p1.cases.yaml", "acme/p1.yaml"]
    assert names(tmp_path / "acme" / "p1.yaml", tmp_path) == ["acme/p1.yaml"]


def test_a_folder_of_no_library_has_libraries_and_documents_but_no_other_yaml(tmp_path: Path) -> None:
    write(tmp_path / "lib", FILES)
    others = {
        "case.yaml": "date_of_service: 2024-01-01\n",
        "draft.yaml": "format: 1\n",
        "broken.yaml": "format: 1\n  a: b\n",
        "compose.yaml": "services: {}\n",
        "list.yaml": "- format\n",
        ".hidden.yaml": "format: 1\n",
        ".git/a.yaml": "format: 1\n",
        "a.yml": "format: 1\n",
    }
    write(tmp_path, others)
    (tmp_path / "link").symlink_to(tmp_path / "lib", target_is_directory=True)
    found = names(tmp_path, tmp_path)
    assert found == ["broken.yaml", "case.yaml", "draft.yaml", *(f"lib/{name}" for name in sorted(FILES))]


def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"draft.yaml": "format: 1\n"})
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    found = list(documents_in(tmp_path))
    assert [each.rule for each in found if isinstance(each, Problem)] == ["unreadable"]
    assert tmp_path / "draft.yaml" in found


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"draft.yaml": "format: 1\n", "locked/a.yaml": "format: 1\n"})
    whole = Path.iterdir

    def refusing(folder: Path) -> Iterator[Path]:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return whole(folder)

    monkeypatch.setattr(Path, "iterdir", refusing)
    one, problem = documents_in(tmp_path)
    assert one == tmp_path / "draft.yaml"
    assert isinstance(problem, Problem)
    assert (problem.rule, problem.where.file) == ("unreadable", str(tmp_path / "locked"))
    assert problem.message == "the folder cannot be read: permission denied"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("facts.yaml", "facts: {a.b: {ask: A?, type: date}}\nformat: 1\n"),
        ("x.cases.yaml", "cases: [{date_of_service: 2024-01-01, case: A}]\nformat: 1\n"),
        ("a case.yaml", "facts: {a.b: [RT]}\ndate_of_service: 2024-01-01\n"),
        ("some facts.yaml", "facts: {a.b: {ask: A?, type: date}}\nformat: 1\n"),
        ("some codes.yaml", "codes: {cpt: {0054T: {label: A}}}\nformat: 1\n"),
        ("policy.yaml", "history: []\nformat: 1\n"),
    ],
)
def test_a_document_on_its_own_is_known_by_its_name_or_its_keys(tmp_path: Path, name: str, text: str) -> None:
    kinds = {"x.cases.yaml": "cases", "a case.yaml": "case", "some codes.yaml": "codes", "policy.yaml": "policy"}
    result = laid_out(name, text.encode(), tmp_path / name)
    assert result.decode() == formatted(text, kinds.get(name, "facts"))
    assert laid_out("standard input", text.encode()) == result


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("format: 1\n  a: b\n", "syntax"),
        ("format: 1\nformat: 1\n", "duplicate-key"),
        ("format: 1\ncode: 0587\n", "unquoted"),
        ("format: &a 1\n", "anchor-or-alias"),
        ("", "empty-document"),
        ("format: 1\n---\nformat: 1\n", "several-documents"),
        ("format: 1\u00a0\n", "invisible-character"),
    ],
)
def test_a_document_with_problems_is_refused(text: str, rule: str) -> None:
    with pytest.raises(InvalidDocuments) as refused:
        laid_out("a.yaml", text.encode())
    assert [problem.rule for problem in refused.value.problems] == [rule]


def test_facts_of_a_patient_are_not_shown_where_a_document_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "a.yaml", tmp_path / "a.cases.yaml", None):
        with pytest.raises(InvalidDocuments) as refused:
            laid_out("a.yaml", b"date_of_service: 2024-01-01\nfacts: {a.b: 0587}\n", path)
        assert "0587" not in str(refused.value)


@pytest.mark.parametrize("text", ["services: {}\n", "- format\n", "format\n"])
def test_yaml_of_another_kind_is_no_document(text: str) -> None:
    with pytest.raises(NotFormatted, match="there is no `format` at its top"):
        laid_out("a.yaml", text.encode())


@pytest.mark.parametrize("name", [".a.yaml", "a.yml", "a.md", "a"])
def test_files_that_are_not_called_as_documents_are_left_alone(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFormatted, match=r"does not end in `\.yaml` or is hidden"):
        laid_out(name, b"format: 1\n", tmp_path / name)


@pytest.mark.parametrize(
    "text",
    [
        # A key that is written on a line of its own may be longer than one that shares it.
        f"format: 1\n? {'k' * 2000}\n: a\n",
        # On one line, this would be longer than a line may be.
        "format: 1\ntitle: |1\n  a\n" + " b\n" * 40_000,
    ],
)
def test_what_the_layout_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(NotFormatted, match=r"it could not be read any more: .*; it is left as it is"):
        laid_out("a.yaml", text.encode())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("An operation", "Another"),
        lambda text: text.replace("# kept", "# changed"),
        lambda text: text.replace("# kept", ""),
        lambda text: text.replace("21", "22", 1),
        lambda text: text + "  broken",
        lambda _: "",
    ],
)
def test_nothing_is_ever_lost_even_if_the_layout_were_wrong(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[str], str]
) -> None:
    text = VOCABULARY["codes.yaml"] + "# kept\n"
    assert laid_out("a.yaml", text.encode())
    monkeypatch.setattr(formatting, "in_layout", lambda markup, kind: spoil(in_layout(markup, kind)))
    with pytest.raises(NotFormatted):
        laid_out("a.yaml", text.encode())


def test_numbers_that_are_equal_but_not_the_same_count_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "in_layout", lambda *_: "format: 1.0\n")
    with pytest.raises(NotFormatted):
        laid_out("a.yaml", b"format: 1\n")
