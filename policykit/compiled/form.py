"""The form of a compiled file: its tables, and how what belongs to a name is found and proven whole.

Tables for everybody hold the library in plain columns. What this program itself reads are the rows of `part`: all that
belongs to a name lies in one of them, whose number follows from the name. Every number has its row, so that a row that
does not know a name proves that nothing belongs to it; and each row has a digest, which no other row could have.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from policykit.compiled.digests import digest_of
from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.codes import Stem

FORMAT: Final = 2
APPLICATION: Final = 0x706F6C6B  # how a file of this kind is told from other SQLite files: "polk"

# docs/compiled-library.md tells what each column means.
TABLES: Final = """\
CREATE TABLE library (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE document (name TEXT PRIMARY KEY, digest TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE payer (id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE payer_name (name TEXT NOT NULL, payer TEXT NOT NULL, PRIMARY KEY (name, payer)) WITHOUT ROWID;
CREATE TABLE policy (
  id TEXT PRIMARY KEY, payer TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, document TEXT NOT NULL,
  digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE period (
  policy TEXT NOT NULL, revision TEXT NOT NULL, known_from TEXT, known_until TEXT, applies_by TEXT NOT NULL,
  first_day TEXT NOT NULL, last_day TEXT, governs INTEGER NOT NULL
);
CREATE TABLE stem (
  system TEXT NOT NULL, stem TEXT NOT NULL, form TEXT NOT NULL, payer TEXT NOT NULL, policy TEXT NOT NULL,
  PRIMARY KEY (system, stem, form, payer, policy)
) WITHOUT ROWID;
CREATE TABLE code (
  system TEXT NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL, service_type TEXT, first_day TEXT, last_day TEXT,
  replaced_by TEXT, PRIMARY KEY (system, code)
) WITHOUT ROWID;
CREATE TABLE fact (
  name TEXT PRIMARY KEY, type TEXT NOT NULL, ask TEXT NOT NULL, unit TEXT, derived_by TEXT, derived_from TEXT,
  may_be_never INTEGER NOT NULL, judgement INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE fact_value (
  fact TEXT NOT NULL, value TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (fact, value)
) WITHOUT ROWID;
CREATE TABLE part (
  kind TEXT NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (kind, number)
);
"""
# Made when the rows are there, which is faster than to keep them in order all the time.
INDEXES: Final = "CREATE INDEX period_of_policy ON period (policy, first_day);\n"

# How many names share a row of each kind.
SHARED: Final[Mapping[str, int]] = {
    "policy": 1,
    "codes": 4,
    "fact": 8,
    "payer": 8,
    "payer-name": 16,
    "code": 8,
    "document": 4,
}
# The kinds of which all names stand, in their order, in one row more, of the kind `names of KIND`.
LISTED: Final = ("policy", "fact", "payer", "code", "document")
LABELS: Final = "labels"  # one row: places of service and modifiers
PUBLISHED: Final = "published"  # one row: what was published
_COUNT: Final = "count of "
_SHORT: Final = 3  # signs of a code that lead to a row


@record
class Root:
    """What is known of a compiled file as soon as it is open.

    `content` is the digest of the names and the digests of its documents, `program` of the program that made it, whose
    `version` people know, and `vocabulary` of what its vocabulary means. `counts` tells how many names there are of
    each kind; `derived` are the facts that follow from others. `seal` makes the digests of its rows differ from those of any other file.
    """

    content: str
    program: str
    version: str
    vocabulary: str
    counts: Mapping[str, int]
    derived: tuple[str, ...]
    seal: bytes = field(init=False)

    def __post_init__(self) -> None:
        told = (part.encode() for row in sorted(self.as_rows().items()) for part in row)
        object.__setattr__(self, "seal", digest_of(*told))

    def as_rows(self) -> dict[str, str]:
        """What stands in the table `library`, but for the seal."""
        return {
            "format": str(FORMAT),
            "content": self.content,
            "program": self.program,
            "version": self.version,
            "vocabulary": self.vocabulary,
            "derived facts": " ".join(self.derived),
            **{f"{_COUNT}{kind}": str(count) for kind, count in self.counts.items()},
        }


def root_from(rows: Mapping[str, str]) -> Root | None:
    """The root that the table `library` holds, or None where it is not whole."""
    try:
        root = Root(
            content=rows["content"],
            program=rows["program"],
            version=rows["version"],
            vocabulary=rows["vocabulary"],
            derived=tuple(rows["derived facts"].split()),
            counts={kind: int(rows[f"{_COUNT}{kind}"]) for kind in SHARED},
        )
        whole = {**root.as_rows(), "seal": root.seal.hex()} == rows
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return root if whole else None


def names_of(kind: str) -> str:
    """The kind of the row in which all names of a kind stand."""
    return f"names of {kind}"


def rows_of(kind: str, count: int) -> int:
    """How many rows hold what belongs to so many names of a kind."""
    return max(1, count // SHARED[kind])


def row_of(name: str, rows: int) -> int:
    """The row in which what belongs to a name lies."""
    return int.from_bytes(digest_of(name.encode(errors="surrogatepass"))[:8], "big") % rows


def group_of(payer: str, stem: Stem) -> str:
    """The name to which stems belong that are looked for together: of one payer and beginning, or the short ones."""
    return f"{payer} {stem.system} {stem.text[:_SHORT] if len(stem.text) >= _SHORT else ''}"


def digest_of_row(seal: bytes, kind: str, number: int, content: bytes) -> bytes:
    """The digest of a row."""
    return digest_of(seal, kind.encode(), str(number).encode(), content)


def joined(texts: Mapping[str, bytes]) -> bytes:
    """The content of a row: the names that lie in it, each with the length of its text, and then the texts."""
    head = json.dumps([[name, len(text)] for name, text in texts.items()], separators=(",", ":"))
    return b"".join((head.encode(), b"\n", *texts.values()))


def parted(content: bytes) -> dict[str, bytes]:
    """The texts by their names that `joined` made a row of. Raises `ValueError` or `TypeError` for any other content."""
    begin = content.index(b"\n") + 1
    texts: dict[str, bytes] = {}
    for name, length in json.loads(content[:begin].decode()):
        texts[name] = content[begin : begin + length]
        begin += length
    return texts
