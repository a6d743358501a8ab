"""What came of deciding a table of claims, as the plain data of its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.answers.parts import FORMAT

if TYPE_CHECKING:
    from policykit.answers.parts import Data
    from policykit.batch.tally import Tally


def tally_as_data(tally: Tally) -> Data:
    """How many claims there were, what became of them, and which columns state nothing."""
    return {
        "format": FORMAT,
        "claims": tally.claims,
        "answers": tally.answers,
        "outcomes": dict(tally.outcomes),
        "rejected": tally.rejected,
        "rules": dict(tally.rules),
        "idle": [{"column": name, "help": advice} for name, advice in tally.idle],
    }
