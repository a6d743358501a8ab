"""What becomes of building when it is killed, when two do it at once, or when the disk is full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from acceptance.terminal import Answered, command, run_apart
from samples import COVERED, VOCABULARY, write

import policykit

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLED: Final = 100  # times
MANY: Final = 90  # policies, for which processes are started
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


def documents(count: int, title: str) -> dict[str, str]:
    """A library of so many policies."""
    names = [f"acme/p{number}" for number in range(count)]
    text = COVERED.replace("title: A policy", f"title: {title}")
    return {**VOCABULARY, **{f"{name}.yaml": text.replace("policy: acme/p1", f"policy: {name}") for name in names}}


@pytest.fixture(name="old")
def _old(tmp_path: Path) -> Path:
    return write(tmp_path / "old", documents(MANY, "Old"))


@pytest.fixture(name="new")
def _new(tmp_path: Path) -> Path:
    return write(tmp_path / "new", documents(MANY, "New"))


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "library.sqlite"


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def built(root: Path, file: Path) -> bytes:
    """What building writes, undisturbed."""
    answered = run_apart("build", root, "-o", file, "--processes", "1")
    assert answered.status == 0, answered.err
    assert names(file.parent) == [file.name]
    return file.read_bytes()


_WHOLE: Final[dict[str, bytes]] = {}


def whole(root: Path, file: Path) -> bytes:
    """The same, which is there afterwards; it is built once for all who ask for it."""
    if root.name not in _WHOLE:
        _WHOLE[root.name] = built(root, file)
    file.write_bytes(_WHOLE[root.name])
    return _WHOLE[root.name]


# Compiles two libraries, and writes now the one, now the other, in a process that is killed after a random time.
KILLING: Final = """\
import os, random, signal, sys, time
from pathlib import Path
from policykit.compiled.building import compile_library
from policykit.compiled.writing import write
from policykit.folder import list_files, read_files
old, new, file, times = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
def compiled(root):
    listing = list_files(root)
    return compile_library(read_files(listing, listing.documents)[0]).library
libraries = [compiled(old), compiled(new)]
start = time.perf_counter()
write(file, libraries[0])
took = time.perf_counter() - start
whole = {}
for each in (1, 0):
    write(file, libraries[each])
    whole[each] = file.read_bytes()
chance = random.Random(4)
seen = set()
for turn in range(times):
    child = os.fork()
    if not child:
        write(file, libraries[(turn + 1) % 2])
        os._exit(0)
    time.sleep(chance.uniform(0, took * 1.5))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = [each for each, content in whole.items() if file.read_bytes() == content]
    assert len(found) == 1, (turn, file.stat().st_size)
    left = len(os.listdir(file.parent))
    assert left <= 2, os.listdir(file.parent)
    seen.add((found[0] == (turn + 1) % 2, left))
print(sorted(seen))
"""


def test_killed_at_any_moment_the_old_file_remains_or_the_new_one_is_there(old: Path, new: Path, file: Path) -> None:
    words = [sys.executable, "-c", KILLING, str(old), str(new), str(file), str(KILLED)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    # Some were killed before they began, some while they wrote, some when they had done.
    assert "(False, 2)" in done.stdout
    assert "(True, 1)" in done.stdout
    # What those have left that were killed is gone after the next building.
    built(new, file)


@pytest.mark.parametrize("number", range(4))
def test_killed_at_any_moment_the_command_leaves_no_process_behind(new: Path, file: Path, number: int) -> None:
    before = b"" if number % 2 else whole(new, file)
    with subprocess.Popen(
        command("build", new, "-o", file, "--processes", "2", "--anew"), start_new_session=True
    ) as builder:
        time.sleep(0.2 + number * 0.25)
        builder.kill()
    wait_for_end(builder.pid)
    if file.exists():
        found = file.read_bytes()
        assert found == (before or whole(new, file))


def wait_for_end(group: int) -> None:
    """Waits until no process of a group is there any more, which may take a moment."""
    for _ in range(1000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail("a process is left")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="where processes are listed under /proc")
@pytest.mark.parametrize("number", range(2))
def test_interrupted_the_command_says_nothing_and_leaves_nothing(new: Path, file: Path, number: int) -> None:
    with subprocess.Popen(
        command("build", new, "-o", file, "--processes", "2"),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as builder:
        listed = Path(f"/proc/{builder.pid}/task/{builder.pid}/children")
        while len(listed.read_text().split()) < 2:
            assert builder.poll() is None
        time.sleep(number * 0.1)
        os.killpg(builder.pid, signal.SIGINT)  # as a terminal does it
        assert builder.communicate(timeout=30) == (b"", b"")
    assert builder.returncode == 130
    wait_for_end(builder.pid)
    assert names(file.parent) == []


def test_two_that_build_at_once_both_succeed_and_one_of_them_is_the_last(old: Path, new: Path, file: Path) -> None:
    either = {whole(old, file), whole(new, file)}
    assert len(either) == 2
    for _ in range(3):
        builders = [
            subprocess.Popen(
                command("build", root, "-o", file, "--processes", "1", "--anew"),
                stderr=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for root in (old, new, old)
        ]
        for each in builders:
            out, err = each.communicate(timeout=60)
            assert (each.returncode, out) == (0, b""), err
        assert file.read_bytes() in either
        assert names(file.parent) == [file.name]


def test_who_asks_while_it_is_built_is_answered_from_the_old_or_the_new(old: Path, new: Path, file: Path) -> None:
    whole(old, file)
    titles: set[str] = set()
    for root in (new, old, new):
        with subprocess.Popen(
            command("build", root, "-o", file, "--processes", "1"), stderr=subprocess.PIPE
        ) as builder:
            while builder.poll() is None:
                library = policykit.open_library(file)
                found = {policy.title for policy in library.policies.values()}
                assert len(found) == 1
                titles |= found
    assert titles == {"Old", "New"}


def limited(size: int, *words: str | Path) -> Answered:
    """Runs the command where no file may grow beyond a size, as on a disk that is full."""
    wrapper = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2);"
        "os.execv(sys.argv[2], sys.argv[2:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", wrapper, str(size), *command(*words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        # What Python keeps of a module would be cut off as well, and stay so.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return Answered(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("size", [1, 4096, 4097, 30_000, 100_000, 170_001])
def test_a_full_disk_is_told_in_a_line_and_the_old_file_remains(old: Path, new: Path, file: Path, size: int) -> None:
    before = whole(old, file)
    assert len(before) > 200_000
    answered = limited(size, "build", new, "-o", file, "--processes", "1")
    assert answered.status == 2
    assert answered.out == ""
    assert answered.err.startswith(f"policykit: `{file}` cannot be written: ")
    assert len(answered.err.splitlines()) == 2
    assert "\n  help: " in answered.err
    assert file.read_bytes() == before
    assert names(file.parent) == [file.name]


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk, and not everywhere")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full_is_told_in_a_line(small_disk: Path, new: Path) -> None:
    (small_disk / "library.sqlite").write_bytes(b"")
    (small_disk / "other").write_bytes(bytes(200_000))
    answered = run_apart("build", new, "-o", small_disk / "library.sqlite", "--processes", "1")
    assert answered.status == 2
    assert answered.err.startswith(f"policykit: `{small_disk / 'library.sqlite'}` cannot be written: ")
    assert len(answered.err.splitlines()) == 2
    assert names(small_disk) == ["library.sqlite", "other"]
