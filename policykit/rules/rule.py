"""What a rule of documents is: its name, how grave a breach is, why it is there, and two examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from policykit.problems import Severity

# What the text of an example is: the text of a file; the same with escapes, where it has characters or bytes that
# cannot be shown; where a link leads; or the names of the files that a library has, the others being left out.
Form = Literal["text", "escaped", "link", "listing"]


@record
class Frame:
    """The rest of a document, around the part that examples show.

    `called` says what the part is. It stands in place of the line `[...]` of `text`, indented as that line is.
    """

    called: str
    text: str


@record
class Example:
    """Documents that break a rule, or keep it.

    `text` is what the page shows, and stands in the file `name` of a library, in a frame if it has one; `beside` are
    further files of that library, by name. What neither names is as in the sample library that all examples share.

    In an `escaped` text, escapes of a backslash and `t`, `xNN` or `uNNNN` stand for a tab, a byte, or a character. A
    line `[...]` of the text stands for `repeats` copies of the line above it.
    """

    text: str
    name: str
    beside: Mapping[str, str] = field(default_factory=dict)
    today: date | None = None
    frame: Frame | None = None
    form: Form = "text"
    repeats: int = 0


@record
class Rule:
    """A rule that documents are held to. The name is stable; the words are for people and may change.

    `summary` says in a sentence when the rule is broken, `why` what would go wrong, `remedy` what to do. Every document
    of `fails` is refused with this rule, and `passes` with none.
    """

    name: str
    severity: Severity = "error"
    summary: str
    why: str
    remedy: str
    fails: Example
    passes: Example


@record
class Group:
    """Rules that belong together, under a heading. Those that `may_be_allowed` can be turned off for a node."""

    title: str
    about: str
    rules: tuple[Rule, ...]
    may_be_allowed: bool = False


@record
class Explained:
    """The rules that somebody asked about, in their groups."""

    groups: tuple[Group, ...]
