"""The hooks for pre-commit, run by pre-commit itself in a repository of policies that is thrown away."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import samples

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT: Final = Path(__file__).parents[1]
_HOOKS: Final = ("policykit-check", "policykit-test", "policykit-fmt")
_CASES: Final = """\
format: 1
policy: acme/p1
cases:
  - case: Anybody
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    expect: {outcome: covered}
"""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of policies with the hooks in it."""

    root: Path
    env: Mapping[str, str]

    def write(self, files: Mapping[str, str]) -> None:
        """Writes documents of the library, and adds them to the next commit."""
        samples.write(self.root / "policies", files)
        self.git("add", "--all")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.root, env=self.env, check=True, capture_output=True)

    def hook(self, name: str) -> tuple[int, str]:
        """Runs a hook on what is added, and gives its status and what it says."""
        done = self._pre_commit("run", name)
        return done.returncode, done.stdout.decode()

    def install(self) -> str:
        """Makes the environment of the hooks, which all share, and gives what is said if that fails."""
        done = self._pre_commit("install-hooks")
        return "" if done.returncode == 0 else done.stdout.decode() + done.stderr.decode()

    def _pre_commit(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "pre_commit", *words]
        return subprocess.run(command, cwd=self.root, env=self.env, check=False, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository of policies, whose hooks come from this working tree."""
    if importlib.util.find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed")
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    if not (_ROOT / ".pre-commit-hooks.yaml").is_file():
        pytest.skip("the hooks are not here: these tests came without the working tree")
    folder = tmp_path_factory.mktemp("pre-commit")
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PRE_COMMIT_HOME": str(folder / "home")}
    env |= {f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    _skip_without_index(folder, env)
    hooks = Repository(root=_copied(folder / "hooks"), env=env)
    hooks.git("init", "--quiet")
    hooks.git("add", "--all")
    hooks.git("commit", "--quiet", "--message", "The working tree")
    hooks.git("tag", "as-it-is")
    result = Repository(root=folder / "policies-of-ours", env=env)
    result.root.mkdir()
    listed = "".join(f"      - id: {name}\n" for name in _HOOKS)
    config = f"repos:\n  - repo: {hooks.root.as_uri()}\n    rev: as-it-is\n    hooks:\n{listed}"
    (result.root / ".pre-commit-config.yaml").write_text(config)
    result.git("init", "--quiet")
    result.write({**samples.texts(samples.COVERED), "acme/p1.cases.yaml": _CASES})
    assert result.install() == ""
    return result


def _skip_without_index(folder: Path, env: Mapping[str, str]) -> None:
    """Skips unless what hooks are built with can be had."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--retries=0", "--timeout=10", "--dest", str(folder / "probe"), "hatchling"]
    try:
        subprocess.run(command, env=env, check=True, capture_output=True, timeout=30)
    except subprocess.SubprocessError:
        pytest.skip("the package index cannot be reached, or pip is not installed")


def _copied(folder: Path) -> Path:
    """A copy of the working tree as it is, without what can be made again."""
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")
    return Path(shutil.copytree(_ROOT, folder, ignore=ignored))


def test_a_sound_library_passes(repository: Repository) -> None:
    repository.write({"acme/p1.yaml": samples.COVERED, "acme/p1.cases.yaml": _CASES})
    for name in _HOOKS[:2]:
        status, told = repository.hook(name)
        assert status == 0, told
        assert "Passed" in told


def test_a_broken_library_fails_with_what_is_wrong(repository: Repository) -> None:
    repository.write({"acme/p1.yaml": samples.COVERED.replace("outcome: covered", "outcome: coverd")})
    status, told = repository.hook("policykit-check")
    assert status == 1
    assert "policies/acme/p1.yaml:" in told
    assert "did you mean `covered`?" in told
    repository.write({"acme/p1.yaml": samples.COVERED})


def test_a_change_of_the_vocabulary_is_held_against_documents_that_are_not_in_the_commit(
    repository: Repository,
) -> None:
    repository.write({"acme/p1.yaml": samples.when("fact: visit.count\nat_least: 2")})
    repository.git("commit", "--quiet", "--no-verify", "--message", "One")
    repository.write({"facts.yaml": samples.FACTS.replace("visit.count", "visits.count")})
    status, told = repository.hook("policykit-check")
    assert status == 1
    assert "`visit.count` is not a known fact" in told
    repository.write({"facts.yaml": samples.FACTS})


def test_a_commit_that_only_deletes_is_looked_at(repository: Repository) -> None:
    repository.write({"acme/p1.yaml": samples.COVERED, "acme/p1.cases.yaml": _CASES})
    repository.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "Two")
    repository.git("rm", "--quiet", "policies/acme/p1.yaml")
    status, told = repository.hook("policykit-check")
    assert status == 1
    assert "[unknown-policy]" in told
    repository.write({"acme/p1.yaml": samples.COVERED})


def test_a_case_that_is_answered_otherwise_fails(repository: Repository) -> None:
    repository.write({"acme/p1.yaml": samples.COVERED, "acme/p1.cases.yaml": _CASES.replace("covered", "not-covered")})
    status, told = repository.hook("policykit-test")
    assert status == 1
    assert "outcome: expected not-covered, got covered" in told


def test_a_badly_laid_out_document_is_brought_into_the_layout(repository: Repository) -> None:
    head = "format: 1\npolicy: acme/p1\n"
    assert samples.COVERED.startswith(head)
    repository.write({"acme/p1.yaml": samples.COVERED, "acme/p1.cases.yaml": _CASES})
    repository.hook("policykit-fmt")
    repository.git("add", "--all")
    laid_out = (repository.root / "policies" / "acme" / "p1.yaml").read_text()
    assert repository.hook("policykit-fmt")[0] == 0
    repository.write({"acme/p1.yaml": "policy:   acme/p1\nformat: 1\n" + samples.COVERED.removeprefix(head)})
    status, told = repository.hook("policykit-fmt")
    assert status == 1
    assert "files were modified by this hook" in told
    assert (repository.root / "policies" / "acme" / "p1.yaml").read_text() == laid_out
    repository.git("add", "--all")
    assert repository.hook("policykit-fmt")[0] == 0
