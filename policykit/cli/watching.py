"""Long work on claims, watched: how far it is on standard error, and that it was interrupted."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from threading import current_thread, main_thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from policykit.cli.output import clear_progress, progress, write_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.batch.run import Progress

_OFTEN: Final = 0.2  # seconds between two words on a terminal
_SELDOM: Final = 10.0  # and elsewhere
_TERMINATED: Final = 143  # as a shell tells it: 128 and the number of the signal


class Watch:
    """Tells on standard error how far the work is and how fast: on a terminal in one line, elsewhere now and then."""

    def __init__(self) -> None:
        self._began = self._told = monotonic()
        self._terminal = sys.stderr.isatty()
        self._show = progress()

    def tell(self, progress: Progress) -> None:
        """How far the work is, unless something was told just before."""
        now = monotonic()
        if now - self._told < (_OFTEN if self._terminal else _SELDOM):
            return
        self._told = now
        text = f"{progress.doing}: {progress.share:.0%}"
        if progress.claims is not None:
            done = round(progress.claims * progress.share)
            text += f", {done:,} of {progress.claims:,} rows"
        text += f", {now - self._began:.0f} s"
        if self._terminal:
            self._show(text)
        else:
            write_error([text])

    def in_the_end(self, claims: int) -> str:
        """How many claims it were, and how fast that went."""
        seconds = max(monotonic() - self._began, 0.001)
        return f"{_rows(claims)} in {seconds:.1f} s, {_rows(round(claims / seconds))} a second"


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


@contextmanager
def watched() -> Iterator[Watch]:
    """A watch over work that puts away what is unfinished when it is interrupted, or told to end.

    Whoever is told to end would otherwise end at once, and leave everything where it lies.
    """
    heeds = current_thread() is main_thread()  # only there, a signal can be waited for
    before = signal.signal(signal.SIGTERM, _end) if heeds else None
    try:
        yield Watch()
    except (KeyboardInterrupt, SystemExit):
        clear_progress()
        write_error(["policykit: interrupted; no file is left half-written"])
        raise
    finally:
        clear_progress()
        if heeds:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _end(_signal: int, _frame: object) -> None:
    # Once is enough: the second would disturb the putting away.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(_TERMINATED)
