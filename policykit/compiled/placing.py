"""A file of any size that takes the place of another when it is done, and never before."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Final

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIES: Final = 100  # at taking a hidden file, while others clear away what they take for left behind
_END: Final = ".unfinished"


@contextmanager
def placed(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` that takes its place at the end, or is gone if anything goes wrong.

    It is locked as long as it is being written: so those that killed commands left behind are told from the others,
    and are removed. Several may write one file at once; the last that is done stays. Raises `OSError`.
    """
    target = Path(os.path.realpath(path))
    _clear(target)
    hidden = target.with_name(f".{target.name}.{os.getpid()}-{get_ident()}{_END}")
    descriptor = _taken(hidden)
    try:
        yield hidden
        os.fsync(descriptor)
        if sys.platform == "win32":
            os.close(descriptor)
            descriptor = -1
        hidden.replace(target)
    except BaseException:
        with suppress(OSError):
            hidden.unlink()
        raise
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    _keep_folder(target.parent)


def _taken(hidden: Path) -> int:
    """The hidden file, empty, open and locked."""
    for _ in range(_TRIES):
        descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o666)
        if _lock(descriptor):
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), hidden.stat()):
                    return descriptor
        os.close(descriptor)
    raise OSError(f"another command is writing beside it, {hidden.name}")


def _clear(target: Path) -> None:
    """Removes what commands left behind that were killed while they wrote this file."""
    for left in target.parent.glob(f".{_literally(target.name)}.*{_END}"):
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDWR)
            try:
                if _lock(descriptor):
                    left.unlink()
            finally:
                os.close(descriptor)


def _literally(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "[]*?" else sign for sign in name)


def _lock(descriptor: int) -> bool:
    """Whether nobody else is writing the file."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks, which then does without
    return True


def _keep_folder(folder: Path) -> None:
    """Sees to it that the new name outlives a loss of power, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
