from __future__ import annotations

import os
import random
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policykit.folder import list_files
from policykit.writing import saving
from policykit.writing.saving import Changed, Unsaved, Writing, save, save_all

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
OLD, NEW = b"old\n" * 3_000, b"newer\n" * 5_000


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def apart(program: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-B", "-c", dedent(program), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@settings(deadline=None)
@given(old=st.binary(), new=st.binary(), other=st.binary())
def test_a_file_holds_the_new_bytes_or_those_that_were_not_expected(old: bytes, new: bytes, other: bytes) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "p.yaml"
        path.write_bytes(old)
        if other == old:
            save(path, new, expected=other)
            assert path.read_bytes() == new
        else:
            with pytest.raises(Changed):
                save(path, new, expected=other)
            assert path.read_bytes() == old
        assert names_in(path.parent) == ["p.yaml"]


SAVING_ON_AND_ON = """
import sys
from pathlib import Path
from policykit.writing.saving import save

path, old, new = Path(sys.argv[1]), b"old\\n" * 3_000, b"newer\\n" * 5_000
held = path.read_bytes()
print("ready", flush=True)
while True:
    following = new if held == old else old
    save(path, following, expected=held)
    held = following
"""


def test_a_command_that_is_killed_leaves_the_old_bytes_or_the_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "p.yaml"
    path.parent.mkdir()
    path.write_bytes(OLD)
    chance = random.Random(20261122)  # noqa: S311  # moments, no secrets
    left_behind = saves = 0
    for _ in range(25):
        before = path.stat().st_ino
        with subprocess.Popen(
            [sys.executable, "-c", SAVING_ON_AND_ON, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0.001, 0.05))
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
        assert path.read_bytes() in {OLD, NEW}
        assert list_files(tmp_path).documents == ("acme/p.yaml",)
        left_behind += len(names_in(path.parent)) > 1
        saves += path.stat().st_ino != before
    assert saves, "nothing was saved while it ran"
    assert left_behind, "it was never killed while it saved"
    save(path, b"last", expected=path.read_bytes())
    assert path.read_bytes() == b"last"
    assert names_in(path.parent) == ["p.yaml"]


def test_a_file_that_must_not_be_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    before = os.umask(0o027)
    try:
        save(path, NEW, expected=None)
    finally:
        os.umask(before)
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_nlink == 1
    assert names_in(tmp_path) == ["p.yaml"]


def test_a_file_that_is_there_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(OLD)
    with pytest.raises(Changed, match="exists already"):
        save(path, NEW, expected=None)
    assert path.read_bytes() == OLD
    dangling = tmp_path / "q.yaml"
    dangling.symlink_to("nowhere")
    with pytest.raises(Changed, match="exists already"):
        save(dangling, NEW, expected=None)
    assert names_in(tmp_path) == ["p.yaml", "q.yaml"]


def test_a_file_that_appears_while_it_is_made_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.yaml"
    real = os.fsync

    def slow(descriptor: int) -> None:
        real(descriptor)
        path.write_bytes(OLD)

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(Changed, match="exists already"):
        save(path, NEW, expected=None)
    assert path.read_bytes() == OLD
    assert names_in(tmp_path) == ["p.yaml"]


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    save(tmp_path / "p.yaml", NEW, expected=None)
    assert (tmp_path / "p.yaml").read_bytes() == NEW
    with pytest.raises(Changed):
        save(tmp_path / "p.yaml", OLD, expected=None)
    assert names_in(tmp_path) == ["p.yaml"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_the_mode_is_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(OLD)
    path.chmod(mode)
    save(path, NEW, expected=OLD)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(OLD)
    os.chown(path, NOBODY, NOBODY)
    save(path, NEW, expected=OLD)
    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "p.yaml", tmp_path / "p.yaml"
    target.write_bytes(OLD)
    link.symlink_to(target)
    save(link, NEW, expected=OLD)
    assert link.is_symlink()
    assert target.read_bytes() == NEW
    assert names_in(tmp_path) == ["elsewhere", "p.yaml"]
    assert names_in(target.parent) == ["p.yaml"]


@pytest.mark.parametrize("kind", ["gone", "dangling", "loop", "folder", "pipe", "no folder", "long"])
def test_what_is_no_file_is_told_in_a_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "p.yaml"
    match kind:
        case "dangling":
            path.symlink_to("nowhere")
        case "loop":
            path.symlink_to("p.yaml")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "no folder":
            path = tmp_path / "no" / "p.yaml"
        case "long":
            path = tmp_path / ("p" * 300)
    before = names_in(tmp_path)
    for expected in (OLD, None) if kind in {"no folder", "long"} else (OLD,):
        with pytest.raises(Unsaved) as caught:
            save(path, NEW, expected=expected)
        assert str(path.parent) in str(caught.value)
        assert [line[:8] == "  help: " for line in str(caught.value).splitlines()] == [False, True]
    assert names_in(tmp_path) == before


SAVING_ONCE = """
import os, sys
from pathlib import Path
from policykit.writing.saving import Unsaved, save

if os.geteuid() == 0:  # who may write everything
    os.setuid(65534)
try:
    save(Path(sys.argv[1]), b"new", expected=Path(sys.argv[1]).read_bytes() if sys.argv[2] == "there" else None)
except Unsaved as error:
    print(error)
"""


def test_a_file_that_may_not_be_written_is_left_alone(open_folder: Path) -> None:
    path = open_folder / "p.yaml"
    path.write_bytes(OLD)
    path.chmod(0o444)
    done = apart(SAVING_ONCE, path, "there")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"`{path}` is protected from writing",
        "  help: the file is as it was; change its permissions first",
    ]
    assert path.read_bytes() == OLD
    assert names_in(open_folder) == ["p.yaml"]


def test_a_folder_that_may_not_be_written_is_left_alone(open_folder: Path) -> None:
    path = open_folder / "p.yaml"
    path.write_bytes(OLD)
    path.chmod(0o666)
    open_folder.chmod(0o555)
    try:
        for state, target in (("there", path), ("new", open_folder / "q.yaml")):
            done = apart(SAVING_ONCE, target, state)
            assert done.stderr == ""
            assert done.stdout.splitlines()[0] == f"`{target}` cannot be written: permission denied"
    finally:
        open_folder.chmod(0o777)
    assert path.read_bytes() == OLD
    assert names_in(open_folder) == ["p.yaml"]


SAVING_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from policykit.writing.saving import Unsaved, save

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
path = Path(sys.argv[1])
for expected, target in ((path.read_bytes(), path), (None, path.with_name("q.yaml"))):
    try:
        save(target, b"new" * 10_000, expected=expected)
    except Unsaved as error:
        print(str(error).splitlines()[0])
"""


@pytest.mark.parametrize("room", [0, 1, 29_999])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, room: int) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    path = tmp_path / "p.yaml"
    path.write_bytes(OLD)
    done = apart(SAVING_ON_A_FULL_DISK, path, str(room))
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"`{each}` cannot be written: file too large" for each in (path, tmp_path / "q.yaml")
    ]
    assert path.read_bytes() == OLD
    assert names_in(tmp_path) == ["p.yaml"]


def test_of_two_who_read_the_same_bytes_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"0")
    counts = {"written": 0, "refused": 0}
    guard = threading.Lock()

    def add_one() -> None:
        for _ in range(60):
            held = path.read_bytes()
            try:
                save(path, str(int(held) + 1).encode(), expected=held)
                word = "written"
            except Changed:
                word = "refused"
            with guard:
                counts[word] += 1

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(counts.values()) == 240
    assert int(path.read_bytes()) == counts["written"], "a writing was lost"
    assert counts["refused"], "nobody wrote at the same time"
    assert names_in(tmp_path) == ["p.yaml"]


COUNTING = """
import sys
from pathlib import Path
from policykit.writing.saving import Changed, save

path, written = Path(sys.argv[1]), 0
while written < 100:
    held = path.read_bytes()
    try:
        save(path, str(int(held) + 1).encode(), expected=held)
        written += 1
    except Changed:
        pass
"""


def test_of_two_commands_neither_loses_what_the_other_wrote(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"0")
    commands = [subprocess.Popen([sys.executable, "-c", COUNTING, str(path)]) for _ in range(3)]
    assert [each.wait(timeout=60) for each in commands] == [0, 0, 0]
    assert path.read_bytes() == b"300"
    assert names_in(tmp_path) == ["p.yaml"]


def test_of_many_who_make_a_file_one_does(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    made: list[int] = []

    def make(number: int) -> None:
        try:
            save(path, str(number).encode(), expected=None)
            made.append(number)
        except Changed:
            pass

    threads = [threading.Thread(target=make, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [path.read_bytes()] == [str(number).encode() for number in made]
    assert names_in(tmp_path) == ["p.yaml"]


def test_what_is_saved_together_is_all_there_in_folders_that_are_made(tmp_path: Path) -> None:
    (tmp_path / "payers.yaml").write_bytes(OLD)
    save_all(
        [
            Writing(tmp_path / "payers.yaml", NEW, OLD),
            Writing(tmp_path / "a" / "b" / "p.yaml", b"p", None),
            Writing(tmp_path / "a" / "b" / "p.cases.yaml", b"cases", None),
        ]
    )
    assert (tmp_path / "payers.yaml").read_bytes() == NEW
    assert (tmp_path / "a" / "b" / "p.yaml").read_bytes() == b"p"
    assert (tmp_path / "a" / "b" / "p.cases.yaml").read_bytes() == b"cases"


def test_where_one_of_several_fails_all_are_taken_back(tmp_path: Path) -> None:
    (tmp_path / "payers.yaml").write_bytes(OLD)
    (tmp_path / "there.yaml").write_bytes(OLD)
    (tmp_path / "file").write_bytes(b"no folder")
    first = [
        Writing(tmp_path / "payers.yaml", NEW, OLD),
        Writing(tmp_path / "a" / "b" / "p.yaml", b"p", None),
    ]
    for failing in (
        Writing(tmp_path / "there.yaml", NEW, None),
        Writing(tmp_path / "there.yaml", NEW, b"something else"),
        Writing(tmp_path / "file" / "c" / "p.yaml", NEW, None),
    ):
        with pytest.raises(Unsaved) as caught:
            save_all([*first, failing])
        assert len(str(caught.value).splitlines()) == 2
        assert names_in(tmp_path) == ["file", "payers.yaml", "there.yaml"]
        assert {(tmp_path / name).read_bytes() for name in ("payers.yaml", "there.yaml")} == {OLD}


def test_what_others_wrote_meanwhile_is_not_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "a" / "p.yaml", saving.save

    def then_edited(target: Path, content: bytes, *, expected: bytes | None) -> None:
        if target.name == "q.yaml":
            path.write_bytes(b"edited")
        real(target, content, expected=expected)

    monkeypatch.setattr(saving, "save", then_edited)
    with pytest.raises(Changed):
        save_all([Writing(path, b"p", None), Writing(tmp_path / "q.yaml", NEW, OLD)])
    assert path.read_bytes() == b"edited"


def test_an_interruption_takes_back_what_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def interrupted(descriptor: int) -> None:
        if (tmp_path / "a" / "p.yaml").exists() and (tmp_path / "a" / ".q.yaml.unfinished").exists():
            raise KeyboardInterrupt
        real(descriptor)

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_all([Writing(tmp_path / "a" / name, b"x", None) for name in ("p.yaml", "q.yaml")])
    assert names_in(tmp_path) == []
