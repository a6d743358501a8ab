"""What the columns of a table of claims state, and of which kind they are.

A row states one case. A cell that is null states nothing; every other cell states what stands in it:

- A column of text for a boolean, an integer, a number or a date is read as a document reads it unquoted: `true`, `-3`,
  `2.5`, `2024-03-01`, `2024-03`, `2024`, `never`.
- A set is an array of text, or text in which a separator stands between the words. Such a text that is `[]` says none.
  Where there is no separator, a cell holds the one word of the set.
- A whole number in a column of numbers is a whole number: 6.0 is 6.
- A number that is written as text has at most 15 digits before the point, and 15 behind it.
- A fact that is a code, or a set of codes, has a column for each system. What all of them state, taken together, is its
  value; it is unknown where all of them are null.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from policykit.records import field, record
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Mapping

# What stands between the words of a set in a column of text, unless something else is said.
SEPARATOR: Final = ";"
# A text that says that a set is empty.
NONE_OF_THEM: Final = "[]"
# The systems of which a column can hold codes without saying which: no code is of both.
BY_SHAPE: Final = ("cpt", "hcpcs")


class Kind(StrEnum):
    """What a column holds. `texts` is an array of text; for SQLite, the text of a JSON array."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    TEXTS = "texts"
    OTHER = "other"


# The kinds of column that can state a fact of a type; a column of any other kind never states a sound value.
FITTING: Final[Mapping[FactType, frozenset[Kind]]] = {
    FactType.BOOLEAN: frozenset({Kind.BOOLEAN, Kind.TEXT}),
    FactType.INTEGER: frozenset({Kind.INTEGER, Kind.NUMBER, Kind.TEXT}),
    FactType.NUMBER: frozenset({Kind.INTEGER, Kind.NUMBER, Kind.TEXT}),
    # A year alone may be written as a number.
    FactType.DATE: frozenset({Kind.DATE, Kind.TEXT, Kind.INTEGER}),
    FactType.CHOICE: frozenset({Kind.TEXT}),
    FactType.CHOICES: frozenset({Kind.TEXTS, Kind.TEXT}),
    FactType.CODE: frozenset({Kind.TEXT}),
    FactType.CODES: frozenset({Kind.TEXTS, Kind.TEXT}),
}
# The same for a day that is known in full (date of service, claim processed, known on), and for a policy or a payer.
FITTING_DAY: Final = frozenset({Kind.DATE, Kind.TEXT})
FITTING_NAME: Final = frozenset({Kind.TEXT})


@record
class Column:
    """A column of the table. `separator` matters only for a set in a column of text: None where a cell is one word."""

    name: str
    kind: Kind
    separator: str | None = SEPARATOR


@record
class CodeColumn:
    """A column of codes of one system. Without a system, each is of `cpt` or `hcpcs`, as its shape tells."""

    system: str | None
    column: Column


# The columns of a fact that is a code or a set of codes; otherwise the one column.
FactColumns: TypeAlias = Column | tuple[CodeColumn, ...]


@record
class Layout:
    """What the columns of a table state. What has no column is unknown in every row.

    `facts` holds declared facts only: the built-in ones have columns of their own here. A row that names neither a
    policy nor a payer is put to `default_policy` and `default_payer`, as in a document of cases. `keys` are the columns
    by which an answer is found again.
    """

    date_of_service: Column
    claim_processed: Column | None = None
    known_on: Column | None = None
    policy: Column | None = None
    payer: Column | None = None
    default_policy: str | None = None
    default_payer: str | None = None
    code: tuple[CodeColumn, ...] = ()
    modifiers: Column | None = None
    place: Column | None = None
    diagnoses: tuple[CodeColumn, ...] = ()
    facts: Mapping[str, FactColumns] = field(default_factory=dict)
    keys: tuple[Column, ...] = ()
