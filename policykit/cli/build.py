"""`policykit build`: a library compiled into one file."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policykit.cli.misuse import Misuse
from policykit.cli.options import kept_root
from policykit.cli.output import clear_progress, progress, write_error
from policykit.cli.text import counted
from policykit.compiled.building import compile_library
from policykit.compiled.earlier import read_earlier
from policykit.compiled.reading import is_compiled
from policykit.compiled.writing import write
from policykit.folder import displayed, list_files, read_files
from policykit.problems import InvalidDocuments, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from policykit.compiled.building import Built


@click.command("build")
@click.argument("folder", required=False, envvar="POLICYKIT_LIBRARY", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file to write, such as library.sqlite.",
)
@click.option("--anew", is_flag=True, help="Read every document, whatever the file tells of it from the last time.")
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=1024),
    metavar="COUNT",
    help="In how many processes many documents are read; otherwise one for each processor.",
)
def verb(folder: Path | None, output: Path, *, anew: bool, processes: int | None) -> int:
    """Compile a library into one file, for `--library` of other commands and for any program that reads SQLite.

    FOLDER is the library; otherwise it is the one of the current folder, or `policies` in it, or the one of policykit.
    Nothing is written unless all documents are sound. Where FILE is there already, only documents that changed since
    are read again; the file becomes the same, byte for byte, as if all were.
    """
    root = kept_root(folder)
    if not root.is_dir():
        raise Misuse(f"`{root}` is a file; a library is a folder" if root.exists() else f"there is no folder `{root}`")
    _check(output)
    with _in_one_go():
        listing = list_files(root)
        files, faults = read_files(listing, listing.documents)
        if faults:
            raise InvalidDocuments(faults)
        earlier = None if anew else read_earlier(output)
    built = compile_library(
        files,
        earlier=earlier,
        processes=processes or _processors(),
        progress=_progress(),
    )
    clear_progress()
    if built.library is None:
        problems = in_order(displayed(root, each) for each in built.problems)
        write_error([*map(str, problems), "nothing is written"])
        return 1
    with _in_one_go():
        write(output, built.library)
    write_error([_summary(output, built, len(files))])
    return 0


def _check(output: Path) -> None:
    """Refuses to write where a compiled library has no place."""
    if output.is_dir():
        raise Misuse(f"`{output}` is a folder", "name a file, such as library.sqlite")
    if not output.parent.is_dir():
        raise Misuse(f"there is no folder `{output.parent}`", "make it first, or name another")
    if not output.exists():
        return
    if not output.is_file():
        raise Misuse(f"`{output}` is no ordinary file", "name another one")
    if output.stat().st_size and not is_compiled(output):
        advice = "name another file, or delete this one first"
        raise Misuse(f"`{output}` is there already, and is no compiled library", advice)


@contextmanager
def _in_one_go() -> Iterator[None]:
    """While much is made that stays, nothing is gained by looking for garbage in it again and again, nor afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _processors() -> int:
    """How many processors this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _progress() -> Callable[[int, int], Any]:
    tell = progress()
    return lambda done, of: tell(f"{done} of {of} documents")


def _summary(output: Path, built: Built, documents: int) -> str:
    policies = sum(each.policy is not None for each in built.library.documents) if built.library else 0
    held = f"{counted(policies, 'policy', 'policies')}, {counted(documents, 'document')}"
    read = "all" if len(built.read) == documents else len(built.read)
    return f"{output}: {held}, {read} of them read"
