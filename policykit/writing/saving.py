"""Files written so that, whatever happens, each holds what it held before or what it was to hold.

The new bytes go into a hidden file beside the old one, which then takes its place. The hidden file is locked as long as
it is written, so that two commands never write one document at once, and one that was left behind by a command that
was killed is told from one that is being written.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from policykit.problems import PolicykitError
from policykit.records import record

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TRIES: Final = 100  # at taking a hidden file that others make and remove at the same time
# Absent on some systems, which then do without.
_SAFELY: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Unsaved(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """A file could not be written; it is as it was."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message}\n  help: {advice}")


class Changed(Unsaved):
    """A file is no longer what the caller read; it is as others left it."""


@record(kw_only=False)
class Writing:
    """A file that is to hold `content` where it holds `expected` now; None where it must not exist yet."""

    path: Path
    content: bytes
    expected: bytes | None


def save(path: Path, content: bytes, *, expected: bytes | None) -> None:
    """Puts `content` in the place of `expected`, the bytes that the caller read; None if there must be no file yet.

    The file keeps its mode; of a link, what it leads to is written. Raises `Changed` if the file holds something else
    by now, or is there although it must not be, and `Unsaved` if the system refuses. The folder must exist.
    """
    try:
        target = path if expected is None else path.resolve(strict=True)
        with _unfinished(target) as (descriptor, hidden):
            _check(path, target, expected)
            _fill(descriptor, content)
            if expected is not None:
                _liken(hidden, target)
            if sys.platform == "win32":
                os.close(descriptor)
            _put(hidden, target, is_new=expected is None)
        _keep_folder(target.parent)
    except FileNotFoundError as error:
        gone = path if expected is not None else path.parent
        raise Changed(f"`{gone}` is gone, so nothing is written", "run the command again") from error
    except (OSError, RuntimeError) as error:
        told = (error.strerror if isinstance(error, OSError) else None) or "the system does not say why"
        raise Unsaved(f"`{path}` cannot be written: {told.lower()}", "the file is as it was") from error


def save_all(writings: Sequence[Writing]) -> None:
    """Saves several files, and makes the folders that they need; where one fails, all are taken back.

    A command that is killed leaves those that come first. Raises what `save` raises.
    """
    done: list[Writing] = []
    made: list[Path] = []
    try:
        for each in writings:
            _make_folder(each.path.parent, made)
            save(each.path, each.content, expected=each.expected)
            done.append(each)
    except BaseException:
        for each in reversed(done):
            _take_back(each)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise


def _check(path: Path, target: Path, expected: bytes | None) -> None:
    """Raises `Changed` unless the file is what is expected."""
    if expected is None:
        if os.path.lexists(target):
            raise Changed(f"`{path}` exists already, and nothing is written over it", "give another name")
        return
    if not target.is_file():
        raise Unsaved(f"`{path}` is not an ordinary file, so nothing is written", "name a file")
    if not os.access(target, os.W_OK):
        raise Unsaved(f"`{path}` is protected from writing", "the file is as it was; change its permissions first")
    if target.read_bytes() != expected:
        message = f"`{path}` has been changed meanwhile, so nothing is written"
        raise Changed(message, "see what was changed, and run the command again")


@contextmanager
def _unfinished(target: Path) -> Iterator[tuple[int, Path]]:
    """A new hidden file beside the target, open and locked. It is gone at the end, unless it has become the target."""
    hidden = target.with_name(f".{target.name}.unfinished")
    descriptor = _taken(hidden, target)
    mine = os.fstat(descriptor)
    try:
        yield descriptor, hidden
    finally:
        # While it is locked, nobody else makes or removes a file of this name.
        with suppress(OSError):
            if os.path.samestat(hidden.lstat(), mine):
                hidden.unlink()
        with suppress(OSError):
            os.close(descriptor)


def _taken(hidden: Path, target: Path) -> int:
    for _ in range(_TRIES):
        with suppress(FileExistsError):
            descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | _SAFELY, 0o666)
            if _lock(descriptor, hidden):
                return descriptor
            os.close(descriptor)
        _clear(hidden)
    raise Unsaved(f"another command is writing `{target}`", "run this one again when that has ended")


def _clear(hidden: Path) -> None:
    """Removes what a command left behind that was killed; waits for one that is still at work."""
    if sys.platform == "win32":
        hidden.unlink(missing_ok=True)  # refused there while somebody has it open
        return
    try:
        descriptor = os.open(hidden, os.O_RDWR | os.O_NONBLOCK | _SAFELY)
    except FileNotFoundError:
        return
    try:
        if _lock(descriptor, hidden):
            hidden.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, hidden: Path) -> bool:
    """Whether the file, once nobody else holds it, is still the one of that name."""
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without locks, which then does without
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        return os.path.samestat(os.fstat(descriptor), hidden.lstat())
    except FileNotFoundError:
        return False


def _fill(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def _liken(hidden: Path, target: Path) -> None:
    """Gives a file the owner, where the system lets us, and the mode of another."""
    state = target.stat()
    if sys.platform != "win32":
        with suppress(OSError):
            os.chown(hidden, state.st_uid, state.st_gid)
    hidden.chmod(stat.S_IMODE(state.st_mode))


def _put(hidden: Path, target: Path, *, is_new: bool) -> None:
    if not is_new:
        hidden.replace(target)
        return
    try:
        target.hardlink_to(hidden)
    except FileExistsError as error:
        raise Changed(f"`{target}` exists already, and nothing is written over it", "give another name") from error
    except OSError:
        # A file system without links, where nothing better is to be had than to look once more.
        _check(target, target, None)
        hidden.replace(target)


def _keep_folder(folder: Path) -> None:
    """Sees to it that the new name outlives a loss of power, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _make_folder(folder: Path, made: list[Path]) -> None:
    for each in reversed((folder, *folder.parents)):
        try:
            if not each.is_dir():
                each.mkdir()
                made.append(each)
        except OSError as error:
            told = (error.strerror or "the system does not say why").lower()
            raise Unsaved(f"the folder `{each}` cannot be made: {told}", "nothing is written") from error


def _take_back(writing: Writing) -> None:
    """Undoes a writing, unless somebody has changed the file since."""
    with suppress(OSError, PolicykitError):
        if writing.expected is not None:
            save(writing.path, writing.expected, expected=writing.content)
        elif writing.path.read_bytes() == writing.content:
            writing.path.unlink()
