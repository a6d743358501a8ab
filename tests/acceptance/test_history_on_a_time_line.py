from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run


def test_every_entry_and_gap_in_order_of_time(run: Run, library: Path) -> None:
    answered = run("history", "acme/knee", "--library", library)
    assert answered.status == 0
    assert answered.lines[0] == "acme/knee, Knee operations"
    told = [
        "2020-01-01 to 2020-12-31",
        "first (new): Grown-ups are covered.",
        "Next review planned for 2020-06-30, which ends nothing",
        "2021-01-01 to 2022-01-31",
        "A gap: nothing is in effect",
        "Replaced by second-corrected second (criteria)",
        "2022-02-01 to 2024-12-31",
        "Replaces second; known from 2022-06-01",
        "Void: withdrawn by mistaken-withdrawn mistaken (criteria)",
        "Makes mistaken void mistaken-withdrawn (withdrawn): It never was.",
        "Nothing is in effect from this day on end (retired): The policy is retired.",
    ]
    places = [answered.flat.find(each) for each in told]
    assert -1 not in places
    assert places == sorted(places)


def test_the_bars_follow_one_another_without_overlap(run: Run) -> None:
    answered = run("history", "medicare/ncd-210.14")
    bars = [line for line in answered.lines if "█" in line and " in effect" not in line]
    assert len(bars) == 3
    for earlier, later in pairwise(bars):
        assert later.index("█") == len(earlier)
    assert bars[-1].endswith("→")
    assert max(map(len, answered.lines)) <= 80


def test_what_was_known_on_a_day(run: Run, library: Path) -> None:
    answered = run("history", "acme/knee", "--library", library, "--known-on", "2022-12-10")
    assert "as known on 2022-12-10" in answered.flat
    assert "2023-01-01 on" in answered.out
    assert "Void" not in answered.out
    assert "Not yet known end (retired)" in answered.flat
    assert "Since when it could be known, its source does not tell" in answered.flat


def test_a_history_with_one_entry(run: Run) -> None:
    answered = run("history", "cigna/0587")
    assert answered.status == 0
    assert "2025-12-01 on" in answered.out


def test_a_policy_that_is_not_held(run: Run) -> None:
    answered = run("history", "cigna/587")
    assert answered.status == 2
    assert answered.err == "policykit: there is no policy `cigna/587`; did you mean `cigna/0587`?\n"


def test_a_claim_processed_entry_says_so(run: Run, library: Path) -> None:
    assert (
        "Applies by the day on which a claim is processed" in run("history", "acme/claims", "--library", library).flat
    )
