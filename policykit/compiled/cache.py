"""Compiled libraries kept between runs, so that opening a library again reads no YAML and checks nothing twice.

A kept file is named by the digest of all that it was made from: the bytes of every document, and the program itself. So
it is never stale; and it is proven whole before it is used, so that a damaged one is made again.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policykit.compiled.digests import digest_of, files_digest
from policykit.compiled.reading import CompiledFile, Unusable, holdings_in
from policykit.shipped import SCHEMAS
from policykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policykit.index import Holdings

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_FOLDERS: Final = (".", "reading", "compiled")  # of the package, that what is kept depends on, as on the schemas
_END: Final = ".sqlite"
_NAME: Final = re.compile(r"[0-9a-f]{64}\.sqlite")  # a key, and what makes it a file; no other file is touched
_MOST: Final = 16  # files that are kept; the oldest goes first
_LARGEST: Final = 2**30  # bytes of all of them together, but for the newest, which always stays


def key_of(files: Mapping[str, bytes]) -> str:
    """The name under which what is made from these files, by this program, is kept."""
    program = [VERSION.encode()]
    for folder in (*(_PACKAGE / each for each in _FOLDERS), SCHEMAS):
        with os.scandir(folder) as inside:
            for each in sorted(inside, key=lambda entry: entry.name):
                if each.name.endswith((".py", ".json")):
                    state = each.stat()
                    program.append(f"{folder.name}/{each.name} {state.st_size} {state.st_mtime_ns}".encode())
    return digest_of(*program, files_digest(files)).hex()


def kept_file(folder: Path, key: str) -> Path:
    """The file in which a library is kept."""
    return folder / f"{key}{_END}"


def load(folder: Path, key: str) -> Holdings | None:
    """What is kept under a key, or None where there is nothing that can be trusted."""
    path = kept_file(folder, key)
    try:
        file = CompiledFile(path)
        file.prove()
    except (Unusable, OSError):
        return None
    return holdings_in(file)


def nearest(folder: Path, files: Iterable[str]) -> Path | None:
    """The newest file of a library of which most documents have the names of these."""
    names = {*files}
    for path in _newest_first(folder):
        with suppress(Unusable, OSError):
            known = {*CompiledFile(path).names("document")}
            if 2 * len(known & names) > len(known | names):
                return path
    return None


def forget(folder: Path) -> None:
    """Removes the oldest files where there are too many of them. What cannot be removed stays."""
    whole = 0
    for number, path in enumerate(_newest_first(folder)):
        with suppress(OSError):
            whole += path.stat().st_size
            if number and (number >= _MOST or whole > _LARGEST):
                path.unlink()


def _newest_first(folder: Path) -> list[Path]:
    found: list[tuple[int, Path]] = []
    with suppress(OSError), os.scandir(folder) as inside:
        for each in inside:
            if _NAME.fullmatch(each.name):
                with suppress(OSError):
                    found.append((each.stat().st_mtime_ns, Path(each.path)))
    return [path for _, path in sorted(found, reverse=True)]
