"""What claims are decided with: all that an engine has to do, whichever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from policykit.batch.claims import Claims
    from policykit.batch.engine import Limits
    from policykit.batch.sources import Sources
    from policykit.batch.tables import Table
    from policykit.batch.workplace import Workplace
    from policykit.sql.dialects import Dialect

# As every query calls the claims.
CLAIMS: Final = "claims"


@record
class Written:
    """The columns of a file that is written, in order, and which of them are lists.

    `empty_lists` says how a list without elements is written where a list is text; null where it is not there.
    """

    columns: tuple[str, ...]
    empty_lists: Mapping[str, str | None]


class Database(Protocol):
    """An engine at work. Whatever takes time is told of by `told`, as a share from 0 to 1.

    What it raises, `Stopped` and `Unreadable`, repeats nothing of what stands in the claims.
    """

    @property
    def dialect(self) -> Dialect:
        """In what it is asked."""

    @property
    def numbers_rows(self) -> bool:
        """Whether each row of a file has a number; otherwise rows are known by keys alone."""

    @property
    def writes_folders(self) -> bool:
        """Whether it writes a folder of parts, and not a file."""

    def table(self, sources: Sources, folder: Path, told: Callable[[float], None]) -> Table:
        """All claims as one table; in the folder may lie what it is read from. Raises `InvalidDocuments`."""

    def define(self, claims: Claims) -> None:
        """Lets queries find the claims under their name."""

    def rows(self, sql: str, told: Callable[[float], None]) -> list[tuple[Any, ...]]:
        """What a query gives."""

    def write(self, sql: str, written: Written, place: Workplace, told: Callable[[float], None]) -> int:
        """Writes what a query gives where it is not finished yet, in the form of the target; says how many rows."""

    def words(self, place: Workplace, written: Written, column: str, told: Callable[[float], None]) -> dict[str, int]:
        """How often each word stands in a column of what was just written, in order of the words."""


# Lets an engine work within limits, with a folder for what it cannot hold, until all is done.
Opener: TypeAlias = "Callable[[Limits, Path], AbstractContextManager[Database]]"
