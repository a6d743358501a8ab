from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from samples import (
    CODES,
    COVERED,
    FACTS,
    NAME,
    PAYERS,
    VOCABULARY,
    coverage,
    entry,
    policy,
    problems_in,
    problems_of_case,
    texts,
    unmarked,
    when,
)

from policykit.document import Document
from policykit.schema import check_schema, schema_text
from policykit.shipped import SCHEMAS
from policykit.source import read_document

if TYPE_CHECKING:
    from policykit.problems import Problem


def told(problems: tuple[Problem, ...], line: int, column: int) -> list[tuple[str, str | None]]:
    """The rules and advice of problems that all stand at one place."""
    assert {(problem.where.line, problem.where.column) for problem in problems} == {(line, column)}, problems
    return [(problem.rule, problem.help) for problem in problems]


FIRST = entry("first", "new", "2020-01-01")
KNOWN_IN_A_STATEMENT = "known here: outcome, to, cite, quote, says, reading, allow, when"
KNOWN_BESIDE_A_FACT = "known here: id, says, cite, quote, reading, allow, fact, is, in, has_any, has_all, at_least, more_than, at_most, less_than, on_or_after, after, on_or_before, before, within_last, at_least_ago, longer_ago_than"

# The rule, a policy document with a mark where it is broken, and the advice.
POLICIES = [
    ("unknown-key", policy(FIRST) + "⌖histori: 1\n", "did you mean `history`?"),
    ("unknown-key", policy(FIRST) + "⌖xyz: 1\n", "known here: format, policy, title, payer, kind, value_sets, criteria, history"),
    ("unknown-key", coverage("- {outcome: covered, ⌖zzz: 1}"), KNOWN_IN_A_STATEMENT),
    ("unknown-key", coverage("- {outcome: covered, ⌖site: here}"), "did you mean `cite`?"),
    ("unknown-key", when("{fact: patient.age, ⌖zz: 18, at_least: 5}"), KNOWN_BESIDE_A_FACT),
    ("unknown-key", when("{fact: patient.age, ⌖at_lest: 18, at_most: 5}"), "did you mean `at_least`?"),
    ("unknown-key", when("{all: [{fact: patient.age, at_least: 18}], ⌖any: []}"), "known here: id, says, cite, quote, reading, allow, all"),
    ("unknown-key", policy(FIRST + entry("second", "codes", "2021-01-01", **{"⌖replaces": "first"})), None),
    ("unknown-key", policy(FIRST + entry("second", "codes", "2021-01-01", **{"⌖withdraws": "first"})), None),
    ("missing-key", COVERED.replace("format: 1\n", "").replace("policy:", "⌖policy:"), None),
    ("missing-key", coverage("- ⌖{cite: A}"), None),
    ("missing-key", coverage("- ⌖{outcome: not-encoded}"), None),
    ("missing-key", when("⌖{says: nothing}"), None),
    ("missing-key", when("⌖{count_at_least: 1}"), None),
    ("missing-key", policy(FIRST.replace("revision", "⌖revision").replace("  summary: Something.\n", "")), None),
    ("wrong-type", COVERED.replace("title: A policy", "title: ⌖5"), 'write it in quotes: "5"'),
    ("wrong-type", COVERED.replace("title: A policy", "title: ⌖[a]"), None),
    ("wrong-type", COVERED.replace('cpt: ["64714"]', "cpt: ⌖5"), None),
    ("wrong-type", COVERED.replace('["64714"]', "[⌖64714]"), 'write it in quotes: "64714"'),
    ("wrong-type", COVERED.replace('["64714"]', "[⌖true]"), None),
    ("wrong-type", when("{all: ⌖{fact: patient.age, at_least: 1}}"), None),
    ("wrong-type", when("{fact: patient.age, at_least: ⌖many}"), None),
    ("wrong-value", COVERED.replace("format: 1", "format: ⌖2"), None),
    ("wrong-value", COVERED.replace("kind: coverage-policy", "kind: ⌖coverage-polcy"), "did you mean `coverage-policy`?"),
    ("wrong-value", COVERED.replace("kind: coverage-policy", "kind: ⌖zzz"), None),
    ("wrong-value", coverage("- outcome: ⌖coverd"), "did you mean `covered`?"),
    ("wrong-value", coverage("- outcome: ⌖zzz"), None),
    ("wrong-value", coverage("- outcome: ⌖no-policy-on-file"), None),
    ("wrong-value", policy(FIRST.replace("change: new", "change: ⌖nev")), "did you mean `new`?"),
    ("wrong-value", policy(FIRST.replace("  services", "  applies_by: ⌖claim-procesed\n  services")), "did you mean `claim-processed`?"),
    ("wrong-value", policy(entry("a", "new", "2020-01-01", "none") + "  services: ⌖unchangd\n"), "did you mean `unchanged`?"),
    ("malformed", COVERED.replace("title: A policy", "title: ⌖'A\n\n  policy'"), None),
    ("malformed", COVERED.replace("revision: first", "revision: ⌖-first"), None),
    ("malformed", COVERED.replace("revision: first", 'revision: ⌖"first\\n"'), None),
    ("malformed", coverage("- outcome: covered", top="value_sets:\n  ⌖Tests: [mri]"), None),
    ("malformed", when("{fact: patient.age, at_least: 1, id: ⌖a--b}"), None),
    ("malformed", when("{fact: quit.date, within_last: ⌖15 yaers}"), None),
    ("malformed", when("{fact: quit.date, within_last: ⌖0 years}"), None),
    ("malformed", coverage("- outcome: covered", more="source: {title: A, url: ⌖'ftp://x'}"), None),
    ("malformed-date", COVERED.replace("effective: 2020-01-01", "effective: ⌖2020-02-30"), "a date is written YYYY-MM-DD"),
    ("malformed-date", COVERED.replace("effective: 2020-01-01", "effective: ⌖20200101"), "a date is written YYYY-MM-DD"),
    ("malformed-date", COVERED.replace("effective: 2020-01-01", "effective: ⌖[2020-01-01]"), "a date is written YYYY-MM-DD"),
    ("malformed-date", COVERED.replace("effective: 2020-01-01", 'effective: ⌖"2020-01-01\\n"'), "a date is written YYYY-MM-DD"),
    ("malformed-date", when("{fact: quit.date, before: ⌖2020-2-3}"), "a date is written YYYY-MM-DD"),
    ("malformed-date", when("{fact: quit.date, before: ⌖date_of_servise}"), "a date is written YYYY-MM-DD"),
    ("too-few", COVERED.replace("title: A policy", 'title: ⌖""'), None),
    ("too-few", COVERED.replace('["64714"]', "⌖[]"), None),
    ("too-few", when("{all: ⌖[]}"), None),
    ("too-few", when("{count_at_least: ⌖0, of: [{fact: patient.age, at_least: 1}]}"), None),
    ("too-few", when("{fact: pain.level, in: ⌖[]}"), None),
    ("too-few", policy(FIRST, top="value_sets: ⌖{}"), None),
    ("too-many", COVERED.replace("title: A policy", f"title: ⌖{'x' * 501}"), None),
    ("too-many", coverage("- outcome: covered", top=f"criteria:\n  a: {{use: ⌖{'a' * 201}}}"), None),
    ("too-many", COVERED.replace('["64714"]', f'[⌖"{"1" * 21}"]'), None),
    ("too-many", when('{fact: prior.code, is: ⌖{cpt: "64714", hcpcs: "G0297"}}'), None),
    ("repeated", COVERED.replace('["64714"]', '⌖["64714", "64714"]'), None),
    ("repeated", when("{fact: pain.level, in: ⌖[mild, severe, mild]}"), None),
    ("repeated", coverage("- outcome: covered", more="related: ⌖[a, b, a]"), None),
    ("to-with-deferred", coverage("- {outcome: covered, ⌖to: someone}"), None),
    ("missing-key", coverage("- ⌖{outcome: deferred}"), None),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "marked", "advice"), POLICIES)
def test_a_policy_of_the_wrong_shape_is_told_once_at_the_node_that_is_wrong(
    rule: str, marked: str, advice: str | None
) -> None:
    text, line, column = unmarked(marked)
    assert told(problems_in(texts(text)), line, column) == [(rule, advice)]


VOCABULARIES = [
    ("facts", "unknown-key", FACTS + "  a.b: {type: date, ask: When?, ⌖asc: 1}\n", "did you mean `ask`?"),
    ("facts", "unknown-key", FACTS + "  a.b: {type: date, ask: When?, ⌖unit: years}\n", None),
    ("facts", "unknown-key", FACTS + "  a.b: {type: boolean, ask: When?, ⌖values: {a: A}}\n", None),
    ("facts", "unknown-key", FACTS + "  a.b: {type: number, ask: When?, ⌖derived: {whole_years_since: quit.date}}\n", None),
    ("facts", "unknown-key", FACTS + "  a.b: {type: integer, ask: When?, ⌖may_be_never: true}\n", None),
    ("facts", "unknown-key", FACTS + "  a.b: {type: integer, ask: When?, derived: {⌖years_since: quit.date}}\n", "did you mean `whole_years_since`?"),
    ("facts", "too-many", FACTS + "  a.b: {type: integer, ask: When?, derived: ⌖{whole_years_since: quit.date, whole_months_since: quit.date}}\n", None),
    ("facts", "too-few", FACTS + "  a.b: {type: integer, ask: When?, derived: ⌖{}}\n", None),
    ("facts", "missing-key", FACTS + "  a.b: ⌖{type: choice, ask: Which?}\n", None),
    ("facts", "missing-key", FACTS + "  a.b: ⌖{type: date}\n", None),
    ("facts", "wrong-value", FACTS + "  a.b: {type: ⌖dat, ask: When?}\n", "did you mean `date`?"),
    ("facts", "malformed", FACTS + "  ⌖ab: {type: date, ask: When?}\n", None),
    ("facts", "malformed", FACTS + "  ⌖a.B: {type: date, ask: When?}\n", None),
    ("facts", "malformed", FACTS + '  ⌖"a.b\\n": {type: date, ask: When?}\n', None),
    ("facts", "malformed", FACTS + "  a.b: {type: choice, ask: When?, values: {⌖A: a}}\n", None),
    ("facts", "wrong-type", FACTS + "  a.b: {type: choice, ask: When?, values: {a: ⌖1}}\n", 'write it in quotes: "1"'),
    ("facts", "wrong-type", FACTS + "  a.b: {type: boolean, ask: When?, judgement: ⌖maybe}\n", None),
    ("payers", "malformed", PAYERS + "  ⌖Gamma: {name: Gamma}\n", None),
    ("payers", "missing-key", PAYERS + "  gamma: ⌖{aliases: [G]}\n", None),
    ("payers", "repeated", PAYERS + "  gamma: {name: G, aliases: ⌖[a, a]}\n", None),
    ("codes", "unknown-key", CODES.replace("  hcpcs:", "  ⌖hcps:"), "did you mean `hcpcs`?"),
    ("codes", "malformed", CODES.replace('"21": Hospital', '⌖"2": Hospital'), None),
    ("codes", "malformed", CODES.replace('"RT": Right', '⌖"rt": Right'), None),
    ("codes", "malformed-date", CODES.replace("2015-02-05", "⌖2015-02-29"), "a date is written YYYY-MM-DD"),
    ("codes", "wrong-type", CODES.replace('["21", "22"]', '["21", ⌖22]'), 'write it in quotes: "22"'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "marked", "advice"), VOCABULARIES)
def test_a_vocabulary_of_the_wrong_shape_is_told_once_at_the_node_that_is_wrong(
    name: str, rule: str, marked: str, advice: str | None
) -> None:
    text, line, column = unmarked(marked)
    assert told(problems_in({**VOCABULARY, f"{name}.yaml": text}), line, column) == [(rule, advice)]


CASE = "policy: acme/p1\ndate_of_service: 2026-01-15\n"
CASES = [
    ("unknown-key", CASE + "⌖facs: {}\n", "known here: format, case, policy, payer, date_of_service, claim_processed, known_on, service, diagnoses, facts, expect"),
    ("missing-key", "⌖policy: acme/p1\n", None),
    ("malformed-date", CASE + "known_on: ⌖2026-02-30\n", "a date is written YYYY-MM-DD"),
    ("malformed-date", CASE + "claim_processed: ⌖20260115\n", "a date is written YYYY-MM-DD"),
    ("wrong-type", CASE + "service: ⌖64714\n", None),
    ("wrong-type", CASE + "service: ⌖[a]\n", None),
    ("wrong-type", CASE + "service: {cpt: ⌖64714}\n", "write it in quotes"),
    ("unknown-key", CASE + "service: {⌖ctp: '64714'}\n", "known here: cpt, hcpcs, icd10pcs, icd9cm, modifiers, place"),
    ("wrong-type", CASE + "facts: ⌖[a]\n", None),
    ("too-few", CASE + "expect: ⌖{}\n", None),
    ("wrong-value", CASE + "expect: {outcome: ⌖denied}\n", None),
    ("wrong-value", CASE + "expect: {possible: [⌖undetermined]}\n", None),
    ("wrong-value", CASE + "expect: {possible: [{outcome: ⌖covered, to: me}]}\n", None),
    ("wrong-value", CASE + "expect: {reason: ⌖gone}\n", None),
    ("too-few", CASE + "expect: {statement: ⌖0}\n", None),
    ("unknown-key", CASE + "expect: {problem: unknown-fact, ⌖outcome: covered}\n", "known here: problem"),
    ("to-with-deferred", CASE + "expect: {outcome: covered, ⌖to: me}\n", None),
    ("missing-key", "format: 1\npolicy: acme/p1\ncases:\n  - ⌖date_of_service: 2026-01-15\n", None),
    ("wrong-value", "format: ⌖2\npolicy: acme/p1\ncases:\n  - {case: A, date_of_service: 2026-01-15}\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "marked", "advice"), CASES)
def test_a_case_of_the_wrong_shape_is_told_once_at_the_node_that_is_wrong(
    rule: str, marked: str, advice: str | None
) -> None:
    text, line, column = unmarked(marked)
    assert told(problems_of_case(text), line, column) == [(rule, advice)]


def test_two_codes_of_one_service_are_told_at_the_second() -> None:
    text, line, column = unmarked(CASE + "service: {cpt: '64714', ⌖hcpcs: G0297}\n")
    assert ("unknown-key", line, column) in [
        (problem.rule, problem.where.line, problem.where.column) for problem in problems_of_case(text)
    ]


def test_every_missing_key_is_told() -> None:
    problems = problems_in(texts("format: 1\npolicy: acme/p1\n"))
    assert [problem.message for problem in problems] == [
        f"`{key}` is missing here" for key in ("title", "payer", "kind", "history")
    ]


def test_a_key_that_is_mistyped_is_not_told_as_missing_too() -> None:
    text, line, column = unmarked(COVERED.replace("title:", "⌖titel:"))
    assert told(problems_in(texts(text)), line, column) == [("unknown-key", "did you mean `title`?")]


def test_every_unknown_key_of_a_mapping_is_told() -> None:
    problems = problems_in(texts(COVERED + "xa: 1\nxb: 2\n"))
    assert [(problem.rule, problem.where.line) for problem in problems] == [
        ("unknown-key", COVERED.count("\n") + 1),
        ("unknown-key", COVERED.count("\n") + 2),
    ]


def test_three_faults_are_three_problems_on_their_lines() -> None:
    text = when(
        "all:\n  - {fact: patient.age, at_least: old}\n  - {any: []}\n  - {fact: quit.date, before: 2020-02-30}"
    )
    problems = problems_in(texts(text))
    first = text[: text.index("old")].count("\n") + 1
    assert [(problem.rule, problem.where.line) for problem in problems] == [
        ("wrong-type", first),
        ("too-few", first + 1),
        ("malformed-date", first + 2),
    ]


@pytest.mark.parametrize(("length", "shown"), [(40, True), (41, False)])
def test_a_long_key_is_not_repeated_in_a_message(length: int, shown: bool) -> None:
    key = "q" * length
    (problem,) = problems_in(texts(f"{COVERED}{key}: 1\n"))
    assert (f"`{key}`" in problem.message) is shown


def test_a_confidential_document_is_told_of_without_its_keys_and_values() -> None:
    document, _ = read_document("case.yaml", b"date_of_servise: Jane\nfacts: {x.y: {Jane: 1}}\nexpect: {outcome: Jane}")
    assert document is not None
    problems = tuple(check_schema(document, "case", confidential=True))
    assert {problem.rule for problem in problems} == {"unknown-key", "wrong-value"}
    assert not any("Jane" in str(problem) or "servise" in str(problem) for problem in problems)


@pytest.mark.parametrize(
    "kind", sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))
)
def test_a_schema_is_json_of_the_2020_draft_and_closed(kind: str) -> None:
    schema = schema_text(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    # `anyOf` makes every error "is not valid under any of the given schemas".
    assert "anyOf" not in json.dumps(schema)
    assert "oneOf" not in json.dumps(schema)


def test_the_sample_documents_are_sound() -> None:
    assert problems_in({**VOCABULARY, NAME: COVERED}) == ()


def test_a_key_that_is_missing_is_told_beside_one_of_a_similar_name() -> None:
    data = {"policy": "acme/p1", "service": {"cpt": "64714"}}
    problems = list(check_schema(Document(name="case.yaml", data=data), "case"))
    assert [(each.rule, each.message) for each in problems] == [("missing-key", "`date_of_service` is missing here")]


@pytest.mark.parametrize("key", ["Fact", "fct", "facts"])
def test_a_criterion_whose_operator_is_mistyped_is_told_and_never_left_out(key: str) -> None:
    text, line, column = unmarked(when(f"{{all: [⌖{{{key}: patient.age, at_least: 18}}]}}"))
    advice = f"did you mean `fact`? (there is `{key}`)"
    assert told(problems_in(texts(text)), line, column) == [("missing-key", advice)]


@pytest.mark.parametrize(("key", "meant"), [("All", "all"), ("anny", "any"), ("non", "none"), ("uses", "use")])
def test_the_operator_that_is_meant_is_told(key: str, meant: str) -> None:
    text, line, column = unmarked(when(f"⌖{{{key}: [{{fact: patient.age, at_least: 18}}]}}"))
    advice = f"did you mean `{meant}`? (there is `{key}`)"
    assert told(problems_in(texts(text)), line, column) == [("missing-key", advice)]


def test_a_key_that_belongs_there_hides_no_other_that_is_missing() -> None:
    # `related` looks like `replaces`.
    second = entry("second", "correction", "2021-01-01", known_from="2021-01-01", related="[A text]")
    problems = problems_in(texts(policy(FIRST + second)))
    assert [(each.rule, each.message) for each in problems] == [("missing-key", "`replaces` is missing here")]
