from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from samples import CODES, case_in, coverage, decided, entry, library_of, policy, texts, when

from policykit.evaluation import Truth
from policykit.policy import Outcome
from policykit.timeline import Reason
from policykit.version import VERSION

if TYPE_CHECKING:
    from policykit.decision import Decision
    from policykit.library import Library


def possible(decision: Decision) -> list[str]:
    return [f"{each.outcome}{f' to {each.to}' if each.to else ''}" for each in decision.possible]


def missing(decision: Decision) -> list[str]:
    return [each.fact for each in decision.missing]


def advisories(decision: Decision) -> list[str]:
    return [each.name for each in decision.advisories]


THREE = """\
- {outcome: covered, cite: A, when: {fact: surgery.urgent, is: true}}
- {outcome: deferred, to: me, cite: B, when: {fact: pain.level, is: severe}}
- {outcome: not-covered, cite: C}
"""


@pytest.fixture(name="three", scope="module")
def _three() -> Library:
    return library_of(coverage(THREE))


@pytest.mark.parametrize(
    ("facts", "outcome", "number", "others", "lacking"),
    [
        ("{surgery.urgent: true}", "covered", 1, ["covered"], []),
        ("{surgery.urgent: true, pain.level: severe}", "covered", 1, ["covered"], []),
        ("{surgery.urgent: false, pain.level: severe}", "deferred", 2, ["deferred to me"], []),
        ("{surgery.urgent: false, pain.level: mild}", "not-covered", 3, ["not-covered"], []),
        ("{}", "undetermined", None, ["covered", "deferred to me", "not-covered"], ["surgery.urgent", "pain.level"]),
        ("{surgery.urgent: false}", "undetermined", None, ["deferred to me", "not-covered"], ["pain.level"]),
        ("{pain.level: severe}", "undetermined", None, ["covered", "deferred to me"], ["surgery.urgent"]),
        ("{pain.level: mild}", "undetermined", None, ["covered", "not-covered"], ["surgery.urgent"]),
    ],
)
def test_the_first_statement_that_is_met_decides_and_an_unknown_one_is_passed_by(
    three: Library, facts: str, outcome: str, *, number: int | None, others: list[str], lacking: list[str]
) -> None:
    decision = decided(three, facts)
    assert decision.outcome == outcome
    assert decision.number == number
    assert possible(decision) == others
    assert missing(decision) == lacking
    assert (decision.statement.cite if decision.statement else None) == ("ABC"[number - 1] if number else None)
    assert decision.to == ("me" if outcome == "deferred" else None)


def test_the_findings_go_down_to_the_statement_that_is_met(three: Library) -> None:
    findings = decided(three, "{pain.level: severe}").findings
    assert [(each.number, each.truth) for each in findings] == [(1, Truth.UNKNOWN), (2, Truth.MET)]
    findings = decided(three, "{surgery.urgent: false, pain.level: mild}").findings
    assert [(each.number, each.truth) for each in findings] == [(1, Truth.NOT_MET), (2, Truth.NOT_MET), (3, Truth.MET)]
    assert findings[2].finding is None
    assert findings[1].finding is not None
    assert findings[1].finding.value == "mild"
    assert [each.statement.cite for each in findings] == ["A", "B", "C"]


def test_an_unknown_statement_that_gives_the_same_as_what_follows_does_not_hold_the_answer_up() -> None:
    library = library_of(
        coverage("""\
- {outcome: covered, when: {fact: surgery.urgent, is: true}}
- {outcome: not-covered, when: {fact: pain.level, is: mild}}
- outcome: not-covered
""")
    )
    decision = decided(library, "{surgery.urgent: false}")
    assert (decision.outcome, decision.number, missing(decision)) == ("not-covered", 3, [])
    assert missing(decided(library)) == ["surgery.urgent"]
    assert possible(decided(library)) == ["covered", "not-covered"]


def test_an_unknown_statement_between_two_others_matters_if_its_outcome_is_another() -> None:
    library = library_of(
        coverage("""\
- {outcome: covered, when: {fact: surgery.urgent, is: true}}
- {outcome: not-covered, when: {fact: pain.level, is: mild}}
- outcome: covered
""")
    )
    # The first gives what the last gives, but the second is between them.
    assert missing(decided(library)) == ["surgery.urgent", "pain.level"]
    assert missing(decided(library, "{surgery.urgent: false}")) == ["pain.level"]
    assert decided(library, "{pain.level: severe}").outcome == "covered"
    assert missing(decided(library, "{pain.level: severe}")) == []


def test_two_deferred_to_different_reviewers_are_two_outcomes() -> None:
    library = library_of(
        coverage("""\
- {outcome: deferred, to: one, when: {fact: surgery.urgent, is: true}}
- {outcome: deferred, to: other}
""")
    )
    decision = decided(library)
    assert (decision.outcome, decision.to, possible(decision)) == (
        "undetermined",
        None,
        ["deferred to one", "deferred to other"],
    )
    assert missing(decision) == ["surgery.urgent"]
    assert decided(library, "{surgery.urgent: true}").to == "one"


def test_two_deferred_to_the_same_reviewer_are_one_outcome() -> None:
    library = library_of(
        coverage("""\
- {outcome: deferred, to: one, when: {fact: surgery.urgent, is: true}}
- {outcome: deferred, to: one}
""")
    )
    decision = decided(library)
    assert (decision.outcome, decision.to, decision.number, missing(decision)) == ("deferred", "one", 2, [])


def test_a_fact_within_a_part_that_is_decided_is_not_missing() -> None:
    criterion = """\
all:
  - any:
      - {fact: surgery.urgent, is: true}
      - {fact: pain.level, is: severe}
  - none: [{fact: tests.done, has_any: [mri]}]
  - {fact: visit.count, at_least: 3}
"""
    library = library_of(when(criterion))
    assert missing(decided(library)) == ["surgery.urgent", "pain.level", "tests.done", "visit.count"]
    assert missing(decided(library, "{pain.level: severe}")) == ["tests.done", "visit.count"]
    assert missing(decided(library, "{surgery.urgent: false, tests.done: []}")) == ["pain.level", "visit.count"]
    assert decided(library, "{visit.count: 2}").outcome == "not-covered"


def test_missing_facts_come_in_the_order_of_the_document_and_once() -> None:
    library = library_of(
        coverage("""\
- outcome: covered
  when: {all: [{fact: visit.count, at_least: 2}, {fact: surgery.urgent, is: true}, {fact: visit.count, at_most: 9}]}
- {outcome: deferred, to: me, when: {fact: surgery.urgent, is: false}}
- outcome: not-covered
""")
    )
    assert missing(decided(library)) == ["visit.count", "surgery.urgent"]


def test_a_missing_fact_carries_its_question() -> None:
    library = library_of(
        when(
            "{all: [{fact: surgery.urgent, is: true}, {fact: patient.age, at_least: 18}, {fact: quit.date, within_last: 1 year}]}"
        )
    )
    asked = decided(library, "{patient.birth_date: 2008, quit.date: '2025-01'}").missing
    assert [(each.fact, each.judgement, each.more_precisely, each.unit, str(each.type)) for each in asked] == [
        ("surgery.urgent", True, False, None, "boolean"),
        ("patient.age", False, True, "years", "integer"),
        ("quit.date", False, True, None, "date"),
    ]
    assert asked[0].ask == "Is it urgent?"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("{fact: patient.age, at_least: 18}", "{fact: patient.birth_date, before: 2000-01-01}", "patient.age"),
        ("{fact: patient.birth_date, before: 2000-01-01}", "{fact: patient.age, at_least: 18}", "patient.birth_date"),
        ("{fact: patient.months, at_least: 18}", "{fact: patient.age, at_least: 18}", "patient.months"),
    ],
)
def test_a_date_and_the_numbers_derived_from_it_are_missing_as_one(first: str, second: str, expected: str) -> None:
    assert missing(decided(library_of(when(f"{{all: [{first}, {second}]}}")))) == [expected]


def test_a_number_may_be_known_while_its_date_is_missing() -> None:
    library = library_of(
        when("{all: [{fact: patient.age, at_least: 18}, {fact: patient.birth_date, before: 2005-01-01}]}")
    )
    assert missing(decided(library, "{patient.age: 20}")) == ["patient.birth_date"]


SEVERAL = policy(
    entry("first", "new", "2020-01-01", "none")
    + """\
  services:
    - service: A
      codes: {cpt: ["64714"]}
      coverage: [{outcome: covered, when: {fact: surgery.urgent, is: true}}, {outcome: not-covered}]
    - service: B
      codes: {cpt: ["64700-64710"], icd9cm: ["715-"]}
      coverage: [{outcome: deferred, to: me}]
"""
)


@pytest.fixture(name="several", scope="module")
def _several() -> Library:
    return library_of(SEVERAL)


@pytest.mark.parametrize(
    ("code", "service", "outcome"),
    [
        ('{cpt: "64714"}', "A", "undetermined"),
        ('{cpt: "64705"}', "B", "deferred"),
        ('{icd9cm: "715.9"}', "B", "deferred"),
        ('{cpt: "64711"}', None, "not-addressed"),
        ('{icd9cm: "716"}', None, "not-addressed"),
    ],
)
def test_the_code_selects_the_service(several: Library, code: str, service: str | None, outcome: str) -> None:
    decision = decided(several, service=code)
    assert decision.outcome == outcome
    assert (decision.service.name if decision.service else None) == service
    assert decision.revision is not None
    if service is None:
        assert (decision.number, missing(decision), decision.findings) == (None, [], ())


@pytest.mark.parametrize("service", ["", '{modifiers: ["RT"]}'])
def test_without_a_code_everything_that_some_service_gives_is_possible_and_only_the_code_is_missing(
    several: Library, service: str
) -> None:
    decision = decided(several, service=service)
    assert decision.outcome == "undetermined"
    assert possible(decision) == ["covered", "not-covered", "deferred to me", "not-addressed"]
    assert missing(decision) == ["service.code"]
    assert decision.findings == ()
    assert possible(decided(several, "{surgery.urgent: true}", service=service)) == [
        "covered",
        "deferred to me",
        "not-addressed",
    ]
    (asked,) = decision.missing
    assert (asked.ask, asked.judgement, asked.more_precisely) == ("Which code is billed for the service?", False, False)


BOTH = policy(
    entry("a", "new", "2020-01-01", "covered", through="2020-12-31")
    + entry("b", "criteria", "2022-01-01", "none", applies_by="claim-processed")
    + "  services: [{service: S, codes: {cpt: ['64714']}, coverage: [{outcome: deferred, to: me, when: {fact: surgery.urgent, is: true}}, {outcome: not-covered}]}]\n"
)


def test_without_the_day_of_processing_the_answer_hangs_on_it() -> None:
    library = library_of(BOTH)
    decision = decided(library, date_of_service="2020-06-01")
    assert decision.outcome == "undetermined"
    assert possible(decision) == ["deferred to me", "not-covered", "covered"]
    assert missing(decision) == ["claim_processed"]
    assert (decision.revision, decision.miss, decision.effective, decision.through) == (None, None, None, None)
    decision = decided(library, "{surgery.urgent: false}", date_of_service="2021-06-01")
    assert possible(decision) == ["not-covered", "no-version-in-effect"]
    decision = decided(library, date_of_service="2021-06-01", service='{cpt: "64715"}')
    assert (decision.outcome, possible(decision)) == ("undetermined", ["not-addressed", "no-version-in-effect"])
    assert missing(decision) == ["claim_processed"]
    decision = decided(library, date_of_service="2020-06-01", service="")
    assert missing(decision) == ["claim_processed"]
    assert possible(decision) == ["deferred to me", "not-covered", "not-addressed", "covered"]
    assert decided(library, date_of_service="2020-06-01", claim_processed="2021-12-31").outcome == "covered"
    assert (
        decided(library, "{surgery.urgent: false}", date_of_service="2020-06-01", claim_processed="2022-01-01").outcome
        == "not-covered"
    )


def test_candidates_that_agree_still_leave_the_answer_hanging() -> None:
    library = library_of(
        policy(
            entry("a", "new", "2020-01-01")
            + entry("b", "review", "2022-01-01", "unchanged", applies_by="claim-processed")
        )
    )
    decision = decided(library)
    assert (decision.outcome, possible(decision), missing(decision)) == (
        "undetermined",
        ["covered"],
        ["claim_processed"],
    )


@pytest.mark.parametrize(
    ("dos", "known_on", "reason"),
    [
        ("2019-12-31", "", Reason.NOT_YET_EFFECTIVE),
        ("2020-06-01", "2019-11-30", Reason.NOT_YET_KNOWN),
        ("2021-01-01", "", Reason.IN_A_GAP),
        ("2023-01-01", "", Reason.RETIRED),
    ],
)
def test_where_nothing_is_in_effect_the_reason_is_told(dos: str, known_on: str, reason: Reason) -> None:
    library = library_of(
        policy(
            entry("a", "new", "2020-01-01", known_from="2019-12-01", through="2020-12-31")
            + entry("b", "codes", "2022-01-01")
            + entry("c", "retired", "2023-01-01", "none")
        )
    )
    decision = decided(library, date_of_service=dos, known_on=known_on)
    assert decision.outcome == "no-version-in-effect"
    assert decision.miss is not None
    assert decision.miss.reason is reason
    assert (possible(decision), missing(decision), decision.number) == (["no-version-in-effect"], [], None)
    # Without a code, too: nothing could be asked.
    assert decided(library, date_of_service=dos, known_on=known_on, service="").outcome == "no-version-in-effect"


def test_a_decision_tells_the_dates_asked_and_those_of_the_revision() -> None:
    library = library_of(policy(entry("a", "new", "2020-01-01") + entry("b", "codes", "2027-01-01")))
    decision = decided(library, claim_processed="2026-02-01", known_on="2026-03-01")
    assert (decision.date_of_service, decision.claim_processed, decision.known_on) == (
        date(2026, 1, 15),
        date(2026, 2, 1),
        date(2026, 3, 1),
    )
    assert (decision.effective, decision.through) == (date(2020, 1, 1), date(2026, 12, 31))
    assert decision.policy is library.policy("acme/p1")
    assert decision.revision is not None
    assert decision.revision.name == "a"


@pytest.mark.parametrize(
    ("dos", "processed", "known_on", "overdue"),
    [
        ("2026-01-15", "", "", False),
        ("2026-01-16", "", "", True),
        ("2026-01-15", "2026-01-15", "", False),
        ("2026-01-15", "2026-01-16", "", True),
        ("2026-01-14", "2026-01-13", "2026-01-15", False),
        ("2026-01-14", "2026-01-13", "2026-01-16", True),
    ],
)
def test_a_review_is_overdue_after_its_day_by_the_latest_date_asked(
    dos: str, processed: str, known_on: str, overdue: bool
) -> None:
    library = library_of(policy(entry("a", "new", "2020-01-01", known_from="2020-01-01", next_review="2026-01-15")))
    decision = decided(library, date_of_service=dos, claim_processed=processed, known_on=known_on)
    assert advisories(decision) == (["review-overdue"] if overdue else [])


@pytest.mark.parametrize(
    ("on", "valid"), [("2015-02-04", False), ("2015-02-05", True), ("2020-12-31", True), ("2021-01-01", False)]
)
def test_a_code_that_is_not_valid_on_the_date_of_service_is_remarked(on: str, valid: bool) -> None:
    library = library_of(policy(entry("a", "new", "2000-01-01").replace('cpt: ["64714"]', 'hcpcs: ["G0297"]')))
    decision = decided(library, date_of_service=on, service="{hcpcs: G0297}")
    assert decision.outcome == "covered"
    assert advisories(decision) == ([] if valid else ["code-not-valid"])
    if not valid:
        (advisory,) = decision.advisories
        expected = (
            "is not valid before 2015-02-05" if on < "2016" else "is not valid after 2020-12-31; 71271 took its place"
        )
        assert advisory.message == f"code G0297 {expected}"


@pytest.mark.parametrize(
    ("held", "on", "message"),
    [
        ("{label: A, through: 2020-12-31}", "2020-12-31", None),
        ("{label: A, through: 2020-12-31}", "2021-01-01", "code 64715 is not valid after 2020-12-31"),
        ("{label: A, from: 2020-12-31}", "2020-12-31", None),
        ("{label: A, from: 2020-12-31}", "2020-12-30", "code 64715 is not valid before 2020-12-31"),
        (
            "{label: A, from: 2020-12-31, replaced_by: '64716'}",
            "2020-12-30",
            "code 64715 is not valid before 2020-12-31",
        ),
        ("{label: A, from: 2020-12-31, through: 2020-12-31}", "2020-12-31", None),
        ("{label: A}", "2020-12-31", None),
    ],
)
def test_a_code_may_be_valid_from_or_through_a_day(held: str, on: str, message: str | None) -> None:
    codes = f"format: 1\ncodes: {{cpt: {{'64715': {held}}}}}\n"
    library = library_of(texts(policy(entry("a", "new", "2000-01-01").replace("64714", "64715")), codes=codes))
    decision = decided(library, date_of_service=on, service="{cpt: '64715'}")
    assert [each.message for each in decision.advisories] == ([message] if message else [])


def test_of_a_code_that_is_not_listed_nothing_is_remarked() -> None:
    library = library_of(policy(entry("a", "new", "2020-01-01").replace("64714", "64799")))
    assert advisories(decided(library, service="{cpt: '64799'}")) == []
    assert advisories(decided(library, service="")) == []


def test_where_the_answer_hangs_on_the_day_of_processing_no_revision_is_remarked_on() -> None:
    library = library_of(BOTH)
    decision = decided(library, date_of_service="2020-06-01", known_on="2026-01-01")
    assert missing(decision) == ["claim_processed"]
    assert advisories(decision) == []


def test_a_code_is_remarked_also_where_nothing_is_in_effect_or_addressed() -> None:
    library = library_of(policy(entry("a", "new", "2026-06-01")))
    assert advisories(decided(library, service="{hcpcs: G0297}")) == ["code-not-valid"]
    assert advisories(decided(library, date_of_service="2026-07-01", service="{hcpcs: G0297}")) == ["code-not-valid"]


@pytest.mark.parametrize(("known_from", "after"), [("2026-01-14", False), ("2026-01-15", False), ("2026-01-16", True)])
def test_a_revision_known_only_after_the_service_is_remarked(known_from: str, after: bool) -> None:
    library = library_of(policy(entry("a", "new", "2020-01-01", known_from=known_from)))
    assert advisories(decided(library)) == (["known-after-service"] if after else [])


def test_a_later_revision_is_remarked() -> None:
    library = library_of(
        policy(
            entry("a", "new", "2020-01-01", known_from="2019-01-01")
            + entry("b", "codes", "2027-01-01", known_from="2026-02-01")
        )
    )
    assert advisories(decided(library)) == ["later-revision-follows"]
    assert advisories(decided(library, known_on="2026-01-31")) == []
    assert advisories(decided(library, date_of_service="2027-01-01")) == []


def test_a_revision_of_which_it_is_not_told_since_when_is_remarked_where_it_is_asked() -> None:
    library = library_of(
        policy(entry("a", "new", "2020-01-01") + entry("b", "codes", "2026-06-01", known_from="2026-05-01"))
    )
    assert advisories(decided(library)) == ["later-revision-follows"]
    assert advisories(decided(library, known_on="2026-01-31")) == ["known-from-not-recorded"]
    assert advisories(decided(library, date_of_service="2026-06-01", known_on="2026-06-01")) == []
    assert advisories(decided(library, date_of_service="2019-12-31", known_on="2026-01-31")) == [
        "known-from-not-recorded"
    ]
    assert advisories(decided(library, date_of_service="2019-12-31")) == []
    # Once, also where neither the entry before nor the one after tells it.
    library = library_of(
        policy(entry("a", "new", "2020-01-01", through="2020-12-31") + entry("b", "codes", "2027-01-01"))
    )
    assert advisories(decided(library, known_on="2026-01-31")) == ["known-from-not-recorded"]


def test_a_receipt_names_what_the_answer_rests_on() -> None:
    text = when("{fact: surgery.urgent, is: true}")
    library = library_of(text)
    receipt = decided(library, "{surgery.urgent: true}").receipt
    assert (receipt.format, receipt.program, receipt.policy) == (1, VERSION, "acme/p1")
    for digest in (receipt.policy_digest, receipt.document_digest, receipt.vocabulary_digest, receipt.case_digest):
        assert digest is not None
        assert digest.startswith("sha256:")
        assert len(digest) == 71
    again = decided(library_of(text), "{surgery.urgent: true}").receipt
    assert again == receipt
    # A comment changes the document and not what it means.
    commented = decided(library_of(text + "# a comment\n"), "{surgery.urgent: true}").receipt
    assert commented.document_digest != receipt.document_digest
    assert commented.policy_digest == receipt.policy_digest
    assert commented.case_digest == receipt.case_digest
    other = decided(library, "{surgery.urgent: false}").receipt
    assert other.case_digest != receipt.case_digest
    assert other.policy_digest == receipt.policy_digest
    criterion = decided(library_of(text.replace("is: true", "is: false")), "{surgery.urgent: true}").receipt
    assert criterion.policy_digest != receipt.policy_digest
    assert criterion.vocabulary_digest == receipt.vocabulary_digest
    words = decided(
        library_of(texts(text, codes=CODES.replace("An operation", "Another"))), "{surgery.urgent: true}"
    ).receipt
    assert words.vocabulary_digest != receipt.vocabulary_digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{use: urgent}", "{fact: surgery.urgent, is: true}"),
        ("{fact: tests.done, has_any: {value_set: ours}}", "{fact: tests.done, has_any: [mri, ct]}"),
        ("{is: true, fact: surgery.urgent}", "{fact: surgery.urgent, is: true}"),
        ("{fact: patient.weight, at_least: 3}", "{at_least: 3, fact: patient.weight}"),
    ],
)
def test_the_digest_of_a_policy_is_of_what_names_stand_for(one: str, other: str) -> None:
    top = "value_sets: {ours: [mri, ct]}\ncriteria: {urgent: {fact: surgery.urgent, is: true}}"
    assert (
        decided(library_of(when(one, top=top))).receipt.policy_digest
        == decided(library_of(when(other))).receipt.policy_digest
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{fact: patient.weight, at_least: 3}", "{fact: patient.weight, more_than: 3}"),
        ("{fact: quit.date, within_last: 1 year}", "{fact: quit.date, within_last: 12 months}"),
        ("{all: [{fact: surgery.urgent, is: true}]}", "{any: [{fact: surgery.urgent, is: true}]}"),
        ("{fact: surgery.urgent, is: true}", "{fact: surgery.urgent, is: true, says: Urgent}"),
        ("{fact: tests.done, has_any: [mri, ct]}", "{fact: tests.done, has_any: [ct, mri]}"),
        ("{fact: quit.date, before: 2020-01-01}", "{fact: quit.date, before: date_of_service}"),
    ],
)
def test_the_digest_of_a_policy_differs_where_it_says_something_else(one: str, other: str) -> None:
    assert (
        decided(library_of(when(one))).receipt.policy_digest != decided(library_of(when(other))).receipt.policy_digest
    )


@pytest.mark.parametrize(
    ("facts", "others"),
    [
        (
            "{quit.date: 2020}",
            ["{quit.date: 2020-01}", "{quit.date: 2020-01-01}", "{quit.date: never}", "{quit.date: '2021'}"],
        ),
        ("{tests.done: []}", ["{}", "{tests.done: [mri]}"]),
        ('{prior.codes: {cpt: ["64714"]}}', ['{prior.code: {cpt: "64714"}}', '{prior.codes: {icd9cm: ["647.14"]}}']),
        ("{patient.weight: 2.5}", ["{patient.weight: 25}", "{patient.weight: -2.5}"]),
    ],
)
def test_the_digest_of_a_case_differs_with_its_facts(three: Library, facts: str, others: list[str]) -> None:
    facts_digest = decided(three, facts).receipt.case_digest
    assert decided(three, facts).receipt.case_digest == facts_digest
    for other in others:
        assert decided(three, other).receipt.case_digest != facts_digest


def test_the_digest_of_a_case_is_of_its_dates_too(three: Library) -> None:
    digests = {
        decided(three, **keys).receipt.case_digest
        for keys in (
            {},
            {"date_of_service": "2026-01-16"},
            {"claim_processed": "2026-01-15"},
            {"known_on": "2026-01-15"},
            {"payer": "acme"},
            {"service": '{cpt: "64715"}'},
            {"service": '{cpt: "64714", place: "21"}'},
            {"diagnoses": "{icd10cm: []}"},
        )
    }
    assert len(digests) == 8


def test_what_a_patient_s_facts_are_is_not_shown_in_the_representation(three: Library) -> None:
    case = case_in(
        'policy: acme/p1\ndate_of_service: 2026-01-15\nservice: {cpt: "64714"}\nfacts: {pain.level: severe}\n', three
    )
    assert "severe" not in repr(case)
    assert "64714" not in repr(case)
    assert "severe" not in repr(three.decide(case))


def test_a_no_determination_defers_and_says_nothing_else() -> None:
    library = library_of(policy(entry("a", "searched", "2026-01-02", "deferred"), kind="no-determination"))
    decision = decided(library)
    assert (decision.outcome, decision.to) == (Outcome.DEFERRED, "the reviewer")
    assert decided(library, date_of_service="2026-01-01").outcome == "no-version-in-effect"


def test_a_decision_tells_its_case_and_its_policy_in_short(three: Library) -> None:
    case = case_in("policy: acme/p1\ndate_of_service: 2026-01-15\n", three)
    decision = three.decide(case)
    assert decision.case is case
    assert repr(decision) == "Decision(outcome='undetermined', policy='acme/p1')"
    decision = decided(three, policy="", payer="beta")
    assert repr(decision) == "Decision(outcome='no-policy-on-file', policy=None)"
    assert decision.answer.found is None


def test_without_a_code_nothing_is_missing_where_no_revision_is_in_effect(three: Library) -> None:
    decision = decided(three, date_of_service="2019-12-31", service="")
    assert (decision.outcome, missing(decision)) == ("no-version-in-effect", [])
