from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest
from samples import VOCABULARY, coverage, entry, library_of, policy, sample

from policykit.cases import CaseResult, check_cases, run_case

if TYPE_CHECKING:
    from policykit.library import Library

THREE = coverage("""\
- {outcome: covered, when: {fact: surgery.urgent, is: true}}
- {outcome: deferred, to: one, when: {fact: pain.level, is: severe}}
- {outcome: deferred, to: other, when: {fact: pain.level, is: moderate}}
- outcome: not-covered
""")


@pytest.fixture(name="three", scope="module")
def _three() -> Library:
    return library_of(THREE)


def results(library: Library, cases: str, head: str = "policy: acme/p1") -> list[CaseResult]:
    text = f"format: 1\n{head}\ncases:\n{indent(dedent(cases).strip(), '  ')}\n"
    stated, _ = check_cases("acme/p1.cases.yaml", text.encode(), library)
    return [run_case(each, library) for each in stated]


def failures(
    library: Library, expect: str, facts: str = "{}", more: str = "service: {cpt: '64714'}"
) -> tuple[str, ...]:
    lines = ["- case: A", "  date_of_service: 2026-01-15", *([f"  {more}"] if more else []), f"  expect: {expect}"]
    if facts != "{}":
        lines.append(f"  facts: {facts}")
    (result,) = results(library, "\n".join(lines))
    return result.failures


URGENT = "{surgery.urgent: true}"
SEVERE = "{surgery.urgent: false, pain.level: severe}"
EXPECTED = [
    ("{outcome: covered}", URGENT, ()),
    ("{outcome: not-covered}", URGENT, ("outcome: expected not-covered, got covered",)),
    ("{statement: 1}", URGENT, ()),
    ("{statement: 2}", URGENT, ("statement: expected 2, got 1",)),
    ("{statement: 2}", "{}", ("statement: expected 2, got none",)),
    ("{revision: first}", URGENT, ()),
    ("{outcome: deferred, to: one}", SEVERE, ()),
    ("{outcome: deferred}", SEVERE, ()),
    ("{outcome: deferred, to: other}", SEVERE, ("to: expected other, got one",)),
    ("{to: other}", URGENT, ("to: expected other, got none",)),
    ("{reason: ended}", URGENT, ("reason: expected ended, got none",)),
    ("{missing: []}", URGENT, ()),
    ("{missing: [surgery.urgent, pain.level]}", "{}", ()),
    ("{missing: [pain.level, surgery.urgent]}", "{}", ("missing: expected pain.level, surgery.urgent; got surgery.urgent, pain.level",)),
    ("{missing: [surgery.urgent]}", "{}", ("missing: expected surgery.urgent; got surgery.urgent, pain.level",)),
    ("{missing: []}", "{}", ("missing: expected none; got surgery.urgent, pain.level",)),
    ("{missing: [pain.level]}", URGENT, ("missing: expected pain.level; got none",)),
    ("{advisories: []}", URGENT, ()),
    ("{advisories: [review-overdue]}", URGENT, ("advisories: expected review-overdue; got none",)),
    ("{possible: [covered]}", URGENT, ()),
    ("{possible: [not-covered, {outcome: deferred, to: other}, {outcome: deferred, to: one}]}", "{surgery.urgent: false}", ()),
    ("{possible: [not-covered, deferred, {outcome: deferred, to: one}]}", "{surgery.urgent: false}", ()),
    ("{possible: [deferred, {outcome: deferred, to: other}, not-covered]}", "{surgery.urgent: false}", ()),
    ("{possible: [not-covered, {outcome: deferred, to: me}, deferred]}", "{surgery.urgent: false}", ("possible: expected not-covered, deferred, deferred; got deferred to one, deferred to other, not-covered",)),
    ("{possible: [not-covered, deferred]}", "{surgery.urgent: false}", ("possible: expected not-covered, deferred; got deferred to one, deferred to other, not-covered",)),
    ("{possible: [covered, not-covered]}", URGENT, ("possible: expected covered, not-covered; got covered",)),
    ("{possible: [not-covered]}", URGENT, ("possible: expected not-covered; got covered",)),
    ("{possible: []}", URGENT, ("possible: expected ; got covered",)),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "facts", "expected"), EXPECTED)
def test_what_a_case_expects_is_compared_and_what_it_leaves_out_is_not(
    three: Library, expect: str, facts: str, expected: tuple[str, ...]
) -> None:
    assert failures(three, expect, facts) == expected


def test_several_failures_are_all_told(three: Library) -> None:
    told = failures(three, "{outcome: not-covered, statement: 4, missing: [pain.level], revision: first}", URGENT)
    assert [each.partition(":")[0] for each in told] == ["outcome", "statement", "missing"]


def test_a_case_that_expects_nothing_never_fails(three: Library) -> None:
    (result,) = results(three, "- {case: A, date_of_service: 2026-01-15}")
    assert result.failures == ()
    assert [str(each.outcome) for each in result.decisions] == ["undetermined"]


def test_the_order_of_advisories_does_not_matter() -> None:
    library = library_of(
        policy(entry("a", "new", "2020-01-01", next_review="2021-01-01") + entry("b", "codes", "2027-01-01"))
    )
    assert failures(library, "{advisories: [later-revision-follows, review-overdue]}") == ()
    assert failures(library, "{advisories: [review-overdue, later-revision-follows]}") == ()
    assert failures(library, "{advisories: [review-overdue]}") == (
        "advisories: expected review-overdue; got review-overdue, later-revision-follows",
    )


def test_a_reason_is_compared() -> None:
    library = library_of(policy(entry("a", "new", "2027-01-01")))
    assert failures(library, "{outcome: no-version-in-effect, reason: not-yet-effective}") == ()
    assert failures(library, "{reason: ended}") == ("reason: expected ended, got not-yet-effective",)
    assert failures(library, "{revision: a}") == ("revision: expected a, got none",)


def test_a_case_that_is_to_be_refused_passes_only_with_its_rule(three: Library) -> None:
    wrong = "{surgery.urgend: true}"
    assert failures(three, "{problem: unknown-fact}", wrong) == ()
    assert failures(three, "{problem: unknown-value}", wrong) == (
        "expected the problem unknown-value; got unknown-fact",
    )
    assert failures(three, "{problem: unknown-fact}", URGENT) == (
        "expected the problem unknown-fact; it was read without one",
    )
    assert failures(three, "{outcome: covered}", wrong) == ("this is not a known fact [unknown-fact]",)


def test_a_problem_that_a_case_expects_is_no_problem_of_the_file(three: Library) -> None:
    text = dedent("""\
        format: 1
        policy: acme/p1
        cases:
          - {case: A, date_of_service: 2026-02-30, expect: {problem: malformed-date}}
          - {case: B, date_of_service: 2026-01-15, facts: {pain.level: sever}, expect: {problem: unknown-value}}
          - {case: C, date_of_service: 2026-01-15, facts: {pain.level: sever}, expect: {problem: unknown-fact}}
          - {case: D, date_of_service: 2026-01-15, colour: red, expect: {problem: unknown-key}}
          - {case: E, expect: {problem: missing-key}}
        """)
    stated, problems = check_cases("a.cases.yaml", text.encode(), three)
    assert [(problem.rule, problem.where.line) for problem in problems] == [("unknown-value", 6)]
    assert [run_case(each, three).failures for each in stated] == [
        (),
        (),
        ("expected the problem unknown-fact; got unknown-value",),
        (),
        (),
    ]


@pytest.mark.parametrize(
    "expect",
    [
        "{problem: [a]}",
        "{problem: 5}",
        "{problem: {a: b}}",
        "{revision: 2020}",
        "{revision: [first]}",
        "{missing: [5]}",
        "{missing: 5}",
        "{advisories: {a: b}}",
        "{possible: [[a]]}",
        "{possible: [{outcome: [a], to: {}}]}",
        "{to: []}",
        "[]",
        "5",
    ],
)
def test_an_expectation_of_the_wrong_shape_is_told_without_a_traceback(three: Library, expect: str) -> None:
    text = f"policy: acme/p1\ndate_of_service: 2026-01-15\nexpect: {expect}\n"
    (stated,), problems = check_cases("case.yaml", text.encode(), three)
    assert problems
    assert {problem.where.line for problem in problems} == {3}
    assert run_case(stated, three).failures


def test_the_document_says_for_its_cases_what_they_do_not_say_themselves() -> None:
    library = library_of(
        {
            **VOCABULARY,
            "acme/p1.yaml": policy(entry("a", "new", "2020-01-01")),
            "acme/p2.yaml": policy(entry("a", "new", "2020-01-01", "not-covered"), identity="acme/p2"),
            "beta/p1.yaml": policy(entry("a", "new", "2020-01-01", "deferred"), identity="beta/p1", payer="beta"),
        }
    )
    cases = """\
        - {case: A, date_of_service: 2026-01-15, service: {cpt: "64714"}}
        - {case: B, date_of_service: 2026-01-15, service: {cpt: "64714"}, policy: acme/p2}
        - {case: C, date_of_service: 2026-01-15, service: {cpt: "64714"}, payer: Beta Care}
        - {case: D, date_of_service: 2026-01-15, service: {cpt: "64714"}, payer: acme}
    """
    ran = results(library, cases)
    assert [[str(each.outcome) for each in result.decisions] for result in ran] == [
        ["covered"],
        ["not-covered"],
        ["deferred"],
        ["covered", "not-covered"],
    ]
    ran = results(library, cases, head="payer: beta")
    assert [str(each.outcome) for each in ran[0].decisions] == ["deferred"]
    (several,) = results(
        library,
        '- {case: A, date_of_service: 2026-01-15, service: {cpt: "64714"}, expect: {outcome: covered}}',
        head="payer: acme",
    )
    assert several.failures == ("several policies answer (acme/p1, acme/p2); name the one that is meant",)


def test_a_case_with_something_wrong_in_it_is_no_case(three: Library) -> None:
    (stated,), _ = check_cases("case.yaml", b"policy: acme/p1\ndate_of_service: 2026-01-15\nfacts: {a.b: 1}\n", three)
    assert stated.case is None
    assert [problem.rule for problem in stated.unexpected] == ["unknown-fact"]


def test_what_a_document_says_wrongly_for_its_cases_is_told_at_each(three: Library) -> None:
    (result,) = results(three, "- {case: A, date_of_service: 2026-01-15, service: {cpt: '64714'}}", head="payer: gamma")
    assert [(each.rule, each.where.line) for each in result.stated.problems] == [("unknown-payer", 4)]
    (result,) = results(three, "- {case: A, date_of_service: 2026-01-15}", head="policy: acme/p9")
    assert [(each.rule, each.where.line) for each in result.stated.problems] == [("unknown-policy", 4)]


def test_a_revision_may_be_expected_of_the_one_policy_that_answers(three: Library) -> None:
    case = "- {case: A, date_of_service: 2026-01-15, service: {cpt: '64714'}, expect: {revision: first}}"
    (result,) = results(three, case, head="payer: acme")
    assert result.failures == ()
    (result,) = results(three, case.replace("first", "last"), head="payer: acme")
    assert result.failures == ("revision: expected last, got first",)


def test_a_single_case_is_read_with_or_without_a_title() -> None:
    for head, title in (("", "the case"), ("case: Mine\n", "Mine"), ("format: 1\n", "the case")):
        (stated,), problems = check_cases(
            "case.yaml", f"{head}policy: acme/p1\ndate_of_service: 2026-01-15\n".encode(), sample()
        )
        assert problems == ()
        assert (stated.title, stated.path) == (title, "")
        assert (stated.where.line, stated.where.column) == (1, 1)


def test_a_case_knows_its_place_in_its_document(three: Library) -> None:
    ran = results(three, "- {case: A, date_of_service: 2026-01-15}\n- case: B\n  date_of_service: 2026-01-15")
    assert [
        (each.stated.title, each.stated.path, each.stated.where.line, each.stated.where.column) for each in ran
    ] == [
        ("A", "cases.0", 4, 5),
        ("B", "cases.1", 5, 5),
    ]


def test_a_problem_belongs_to_the_case_in_which_it_lies(three: Library) -> None:
    cases = "".join(
        f"- {{case: N{n}, date_of_service: 2026-01-15{', colour: red' if n == 1 else ''}}}\n" for n in range(12)
    )
    ran = results(three, cases)
    assert [n for n, result in enumerate(ran) if result.failures] == [1]
    # Also what only the schema sees.
    cases = cases.replace("colour: red", "expect: {outcome: denied}")
    ran = results(three, cases)
    assert [n for n, result in enumerate(ran) if result.failures] == [1]
    assert [problem.rule for problem in ran[1].stated.problems] == ["wrong-value"]


def test_a_document_whose_cases_are_no_list_gives_no_cases(three: Library) -> None:
    stated, problems = check_cases("a.cases.yaml", b"format: 1\ncases: {a: b}\n", three)
    assert stated == ()
    assert [problem.rule for problem in problems] == ["wrong-type"]


def test_what_only_the_schema_finds_in_a_case_is_a_problem_of_that_case(three: Library) -> None:
    repeated = ", service: {modifiers: [RT, RT]}, expect: {problem: repeated}"
    cases = "".join(
        f"- {{case: N{n}, date_of_service: 2026-01-15{repeated if n in {1, 11} else ''}}}\n" for n in range(12)
    )
    stated, problems = check_cases("a.cases.yaml", f"format: 1\npolicy: acme/p1\ncases:\n{cases}".encode(), three)
    assert problems == ()
    assert [n for n, each in enumerate(stated) if each.problems] == [1, 11]
    assert [run_case(each, three).failures for each in stated] == [()] * 12


def test_the_rules_that_a_case_breaks_instead_of_the_expected_one_are_told_in_order(three: Library) -> None:
    facts = "{surgery.urgend: true, pain.level: sever, quit.date: 2025-13, visit.count: '1'}"
    assert failures(three, "{problem: never-not-allowed}", facts) == (
        "expected the problem never-not-allowed; got malformed-date, unknown-fact, unknown-value, wrong-type",
    )


@pytest.mark.parametrize("content", [b"5\n", b"[]\n", b"cases\n"])
def test_a_document_that_is_no_mapping_is_told_to_be_none(three: Library, content: bytes) -> None:
    _, problems = check_cases("case.yaml", content, three)
    assert {problem.rule for problem in problems} == {"wrong-type"}


def test_a_payer_that_the_document_names_wrongly_is_told_at_the_case_that_needs_it(three: Library) -> None:
    text = "format: 1\npayer: xyz\ncases:\n  - {case: A, date_of_service: 2026-01-15, service: {cpt: '64714'}}\n"
    (stated,), problems = check_cases("a.cases.yaml", text.encode(), three)
    assert ("unknown-payer", 4, 5) in {(each.rule, each.where.line, each.where.column) for each in problems}
    # A case that is not sound is none, so that nothing is asked of it.
    assert stated.case is None


def test_the_representation_of_a_result_shows_neither_the_case_nor_its_answers(three: Library) -> None:
    (result,) = results(three, "- {case: A, date_of_service: 2026-01-15, facts: {pain.level: severe}}")
    assert result.decisions
    assert "title='A'" in repr(result)
    for hidden in ("date_of_service", "severe", "Decision("):
        assert hidden not in repr(result)


def test_an_outcome_that_is_possible_is_not_another_one(three: Library) -> None:
    assert failures(three, "{possible: [not-covered]}", URGENT) == ("possible: expected not-covered; got covered",)
    assert failures(three, "{possible: [deferred]}", URGENT) == ("possible: expected deferred; got covered",)
