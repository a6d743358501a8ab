"""Rules of facts, codes and criteria: that every word is declared, and used as it is declared."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from policykit.rules.rule import Group, Rule
from policykit.rules.sample import PAYERS, criterion, facts, named, services, top

_GLOBEX: Final = top(
    """
    format: 1
    policy: globex/knee-brace
    title: Knee braces
    payer: globex
    kind: coverage-policy
    """,
    name="globex/knee-brace.yaml",
)
_WITH_GLOBEX: Final = "format: 1\npayers:\n  acme: {name: Acme Health Plan}\n  globex: {name: Globex}\n"

WORDS: Final = Group(
    title="Facts, codes and criteria",
    about=(
        "A criterion asks for facts that `facts.yaml` declares, in the way that their types allow, and uses what the"
        " top of its own document names."
    ),
    rules=(
        Rule(
            name="unknown-fact",
            summary="A fact is not declared in `facts.yaml`, or a number is derived from what is not a date.",
            why=(
                "No case could ever state a mistyped fact, so the criterion would stay unknown for everybody, and the"
                " question would be put to people again and again."
            ),
            remedy=(
                "Correct the name, or declare the fact. Before you declare one, look for a fact that means the same"
                " under another name: cases are shared by all policies."
            ),
            fails=criterion("{fact: knee.therapy_week, at_least: 6}"),
            passes=criterion("{fact: knee.therapy_weeks, at_least: 6}"),
        ),
        Rule(
            name="reserved-fact",
            summary="`facts.yaml` declares a name that begins with `service.` or `claim.`.",
            why=(
                "What a case says of its claim becomes facts of these names by itself. A second source for them could"
                " contradict the claim."
            ),
            remedy="Give the fact another first word, such as the part of the body or the treatment that it is about.",
            fails=facts("claim.units: {type: integer, ask: How many units are billed?}"),
            passes=facts("knee.braces_billed: {type: integer, ask: How many braces are billed?}"),
        ),
        Rule(
            name="unknown-value",
            summary="A fact is compared with, or a case gives it, a value that its declaration does not list.",
            why=(
                "A comparison with a value that never occurs is never met, without anybody noticing. In a case, an"
                " unlisted value would say something that no criterion asks about."
            ),
            remedy=(
                "Take one of the values in `facts.yaml`, or add the value there with its label, if it is a further state"
                " that the fact can be in. What `expect` lists has to be the name of a fact or of an advisory."
            ),
            fails=criterion("{fact: knee.instability, is: moderate}"),
            passes=criterion("{fact: knee.instability, is: severe}"),
        ),
        Rule(
            name="comparison-not-for-type",
            summary="Facts of this type do not have this comparison.",
            why=(
                "It would have no meaning: a choice has no order in which one value is `at_least` another, and a set of"
                " values `is` not one of them."
            ),
            remedy=(
                "Take a comparison that the message lists. For a choice, list the values that meet it after `in`; for"
                " several values, use `has_any` or `has_all`."
            ),
            fails=criterion("{fact: knee.treatments_failed, is: injection}"),
            passes=criterion("{fact: knee.treatments_failed, has_any: [injection]}"),
        ),
        Rule(
            name="no-comparison",
            summary="A `fact` stands without any comparison.",
            why="Even a fact that is yes or no has to be compared: its name alone does not tell which of them is meant.",
            remedy="Write what the value has to be, such as `is: true`.",
            fails=criterion("{fact: knee.therapy_weeks}"),
            passes=criterion("{fact: knee.therapy_weeks, at_least: 6}"),
        ),
        Rule(
            name="empty-range",
            summary="The limits beside a `fact` leave no value between them, or a count asks for more parts than there are.",
            why=(
                "Such a criterion refuses everybody. Mostly `at_least` and `at_most` were confused, or two criteria were"
                " written as one."
            ),
            remedy=(
                "Turn the limits round. If the source gives two ranges, make them two parts under `any`. Count no more"
                " than the list under `of` has parts."
            ),
            fails=criterion("{fact: knee.therapy_weeks, at_least: 12, at_most: 6}"),
            passes=criterion("{fact: knee.therapy_weeks, at_least: 6, at_most: 12}"),
        ),
        Rule(
            name="malformed-code",
            summary="A code, a range or a prefix of codes is not written as its system writes them.",
            why="A code with a letter for a digit, or without its point, matches no claim, and its service seems to have no policy.",
            remedy=(
                "Compare it with the source: capital letters, the point in diagnosis codes, the letter O and the digit 0."
                " Check that it stands under the right system. Ranges and prefixes stand only in lists."
            ),
            fails=criterion('{fact: claim.diagnoses, has_any: {icd10cm: ["M1711"]}}'),
            passes=criterion('{fact: claim.diagnoses, has_any: {icd10cm: ["M17.11"]}}'),
        ),
        Rule(
            name="overlapping-codes",
            summary="A code stands in two services of one revision.",
            why="The code of a claim selects the service. With two to select from, there would be two answers.",
            remedy=(
                "Leave the code in one service. If what decides is not the code but a fact, make it one service with a"
                " statement for each."
            ),
            fails=services(
                """
                - service: Knee brace, ready made
                  codes: {hcpcs: ["L9001-L9002"]}
                  coverage: [{outcome: covered}]
                - service: Knee brace, made to measure
                  codes: {hcpcs: ["L9002"]}
                  coverage: [{outcome: not-covered}]
                """
            ),
            passes=services(
                """
                - service: Knee brace, ready made
                  codes: {hcpcs: ["L9001"]}
                  coverage: [{outcome: covered}]
                - service: Knee brace, made to measure
                  codes: {hcpcs: ["L9002"]}
                  coverage: [{outcome: not-covered}]
                """
            ),
        ),
        Rule(
            name="unknown-value-set",
            summary="A `value_set` names no list under `value_sets` at the top of the document.",
            why="The criterion would be compared with nothing. Lists of other documents cannot be used.",
            remedy="Correct the name, or write the list under `value_sets`.",
            fails=criterion("{fact: claim.diagnoses, has_any: {value_set: knee-diagnosis}}"),
            passes=criterion("{fact: claim.diagnoses, has_any: {value_set: knee-diagnoses}}"),
        ),
        Rule(
            name="unknown-criterion",
            summary="A `use` names no criterion under `criteria` at the top of the document.",
            why="What the source asks for at this place would be left out.",
            remedy="Correct the name, or write the criterion under `criteria`. Those of other documents cannot be used.",
            fails=criterion("{use: adult}"),
            passes=criterion("{use: grown-up}"),
        ),
        Rule(
            name="circular-criterion",
            summary="A named criterion uses itself, directly or through others.",
            why="Written out, it would never end.",
            remedy="Follow the names in the message, and write out the one that leads back.",
            fails=named("adult: {use: of-age}\nof-age: {use: adult}"),
            passes=named("adult: {use: of-age}\nof-age: {fact: patient.age, at_least: 18}"),
        ),
        Rule(
            name="repeated-id",
            summary="Two criteria of one entry have the same `id`.",
            why="An explanation, or a comparison of two revisions, could not tell them apart.",
            remedy="Name each by what it asks. Ids in different entries may be the same, and should be where they mean the same.",
            fails=criterion(
                """
                all:
                  - {id: treatment, fact: knee.therapy_weeks, at_least: 6}
                  - {id: treatment, fact: knee.treatments_failed, has_any: [injection]}
                """
            ),
            passes=criterion(
                """
                all:
                  - {id: therapy, fact: knee.therapy_weeks, at_least: 6}
                  - {id: failed-treatment, fact: knee.treatments_failed, has_any: [injection]}
                """
            ),
        ),
        Rule(
            name="unknown-payer",
            summary="A payer is not declared in `payers.yaml`.",
            why="Whoever asks for the policies of the payer by its name would not find this one.",
            remedy=(
                "Correct the name, or declare the payer with the names by which people know it. A document names the"
                " payer by its id; a case may use any of its names."
            ),
            fails=_GLOBEX,
            passes=replace(_GLOBEX, beside={PAYERS: _WITH_GLOBEX}),
        ),
    ),
)
