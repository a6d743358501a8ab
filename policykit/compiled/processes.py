"""Documents read in several processes at once, with the results that reading them one by one would have.

A process is told through a pipe what to read, and ends when nobody holds the other end any more: whatever happens to
the program that started it, it is not left behind. One that is gone leaves its share to the program itself.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final

from policykit.compiled.compiling import Reader

if sys.platform != "win32":
    from multiprocessing.resource_tracker import ensure_running

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from multiprocessing.process import BaseProcess

    from policykit.compiled.compiling import Found
    from policykit.vocabulary import Vocabulary

# Documents that are read before as many processes have started (`tests/benchmarks/building.py`).
FEW: Final = 64
_SHARE: Final = 32  # documents that a process is given at once
_ROUNDS: Final = 4  # shares for each process, at least, so that all of them are done at about the same time
# Started afresh rather than copied: a copy of a program with threads may wait for one of them for ever.
_CONTEXT: Final = multiprocessing.get_context("spawn")


def found_in(files: Mapping[str, bytes], vocabulary: Vocabulary | None, processes: int) -> Generator[Found, None, None]:
    """What these documents are found to be, in no particular order.

    With `processes` above 1, that many are started, unless there are only a few documents.
    """
    names = list(files)
    if processes <= 1 or len(names) <= FEW or multiprocessing.current_process().daemon:
        yield from read_all(Reader(vocabulary), files)
        return
    size = max(1, min(_SHARE, len(names) // (processes * _ROUNDS)))
    shares = [{name: files[name] for name in names[start : start + size]} for start in range(0, len(names), size)]
    yield from _found_together(shares, vocabulary, processes)


def read_all(reader: Reader, share: Mapping[str, bytes]) -> list[Found]:
    """What the documents of one share are found to be."""
    return [reader.found(name, content) for name, content in share.items()]


def serve(pipe: Any, vocabulary: Vocabulary | None) -> None:
    """What a process does: it reads every share that comes, and answers, until none comes any more."""
    reader = Reader(vocabulary)
    # Whatever goes wrong here goes wrong again, and is told, where the share is read instead.
    with suppress(Exception), pipe:
        while True:
            pipe.send(read_all(reader, pipe.recv()))


def _found_together(shares: list[dict[str, bytes]], vocabulary: Vocabulary | None, processes: int) -> Iterator[Found]:
    reader = Reader(vocabulary)
    left = shares[::-1]
    given: dict[Any, dict[str, bytes]] = {}
    started: list[BaseProcess] = []
    try:
        while left and len(started) < processes and (pipe := _started(vocabulary, started)) is not None:
            given[pipe] = _give(pipe, left.pop())
        while given:
            ready: list[Any] = wait(list(given))
            for pipe in ready:
                share = given.pop(pipe)
                found = _answer(pipe)
                if found is not None and left:
                    given[pipe] = _give(pipe, left.pop())
                else:
                    pipe.close()
                yield from found if found is not None else read_all(reader, share)
        for share in reversed(left):
            yield from read_all(reader, share)
    finally:
        for pipe in given:
            pipe.close()
        for process in started:
            process.terminate()
            process.join()


def _started(vocabulary: Vocabulary | None, started: list[BaseProcess]) -> Any | None:
    """The pipe to a process that has been started, or None where the system allows no other."""
    mine, its = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=serve, args=(its, vocabulary), daemon=True)
    try:
        with _uninterrupted():
            process.start()
    except OSError:
        mine.close()
        return None
    finally:
        its.close()
    started.append(process)
    return mine


def _give(pipe: Any, share: dict[str, bytes]) -> dict[str, bytes]:
    with suppress(OSError):  # it is gone, which the answer will tell
        pipe.send(share)
    return share


def _answer(pipe: Any) -> list[Found] | None:
    """What a process answers, or None where it is gone."""
    try:
        found: list[Found] = pipe.recv()
    except (EOFError, OSError):
        return None
    return found


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Whoever interrupts the program does not mean the processes, which would each complain of it: they are ended."""
    if sys.platform == "win32":
        yield
        return
    ensure_running()  # which starts a process of its own, and lets interruptions through afterwards
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
