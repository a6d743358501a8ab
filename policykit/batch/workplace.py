"""A hidden folder beside the file that is to be written, in which it is made until it is whole.

Whoever looks for the file finds the old one, or none, or the new one; never a part. The folder is locked as long as it
is used, so that two commands never write one file at once, and what a command that was killed left behind is told from
what is being written.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from policykit.records import record
from policykit.writing.saving import Unsaved

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK: Final = "lock"
# Parts, the mark that all are there, and the sums by which they are checked.
_PART: Final = re.compile(r"part-[^/]+|_SUCCESS|\.(part-[^/]+|_SUCCESS)\.crc")
_TRIES: Final = 100  # at taking a folder that others make and remove at the same time


@record
class Workplace:
    """A folder for what is not finished, beside the `target` that it is for. Gone in the end.

    `is_folder`: the target is a folder of parts, and not a file.
    """

    target: Path
    folder: Path
    is_folder: bool = False

    @property
    def unfinished(self) -> Path:
        """Where the target is written until it is whole."""
        return self.folder / "unfinished"

    def publish(self) -> None:
        """Lets what is written take the place of the target. Raises `Unsaved` if the system refuses.

        A folder cannot take the place of another in one step: the old one is moved aside first.
        """
        try:
            for path in sorted(self.unfinished.iterdir()) if self.is_folder else (self.unfinished,):
                with path.open("rb+") as stream:
                    os.fsync(stream.fileno())
            if self.target.is_dir() or (self.is_folder and os.path.lexists(self.target)):
                self._replace_aside()
            else:
                self.unfinished.replace(self.target)
        except OSError as error:
            raise refused(self.target, error) from error
        with suppress(OSError):
            descriptor = os.open(self.target.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _replace_aside(self) -> None:
        former = self.folder / "former"
        self.target.replace(former)
        try:
            self.unfinished.replace(self.target)
        except BaseException:
            former.replace(self.target)
            raise


def refused(target: Path, error: OSError) -> Unsaved:
    """That the system does not let a file be written, and why."""
    told = (error.strerror or "the system does not say why").lower()
    return Unsaved(f"`{target}` cannot be written: {told}", "nothing is written under that name")


@contextmanager
def workplace(target: Path) -> Iterator[Workplace]:
    """A new and empty place for a target, which others cannot take meanwhile. Raises `Unsaved`.

    What is not published is gone in the end.
    """
    if target.is_dir() and not _is_of_parts(target):
        raise Unsaved(f"`{target}` is a folder", "name a file in it")
    if not target.parent.is_dir():
        raise Unsaved(f"there is no folder `{target.parent}`", "make it first, or write elsewhere")
    folder = target.with_name(f".{target.name}.unfinished")
    try:
        lock = _taken(folder, target)
    except OSError as error:
        raise refused(target, error) from error
    try:
        _clear(folder)
        yield Workplace(target=target, folder=folder)
    finally:
        with suppress(OSError):
            _clear(folder)
            if sys.platform == "win32":  # where what is open cannot be removed
                os.close(lock)
            # The lock goes last: without it, the folder is anybody's.
            (folder / _LOCK).unlink(missing_ok=True)
            folder.rmdir()
        with suppress(OSError):
            os.close(lock)


def _is_of_parts(folder: Path) -> bool:
    """Whether there is nothing in a folder but what an engine that writes parts has left there."""
    names = [path.name for path in folder.iterdir()]
    return "_SUCCESS" in names and all(_PART.fullmatch(name) for name in names)


def _taken(folder: Path, target: Path) -> int:
    for _ in range(_TRIES):
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        with suppress(FileNotFoundError):
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            if _is_mine(descriptor, folder / _LOCK, target):
                return descriptor
            os.close(descriptor)
    raise _busy(target)


def _is_mine(descriptor: int, lock: Path, target: Path) -> bool:
    """Whether the lock is held now, and is still the one of that name. Raises `Unsaved` where another holds it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise _busy(target) from None
        except OSError:  # a file system without locks, which then does without
            return True
    try:
        return os.path.samestat(os.fstat(descriptor), lock.lstat())
    except FileNotFoundError:
        return False


def _busy(target: Path) -> Unsaved:
    return Unsaved(f"another command is writing `{target}`", "wait until that has ended")


def _clear(folder: Path) -> None:
    """Removes all but the lock."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _LOCK:
            path.unlink(missing_ok=True)
