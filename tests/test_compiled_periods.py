"""The periods of a policy, row by row: what is known since when, and which days each revision governs."""

from __future__ import annotations

from samples import entry, library_of, policy

from policykit.compiled.periods import Period, periods_of

HISTORY = policy(
    entry("r0", "new", "2020-01-01")
    + entry("r1", "criteria", "2021-01-01", "not-covered", applies_by="claim-processed", known_from="2020-11-15")
    + entry("r2", "retired", "2022-01-01", "none", known_from="2021-12-01")
    + entry("r3", "criteria", "2023-01-01", known_from="2022-12-01", through="2023-06-30")
)


def test_a_period_lasts_as_long_as_what_is_known_stays_the_same() -> None:
    served, processed = "date-of-service", "claim-processed"
    assert periods_of(library_of(HISTORY).policies["acme/p1"]) == (
        Period("r0", None, "2021-11-30", served, "2020-01-01", None, True),
        Period("r0", "2021-12-01", None, served, "2020-01-01", "2021-12-31", True),
        Period("r1", "2020-11-15", None, processed, "2021-01-01", None, True),
        Period("r2", "2021-12-01", "2022-11-30", served, "2022-01-01", None, False),
        Period("r2", "2022-12-01", None, served, "2022-01-01", "2022-12-31", False),
        Period("r3", "2022-12-01", None, served, "2023-01-01", "2023-06-30", True),
    )
