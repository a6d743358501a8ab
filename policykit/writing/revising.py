"""A new entry at the end of a policy's history: every byte of the document stays, and one piece of text is added.

What the entry would carry over, or is to copy, is not guessed from the text: the entry is first read as one that carries
everything over, and its services are taken from where docs/format.md, section 4.3, finds them.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final

from policykit.checking import check_files
from policykit.memory import Memory
from policykit.policy import UNCHANGED, AppliesBy, Change, Kind
from policykit.problems import InvalidDocuments, Location, PolicykitError, near_miss
from policykit.records import record
from policykit.timeline import Timeline
from policykit.vocabulary import VOCABULARY
from policykit.writing.copying import copied_services
from policykit.writing.insertion import behind
from policykit.writing.layout import formatted
from policykit.writing.markup import Mapping, Sequence, read_markup

if TYPE_CHECKING:
    from collections.abc import Mapping as Files_
    from datetime import date

    from policykit.checking import Checked
    from policykit.document import Document
    from policykit.policy import Entry, Policy, Service
    from policykit.problems import Problem
    from policykit.writing.insertion import Insertion
    from policykit.writing.markup import Markup

    Files = Files_[str, bytes]

_WITHIN: Final = len("  - ")  # before the keys of an entry, in the house layout
_LAY_OUT: Final = "bring the document into the house layout first, with `policykit fmt FILE`"
_SUMMARIES: Final = {
    Change.REVIEW: "Reviewed, no change.",
    Change.SEARCHED: "Searched again; no determination was found.",
    Change.RETIRED: "Retired.",
}


class Unrevisable(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """The entry that is asked for cannot be made; nothing is written."""

    def __init__(self, message: str, advice: str | None) -> None:
        super().__init__(f"{message}\n  help: {advice}" if advice else message)


@record
class Wish:
    """The entry that is wanted. What is None is worked out, or left out.

    `target` is the entry to be corrected or withdrawn. `copy` asks for the services to be written out, so that they can
    be edited; otherwise they are carried over. `through` is the last day, or False for none where there was one.
    """

    change: Change
    effective: date | None = None
    target: str | None = None
    copy: bool = False
    summary: str | None = None
    name: str | None = None
    known_from: date | None = None
    published: date | None = None
    next_review: date | None = None
    through: date | bool | None = None
    applies_by: AppliesBy | None = None


@record
class Revised:
    """A document with one entry more: its bytes, what they mean, and the text that makes the difference.

    `copied` names the entries from which services were copied.
    """

    content: bytes
    policy: Policy
    insertion: Insertion
    copied: tuple[str, ...]

    @property
    def entry(self) -> Entry:
        """The new entry."""
        return self.policy.history[-1]


def revise(name: str, files: Files, wish: Wish) -> Revised:
    """The document `name` of a library of these files, with the entry that is wished for at the end of its history.

    Of the files, the document and the vocabulary are enough: other policies have no say in whether it is sound.
    Raises `Unrevisable`, or `InvalidDocuments` if the document, or the vocabulary, has problems or would have some.
    """
    return _Reviser(name, files).revised(wish)


class _Reviser:
    """Adds to one document of a library."""

    def __init__(self, name: str, files: Files) -> None:
        self._name = name
        self._files = files
        self._memory = Memory()
        checked = check_files(files, self._memory)
        own = [each for each in checked.problems if each.where.file in {name, *VOCABULARY}]
        if own:
            raise InvalidDocuments(own)
        self._problems = frozenset(checked.problems)
        self._document: Document = checked.documents[name]
        self._policy: Policy = checked.holdings.policies[name.removesuffix(".yaml")]
        self._markup: Markup = read_markup(files[name].decode("utf-8"))
        self._history: Sequence = _history(self._markup)

    def revised(self, wish: Wish) -> Revised:
        wish = self._completed(wish)
        if wish.change in {Change.WITHDRAWN, Change.RETIRED}:
            return self._with(wish, [])
        carrying = self._with(wish, ["services: unchanged"])
        if not wish.copy:
            return carrying
        written = self._carried_by(carrying)
        copied = copied_services(self._markup, self._history, [service.where for service, _ in written])
        sources = tuple(dict.fromkeys(entry.revision for _, entry in written))
        told = " and ".join(f"`{each}`" for each in sources)
        note = f"# Copied from {told}. Change it to what the new text says, and delete this line."
        return replace(self._with(wish, [note, *copied]), copied=sources)

    def _completed(self, wish: Wish) -> Wish:
        """The wish with what follows from the history and was not said."""
        if wish.target is not None:
            target = self._target(wish.target)
            wish = _like(wish, target) if wish.change is Change.CORRECTION else wish
        elif wish.change is not Change.RETIRED and wish.applies_by is None:
            # What is carried over goes on to apply as it did; that has to be said, since nothing else is carried over.
            wish = replace(wish, applies_by=self._basis_before(wish.effective))
        if self._policy.kind is Kind.NO_DETERMINATION and wish.change is Change.REVIEW:
            wish = replace(wish, change=Change.SEARCHED)
        summary = wish.summary or _SUMMARIES.get(wish.change)
        if summary is None:
            raise Unrevisable("what changes has to be told", "say it in a sentence with `--summary`")
        return replace(wish, summary=summary, name=wish.name or self._name_for(wish))

    def _target(self, name: str) -> Entry:
        names = [entry.revision for entry in self._policy.history]
        if name not in names:
            advice = near_miss(name, names) or f"see `policykit history {self._policy.id}`"
            raise Unrevisable(f"`{name}` is not a revision of `{self._policy.id}`", advice)
        return self._policy.history[names.index(name)]

    def _basis_before(self, effective: date | None) -> AppliesBy | None:
        entries = [
            each.entry for each in Timeline(self._policy).view().revisions if effective and each.effective < effective
        ]
        return entries[-1].applies_by if entries else None

    def _name_for(self, wish: Wish) -> str:
        taken = {entry.revision for entry in self._policy.history}
        stem = str(wish.effective)
        if wish.target is not None:
            word = "corrected" if wish.change is Change.CORRECTION else "withdrawn"
            numbered = re.fullmatch(rf"(.+)-{word}(-[0-9]+)?", wish.target)
            stem = f"{numbered[1] if numbered else wish.target}-{word}"
        numbers = (f"{stem}-{number}" for number in count(2))
        return next(name for name in chain([stem], numbers) if name not in taken)

    def _with(self, wish: Wish, services: list[str]) -> Revised:
        """The document with the entry, checked with its whole library."""
        lines = [*_lines(wish), *services]
        lines = [f"{'  ' if number else '- '}{line}" if line else "" for number, line in enumerate(lines)]
        insertion, checked = self._inserted(lines)
        new = [each for each in checked.problems if each not in self._problems]
        problems = [_as_of_entry(each, self._name, insertion) for each in new]
        if any(each.rule == "nothing-to-carry-over" and not each.where.line for each in problems):
            message = f"nothing that stands before {wish.effective} has services to be carried over or copied"
            raise Unrevisable(message, "write the entry by hand, with its services, below the last one")
        if problems:
            raise InvalidDocuments(problems)
        policy = checked.holdings.policies[self._policy.id]
        content = insertion.into(self._markup.text).encode()
        return Revised(content=content, policy=policy, insertion=insertion, copied=())

    def _inserted(self, lines: list[str]) -> tuple[Insertion, Checked]:
        """Where the lines of the entry go, and what becomes of the library: a blank line comes first if entries have one."""
        for blank in (True, False) if _is_spaced(self._markup, self._history) else (False,):
            insertion = behind(self._markup, self._history, lines, blank=blank)
            content = insertion.into(self._markup.text).encode()
            checked = check_files({**self._files, self._name: content}, self._memory)
            document = checked.documents.get(self._name)
            if document is None or _without_last(document.data) == self._document.data:
                return insertion, checked
        # A text of several lines at the end of the list that goes on for as long as there are empty ones.
        raise Unrevisable("nothing can be added without changing the entry above", _LAY_OUT)

    def _carried_by(self, carrying: Revised) -> list[tuple[Service, Entry]]:
        """The services that the new entry carries over, each with the entry in which it is written."""
        view = Timeline(carrying.policy).view()
        services = next(each.services for each in view.revisions if each.entry is carrying.entry)
        home = {
            id(service): entry
            for entry in carrying.policy.history
            for service in (entry.services if entry.services is not UNCHANGED else ())
        }
        return [(service, home[id(service)]) for service in services]


def _history(markup: Markup) -> Sequence:
    """The list of entries, to whose end one can be added."""
    assert isinstance(markup.root, Mapping)  # noqa: S101  # the schema has said so
    pair = markup.root.pair("history")
    assert pair is not None  # noqa: S101  # the same
    assert isinstance(pair.value, Sequence)  # noqa: S101  # the same
    if pair.value.flow:
        raise Unrevisable("the history stands in brackets, where no lines can be added", _LAY_OUT)
    return pair.value


def _is_spaced(markup: Markup, history: Sequence) -> bool:
    """Whether entries have an empty line between them, as in the house layout they have."""
    if len(history.elements) == 1:
        return True
    between = markup.text[history.elements[-2].node.end : history.elements[-1].start]
    return any(not line.strip() for line in between.split("\n")[1:-1])


def _without_last(data: Any) -> Any:
    """What a policy document holds but for the last entry of its history."""
    entries = data.get("history") if isinstance(data, dict) else None
    return {**data, "history": entries[:-1]} if isinstance(entries, list) else None


def _like(wish: Wish, target: Entry) -> Wish:
    """A correction in all that was not said like what it corrects, since it takes its place."""
    effective = wish.effective or target.effective
    through = target.through if wish.through is None else wish.through
    return replace(wish, effective=effective, through=through, applies_by=wish.applies_by or target.applies_by)


def _lines(wish: Wish) -> list[str]:
    """The entry but for its services, in the house layout."""
    keys = {
        "revision": wish.name,
        "change": wish.change,
        "summary": wish.summary,
        "effective": wish.effective,
        "through": wish.through or None,
        "known_from": wish.known_from,
        "published": wish.published,
        "next_review": wish.next_review,
        "applies_by": wish.applies_by if wish.applies_by is not AppliesBy.DATE_OF_SERVICE else None,
        "replaces": wish.target if wish.change is Change.CORRECTION else None,
        "withdraws": wish.target if wish.change is Change.WITHDRAWN else None,
    }
    told = [f"{key}: {json.dumps(str(value), ensure_ascii=False)}" for key, value in keys.items() if value is not None]
    inside = "\n    ".join(told)
    _, *lines = formatted(f"history:\n  - {inside}\n", "policy").splitlines()
    return [line[_WITHIN:] for line in lines]


def _as_of_entry(problem: Problem, name: str, insertion: Insertion) -> Problem:
    """A problem of the document with the entry, told of the document as it is, or of a line of the entry."""
    where = problem.where
    if where.file != name or where.line < insertion.line:
        return problem
    if where.line < insertion.line + insertion.lines:
        line = where.line - insertion.first + 1
        return replace(problem, where=Location(file=name, path=f"line {line} of the new entry"))
    return replace(problem, where=replace(where, line=where.line - insertion.lines))
