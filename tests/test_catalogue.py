from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from test_documentation import rules_in_the_code

from policykit.answers.reports import CASE_FAILED, case_problems
from policykit.checks import HOUSE_RULES
from policykit.checks.allowing import ALLOWANCES
from policykit.inspection import check_paths, run_paths
from policykit.memory import Memory
from policykit.rules.catalogue import GROUPS, RULES
from policykit.rules.correctness import CORRECTNESS
from policykit.rules.explaining import markdown, page
from policykit.rules.rule import Example
from policykit.rules.sample import PAYERS, POLICY, SAMPLE, Link, criterion, library_with, whole
from policykit.shelf import Setting

if TYPE_CHECKING:
    from policykit.checks.subject import HouseRule
    from policykit.problems import Problem
    from policykit.rules.rule import Group, Rule

TODAY: Final = date(2026, 1, 15)


def written(folder: Path, example: Example) -> Path:
    """The sample library with an example in it, as files in a folder."""
    library = folder / "library"
    for name, content in library_with(example).items():
        path = library / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.target)
        else:
            path.write_bytes(content)
    return library


def problems_of(folder: Path, example: Example) -> list[Problem]:
    library = written(folder, example)
    setting = Setting(
        library=library,
        here=library,
        progress=lambda _: None,
        today=example.today or TODAY,
        memory=Memory(),
        sources={},
    )
    ran = run_paths([], setting)
    failed = (problem for each in ran.results for problem in case_problems(each) if problem.rule == CASE_FAILED)
    return [*check_paths([], setting).problems, *failed]


# A document of the name of another has to be in the wrong place.
UNAVOIDABLE: Final = {"repeated-policy": {"misplaced"}}
OF_CORRECTNESS: Final = [rule for rule in RULES.values() if rule.name in CORRECTNESS]
OF_THE_HOUSE: Final = [rule for rule in RULES.values() if rule.name not in CORRECTNESS]
ROOT: Final = Path(__file__).resolve().parent.parent


# Examples


@pytest.mark.parametrize("rule", OF_CORRECTNESS, ids=lambda rule: rule.name)
def test_an_example_that_fails_is_refused_with_its_rule_alone(rule: Rule, tmp_path: Path) -> None:
    found = [each for each in problems_of(tmp_path, rule.fails) if each.rule in CORRECTNESS]
    assert {each.rule for each in found} - UNAVOIDABLE.get(rule.name, set()) == {rule.name}, found
    assert {each.severity for each in found} == {rule.severity}


@pytest.mark.parametrize("rule", OF_CORRECTNESS, ids=lambda rule: rule.name)
def test_an_example_that_passes_is_refused_by_no_rule_of_correctness(rule: Rule, tmp_path: Path) -> None:
    assert not [each for each in problems_of(tmp_path, rule.passes) if each.rule in CORRECTNESS]


@pytest.mark.parametrize("rule", OF_THE_HOUSE, ids=lambda rule: rule.name)
def test_an_example_that_fails_is_correct_and_breaks_its_house_rule(rule: Rule, tmp_path: Path) -> None:
    found = problems_of(tmp_path, rule.fails)
    assert not [each for each in found if each.rule in CORRECTNESS]
    assert {each.severity for each in found if each.rule == rule.name} == {rule.severity}


@pytest.mark.parametrize("rule", OF_THE_HOUSE, ids=lambda rule: rule.name)
def test_an_example_that_passes_is_correct_and_keeps_its_house_rule(rule: Rule, tmp_path: Path) -> None:
    found = problems_of(tmp_path, rule.passes)
    assert not [each for each in found if each.rule in CORRECTNESS | {rule.name}]


@pytest.mark.parametrize("rule", OF_THE_HOUSE, ids=lambda rule: rule.name)
def test_a_house_rule_is_broken_where_it_says_so(rule: Rule, tmp_path: Path) -> None:
    files = {name: content for name, content in library_with(rule.fails).items() if isinstance(content, bytes)}
    for each in problems_of(tmp_path, rule.fails):
        if each.rule == rule.name:
            lines = files[each.where.file].decode().splitlines()
            assert 1 <= each.where.line <= len(lines)
            assert lines[each.where.line - 1][each.where.column - 1 :].strip()


def test_the_sample_library_is_correct(tmp_path: Path) -> None:
    as_it_is = whole(PAYERS, SAMPLE[PAYERS])
    assert not [each for each in problems_of(tmp_path, as_it_is) if each.rule in CORRECTNESS]


def test_an_example_stands_in_its_frame_at_the_right_indentation() -> None:
    text = library_with(criterion("all:\n  - {use: grown-up}\n\n  - {use: grown-up}"))[POLICY]
    assert isinstance(text, bytes)
    assert b"\n            when:\n              all:\n                - {use: grown-up}\n\n                - {" in text
    assert b"[...]" not in text


def test_what_cannot_be_shown_is_written_as_it_is_meant() -> None:
    example = Example(name="a.yaml", text=r"a: \tb \x96 c \u00a0 d \n \\", form="escaped")
    assert library_with(example)["a.yaml"] == b"a: \tb \x96 c \xc2\xa0 d \\n \\\\\n"


def test_a_line_is_repeated_as_often_as_is_said() -> None:
    example = Example(name="a.yaml", text="a:\n  - b\n  [...]\n  - c", repeats=2)
    assert library_with(example)["a.yaml"] == b"a:\n  - b\n  - b\n  - b\n  - c\n"


# The catalogue


def test_every_rule_in_the_code_has_its_page() -> None:
    assert rules_in_the_code() <= RULES.keys()


def test_every_rule_has_one_page_under_its_name() -> None:
    names = [rule.name for group in GROUPS for rule in group.rules]
    assert len(names) == len(set(names))
    assert list(RULES) == names
    assert CORRECTNESS.isdisjoint({each.rule.name for each in HOUSE_RULES} | {rule.name for rule in ALLOWANCES})


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.title)
def test_the_rules_of_the_house_and_no_others_can_be_turned_off(group: Group) -> None:
    house = {each.rule.name for each in HOUSE_RULES}
    assert all((rule.name in house) == group.may_be_allowed for rule in group.rules)


@pytest.mark.parametrize("rule", HOUSE_RULES, ids=lambda house: house.rule.name)
def test_a_house_rule_looks_at_policies_or_at_the_library(rule: HouseRule) -> None:
    assert (rule.of_policy is None) != (rule.of_library is None)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_page_is_made_of_sentences(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    for text in (rule.summary, rule.why, rule.remedy):
        assert re.match(r"[A-Z`]", text)
        assert text.endswith(".")
        assert text.count("`") % 2 == 0
        assert text == " ".join(text.split())
        assert 15 <= len(text) <= 480
    assert len(rule.summary) <= 200
    assert rule.summary.removesuffix(".") not in rule.why
    assert rule.fails != rule.passes


def test_no_two_rules_say_the_same() -> None:
    for texts in zip(*((rule.summary, rule.why, rule.remedy) for rule in RULES.values()), strict=True):
        assert len(texts) == len(set(texts))


# The page of all rules


def test_the_page_of_rules_is_what_the_rules_say() -> None:
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == markdown(GROUPS), "write it anew: policykit rule --format markdown > docs/rules.md"


def test_the_page_of_rules_has_a_heading_for_every_rule_and_leads_to_it() -> None:
    text = markdown(GROUPS)
    assert re.findall(r"^### (.*)$", text, re.MULTILINE) == list(RULES)
    assert re.findall(r"\]\(#(.*?)\)", text) == list(RULES)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert all(len(line) <= 120 or line.startswith("<!--") for line in prose.splitlines())


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_the_page_shows_both_examples(rule: Rule) -> None:
    text = page(rule)
    for example in (rule.fails, rule.passes):
        assert example.text in text
        assert example.name in text
    assert text.count("```") % 2 == 0
