from __future__ import annotations

import json
import re
from datetime import date
from hashlib import sha256
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

import pytest
import strategies
from examples import law
from hypothesis import event, given
from hypothesis import strategies as st
from samples import (
    CODES,
    COVERED,
    FACTS,
    PAYERS,
    checked_in,
    coverage,
    entry,
    holdings_of,
    policy,
    texts,
    unmarked,
    when,
)

from policykit.checking import check_files
from policykit.plain import policy_as_data
from policykit.policy import Kind
from policykit.problems import Problem
from policykit.published import (
    Published,
    check_published,
    fact_digest,
    facts_asked,
    publication,
    published_text,
    read_published,
    revision_digests,
    to_record,
)
from policykit.schema import check_schema
from policykit.source import read_document
from policykit.vocabulary import PUBLISHED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.checking import Checked
    from policykit.document import Document

P1: Final = "acme/p1.yaml"
NOTHING: Final = Published(revisions={}, facts={})


def document_of(text: str) -> Document:
    """The record in a text, which is held against its schema."""
    document, problems = read_document(PUBLISHED, text.encode())
    assert document is not None
    assert not [*problems, *check_schema(document, "published")]
    return document


def recorded(files: Mapping[str, str], *names: str, before: str = "") -> str:
    """The text of the record once these policies, or all, are published."""
    holdings = holdings_of(files)
    chosen = [each for each in holdings.policies.values() if not names or each.id in names]
    earlier = read_published(document_of(before)) if before else NOTHING
    return published_text(publication(earlier, chosen, holdings.vocabulary))


def unsound(checked: Checked) -> set[str]:
    return {problem.where.file for problem in checked.problems}


def compared(record: str, files: Mapping[str, str], missing: frozenset[str] = frozenset()) -> list[Problem]:
    """What is wrong with what these documents make of the history in a record."""
    checked = checked_in(files)
    found: list[Problem] = []
    check_published(
        document_of(record),
        checked.holdings.policies,
        checked.holdings.vocabulary,
        found.append,
        unsound=unsound(checked) | missing,
    )
    return found


def told(record: str, files: Mapping[str, str]) -> list[tuple[str, str, int, int]]:
    """The rule and the place of each problem."""
    return [(each.rule, each.where.file, each.where.line, each.where.column) for each in compared(record, files)]


THREE: Final = [
    entry("a", "new", "2020-01-01"),
    entry("b", "criteria", "2021-01-01", "not-covered"),
    entry("c", "retired", "2022-01-01", "none"),
]


def history(*entries: str) -> dict[str, str]:
    return texts(policy("".join(entries)))


RECORD: Final = recorded(history(*THREE))


# The digest


def test_the_digest_of_an_entry_stays_what_it_was_in_earlier_versions() -> None:
    # Whoever changes this makes every record that there is wrong.
    policies = holdings_of(texts(when("{fact: patient.age, at_least: 18, id: adult, says: Grown up}"))).policies
    covered = '{"outcome":"covered","when":{"at_least":18,"fact":"patient.age","id":"adult","says":"Grown up"}}'
    services = (
        f'[{{"codes":{{"cpt":["64714"]}},"coverage":[{covered},{{"outcome":"not-covered"}}],"service":"Operation"}}]'
    )
    said = (
        '{"entry":{"applies_by":"date-of-service","change":"new","effective":"2020-01-01","revision":"first",'
        f'"services":{services},"summary":"The first."}},"kind":"coverage-policy","policy":"acme/p1"}}'
    )
    assert revision_digests(policies["acme/p1"]) == {"first": f"sha256:{sha256(said.encode()).hexdigest()}"}
    said = '{"derived":{"whole_years_since":"patient.birth_date"},"may_be_never":false,"type":"integer","unit":"years"}'
    age = holdings_of(texts(COVERED)).vocabulary.facts["patient.age"]
    assert fact_digest(age) == f"sha256:{sha256(said.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("surgery.urgent, is: true", "surgery.urgent, is: false"),
        ("says: Urgent", "says: Very urgent"),
        ("id: urgent", "id: very-urgent"),
        ("is: true, ", "is: true, cite: Page 1, "),
        ("outcome: covered", "outcome: medically-necessary"),
        ("outcome: not-covered", "outcome: not-covered, says: Otherwise"),
        ("change: new", "change: criteria"),
        ("summary: The first.", "summary: The very first."),
        ("effective: 2020-01-01", "effective: 2020-01-02"),
        ("effective: 2020-01-01", "effective: 2020-01-01\n    known_from: 2019-12-01"),
        ("effective: 2020-01-01", "effective: 2020-01-01\n    next_review: 2021-12-01"),
        ("effective: 2020-01-01", "effective: 2020-01-01\n    applies_by: claim-processed"),
        ("effective: 2020-01-01", "effective: 2020-01-01\n    source: {title: A policy}"),
        ("service: Operation", "service: An operation"),
        ('cpt: ["64714"]', 'cpt: ["64714", "64715"]'),
        ('cpt: ["64714"]', 'hcpcs: ["G0297"]'),
        ("revision: first", "revision: First"),
        ("kind: coverage-policy", "kind: lcd"),
    ],
)
def test_whatever_a_published_entry_says_cannot_be_changed(old: str, new: str) -> None:
    text = coverage("""
        - {outcome: covered, when: {fact: surgery.urgent, is: true, id: urgent, says: Urgent}}
        - {outcome: not-covered}
        """)
    assert old in text
    record = recorded(texts(text))
    assert compared(record, texts(text)) == []
    rules = {problem.rule for problem in compared(record, texts(text.replace(old, new)))}
    assert rules == {"published-removed" if "First" in new else "published-altered"}


def test_what_says_nothing_else_can_be_changed() -> None:
    top = """
        value_sets: {ours: {cpt: ["64714"]}, strong: [severe, moderate]}
        criteria: {urgent: {fact: surgery.urgent, is: true, says: Urgent}}
        """
    named = coverage(
        """
        - outcome: covered
          when:
            all: [{use: urgent}, {fact: pain.level, in: {value_set: strong}}]
        - outcome: not-covered
        """,
        top=top,
    ).replace('codes: {cpt: ["64714"]}', "codes: {value_set: ours}")
    written = coverage("""
        # A comment.
        - when:
            all:
              - {says: Urgent, is: true, fact: "surgery.urgent"}
              - fact: pain.level
                in: [severe,
                     'moderate']
          outcome: covered
        - {outcome: not-covered}
        """).replace("title: A policy", "title: Another title")
    for one, other in permutations((named, written)):
        assert compared(recorded(texts(one)), texts(other)) == []


def test_a_rule_that_is_turned_off_is_no_part_of_what_is_published() -> None:
    allowed = COVERED.replace("change: new", "change: new\n    allow: {no-cite: The source has no pages}")
    assert allowed != COVERED
    assert compared(recorded(texts(COVERED)), texts(allowed)) == []


# What was published, and what became of it


def test_an_altered_entry_is_told_at_the_entry_with_the_way_to_correct_it() -> None:
    text, line, column = unmarked(policy("".join(THREE)).replace("revision: b", "⌖revision: b"))
    altered = text.replace("outcome: not-covered", "outcome: covered")
    (problem,) = compared(RECORD, texts(altered))
    assert problem.message == "`b` has been altered since it was published"
    assert (problem.rule, problem.severity) == ("published-altered", "error")
    assert (problem.where.file, problem.where.line, problem.where.column) == (P1, line, column)
    assert problem.help is not None
    assert "`policykit revise acme/p1 --correct b --effective DATE --known-from DATE --summary TEXT`" in problem.help
    assert problem.help.startswith("put it back ")
    assert "`policykit diff acme/p1 --from COMMIT` shows what was altered" in problem.help


def test_every_altered_entry_is_told() -> None:
    altered = policy("".join(THREE)).replace("Something.", "Something else.")
    assert [
        message.partition("`")[2][0] for message in (each.message for each in compared(RECORD, texts(altered)))
    ] == [*"abc"]


def test_what_a_correction_cannot_replace_is_withdrawn() -> None:
    (problem,) = compared(RECORD, history(*THREE[:2], THREE[2].replace("2022", "2023")))
    assert "`policykit revise acme/p1 --withdraw c --known-from DATE --summary TEXT`" in (problem.help or "")
    assert "enter what is right anew" in (problem.help or "")


def test_the_way_out_is_to_correct_what_stands_now() -> None:
    more = [
        *THREE[:2],
        entry("b2", "correction", "2021-02-01", known_from="2021-03-01", replaces="b"),
        entry("b3", "correction", "2021-02-02", known_from="2021-04-01", replaces="b2"),
    ]
    record = recorded(history(*more))
    (problem,) = compared(record, history(more[0], more[1].replace("2021", "2022"), *more[2:]))
    assert "--correct b3 " in (problem.help or "")
    withdrawn = [*THREE[:2], entry("w", "withdrawn", None, "none", known_from="2021-03-01", withdraws="b")]
    record = recorded(history(*withdrawn))
    (problem,) = compared(record, history(withdrawn[0], withdrawn[1].replace("2021", "2022"), withdrawn[2]))
    assert "it has been withdrawn, and what is right can be entered anew" in (problem.help or "")
    assert "policykit revise" not in (problem.help or "")


def test_another_kind_of_policy_is_told_once() -> None:
    (problem,) = compared(RECORD, texts(policy("".join(THREE), kind=Kind.LCD)))
    assert problem.message == "the kind of `acme/p1` was `coverage-policy` when it was published"
    assert (problem.rule, problem.where.file, problem.where.line) == ("published-altered", P1, 1)
    assert problem.help == "write `kind: coverage-policy` again"


def test_an_entry_that_is_gone_is_told_where_it_is_recorded() -> None:
    (problem,) = compared(RECORD, history(THREE[0], THREE[2]))
    assert problem.message == "`b` of `acme/p1` was published, and is not in acme/p1.yaml any more"
    assert problem.rule == "published-removed"
    line = next(number for number, line in enumerate(RECORD.splitlines(), 1) if '"b"' in line)
    assert (problem.where.file, problem.where.line, problem.where.column) == (PUBLISHED, line, 5)
    assert "`policykit revise acme/p1 --withdraw b --known-from DATE --summary TEXT`" in (problem.help or "")


def test_an_entry_under_another_name_is_gone() -> None:
    assert told(RECORD, history(THREE[0], THREE[1].replace("revision: b", "revision: x"), THREE[2])) == [
        ("published-removed", PUBLISHED, 6, 5),
        ("published-order", P1, 13, 5),
    ]


def test_a_document_that_is_gone_is_told_where_it_is_recorded() -> None:
    files = {**history(*THREE), "acme/p2.yaml": COVERED.replace("acme/p1", "acme/p2")}
    record = recorded(files)
    del files[P1]
    (problem,) = compared(record, files)
    assert problem.message == "`acme/p1` was published, and there is no acme/p1.yaml any more"
    assert (problem.rule, problem.where.file, problem.where.line) == ("published-removed", PUBLISHED, 4)
    assert "`policykit revise acme/p1 --retire --effective DATE`" in (problem.help or "")


@pytest.mark.parametrize(
    "text",
    [
        "format: 1\n",
        "a: [\n",
        policy("".join(THREE)).replace("payer: acme", "payer: acne"),
        policy("".join(THREE)).replace("change: criteria", "change: citeria"),
        policy("".join(THREE)).replace("outcome: not-covered", "outcome: not-covert"),
        policy("".join(THREE)).replace("acme/p1", "acme/p2"),
        policy("".join((*THREE, THREE[0]))),
    ],
)
def test_of_a_document_with_other_problems_nothing_is_claimed(text: str) -> None:
    assert check_files({name: text.encode() for name, text in texts(text).items()}).problems
    assert compared(RECORD, texts(text)) == []


def test_of_a_policy_in_another_file_nothing_is_claimed() -> None:
    files = {**history(*THREE), "acme/p3.yaml": history(*THREE[:2])[P1]}
    del files[P1]
    assert "misplaced" in {each.rule for each in check_files({name: files[name].encode() for name in files}).problems}
    assert compared(RECORD, files) == []


def test_of_a_document_that_cannot_be_read_nothing_is_claimed() -> None:
    files = history(*THREE)
    del files[P1]
    assert [each.rule for each in compared(RECORD, files)] == ["published-removed"]
    assert compared(RECORD, files, frozenset({P1})) == []


@pytest.mark.parametrize("name", VOCABULARY)
def test_over_a_faulty_vocabulary_nothing_is_claimed(name: str) -> None:
    record = recorded(texts(when("{fact: patient.age, at_least: 18}")))
    altered = texts(when("{fact: patient.age, at_least: 19}"))
    assert len(compared(record, altered)) == 1
    assert compared(record, {**altered, name: "format: 2\n"}) == []


def test_an_unpublished_entry_above_a_published_one_is_told_there() -> None:
    fresh = entry("x", "criteria", "2020-06-01").replace("revision", "⌖revision")
    text, line, column = unmarked(policy("".join((THREE[0], fresh, *THREE[1:]))))
    (problem,) = compared(RECORD, texts(text))
    assert problem.message == "`x` is not published, and stands above `c`, which is"
    assert problem.rule == "published-order"
    assert (problem.where.file, problem.where.line, problem.where.column) == (P1, line, column)


def test_published_entries_stay_in_their_order() -> None:
    for order in permutations(range(3)):
        if order[0] == 0 or "new" in THREE[order[0]]:
            found = compared(RECORD, history(*(THREE[each] for each in order)))
            rules = [problem.rule for problem in found]
            assert rules == ([] if order == (0, 1, 2) else ["published-order"])
    (problem,) = compared(RECORD, history(THREE[0], THREE[2], THREE[1]))
    assert problem.message == "`b` was published before `c`, which stands above it"


def test_a_correction_a_withdrawal_and_a_review_can_be_appended() -> None:
    more = [
        entry("r", "review", "2021-06-01", "unchanged", known_from="2022-01-01"),
        entry("b2", "correction", "2021-02-01", known_from="2022-02-01", replaces="b"),
        entry("w", "withdrawn", None, "none", known_from="2022-03-01", withdraws="c"),
        entry("e", "retired", "2023-01-01", "none", known_from="2022-12-01"),
    ]
    for count in range(5):
        files = history(*THREE, *more[:count])
        assert compared(RECORD, files) == []
        # And they are visible: published by and by, each in its line, below the others.
        record = recorded(files, before=RECORD)
        assert [line.split('"')[1] for line in record.splitlines() if '"' in line] == [
            "a",
            "b",
            "c",
            "r",
            "b2",
            "w",
            "e",
        ][: 3 + count]
        assert all(line in record.splitlines() for line in RECORD.splitlines())
        assert compared(record, files) == []


# Facts

ASKS: Final = texts(when("{all: [{fact: patient.age, at_least: 18}, {fact: pain.level, is: severe}]}"))
ASKED: Final = recorded(ASKS)


def test_the_facts_that_are_asked_for_are_recorded_with_the_dates_that_they_follow_from() -> None:
    facts = [line.partition(":")[0].strip() for line in ASKED.partition("facts:\n")[2].splitlines()]
    assert facts == ["pain.level", "patient.age", "patient.birth_date"]
    assert recorded(texts(COVERED)).endswith("facts: {}\n")


def test_facts_that_are_built_in_are_not_recorded() -> None:
    holdings = holdings_of(texts(when("{any: [{fact: service.place, is: '21'}, {fact: surgery.urgent, is: true}]}")))
    (one,) = holdings.policies["acme/p1"].history
    assert facts_asked(one, holdings.vocabulary) == {"surgery.urgent"}


def test_facts_are_found_in_every_kind_of_criterion() -> None:
    names = ["visit.count", "patient.weight", "surgery.urgent", "quit.years", "scan.last"]
    text = when("""
        all:
          - {fact: visit.count, at_least: 1}
          - any: [{fact: patient.weight, at_least: 1}, {none: [{fact: surgery.urgent, is: true}]}]
          - {count_at_least: 1, of: [{fact: quit.years, at_least: 1}, {fact: scan.last, within_last: 1 year}]}
        """)
    holdings = holdings_of(texts(text))
    (one,) = holdings.policies["acme/p1"].history
    assert facts_asked(one, holdings.vocabulary) == {*names, "quit.date"}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("unit: years", "unit: months", "patient.age"),
        ("    unit: years\n", "", "patient.age"),
        ("type: integer\n    unit: years", "type: number\n    unit: years", ""),
        ("whole_years_since: patient.birth_date", "whole_months_since: patient.birth_date", "patient.age"),
        ("whole_years_since: patient.birth_date", "whole_years_since: quit.date", "patient.age"),
        ("\n    derived: {whole_years_since: patient.birth_date}", "", "patient.age"),
        ("birth_date: {type: date,", "birth_date: {type: date, may_be_never: true,", "patient.birth_date"),
    ],
)
def test_another_meaning_of_a_fact_that_was_asked_for_is_told_at_the_fact(old: str, new: str, place: str) -> None:
    changed = FACTS.replace(old, new, 1)
    assert changed != FACTS
    found = compared(ASKED, {**ASKS, "facts.yaml": changed})
    if not place:  # the vocabulary is wrong already
        assert found == []
        return
    (problem,) = found
    line = next(number for number, line in enumerate(changed.splitlines(), 1) if line.startswith(f"  {place}:"))
    assert problem.message == f"`{place}` means something else than in the published revisions that ask for it"
    assert (problem.rule, problem.where.file) == ("published-altered", "facts.yaml")
    assert (problem.where.line, problem.where.column) == (line, 3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ask: How old is the patient?", "ask: What age has the patient?"),
        ("severe: Severe}", "severe: Very strong, worst: Worst}"),
        ("level: {type: choice,", "level: {type: choice, judgement: true,"),
        ("tests.done: {type: choices", "tests.done: {type: choice"),  # which is not asked for
        ("  visit.count: {type: integer, ask: How many visits were there?}\n", ""),
    ],
)
def test_what_changes_no_meaning_of_a_fact_can_be_changed(old: str, new: str) -> None:
    changed = FACTS.replace(old, new, 1)
    assert changed != FACTS
    assert compared(ASKED, {**ASKS, "facts.yaml": changed}) == []


def test_a_fact_that_is_gone_is_told_where_it_is_recorded() -> None:
    changed = FACTS.replace("pain.level:", "pain.strength:")
    found = compared(ASKED, {**ASKS, "facts.yaml": changed})
    line = next(number for number, line in enumerate(ASKED.splitlines(), 1) if "pain.level" in line)
    assert [(each.rule, each.where.file, each.where.line) for each in found] == [("published-removed", PUBLISHED, line)]
    assert found[0].message.startswith("the fact `pain.level` is not declared any more")


def test_a_fact_that_no_published_revision_asks_for_may_change_until_one_does() -> None:
    files = {**ASKS, P1: ASKS[P1]}
    changed = FACTS.replace("visit.count: {type: integer", "visit.count: {type: number")
    assert compared(ASKED, {**files, "facts.yaml": changed}) == []
    asks = texts(when("{fact: visit.count, at_least: 2}"))
    assert compared(recorded(asks), {**asks, "facts.yaml": changed}) != []


def test_the_meaning_of_a_fact_stays_recorded_as_it_was_when_it_was_first_asked_for() -> None:
    changed = {**ASKS, "facts.yaml": FACTS.replace("unit: years", "unit: months")}
    assert compared(recorded(changed), changed) == []
    assert recorded(changed, before=ASKED) == ASKED != recorded(changed)


# The record


def test_what_is_recorded_comes_in_order_and_is_plain_yaml() -> None:
    files = {
        **history(*THREE),
        "acme/a.yaml": COVERED.replace("acme/p1", "acme/a"),
        "beta/p1.yaml": COVERED.replace("acme/p1", "beta/p1").replace("payer: acme", "payer: beta"),
    }
    record = recorded(files)
    lines = record.splitlines()
    assert lines[0].startswith("# What has been published. `policykit publish` writes this file")
    assert [line.partition(":")[0] for line in lines[1:]] == [
        *("format", "published"),
        *("  acme/a", '    "first"'),
        *("  acme/p1", '    "a"', '    "b"', '    "c"'),
        *("  beta/p1", '    "first"'),
        "facts",
    ]
    assert max(map(len, lines)) <= 120


def test_one_policy_alone_can_be_recorded() -> None:
    files = {**history(*THREE), "acme/a.yaml": COVERED.replace("acme/p1", "acme/a")}
    record = recorded(files, "acme/p1")
    assert "acme/a" not in record
    assert "acme/a" in (both := recorded(files, "acme/a", before=record))
    assert both == recorded(files)


def test_what_is_recorded_already_stays_as_it_is() -> None:
    altered = history(THREE[0].replace("2020", "2019"), *THREE[1:], entry("d", "criteria", "2024-01-01"))
    record = recorded(altered, before=RECORD)
    assert [line for line in record.splitlines() if '"d"' not in line] == RECORD.splitlines()
    assert len(record.splitlines()) == len(RECORD.splitlines()) + 1


def test_what_is_to_be_recorded_is_told() -> None:
    policies = holdings_of(history(*THREE)).policies
    found = to_record(NOTHING, policies.values())
    assert [(each.policy, each.entry.revision) for each in found] == [("acme/p1", name) for name in "abc"]
    assert [each.digest for each in found] == list(revision_digests(policies["acme/p1"]).values())
    assert to_record(read_published(document_of(RECORD)), policies.values()) == ()


def test_nothing_published_is_a_record_too() -> None:
    text = published_text(NOTHING)
    assert read_published(document_of(text)) == NOTHING
    assert read_published(None) == NOTHING
    assert compared(text, history(*THREE)) == []


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        (RECORD.replace("format: 1", "format: 2"), "wrong-value", 2),
        (RECORD.replace("sha256:", "sha1:", 1), "malformed", 5),
        (RECORD.replace("sha256:", "sha256:".upper(), 1), "malformed", 5),
        (RECORD.replace("acme/p1", "acme"), "malformed", 4),
        (RECORD.replace('"a"', '"-"'), "malformed", 5),
        (RECORD.replace("facts: {}", "facts: {age: 1}"), "malformed", 8),
        (RECORD.replace("facts: {}", "facts: []"), "wrong-type", 8),
        (RECORD.replace("facts: {}\n", ""), "missing-key", 2),
        (RECORD + "more: 1\n", "unknown-key", 9),
        ("format: 1\npublished: {acme/p1: {}}\nfacts: {}\n", "too-few", 2),
    ],
)
def test_a_record_that_somebody_has_spoiled_is_told(text: str, rule: str, line: int) -> None:
    document, problems = read_document(PUBLISHED, text.encode())
    assert document is not None
    found = [*problems, *check_schema(document, "published")]
    assert (found[0].rule, found[0].where.line) == (rule, line)
    read_published(document)


@pytest.mark.parametrize("wrong", ["5", "null", "[]", "{x: 1}"])
def test_of_what_is_no_digest_nothing_is_claimed(wrong: str) -> None:
    text = re.sub("sha256:[0-9a-f]+", wrong, recorded(ASKS))
    document, _ = read_document(PUBLISHED, text.encode())
    assert document is not None
    holdings, found = holdings_of(texts(COVERED)), list[Problem]()
    check_published(document, holdings.policies, holdings.vocabulary, found.append)
    assert found == []


@law(100)
@given(st.data())
def test_whatever_a_record_looks_like_it_is_read(data: st.DataObject) -> None:
    plain = data.draw(strategies.spoiled(json.loads(json.dumps(read_plain(RECORD)))))
    document, _ = read_document(PUBLISHED, json.dumps(plain).encode())
    if document is None:
        return
    holdings = holdings_of(history(*THREE))
    found: list[Problem] = []
    check_published(document, holdings.policies, holdings.vocabulary, found.append)
    read_published(document)
    for problem in found:
        assert problem.where.line >= 1


def read_plain(text: str) -> Any:
    return document_of(text).data


# Laws


def files_of(documents: strategies.Documents) -> dict[str, str]:
    """These documents as texts, with payers and codes, by their names in a library."""
    vocabulary, stated = documents
    plain = {
        "facts.yaml": vocabulary,
        "payers.yaml": strategies.PAYERS,
        "codes.yaml": strategies.CODES,
        P1: stated,
    }
    return {name: json.dumps(each) for name, each in plain.items()}


@law(60)
@given(strategies.documents())
def test_publishing_again_changes_nothing(found: strategies.Documents) -> None:
    files = files_of(found)
    record = recorded(files)
    assert recorded(files, before=record) == record
    assert read_published(document_of(record)) == read_published(document_of(recorded(files, before=record)))
    holdings = holdings_of(files)
    assert read_published(document_of(record)) == publication(NOTHING, holdings.policies.values(), holdings.vocabulary)
    assert compared(record, files) == []


@law(50)
@given(st.data())
def test_whatever_is_appended_to_what_was_published_is_no_fault(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents())
    files = files_of(documents)
    record = recorded(files)
    told_last = max((entry["known_from"] for entry in documents[1]["history"] if "known_from" in entry), default=None)
    after = strategies.within_all_days(date.fromisoformat(told_last)) if told_last else strategies.FIRST_DAY
    longer = data.draw(strategies.continued(documents, after))
    assert compared(record, files_of((documents[0], longer))) == []


@law(100)
@given(st.data())
def test_published_history_is_never_changed_in_silence(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents())
    record = recorded(files_of(documents))
    before = policy_as_data(holdings_of(files_of(documents)).policies["acme/p1"])
    files = files_of((documents[0], data.draw(changed(documents[1]))))
    checked = checked_in(files)
    if checked.problems:
        event("the document is wrong anyway")
        return
    after = policy_as_data(checked.holdings.policies["acme/p1"])
    same = after["kind"] == before["kind"] and after["history"][: len(before["history"])] == before["history"]
    event("nothing is altered" if same else "something is altered")
    assert bool(compared(record, files)) is not same


@st.composite
def changed(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """A policy document in which something is spoiled, or altered so that it may be still right."""
    document = strategies.copied(document)
    entries = document["history"]
    one = strategies.pick(draw, entries)
    match draw(st.integers(0, 7)):
        case 0:
            return draw(strategies.spoiled(document))
        case 1:
            one["summary"] = "Another summary."
        case 2:
            one["next_review"] = draw(strategies.days().map(str))
        case 3:
            entries.remove(one)
        case 4:
            entries.insert(draw(st.integers(0, len(entries))), entries.pop())
        case 5:
            document["kind"] = strategies.pick(draw, ("coverage-policy", "ncd", "lcd"))
        case 6:
            document["history"] = [dict(reversed(each.items())) for each in entries]
        case _:
            for service in strategies.services_written(one):
                if "coverage" in service:
                    service["coverage"][0]["cite"] = "Elsewhere"
    return document


def test_the_samples_are_what_is_meant() -> None:
    assert {"facts.yaml": FACTS, "payers.yaml": PAYERS, "codes.yaml": CODES}.items() <= history(*THREE).items()
