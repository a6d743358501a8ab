"""Rules of the shape of documents: which keys stand where, with what kind of value. See schemas/."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from policykit.rules.rule import Group, Rule
from policykit.rules.sample import coverage, criterion

SHAPE: Final = Group(
    title="The shape",
    about="Which keys may stand where, and what kind of value each of them takes, is written in the schemas.",
    rules=(
        Rule(
            name="unknown-key",
            summary="A key is not one of those that may stand at this place.",
            why=(
                "A key that nobody reads decides nothing. A mistyped `cite` would leave a statement without its source,"
                " and a mistyped `through` a revision without its end."
            ),
            remedy="Correct the spelling, or move the key to where it belongs. For a remark, write a comment.",
            fails=coverage("- {outcome: covered, site: Section B}"),
            passes=coverage("- {outcome: covered, cite: Section B}"),
        ),
        Rule(
            name="missing-key",
            summary="A key that must stand at this place does not.",
            why="Without it the rest has no meaning. Nothing is assumed in its place.",
            remedy="Write the key. Only what every source tells is required: if you did not find it, look there again.",
            fails=coverage("- {cite: Section B}"),
            passes=coverage("- {outcome: covered, cite: Section B}"),
        ),
        Rule(
            name="wrong-type",
            summary="A value is of another kind than is asked for, such as text where a list must stand.",
            why=(
                "Nothing is converted: what is written is what is meant. A single value and a list of one are easily taken"
                ' for each other, and so are the number 6 and the text `"6"`.'
            ),
            remedy=(
                "Write a list in square brackets or with dashes, text that looks like a number in quotes, and a number"
                " without quotes."
            ),
            fails=criterion("{fact: knee.treatments_failed, has_any: injection}"),
            passes=criterion("{fact: knee.treatments_failed, has_any: [injection]}"),
        ),
        Rule(
            name="wrong-value",
            summary="A word is not one of those that this key takes.",
            why=(
                "The words of the language are closed lists, so that every program that reads a policy knows all of"
                " them. `approved` is not among the outcomes: a policy does not approve anybody."
            ),
            remedy="Choose one of the words that the message lists.",
            fails=coverage("- {outcome: approved}"),
            passes=coverage("- {outcome: covered}"),
        ),
        Rule(
            name="malformed",
            summary="A name, an id, a span of time or the like is not written as it has to be.",
            why=(
                "Names are compared letter by letter. With capitals, blanks and underscores left to taste, one thing"
                " would soon have three names."
            ),
            remedy=(
                "Write names in small letters and digits with single hyphens between, facts like `knee.therapy_weeks`,"
                " and spans like `90 days`."
            ),
            fails=criterion("{id: Long_Therapy, fact: knee.therapy_weeks, at_least: 6}"),
            passes=criterion("{id: long-therapy, fact: knee.therapy_weeks, at_least: 6}"),
        ),
        Rule(
            name="malformed-date",
            summary="A date is not written YYYY-MM-DD, or there is no such day.",
            why=(
                "`02/03/2025` is in February for some readers and in March for others. A day that does not exist would"
                " have to be moved to one that does, and nobody could say which."
            ),
            remedy="Write all ten characters, as in `2023-02-28`. Only in the facts of a case may `2023-02` or `2023` stand.",
            fails=criterion("{fact: knee.last_brace_on, before: 2023-02-29}"),
            passes=criterion("{fact: knee.last_brace_on, before: 2023-03-01}"),
        ),
        Rule(
            name="too-few",
            summary="A list or a text is empty, or a number is smaller than it may be.",
            why=(
                "`has_any` of nothing is never met and `all` of nothing always. Whoever left a list empty meant to fill"
                " it, not to decide every case."
            ),
            remedy="Fill the list, or delete the key.",
            fails=criterion("{fact: knee.treatments_failed, has_any: []}"),
            passes=criterion("{fact: knee.treatments_failed, has_any: [injection]}"),
        ),
        Rule(
            name="too-many",
            summary="A list or a text is longer than it may be, a number is larger, or two codes stand where one must.",
            why=(
                "What is meant to be seen at a glance is no longer read when it fills a page. A case asks about one"
                " service, so that its answer is one."
            ),
            remedy=(
                "Shorten the text, or move what explains it to `reading`, which may be longer. Put a second code into a"
                " case of its own."
            ),
            fails=replace(
                criterion(
                    """
                    fact: knee.therapy_weeks
                    at_least: 6
                    says: >-
                      The patient has done, on most days, the exercises that the therapist has shown,
                      [...]
                    """
                ),
                repeats=7,
            ),
            passes=criterion(
                """
                fact: knee.therapy_weeks
                at_least: 6
                says: The patient has done the exercises that the therapist has shown
                """
            ),
        ),
        Rule(
            name="repeated",
            summary="A value stands twice in a list, or two services or payers have one name.",
            why="Where one of two is changed later, it cannot be told which was meant, or that the other is forgotten.",
            remedy="Delete the second, or give it the name or value that it should have had.",
            fails=criterion("{fact: knee.treatments_failed, has_any: [exercise, exercise]}"),
            passes=criterion("{fact: knee.treatments_failed, has_any: [exercise, injection]}"),
        ),
    ),
)
