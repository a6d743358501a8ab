from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
import strategies
from examples import law
from hypothesis import given
from hypothesis import strategies as st

from policykit.checks import house_problems, library_problems
from policykit.checks.allowing import ALLOWANCES, may_allow
from policykit.checks.subject import HouseRule, Subject, Whole
from policykit.problems import Location, Problem
from policykit.rules.correctness import CORRECTNESS
from policykit.rules.rule import Rule
from policykit.rules.sample import FACTS, SAMPLE, criterion
from policykit.source import read_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from policykit.document import Document, Node

REASON: Final = "The bulletin of March leaves this to the reviewer."
CARRIER: Final = re.compile(
    r"history\.\d+(\.services\.\d+(\.coverage\.\d+(\.when((\.(all|any|none|of))\.\d+)*)?)?)?"
    r"|criteria\.[^.]+((\.(all|any|none|of))\.\d+)*"
)


def rule(name: str, summary: str = "Something is so.") -> Rule:
    example = criterion("{use: grown-up}")
    return Rule(
        name=name, severity="warning", summary=summary, why="It is.", remedy="Do.", fails=example, passes=example
    )


def found_by(name: str, find: Callable[[Document], Iterator[Location]], *, varies: bool = False) -> HouseRule:
    """A rule of a policy that is broken wherever `find` says."""

    def of_policy(subject: Subject) -> Iterator[Problem]:
        return (Problem(rule=name, message="so it is", where=where) for where in find(subject.document))

    return HouseRule(rule=rule(name), of_policy=of_policy, varies=varies)


def nowhere(_document: Document) -> Iterator[Location]:
    return iter(())


def subject_of(document: Document) -> Subject:
    return Subject(
        policy=cast("Any", None),
        document=document,
        timeline=cast("Any", None),
        vocabulary=cast("Any", None),
        results=(),
        today=date(2026, 1, 15),
        sources={},
    )


def read(text: str, name: str = "acme/p1.yaml") -> Document:
    document, problems = read_document(name, text.encode())
    assert not problems
    assert document is not None
    return document


def problems(text: str, *rules: HouseRule) -> list[Problem]:
    return list(house_problems(subject_of(read(text)), rules))


# Which node an allowance is for


def carriers(data: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node that can carry an `allow`, and its path."""
    if isinstance(data, dict) and CARRIER.fullmatch(path):
        yield path, data
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in parts:
        yield from carriers(value, f"{path}.{key}" if path else str(key))


def innermost(path: str) -> str | None:
    """The node around a path that can carry an `allow`, by the shape of the path alone."""
    steps = path.split(".")
    around = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
    return next((each for each in around if CARRIER.fullmatch(each)), None)


def places(node: Node) -> Iterator[tuple[Location, str | None]]:
    """Every key, every scalar, and every node that can carry an `allow`, with the node that it belongs to.

    The key of a node belongs to what is around it, if that can carry an `allow`, and to the node itself if not.
    """
    if not isinstance(node.value, dict | list) or CARRIER.fullmatch(node.path):
        yield node.where, innermost(node.path)
    for key, child in node.items():
        around = innermost(node.path) if node.path else None
        yield child.key_where, around or (f"criteria.{key}" if node.path == "criteria" else None)
        yield from places(child)
    for child in node.elements():
        yield from places(child)


def everywhere(document: Document) -> Iterator[Location]:
    return (where for where, _ in places(document.root))


def block(data: Any, indent: str = "") -> str:
    """Plain data in the block style of YAML."""
    if isinstance(data, dict):
        return "".join(f"\n{indent}{scalar(key)}:{block(value, indent + '  ')}" for key, value in data.items()) or " {}"
    if isinstance(data, list):
        return "".join(f"\n{indent}- {block(each, indent + '  ').lstrip()}" for each in data) or " []"
    return f" {scalar(data)}"


def flow(data: Any) -> str:
    """Plain data in the flow style of YAML, in one line."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(value)}" for key, value in data.items()) + "}"
    return "[" + ", ".join(map(flow, data)) + "]" if isinstance(data, list) else scalar(data)


def scalar(value: Any) -> str:
    if isinstance(value, str) and not re.fullmatch(r"[a-z]+(_[a-z]+)+", value):
        return f"'{value}'"
    return str(value).lower() if isinstance(value, bool) else str(value)


@law(40)
@given(strategies.documents(), st.data())
def test_an_allowance_turns_off_what_stands_at_its_own_node_and_nothing_else(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    _, policy = documents
    copied = cast("dict[str, Any]", strategies.copied(policy))
    known = list(carriers(copied))
    chosen = data.draw(st.lists(st.sampled_from(range(len(known))), unique=True, max_size=6))
    for number in chosen:
        carrier = known[number][1]
        before = dict(carrier) if data.draw(st.booleans()) else {}
        after = {} if before else dict(carrier)
        carrier.clear()
        carrier.update({**before, "allow": {"so-it-is": REASON}, **after})
    allowed = {known[number][0] for number in chosen}
    document = read((block if data.draw(st.booleans()) else flow)(copied).lstrip("\n"))
    assert may_allow(document) == bool(chosen)
    found = list(house_problems(subject_of(document), (found_by("so-it-is", everywhere),)))
    told = {(each.where.line, each.where.column) for each in found}
    expected = {(where.line, where.column) for where, carrier in places(document.root) if carrier not in allowed}
    assert {each.rule for each in found} <= {"so-it-is"}
    assert told == expected


# What is wrong with an allowance

TEXT: Final = """\
format: 1
history:
  - revision: first
    services:
      - service: Operation
        coverage:
          - outcome: covered
            when: {{fact: pain.weeks, at_least: 6, allow: {{{allow}}}}}
"""
UNUSED: Final = "`so-it-is` is not broken here, so there is nothing to allow"


def test_an_allowance_that_turns_off_nothing_is_told_at_its_name() -> None:
    (told,) = problems(TEXT.format(allow=f"so-it-is: {REASON}"), found_by("so-it-is", nowhere))
    assert (told.rule, told.severity, told.message) == ("unused-allowance", "warning", UNUSED)
    assert (told.where.line, told.where.column) == (8, 59)
    assert told.help == "delete it"


def test_an_allowance_that_stands_too_high_is_of_no_use() -> None:
    text = TEXT.replace("outcome: covered", "outcome: covered\n            allow: {{so-it-is: {reason}}}")

    def at_criterion(document: Document) -> Iterator[Location]:
        yield document.root.at(["history", 0, "services", 0, "coverage", 0, "when"]).where

    found = problems(
        text.format(reason=REASON, allow=f"other: {REASON}"),
        found_by("so-it-is", at_criterion),
        found_by("other", nowhere, varies=True),
    )
    assert [each.rule for each in found] == ["so-it-is", "unused-allowance"]


def test_what_hangs_on_the_day_may_be_allowed_ahead_of_time() -> None:
    assert not problems(TEXT.format(allow=f"so-it-is: {REASON}"), found_by("so-it-is", nowhere, varies=True))


def test_a_rule_is_turned_off_for_the_document_of_the_policy_alone() -> None:
    def elsewhere(document: Document) -> Iterator[Location]:
        where = document.root.at(["history", 0, "services", 0, "coverage", 0, "when"]).where
        yield Location(file="acme/p1.cases.yaml", line=where.line, column=where.column)

    found = problems(TEXT.format(allow=f"so-it-is: {REASON}"), found_by("so-it-is", elsewhere))
    assert [each.rule for each in found] == ["so-it-is", "unused-allowance"]


@pytest.mark.parametrize(
    ("name", "message", "advice"),
    [
        ("so-it-was", "`so-it-was` is not the name of a house rule", "did you mean `so-it-is`?"),
        ("zzz", "`zzz` is not the name of a house rule", "the house rules are so-it-is"),
        (
            "unknown-fact",
            "`unknown-fact` is a rule of correctness, which cannot be turned off",
            "delete it here, and put right what breaks the rule",
        ),
        (
            "unused-allowance",
            "`unused-allowance` looks at allowances, and cannot be turned off",
            "delete it here, and put right the allowance that it speaks of",
        ),
    ],
)
def test_what_is_no_house_rule_cannot_be_allowed(name: str, message: str, advice: str) -> None:
    (told,) = problems(TEXT.format(allow=f"{name}: {REASON}"), found_by("so-it-is", nowhere))
    assert (told.rule, told.severity, told.message, told.help) == ("unknown-rule", "error", message, advice)
    assert (told.where.line, told.where.column) == (8, 59)


@pytest.mark.parametrize("name", sorted(CORRECTNESS | {each.name for each in ALLOWANCES}))
def test_no_rule_of_correctness_or_of_allowances_can_be_turned_off(name: str) -> None:
    (told,) = problems(TEXT.format(allow=f"{name}: {REASON}"), found_by("so-it-is", nowhere))
    assert (told.rule, told.message.endswith("cannot be turned off")) == ("unknown-rule", True)


@pytest.mark.parametrize(
    "reason",
    [
        "TODO: say why this is so",
        "n/a n/a n/a",
        "See above, see below.",
        "intended, intended, intended",
        "weeks weeks weeks weeks",
        "so-it-is is allowed here",
        "Something is so, and that is fine.",
        "false positive of the rule",
        "---------------",
        "1 2 3 4 5 6 7 8 9 0",
        "Temporarily disabled",
        "Lorem ipsum dolor",
    ],
)
def test_filler_and_the_words_of_the_rule_are_no_reason(reason: str) -> None:
    text = TEXT.format(allow=f'so-it-is: "{reason}"')
    (told,) = problems(text, found_by("so-it-is", nowhere, varies=True))
    assert (told.rule, told.severity) == ("empty-reason", "error")
    assert told.message == "this does not say why `so-it-is` may be broken here"
    assert (told.where.line, told.where.column) == (8, 69)
    assert reason not in f"{told.message} {told.help}"


@pytest.mark.parametrize(
    "reason",
    [
        REASON,
        "The source has no numbered sections",
        "Payer confirmed by phone",
        "Section 3 of the bulletin repeats it",
        "The payer intended both",
        "L’éditeur ne numérote rien",
    ],
)
def test_a_reason_says_something_that_the_rule_does_not(reason: str) -> None:
    text = TEXT.format(allow=f'so-it-is: "{reason}"')
    assert not problems(text, found_by("so-it-is", nowhere, varies=True))


def test_the_words_of_the_summary_are_no_reason() -> None:
    def finds_nothing(_subject: Subject) -> Iterator[Problem]:
        return iter(())

    summary = "A quote has more than twenty-five words."
    long = HouseRule(rule=rule("long", summary), of_policy=finds_nothing, varies=True)
    (told,) = problems(TEXT.format(allow="long: The quote here has twenty words and more"), long)
    assert told.rule == "empty-reason"
    assert not problems(TEXT.format(allow="long: The quote of the old bulletin has no break"), long)


@law(50)
@given(st.text(min_size=10, max_size=60))
def test_any_text_is_judged(reason: str) -> None:
    document = read(TEXT.format(allow="so-it-is: X"))
    document.data["history"][0]["services"][0]["coverage"][0]["when"]["allow"]["so-it-is"] = reason
    found = list(house_problems(subject_of(document), (found_by("so-it-is", nowhere, varies=True),)))
    assert {each.rule for each in found} <= {"empty-reason"}


def test_a_severity_is_that_of_the_rule() -> None:
    (told,) = problems("format: 1", found_by("so-it-is", lambda document: iter([document.root.where])))
    assert told.severity == "warning"


def test_data_without_lines_is_told_apart_by_its_paths() -> None:
    document = read(TEXT.format(allow=f"so-it-is: {REASON}"))
    bare = type(document)(name=document.name, data=document.data)
    steps: list[str | int] = ["history", 0, "services", 0, "coverage", 0]

    def at_both(document: Document) -> Iterator[Location]:
        yield document.root.at([*steps, "when", "fact"]).where
        yield document.root.at([*steps, "outcome"]).where

    (told,) = house_problems(subject_of(bare), (found_by("so-it-is", at_both),))
    assert told.where.path == "history.0.services.0.coverage.0.outcome"


# The whole library

ALLOWED: Final = f"""\
format: 1
facts:
  pain.weeks: {{type: integer, ask: How long?, allow: {{so-it-is: {REASON}}}}}
  pain.days: {{type: integer, ask: How long?}}
"""


def whole(**texts: str) -> Whole:
    documents = {name: read(text, name) for name, text in {**SAMPLE, **texts}.items()}
    return Whole(vocabulary=cast("Any", None), documents=documents, policies={})


def of_library(name: str, find: Callable[[Whole], Iterator[Location]], *, varies: bool = False) -> HouseRule:
    def of_whole(whole: Whole) -> Iterator[Problem]:
        return (Problem(rule=name, message="so it is", where=where) for where in find(whole))

    return HouseRule(rule=rule(name), of_library=of_whole, varies=varies)


def at_facts(whole: Whole) -> Iterator[Location]:
    facts = whole.documents[FACTS].root.at(["facts"])
    return (node.key_where for _, node in facts.items())


def test_a_fact_allows_what_a_rule_of_the_library_finds_at_its_name() -> None:
    (told,) = library_problems(whole(**{FACTS: ALLOWED}), (of_library("so-it-is", at_facts),))
    assert (told.rule, told.severity, told.where.line) == ("so-it-is", "warning", 4)


def test_an_allowance_of_a_fact_is_judged_with_the_rules_of_the_library() -> None:
    known = found_by("so-it-is", nowhere, varies=True)
    (told,) = library_problems(whole(**{FACTS: ALLOWED}), (known,))
    assert (told.rule, told.where.line) == ("unused-allowance", 3)
    (told,) = library_problems(whole(**{FACTS: ALLOWED}), (of_library("another", lambda _: iter(())),))
    assert told.rule == "unknown-rule"
    text = ALLOWED.replace(REASON, "intended and deliberate")
    found = library_problems(whole(**{FACTS: text}), (of_library("so-it-is", at_facts),))
    assert [each.rule for each in found] == ["empty-reason", "so-it-is"]


def test_what_a_rule_of_the_library_finds_in_a_policy_is_allowed_there_and_judged_once() -> None:
    text = TEXT.format(allow=f"so-it-is: {REASON}")

    def at_criterion(whole: Whole) -> Iterator[Location]:
        yield whole.documents["acme/p1.yaml"].root.at(["history", 0, "services", 0, "coverage", 0, "when"]).where

    finds, finds_not = of_library("so-it-is", at_criterion), of_library("so-it-is", lambda _: iter(()))
    library = whole(**{"acme/p1.yaml": text})
    assert not list(library_problems(library, (finds,)))
    assert [each.rule for each in library_problems(library, (finds_not,))] == ["unused-allowance"]
    assert not problems(text, finds)
    assert not problems(text, finds_not)
    # What is wrong with the allowance itself is told with the policy, and not again.
    text = TEXT.format(allow="so-it-is: TODO TODO, unknown-fact: TODO TODO")
    assert {each.rule for each in problems(text, finds)} == {"empty-reason", "unknown-rule"}
    assert not list(library_problems(whole(**{"acme/p1.yaml": text}), (finds,)))


def test_what_a_rule_of_the_library_may_yet_find_is_allowed_ahead_of_time() -> None:
    text = TEXT.format(allow=f"so-it-is: {REASON}")
    library = whole(**{FACTS: ALLOWED, "acme/p1.yaml": text})
    assert not list(library_problems(library, (of_library("so-it-is", lambda _: iter(()), varies=True),)))
