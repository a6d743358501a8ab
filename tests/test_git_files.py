from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from repositories import commit, git, repository
from samples import COVERED, NAME, texts

from policykit.differing.git_files import GitTrouble, files_at
from policykit.folder import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LIBRARY = {f"policies/{name}": text for name, text in texts(COVERED).items()}

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", LIBRARY)


def at(folder: Path, revision: str = "HEAD", environment: Mapping[str, str] = os.environ) -> dict[str, bytes]:
    return files_at(folder, revision, environment)


def refusal(folder: Path, revision: str = "HEAD", environment: Mapping[str, str] = os.environ) -> str:
    with pytest.raises(GitTrouble) as caught:
        files_at(folder, revision, environment)
    told = str(caught.value)
    assert len(told.splitlines()) == 1
    return told


def test_the_documents_of_a_revision_by_their_names_in_the_library(root: Path) -> None:
    commit(root, {f"policies/{NAME}": COVERED.replace("A policy", "Another policy")})
    expected = {name: text.encode() for name, text in texts(COVERED).items()}
    for revision in ("HEAD~1", "main^", git(root, "rev-parse", "HEAD~1"), "main~1"):
        assert at(root / "policies", revision) == expected
    assert b"Another policy" in at(root / "policies", "main")[NAME]


def test_what_lies_in_the_folder_now_does_not_matter(root: Path) -> None:
    (root / "policies" / NAME).unlink()
    (root / "policies" / "facts.yaml").write_text("something else")
    assert at(root / "policies").keys() == texts(COVERED).keys()


def test_a_library_at_the_top_of_its_repository(tmp_path: Path) -> None:
    folder = repository(tmp_path / "library", texts(COVERED))
    assert at(folder).keys() == texts(COVERED).keys()


def test_cases_hidden_files_and_what_is_no_yaml_are_left_out(root: Path) -> None:
    others = {"acme/p1.cases.yaml": "", ".hidden.yaml": "", ".git-things/a.yaml": "", "README.md": "", "acme/a.txt": ""}
    commit(root, {f"policies/{name}": text for name, text in others.items()})
    assert at(root / "policies").keys() == texts(COVERED).keys()


def test_contents_are_told_byte_for_byte(root: Path) -> None:
    strange = COVERED.replace("A policy", "\u00fcber \u2713") + "\n\n# blob 12\n"
    commit(root, {"policies/acme/p2.yaml": strange, "policies/acme/empty.yaml": ""})
    found = at(root / "policies")
    assert found["acme/p2.yaml"] == strange.encode()
    assert found["acme/empty.yaml"] == b""


def test_names_of_files_are_names_whatever_is_in_them(root: Path) -> None:
    names = ["acme/a b.yaml", "acme/-n.yaml", 'acme/"q".yaml', "acme/ü.yaml", "acme/a\nb.yaml"]
    commit(root, {f"policies/{name}": name for name in names})
    found = at(root / "policies")
    assert [found[name] for name in names] == [name.encode() for name in names]


@pytest.mark.parametrize(
    "revision", ["nothing", "--help", "-h", "--all", "main:policies", "", "a\nb", "a\0b", "x" * 5000]
)
def test_a_revision_that_is_none(root: Path, revision: str) -> None:
    assert "is neither a folder nor a git revision" in refusal(root / "policies", revision)


def test_a_near_miss_is_told(root: Path) -> None:
    git(root, "branch", "spring-review")
    assert refusal(root / "policies", "mian").endswith("did you mean `main`?")
    assert refusal(root / "policies", "spring-reveiw").endswith("did you mean `spring-review`?")


def test_a_branch_that_looks_like_an_option_is_a_branch(root: Path) -> None:
    git(root, "update-ref", "refs/heads/--output=x", "HEAD")
    assert at(root / "policies", "refs/heads/--output=x").keys() == texts(COVERED).keys()
    assert not (root / "x").exists()


def test_a_folder_outside_every_repository(tmp_path: Path) -> None:
    assert "is in no git repository" in refusal(tmp_path)
    assert "is in no git repository" in refusal(tmp_path / "gone")


def test_a_folder_that_was_not_there(root: Path) -> None:
    commit(root, {f"other/{name}": text for name, text in texts(COVERED).items()})
    assert refusal(root / "other", "HEAD~1") == "there is no folder `other` at `HEAD~1`"


def test_a_folder_that_was_no_library(root: Path) -> None:
    commit(root, {"docs/a.yaml": "a: 1"})
    (root / "policies" / "payers.yaml").unlink()
    commit(root)
    assert "`policies` is no library at `HEAD`: there is no payers.yaml in it" in refusal(root / "policies")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acme/p2.yml", "would be ignored"),
        ("p2.yaml", "none is expected there"),
        ("acme/deep/p2.yaml", "none is expected there"),
    ],
)
def test_a_file_that_lies_in_a_wrong_place(root: Path, name: str, expected: str) -> None:
    commit(root, {f"policies/{name}": COVERED})
    assert expected in refusal(root / "policies")


def test_links_and_other_repositories_are_not_followed(root: Path, tmp_path: Path) -> None:
    (root / "policies" / "acme" / "p2.yaml").symlink_to("p1.yaml")
    commit(root)
    assert "`acme/p2.yaml` is a link at `HEAD`" in refusal(root / "policies")
    (root / "policies" / "acme" / "p2.yaml").unlink()
    commit(root)
    repository(tmp_path / "other", {"a.yaml": "a: 1"})
    head = git(tmp_path / "other", "rev-parse", "HEAD")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head},policies/beta")
    git(root, "commit", "-q", "-m", "A submodule")
    assert "`beta` is a repository of its own at `HEAD`" in refusal(root / "policies")


def test_a_library_that_is_itself_a_link_or_a_file_in_the_repository(root: Path) -> None:
    (root / "linked").symlink_to("policies")
    commit(root)
    # git looks at the folder that the link leads to.
    assert at(root / "linked").keys() == texts(COVERED).keys()


def test_a_file_that_is_too_large(root: Path) -> None:
    commit(root, {"policies/acme/p2.yaml": "#" * (MAX_BYTES + 1)})
    assert "`acme/p2.yaml` is too large" in refusal(root / "policies")


def test_an_object_that_is_gone(root: Path) -> None:
    identity = git(root, "rev-parse", f"HEAD:policies/{NAME}")
    (root / ".git" / "objects" / identity[:2] / identity[2:]).unlink()
    assert identity in refusal(root / "policies")


def test_a_system_without_git(root: Path, tmp_path: Path) -> None:
    assert "there is no `git` on this system" in refusal(root / "policies", "HEAD", {"PATH": str(tmp_path)})


def test_what_a_hook_sets_for_its_own_repository_is_passed_over(root: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", {"a.yaml": "a: 1"})
    hooked = {**os.environ, "GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other), "GIT_INDEX_FILE": "nowhere"}
    assert at(root / "policies", "main", hooked).keys() == texts(COVERED).keys()


def test_nothing_is_written(root: Path) -> None:
    def everything() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}

    before = everything()
    at(root / "policies", "main")
    assert everything() == before
