"""A library compiled to be kept, from what is kept already as far as that goes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from policykit.compiled.building import compile_library
from policykit.compiled.cache import forget, kept_file, nearest
from policykit.compiled.earlier import read_earlier
from policykit.compiled.holding import held
from policykit.compiled.writing import write
from policykit.writing.saving import Unsaved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from policykit.index import Holdings
    from policykit.problems import Problem


def compile_and_keep(
    files: Mapping[str, bytes], folder: Path, key: str, processes: int
) -> tuple[Holdings | None, tuple[Problem, ...]]:
    """What documents hold, or what is wrong with them. What goes wrong in keeping it is of no consequence."""
    near = nearest(folder, files)
    built = compile_library(files, earlier=read_earlier(near) if near else None, processes=processes)
    if built.library is None:
        return None, built.problems
    with suppress(OSError, Unsaved):
        folder.mkdir(parents=True, exist_ok=True)
        write(kept_file(folder, key), built.library)
        forget(folder)
    return held(built.library), ()
