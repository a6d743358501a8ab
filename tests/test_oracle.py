"""Examples worked out by hand from docs/format.md, to hold the oracle in its turn."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import oracle
import pytest
from oracle import Never, Plain, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

VOCABULARY: Plain = {
    "format": 1,
    "facts": {
        "a.known": {"type": "boolean", "ask": "Is a so?"},
        "b.known": {"type": "boolean", "ask": "Is b so?"},
        "c.known": {"type": "boolean", "ask": "Is c so?"},
        "quit.date": {"type": "date", "ask": "When?", "may_be_never": True},
        "quit.years": {"type": "integer", "ask": "How long ago?", "derived": {"whole_years_since": "quit.date"}},
        "quit.months": {"type": "integer", "ask": "How long ago?", "derived": {"whole_months_since": "quit.date"}},
        "pain.score": {"type": "number", "ask": "How bad?"},
        "visits.count": {"type": "integer", "ask": "How many?"},
        "site.main": {"type": "choice", "ask": "Where?", "values": {"neck": "Neck", "back": "Back"}},
        "tests.done": {"type": "choices", "ask": "Which?", "values": {"mri": "MRI", "ct": "CT", "emg": "EMG"}},
        "procedure.main": {"type": "code", "ask": "Which?"},
    },
}
SERVICE = "64714"


def policy_of(*history: Plain) -> Plain:
    """A policy document with this history."""
    return {"format": 1, "policy": "acme/p1", "payer": "acme", "kind": "ncd", "history": list(history)}


def entry(revision: str, change: str, effective: str | None = None, **more: Value) -> Plain:
    """An entry whose one service is covered, unless it says something else of services."""
    dated = {} if effective is None else {"effective": effective}
    services = {} if change in {"withdrawn", "retired"} else {"services": [service({"outcome": "covered"})]}
    return {"revision": revision, "change": change, **dated, **services, **more}


def service(*coverage: Plain) -> Plain:
    """The one service, with these statements."""
    return {"service": "surgery", "codes": {"cpt": [SERVICE]}, "coverage": list(coverage)}


def asked(policy: Plain, date_of_service: str = "2022-06-15", **case: Value) -> oracle.Answer:
    """The answer to a case of the one service."""
    return oracle.answer(
        policy, VOCABULARY, {"date_of_service": date_of_service, "service": {"cpt": SERVICE}, "facts": {}, **case}
    )


def truth(criterion: Plain, date_of_service: str = "2022-06-15", **facts: Value) -> bool | None:
    """What becomes of a criterion, given facts (their names with `_` for the point)."""
    case = {
        "date_of_service": date_of_service,
        "service": {"cpt": SERVICE, "modifiers": ["RT"]},
        "diagnoses": {"icd10cm": ["F17.210", "G54.1"]},
        "facts": {name.replace("_", "."): value for name, value in facts.items()},
    }
    sets = {"codes": {"icd10cm": ["G54.0-G54.8"]}, "places": ["neck"]}
    policy = {"value_sets": sets, "criteria": {"named": {"fact": "a.known", "is": True}}}
    return oracle.truth_of(criterion, oracle.Situation(policy=policy, vocabulary=VOCABULARY, case=case))


# Adding


@pytest.mark.parametrize(
    ("day", "span", "result"),
    [
        ("2020-02-29", "1 year", "2021-02-28"),
        ("2020-02-29", "4 years", "2024-02-29"),
        ("2021-01-31", "1 month", "2021-02-28"),
        ("2020-01-31", "1 month", "2020-02-29"),
        ("2021-10-31", "13 months", "2022-11-30"),
        ("2021-12-31", "2 months", "2022-02-28"),
        ("2020-02-28", "1 week", "2020-03-06"),
        ("2021-02-28", "90 days", "2021-05-29"),
        ("2021-02-28", "9000 years", "9999-12-31"),
    ],
)
def test_adding_years_or_months_clamps_to_the_end_of_the_month(day: str, span: str, result: str) -> None:
    assert oracle.after_span(date.fromisoformat(day), span) == date.fromisoformat(result)


@pytest.mark.parametrize(
    ("how", "since", "on", "number"),
    [
        ("whole_years_since", "2020-02-29", "2021-02-27", 0),
        ("whole_years_since", "2020-02-29", "2021-02-28", 1),
        ("whole_years_since", "2020-02-29", "2024-02-28", 3),
        ("whole_years_since", "2020-02-29", "2024-02-29", 4),
        ("whole_years_since", "2023-02-28", "2022-02-28", -1),
        ("whole_years_since", "2022-06-16", "2022-06-15", -1),
        ("whole_months_since", "2022-01-31", "2022-02-27", 0),
        ("whole_months_since", "2022-01-31", "2022-02-28", 1),
        ("whole_months_since", "2022-01-31", "2022-03-30", 1),
        ("whole_months_since", "2022-01-31", "2022-03-31", 2),
        ("whole_months_since", "2022-02-28", "2022-03-28", 1),
        ("whole_months_since", "2022-03-31", "2022-02-28", -1),
        ("whole_months_since", "2022-03-31", "2022-02-27", -2),
        ("full_calendar_months_since", "2022-01-01", "2022-01-31", 0),
        ("full_calendar_months_since", "2022-01-31", "2022-02-01", 0),
        ("full_calendar_months_since", "2022-01-31", "2022-03-01", 1),
        ("full_calendar_months_since", "2021-12-01", "2022-12-01", 11),
        ("full_calendar_months_since", "2022-02-01", "2022-01-31", -1),
        ("full_calendar_months_since", "2023-01-01", "2022-01-31", -12),
    ],
)
def test_a_derived_number_is_the_largest_that_added_is_not_past_the_day(
    how: str, since: str, on: str, number: int
) -> None:
    assert oracle.derive(how, date.fromisoformat(since), date.fromisoformat(on)) == number


def test_a_number_derived_from_never_is_never() -> None:
    assert oracle.derive("whole_years_since", Never.NEVER, date(2022, 1, 1)) is Never.NEVER


# Comparisons


@pytest.mark.parametrize(
    ("comparisons", "holding", "failing"),
    [
        ({"on_or_after": "2021-03-01"}, ["2021-03-01", "2021-03-02"], ["2021-02-28"]),
        ({"after": "2021-03-01"}, ["2021-03-02"], ["2021-03-01"]),
        ({"on_or_before": "2021-03-01"}, ["2021-03-01", "2021-02-28"], ["2021-03-02"]),
        ({"before": "2021-03-01"}, ["2021-02-28"], ["2021-03-01"]),
        ({"before": "date_of_service"}, ["2022-06-14"], ["2022-06-15"]),
        ({"on_or_after": "date_of_service"}, ["2022-06-15"], ["2022-06-14"]),
        ({"within_last": "1 year"}, ["2021-06-15", "2022-06-15"], ["2021-06-14", "2022-06-16"]),
        ({"at_least_ago": "1 year"}, ["2021-06-15", "2021-06-14"], ["2021-06-16", "2022-06-16"]),
        ({"longer_ago_than": "1 year"}, ["2021-06-14"], ["2021-06-15", "2022-06-16"]),
        ({"within_last": "30 days"}, ["2022-05-16"], ["2022-05-15"]),
        ({"longer_ago_than": "12 weeks"}, ["2022-03-22"], ["2022-03-23"]),
        ({"at_least_ago": "3 months", "within_last": "6 months"}, ["2022-03-15", "2021-12-15"], ["2022-03-16"]),
    ],
)
def test_dates_compare_at_their_boundary_days(comparisons: Plain, holding: list[str], failing: list[str]) -> None:
    for day in holding:
        assert truth({"fact": "quit.date", **comparisons}, quit_date=day) is True
    for day in failing:
        assert truth({"fact": "quit.date", **comparisons}, quit_date=day) is False


def test_a_span_ago_clamps_to_the_end_of_february() -> None:
    criterion = {"fact": "quit.date", "at_least_ago": "1 year"}
    assert truth(criterion, "2021-02-28", quit_date="2020-02-29") is True
    assert truth(criterion, "2021-02-27", quit_date="2020-02-29") is False


@pytest.mark.parametrize(
    ("comparison", "holds"),
    [
        ({"at_least_ago": "15 years"}, True),
        ({"longer_ago_than": "15 years"}, True),
        ({"within_last": "15 years"}, False),
        ({"before": "2022-01-01"}, False),
        ({"on_or_after": "2022-01-01"}, False),
    ],
)
def test_never_meets_only_what_asks_for_long_ago(comparison: Plain, holds: bool) -> None:
    assert truth({"fact": "quit.date", **comparison}, quit_date="never") is holds


@pytest.mark.parametrize(
    ("comparisons", "holds"),
    [
        ({"at_least": 15}, True),
        ({"more_than": 15}, True),
        ({"at_most": 15}, False),
        ({"less_than": 15}, False),
        ({"more_than": 15, "at_most": 20}, False),
        ({"is": 15}, False),
        ({"in": [15, 16]}, False),
    ],
)
def test_a_number_derived_from_never_meets_only_lower_bounds(comparisons: Plain, holds: bool) -> None:
    assert truth({"fact": "quit.years", **comparisons}, quit_date="never") is holds


@pytest.mark.parametrize(
    ("comparisons", "holding", "failing"),
    [
        ({"is": 4}, [4, 4.0], [3, 5]),
        ({"in": [2, 4]}, [2, 4], [3]),
        ({"at_least": 4}, [4, 5], [3.5]),
        ({"more_than": 4}, [4.5], [4]),
        ({"at_most": 4}, [4, 3], [4.5]),
        ({"less_than": 4}, [3.5], [4]),
        ({"more_than": 4, "at_most": 6}, [5, 6], [4, 7]),
    ],
)
def test_numbers_compare_at_their_boundaries(comparisons: Plain, holding: list[float], failing: list[float]) -> None:
    for number in holding:
        assert truth({"fact": "pain.score", **comparisons}, pain_score=number) is True
    for number in failing:
        assert truth({"fact": "pain.score", **comparisons}, pain_score=number) is False


@pytest.mark.parametrize(
    ("criterion", "holds"),
    [
        ({"fact": "tests.done", "has_any": ["mri", "emg"]}, True),
        ({"fact": "tests.done", "has_any": ["emg"]}, False),
        ({"fact": "tests.done", "has_all": ["mri", "ct"]}, True),
        ({"fact": "tests.done", "has_all": ["mri", "emg"]}, False),
        ({"fact": "site.main", "is": "neck"}, True),
        ({"fact": "site.main", "in": ["back"]}, False),
        ({"fact": "site.main", "in": {"value_set": "places"}}, True),
        ({"fact": "service.modifiers", "has_any": ["RT", "LT"]}, True),
        ({"fact": "service.code", "is": {"cpt": "64714"}}, True),
        ({"fact": "service.code", "is": {"hcpcs": "64714"}}, False),
        ({"fact": "service.code", "in": {"cpt": ["64700-64727"]}}, True),
        ({"fact": "service.code", "in": {"hcpcs": ["G0297"], "cpt": ["64715-64727"]}}, False),
        ({"fact": "claim.diagnoses", "has_any": {"icd10cm": ["F17.21-"]}}, True),
        ({"fact": "claim.diagnoses", "has_any": {"icd10cm": ["F17.21"]}}, False),
        ({"fact": "claim.diagnoses", "has_any": {"icd10cm": ["F17.211-"]}}, False),
        ({"fact": "claim.diagnoses", "has_any": {"value_set": "codes"}}, True),
        ({"fact": "claim.diagnoses", "has_all": {"icd10cm": ["F17-", "G54.0-G54.8"]}}, True),
        ({"fact": "claim.diagnoses", "has_all": {"icd10cm": ["F17-"], "icd9cm": ["353.1"]}}, False),
        ({"fact": "procedure.main", "is": {"icd10pcs": "3E03317"}}, True),
        ({"fact": "procedure.main", "in": {"icd10pcs": ["3E04317"]}}, False),
        ({"use": "named"}, True),
        ({"none": [{"use": "named"}]}, False),
    ],
)
def test_values_and_codes_are_equal_or_among_those_listed(criterion: Plain, holds: bool) -> None:
    facts: Plain = {"tests_done": ["mri", "ct"], "site_main": "neck", "procedure_main": {"icd10pcs": "3E03317"}}
    assert truth(criterion, a_known=True, **facts) is holds


@pytest.mark.parametrize(
    ("pattern", "meant", "not_meant"),
    [
        ("64714", ["64714"], ["64715"]),
        ("00500-00600", ["00500", "00549", "00600"], ["00499", "00601", "0054T", "0540"]),
        ("G54.0-G54.8", ["G54.0", "G54.8"], ["G54.9", "G54", "G54.10", "G54.A"]),
        ("F17.21-", ["F17.21", "F17.210"], ["F17.2", "F17.22"]),
    ],
)
def test_codes_are_meant_by_themselves_by_a_range_or_by_a_prefix(
    pattern: str, meant: list[str], not_meant: list[str]
) -> None:
    assert all(oracle.means(pattern, code) for code in meant)
    assert not any(oracle.means(pattern, code) for code in not_meant)


def test_an_empty_set_of_choices_is_known() -> None:
    assert truth({"fact": "tests.done", "has_any": ["mri"]}, tests_done=[]) is False
    assert truth({"fact": "tests.done", "has_any": ["mri"]}, tests_done=None) is None


@pytest.mark.parametrize(
    ("comparisons", "partial", "holds"),
    [
        ({"before": "2021-01-01"}, "2020", True),
        ({"before": "2021-01-01"}, "2021", False),
        ({"before": "2020-12-31"}, "2020", None),
        ({"before": "2020-12-31"}, "2020-11", True),
        ({"at_least_ago": "2 years"}, "2020", None),
        ({"at_least_ago": "2 years"}, "2020-05", True),
        ({"at_least_ago": "2 years"}, "2020-07", False),
        ({"within_last": "1 year"}, "2022-06", None),
        ({"on_or_after": "2020-03-01", "before": "2020-02-01"}, "2020", False),
    ],
)
def test_a_partial_date_is_known_only_where_all_its_days_agree(
    comparisons: Plain, partial: str, holds: bool | None
) -> None:
    assert truth({"fact": "quit.date", **comparisons}, quit_date=partial) is holds


def test_a_number_derived_from_a_partial_date_is_known_only_where_all_its_days_agree() -> None:
    assert truth({"fact": "quit.years", "at_least": 1}, quit_date="2020") is True
    assert truth({"fact": "quit.years", "at_least": 2}, quit_date="2020") is None
    assert truth({"fact": "quit.years", "at_least": 2}, quit_date="2020", quit_years=2) is True


# Three values

A, B, C = ({"fact": f"{name}.known", "is": True} for name in "abc")
T, F, U = True, False, None


@pytest.mark.parametrize(
    ("a", "b", "all_of", "any_of", "none_of"),
    [
        (T, T, T, T, F),
        (T, F, F, T, F),
        (T, U, U, T, F),
        (F, F, F, F, T),
        (F, U, F, U, U),
        (U, U, U, U, U),
    ],
)
def test_all_any_and_none_have_three_values(
    a: bool | None, b: bool | None, all_of: bool | None, any_of: bool | None, none_of: bool | None
) -> None:
    for first, second in ((a, b), (b, a)):
        facts: Plain = {"a_known": first, "b_known": second}
        assert truth({"all": [A, B]}, **facts) is all_of
        assert truth({"any": [A, B]}, **facts) is any_of
        assert truth({"none": [A, B]}, **facts) is none_of


@pytest.mark.parametrize(
    ("values", "holds"),
    [((T, T, U), T), ((T, F, U), U), ((U, U, F), U), ((U, F, F), F), ((T, F, F), F), ((T, T, F), T)],
)
def test_count_at_least_counts_what_is_still_possible(values: Iterable[bool | None], holds: bool | None) -> None:
    facts: Plain = dict(zip(("a_known", "b_known", "c_known"), values, strict=True))
    assert truth({"count_at_least": 2, "of": [A, B, C]}, **facts) is holds


# Statements and missing facts


def test_the_first_statement_that_is_met_decides() -> None:
    policy = policy_of(
        entry(
            "r1", "new", "2020-01-01", services=[service({"outcome": "covered", "when": A}, {"outcome": "not-covered"})]
        )
    )
    met, not_met, unknown = (asked(policy, facts={"a.known": value}) for value in (True, False, None))
    assert (met.outcome, met.statement, met.missing) == ("covered", 1, ())
    assert (not_met.outcome, not_met.statement, not_met.missing) == ("not-covered", 2, ())
    assert (unknown.outcome, unknown.statement, unknown.missing) == ("undetermined", None, ("a.known",))
    assert unknown.possible == {("covered", None), ("not-covered", None)}


def test_an_unknown_fact_that_cannot_matter_does_not_hold_the_answer_up() -> None:
    statements: list[Plain] = [
        {"outcome": "covered", "when": A},
        {"outcome": "covered", "when": B},
        {"outcome": "not-covered"},
    ]
    policy = policy_of(entry("r1", "new", "2020-01-01", services=[service(*statements)]))
    decided = asked(policy, facts={"b.known": True})
    assert (decided.outcome, decided.statement, decided.missing) == ("covered", 2, ())
    assert asked(policy).missing == ("a.known", "b.known")


def test_a_statement_that_cannot_change_the_answer_asks_for_nothing() -> None:
    statements: list[Plain] = [
        {"outcome": "not-covered", "when": A},
        {"outcome": "covered", "when": B},
        {"outcome": "covered"},
    ]
    policy = policy_of(entry("r1", "new", "2020-01-01", services=[service(*statements)]))
    assert asked(policy).missing == ("a.known",)


def test_two_reviewers_are_two_outcomes() -> None:
    one, other = ({"outcome": "deferred", "to": to} for to in ("the contractor", "the director"))
    policy = policy_of(entry("r1", "new", "2020-01-01", services=[service({**one, "when": A}, other)]))
    answer = asked(policy)
    assert answer.outcome == "undetermined"
    assert answer.possible == {("deferred", "the contractor"), ("deferred", "the director")}
    assert asked(policy, facts={"a.known": True}).to == "the contractor"


def test_a_date_and_the_numbers_derived_from_it_are_missing_as_one_under_the_name_met_first() -> None:
    criterion = {"all": [{"fact": "quit.years", "at_least": 2}, A, {"fact": "quit.date", "before": "2020-01-01"}, B, A]}
    statements: list[Plain] = [{"outcome": "covered", "when": criterion}, {"outcome": "not-covered"}]
    policy = policy_of(entry("r1", "new", "2020-01-01", services=[service(*statements)]))
    assert asked(policy).missing == ("quit.years", "a.known", "b.known")
    assert asked(policy, facts={"quit.years": 3}).missing == ("a.known", "quit.date", "b.known")
    assert asked(policy, facts={"quit.date": "2020"}).missing == ()
    assert asked(policy, facts={"quit.date": "2019", "a.known": True}).missing == ("b.known",)


def test_without_the_code_of_the_service_every_service_is_possible() -> None:
    policy = policy_of(
        entry(
            "r1", "new", "2020-01-01", services=[service({"outcome": "covered", "when": A}, {"outcome": "not-covered"})]
        )
    )
    answer = asked(policy, service={"modifiers": ["RT"]})
    assert (answer.outcome, answer.revision, answer.missing) == ("undetermined", "r1", ("service.code",))
    assert answer.possible == {("covered", None), ("not-covered", None), ("not-addressed", None)}


def test_a_code_of_which_the_revision_does_not_speak_is_not_addressed() -> None:
    answer = asked(policy_of(entry("r1", "new", "2020-01-01")), service={"cpt": "99213"})
    assert (answer.outcome, answer.revision, answer.statement) == ("not-addressed", "r1", None)


# Selection

NEW = entry("r1", "new", "2020-01-01", known_from="2020-01-01")
LATER = entry("r2", "criteria", "2022-01-01", known_from="2021-12-01")


@pytest.mark.parametrize(
    ("date_of_service", "revision"),
    [("2020-01-01", "r1"), ("2021-12-31", "r1"), ("2022-01-01", "r2"), ("2024-01-01", "r2")],
)
def test_a_revision_governs_from_its_effective_until_the_day_before_the_next(
    date_of_service: str, revision: str
) -> None:
    assert asked(policy_of(NEW, LATER), date_of_service).revision == revision


def reason(*history: Plain, on: str = "2022-06-15", **case: Value) -> str | None:
    """Why nothing is in effect."""
    answer = asked(policy_of(*history), on, **case)
    assert (answer.revision is None) == (answer.outcome == "no-version-in-effect")
    return answer.reason


def test_each_reason_why_nothing_is_in_effect() -> None:
    criteria = entry("r1", "criteria", "2020-01-01")
    ending = {**NEW, "through": "2021-06-30"}
    withdrawal = entry("r9", "withdrawn", withdraws="r1", known_from="2022-02-01")
    assert reason(NEW, on="2019-12-31") == "not-yet-effective"
    assert reason(criteria, on="2019-12-31") == "earlier-not-held"
    assert reason(NEW, on="2020-06-01", known_on="2019-12-31") == "not-yet-known"
    assert reason(ending, LATER, on="2021-06-30") is None
    assert reason(ending, LATER, on="2021-07-01") == "in-a-gap"
    assert reason(ending, on="2021-07-01") == "ended"
    assert reason(NEW, entry("r2", "retired", "2021-01-01"), on="2021-01-01") == "retired"
    assert reason(NEW, withdrawal) == "withdrawn"
    assert reason(NEW, withdrawal, known_on="2022-01-31") is None


def test_a_retirement_with_services_governs() -> None:
    deferring = service({"outcome": "deferred", "to": "the contractor"})
    answer = asked(policy_of(NEW, entry("r2", "retired", "2021-01-01", services=[deferring])))
    assert (answer.outcome, answer.to, answer.revision) == ("deferred", "the contractor", "r2")


def test_a_withdrawn_correction_gives_back_what_it_replaced_and_a_corrected_correction_does_not() -> None:
    first = entry("r2", "correction", "2020-01-01", replaces="r1", known_from="2020-02-01")
    second = entry("r3", "correction", "2020-01-01", replaces="r2", known_from="2020-03-01")
    withdrawal = entry("r4", "withdrawn", withdraws="r3", known_from="2020-04-01")
    assert asked(policy_of(NEW, first)).revision == "r2"
    assert asked(policy_of(NEW, first, second)).revision == "r3"
    assert asked(policy_of(NEW, first, second, withdrawal)).revision == "r2"
    assert asked(policy_of(NEW, first, second, withdrawal), known_on="2020-01-31").revision == "r1"
    undone = entry("r5", "withdrawn", withdraws="r4", known_from="2020-05-01")
    assert asked(policy_of(NEW, first, second, withdrawal, undone)).revision == "r3"


def test_an_entry_without_known_from_is_always_known() -> None:
    assert asked(policy_of(entry("r1", "new", "2020-01-01")), known_on="1999-01-01").revision == "r1"


def test_where_the_date_of_processing_is_needed_and_not_given_it_is_what_is_missing() -> None:
    by_claim = entry(
        "r2", "criteria", "2022-01-01", applies_by="claim-processed", services=[service({"outcome": "not-covered"})]
    )
    policy = policy_of(NEW, by_claim)
    hanging = asked(policy, "2021-06-15")
    assert (hanging.outcome, hanging.revision, hanging.missing) == ("undetermined", None, ("claim_processed",))
    assert hanging.possible == {("covered", None), ("not-covered", None)}
    assert asked(policy, "2021-06-15", claim_processed="2021-12-31").revision == "r1"
    assert asked(policy, "2021-06-15", claim_processed="2022-01-01").revision == "r2"
    later = entry("r3", "criteria", "2021-01-01")
    assert asked(policy_of(by_claim, later), "2020-06-15").possible == {
        ("not-covered", None),
        ("no-version-in-effect", None),
    }
    by_service = entry("r3", "criteria", "2022-06-01")
    assert asked(policy_of(NEW, by_claim, by_service), "2022-06-01").revision == "r3"


def test_an_end_that_a_later_entry_comes_before_is_never_reached() -> None:
    ending = entry("r1", "new", "2020-01-01", applies_by="claim-processed", through="2021-12-31")
    following = entry("r2", "criteria", "2021-06-01", applies_by="claim-processed")
    hanging = asked(policy_of(ending, following))
    assert hanging.possible == {("covered", None), ("no-version-in-effect", None)}
    before = entry("r0", "criteria", "2019-01-01")
    assert asked(policy_of(before, ending, following)).possible == {("covered", None)}


# What carries over


def names(history: list[Plain], revision: str, known_on: str | None = None) -> list[str]:
    """The outcomes of the services that an entry has, one each."""
    found = oracle.services_of(history, oracle.named(history, revision), oracle.day_or_none(known_on))
    return [service["coverage"][0]["outcome"] for service in found]


def test_unchanged_carries_over_what_counts_before_it_or_what_it_replaces() -> None:
    other = [service({"outcome": "not-covered"})]
    corrected = entry("r3", "correction", "2020-01-01", replaces="r1", known_from="2021-01-01", services=other)
    review = entry("r2", "review", "2020-06-01", services="unchanged", known_from="2020-06-01")
    assert names([NEW, review], "r2") == ["covered"]
    assert names([NEW, review, corrected], "r2") == ["not-covered"]
    assert names([NEW, review, corrected], "r2", "2020-12-31") == ["covered"]
    redated = entry("r4", "correction", "2023-01-01", replaces="r1", known_from="2021-01-01", services="unchanged")
    assert names([NEW, redated], "r4") == ["covered"]


def test_one_service_may_be_unchanged() -> None:
    carried = {"service": "surgery", "unchanged": True}
    fresh = {"service": "injection", "codes": {"cpt": ["64447"]}, "coverage": [{"outcome": "not-covered"}]}
    assert names([NEW, entry("r2", "codes", "2021-01-01", services=[carried, fresh])], "r2") == [
        "covered",
        "not-covered",
    ]


@pytest.mark.parametrize(
    "history",
    [
        [entry("r1", "criteria", "2020-01-01", services="unchanged")],
        [NEW, entry("r2", "retired", "2020-06-01"), entry("r3", "criteria", "2021-01-01", services="unchanged")],
        [NEW, entry("r2", "codes", "2021-01-01", services=[{"service": "other", "unchanged": True}])],
        [
            entry("x", "criteria", "2021-01-01", services="unchanged"),
            entry("z", "criteria", "2022-01-01", services="unchanged"),
            entry("y", "correction", "2020-01-01", replaces="z", services="unchanged"),
        ],
    ],
    ids=["nothing before", "a retirement before", "no such service before", "in a circle"],
)
def test_nothing_to_carry_over_is_an_error(history: list[Plain]) -> None:
    with pytest.raises(oracle.NothingToCarryOverError):
        oracle.services_of(history, history[-1], None)
