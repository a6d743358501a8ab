from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from policykit.batch.workplace import workplace
from policykit.writing.saving import Unsaved

if TYPE_CHECKING:
    from pathlib import Path


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_the_target_is_whole_once_it_is_published(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    with workplace(target) as place:
        place.unfinished.write_bytes(b"new")
        (place.folder / "spill").mkdir()
        (place.folder / "spill" / "1").write_bytes(b"x")
        assert target.read_bytes() == b"old"
        place.publish()
        assert target.read_bytes() == b"new"
    assert names_in(tmp_path) == ["out.csv"]


def test_what_is_not_published_is_gone_and_the_target_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")

    def interrupted() -> None:
        with workplace(target) as place:
            place.unfinished.write_bytes(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_bytes() == b"old"
    assert names_in(tmp_path) == ["out.csv"]


def test_two_at_once_do_not_write_one_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with workplace(target) as place:
        with pytest.raises(Unsaved, match="another command is writing"), workplace(target):
            pass
        place.unfinished.write_bytes(b"mine")
        place.publish()
    assert target.read_bytes() == b"mine"
    with workplace(target):
        pass
    assert names_in(tmp_path) == ["out.csv"]


def test_what_a_killed_command_left_behind_is_cleared(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    left = tmp_path / ".out.csv.unfinished"
    (left / "spill").mkdir(parents=True)
    (left / "spill" / "1").write_bytes(b"x")
    (left / "unfinished").write_bytes(b"half")
    (left / "lock").touch()
    with workplace(target) as place:
        assert names_in(place.folder) == ["lock"]
    assert not names_in(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("there", "is a folder"), ("nowhere/out.csv", "there is no folder"), ("file/out.csv", "there is no folder")],
)
def test_a_target_that_cannot_be_is_refused(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(Unsaved, match=message), workplace(tmp_path / name):
        pass
    assert names_in(tmp_path) == ["file", "there"]


WRITING_ON_AND_ON = """
import sys
from pathlib import Path
from policykit.batch.workplace import workplace

target, number = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    number += 1
    with workplace(target) as place:
        with place.unfinished.open("wb") as stream:
            for _ in range(100):
                stream.write(b"%06d\\n" % number)
                stream.flush()
        place.publish()
"""


def test_killed_at_any_moment_the_target_is_whole(tmp_path: Path) -> None:
    target, chance = tmp_path / "out.csv", random.Random(4)  # noqa: S311  # moments, and no secrets
    for _ in range(100):
        with subprocess.Popen(
            [sys.executable, "-c", dedent(WRITING_ON_AND_ON), target], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.02))
            writer.send_signal(signal.SIGKILL)
        if target.exists():
            lines = target.read_bytes().split()
            assert len(lines) == 100
            assert len(set(lines)) == 1
    with workplace(target) as place:
        place.unfinished.write_bytes(b"last")
        place.publish()
    assert names_in(tmp_path) == ["out.csv"]
    assert target.read_bytes() == b"last"


def test_several_at_once_never_take_away_what_another_writes(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    program = """
        import sys
        from pathlib import Path
        from policykit.batch.workplace import workplace
        from policykit.writing.saving import Unsaved
        done = 0
        while done < 150:
            try:
                with workplace(Path(sys.argv[1])) as place:
                    place.unfinished.write_bytes(sys.argv[2].encode() * 1000)
                    place.publish()
                    done += 1
            except Unsaved as error:
                assert "another command" in str(error), error
        """
    writers = [
        subprocess.Popen([sys.executable, "-c", dedent(program), target, word], stderr=subprocess.PIPE)
        for word in "abc"
    ]
    for writer in writers:
        _, told = writer.communicate(timeout=120)
        assert writer.returncode == 0, told.decode()
    assert names_in(tmp_path) == ["out.csv"]
    assert target.read_bytes() in [word.encode() * 1000 for word in "abc"]
