"""What can be wrong with a document, as values, and the few exceptions that carry them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_LONGEST: Final = 100  # characters of a word that can be mistyped
_MANY: Final = 300  # words, more than which are looked through only roughly

Severity = Literal["error", "warning"]


@record
class Location:
    """A place in a document: the file as the user named it, line and column from 1.

    Data that was handed over by a program has no lines: `line` and `column` are 0 and `path` says where.
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.line:
            return f"{self.file}:{self.line}:{self.column}"
        return f"{self.file}: {self.path}" if self.path else self.file


@record
class Problem:
    """One fault of a document. `rule` is stable; `message` and `help` are for people and may change."""

    rule: str
    message: str
    where: Location
    help: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        text = f"{self.where}: {self.message} [{self.rule}]"
        return f"{text}\n  help: {self.help}" if self.help else text


class PolicykitError(Exception):
    """Whatever this package raises on purpose."""


class InvalidDocuments(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """Documents, or a case, that cannot be used. Carries every problem found, in order of place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InvalidDocuments], tuple[tuple[Problem, ...]]]:
        # Otherwise it would be made again of its text, and a process that waits for it would wait for ever.
        return type(self), (self.problems,)


class UnknownPolicy(PolicykitError, LookupError):  # noqa: N818  # the same
    """A policy was asked for by an id that the library does not hold."""


class SeveralPolicies(PolicykitError):  # noqa: N818  # the same
    """One decision was asked for where several policies answer."""


class ReceiptMismatch(PolicykitError):  # noqa: N818  # the same
    """A receipt was replayed over another policy, vocabulary or case, or by another version, than it names."""


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems by place, then rule; the same one once."""
    unique = {
        (where.file, where.line, where.column, where.path, problem.rule, problem.message): problem
        for problem in problems
        for where in (problem.where,)
    }
    return tuple(unique[key] for key in sorted(unique))


def near_miss(word: str, known: Collection[str]) -> str | None:
    """The advice `did you mean ...?` where one known word is close enough to be meant."""
    if len(word) > _LONGEST:
        return None
    if len(known) > _MANY:
        known = [each for each in known if each[:1] == word[:1] and abs(len(each) - len(word)) <= 1]
    # Loaded only where something went wrong.
    difflib = import_module("difflib")
    match difflib.get_close_matches(word, known, n=1, cutoff=0.61):
        case [close]:
            return f"did you mean `{close}`?"
        case _:
            return None
