"""The rule `long-quote`."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from policykit.checks.passages import criteria, statements
from policykit.checks.subject import HouseRule
from policykit.checks.wording import words_of
from policykit.rules.rule import Rule
from policykit.rules.sample import coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.problems import Problem

NAME: Final = "long-quote"
LONGEST: Final = 25  # words


def long_quotes(subject: Subject) -> Iterator[Problem]:
    """A `quote` holds the few words whose exact wording decides: no more than 25."""
    for node in chain(criteria(subject.document), statements(subject.document)):
        quote = node.get("quote")
        count = len(words_of(quote.text or "")) if quote is not None else 0
        if quote is not None and count > LONGEST:
            message = f"a quote of {count} words, where the few that decide are enough"
            advice = f"keep no more than {LONGEST}, and say the rest in your own words under `says` or `reading`"
            yield quote.problem(NAME, message, advice)


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="A `quote` has more than 25 words.",
        why=(
            "A quote is there for the few words whose exact wording decides, such as `i.e.`, `or` and `at least`. In a long"
            " one they are lost, and whole sentences of a payer's text belong to the payer."
        ),
        remedy="Keep the words that decide, and say the rest in your own words, under `says` or `reading`.",
        fails=coverage(
            """
            - outcome: covered
              cite: Section B
              quote: >-
                A knee brace is covered for members who have completed a course of supervised exercise, who have not
                received another brace for the same knee, and who are able to put it on.
            """
        ),
        passes=coverage(
            """
            - outcome: covered
              cite: Section B
              quote: able to put it on
              says: After supervised exercise, for a first brace, and a patient who can handle it
            """
        ),
    ),
    of_policy=long_quotes,
)
