"""What compiling a library costs by the number of its documents, in one process and in several, and again after a change.

Run it again with `python tests/benchmarks/building.py`; numbers after it are the sizes of the libraries. The documents
are the shipped policies over and over, under other names. Every figure is of the whole command, from a shell; of what
takes less than a minute, it is the median of three.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final

from policykit.folder import list_files
from policykit.shipped import POLICIES
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES: Final = (100, 1_000, 10_000)
ROUNDS: Final = 3
LONG: Final = 60  # seconds, after which once is enough
ALONE: Final = 1_000  # documents that are still compiled in one process, too


def write_library(root: Path, count: int) -> int:
    """A library with so many policies; how many lines it has."""
    names = [name for name in list_files(POLICIES).documents if "/" in name]
    texts = {name: (POLICIES / name).read_text("utf-8") for name in names}
    root.mkdir()
    for name in VOCABULARY:
        (root / name).write_bytes((POLICIES / name).read_bytes())
    lines = 0
    for number in range(count):
        name = names[number % len(names)]
        identity, copy = name.removesuffix(".yaml"), f"{name.removesuffix('.yaml')}-{number}"
        text = texts[name].replace(f"\npolicy: {identity}\n", f"\npolicy: {copy}\n")
        (root / f"{copy}.yaml").parent.mkdir(exist_ok=True)
        (root / f"{copy}.yaml").write_text(text, "utf-8")
        lines += text.count("\n")
    return lines


def seconds(root: Path, file: Path, *options: str, before: Callable[[], object] = lambda: None) -> float:
    """How long the command takes."""
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < LONG:
        before()
        start = perf_counter()
        subprocess.run(
            [sys.executable, "-m", "policykit", "build", str(root), "-o", str(file), *options],
            check=True,
            capture_output=True,
        )
        times.append(perf_counter() - start)
        print(f"{root.name} documents {' '.join(options)}: {times[-1]:.2f} s", file=sys.stderr)
    return median(times)


def add_to(path: Path, text: str) -> Callable[[], object]:
    """A change of a document, another one each time."""
    return lambda: path.write_text(path.read_text("utf-8") + text, "utf-8")


class Facts:
    """Declares a fact that nothing asks for, another one each time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        text = self.path.read_text("utf-8")
        more = f"\nfacts:\n  added.number_{self.count}: {{type: boolean, ask: Is it?}}\n"
        self.path.write_text(text.replace("\nfacts:\n", more, 1), "utf-8")


def main() -> None:
    """Both tables."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    rows: list[tuple[int, int, float | None, float, float]] = []
    again: list[tuple[int, float, float, float]] = []
    with TemporaryDirectory() as folder:
        for size in sizes:
            root, file = Path(folder) / str(size), Path(folder) / f"{size}.sqlite"
            lines = write_library(root, size)
            alone = seconds(root, file, "--anew", "--processes", "1") if size <= ALONE else None
            together = seconds(root, file, "--anew")
            rows.append((size, lines, alone, together, file.stat().st_size / 1e6))
            document = root / list_files(root).documents[size // 2]
            changed = seconds(root, file, before=add_to(document, "# A remark.\n"))
            again.append((size, seconds(root, file), changed, seconds(root, file, before=Facts(root / "facts.yaml"))))
    first = rows[0]
    print(
        f"| documents | lines | one process, s | {processors} processes, s | ms a document | against the first | MB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for size, lines, one, together, megabytes in rows:
        ratio = (together / size) / (first[3] / first[0])
        shown = f"{one:.1f}" if one is not None else ""
        print(
            f"| {size} | {lines} | {shown} | {together:.1f} | {together / size * 1e3:.1f} | {ratio:.2f} | {megabytes:.0f} |"
        )
    print("\n| documents | again, nothing changed, s | one document changed, s | a fact added, s |")
    print("| --- | --- | --- | --- |")
    for size, nothing, changed, fact in again:
        print(f"| {size} | {nothing:.2f} | {changed:.2f} | {fact:.2f} |")


if __name__ == "__main__":
    main()
