"""What reading and checking documents costs for each line, and how it grows with their size.

Run it again with `python tests/benchmarks/reading.py`. Larger documents are made from a shipped one, by repeating the
entry of its history on other days. The figures are medians of rounds in which everything takes its turn.
"""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final

from policykit import open_library
from policykit.cases import check_cases
from policykit.checking import check_files
from policykit.folder import list_files
from policykit.schema import check_schema
from policykit.shipped import POLICIES
from policykit.source import read_document
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

POLICY: Final = "cigna/0587.yaml"
EFFECTIVE: Final = date(2025, 12, 1)
ENTRIES: Final = (1, 10, 100)
DOCUMENTS: Final = (1, 10, 100)
ROUNDS: Final = {1: 15, 10: 7, 100: 3}


def shipped(*names: str) -> dict[str, bytes]:
    """Files of the shipped library."""
    return {name: (POLICIES / name).read_bytes() for name in names}


def long_document(entries: int) -> bytes:
    """The policy with so many entries in its history, a day apart."""
    head, line, entry = shipped(POLICY)[POLICY].decode().partition("  - revision: 2025-12-01\n")
    days = [EFFECTIVE + timedelta(days=each) for each in range(entries)]
    told = [line.replace("2025-12-01", f"{day}") + entry.replace("2025-12-01", f"{day}") for day in days]
    later = [each.replace("change: new", "change: criteria") for each in told[1:]]
    return "".join([head, told[0], *later]).encode()


def many_documents(count: int) -> dict[str, bytes]:
    """So many policies, each in its document."""
    content = shipped(POLICY)[POLICY]
    names = [f"cigna/copy-{number}" for number in range(count)]
    return {f"{name}.yaml": content.replace(b"policy: cigna/0587", f"policy: {name}".encode()) for name in names}


def lines_of(files: Mapping[str, bytes]) -> int:
    """How many lines files have."""
    return sum(content.count(b"\n") for content in files.values())


def checked(files: Mapping[str, bytes]) -> None:
    """Reads and checks files, which have to be sound."""
    if problems := check_files(files).problems:
        raise SystemExit(f"{problems[0]}")


def cases_checked(files: Mapping[str, bytes]) -> None:
    """Reads and checks documents of cases, which have to be sound, with the shipped policies."""
    for name, content in files.items():
        if problems := check_cases(name, content, LIBRARY)[1]:
            raise SystemExit(f"{problems[0]}")


def parsed(files: Mapping[str, bytes]) -> None:
    """Only reads files."""
    for name, content in files.items():
        read_document(name, content)


def seconds(run: Callable[[Mapping[str, bytes]], None], files: Mapping[str, bytes]) -> float:
    """The time that one run takes."""
    start = perf_counter()
    run(files)
    return perf_counter() - start


def print_growth(what: str, files_of: Callable[[int], dict[str, bytes]], sizes: tuple[int, ...]) -> None:
    """Microseconds a line of the vocabulary and policies of different sizes."""
    every = {size: shipped(*VOCABULARY) | files_of(size) for size in sizes}
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for turn in range(max(ROUNDS.values())):
        for size, files in every.items():
            if turn < ROUNDS[size]:
                times[size].append(seconds(checked, files))
    print(
        f"| {what} | lines, with the vocabulary | s | µs a line | against the smallest |\n| --- | --- | --- | --- | --- |"
    )
    rates = {size: median(times[size]) / lines_of(every[size]) * 1e6 for size in sizes}
    for size, rate in rates.items():
        lines = lines_of(every[size])
        print(f"| {size} | {lines} | {median(times[size]):.2f} | {rate:.0f} | {rate / rates[sizes[0]]:.2f} |")
    print()


def print_shipped() -> None:
    """What the shipped documents take, and which part of the work takes it."""
    listing = list_files(POLICIES)
    policies, cases = shipped(*listing.documents), shipped(*listing.cases)
    documents = {name: read_document(name, content)[0] for name, content in policies.items()}

    def to_schema(_files: Mapping[str, bytes]) -> None:
        for name, document in documents.items():
            if document is not None:
                kind = name.removesuffix(".yaml") if name in VOCABULARY else "policy"
                list(check_schema(document, kind))

    runs = {
        "shipped policies and vocabulary, read and checked": (checked, policies),
        "of that, reading YAML": (parsed, policies),
        "of that, the schema": (to_schema, policies),
        "shipped cases, read and checked": (cases_checked, cases),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS[100]):
        for name, (run, files) in runs.items():
            times[name].append(seconds(run, files))
    print("|  | lines | s | µs a line |\n| --- | --- | --- | --- |")
    for name, (_, files) in runs.items():
        lines = lines_of(files)
        print(f"| {name} | {lines} | {median(times[name]):.2f} | {median(times[name]) / lines * 1e6:.0f} |")
    print()


LIBRARY: Final = open_library()


def main() -> None:
    """All tables."""
    print_shipped()
    print_growth("entries in one document", lambda size: {POLICY: long_document(size)}, ENTRIES)
    print_growth("documents", many_documents, DOCUMENTS)


if __name__ == "__main__":
    main()
