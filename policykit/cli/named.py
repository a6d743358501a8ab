"""Paths as they are given on the command line, standard input among them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from policykit.cli.misuse import Misuse
from policykit.cli.options import whole
from policykit.folder import MAX_BYTES
from policykit.inspection import Given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

STANDARD_INPUT: Final = "standard input"


def named_paths(
    words: Iterable[str], otherwise: Callable[[str], Path | None] = lambda _word: None
) -> list[Path | Given]:
    """What words name: paths that exist, made absolute, `-` for standard input, or what `otherwise` makes of a word."""
    named: list[Path | Given] = []
    for word in words:
        if word == "-":
            named.append(Given(STANDARD_INPUT, sys.stdin.buffer.read(MAX_BYTES + 1)))
            continue
        path = whole(word)
        found = path if _exists(path) else otherwise(word)
        if found is None:
            raise Misuse(f"there is no file or folder `{word}`")
        named.append(found)
    return named


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True
