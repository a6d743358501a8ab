from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import assert_no_traceback, run_apart

from policykit.rules.catalogue import GROUPS, RULES

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

UNKNOWN_FACT = """\
unknown-fact  error  Facts, codes and criteria

A fact is not declared in `facts.yaml`, or a number is derived from what is not
a date.

Why         No case could ever state a mistyped fact, so the criterion would
            stay unknown for everybody, and the question would be put to people
            again and again.
What to do  Correct the name, or declare the fact. Before you declare one, look
            for a fact that means the same under another name: cases are shared
            by all policies.

Fails, as the criterion of a coverage statement in `acme/knee-brace.yaml`:

    {fact: knee.therapy_week, at_least: 6}

Passes:

    {fact: knee.therapy_weeks, at_least: 6}
"""


def test_a_rule_is_explained(run: Run) -> None:
    answered = run("rule", "unknown-fact")
    assert (answered.status, answered.out, answered.err) == (0, UNKNOWN_FACT, "")


def test_several_rules_are_explained_in_the_order_of_the_page(run: Run) -> None:
    answered = run("rule", "unknown-fact", "syntax", "unknown-fact")
    told = [name for name in RULES if re.search(rf"^{name}  (error|warning)  ", answered.out, re.MULTILINE)]
    assert told == ["syntax", "unknown-fact"]
    assert answered.out.endswith(f"\n\n{UNKNOWN_FACT}")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_explained_with_both_examples(run: Run, name: str) -> None:
    rule = RULES[name]
    answered = run("rule", name)
    assert answered.status == 0
    assert answered.out.startswith(f"{name}  {rule.severity}  ")
    for text in (rule.summary, rule.why, rule.remedy):
        assert text in answered.flat
    assert answered.flat.index("Fails, ") < answered.flat.index("Passes")
    for example in (rule.fails, rule.passes):
        assert " ".join(example.text.split()) in answered.flat
    assert all(len(line) <= 80 or line.startswith("    ") for line in answered.lines)


def test_how_a_house_rule_is_turned_off_is_told_and_of_others_that_it_is_not(run: Run) -> None:
    assert "Write `allow: {no-cite: REASON}` at the place that it does not fit." in run("rule", "no-cite").flat
    assert "allow" not in run("rule", "unknown-fact").flat
    assert "Write `allow: {unused-allowance" not in run("rule", "unused-allowance").flat


def test_without_a_name_all_rules_are_listed_by_group(run: Run) -> None:
    answered = run("rule")
    assert answered.status == 0
    assert [line for line in answered.lines if line in {group.title for group in GROUPS}] == [
        group.title for group in GROUPS
    ]
    assert re.findall(r"^  ([a-z0-9-]+)  ", answered.out, re.MULTILINE) == list(RULES)
    for rule in RULES.values():
        assert f"{rule.summary} (warning)" in answered.flat or rule.severity == "error"
        assert rule.summary in answered.flat
    assert answered.lines[-1] == "`policykit rule NAME` explains one of them."


def test_a_rule_in_json(run: Run) -> None:
    (told,) = run("rule", "no-cite", "--format", "json").document("rule")["rules"]
    rule = RULES["no-cite"]
    assert (told["name"], told["severity"], told["group"]) == ("no-cite", rule.severity, "House rules")
    assert (told["summary"], told["why"], told["remedy"]) == (rule.summary, rule.why, rule.remedy)
    assert told["may_be_allowed"] is True
    assert told["fails"]["text"] == rule.fails.text
    assert told["fails"]["file"] == rule.fails.name


def test_all_rules_in_json(run: Run) -> None:
    rules = run("rule", "--format", "json").document("rule")["rules"]
    assert [each["name"] for each in rules] == list(RULES)
    (without_files,) = [each for each in rules if each["fails"]["form"] == "listing"]
    assert (without_files["name"], without_files["fails"]["file"]) == ("not-a-library", None)


def test_a_rule_in_markdown_is_a_part_of_the_page_of_all(run: Run) -> None:
    one, page = run("rule", "unknown-fact", "--format", "markdown"), run("rule", "--format", "markdown")
    assert one.out.startswith("### unknown-fact\n\n*Error.* ")
    assert one.out in page.out
    assert page.out.startswith("# Rules\n")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("unknwon-fact", "did you mean `unknown-fact`?"),
        ("No-Cite", "did you mean `no-cite`?"),
        ("[no-cite]", "did you mean `no-cite`?"),
        ("", "`policykit rule` lists all rules"),
        ("зzzzzz", "`policykit rule` lists all rules"),
        ("x" * 5000, "`policykit rule` lists all rules"),
        ("a\nb\x1b[31m", "`policykit rule` lists all rules"),
    ],
)
def test_a_name_that_no_rule_has(run: Run, name: str, advice: str) -> None:
    answered = run("rule", "unknown-fact", name)
    assert answered.status == 2
    assert_no_traceback(answered)
    assert answered.err.endswith(f"  help: {advice}\n")
    assert len(answered.err) < 200


def test_a_terminal_without_unicode_is_told_in_what_it_has(tmp_path: Path) -> None:
    answered = run_apart("rule", "not-utf-8", env={"PYTHONIOENCODING": "ascii"}, cwd=tmp_path)
    assert answered.status == 0
    assert "cite: Section B ? ready made" in answered.out


# Turning rules off, as the user sees it

POLICY = """\
format: 1
policy: acme/knee
title: Knees
payer: acme
kind: coverage-policy
history:
  - revision: first
    change: new
    summary: The first.
    effective: 2025-01-01
    services:
      - service: Operation
        codes: {hcpcs: ["L9001"]}
        coverage:
          - outcome: covered
            cite: Section B
            when: {all: [{fact: pain.weeks, at_least: 6%s}, {fact: pain.weeks, at_most: 60, cite: "Section B, 2"}]}
          - {outcome: not-covered, cite: Section C}
"""
CASES = """\
format: 1
policy: acme/knee
cases:
  - {case: Unknown, date_of_service: 2025-02-01, service: {hcpcs: "L9001"}}
  - {case: Short, date_of_service: 2025-02-01, service: {hcpcs: "L9001"}, facts: {pain.weeks: 5}}
  - {case: Between, date_of_service: 2025-02-01, service: {hcpcs: "L9001"}, facts: {pain.weeks: 6}}
  - {case: Long, date_of_service: 2025-02-01, service: {hcpcs: "L9001"}, facts: {pain.weeks: 61}}
"""


@pytest.fixture
def knees(tmp_path: Path) -> Path:
    """A library that breaks no house rule but `no-cite`, and that in one place."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "facts.yaml").write_text("format: 1\nfacts:\n  pain.weeks: {type: integer, ask: For how long?}\n")
    (tmp_path / "payers.yaml").write_text("format: 1\npayers:\n  acme: {name: Acme Health Plan}\n")
    (tmp_path / "codes.yaml").write_text('format: 1\ncodes:\n  hcpcs:\n    "L9001": {label: A brace}\n')
    (tmp_path / "acme" / "knee.yaml").write_text(POLICY % "")
    (tmp_path / "acme" / "knee.cases.yaml").write_text(CASES)
    return tmp_path


def checked(run: Run, library: Path, allow: str) -> list[str]:
    (library / "acme" / "knee.yaml").write_text(POLICY % f", allow: {{{allow}}}" if allow else POLICY % "")
    answered = run("check", library)
    return re.findall(r"\[([a-z-]+)\]$", answered.out, re.MULTILINE)


def test_a_rule_is_turned_off_for_one_place_with_a_reason(run: Run, knees: Path) -> None:
    assert checked(run, knees, "") == ["no-cite"]
    assert checked(run, knees, "no-cite: The payer prints this limit on the order form only") == []
    assert checked(run, knees, "no-cite: intended and deliberate") == ["empty-reason"]
    assert checked(run, knees, "no-cit: The payer prints this limit on the order form only") == [
        "no-cite",
        "unknown-rule",
    ]
    assert checked(run, knees, "long-quote: The payer prints this limit on the order form only") == [
        "no-cite",
        "unused-allowance",
    ]
    # What is no reason by its length alone makes the document malformed, and house rules are for sound ones.
    assert checked(run, knees, "no-cite: too short") == ["too-few"]


def test_a_rule_of_correctness_stays_on(run: Run, knees: Path) -> None:
    policy = knees / "acme" / "knee.yaml"
    policy.write_text(POLICY % ", allow: {unknown-fact: The payer asks for it all the same}")
    assert "is a rule of correctness, which cannot be turned off [unknown-rule]" in run("check", knees).flat
    policy.write_text(policy.read_text().replace("fact: pain.weeks, at_least", "fact: pain.years, at_least"))
    answered = run("check", knees)
    assert answered.status == 1
    assert "`pain.years` is not a known fact [unknown-fact]" in answered.flat
