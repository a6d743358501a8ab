from __future__ import annotations

import os
from pathlib import Path

import pytest

from policykit.batch.sources import Form, UnusableTable, find_sources, form_of
from policykit.problems import InvalidDocuments


def put(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return paths


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.parquet", Form.PARQUET),
        ("a.PARQUET", Form.PARQUET),
        ("a.csv", Form.CSV),
        ("a.csv.gz", Form.CSV),
        ("a.jsonl", Form.JSONL),
        ("a.ndjson.gz", Form.JSONL),
        ("a.json", None),
        ("a.parquet.gz", None),
        ("a.gz", None),
        ("csv", None),
        (".csv", None),
    ],
)
def test_the_name_of_a_file_tells_its_form(name: str, form: Form | None) -> None:
    assert form_of(Path(name)) is form


def test_words_name_files_and_patterns_in_their_order(tmp_path: Path) -> None:
    first, second, third = put(tmp_path, "b.csv", "parts/2.csv", "parts/1.csv")
    found = find_sources([str(first), str(tmp_path / "parts" / "*.csv")])
    assert found.form is Form.CSV
    assert found.files == (first, third, second)


def test_a_pattern_reaches_into_folders_and_passes_over_hidden_files(tmp_path: Path) -> None:
    deep, *_ = put(tmp_path, "2026/01/a.parquet", ".a.parquet", "2026/.b.parquet")
    assert find_sources([str(tmp_path / "**" / "*.parquet")]).files == (deep,)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    odd, _ = put(tmp_path, "claims[1].csv", "claims1.csv")
    assert find_sources([str(odd)]).files == (odd,)


def test_the_form_that_is_said_goes_before_the_name(tmp_path: Path) -> None:
    (path,) = put(tmp_path, "export.txt")
    assert find_sources([str(path)], Form.CSV).form is Form.CSV


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no file of claims is named"),
        (["-"], "claims cannot come from standard input"),
        (["none.csv"], "there is no file `none.csv`"),
        (["none\0.csv"], "there is no file `none\0.csv`"),
        (["none*.csv"], "no file matches `none*.csv`"),
        (["."], "`.` is a folder"),
        (["a.txt"], "the name of `a.txt` does not tell how it is written"),
        (["a.csv", "b.jsonl"], "`a.csv` is csv and `b.jsonl` is jsonl"),
        (["a.csv", "a.csv"], "`a.csv` is named twice"),
        (["a.csv", "link.csv"], "`link.csv` and `a.csv` are one file"),
        (["*.csv", "a.csv"], "`a.csv` is named twice"),
    ],
)
def test_words_that_name_no_claims_are_refused_with_the_way_out(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.csv", "a.txt", "b.jsonl")
    if "link.csv" in words:
        (tmp_path / "link.csv").symlink_to("a.csv")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnusableTable) as refused:
        find_sources(words)
    told = str(refused.value).splitlines()
    assert told[0] == message
    assert told[1].startswith("  help: ")
    assert len(told) == 2


def test_every_file_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    sound, broken = put(tmp_path, "a.csv")[0], tmp_path / "b.csv"
    broken.symlink_to("nowhere")
    pipe = tmp_path / "c.csv"
    os.mkfifo(pipe)
    with pytest.raises(InvalidDocuments) as refused:
        find_sources([str(sound), str(broken), str(pipe)])
    assert [(each.rule, each.where.file) for each in refused.value.problems] == [
        ("unreadable", str(broken)),
        ("unreadable", str(pipe)),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is protected from this user")
def test_a_protected_file_is_told_of(tmp_path: Path) -> None:
    (path,) = put(tmp_path, "a.csv")
    path.chmod(0)
    with pytest.raises(InvalidDocuments, match="permission denied"):
        find_sources([str(path)])
