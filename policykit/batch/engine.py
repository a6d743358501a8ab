"""DuckDB, held to a bound of memory, and to saying what went wrong without showing what stands in the claims."""

from __future__ import annotations

import re
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import duckdb

from policykit.problems import PolicykitError
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MEMORY: Final = "600MB"
_SIZE: Final = re.compile(r"[1-9][0-9]{0,6} ?([KMGT]i?B)", re.ASCII | re.IGNORECASE)
_PAUSE: Final = 0.1  # seconds between two looks at how far a query is
# As the system says it, within what the engine makes of it.
_FULL: Final = (
    "no space left",
    "file too large",
    "disk quota",
    "disk is full",
    "out of disk",
    "max_temp_directory_size",
)

# How much of a query is done, from 0 to 1.
Share = float


class Stopped(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """The engine could not do what was asked. Nothing has been written under its final name."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message}\n  help: {advice}")


class Unreadable(Exception):  # noqa: N818  # control flow between the engine and those who know the file
    """What was to be read is not of its form. `line` is about where, if that is known."""

    def __init__(self, line: int | None, *, wrong_width: bool = False, not_utf_8: bool = False) -> None:
        super().__init__("unreadable")
        self.line, self.wrong_width, self.not_utf_8 = line, wrong_width, not_utf_8


@record
class Limits:
    """What the engine may take: `memory` in the words of DuckDB, such as `600MB`; as many threads as there are, if none
    is said.
    """

    memory: str = MEMORY
    threads: int | None = None


def is_size(text: str) -> bool:
    """Whether this is an amount of memory, such as `600MB` or `2GB`."""
    return _SIZE.fullmatch(text) is not None


class Engine:
    """One connection to a database in memory. What it cannot hold, it puts into a folder."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits

    def rows(self, sql: str, told: Callable[[Share], None] | None = None) -> list[tuple[Any, ...]]:
        """What a query gives, or the one row that a `COPY` gives: how many rows were written.

        `told` is called now and then with how much is done. Raises `Stopped`, and `Unreadable` for what was read.
        """
        found: list[list[tuple[Any, ...]]] = []
        failed: list[BaseException] = []
        done = Event()

        def work() -> None:
            try:
                found.append(self._connection.execute(sql).fetchall())
            except BaseException as error:  # noqa: BLE001  # raised again where the caller waits
                failed.append(error)
            finally:
                done.set()

        thread = Thread(target=work, daemon=True)
        thread.start()
        try:
            while not done.wait(_PAUSE):
                if told is not None and (share := self._connection.query_progress()) >= 0:
                    told(min(share / 100, 1.0))
        except BaseException:
            # Interrupted while waiting: what is under way ends first, since it writes into a folder that will go.
            while not done.wait(_PAUSE):
                self._connection.interrupt()
            raise
        thread.join()
        if failed:
            raise self._explained(failed[0]) from None
        return found[0]

    def columns(self, relation: str) -> list[tuple[str, Any]]:
        """The columns of what stands after FROM, each with its type. Raises `Unreadable`."""
        try:
            described = self._connection.sql(f"SELECT * FROM {relation}")  # noqa: S608  # made by this package
            return list(zip(described.columns, described.types, strict=True))
        except duckdb.Error as error:
            raise self._explained(error) from None

    def _explained(self, error: BaseException) -> BaseException:
        if not isinstance(error, duckdb.Error):
            return error
        text = str(error)
        folded = text.casefold()
        full = no_room(text)
        if isinstance(error, duckdb.OutOfMemoryException) and full is None:
            return Stopped(f"this takes more memory than {self._limits.memory}", "allow more with `--memory`")
        if full is not None:
            return full
        if isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException | duckdb.IOException):
            line = re.search(r"\bline:? ([0-9]{1,18})\b", text, re.IGNORECASE)
            return Unreadable(
                int(line[1]) if line else None,
                wrong_width="Expected Number of Columns" in text,
                not_utf_8="unicode" in folded or "utf-8" in folded,
            )
        # What the engine says may repeat a claim, so only the kind of its complaint is told.
        kind = text.partition(":")[0].strip() if re.match(r"[A-Za-z -]{1,40}:", text) else "an error"
        return Stopped(f"DuckDB stops with: {kind.lower()}", "nothing is written; please report it, without the claims")


@contextmanager
def engine(limits: Limits, spill: Path) -> Iterator[Engine]:
    """An engine within limits, which may put what it cannot hold into the folder `spill`. Raises `Stopped`."""
    settings: dict[str, Any] = {
        "memory_limit": limits.memory.replace(" ", ""),
        "temp_directory": str(spill),
        # Nothing is fetched from anywhere.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
    }
    if limits.threads is not None:
        settings["threads"] = limits.threads
    try:
        connection = duckdb.connect(":memory:", config=settings)
    except duckdb.Error as error:
        raise Stopped("DuckDB does not start with these limits", "look at `--memory` and `--threads`") from error
    try:
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")
        yield Engine(connection, limits)
    finally:
        connection.close()


def no_room(text: str) -> Stopped | None:
    """That there is no room on the disk, if an engine's words say so."""
    if not any(each in text.casefold() for each in _FULL):
        return None
    return Stopped(
        "the disk is full, or a file may not grow further", "nothing is written; make room, and run it again"
    )


def quoted(name: str) -> str:
    """The name of a column or a table, as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text, as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def exactly(path: Path) -> str:
    """A path, as a table function of the engine takes it: what would be a pattern stands for itself."""
    return literal(re.sub(r"([\[*?])", r"[\1]", str(path)))
