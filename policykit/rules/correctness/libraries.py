"""Rules of a library: its folder, and how its documents stand in it. See docs/format.md, section 1."""

from __future__ import annotations

from typing import Final

from policykit.rules.rule import Example, Group, Rule
from policykit.rules.sample import POLICY, SAMPLE, top

_BRACE: Final = """
format: 1
policy: {}
title: Knee braces
payer: acme
kind: coverage-policy
"""

LIBRARY: Final = Group(
    title="The library",
    about="A policy is found by its name, which is also its place: `acme/knee-brace` stands in `acme/knee-brace.yaml`.",
    rules=(
        Rule(
            name="not-a-library",
            summary="The folder does not hold `facts.yaml`, `payers.yaml` and `codes.yaml`.",
            why=(
                "Without the vocabulary nothing in a policy can be checked. It may also be another folder than is meant,"
                " and an empty library would answer every question with nothing."
            ),
            remedy="Name the folder in which the three files are, or write the one that is missing.",
            fails=Example(name="", form="listing", text=f"codes.yaml\npayers.yaml\n{POLICY}"),
            passes=Example(name="", form="listing", text=f"codes.yaml\nfacts.yaml\npayers.yaml\n{POLICY}"),
        ),
        Rule(
            name="misplaced",
            summary="A document is not where its name says, or lies where no document is expected.",
            why=(
                "Nobody would find it by its name. Cases are looked for beside the policy, so a policy elsewhere loses"
                " its tests."
            ),
            remedy=(
                "Move the file, or correct `policy` and `payer` in it. Folders are one level deep, one for each payer,"
                " and a link to a folder is not followed."
            ),
            fails=top(_BRACE.format("acme/knee-braces")),
            passes=top(_BRACE.format("acme/knee-brace")),
        ),
        Rule(
            name="repeated-policy",
            summary="Two documents have the same `policy`.",
            why="One of them would silently take the place of the other, with all of its history.",
            remedy=(
                "Give the second its own name. If both are revisions of one policy, make them entries of one history."
            ),
            fails=top(_BRACE.format("acme/knee-brace"), name="acme/knee-brace-2025.yaml"),
            passes=top(_BRACE.format("acme/ankle-brace"), name="acme/ankle-brace.yaml"),
        ),
        Rule(
            name="symlink-outside",
            summary="A link in the library leads to a file outside of it.",
            why=(
                "Somebody who gets a copy of the folder does not get that file, and a change of it does not show in the"
                " history of the library."
            ),
            remedy="Delete the link, and copy the file into the library.",
            fails=Example(
                name=POLICY,
                form="link",
                text="../../drive/knee-brace.yaml",
                beside={"../drive/knee-brace.yaml": SAMPLE[POLICY]},
            ),
            passes=Example(
                name=POLICY,
                form="link",
                text=".knee-brace-as-sent.yaml",
                beside={"acme/.knee-brace-as-sent.yaml": SAMPLE[POLICY]},
            ),
        ),
        Rule(
            name="wrong-extension",
            summary="A file ends in `.yml` or `.YAML` instead of `.yaml`.",
            why="Only `.yaml` is read. The document would lie there and never take part in an answer.",
            remedy="Rename the file.",
            fails=top(_BRACE.format("acme/ankle-brace"), name="acme/ankle-brace.yml"),
            passes=top(_BRACE.format("acme/ankle-brace"), name="acme/ankle-brace.yaml"),
        ),
    ),
)
