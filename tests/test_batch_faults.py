# ruff: noqa: S608  # the queries are over files that are made here
"""Whatever happens to a batch while it works, what stands under the final names is whole."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from textwrap import dedent
from typing import TYPE_CHECKING, Final

import duckdb
import pytest

if TYPE_CHECKING:
    from pathlib import Path

ROWS: Final = 3_000


def claims_in(folder: Path, rows: int, name: str = "claims.parquet") -> Path:
    """Claims, of which every hundredth is wrong."""
    path = folder / name
    duckdb.sql(
        f"""COPY (SELECT range AS claim_id, CASE WHEN range % 100 = 0 THEN 'nobody' ELSE 'cigna' END AS payer,
        '64714' AS cpt, DATE '2026-01-15' AS date_of_service FROM range({rows})) TO '{path}'"""
    )
    return path


def command(*words: str | Path) -> list[str]:
    """The words of the command."""
    return [sys.executable, "-m", "policykit", "batch", *map(str, words)]


def batch(*words: str | Path, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own, which may write no file larger than the limit."""

    def hold_back() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        # What Python keeps of a module would be cut off as well, and stay so.
        env=os.environ | ({"PYTHONDONTWRITEBYTECODE": "1"} if limit is not None else {}),
        preexec_fn=hold_back,
    )


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


KILLING: Final = """
import os, random, signal, sys, time
from pathlib import Path
from policykit.batch.engine import Limits
from policykit.batch.mapping import Wishes
from policykit.batch.run import Batch, decide_claims
from policykit.batch.sources import find_sources
from policykit.library import open_library

claims, output, rejects, rows = *map(Path, sys.argv[1:4]), int(sys.argv[4])
library, chance = open_library(), random.Random(4)
finished = killed = 0
for _ in range(100):
    child = os.fork()
    if not child:
        decide_claims(Batch(
            library=library, sources=find_sources([str(claims)]), output=output, rejects=rejects,
            wishes=Wishes(keys=("claim_id",)), limits=Limits(threads=1), told=lambda _: None,
        ))
        os._exit(0)
    time.sleep(chance.uniform(0, 0.25))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killed += os.WIFSIGNALED(status)
    for path, expected in ((output, rows - rows // 100), (rejects, rows // 100)):
        if path.exists():
            finished += 1
            lines = path.read_bytes().split(b"\\n")
            assert len(lines) == expected + 2 and not lines[-1], (path, len(lines))
            path.unlink()
print(killed, finished)
"""


def test_killed_a_hundred_times_what_is_there_is_whole(tmp_path: Path) -> None:
    claims = claims_in(tmp_path, ROWS)
    output, rejects = tmp_path / "answers.csv", tmp_path / "rejects.csv"
    ran = subprocess.run(
        [sys.executable, "-c", dedent(KILLING), claims, output, rejects, str(ROWS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    killed, _ = map(int, ran.stdout.split())
    assert killed > 30
    ended = batch(claims, "-o", output, "--rejects", rejects, "--key", "claim_id")
    assert ended.returncode == 1, ended.stderr
    assert names_in(tmp_path) == ["answers.csv", "claims.parquet", "rejects.csv"]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_full_disk_is_told_of_and_nothing_is_left(ending: str, tmp_path: Path) -> None:
    claims = claims_in(tmp_path, 200_000)
    output = tmp_path / f"answers.{ending}"
    output.write_text("old")
    ran = batch(claims, "-o", output, "--key", "claim_id", limit=20_000)
    assert ran.returncode == 2
    assert ran.stderr == (
        "policykit: the disk is full, or a file may not grow further\n"
        "  help: nothing is written; make room, and run it again\n"
    )
    assert output.read_text() == "old"
    assert names_in(tmp_path) == [output.name, "claims.parquet"]


def test_a_full_disk_while_claims_are_read_is_told_of(tmp_path: Path) -> None:
    claims = tmp_path / "claims.csv"
    duckdb.sql(
        f"""COPY (SELECT hash(range) AS claim_id, 'cigna' AS payer, '64714' AS cpt, '2026-01-15' AS date_of_service
        FROM range(100000)) TO '{claims}'"""
    )
    ran = batch(claims, "-o", tmp_path / "answers.csv", limit=20_000)
    assert ran.returncode == 2
    assert ran.stderr.startswith("policykit: the disk is full, or a file may not grow further\n")
    assert names_in(tmp_path) == ["claims.csv"]


def test_two_at_once_write_one_file_once(tmp_path: Path) -> None:
    claims = claims_in(tmp_path, 2_000_000)
    words = command(claims, "-o", tmp_path / "answers.parquet", "--key", "claim_id")
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [each.communicate(timeout=120) for each in both]
    statuses = sorted(each.returncode for each in both)
    assert statuses in ([1, 1], [1, 2]), told
    if statuses == [1, 2]:
        assert any("another command is writing" in err for _, err in told)
    connection = duckdb.connect()
    ((count,),) = connection.execute(f"SELECT count(*) FROM '{tmp_path / 'answers.parquet'}'").fetchall()
    assert count == 1_980_000
    assert names_in(tmp_path) == ["answers.parquet", "answers.rejects.parquet", "claims.parquet"]


def test_interrupted_it_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    claims = claims_in(tmp_path, 5_000_000)
    words = command(claims, "-o", tmp_path / "answers.csv", "--key", "claim_id")
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = tmp_path / ".answers.csv.unfinished"
    until = time.monotonic() + 60
    while not (folder / "unfinished").exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert names_in(tmp_path) == ["claims.parquet"]


def test_memory_stays_within_its_bound(tmp_path: Path) -> None:
    claims = claims_in(tmp_path, 3_000_000)
    words = command(claims, "-o", tmp_path / "answers.parquet", "--key", "claim_id")
    process = subprocess.Popen(
        [*words, "--memory", "300MB", "--threads", "4"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 1
    assert usage.ru_maxrss < 700 * 1024
