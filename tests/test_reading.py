"""Every rule of meaning: an example that breaks it, told at its place, and one close by that does not."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

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

from policykit.reading.comparisons import COMPARISONS, COMPARISONS_OF
from policykit.vocabulary import FactType

FORMAT = Path(__file__).parent.parent / "docs" / "format.md"
NEW = entry("first", "new", "2020-01-01")
SERVICE = "{{service: {}, codes: {{cpt: [{}]}}, coverage: [{{outcome: covered}}]}}"


def services(*listed: str) -> str:
    """A policy whose first entry has these services."""
    return policy(entry("first", "new", "2020-01-01", "none") + f"  services: [{', '.join(listed)}]\n")


def ids(one: str, other: str) -> str:
    """A policy with two criteria of these names in two statements."""
    return coverage(f"""\
- outcome: covered
  when: {{fact: patient.age, at_least: 18, id: {one}}}
- outcome: not-covered
  when: {{all: [{{⌖fact: surgery.urgent, is: false, id: {other}}}]}}
- outcome: covered
""").replace("{⌖fact", "⌖{fact")


def known(fact_type: FactType) -> str:
    return ", ".join(sorted(COMPARISONS_OF[fact_type]))


# The rule; a policy that breaks it where the mark stands; the advice; a policy that does not.
POLICIES: list[tuple[str, str, str | None, str]] = [
    ("unknown-fact", when("{fact: ⌖surgery.urgend, is: true}"), "did you mean `surgery.urgent`?", when("{fact: surgery.urgent, is: true}")),
    ("unknown-fact", when("{fact: ⌖xyz, is: true}"), None, when("{fact: surgery.urgent, is: true}")),
    ("unknown-value", when("{fact: pain.level, is: ⌖sever}"), "did you mean `severe`?", when("{fact: pain.level, is: severe}")),
    ("unknown-value", when("{fact: pain.level, in: [mild, ⌖xyz]}"), "it can be: mild, moderate, severe", when("{fact: pain.level, in: [mild]}")),
    ("unknown-value", when("{fact: tests.done, has_any: [⌖mr]}"), "did you mean `mri`?", when("{fact: tests.done, has_any: [mri]}")),
    ("unknown-value", when('{fact: service.place, is: ⌖"211"}'), None, when('{fact: service.place, is: "21"}')),
    ("unknown-value", when('{fact: service.modifiers, has_any: [⌖"rt"]}'), None, when('{fact: service.modifiers, has_any: ["RT"]}')),
    ("unknown-value", when('{fact: service.modifiers, has_any: [⌖"RT\\n"]}'), None, when('{fact: service.modifiers, has_any: ["59"]}')),
    ("wrong-type", when("{fact: pain.level, is: ⌖1}"), "write it in quotes", when("{fact: pain.level, is: mild}")),
    ("wrong-type", when("{fact: surgery.urgent, is: ⌖urgent}"), None, when("{fact: surgery.urgent, is: false}")),
    ("wrong-type", when("{fact: visit.count, is: ⌖true}"), None, when("{fact: visit.count, is: 1}")),
    ("wrong-type", when("{fact: visit.count, at_least: ⌖1.5}"), "write it without a point", when("{fact: patient.weight, at_least: 1.5}")),
    ("wrong-type", when("{fact: visit.count, is: ⌖three}"), None, when("{fact: visit.count, is: 3}")),
    ("wrong-type", when("{fact: prior.code, is: ⌖cpt}"), 'write it as {icd10cm: ["Z87.891"]}', when('{fact: prior.code, is: {cpt: "64714"}}')),
    ("wrong-type", when('{fact: prior.codes, has_any: ⌖["64714"]}'), 'write it as {icd10cm: ["Z87.891"]}', when('{fact: prior.codes, has_any: {cpt: ["64714"]}}')),
    ("wrong-type", when('{fact: prior.code, is: ⌖{cpt: "64714-64715"}}'), "use `in` for several", when('{fact: prior.code, in: {cpt: ["64714-64715"]}}')),
    ("wrong-type", when('{fact: prior.code, is: ⌖{icd10cm: "F17-"}}'), "use `in` for several", when('{fact: prior.code, is: {icd10cm: "F17"}}')),
    ("wrong-type", when('{fact: pain.level, in: ⌖{cpt: ["64714"]}}'), None, when("{fact: pain.level, in: [mild, moderate]}")),
    ("comparison-not-for-type", when("{fact: pain.level, ⌖has_any: [mild]}"), "it has: in, is", when("{fact: pain.level, in: [mild]}")),
    ("comparison-not-for-type", when("{fact: tests.done, ⌖in: [mri]}"), "it has: has_all, has_any", when("{fact: tests.done, has_all: [mri]}")),
    ("comparison-not-for-type", when("{fact: patient.age, ⌖within_last: 2 years}"), f"it has: {known(FactType.INTEGER)}", when("{fact: quit.date, within_last: 2 years}")),
    ("comparison-not-for-type", when("{fact: quit.date, ⌖at_least: 5}"), f"it has: {known(FactType.DATE)}", when("{fact: quit.years, at_least: 5}")),
    ("comparison-not-for-type", when("{fact: surgery.urgent, ⌖at_least: 5}"), f"it has: {known(FactType.BOOLEAN)}", when("{fact: surgery.urgent, is: true}")),
    ("no-comparison", when("⌖{fact: patient.age, says: old}"), f"a fact of type integer has: {known(FactType.INTEGER)}", when("{fact: patient.age, is: 5}")),
    ("empty-range", when("{fact: patient.age, at_least: 18, ⌖less_than: 18}"), None, when("{fact: patient.age, at_least: 18, at_most: 18}")),
    ("empty-range", when("{count_at_least: ⌖2, of: [{fact: surgery.urgent, is: true}]}"), "count no more than the list has", when("{count_at_least: 1, of: [{fact: surgery.urgent, is: true}]}")),
    ("malformed-date", when("{fact: quit.date, before: ⌖2025-02-29}"), "a date is written YYYY-MM-DD", when("{fact: quit.date, before: 2024-02-29}")),
    ("malformed-code", when('{fact: prior.code, is: {cpt: ⌖"6471"}}'), "a code consists of four digits, then a digit or one of A F M T U", when('{fact: prior.code, is: {cpt: "64714"}}')),
    ("malformed-code", when('{fact: prior.code, in: {cpt: [⌖"64714-64713"]}}'), "a code consists of four digits, then a digit or one of A F M T U", when('{fact: prior.code, in: {cpt: ["64714-64714"]}}')),
    ("malformed-code", when('{fact: prior.code, in: {hcpcs: [⌖"G0297-"]}}'), "a code consists of a letter A to V, then four digits", when('{fact: prior.code, in: {hcpcs: ["G0297"]}}')),
    ("malformed-code", COVERED.replace("history:", 'value_sets: {unused: {cpt: [⌖"6471"]}}\nhistory:'), "a code consists of four digits, then a digit or one of A F M T U", COVERED),
    ("malformed-code", coverage("- outcome: covered").replace('"64714"', '⌖"64714 "'), "a code consists of four digits, then a digit or one of A F M T U", COVERED),
    ("overlapping-codes", services(SERVICE.format("A", '"64714"'), "⌖" + SERVICE.format("B", '"64713", "64714"')), "a code stands in one service", services(SERVICE.format("A", '"64714"'), SERVICE.format("B", '"64713"'))),
    ("overlapping-codes", services(SERVICE.format("A", '"64714"'), "⌖" + SERVICE.format("B", '"64700-64714"')), "a code stands in one service", services(SERVICE.format("A", '"64714"'), SERVICE.format("B", '"64700-64713"'))),
    ("repeated", services("⌖" + SERVICE.format("A", '"64714"'), SERVICE.format("A", '"64713"')), None, services(SERVICE.format("A", '"64714"'), SERVICE.format("B", '"64713"'))),
    ("unknown-value-set", when("{fact: tests.done, has_any: {value_set: ⌖imagin}}", top="value_sets: {imaging: [mri, ct]}"), "did you mean `imaging`?", when("{fact: tests.done, has_any: {value_set: imaging}}", top="value_sets: {imaging: [mri, ct]}")),
    ("unknown-value-set", COVERED.replace('{cpt: ["64714"]}', "{value_set: ⌖xyz}"), None, coverage("- outcome: covered", top='value_sets: {ours: {cpt: ["64714"]}}').replace('{cpt: ["64714"]}\n      cov', "{value_set: ours}\n      cov")),
    ("unknown-value", when("{fact: tests.done, has_any: {value_set: imaging}}", top="value_sets: {imaging: [ct, ⌖mrii]}"), "did you mean `mri`?", when("{fact: tests.done, has_any: {value_set: imaging}}", top="value_sets: {imaging: [mri]}")),
    ("unknown-criterion", when("{use: ⌖adults}", top="criteria: {adult: {fact: patient.age, at_least: 18}}"), "did you mean `adult`?", when("{use: adult}", top="criteria: {adult: {fact: patient.age, at_least: 18}}")),
    ("unknown-criterion", when("{use: ⌖xyz}"), None, when("{use: xyz}", top="criteria: {xyz: {fact: patient.age, at_least: 18}}")),
    ("unknown-fact", coverage("- outcome: covered", top="criteria: {unused: {fact: ⌖patient.aga, at_least: 18}}"), "did you mean `patient.age`?", coverage("- outcome: covered", top="criteria: {unused: {fact: patient.age, at_least: 18}}")),
    ("circular-criterion", coverage("- outcome: covered", top="criteria: {one: {use: ⌖one}}"), None, coverage("- outcome: covered", top="criteria: {one: {use: two}, two: {fact: surgery.urgent, is: true}}")),
    ("circular-criterion", coverage("- outcome: covered", top="criteria:\n  one: {all: [{use: two}]}\n  two: {none: [{use: three}]}\n  three: {use: ⌖one}"), None, coverage("- outcome: covered", top="criteria:\n  one: {all: [{use: two}, {use: three}]}\n  two: {none: [{use: three}]}\n  three: {fact: surgery.urgent, is: true}")),
    ("repeated-id", ids("same", "same"), None, ids("same", "other").replace("⌖", "")),
    ("unknown-payer", COVERED.replace("payer: acme", "payer: ⌖acne").replace("acme/p1", "acne/p1"), "did you mean `acme`?", COVERED),
    ("last-statement", coverage("- {outcome: covered, ⌖when: {fact: surgery.urgent, is: true}}"), "add a statement without one; `not-addressed` says that the source is silent", when("{fact: surgery.urgent, is: true}")),
    ("statement-without-when", coverage("- ⌖outcome: not-covered\n- outcome: covered"), "put it last", when("{fact: surgery.urgent, is: true}")),
    ("only-last", coverage("- {outcome: ⌖not-addressed, when: {fact: surgery.urgent, is: true}}\n- outcome: covered"), "put it last", coverage("- {outcome: covered, when: {fact: surgery.urgent, is: true}}\n- outcome: not-addressed")),
    ("only-last", coverage("- {outcome: ⌖not-encoded, says: More., when: {fact: surgery.urgent, is: true}}\n- outcome: covered"), "put it last", coverage("- {outcome: covered, when: {fact: surgery.urgent, is: true}}\n- {outcome: not-encoded, says: More.}")),
    ("to-with-deferred", coverage("- {outcome: covered, ⌖to: a reviewer}"), None, coverage("- {outcome: deferred, to: a reviewer}")),
    ("repeated-revision", policy(NEW + entry("first", "codes", "2021-01-01").replace("revision: ", "revision: ⌖")), "names are unique in a document: add a letter, or say what it is", policy(NEW + entry("second", "codes", "2021-01-01"))),
    ("history-order", policy(entry("first", "new", "2020-01-01", known_from="2020-01-02") + entry("second", "codes", "2021-01-01", known_from="⌖2020-01-01")), "entries stand in the order of their publication", policy(entry("first", "new", "2020-01-01", known_from="2020-01-02") + entry("second", "codes", "2021-01-01", known_from="2020-01-02"))),
    ("history-order", policy(entry("first", "new", "2020-01-01", known_from="2020-01-02") + entry("second", "codes", "2021-01-01") + entry("third", "codes", "2022-01-01", known_from="⌖2020-01-01")), "entries stand in the order of their publication", policy(entry("first", "new", "2020-01-01", known_from="2020-01-02") + entry("second", "codes", "2021-01-01") + entry("third", "codes", "2022-01-01", known_from="2020-01-03"))),
    ("same-effective", policy(NEW + entry("second", "codes", "⌖2020-01-01")), "a `correction` with `replaces` takes the place of an entry", policy(NEW + entry("second", "correction", "2020-01-01", known_from="2020-01-02", replaces="first"))),
    ("same-effective", policy(NEW + entry("second", "codes", "2021-01-01", known_from="2020-06-01") + entry("third", "codes", "⌖2021-01-01", known_from="2020-07-01") + entry("fourth", "withdrawn", None, "none", known_from="2020-08-01", withdraws="second")), "a `correction` with `replaces` takes the place of an entry", policy(NEW + entry("second", "codes", "2021-01-01", known_from="2020-06-01") + entry("third", "codes", "2021-01-01", known_from="2020-08-01") + entry("fourth", "withdrawn", None, "none", known_from="2020-08-01", withdraws="second"))),
    ("same-effective", policy(NEW + entry("second", "codes", "⌖2020-01-01", applies_by="claim-processed")), "a `correction` with `replaces` takes the place of an entry", policy(NEW + entry("second", "codes", "2020-01-02", applies_by="claim-processed"))),
    ("unknown-revision", policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="⌖fist")), "did you mean `first`?", policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="first"))),
    ("unknown-revision", policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="⌖second")), None, policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="first"))),
    ("unknown-revision", policy(NEW + entry("second", "withdrawn", None, "none", known_from="2021-01-01", withdraws="⌖third") + entry("third", "codes", "2022-01-01")), None, policy(NEW + entry("second", "withdrawn", None, "none", known_from="2021-01-01", withdraws="first") + entry("third", "codes", "2022-01-01"))),
    ("not-standing", policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="first") + entry("third", "correction", "2021-01-02", known_from="2021-01-02", replaces="⌖first")), "point at the entry that stands now", policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="first") + entry("third", "correction", "2021-01-02", known_from="2021-01-02", replaces="second"))),
    ("not-standing", policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="first") + entry("third", "withdrawn", None, "none", known_from="2021-01-02", withdraws="⌖first")), "point at the entry that stands now", policy(NEW + entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="first") + entry("third", "withdrawn", None, "none", known_from="2021-01-02", withdraws="second") + entry("fourth", "withdrawn", None, "none", known_from="2021-01-03", withdraws="first"))),
    ("not-standing", policy(NEW + entry("second", "withdrawn", None, "none", known_from="2021-01-01", withdraws="first") + entry("third", "correction", "2021-01-02", known_from="2021-01-02", replaces="⌖first")), "point at the entry that stands now", policy(NEW + entry("second", "withdrawn", None, "none", known_from="2021-01-01", withdraws="first") + entry("third", "new", "2021-01-02", known_from="2021-01-02"))),
    ("not-standing", policy(NEW + entry("second", "retired", "2021-01-01", "none") + entry("third", "correction", "2022-01-01", known_from="2021-01-02", replaces="⌖second")), "withdraw it, and enter what is right anew", policy(NEW + entry("second", "retired", "2021-01-01", "none") + entry("third", "withdrawn", None, "none", known_from="2021-01-02", withdraws="second") + entry("fourth", "retired", "2022-01-01", "none"))),
    ("not-standing", policy(NEW + entry("second", "codes", "2021-01-01") + entry("third", "withdrawn", None, "none", known_from="2021-01-02", withdraws="second") + entry("fourth", "correction", "2022-01-01", known_from="2021-01-02", replaces="⌖third")), "withdraw it, and enter what is right anew", policy(NEW + entry("second", "codes", "2021-01-01") + entry("third", "withdrawn", None, "none", known_from="2021-01-02", withdraws="second") + entry("fourth", "withdrawn", None, "none", known_from="2021-01-02", withdraws="third"))),
    ("misplaced-change", policy(NEW + entry("second", "new", "2021-01-01").replace("change: ", "change: ⌖")), None, policy(NEW + entry("second", "criteria", "2021-01-01"))),
    ("misplaced-change", policy(entry("first", "searched", "2020-01-01", "deferred").replace("change: ", "change: ⌖")), None, policy(entry("first", "searched", "2020-01-01", "deferred"), kind="no-determination")),
    ("misplaced-change", policy(entry("first", "new", "2020-01-01", "deferred").replace("change: ", "change: ⌖"), kind="no-determination"), None, policy(entry("first", "new", "2020-01-01", "deferred"), kind="lcd")),
    ("misplaced-change", policy(entry("first", "searched", "2020-01-01", "covered").replace("services", "⌖services"), kind="no-determination"), None, policy(entry("first", "searched", "2020-01-01", "deferred"), kind="no-determination")),
    ("nothing-to-carry-over", policy(entry("first", "new", "2020-01-01", "none") + "  services: ⌖unchanged\n"), "write out what it stands for", policy(NEW + entry("second", "review", "2021-01-01", "unchanged"))),
    ("nothing-to-carry-over", policy(NEW + entry("second", "codes", "2021-01-01", "none") + "  services: ⌖[{service: Another, unchanged: true}]\n"), "write out what it stands for", policy(NEW + entry("second", "codes", "2021-01-01", "none") + "  services: [{service: Operation, unchanged: true}]\n")),
    ("nothing-to-carry-over", policy(NEW + entry("second", "retired", "2021-01-01", "none") + entry("third", "review", "2022-01-01", "none") + "  services: ⌖unchanged\n"), "write out what it stands for", policy(NEW + entry("second", "retired", "2021-01-01", "deferred") + entry("third", "review", "2022-01-01", "unchanged"))),
    ("nothing-to-carry-over", policy(NEW.replace("new", "codes") + entry("second", "review", "2019-01-01", "none") + "  services: ⌖unchanged\n"), "write out what it stands for", policy(NEW.replace("new", "codes") + entry("second", "review", "2020-01-02", "unchanged"))),
    ("through-before-effective", policy(entry("first", "new", "2020-01-02", through="⌖2020-01-01")), None, policy(entry("first", "new", "2020-01-02", through="2020-01-02"))),
    ("misplaced", COVERED.replace("policy: acme/p1", "policy: ⌖acme/p2"), "here it would be `acme/p1`", COVERED),
    ("misplaced", COVERED.replace("payer: acme", "payer: ⌖beta"), "the id of a policy begins with its payer", COVERED),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "marked", "advice", "sound"), POLICIES)
def test_a_policy_that_breaks_a_rule_of_meaning_is_told_once_at_its_place(
    rule: str, marked: str, advice: str | None, sound: str
) -> None:
    text, line, column = unmarked(marked)
    files = texts(text)
    problems = [each for each in problems_in(files) if not (rule == "unknown-payer" and each.rule == "misplaced")]
    found = [(each.rule, each.where.line, each.where.column, each.help) for each in problems]
    assert found[:1] == [(rule, line, column, advice)], [str(each) for each in problems]
    # Two services of one name are told at both.
    assert len(found) == (2 if rule == "repeated" else 1)
    assert problems_in(texts(sound)) == ()


# The same, of one document of the vocabulary.
VOCABULARIES: list[tuple[str, str, str, str | None, str]] = [
    ("facts", "reserved-fact", FACTS + "  ⌖service.kind: {type: date, ask: When?}\n", "give it another name", FACTS + "  services.kind: {type: date, ask: When?}\n"),
    ("facts", "reserved-fact", FACTS + "  ⌖claim.kind: {type: date, ask: When?}\n", "give it another name", FACTS + "  claims.kind: {type: date, ask: When?}\n"),
    ("facts", "unknown-fact", FACTS + "  a.b: {type: integer, ask: When?, derived: {whole_years_since: ⌖quit.dat}}\n", "did you mean `quit.date`?", FACTS + "  a.b: {type: integer, ask: When?, derived: {whole_years_since: quit.date}}\n"),
    ("facts", "unknown-fact", FACTS + "  a.b: {type: integer, ask: When?, derived: {whole_months_since: ⌖quit.years}}\n", "did you mean `quit.date`?", FACTS + "  a.b: {type: integer, ask: When?, derived: {whole_months_since: quit.date}}\n"),
    ("payers", "repeated", PAYERS + "  ⌖gamma: {name: beta care}\n", "a name leads to one payer", PAYERS + "  gamma: {name: Gamma Care}\n"),
    ("payers", "repeated", PAYERS + "  ⌖gamma: {name: Gamma, aliases: [ACME]}\n", "a name leads to one payer", PAYERS + "  gamma: {name: Gamma, aliases: [gamma, GAMMA]}\n"),
    ("codes", "malformed-code", CODES.replace('"64714"', '⌖"6471"'), "it consists of four digits, then a digit or one of A F M T U", CODES),
    ("codes", "malformed-code", CODES.replace('"64714"', '⌖"64714-64715"'), "it consists of four digits, then a digit or one of A F M T U", CODES),
    ("codes", "malformed-code", CODES.replace('"71271"', '⌖"7127"'), None, CODES.replace('"71271"', '"G0298"')),
    ("codes", "through-before-effective", CODES.replace("2020-12-31", "⌖2015-02-04"), None, CODES.replace("2020-12-31", "2015-02-05")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "marked", "advice", "sound"), VOCABULARIES)
def test_a_vocabulary_that_breaks_a_rule_of_meaning_is_told_once_at_its_place(
    name: str, rule: str, marked: str, advice: str | None, sound: str
) -> None:
    text, line, column = unmarked(marked)
    (problem,) = problems_in({**VOCABULARY, f"{name}.yaml": text})
    assert (problem.rule, problem.where.line, problem.where.column, problem.help) == (rule, line, column, advice)
    assert problem.where.file == f"{name}.yaml"
    assert problems_in({**VOCABULARY, f"{name}.yaml": sound}) == ()


CASE = "policy: acme/p1\ndate_of_service: 2026-01-15\n"
FACT = CASE + "facts: {{{}}}\n"
# The same, of a case over the policy that covers everything.
CASES: list[tuple[str, str, str | None, str]] = [
    ("unknown-policy", CASE.replace("acme", "⌖acne"), "did you mean `acme/p1`?", CASE),
    ("unknown-policy", CASE.replace("acme", "⌖acme") + "payer: beta\n", "leave one of them out", CASE + "payer: acme\n"),
    ("unknown-payer", CASE + "payer: ⌖Acm\n", "did you mean `Acme`?", CASE + "payer: acme health plan\n"),
    ("unknown-payer", CASE + "payer: ⌖xyz\n", None, CASE + "payer: acme\n"),
    ("no-policy-named", "⌖date_of_service: 2026-01-15\n", "name the `policy`, or the `payer` and a code", CASE),
    ("no-policy-named", "⌖date_of_service: 2026-01-15\npayer: acme\n", "name the `policy`, or the `payer` and a code", "date_of_service: 2026-01-15\npayer: acme\nservice: {cpt: '64714'}\n"),
    ("no-policy-named", "⌖date_of_service: 2026-01-15\nservice: {cpt: '64714'}\n", "name the `policy`, or the `payer` and a code", "date_of_service: 2026-01-15\npayer: Acme\nservice: {cpt: '64714'}\n"),
    ("derived-disagrees", FACT.format("patient.birth_date: 2000-01-16, patient.age: ⌖26"), "leave one of them out", FACT.format("patient.birth_date: 2000-01-16, patient.age: 25")),
    ("derived-disagrees", FACT.format("patient.birth_date: 2000, patient.age: ⌖24"), "leave one of them out", FACT.format("patient.birth_date: 2000, patient.age: 25")),
    ("derived-disagrees", FACT.format("patient.birth_date: 2000, patient.age: ⌖27"), "leave one of them out", FACT.format("patient.birth_date: 2000, patient.age: 26")),
    ("derived-disagrees", FACT.format("quit.date: never, quit.years: ⌖5"), "leave one of them out", FACT.format("quit.years: 5")),
    ("never-not-allowed", FACT.format("patient.birth_date: ⌖never"), "leave it out where it is not known", FACT.format("quit.date: never")),
    ("unknown-fact", FACT.format("⌖surgery.urgend: true"), "did you mean `surgery.urgent`?", FACT.format("surgery.urgent: true")),
    ("unknown-fact", FACT.format("⌖xyz: true"), None, FACT.format("surgery.urgent: null")),
    ("unknown-fact", FACT.format('⌖service.code: {cpt: "64714"}'), None, CASE + 'service: {cpt: "64714"}\n'),
    ("unknown-fact", FACT.format("⌖claim.diagnoses: []"), None, CASE + "diagnoses: {icd10cm: []}\n"),
    ("unknown-value", FACT.format("pain.level: ⌖sever"), "it can be: mild, moderate, severe", FACT.format("pain.level: severe")),
    ("unknown-value", FACT.format("tests.done: [mri, ⌖xray]"), "it can be: mri, ct, emg-ncs", FACT.format("tests.done: []")),
    ("wrong-type", FACT.format("surgery.urgent: ⌖1"), "it is `true` or `false`", FACT.format("surgery.urgent: false")),
    ("wrong-type", FACT.format("visit.count: ⌖1.0"), "it is a whole number, without quotes", FACT.format("visit.count: 1")),
    ("wrong-type", FACT.format("visit.count: ⌖true"), "it is a whole number, without quotes", FACT.format("visit.count: 0")),
    ("wrong-type", FACT.format("visit.count: ⌖'1'"), "it is a whole number, without quotes", FACT.format("visit.count: -1")),
    ("wrong-type", FACT.format("patient.weight: ⌖heavy"), "it is a number, without quotes", FACT.format("patient.weight: 80.5")),
    ("wrong-type", FACT.format("patient.weight: ⌖false"), "it is a number, without quotes", FACT.format("patient.weight: 80")),
    ("wrong-type", FACT.format("pain.level: ⌖[mild]"), "it is one word of those that the fact can be", FACT.format("pain.level: mild")),
    ("wrong-type", FACT.format("tests.done: ⌖mri"), "it is a list of all that is so; [] says none", FACT.format("tests.done: [mri]")),
    ("wrong-type", FACT.format("prior.code: ⌖'64714'"), 'it is a code under its system, such as {cpt: "64714"}', FACT.format('prior.code: {cpt: "64714"}')),
    ("wrong-type", FACT.format("prior.codes: ⌖[a]"), 'it is a list of codes under their system, such as {icd10cm: ["G54.1"]}; {} says none', FACT.format('prior.codes: {cpt: ["64714"]}')),
    ("wrong-type", FACT.format('prior.codes: {cpt: ⌖"64714"}'), None, FACT.format("prior.codes: {cpt: []}")),
    ("malformed-date", FACT.format("quit.date: ⌖2025-13"), "it is a date, YYYY-MM-DD, or the part of one that is known, YYYY-MM or YYYY", FACT.format("quit.date: 2025-12")),
    ("malformed-date", FACT.format("quit.date: ⌖20250101"), "it is a date, YYYY-MM-DD, or the part of one that is known, YYYY-MM or YYYY", FACT.format("quit.date: 2025")),
    ("malformed-date", FACT.format("quit.date: ⌖true"), "it is a date, YYYY-MM-DD, or the part of one that is known, YYYY-MM or YYYY", FACT.format("quit.date: '2025'")),
    ("malformed-date", FACT.format("quit.date: ⌖2025-02-29"), "it is a date, YYYY-MM-DD, or the part of one that is known, YYYY-MM or YYYY", FACT.format("quit.date: 2024-02-29")),
    ("malformed-code", CASE + 'service: {cpt: ⌖"6471"}\n', "it consists of four digits, then a digit or one of A F M T U", CASE + 'service: {cpt: "64714"}\n'),
    ("malformed-code", CASE + 'diagnoses: {icd10cm: [⌖"G54-"]}\n', "it consists of a letter, a digit, a letter or digit, then perhaps a point and one to four more", CASE + 'diagnoses: {icd10cm: ["G54"]}\n'),
    ("malformed-code", FACT.format('prior.codes: {cpt: ["64714", ⌖"64714-64715"]}'), "it consists of four digits, then a digit or one of A F M T U", FACT.format('prior.codes: {cpt: ["64714", "64715"]}')),
    ("too-many", FACT.format('prior.code: ⌖{cpt: "64714", hcpcs: G0297}'), None, FACT.format("prior.code: {hcpcs: G0297}")),
    ("unknown-value", CASE + "expect: {missing: [⌖surgery.urgend]}\n", "did you mean `surgery.urgent`?", CASE + "expect: {missing: [surgery.urgent, claim_processed, service.code]}\n"),
    ("unknown-revision", CASE + "expect: {revision: ⌖fist}\n", "did you mean `first`?", CASE + "expect: {revision: first}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "marked", "advice", "sound"), CASES)
def test_a_case_that_breaks_a_rule_of_meaning_is_told_once_at_its_place(
    rule: str, marked: str, advice: str | None, sound: str
) -> None:
    text, line, column = unmarked(marked)
    problems = problems_of_case(text)
    if rule in {"unknown-payer", "malformed-code"} and len(problems) > 1:
        problems = tuple(each for each in problems if each.rule != "no-policy-named")
    found = [(each.rule, each.where.line, each.where.column, each.help) for each in problems]
    assert found == [(rule, line, column, advice)], [str(each) for each in problems]
    assert problems_of_case(sound) == ()


def test_an_unknown_advisory_in_what_a_case_expects_is_told() -> None:
    (problem,) = problems_of_case(CASE + "expect: {advisories: [review-overdu]}\n")
    assert problem.rule in {"unknown-value", "wrong-value"}
    assert problems_of_case(CASE + "expect: {advisories: [review-overdue]}\n") == ()


def test_what_every_rule_of_meaning_in_the_manual_says_has_an_example_here() -> None:
    sections = FORMAT.read_text("utf-8").split("\n### 10.")
    documented = {
        rule for each in sections if each[0] in "346" for rule in re.findall(r"^\| `([a-z-]+)` \|", each, re.MULTILINE)
    }
    shown = {each[0] for each in [*POLICIES, *CASES]} | {each[1] for each in VOCABULARIES}
    # That several policies answer is said of a question, not of a document: tests/test_cases.py.
    assert documented - shown <= {"several-policies"}


def test_two_documents_with_one_policy_are_told_at_the_second() -> None:
    problems = problems_in({**texts(COVERED), "acme/p2.yaml": COVERED})
    assert [(each.rule, each.where.file, each.where.line, each.where.column) for each in problems] == [
        ("repeated-policy", "acme/p2.yaml", 2, 9),
        ("misplaced", "acme/p2.yaml", 2, 9),
    ]
    assert NAME in problems[0].message


EMPTY = [
    ("patient.age", "at_least: 18, at_most: 17", "at_least: 18, at_most: 18"),
    ("patient.age", "more_than: 18, at_most: 18", "more_than: 17, at_most: 18"),
    ("patient.age", "at_least: 18, less_than: 18", "at_least: 17, less_than: 18"),
    ("patient.age", "more_than: 17, less_than: 18", "more_than: 16, less_than: 18"),
    ("patient.weight", "more_than: 17, less_than: 17", "more_than: 17, less_than: 18"),
    ("patient.weight", "at_least: 17, less_than: 17", "at_least: 17, at_most: 17"),
    ("patient.weight", "more_than: 17, at_most: 17", "more_than: 17, at_most: 17.5"),
    ("patient.weight", "at_least: 17.5, at_most: 17", "at_least: 17, at_most: 17.5"),
    ("patient.weight", "at_least: 17, more_than: 17, at_most: 17", "at_least: 17, more_than: 16, at_most: 17"),
    ("patient.weight", "at_least: 17, at_most: 17, less_than: 17", "at_least: 17, at_most: 17, less_than: 18"),
    ("quit.date", "on_or_after: 2020-01-02, on_or_before: 2020-01-01", "on_or_after: 2020-01-01, on_or_before: 2020-01-01"),
    ("quit.date", "after: 2020-01-01, on_or_before: 2020-01-01", "after: 2020-01-01, on_or_before: 2020-01-02"),
    ("quit.date", "on_or_after: 2020-01-01, before: 2020-01-01", "on_or_after: 2020-01-01, before: 2020-01-02"),
    ("quit.date", "after: 2020-01-01, before: 2020-01-02", "after: 2020-01-01, before: 2020-01-03"),
    ("quit.date", "before: 0001-01-01", "on_or_before: 0001-01-01"),
    ("quit.date", "after: 9999-12-31", "on_or_after: 9999-12-31"),
    ("quit.date", "after: date_of_service, before: date_of_service", "on_or_after: date_of_service, on_or_before: date_of_service"),
    ("quit.date", "after: date_of_service, on_or_before: date_of_service", "after: date_of_service"),
    ("quit.date", "on_or_after: date_of_service, before: date_of_service", "before: date_of_service"),
    ("quit.date", "after: date_of_service, within_last: 1 day", "on_or_after: date_of_service, within_last: 1 day"),
    ("quit.date", "within_last: 1 year, at_least_ago: 13 months", "within_last: 1 year, at_least_ago: 12 months"),
    ("quit.date", "within_last: 1 year, longer_ago_than: 12 months", "within_last: 13 months, longer_ago_than: 1 year"),
    ("quit.date", "within_last: 2 weeks, at_least_ago: 15 days", "within_last: 2 weeks, at_least_ago: 14 days"),
    ("quit.date", "within_last: 2 weeks, longer_ago_than: 14 days", "within_last: 2 weeks, longer_ago_than: 13 days"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "empty", "sound"), EMPTY)
def test_comparisons_that_no_value_can_meet_are_told_at_the_last_of_them(fact: str, empty: str, sound: str) -> None:
    text = when(f"{{fact: {fact}, {empty}}}")
    (problem,) = problems_in(texts(text))
    last = empty.rpartition(", ")[2]
    line = text[: text.index(empty)].count("\n") + 1
    assert (problem.rule, problem.where.line) == ("empty-range", line)
    assert text.splitlines()[line - 1][problem.where.column - 1 :].startswith(last)
    assert problems_in(texts(when(f"{{fact: {fact}, {sound}}}"))) == ()


def test_spans_in_days_and_in_months_are_not_held_against_each_other() -> None:
    assert problems_in(texts(when("{fact: quit.date, within_last: 30 days, at_least_ago: 1 month}"))) == ()


VALUES = {
    FactType.BOOLEAN: ("surgery.urgent", "true", "[true]"),
    FactType.INTEGER: ("visit.count", "3", "[3]"),
    FactType.NUMBER: ("patient.weight", "3", "[3]"),
    FactType.DATE: ("quit.date", "3", "[3]"),
    FactType.CHOICE: ("pain.level", "mild", "[mild]"),
    FactType.CHOICES: ("tests.done", "mri", "[mri]"),
    FactType.CODE: ("prior.code", '{cpt: "64714"}', '{cpt: ["64714"]}'),
    FactType.CODES: ("prior.codes", '{cpt: "64714"}', '{cpt: ["64714"]}'),
}


@pytest.mark.parametrize("kind", FactType)
def test_each_type_has_its_comparisons_and_no_other(kind: FactType) -> None:
    fact, one, several = VALUES[kind]
    for word in COMPARISONS:
        value = one
        if word in {"in", "has_any", "has_all"}:
            value = several
        elif word in {"at_least", "more_than", "at_most", "less_than"}:
            value = "3"
        elif word in {"on_or_after", "after", "on_or_before", "before"}:
            value = "2020-01-01"
        elif word != "is":
            value = "2 years"
        rules = [problem.rule for problem in problems_in(texts(when(f"{{fact: {fact}, {word}: {value}}}")))]
        assert rules == ([] if word in COMPARISONS_OF[kind] else ["comparison-not-for-type"])


def test_a_fact_whose_declaration_is_wrong_is_told_once_however_often_it_is_used() -> None:
    facts = FACTS.replace("surgery.urgent: {type: boolean", "surgery.urgent: {type: bolean")
    problems = problems_in(
        texts(when("{any: [{fact: surgery.urgent, is: true}, {fact: surgery.urgent, is: false}]}"), facts=facts)
    )
    assert [problem.rule for problem in problems] == ["wrong-value"]


def test_what_cannot_be_read_in_the_vocabulary_says_nothing_of_the_policies() -> None:
    problems = problems_in(texts(when("{fact: surgery.urgent, is: true}"), facts="a: ["))
    assert [(problem.rule, problem.where.file) for problem in problems] == [("syntax", "facts.yaml")]


def test_faults_of_different_kinds_are_all_told() -> None:
    text = when(
        "{all: [{fact: surgery.urgend, is: true}, {fact: pain.level, is: sever}, {fact: patient.age, at_least: old}]}"
    )
    problems = problems_in(texts(text.replace("kind: coverage-policy", "kind: ncdd")))
    assert {problem.rule for problem in problems} >= {"wrong-value", "wrong-type"}
    problems = problems_in(texts(text))
    assert sorted(problem.rule for problem in problems) == ["unknown-fact", "unknown-value", "wrong-type"]


def test_names_may_be_used_again_in_another_entry() -> None:
    one = "services: [{service: S, codes: {cpt: ['64714']}, coverage: [{outcome: covered, when: {id: same, fact: surgery.urgent, is: true}}, {outcome: not-covered}]}]\n"
    text = policy(
        entry("first", "new", "2020-01-01", "none")
        + "  "
        + one
        + entry("second", "codes", "2021-01-01", "none")
        + "  "
        + one
    )
    assert problems_in(texts(text)) == ()


def test_a_named_criterion_may_be_used_twice_with_its_id() -> None:
    top = "criteria: {adult: {id: adult, fact: patient.age, at_least: 18}}"
    assert problems_in(texts(when("{any: [{use: adult}, {use: adult}]}", top=top))) == ()
    text = when("{any: [{use: adult, id: a}, {use: adult, id: a}]}", top=top)
    assert [problem.rule for problem in problems_in(texts(text))] == ["repeated-id"]


def test_a_withdrawn_first_entry_makes_room_for_a_new_one() -> None:
    void = entry("second", "withdrawn", None, "none", known_from="2020-02-01", withdraws="first")
    assert problems_in(texts(policy(NEW + void + entry("third", "new", "2020-03-01")))) == ()
    again = entry("undone", "withdrawn", None, "none", known_from="2020-02-02", withdraws="second")
    problems = problems_in(texts(policy(NEW + void + again + entry("third", "new", "2020-03-01"))))
    assert [problem.rule for problem in problems] == ["misplaced-change"]


def test_unchanged_that_leads_back_to_itself_is_told() -> None:
    # `d` replaces `b` and takes over what it has: what `c` before it has, and that is what `d` before it has.
    text = policy(
        entry("a", "codes", "2020-01-01")
        + entry("b", "codes", "2024-01-01", "unchanged", known_from="2020-02-01")
        + entry("c", "codes", "2023-01-01", "unchanged", known_from="2020-03-01")
        + entry("d", "correction", "2022-01-01", "unchanged", known_from="2020-04-01", replaces="b")
    )
    assert {problem.rule for problem in problems_in(texts(text))} == {"nothing-to-carry-over"}
    # The circle is found also by what only leads into it.
    text += indent(entry("e", "codes", "2025-01-01", "unchanged", known_from="2020-05-01"), "  ")
    assert {problem.rule for problem in problems_in(texts(text))} == {"nothing-to-carry-over"}


def test_a_range_that_is_empty_is_told_once() -> None:
    problems = problems_in(texts(when("{fact: patient.age, at_least: 18, less_than: 18, at_most: 50, more_than: 3}")))
    assert [problem.rule for problem in problems] == ["empty-range"]


@pytest.mark.parametrize(
    ("empty", "sound"),
    [
        # The day of service itself is no day ago.
        ("on_or_after: date_of_service, at_least_ago: 1 day", "on_or_before: date_of_service, at_least_ago: 1 day"),
        ("on_or_after: date_of_service, longer_ago_than: 1 day", "before: date_of_service, longer_ago_than: 1 day"),
        ("within_last: 2 years, at_least_ago: 25 months", "within_last: 2 years, at_least_ago: 24 months"),
        # Months and days are not held against each other, whatever their numbers are.
        ("within_last: 2 months, at_least_ago: 3 months", "within_last: 2 months, at_least_ago: 90 days"),
    ],
)
def test_spans_that_leave_nothing_between_them_are_told(empty: str, sound: str) -> None:
    problems = problems_in(texts(when(f"{{fact: quit.date, {empty}}}")))
    assert [problem.rule for problem in problems] == ["empty-range"]
    assert problems_in(texts(when(f"{{fact: quit.date, {sound}}}"))) == ()


def found_in(text: str) -> list[tuple[str, str]]:
    """The rule and the message of everything that is wrong with a policy."""
    return [(problem.rule, problem.message) for problem in problems_in(texts(text))]


RETIRED = ("misplaced-change", "a retired policy can only hand its services to someone else")


def test_a_retirement_only_hands_its_services_to_someone_else() -> None:
    retired = entry("second", "retired", "2021-01-01", "unchanged", known_from="2020-12-01")
    assert found_in(policy(NEW + retired)) == [RETIRED]
    assert found_in(policy(entry("first", "new", "2020-01-01", "deferred") + retired)) == []
    # What is learned afterwards does not tell it again.
    correction = entry("third", "correction", "2020-01-02", known_from="2021-06-01", replaces="first")
    assert found_in(policy(NEW + retired + correction)) == [RETIRED]
    # One that only a part of what was ever known shows.
    correction = correction.replace("outcome: covered", "outcome: deferred, to: the reviewer")
    assert found_in(policy(NEW + retired + correction)) == [RETIRED]


def test_what_two_states_of_knowledge_show_is_told_once() -> None:
    twice = entry("second", "codes", "2020-01-01", known_from="2020-02-01")
    another = entry("third", "codes", "2019-01-01", known_from="2020-03-01")
    message = "`second` and `first` are both effective from 2020-01-01"
    assert found_in(policy(NEW + twice + another)) == [("same-effective", message)]
    nothing = entry("second", "codes", "2021-01-01", "none", known_from="2020-02-01")
    nothing += "  services: [{service: Another, unchanged: true}]\n"
    message = "there was no service `Another` to be unchanged"
    assert found_in(policy(NEW + nothing + another)) == [("nothing-to-carry-over", message)]


def test_what_is_wrong_with_a_history_says_why() -> None:
    unchanged = entry("first", "new", "2020-01-01", "unchanged")
    assert found_in(policy(unchanged)) == [("nothing-to-carry-over", "`unchanged` has nothing to stand for")]
    replaced = entry("second", "correction", "2021-01-01", known_from="2021-01-01", replaces="first")
    again = entry("third", "correction", "2021-01-02", known_from="2021-01-02", replaces="first")
    message = "`replaces: first` points at an entry that has been replaced by `second`"
    assert found_in(policy(NEW + replaced + again)) == [("not-standing", message)]
    withdrawn = entry("second", "withdrawn", None, "none", known_from="2021-01-01", withdraws="first")
    message = "`replaces: first` points at an entry that has been withdrawn"
    assert found_in(policy(NEW + withdrawn + again)) == [("not-standing", message)]


def test_of_a_history_with_two_entries_of_one_name_nothing_else_is_told() -> None:
    twice = policy(NEW + entry("first", "codes", "2020-01-01"))
    assert found_in(twice) == [("repeated-revision", "there are two entries `first`")]


def test_where_nothing_was_determined_no_service_is_decided() -> None:
    one = "{{service: {}, codes: {{cpt: ['{}']}}, coverage: [{}]}}"
    deferred = "{outcome: deferred, to: me}"
    sometimes = "{outcome: deferred, to: you, when: {fact: surgery.urgent, is: true}}, " + deferred
    told = [("misplaced-change", "where nothing was determined, the one statement is `deferred`")]
    for first, second, expected in (
        (deferred, deferred, []),
        (sometimes, sometimes, told),
        (deferred, sometimes, told),
        (deferred, "{outcome: covered}", told),
        ("{outcome: not-covered}", deferred, told),
    ):
        listed = ", ".join((one.format("A", "64714", first), one.format("B", "64715", second)))
        searched = entry("first", "searched", "2020-01-01", "none") + f"  services: [{listed}]\n"
        assert found_in(policy(searched, kind="no-determination")) == expected


def test_codes_that_would_belong_to_two_services_are_named() -> None:
    for other, named in (('"64714"', "`cpt 64714`"), ('"64700-64720"', "`cpt 64700-64720` and `cpt 64714`")):
        text = services(SERVICE.format("A", '"64714"'), SERVICE.format("B", other))
        assert found_in(text) == [("overlapping-codes", f"{named} would belong to two services")]


def test_a_retirement_that_decides_is_told_at_its_services() -> None:
    retired = entry("second", "retired", "2021-01-01", "unchanged").replace("unchanged", "⌖unchanged")
    text, line, column = unmarked(policy(NEW + retired))
    (problem,) = problems_in(texts(text))
    assert (problem.rule, problem.where.line, problem.where.column) == ("misplaced-change", line, column)
