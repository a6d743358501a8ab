"""The rule `copied-text`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from policykit.checks.passages import criteria, entries, services, statements
from policykit.checks.subject import HouseRule
from policykit.checks.wording import RUN, Texts, texts_of, words_of
from policykit.rules.rule import Rule
from policykit.rules.sample import coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.document import Document, Node
    from policykit.problems import Problem

NAME: Final = "copied-text"
_IN_MARKS: Final = re.compile(r'"([^"]*)"|“([^”]*)”')
_SHOWN: Final = 4  # words by which a run is told


def copied_texts(subject: Subject) -> Iterator[Problem]:
    """What a policy document says is said in its author's own words.

    A `summary`, `says`, `reading` or note on codes repeats no twelve consecutive words of a source, of the `quote` beside
    it, or in quotation marks.
    """
    sources = texts_of(tuple(subject.sources.items()))
    for node, quote in _texts(subject.document):
        text = node.text or ""
        words = words_of(text)
        if len(words) < RUN:
            continue
        if found := sources.copied(words):
            yield _problem(node, words[found.first : found.first + found.count], f"stand in `{found.name}`, too")
        elif quote is not None and (found := Texts([("", quote)]).copied(words)):
            yield _problem(node, words[found.first : found.first + found.count], "stand in the `quote`, too")
        elif quoted := _quoted(text):
            yield _problem(node, quoted, "stand in quotation marks")


def _texts(document: Document) -> Iterator[tuple[Node, str | None]]:
    """Every text that is to be the author's own, with the quote that stands beside it."""
    for entry in entries(document):
        yield from _under(entry, ("summary", "reading"))
    for service in services(document):
        yield from _under(service, ("reading",))
        notes = service.get("code_notes")
        for note in notes.elements() if notes is not None else ():
            yield note, None
    for statement in statements(document):
        yield from _under(statement, ("says", "reading"))
    for criterion in criteria(document):
        yield from _under(criterion, ("says", "reading"))


def _under(node: Node, keys: tuple[str, ...]) -> Iterator[tuple[Node, str | None]]:
    quote = node.get("quote")
    for key in keys:
        if (child := node.get(key)) is not None:
            yield child, quote.text if quote is not None else None


def _quoted(text: str) -> list[str]:
    """The words of the first quotation in a text that is too long."""
    for match in _IN_MARKS.finditer(text):
        words = words_of(match[1] or match[2] or "")
        if len(words) >= RUN:
            return words
    return []


def _problem(node: Node, words: list[str], where: str) -> Problem:
    shown = " ".join(words[:_SHOWN])
    message = f"{len(words)} words from `{shown}` on {where}"
    return node.problem(NAME, message, "say it in your own words; the few that decide belong under `quote`")


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="A text that is to be the author's own repeats twelve consecutive words, or more, of a source or a quotation.",
        why=(
            "The text of a policy belongs to the payer. And whoever copies a sentence has not yet said what it means: the"
            " words of the source often leave open what the criterion beside them has to decide."
        ),
        remedy=(
            "Say it in your own words. The few words whose exact wording decides belong under `quote`. To compare with"
            " the payers' texts themselves, name their folder to `policykit check --sources`."
        ),
        fails=coverage(
            """
            - outcome: covered
              cite: Section B
              says: The text says "a brace is covered for members who have completed a course of supervised exercise"
            """
        ),
        passes=coverage(
            """
            - outcome: covered
              cite: Section B
              quote: completed
              says: Covered after exercises under supervision, begun and brought to their end
            """
        ),
    ),
    of_policy=copied_texts,
    varies=True,
)
