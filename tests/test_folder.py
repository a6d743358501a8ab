from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from samples import COVERED, VOCABULARY, texts, when, write

import policykit
from policykit import folder
from policykit.folder import list_files, read_file, read_files
from policykit.problems import Problem


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    return write(tmp_path / "library", {**texts(COVERED), "acme/p1.cases.yaml": "format: 1\ncases: []\n"})


def told(root: Path) -> list[tuple[str, str]]:
    """The rules that a folder breaks, with the files."""
    listing = list_files(root)
    _, problems = read_files(listing, listing.documents)
    return [(problem.rule, os.path.relpath(problem.where.file, root)) for problem in problems]


def refused(root: Path) -> policykit.Problem:
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        policykit.open_library(root)
    (problem,) = refusal.value.problems
    return problem


def test_a_library_is_listed_by_names_in_order(root: Path) -> None:
    write(root, {"acme/a.yaml": "", "beta/z.yaml": "", "beta/z.cases.yaml": ""})
    listing = list_files(root)
    assert listing.documents == (
        "acme/a.yaml",
        "acme/p1.yaml",
        "beta/z.yaml",
        "codes.yaml",
        "facts.yaml",
        "payers.yaml",
    )
    assert listing.cases == ("acme/p1.cases.yaml", "beta/z.cases.yaml")
    assert listing.problems == ()
    assert listing.path("acme/p1.yaml") == root / "acme" / "p1.yaml"


def test_what_is_no_yaml_and_what_is_hidden_is_passed_over(root: Path) -> None:
    write(
        root,
        {
            "README.md": "",
            ".hidden.yaml": "",
            "acme/.hidden.yml": "",
            ".git/x.yaml": "",
            "acme/notes.txt": "",
            "empty/.keep": "",
        },
    )
    assert told(root) == []
    assert list(policykit.open_library(root).policies) == ["acme/p1"]


def test_a_library_of_words_alone_is_sound(tmp_path: Path) -> None:
    assert dict(policykit.open_library(write(tmp_path, VOCABULARY)).policies) == {}


@pytest.mark.parametrize(
    "missing", [{"facts.yaml"}, {"payers.yaml"}, {"codes.yaml"}, {"facts.yaml", "payers.yaml", "codes.yaml"}]
)
def test_a_folder_without_the_vocabulary_is_no_library(root: Path, missing: set[str]) -> None:
    for name in missing:
        (root / name).unlink()
    problem = refused(root)
    assert (problem.rule, problem.where.file) == ("not-a-library", str(root))
    assert all(name in problem.message for name in missing)
    assert not any(name in problem.message for name in VOCABULARY.keys() - missing)
    assert problem.help is not None


def test_of_a_folder_that_is_something_else_altogether_it_is_enough_to_say_so(tmp_path: Path) -> None:
    write(tmp_path, {"chart.yaml": "", "templates/one/two.yaml": "", "values.yml": ""})
    assert told(tmp_path) == [("not-a-library", ".")]


def test_what_is_wrong_with_the_files_is_told_rather_than_what_follows_from_it(root: Path) -> None:
    (root / "facts.yaml").rename(root / "facts.yml")
    assert told(root) == [("wrong-extension", "facts.yml")]


def test_an_empty_folder_is_no_library(tmp_path: Path) -> None:
    assert refused(tmp_path).rule == "not-a-library"


def test_a_document_is_no_library(root: Path) -> None:
    with pytest.raises(policykit.PolicykitError, match="is no compiled library\n  help: a library is a folder"):
        policykit.open_library(root / "facts.yaml")


def test_a_folder_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    problem = refused(tmp_path / "nothing")
    assert (problem.rule, problem.message) == ("unreadable", "the folder cannot be read: no such file or directory")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("acme/p2.yml", "wrong-extension"),
        ("acme/p2.YAML", "wrong-extension"),
        ("acme/p2.Yml", "wrong-extension"),
        ("facts.yml", "wrong-extension"),
        ("p2.yaml", "misplaced"),
        ("p2.cases.yaml", "misplaced"),
        ("acme/more/p2.yaml", "misplaced"),
        ("acme/more/facts.yaml", "misplaced"),
        ("a/b/c/d/p2.cases.yaml", "misplaced"),
    ],
)
def test_a_file_in_the_wrong_place_or_with_the_wrong_ending_is_told(root: Path, name: str, rule: str) -> None:
    write(root, {name: COVERED})
    assert told(root) == [(rule, name)]
    (problem,) = list_files(root).problems
    if rule == "wrong-extension":
        assert problem.help == f"call it `{name.rpartition('/')[2].rpartition('.')[0]}.yaml`"
    assert refused(root).rule == rule


def test_a_folder_with_the_name_of_a_document_is_told(root: Path) -> None:
    (root / "acme" / "p2.yaml").mkdir()
    (root / "facts.yaml").unlink()
    (root / "facts.yaml").mkdir()
    assert told(root) == [("unreadable", "acme/p2.yaml"), ("unreadable", "facts.yaml")]
    assert read_file(root / "facts.yaml") == Problem(
        rule="unreadable",
        message="this is a folder, and a file is expected",
        where=policykit.Location(file=str(root / "facts.yaml")),
    )


def test_a_link_out_of_the_library_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(COVERED)
    (tmp_path / "elsewhere").mkdir()
    (root / "acme" / "p2.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "gamma").symlink_to(tmp_path / "elsewhere")
    assert told(root) == [("symlink-outside", "acme/p2.yaml"), ("symlink-outside", "gamma")]


def test_a_link_to_a_sibling_whose_name_begins_alike_leads_out(root: Path, tmp_path: Path) -> None:
    (tmp_path / "library-2").mkdir()
    (tmp_path / "library-2" / "p2.yaml").write_text(COVERED)
    (root / "acme" / "p2.yaml").symlink_to(tmp_path / "library-2" / "p2.yaml")
    assert told(root) == [("symlink-outside", "acme/p2.yaml")]


def test_a_link_within_the_library_is_a_document(root: Path) -> None:
    (root / "acme" / "p2.yaml").symlink_to(root / "acme" / "p1.yaml")
    assert told(root) == []
    # It is read, and found to say that it is another policy.
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        policykit.open_library(root)
    assert {problem.rule for problem in refusal.value.problems} == {"misplaced", "repeated-policy"}


def test_a_link_to_nothing_is_told(root: Path) -> None:
    (root / "acme" / "p2.yaml").symlink_to(root / "acme" / "p3.yaml")
    (root / "acme" / "p4.yaml").symlink_to(root / "acme" / "p4.yaml")
    assert told(root)[0][0] == "unreadable"
    assert {rule for rule, _ in told(root)} <= {"unreadable", "symlink-outside"}


def test_links_to_folders_within_the_library_do_not_go_round_for_ever(root: Path) -> None:
    (root / "acme" / "one").symlink_to(root)
    (root / "acme" / "other").symlink_to(root / "acme")
    done = threading.Event()
    found: list[tuple[str, str]] = []

    def look() -> None:
        found.extend(told(root))
        done.set()

    threading.Thread(target=look, daemon=True).start()
    assert done.wait(10), "the folder is still being listed"
    assert found == [("misplaced", "acme/one"), ("misplaced", "acme/other")]


def test_a_library_may_be_opened_through_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert list(policykit.open_library(tmp_path / "link").policies) == ["acme/p1"]


def test_a_pipe_is_not_opened(root: Path) -> None:
    os.mkfifo(root / "acme" / "p2.yaml")
    found = read_file(root / "acme" / "p2.yaml")
    assert isinstance(found, Problem)
    assert (found.rule, found.message) == ("unreadable", "this is not an ordinary file")
    assert told(root) == [("unreadable", "acme/p2.yaml")]


def test_a_device_is_not_opened() -> None:
    found = read_file(Path("/dev/zero"))
    assert isinstance(found, Problem)


def test_a_file_that_is_not_there_is_told(root: Path) -> None:
    found = read_file(root / "nothing.yaml")
    assert isinstance(found, Problem)
    assert (found.rule, found.message) == ("unreadable", "the file cannot be read: no such file or directory")


def test_a_file_that_may_not_be_read_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = open

    def guarded(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).endswith("p1.yaml"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr("builtins.open", guarded)
    problem = refused(root)
    assert (problem.rule, problem.message) == ("unreadable", "the file cannot be read: permission denied")
    assert problem.where.file == str(root / "acme" / "p1.yaml")


def test_a_folder_that_may_not_be_read_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def guarded(path: Path) -> Any:
        if path.name == "acme":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert told(root) == [("unreadable", "acme")]


def test_a_folder_whose_files_may_not_be_looked_at_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Readable but not searchable: the names are there, and everything else is refused.
    real_stat, real_lstat = os.stat, os.lstat

    def guard(real: Any) -> Any:
        def guarded(path: Any, *args: Any, **kwargs: Any) -> Any:
            if f"{os.sep}acme{os.sep}" in os.fspath(path):
                raise PermissionError(13, "Permission denied")
            return real(path, *args, **kwargs)

        return guarded

    monkeypatch.setattr(os, "stat", guard(real_stat))
    monkeypatch.setattr(os, "lstat", guard(real_lstat))
    assert {rule for rule, _ in told(root)} == {"unreadable"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_the_system_forbids_is_told(root: Path) -> None:
    for mode in (0o000, 0o400):
        (root / "acme").chmod(mode)
        try:
            assert {rule for rule, _ in told(root)} == {"unreadable"}
        finally:
            (root / "acme").chmod(0o700)
    (root / "acme" / "p1.yaml").chmod(0)
    assert told(root) == [("unreadable", "acme/p1.yaml")]


@pytest.mark.parametrize("cached", [False, True])
def test_a_name_that_is_not_utf_8_is_told_in_words_that_can_be_printed(
    root: Path, tmp_path: Path, cached: bool
) -> None:
    (root / "acme" / os.fsdecode(b"p\xff.yaml")).write_text(COVERED)
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        policykit.open_library(root, cache=tmp_path / "cache" if cached else None)
    assert refusal.value.problems
    for problem in refusal.value.problems:
        str(problem).encode()


def test_a_file_that_is_too_large_is_read_only_as_far_as_shows_it(root: Path) -> None:
    path = root / "acme" / "p1.yaml"
    path.write_bytes(b"#" * folder.MAX_BYTES)
    assert read_file(path) == b"#" * folder.MAX_BYTES
    path.write_bytes(b"#" * (folder.MAX_BYTES + 10))
    found = read_file(path)
    assert isinstance(found, bytes)
    assert len(found) == folder.MAX_BYTES + 1
    assert refused(root).rule == "too-large"


def test_everything_that_is_wrong_with_a_folder_is_told_at_once(root: Path) -> None:
    write(root, {"acme/p2.yml": "", "p3.yaml": "", "a/b/c.yaml": ""})
    assert told(root) == [("misplaced", "a/b/c.yaml"), ("wrong-extension", "acme/p2.yml"), ("misplaced", "p3.yaml")]


def test_problems_are_told_with_the_file_as_the_user_can_open_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, texts(when("{fact: surgery.urgend, is: true}")))
    monkeypatch.chdir(root.parent)
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        policykit.open_library("library")
    assert refusal.value.problems[0].where.file == str(Path("library", "acme", "p1.yaml"))
