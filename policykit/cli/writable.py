"""The library that commands write to: one that is the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from policykit.cli.misuse import Misuse
from policykit.cli.options import here, whole
from policykit.cli.output import write_error
from policykit.folder import displayed, list_files, read_files
from policykit.problems import InvalidDocuments, in_order
from policykit.shelf import as_shown, library_of
from policykit.vocabulary import PAYERS, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable

Verb = TypeVar("Verb", bound="Callable[..., Any]")

# What lies in here came with the program and goes with it.
PACKAGE: Final = Path(__file__).resolve().parents[1]
_FOLDER: Final = "policies"
_ADVICE: Final = (
    "name one with `--library FOLDER`, or go to its folder; a library has payers.yaml, facts.yaml, codes.yaml"
)
_ADVICE_TO_BEGIN: Final = "name one with `--library FOLDER`; a folder that is not there yet, or is empty, becomes one"


def writable_option(verb: Verb) -> Verb:
    """`--library`, for `writable_library`."""
    return click.option(
        "--library",
        envvar="POLICYKIT_LIBRARY",
        show_envvar=True,
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="The library to write to; otherwise the one of the current folder, or `policies` in it.",
    )(verb)


def writable_library(library: Path | None, *, may_be_new: bool = False) -> Path:
    """The library to write to, from the root: the one named, or that of the current folder, or `policies` in it.

    One that `may_be_new` need not be there, or may be an empty folder, where it is named. Never the library that lies
    within the installed package.
    """
    found = _named(whole(library), may_be_new=may_be_new) if library is not None else _around(here())
    if found is None:
        advice = _ADVICE_TO_BEGIN if may_be_new else _ADVICE
        raise Misuse("the current folder belongs to no library", advice)
    if found.resolve().is_relative_to(PACKAGE):
        message = f"`{found}` came with policykit, and what is written there is lost with the next release"
        raise Misuse(message, "copy the folder, and name the copy with `--library`")
    return found


def _around(folder: Path) -> Path | None:
    within = folder / _FOLDER
    return library_of(folder) or (within if (within / PAYERS).is_file() else None)


def _named(folder: Path, *, may_be_new: bool) -> Path:
    advice = "name a folder that is empty, or not there yet, to begin a library" if may_be_new else _ADVICE
    try:
        if not folder.is_dir():
            if folder.exists():
                raise Misuse(f"`{folder}` is a file; a library is a folder")
            if not may_be_new:
                raise Misuse(f"there is no folder `{folder}`")
        elif not (folder / PAYERS).is_file() and not (may_be_new and is_bare(folder)):
            raise Misuse(f"`{folder}` is not a library: there is no {PAYERS} in it", advice)
    except OSError as error:
        told = (error.strerror or "the system does not say why").lower()
        raise Misuse(f"`{folder}` cannot be looked at: {told}") from error
    return folder


def is_bare(folder: Path) -> bool:
    """Whether nothing lies in a folder, hidden files aside, or there is none."""
    return not folder.exists() or all(each.name.startswith(".") for each in folder.iterdir())


def library_files(root: Path, meant: str) -> dict[str, bytes]:
    """The documents of a library, by name, for writing to the one that is meant, which need not be there.

    Raises `InvalidDocuments` if that one, or the vocabulary, cannot be read; what is wrong with others is passed over.
    """
    listing = list_files(root)
    files, problems = read_files(listing, listing.documents)
    needed = {str(root), *(str(root / name) for name in (meant, *VOCABULARY))}
    if found := [each for each in problems if each.where.file in needed]:
        raise InvalidDocuments(as_shown(each, here()) for each in found)
    return files


def refusal(root: Path, error: InvalidDocuments) -> int:
    """Tells why documents of a library cannot be written; the exit status."""
    problems = in_order(as_shown(displayed(root, each), here()) for each in error.problems)
    write_error([*(str(each) for each in problems), "nothing is written"])
    return 1


def line(text: str) -> str:
    """A text on one line that an option gives."""
    if not text.strip():
        raise click.BadParameter("the text is empty")
    if not text.isprintable():
        raise click.BadParameter(f"`{text[:40]}` holds a character that cannot be seen")
    return text.strip()
