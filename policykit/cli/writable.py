"""The library that commands write to: one that is the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from policykit.cli.misuse import Misuse
from policykit.cli.options import here, whole
from policykit.cli.output import write_error
from policykit.folder import displayed, library_around, read_files
from policykit.problems import InvalidDocuments, in_order
from policykit.shelf import as_shown
from policykit.vocabulary import PAYERS, PUBLISHED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable

    from policykit.folder import Listing

Verb = TypeVar("Verb", bound="Callable[..., Any]")

# What lies in here came with the program and goes with it.
PACKAGE: Final = Path(__file__).resolve().parents[1]
_LINE: Final = 500  # characters; docs/format.md, section 2.1
_TEXT: Final = 4000  # the same
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
    found = _named(whole(library), may_be_new=may_be_new) if library is not None else library_around(here())
    if found is None:
        advice = _ADVICE_TO_BEGIN if may_be_new else _ADVICE
        raise Misuse("the current folder belongs to no library", advice)
    if found.resolve().is_relative_to(PACKAGE):
        message = f"`{found}` came with policykit, and what is written there is lost with the next release"
        raise Misuse(message, "copy the folder, and name the copy with `--library`")
    return found


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


def library_files(listing: Listing, meant: str) -> dict[str, bytes]:
    """What decides whether the document that is meant, which need not be there, is sound: it, and the vocabulary.

    Other policies have no say in that, and there may be thousands. Raises `InvalidDocuments` for what cannot be read.
    """
    needed = [name for name in (*VOCABULARY, PUBLISHED, meant) if name in listing.documents]
    files, problems = read_files(listing, needed)
    at = {str(listing.root), *(str(listing.path(name)) for name in (*VOCABULARY, PUBLISHED, meant))}
    if found := [each for each in problems if each.where.file in at]:
        raise InvalidDocuments(found)
    return files


def refusal(root: Path, error: InvalidDocuments) -> int:
    """Tells why documents of a library cannot be written; the exit status."""
    problems = in_order(as_shown(displayed(root, each), here()) for each in error.problems)
    write_error([*(str(each) for each in problems), "nothing is written"])
    return 1


def line(text: str) -> str:
    """A text on one line that an option gives."""
    return _readable(text, _LINE)


def sentence(text: str) -> str:
    """A text that an option gives, and that may take several lines of a document."""
    return _readable(text, _TEXT)


def _readable(text: str, at_most: int) -> str:
    if not text.strip():
        raise click.BadParameter("the text is empty")
    if not text.isprintable():
        raise click.BadParameter(f"`{text[:40]}` holds a character that cannot be seen")
    if len(text) > at_most:
        raise click.BadParameter(f"the text has {len(text)} characters, and at most {at_most} fit in")
    return text.strip()
