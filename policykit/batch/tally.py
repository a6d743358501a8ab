"""What came of deciding a table of claims, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping


@record
class Tally:
    """How many claims there were, how many answers they had, and how many were wrong and went to the rejects.

    A claim that several policies answer has several answers, so `answers` can be more than `claims` less `rejected`.
    `outcomes` counts the answers by outcome, `rules` the rejects by the rule that they break. `idle` are the columns
    that state nothing, each with the advice that a near miss gives.
    """

    claims: int
    answers: int
    rejected: int
    outcomes: Mapping[str, int]
    rules: Mapping[str, int]
    idle: tuple[tuple[str, str | None], ...] = ()
