"""Rules of reading a file: from its bytes to plain data. See docs/format.md, section 2."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from policykit.rules.rule import Example, Group, Rule
from policykit.rules.sample import PAYERS, POLICY, SAMPLE, coverage, criterion, whole

_KEPT: Final = "acme/.knee-brace-as-sent.yaml"  # hidden, so that only the link to it is a document
_LINK: Final = Example(name=POLICY, form="link", text=".knee-brace-as-sent.yaml", beside={_KEPT: SAMPLE[POLICY]})
_DEEP: Final = 21
_ONE_PAYER: Final = whole(
    PAYERS,
    """
    format: 1
    payers:
      acme: {name: Acme Health Plan}
    """,
)
_SIX_WEEKS: Final = criterion("{fact: knee.therapy_weeks, at_least: 6}")

READING: Final = Group(
    title="Reading the file",
    about=(
        "Before anything is understood, the text has to say one thing, and the same thing to every reader. So only a"
        " plain part of YAML is read, and whatever could be read in two ways is refused."
    ),
    rules=(
        Rule(
            name="unreadable",
            summary="A file of the library cannot be opened or read.",
            why=(
                "A library in which a document is missing answers without it. Then a payer seems to have no policy, or a"
                " code to be in none."
            ),
            remedy=(
                "Give yourself permission to read the file, or mend the link that leads nowhere. A folder must not have"
                " a name that ends in `.yaml`."
            ),
            fails=Example(name=POLICY, form="link", text="../../drive/knee-brace.yaml"),
            passes=_LINK,
        ),
        Rule(
            name="not-utf-8",
            summary="The bytes of a file are not text in UTF-8.",
            why=(
                "In another encoding, what one machine shows as a dash another shows as something else, and a quotation"
                " from the source is no longer what the source says. It often comes with text pasted from an old word"
                " processor."
            ),
            remedy="Save the file as UTF-8. Editors have it under `Save with encoding`.",
            fails=replace(coverage(r"- {outcome: covered, cite: Section B \x96 ready made}"), form="escaped"),
            passes=coverage("- {outcome: covered, cite: Section B – ready made}"),
        ),
        Rule(
            name="invisible-character",
            summary="There is a character in a file that an editor does not show.",
            why=(
                "Two codes or names can look alike and differ, and a search for the one does not find the other. Marks"
                " that turn the direction of writing can even show a text in another order than it has. Tabs are"
                " refused because editors do not agree on how wide they are."
            ),
            remedy=(
                "Go to the line and column, delete what stands there, and type an ordinary space if one is meant."
                " Indent with spaces. A file that begins with a byte order mark is saved again without one."
            ),
            fails=replace(coverage(r"- {outcome: covered, cite: Section\u00a0B}"), form="escaped"),
            passes=coverage("- {outcome: covered, cite: Section B}"),
        ),
        Rule(
            name="too-large",
            summary=(
                "A file has more than 1 MiB or 100,000 values, a line of it more than 100,000 characters, or a criterion"
                " more than 10,000 parts with everything it uses written out."
            ),
            why=(
                "No policy is that long. Such a file is a mistake, an export of something else, or made to keep the"
                " machine busy, and reading it would hold up the whole library."
            ),
            remedy=(
                "Take out what is no part of the policy. List codes as ranges or prefixes instead of one by one, and let"
                " fewer named criteria use one another."
            ),
            fails=replace(
                coverage(
                    """
                    - {outcome: covered}
                    # The text of the bulletin, copied here line by line
                    [...]
                    """
                ),
                repeats=20_000,
            ),
            passes=coverage("- {outcome: covered}"),
        ),
        Rule(
            name="too-deep",
            summary=(
                "Values stand within one another more than 48 levels deep, or criteria more than 60 with everything they"
                " use written out."
            ),
            why="Nobody can follow a criterion of that depth, and a program that tries may run out of room.",
            remedy="Leave out `all` and `any` with a single part. Give a name to what repeats, under `criteria`.",
            fails=criterion(
                "{all: [" * _DEEP + "\n  {fact: knee.therapy_weeks, at_least: 6}\n" + "]}" * _DEEP,
            ),
            passes=_SIX_WEEKS,
        ),
        Rule(
            name="empty-document",
            summary="A file holds nothing, or comments alone.",
            why="A file that was begun and forgotten looks, in a listing, like a policy that is held.",
            remedy="Write the document, or delete the file.",
            fails=whole(PAYERS, "# The payers, to be written down"),
            passes=_ONE_PAYER,
        ),
        Rule(
            name="several-documents",
            summary="A line `---` divides a file into several documents.",
            why="A file has one name and so one policy. Readers of YAML that expect one document drop the others.",
            remedy="Put each into a file of its own, or join them into one document.",
            fails=whole(
                PAYERS,
                """
                format: 1
                payers:
                  acme: {name: Acme Health Plan}
                ---
                format: 1
                payers:
                  globex: {name: Globex}
                """,
            ),
            passes=whole(
                PAYERS,
                """
                format: 1
                payers:
                  acme: {name: Acme Health Plan}
                  globex: {name: Globex}
                """,
            ),
        ),
        Rule(
            name="anchor-or-alias",
            summary="A value is marked with `&name`, or taken over with `*name`.",
            why=(
                "Whoever reads the place with the `*` has to search the file for what stands there, and whoever edits the"
                " place with the `&` changes others without seeing them. A few lines of them can also grow to millions"
                " of values."
            ),
            remedy=(
                "Name the list under `value_sets`, or the criterion under `criteria`, at the top of the document. An"
                " explanation then shows what the name stands for."
            ),
            fails=criterion(
                """
                any:
                  - all: [&adult {fact: patient.age, at_least: 18}, {fact: knee.instability, is: severe}]
                  - all: [*adult, {fact: knee.therapy_weeks, at_least: 6}]
                """
            ),
            passes=criterion(
                """
                any:
                  - all: [{use: grown-up}, {fact: knee.instability, is: severe}]
                  - all: [{use: grown-up}, {fact: knee.therapy_weeks, at_least: 6}]
                """
            ),
        ),
        Rule(
            name="tag",
            summary="A value is marked with a word that begins with `!`.",
            why=(
                "A tag asks the program that reads to make something of its own out of the value. What that is depends on"
                " the program."
            ),
            remedy='Delete the tag. What a value is follows from how it is written: `6` is a number and `"6"` is text.',
            fails=criterion('{fact: knee.therapy_weeks, at_least: !!int "6"}'),
            passes=_SIX_WEEKS,
        ),
        Rule(
            name="directive",
            summary="A line that begins with `%` stands before the document.",
            why="It changes how all that follows is read. After `%YAML 1.1`, some programs take `no` for `false`.",
            remedy="Delete the line, and the `---` after it.",
            fails=whole(PAYERS, "%YAML 1.1\n---\nformat: 1\npayers:\n  acme: {name: Acme Health Plan}"),
            passes=_ONE_PAYER,
        ),
        Rule(
            name="merge-key",
            summary="The key `<<` takes over the keys of another mapping.",
            why="Where both have a key, it cannot be seen which value wins, and programs differ in it.",
            remedy="Write the keys out. For a criterion that is used more than once there is `use`.",
            fails=criterion("{<<: {fact: knee.therapy_weeks}, at_least: 6}"),
            passes=_SIX_WEEKS,
        ),
        Rule(
            name="duplicate-key",
            summary="A key stands twice in one mapping.",
            why=(
                "One of the two values would be lost, and most readers of YAML drop one in silence. It happens when a"
                " line is copied to be changed and the old one stays."
            ),
            remedy="Keep the one that is meant. For two criteria on one fact, write two parts under `all`.",
            fails=criterion("{fact: knee.therapy_weeks, at_least: 6, at_least: 12}"),
            passes=criterion("{fact: knee.therapy_weeks, at_least: 12}"),
        ),
        Rule(
            name="unquoted",
            summary="Something without quotes looks like a number, a yes or no, or a null in some version of YAML.",
            why=(
                "The code `00142` would become the number 142, `7E1` the number 70, and the word `no` would become"
                " `false`. What was written is then gone before any check can see it."
            ),
            remedy="If it is text, above all a code, put it in double quotes. Yes and no are `true` and `false`.",
            fails=criterion("{fact: service.code, in: {cpt: [00142]}}"),
            passes=criterion('{fact: service.code, in: {cpt: ["00142"]}}'),
        ),
        Rule(
            name="key-not-text",
            summary="A key is a number, `true`, a list or the like.",
            why='The number 99213 and the text `"99213"` are two different keys. Codes and names are text.',
            remedy="Put the key in double quotes.",
            fails=whole("codes.yaml", "format: 1\ncodes:\n  cpt:\n    99213: {label: Visit at the office}"),
            passes=whole("codes.yaml", 'format: 1\ncodes:\n  cpt:\n    "99213": {label: Visit at the office}'),
        ),
        Rule(
            name="number-too-long",
            summary="A number has more than 15 digits.",
            why="Computers round longer numbers, so two that differ could be taken for the same one.",
            remedy="A number of that length is nearly always an identifier: put it in quotes, for it is text.",
            fails=coverage("- {outcome: covered, cite: 2025010100000042}"),
            passes=coverage('- {outcome: covered, cite: "2025010100000042"}'),
        ),
        Rule(
            name="syntax",
            summary="A file is not YAML.",
            why=(
                "Nothing after that place can be relied on. The fault often lies shortly before the place that is named:"
                " a bracket or quote that was not closed, a line that is indented too far, or a `: ` within plain text."
            ),
            remedy="Close what is open, line up the keys of a mapping, and put text with `: ` or ` #` in double quotes.",
            fails=criterion("{fact: knee.therapy_weeks, at_least: 6"),
            passes=_SIX_WEEKS,
        ),
    ),
)
