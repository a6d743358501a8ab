"""Whoever ends Spark while it starts finds nothing left of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from test_batch_faults import claims_in, command, names_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed"),
    pytest.mark.xdist_group("spark"),
]


def is_anything_left(group: int) -> bool:
    """Whether a process of the group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130)])
def test_ended_while_it_starts_it_leaves_no_java_and_no_files(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    (work := tmp_path / "work").mkdir()
    claims = claims_in(work, 100)
    words = [*command(claims, "-o", work / "answers.parquet", "--key", "claim_id"), "--engine", "spark"]
    process = subprocess.Popen(
        words,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
    )
    until = time.monotonic() + 60
    # Java is on its way as soon as there is a folder in which it is to say where it is found.
    while not names_in(temporary) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (status, "policykit: interrupted; no file is left half-written\n")
    assert names_in(work) == ["claims.parquet"]
    assert names_in(temporary) == []
    # What has ended may wait for a moment to be taken note of.
    while is_anything_left(process.pid) and time.monotonic() < until + 60:
        time.sleep(0.05)
    assert not is_anything_left(process.pid)
