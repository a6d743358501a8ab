"""What a look-up costs from a shell, against a bare click program that prints a line, and what a library costs to open.

Run it again with `python tests/benchmarks/startup.py`; numbers after it are the sizes of the compiled libraries. Whole
processes, each taking its turn; medians. The modules are compiled, as they are in an installed program.

The policies of the compiled libraries are the shipped ones over and over, under other names, among a growing number of
payers. One look-up is of a code of which one policy of a payer speaks, however large the library is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final

from policykit import open_library
from policykit.compiled.building import compile_library
from policykit.compiled.writing import write
from policykit.folder import list_files, read_files
from policykit.shipped import POLICIES
from policykit.vocabulary import Payer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.compiled.documents import CompiledDocument, CompiledLibrary

ROUNDS: Final = 31
COLD_ROUNDS: Final = 3
SIZES: Final = (100, 10_000, 100_000)
PAYER_HAS: Final = 1_000  # policies
LOOKUP: Final = ("lookup", "64714", "--payer", "cigna", "--dos", "2026-01-15")
BARE: Final = """\
import click

@click.command()
@click.argument("code")
@click.option("--payer")
@click.option("--dos")
def main(code: str, payer: str, dos: str) -> None:
    click.echo(f"{payer} has a policy for {code} on {dos}.")

main()
"""


def shipped() -> CompiledLibrary:
    """The shipped library, compiled."""
    listing = list_files(POLICIES)
    built = compile_library(read_files(listing, listing.documents)[0])
    if built.library is None:
        raise SystemExit("\n".join(map(str, built.problems)))
    return built.library


def of_size(library: CompiledLibrary, size: int) -> CompiledLibrary:
    """A library of so many policies: those of the shipped one, and more of other payers."""
    payers = {f"payer{number}": None for number in range(size // PAYER_HAS)}
    words = library.vocabulary
    own = {name: Payer(id=name, name=f"Payer {name}") for name in payers}
    vocabulary = replace(words, payers={**words.payers, **own}, payers_by_name=None, digest=None)
    return replace(
        library,
        documents=(*library.documents, *more(library, [*(payers or words.payers)], size)),
        vocabulary=vocabulary,
    )


def more(library: CompiledLibrary, payers: list[str], size: int) -> Iterator[CompiledDocument]:
    """Documents of policies under other names, until there are so many policies."""
    models = [each for each in library.documents if each.policy is not None]
    for number in range(size - len(models)):
        model = models[number % len(models)]
        policy = model.policy
        if policy is None:
            raise AssertionError
        payer = payers[number % len(payers)]
        identity = f"{payer}/copy{number}"
        whole = zlib.decompress(policy.packed).decode().replace(f'"{policy.id}"', f'"{identity}"', 1)
        packed = zlib.compress(whole.replace(f'"{policy.payer}"', f'"{payer}"', 1).encode())
        copied = replace(policy, id=identity, payer=payer, packed=packed)
        yield replace(model, name=f"{identity}.yaml", policy=copied)


def milliseconds(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """The time that one process takes."""
    start = perf_counter()
    subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return (perf_counter() - start) * 1e3


def installed() -> str:
    """The command as it is installed beside this Python."""
    beside = Path(sys.executable).with_name("policykit")
    found = str(beside) if beside.exists() else shutil.which("policykit")
    if found is None:
        raise SystemExit("policykit is not installed")
    return found


def opened(file: Path) -> float:
    """The time that opening a compiled library takes."""
    start = perf_counter()
    open_library(file)
    return (perf_counter() - start) * 1e3


def main() -> None:
    """The tables."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "bare.py").write_text(BARE, encoding="utf-8")
        files = {size: folder / f"{size}.sqlite" for size in sizes}
        library = shipped()
        for size, file in files.items():
            write(file, of_size(library, size))
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["XDG_CACHE_HOME"] = str(folder / "cache")
        commands = {
            "bare Python": [sys.executable, "-c", "print('a line')"],
            "bare click program": [sys.executable, "bare.py", *LOOKUP[1:]],
            "look-up, compiled library kept in the cache": [installed(), *LOOKUP, "--library", str(POLICIES)],
        } | {
            f"look-up, compiled file of {size:,} policies": [installed(), *LOOKUP, "--library", str(file)]
            for size, file in files.items()
        }
        cached = commands["look-up, compiled library kept in the cache"]
        cold: list[float] = []
        for _ in range(COLD_ROUNDS):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            cold.append(milliseconds(cached, environment, folder))
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(milliseconds(command, environment, folder))
        opening = {size: [opened(file) for _ in range(ROUNDS)] for size, file in files.items()}
        bytes_of = {size: file.stat().st_size for size, file in files.items()}
    medians = {name: median(each) for name, each in times.items()} | {"look-up, nothing cached": median(cold)}
    print("|  | ms | against bare click |\n| --- | --- | --- |")
    for name, each in medians.items():
        print(f"| {name} | {each:.0f} | {each / medians['bare click program']:.2f} |")
    print("\n| policies | MB | open_library, ms |\n| --- | --- | --- |")
    for size, took in opening.items():
        print(f"| {size:,} | {bytes_of[size] / 1e6:.0f} | {median(took):.2f} |")


if __name__ == "__main__":
    main()
