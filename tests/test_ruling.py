"""What a policy keeps of the cases that it was asked never shows in a later answer, and does not grow without end."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import strategies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import COVERED, library_of, when

import policykit
from policykit import walking
from policykit.assembly import holdings_from_data
from policykit.library import Library

if TYPE_CHECKING:
    from policykit.decision import Decision


def library_from(documents: strategies.Documents) -> Library:
    facts, text = documents
    vocabulary = {"facts.yaml": facts, "payers.yaml": strategies.PAYERS, "codes.yaml": strategies.CODES}
    return Library(holdings_from_data({**vocabulary, f"{strategies.POLICY}.yaml": text}))


def said(decision: Decision) -> dict[str, Any]:
    return {**policykit.as_document(decision)}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.documents() | strategies.timelines(), st.data())
def test_a_policy_answers_each_case_as_if_it_had_been_asked_no_other(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    asked = library_from(documents)
    drawn = data.draw(st.lists(strategies.cases(documents), min_size=2, max_size=5))
    # With and without each date and the code, in any order: what is kept for one must not answer the other.
    variants = [
        {key: value for key, value in case.items() if key not in left_out}
        for case in drawn
        for left_out in ((), ("claim_processed",), ("known_on",), ("service",), ("claim_processed", "known_on"))
    ]
    for case in data.draw(st.permutations(variants)):
        assert said(asked.decide(case)) == said(library_from(documents).decide(case))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.documents(timeless=True), st.data())
def test_an_answer_is_the_same_before_and_after_the_statements_are_written_out(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=4))
    library = library_from(documents)
    before = [said(library.decide(case)) for case in cases]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(walking, "ENOUGH", 1)
        library = library_from(documents)
        for _ in range(3):
            assert [said(library.decide(case)) for case in cases] == before


def test_what_is_kept_does_not_grow_with_the_codes_and_days_that_are_asked() -> None:
    library = library_of(when("{fact: surgery.urgent, is: true}").replace('cpt: ["64714"]', 'cpt: ["10000-69999"]'))
    given = {"policy": "acme/p1", "facts": {"surgery.urgent": True}}

    def ask(first: int, last: int) -> None:
        for number in range(first, last):
            day = f"20{26 + number % 70}-01-{1 + number % 28:02}"
            answer = library.decide({**given, "date_of_service": day, "service": {"cpt": f"{number}"}})
            assert answer.outcome == "covered"

    ask(10_000, 14_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        ask(14_000, 18_000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000


def test_an_answer_is_shared_by_cases_that_are_answered_alike() -> None:
    library = library_of(COVERED)
    asked = {"policy": "acme/p1", "date_of_service": "2026-01-15", "service": {"cpt": "64714"}, "facts": {}}
    differing: list[dict[str, Any]] = [
        {},
        {"service": {}},
        {"date_of_service": "1999-01-01"},
        {"service": {"cpt": "99213"}},
    ]
    for more in differing:
        assert library.decide(asked | more).answer is library.decide(asked | more).answer
