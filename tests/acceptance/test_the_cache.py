from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import environment, run_apart

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = ("lookup", "12345", "--payer", "acme", "--dos", "2020-06-01")


def test_what_was_read_is_kept_for_the_next_time(library: Path, tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    first = run_apart(*_WORDS, "--library", library, env=env)
    kept = list((tmp_path / "cache" / "policykit").iterdir())
    assert len(kept) == 1
    before = kept[0].stat()
    assert run_apart(*_WORDS, "--library", library, env=env) == first
    assert kept[0].stat().st_mtime_ns == before.st_mtime_ns


def test_nothing_is_kept_if_not_wanted(library: Path, tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run_apart(*_WORDS, "--library", library, "--no-cache", env=env).status == 0
    assert not (tmp_path / "cache").exists()


def test_a_change_of_a_document_is_seen_at_once(library: Path, tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run_apart(*_WORDS, "--library", library, env=env).status == 0
    policy = library / "acme" / "knee.yaml"
    policy.write_text(policy.read_text().replace("effective: 2020-01-01", "effective: 2020-07-01"))
    assert run_apart(*_WORDS, "--library", library, env=env).status == 1


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_cache_is_passed_over(library: Path, tmp_path: Path, damage: bytes | None) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    first = run_apart(*_WORDS, "--library", library, env=env)
    (kept,) = (tmp_path / "cache" / "policykit").iterdir()
    content = kept.read_bytes()
    kept.write_bytes(content[: len(content) // 2] if damage is None else damage)
    assert run_apart(*_WORDS, "--library", library, env=env) == first


def test_a_cache_that_cannot_be_written_is_passed_over(library: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    answered = run_apart(*_WORDS, "--library", library, env={"XDG_CACHE_HOME": str(blocked)})
    assert (answered.status, answered.err) == (0, "")


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="its caches lie elsewhere")
def test_where_it_lies(library: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": ""}
    assert run_apart(*_WORDS, "--library", library, env=home).status == 0
    assert len(list((tmp_path / "home" / ".cache" / "policykit").iterdir())) == 1
    # A folder that is not named from the root is not one: it would be another in every place.
    assert (
        run_apart(*_WORDS, "--library", library, env={"HOME": "", "XDG_CACHE_HOME": "here"}, cwd=tmp_path).status == 0
    )
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "library"]


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("lookup", "64714"), ("history", "cigna/0587")])
def test_a_stored_library_is_answered_from_without_yaml_and_json_schema(words: tuple[str, ...]) -> None:
    assert run_apart(*words).status == 0
    script = f"""
import sys
from policykit.cli import main
try:
    main({list(words)!r})
finally:
    print(*sorted({{"click", "jsonschema", "ruamel.yaml", "referencing", "policykit.evaluation"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, timeout=60, env=environment(), text=True
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "click"
