"""The options that several verbs share, and the library that they name."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from policykit.cli.misuse import Misuse
from policykit.dates import read_day
from policykit.folder import holdings_of, library_around, read_holdings
from policykit.shipped import POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from policykit.index import Holdings

Verb = TypeVar("Verb", bound="Callable[..., Any]")

_KEPT = "The library; otherwise the one of the current folder, or `policies` in it, or the one of policykit."


def day(text: str) -> date:
    """The day that an option names."""
    found = read_day(text)
    if found is None:
        raise click.BadParameter(f"`{text[:40]}` is not a day of the calendar, written YYYY-MM-DD")
    return found


def dos_option(help_: str) -> Callable[[Verb], Verb]:
    """`--dos`, the date of service."""
    return click.option("--dos", type=day, metavar="YYYY-MM-DD", help=help_)


def library_options(verb: Verb) -> Verb:
    """`--library` and `--no-cache`."""
    return library_option(no_cache_option(verb))


def no_cache_option(verb: Verb) -> Verb:
    """`--no-cache`."""
    return click.option(
        "--no-cache", is_flag=True, help="Read the documents anew, and keep nothing for the next time."
    )(verb)


def library_option(verb: Verb) -> Verb:
    """`--library` alone."""
    help_ = "Another library than the one that comes with policykit: a folder, or a file made by `policykit build`."
    return _library_option(help_, "PATH")(verb)


def kept_library_option(verb: Verb) -> Verb:
    """`--library`, for `kept_root`: a folder, whose documents are read or written."""
    return _library_option(_KEPT, "FOLDER", callback=lambda _ctx, _param, value: documents_in(value))(verb)


def kept_or_compiled_library_option(verb: Verb) -> Verb:
    """`--library`, for `kept_root`, where a compiled library will do as well."""
    return _library_option(_KEPT, "PATH")(verb)


def documents_in(library: Path | None) -> Path | None:
    """A library that is to have documents. Raises `Misuse` for a compiled one."""
    if library is not None and library.is_file():
        message = f"`{library}` is a file, and this needs the documents in the folder of a library"
        raise Misuse(message, "name the folder; a compiled library answers `lookup`, `decide`, `history` and `show`")
    return library


def _library_option(help_: str, metavar: str, **more: Any) -> Callable[[Verb], Verb]:
    return click.option(
        "--library",
        envvar="POLICYKIT_LIBRARY",
        show_envvar=True,
        type=click.Path(exists=True, path_type=Path),
        metavar=metavar,
        help=help_,
        **more,
    )


def format_option(verb: Verb) -> Verb:
    """`--format`."""
    return click.option(
        "--format",
        "as_json",
        type=click.Choice(["text", "json"]),
        default="text",
        callback=lambda _ctx, _param, value: value == "json",
        help="How the answer is written; text is the default.",
    )(verb)


def known_on_option(verb: Verb) -> Verb:
    """`--known-on`."""
    help_ = "Answer with what was known at the end of this day."
    return click.option("--known-on", type=day, metavar="YYYY-MM-DD", help=help_)(verb)


def processed_option(verb: Verb) -> Verb:
    """`--claim-processed`."""
    help_ = "The day on which the claim is processed; it matters where a revision applies by it."
    return click.option("--claim-processed", type=day, metavar="YYYY-MM-DD", help=help_)(verb)


def holdings(library: Path | None, *, no_cache: bool) -> Holdings:
    """What the library that the options name holds."""
    return read_holdings(root_of(library), cache=None if no_cache else _cache_folder(), processes=os.cpu_count() or 1)


def holdings_of_files(files: Mapping[str, bytes], root: Path, *, no_cache: bool) -> Holdings:
    """What files of a library hold that do not lie in a folder; messages tell their places as if in `root`."""
    return holdings_of(files, root, cache=None if no_cache else _cache_folder(), processes=os.cpu_count() or 1)


def root_of(library: Path | None) -> Path:
    """The library that is meant, from the current folder where it lies within."""
    if library is not None:
        return library
    folder = here()
    # Where the current folder is gone, no relative path leads anywhere.
    near = folder.parent != folder and POLICIES.is_relative_to(folder)
    return POLICIES.relative_to(folder) if near else POLICIES


def kept_root(library: Path | None) -> Path:
    """The same for whoever keeps policies: if none is named, that of the current folder, or `policies` in it."""
    if library is None and (around := library_around(here())) is not None:
        return around.relative_to(here()) if around.is_relative_to(here()) else around
    return root_of(library)


def here() -> Path:
    """The current folder; the uppermost one, where it is gone."""
    try:
        return Path.cwd()
    except OSError:
        return Path("/")


def whole(path: str | Path) -> Path:
    """A path from the root, without `..` in it."""
    return Path(os.path.normpath(here() / path))


def today() -> date:
    """The day on which the question is put, where it is put."""
    return datetime.now().astimezone().date()


def _cache_folder() -> Path | None:
    """Where the user's programs keep what they can make again, or None where that is not known."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base) / "policykit" / "Cache" if base else None
    if (named := os.environ.get("XDG_CACHE_HOME")) and Path(named).is_absolute():
        return Path(named) / "policykit"
    home = os.environ.get("HOME")
    if not home or not Path(home).is_absolute():
        return None
    return Path(home) / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "policykit"
