"""How soon `check --watch` and `test --watch` answer a saved change of one file in a library of a thousand policies.

Run it again with `python tests/benchmarks/watching.py`. The time runs from the moment at which the file is saved to the
moment at which the summary is on standard error; the first answer, which reads everything, stands beside it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import IO, Final

from policykit.shipped import POLICIES

COUNT: Final = 1000
ROUNDS: Final = 7
EDITED: Final = "cigna/copy-500"


def write_library(root: Path) -> None:
    """A library of so many copies of one policy, each with its cases."""
    for name in ("facts.yaml", "payers.yaml", "codes.yaml"):
        (root / name).write_bytes((POLICIES / name).read_bytes())
    (root / "cigna").mkdir()
    for number in range(COUNT):
        for end in (".yaml", ".cases.yaml"):
            content = (POLICIES / f"cigna/0587{end}").read_text("utf-8")
            told = content.replace("policy: cigna/0587", f"policy: cigna/copy-{number}")
            (root / f"cigna/copy-{number}{end}").write_text(told, "utf-8")


def until_answered(stream: IO[str]) -> float:
    """The moment at which the next answer is complete."""
    for line in stream:
        if line.startswith("watching"):
            return perf_counter()
    raise SystemExit("the watch has ended")


def seconds(verb: str, root: Path) -> tuple[float, float]:
    """What the first answer takes, and the median of those after a change."""
    start = perf_counter()
    command = [sys.executable, "-m", "policykit", verb, "--watch", str(root)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as running:
        if running.stderr is None:
            raise SystemExit("there is nothing to read from")
        first = until_answered(running.stderr) - start
        later: list[float] = []
        for turn in range(ROUNDS):
            path = root / f"{EDITED}{'.cases.yaml' if turn % 2 else '.yaml'}"
            content = path.read_bytes() + f"# Round {turn}\n".encode()
            start = perf_counter()
            path.write_bytes(content)
            later.append(until_answered(running.stderr) - start)
        running.terminate()
    return first, median(later)


def main() -> None:
    """The table."""
    print(f"| {COUNT} policies | first answer, s | after a change, s | ratio |\n| --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write_library(root)
        for verb in ("check", "test"):
            first, later = seconds(verb, root)
            print(f"| `{verb} --watch` | {first:.1f} | {later:.2f} | {later / first:.3f} |")


if __name__ == "__main__":
    main()
