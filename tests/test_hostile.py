"""Hostile or careless input: whatever it is, it gives problems with a rule and a place, soon, and no traceback."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import pytest
from samples import (
    NAME,
    VOCABULARY,
    coverage,
    entry,
    policy,
    problems_in,
    problems_of_case,
    sample,
    statement,
    texts,
    unmarked,
    when,
)

from policykit.cases import check_cases
from policykit.checking import check_files
from policykit.folder import read_file
from policykit.reading import criteria

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from policykit.problems import Problem

SOON = 60.0  # seconds, on the busiest machine; what is hostile here would otherwise take hours, or for ever


@pytest.fixture(autouse=True)
def _soon() -> Iterator[None]:
    began = monotonic()
    yield
    assert monotonic() - began < SOON


def told(problems: tuple[Problem, ...]) -> list[tuple[str, int, int]]:
    return [(problem.rule, problem.where.line, problem.where.column) for problem in problems]


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("0587", ["unquoted", "malformed-code"]),
        ("00142", ["unquoted"]),
        ("7E1", ["unquoted", "malformed-code"]),
        ("3E03317", ["unquoted", "malformed-code"]),
        ("64714", ["wrong-type"]),
    ],
)
def test_a_code_without_quotes_is_told_at_its_place(code: str, rules: list[str]) -> None:
    text, line, column = unmarked(coverage("- outcome: covered").replace('["64714"]', f"[⌖{code}]"))
    problems = problems_in(texts(text))
    assert told(problems)[0] == (rules[0], line, column)
    assert {problem.rule for problem in problems} <= set(rules)


def test_codes_that_yaml_would_take_for_one_infinity_are_both_told() -> None:
    text = coverage("- outcome: covered").replace('{cpt: ["64714"]}', "{icd10pcs: [3E03317, 3E04317]}")
    assert [problem.rule for problem in problems_in(texts(text))] == ["unquoted", "unquoted"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2026-02-30", "there is no such date"),
        ("20260115", "this is not a date"),
        ("2026-W03", "there is no such date"),
        ("2026-1-5", "there is no such date"),
        ('"2026-02-30"', "there is no such date"),
        ("2026-01-15T00:00:00", "there is no such date"),
        ("2026", "this is not a date"),
        ("2026-01", "there is no such date"),
        ("never", "there is no such date"),
    ],
)
def test_a_date_of_another_spelling_is_told_at_its_place(written: str, message: str) -> None:
    text, line, column = unmarked(policy(entry("first", "new", f"⌖{written}")))
    problems = problems_in(texts(text))
    assert told(problems) == [("malformed-date", line, column)]
    assert problems[0].message == message
    assert problems[0].help == "a date is written YYYY-MM-DD"
    text, line, column = unmarked(f"policy: acme/p1\ndate_of_service: ⌖{written}\n")
    assert told(problems_of_case(text)) == [("malformed-date", line, column)]


def test_a_title_that_ends_in_a_line_feed_is_told() -> None:
    text, line, column = unmarked(
        policy(entry("first", "new", "2020-01-01")).replace("title: A policy", 'title: ⌖"x\\n"')
    )
    assert told(problems_in(texts(text))) == [("malformed", line, column)]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", ["facts.yaml", "payers.yaml", "codes.yaml", NAME])
@pytest.mark.parametrize(
    ("content", "rule", "line", "column"),
    [
        (bomb(5), "anchor-or-alias", 1, 5),
        ("a: &a {x: 1}\nb: &b {<<: [*a, *a]}\nc: {<<: [*b, *b]}\n", "anchor-or-alias", 1, 4),
        ("a: {b: 1}\nc: {<<: {b: 1}}\n", "merge-key", 2, 5),
        ("a: !!python/object/apply:os.system [ls]\n", "tag", 1, 4),
        ("%YAML 1.1\n---\na: 0587\n", "directive", 1, 1),
        ("a: 1\n---\na: 2\n", "several-documents", 2, 1),
        ("a: 1\n...\n---\na: 2\n", "several-documents", 3, 1),
        ("", "empty-document", 1, 1),
        ("\n\n", "empty-document", 1, 1),
        ("# only a comment\n", "empty-document", 1, 1),
        ("a: [", "syntax", 1, 5),
        ('a: "b', "syntax", 1, 4),
        ("a: 'b\n", "syntax", 1, 4),
        ("[" * 200, "too-deep", 1, 49),
        ("- " * 200, "too-deep", 1, 97),
        ("{a: " * 200, "too-deep", 1, 193),
        ("? " * 200, "key-not-text", 1, 3),
        ("a:\tb\n", "invisible-character", 1, 3),
    ],
)
def test_what_cannot_be_read_is_one_problem_with_a_place_in_every_kind_of_document(
    kind: str, content: str, rule: str, line: int, column: int
) -> None:
    problems = check_files(
        {**{name: text.encode() for name, text in VOCABULARY.items()}, kind: content.encode()}
    ).problems
    assert told(problems) == [(rule, line, column)]
    assert problems[0].where.file == kind
    stated, problems = check_cases("case.yaml", content.encode(), sample())
    assert (told(problems), stated) == ([(rule, line, column)], ())


@pytest.mark.parametrize(
    ("content", "rule", "line", "column"),
    [
        (COVERED_UTF_16 := coverage("- outcome: covered").encode("utf-16"), "not-utf-8", 1, 1),
        (coverage("- outcome: covered").encode("utf-16-be"), "invisible-character", 1, 1),
        (coverage("- outcome: covered").replace("A policy", "Poliçy").encode("latin-1"), "not-utf-8", 3, 12),
        (coverage("- outcome: covered").encode("utf-8-sig"), "invisible-character", 1, 1),
        (b"a: 1\x00\n", "invisible-character", 1, 5),
        (b"\x89PNG\r\n\x1a\n", "not-utf-8", 1, 1),
        (b"a: \xed\xa0\x80\n", "not-utf-8", 1, 4),
    ],
)
def test_bytes_of_another_kind_are_told_with_their_place(content: bytes, rule: str, line: int, column: int) -> None:
    files = {name: text.encode() for name, text in VOCABULARY.items()}
    assert told(check_files({**files, NAME: content}).problems) == [(rule, line, column)]
    assert told(check_cases("case.yaml", content, sample())[1]) == [(rule, line, column)]


def test_a_file_of_ten_megabytes_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a: 1\n" * 2_000_000)
    content = read_file(path)
    assert isinstance(content, bytes)
    assert len(content) == 2**20 + 1
    files = {name: text.encode() for name, text in VOCABULARY.items()}
    assert told(check_files({**files, NAME: content}).problems) == [("too-large", 1, 1)]


@pytest.mark.parametrize("word", [".nan", ".NaN", ".inf", "-.inf", "1e999", "nan", "NaN"])
def test_what_is_no_number_does_not_pass_for_one(word: str) -> None:
    text, line, column = unmarked(when(f"{{fact: patient.weight, at_least: ⌖{word}}}"))
    rule = "wrong-type" if word in {"nan", "NaN"} else "unquoted"
    assert (rule, line, column) in told(problems_in(texts(text)))
    text, line, column = unmarked(f"policy: acme/p1\ndate_of_service: 2026-01-15\nfacts: {{patient.weight: ⌖{word}}}\n")
    assert (rule, line, column) in told(problems_of_case(text))


@pytest.mark.parametrize("number", ["9" * 5000, "0." + "1" * 5000, "-" + "9" * 5000, "9" * 16])
def test_a_number_of_very_many_digits_is_told(number: str) -> None:
    text, line, column = unmarked(when(f"{{fact: patient.weight, at_least: ⌖{number}}}"))
    problems = problems_in(texts(text))
    assert told(problems)[0] == ("number-too-long", line, column)
    assert len(str(problems[0])) < 300


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\u00a0", "\u00ad", "\ufe0f", "\U000e0041"])
def test_what_cannot_be_seen_is_told_raw_and_by_escape(character: str) -> None:
    for written in (f"sur⌖{character}gery.urgent", f'⌖"sur\\U{ord(character):08x}gery.urgent"'):
        text, line, column = unmarked(when(f"{{fact: {written}, is: true}}"))
        assert told(problems_in(texts(text)))[0] == ("invisible-character", line, column)


@pytest.mark.parametrize("place", ["title", "summary", "revision", "ask", "payer"])
def test_a_lone_surrogate_by_escape_is_told_and_breaks_nothing(place: str) -> None:
    text = policy(entry("first", "new", "2020-01-01"))
    swaps = {
        "title": ("A policy", '"\\ud800"'),
        "summary": ("Something.", '"\\ud800"'),
        "revision": ("revision: first", 'revision: "\\ud800"'),
    }
    files = texts(text)
    if place in swaps:
        files = texts(text.replace(*swaps[place]))
    elif place == "ask":
        files = texts(text, facts=VOCABULARY["facts.yaml"].replace("Is it urgent?", '"\\ud800"'))
    else:
        files = texts(text, payers=VOCABULARY["payers.yaml"].replace("Acme Health Plan", '"\\ud800"'))
    problems = problems_in(files)
    assert "invisible-character" in {problem.rule for problem in problems}


def test_a_use_bomb_is_told_before_it_is_written_out() -> None:
    levels = 30
    named = "  c0: {any: [{fact: surgery.urgent, is: true}, {fact: patient.age, at_least: 18}]}\n" + "".join(
        f"  c{n}: {{any: [{{use: c{n - 1}}}, {{use: c{n - 1}}}]}}\n" for n in range(1, levels)
    )
    problems = problems_in(texts(when("{use: c29}", top="criteria:\n" + named)))
    assert {problem.rule for problem in problems} == {"too-large"}
    # It is told where it becomes too much: 3 * 2**n - 1 criteria are in the one numbered n.
    assert problems[0].where.line == 6 + 1 + 12


def test_a_long_chain_of_uses_is_told() -> None:
    named = "".join(f"  c{n}: {{use: c{n + 1}}}\n" for n in range(2000)) + "  c2000: {fact: surgery.urgent, is: true}\n"
    problems = problems_in(texts(when("{use: c0}", top="criteria:\n" + named)))
    assert {problem.rule for problem in problems} == {"too-deep"}


def chain(levels: int, order: int) -> str:
    """A policy with so many criteria, each within the next by its name, defined upwards (1) or downwards (-1)."""
    lines = ["  c0: {fact: surgery.urgent, is: true}\n"]
    lines += [f"  c{number}: {{all: [{{use: c{number - 1}}}]}}\n" for number in range(1, levels)]
    return when(f"{{use: c{levels - 1}}}", top="criteria:\n" + "".join(lines[::order]))


@pytest.mark.parametrize("levels", [1, 20, 29, 30, 31, 32, 59, 60, 61, 200])
def test_how_deep_criteria_may_be_does_not_hang_on_the_order_of_their_definitions(levels: int) -> None:
    found = [{problem.rule for problem in problems_in(texts(chain(levels, order)))} for order in (1, -1)]
    assert found[0] == found[1]
    if levels <= 20:
        assert found[0] == set()
    if levels > criteria.MAX_NESTED:
        assert found[0] == {"too-deep"}


@pytest.mark.parametrize(
    ("criterion", "rules"),
    [
        ("{{any: [{}]}}".format(", ".join(["{fact: surgery.urgent, is: true}"] * 9)), []),
        ("{{any: [{}]}}".format(", ".join(["{fact: surgery.urgent, is: true}"] * 10)), ["too-large"]),
        ("{{any: [{{use: five}}, {}]}}".format(", ".join(["{fact: surgery.urgent, is: true}"] * 4)), []),
        ("{{any: [{{use: five}}, {}]}}".format(", ".join(["{fact: surgery.urgent, is: true}"] * 5)), ["too-large"]),
        ("{any: [{all: [{use: five}, {fact: surgery.urgent, is: true}]}, {fact: surgery.urgent, is: true}]}", []),
        ("{any: [{use: five}, {use: five}]}", ["too-large"]),
    ],
)
def test_a_criterion_may_be_as_large_as_the_limit_and_no_larger(
    criterion: str, rules: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert criteria.MAX_EXPANDED == 10_000
    monkeypatch.setattr(criteria, "MAX_EXPANDED", 10)
    named = "criteria: {{five: {{all: [{}]}}}}".format(", ".join(["{fact: surgery.urgent, is: true}"] * 4))
    assert [problem.rule for problem in problems_in(texts(when(criterion, top=named)))] == rules


def test_many_uses_of_a_large_criterion_are_not_written_out() -> None:
    named = (
        "  c0: {any: ["
        + ", ".join(["{fact: surgery.urgent, is: true}"] * 20)
        + "]}\n"
        + "".join(f"  c{n}: {{any: [" + ", ".join([f"{{use: c{n - 1}}}"] * 20) + "]}\n" for n in range(1, 3))
    )
    statements = "- {outcome: covered, when: {use: c2}}\n" * 3000 + "- outcome: not-covered\n"
    assert problems_in(texts(coverage(statements, top="criteria:\n" + named))) == ()


def test_many_uses_of_a_large_value_set_are_read_once() -> None:
    listed = ", ".join(f'"{number:05}"' for number in range(10_000))
    top = f"value_sets:\n  many: {{cpt: [{listed}]}}\n"
    statements = (
        "- {outcome: covered, when: {fact: prior.code, in: {value_set: many}}}\n" * 300 + "- outcome: not-covered\n"
    )
    assert problems_in(texts(coverage(statements, top=top))) == ()


def test_a_long_list_of_different_things_is_compared_in_one_pass() -> None:
    words = ",\n    ".join(f"w{number}" for number in range(20_000))
    text, line, column = unmarked(coverage("- outcome: covered", more=f"related: ⌖[{words}, w0]"))
    assert told(problems_in(texts(text))) == [("repeated", line, column)]


def test_many_unknown_facts_are_told_soon() -> None:
    facts = "".join(f"  patient.agg{number}: 1\n" for number in range(10_000))
    problems = problems_of_case(f"policy: acme/p1\ndate_of_service: 2026-01-15\nfacts:\n{facts}")
    assert {problem.rule for problem in problems} == {"unknown-fact"}


def test_many_unknown_keys_are_told_soon() -> None:
    keys = "".join(f"histori{number}: 1\n" for number in range(10_000))
    problems = problems_in(texts(policy(entry("first", "new", "2020-01-01")) + keys))
    assert len(problems) == 10_000


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x " * 500_000,
        "[" + "1, " * 90_000 + "1]",
        "a: '" + "x\n " * 300_000 + "'",
        'a: "' + "\\u0041" * 150_000 + '"',
        "a: |\n" + " x\n" * 300_000,
        "#" * 1_000_000,
        "#\n" * 500_000 + "%",
        "a: 1" + "\n" * 1_000_000,
        " " * 1_000_000,
        "1" * 1_000_000,
        "1:1" + ":1" * 400_000,
        "-" * 1_000_000,
        "!" * 1_000_000,
        "a" * 1_000_000 + ": 1",
        "a: {" * 20 + "b: " * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_whatever_fills_a_file_it_is_read_or_refused_soon(text: str) -> None:
    files = {name: each.encode() for name, each in VOCABULARY.items()}
    assert check_files({**files, NAME: text.encode()}).problems


@pytest.mark.parametrize(
    "root",
    ["[]", "[a]", "a", "1", "true", '""', "{}", "{a: b}", "[[[]]]", "{history: {}}", "{facts: []}", "{cases: 1}"],
)
@pytest.mark.parametrize("kind", ["facts.yaml", "payers.yaml", "codes.yaml", NAME])
def test_a_document_of_the_wrong_shape_is_told(kind: str, root: str) -> None:
    files = {name: text.encode() for name, text in VOCABULARY.items()}
    assert check_files({**files, kind: root.encode()}).problems
    assert check_cases("case.yaml", root.encode(), sample())[1]


SHAPES = [
    "null",
    "1",
    "2.5",
    "true",
    "word",
    '""',
    "[]",
    "[1]",
    "[[a]]",
    "[null]",
    "{}",
    "{a: 1}",
    "{outcome: 1}",
    "{cpt: 1}",
    "{value_set: 1}",
]


def each_replaced(text: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Every line of a block-style text of which the value can be replaced."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        key, colon, _ = line.partition(": ")
        if colon:
            yield (
                key.strip(" -"),
                lambda value, number=number, key=key: "\n".join(
                    [*lines[:number], f"{key}: {value}", *lines[number + 1 :]]
                ),  # type: ignore[misc]
            )


FULL = """\
format: 1
policy: acme/p1
title: A policy
payer: acme
kind: coverage-policy
value_sets:
  tests: [mri, ct]
  codes: {cpt: ["64714"]}
criteria:
  adult: {fact: patient.age, at_least: 18}
history:
  - revision: first
    change: new
    summary: Something.
    effective: 2020-01-01
    through: 2030-01-01
    known_from: 2020-01-01
    applies_by: date-of-service
    reading: A choice.
    source: {title: A source, retrieved: 2020-01-01}
    subject_to: [a plan]
    services:
      - service: Operation
        codes: {value_set: codes}
        code_notes: [a note]
        coverage:
          - outcome: covered
            cite: A
            when:
              id: all-of-it
              count_at_least: 1
              of:
                - use: adult
                - fact: tests.done
                  has_any: {value_set: tests}
                - fact: prior.code
                  is: {cpt: "64714"}
                - fact: quit.date
                  within_last: 2 years
                - fact: scan.last
                  before: date_of_service
                - fact: pain.level
                  in: [mild]
                - fact: patient.weight
                  more_than: 2.5
          - outcome: not-covered
  - revision: second
    change: correction
    summary: Something else.
    effective: 2021-01-01
    known_from: 2021-01-01
    replaces: first
    services: unchanged
  - revision: third
    change: withdrawn
    summary: Void.
    known_from: 2022-01-01
    withdraws: second
"""
CASES = """\
format: 1
policy: acme/p1
payer: acme
cases:
  - case: A title
    policy: acme/p1
    payer: acme
    date_of_service: 2026-01-15
    claim_processed: 2026-01-15
    known_on: 2026-01-15
    service: {cpt: "64714"}
    diagnoses: {icd10cm: ["G54.1"]}
    facts:
      patient.birth_date: 2000-01-01
      patient.age: 26
      patient.weight: 2.5
      tests.done: [mri]
      pain.level: mild
      prior.code: {cpt: "64714"}
      prior.codes: {cpt: ["64714"]}
      quit.date: never
      surgery.urgent: true
    expect:
      outcome: covered
      to: someone
      possible: [covered]
      revision: first
      reason: retired
      statement: 1
      missing: []
      advisories: []
  - case: Another
    date_of_service: 2026-01-15
    expect:
      problem: unknown-fact
"""


def test_the_full_documents_are_sound() -> None:
    assert problems_in(texts(FULL)) == ()


@pytest.mark.parametrize("value", SHAPES)
def test_whatever_stands_under_a_key_of_a_policy_it_is_read_or_told(value: str) -> None:
    for _, replaced in each_replaced(FULL):
        for problem in problems_in(texts(replaced(value))):
            assert problem.where.line >= 1


@pytest.mark.parametrize("value", SHAPES)
def test_whatever_stands_under_a_key_of_a_case_it_is_read_or_told(value: str) -> None:
    for _, replaced in each_replaced(CASES):
        for problem in problems_of_case(replaced(value)):
            assert problem.where.line >= 1


@pytest.mark.parametrize("value", SHAPES)
@pytest.mark.parametrize("name", VOCABULARY)
def test_whatever_stands_under_a_key_of_the_vocabulary_it_is_read_or_told(name: str, value: str) -> None:
    for _, replaced in each_replaced(VOCABULARY[name]):
        for problem in problems_in({**texts(policy(entry("first", "new", "2020-01-01"))), name: replaced(value)}):
            assert problem.where.line >= 1


def test_a_statement_may_be_anything_without_a_traceback() -> None:
    for value in SHAPES:
        for where in (
            "- {{outcome: covered, when: {}}}\n- outcome: not-covered",
            "- {}",
            "- {{outcome: {}}}",
            "- {{outcome: deferred, to: {}}}",
        ):
            for problem in problems_in(texts(coverage(where.format(value)))):
                assert problem.where.line >= 1
    assert problems_in(texts(coverage(f"- {statement('deferred')}"))) == ()
