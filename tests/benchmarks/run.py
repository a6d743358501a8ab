"""All benchmarks, or those named, one after the other, into one Markdown file.

Run it with `python tests/benchmarks/run.py`; the file is `benchmarks.md` in the working folder, or what `--output`
says. Each benchmark is a process of its own; if only one is named, it gets whatever stands behind `--`. A benchmark that
fails has its last words in the file; the others go on, and the exit status is 1.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from argparse import ArgumentParser
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from policykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOLDER: Final = Path(__file__).resolve().parent
BENCHMARKS: Final = {
    "decide": "Deciding one claim",
    "engines": "Deciding, against other engines",
    "startup": "Looking up from a shell, and opening a compiled library",
    "building": "Building a compiled library",
    "batch": "Deciding a file of claims",
    "reading": "Reading and checking documents",
    "watching": "Checking again what changed",
}
LAST_WORDS: Final = 5


class Ran(NamedTuple):
    """What a benchmark wrote, how long it took in seconds, and how it ended: 0 if well."""

    name: str
    said: str
    seconds: float
    status: int


def ran(name: str, arguments: Sequence[str]) -> Ran:
    """One benchmark, run to its end. What it says of its progress is passed on."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    begin = monotonic()
    last: deque[str] = deque(maxlen=LAST_WORDS)
    with TemporaryFile("w+", encoding="utf-8") as out:
        command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments]
        with subprocess.Popen(
            command, stdout=out, stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
        ) as process:
            for line in process.stderr or ():
                print(line, end="", file=sys.stderr, flush=True)
                last.append(line.rstrip())
        out.seek(0)
        said = out.read()
    status = process.returncode
    if status:
        said += "\n".join(["", f"It ended with status {status}:", "", "```text", *last, "```", ""])
    return Ran(name, said, monotonic() - begin, status)


def machine() -> str:
    """What all of it ran on."""
    said = f"policykit {VERSION}, Python {platform.python_version()}, {platform.system()} on {platform.machine()}"
    return f"{said}, {os.cpu_count()} processors, {datetime.now(UTC):%Y-%m-%d}"


def page(results: Iterable[Ran]) -> str:
    """Everything as Markdown."""
    parts = ["# Benchmarks", machine(), "Only ratios of one run mean something elsewhere."]
    for each in results:
        parts += [f"## {BENCHMARKS[each.name]}", each.said.strip(), f"`{each.name}` took {each.seconds:.0f} s."]
    return "\n\n".join(parts) + "\n"


def write(path: Path, text: str) -> None:
    """A file that is there as a whole, or as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def main() -> int:
    """Runs what is asked for; the file is written anew after each, so that nothing is lost if a later one is stopped."""
    mine, further = sys.argv[1:], list[str]()
    if "--" in mine:
        mine, further = mine[: mine.index("--")], mine[mine.index("--") + 1 :]
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"which of {', '.join(BENCHMARKS)}; all, if none is named")
    parser.add_argument("--output", type=Path, default=Path("benchmarks.md"), help="the file to write")
    asked = parser.parse_args(mine)
    names = asked.names or list(BENCHMARKS)
    if unknown := [each for each in names if each not in BENCHMARKS]:
        parser.error(f"there is no benchmark `{unknown[0]}`")
    if further and len(names) > 1:
        parser.error("what stands behind `--` is for one benchmark")
    results: list[Ran] = []
    for name in names:
        results.append(ran(name, further))
        write(asked.output, page(results))
    print(f"written: {asked.output}", file=sys.stderr)
    return 1 if any(each.status for each in results) else 0


if __name__ == "__main__":
    sys.exit(main())
