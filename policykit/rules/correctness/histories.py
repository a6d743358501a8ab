"""Rules of coverage statements, and of the entries of a history. See docs/format.md, sections 4 and 5."""

from __future__ import annotations

from typing import Final

from policykit.rules.rule import Group, Rule
from policykit.rules.sample import after_first, coverage, history

_CORRECTED: Final = """\
- revision: 2025-01-01-corrected
  change: correction
  summary: It starts a month later.
  effective: 2025-02-01
  known_from: 2025-01-20
  replaces: 2025-01-01
  services: unchanged
"""

STATEMENTS: Final = Group(
    title="Coverage statements",
    about="Statements are walked from the first to the last, and the first one that holds is the answer.",
    rules=(
        Rule(
            name="last-statement",
            summary="The last coverage statement of a service has a `when`.",
            why="Cases that meet none of the statements would have no answer at all.",
            remedy=(
                "Add a statement without `when` that says what the source says of all other cases. If it is silent, the"
                " outcome is `not-addressed`; if it says more than you encode, `not-encoded`."
            ),
            fails=coverage("- {outcome: covered, when: {use: grown-up}}"),
            passes=coverage("- {outcome: covered, when: {use: grown-up}}\n- {outcome: not-addressed}"),
        ),
        Rule(
            name="statement-without-when",
            summary="A coverage statement before the last has no `when`.",
            why="It holds for everybody, so that nothing after it is ever reached.",
            remedy="Write its criterion. If it is what happens otherwise, put it last.",
            fails=coverage("- {outcome: not-covered}\n- {outcome: covered}"),
            passes=coverage("- {outcome: not-covered, when: {fact: patient.age, less_than: 18}}\n- {outcome: covered}"),
        ),
        Rule(
            name="only-last",
            summary="`not-addressed` or `not-encoded` stands before the last statement.",
            why=(
                "Both speak of whatever else there may be. A source that is silent under a criterion has not stated"
                " that criterion."
            ),
            remedy="Put it last, without `when`, or give the outcome that the source has under this criterion.",
            fails=coverage(
                "- {outcome: not-addressed, when: {fact: patient.age, less_than: 18}}\n- {outcome: covered}"
            ),
            passes=coverage("- {outcome: covered, when: {use: grown-up}}\n- {outcome: not-addressed}"),
        ),
        Rule(
            name="to-with-deferred",
            summary="`to` stands without the outcome `deferred`, or `deferred` without `to`.",
            why=(
                "Handing a decision on is of use only if it is said to whom. Beside any other outcome, `to` would be"
                " read by nobody."
            ),
            remedy="Name who decides, as the source calls them, or delete `to`.",
            fails=coverage("- {outcome: covered, to: Acme medical director}"),
            passes=coverage("- {outcome: deferred, to: Acme medical director}"),
        ),
    ),
)

HISTORY: Final = Group(
    title="The history",
    about="Entries stand in the order of their publication. For every date, and as known on every day, at most one governs.",
    rules=(
        Rule(
            name="repeated-revision",
            summary="Two entries of a history have the same name.",
            why="A correction or withdrawal that names it, and an answer that cites it, could mean either.",
            remedy="Add what tells them apart to the later name, such as `2025-01-01-corrected`.",
            fails=after_first(
                """
                - revision: 2025-01-01
                  change: review
                  summary: Reviewed, no change.
                  effective: 2025-07-01
                  services: unchanged
                """
            ),
            passes=after_first(
                """
                - revision: 2025-07-01
                  change: review
                  summary: Reviewed, no change.
                  effective: 2025-07-01
                  services: unchanged
                """
            ),
        ),
        Rule(
            name="history-order",
            summary="`known_from` of an entry lies before that of an entry above it.",
            why=(
                "What was known on a day is always the first part of the list. Out of order, a question as of that day"
                " would see an entry that was published later and miss one that was there."
            ),
            remedy=(
                "Put the entry where it belongs by its date of publication, or correct `known_from`. If the source does"
                " not tell that date, leave it out."
            ),
            fails=after_first(
                """
                - revision: 2025-07-01
                  change: review
                  summary: Reviewed, no change.
                  effective: 2025-07-01
                  known_from: 2024-11-01
                  services: unchanged
                """
            ),
            passes=after_first(
                """
                - revision: 2025-07-01
                  change: review
                  summary: Reviewed, no change.
                  effective: 2025-07-01
                  known_from: 2025-06-01
                  services: unchanged
                """
            ),
        ),
        Rule(
            name="same-effective",
            summary="Two entries that count have the same `effective`, as known on some day.",
            why="From that date on, two revisions would govern at once. Which of them wins is not for a program to guess.",
            remedy=(
                "If the later one takes the place of the earlier, make it a `correction` with `replaces`. Otherwise one"
                " of the dates is wrong."
            ),
            fails=after_first(
                """
                - revision: 2025-01-01-b
                  change: criteria
                  summary: It also covers children.
                  effective: 2025-01-01
                  services:
                    - {service: Knee brace, codes: {hcpcs: ["L9001"]}, coverage: [{outcome: covered}]}
                """
            ),
            passes=after_first(
                """
                - revision: 2025-01-01-b
                  change: correction
                  summary: It also covers children.
                  effective: 2025-01-01
                  known_from: 2025-01-20
                  replaces: 2025-01-01
                  services:
                    - {service: Knee brace, codes: {hcpcs: ["L9001"]}, coverage: [{outcome: covered}]}
                """
            ),
        ),
        Rule(
            name="unknown-revision",
            summary="`replaces` or `withdraws` names no earlier entry, or a case expects a revision that is not there.",
            why=(
                "The entry that was meant would go on counting beside its correction. A case that expects what cannot be"
                " tests nothing."
            ),
            remedy="Take the name from the `revision` of the entry that is meant. It has to stand above.",
            fails=after_first(
                """
                - revision: 2025-01-01-withdrawn
                  change: withdrawn
                  summary: It was published by mistake.
                  known_from: 2025-01-20
                  withdraws: 2024-01-01
                """
            ),
            passes=after_first(
                """
                - revision: 2025-01-01-withdrawn
                  change: withdrawn
                  summary: It was published by mistake.
                  known_from: 2025-01-20
                  withdraws: 2025-01-01
                """
            ),
        ),
        Rule(
            name="not-standing",
            summary=(
                "`replaces` or `withdraws` names an entry that is void or has been replaced, or `replaces` names a"
                " retirement or a withdrawal."
            ),
            why=(
                "What does not stand cannot be taken away once more. With two corrections of one entry, both would"
                " count."
            ),
            remedy=(
                "Name the entry that stands now, such as the last correction. A retirement that was wrong is withdrawn,"
                " and entered anew."
            ),
            fails=after_first(
                _CORRECTED
                + """\
- revision: 2025-01-01-corrected-again
  change: correction
  summary: It starts two months later.
  effective: 2025-03-01
  known_from: 2025-02-10
  replaces: 2025-01-01
  services: unchanged
"""
            ),
            passes=after_first(
                _CORRECTED
                + """\
- revision: 2025-01-01-corrected-again
  change: correction
  summary: It starts two months later.
  effective: 2025-03-01
  known_from: 2025-02-10
  replaces: 2025-01-01-corrected
  services: unchanged
"""
            ),
        ),
        Rule(
            name="misplaced-change",
            summary="A `change` stands where it cannot: by its place, by the kind of the document, or by its services.",
            why=(
                "`new` says that there was nothing before, a retirement that nothing more is decided here, and"
                " `searched` that no determination was found. Elsewhere these would say what is not so."
            ),
            remedy=(
                "`new` is the first entry alone: later ones are `criteria`, `codes` or `review`. A retirement has no"
                " services, or hands all of them on. `searched` belongs to a `no-determination`, with `deferred` as its"
                " only outcome."
            ),
            fails=after_first(
                """
                - revision: 2025-07-01
                  change: new
                  summary: New version.
                  effective: 2025-07-01
                  services: unchanged
                """
            ),
            passes=after_first(
                """
                - revision: 2025-07-01
                  change: review
                  summary: New version, the criteria as before.
                  effective: 2025-07-01
                  services: unchanged
                """
            ),
        ),
        Rule(
            name="nothing-to-carry-over",
            summary="`unchanged` finds no service before it that it could stand for.",
            why="The revision would cover nothing, although its author meant it to say the same as before.",
            remedy=(
                "Write the services out. Check the name of the service, and that the entry before is neither withdrawn"
                " nor a retirement."
            ),
            fails=history(
                """
                - revision: 2025-07-01
                  change: criteria
                  summary: The first that we hold.
                  effective: 2025-07-01
                  services: unchanged
                """
            ),
            passes=history(
                """
                - revision: 2025-07-01
                  change: criteria
                  summary: The first that we hold.
                  effective: 2025-07-01
                  services:
                    - {service: Knee brace, codes: {hcpcs: ["L9001"]}, coverage: [{outcome: covered}]}
                """
            ),
        ),
        Rule(
            name="through-before-effective",
            summary="The last day of an entry, or of a code, lies before its first.",
            why="It would never govern, or never be valid. Mostly the year is mistyped.",
            remedy="Compare both dates with the source. `through` is the last day, inclusive, and may be the first one too.",
            fails=after_first(
                """
                - revision: 2025-07-01
                  change: review
                  summary: Reviewed, no change.
                  effective: 2025-07-01
                  through: 2025-06-30
                  services: unchanged
                """
            ),
            passes=after_first(
                """
                - revision: 2025-07-01
                  change: review
                  summary: Reviewed, no change.
                  effective: 2025-07-01
                  through: 2026-06-30
                  services: unchanged
                """
            ),
        ),
    ),
)
