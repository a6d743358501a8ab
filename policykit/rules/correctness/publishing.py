"""Rules of what has been published: it still stands as it did."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from policykit.rules.rule import Group, Rule
from policykit.rules.sample import after_first, criterion, whole

# Of the entry of the sample policy, and of `_IN_JANUARY`.
_FIRST: Final = "sha256:cc20e9de50d211bfe7892084e66b3f4a559343b120b7f7d94b96fd80994b71b0"
_LATER: Final = "sha256:9d12d86e7259d50413e06aac67f779b8d206a801266e37e3bbc6ed7f6dafad7f"


def _published(*lines: str) -> str:
    return "\n".join(("format: 1", "published:", *lines, "facts: {}", ""))


_ONE: Final = _published("  acme/knee-brace:", f'    "2025-01-01": {_FIRST}')
_TWO: Final = f'{_ONE.removesuffix("facts: {}" + chr(10))}    "2026-01-01": {_LATER}\nfacts: {{}}\n'
_IN_JULY: Final = """\
- revision: 2025-07-01
  change: review
  summary: Reviewed, no change.
  effective: 2025-07-01
  services: unchanged
"""
_IN_JANUARY: Final = """\
- revision: 2026-01-01
  change: review
  summary: Reviewed, no change.
  effective: 2026-01-01
  services: unchanged
"""

PUBLISHING: Final = Group(
    title="What has been published",
    about=(
        "`published.yaml` holds a digest of every revision that was published, and of the facts that it asks for."
        " `policykit publish` writes it. Comments and layout take no part in a digest."
    ),
    rules=(
        Rule(
            name="published-altered",
            summary="A published revision, or a fact that it asks for, no longer says what it said when it was published.",
            why=(
                "Somebody decided by what it said. If the record changes in silence, yesterday's answer can no longer be"
                " explained."
            ),
            remedy=(
                "Put it back as it was; the version control has it. Where the source was misread, add a `correction`."
                " Where a fact has to mean something else, declare a new one."
            ),
            fails=replace(
                criterion("{fact: knee.therapy_weeks, at_least: 8}"),
                beside={"published.yaml": _ONE},
            ),
            passes=replace(
                after_first(
                    """
                    - revision: 2025-01-01-corrected
                      change: correction
                      summary: It asks for 8 weeks of therapy, which we had overlooked.
                      effective: 2025-01-01
                      known_from: 2024-12-01
                      replaces: 2025-01-01
                      services:
                        - service: Knee brace
                          codes: {hcpcs: ["L9001"]}
                          coverage:
                            - {outcome: covered, when: {fact: knee.therapy_weeks, at_least: 8}}
                            - {outcome: not-covered}
                    """
                ),
                beside={"published.yaml": _ONE},
            ),
        ),
        Rule(
            name="published-removed",
            summary="A published revision or policy, or a fact that it asks for, is no longer there.",
            why=(
                "Questions about its time would be answered by another revision, or by none, and nothing would show that"
                " this was once different."
            ),
            remedy=(
                "Put it back. What should never have been is withdrawn by a new entry; a policy that has ended is retired."
            ),
            fails=whole("published.yaml", _published("  acme/ankle-brace:", f'    "2024-01-01": {_FIRST}')),
            passes=whole("published.yaml", _ONE),
        ),
        Rule(
            name="published-order",
            summary="An entry that is not published stands above one that is, or published ones have changed places.",
            why=(
                "The history is in order of publication: what was known on a day is the first part of it. An entry put"
                " in between would have been known all along."
            ),
            remedy="Move the new entry to the end. Its `effective` may lie before that of the others.",
            fails=replace(after_first(_IN_JULY + _IN_JANUARY), beside={"published.yaml": _TWO}),
            passes=replace(after_first(_IN_JANUARY + _IN_JULY), beside={"published.yaml": _TWO}),
        ),
    ),
)
