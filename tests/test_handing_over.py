"""What a program may hand to another process: cases and problems, and of a decision its document."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any, Final

import pytest
from compiled_files import compiled_file, opened
from samples import COVERED, decided, library_of, sample, texts, when

import policykit

if TYPE_CHECKING:
    from pathlib import Path

CASE: Final = {
    "policy": "acme/p1",
    "date_of_service": "2026-01-15",
    "service": {"cpt": "64714"},
    "facts": {"quit.date": "never", "patient.birth_date": "1980-05", "tests.done": ["mri"]},
}


def again(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # made here


def test_a_case_and_what_tells_of_a_decision_may_be_handed_over() -> None:
    library = library_of(when("{fact: surgery.urgent, is: true}"))
    case = library.read_case(CASE)
    assert again(case) == case
    decision = library.decide(case)
    assert decision.outcome == "undetermined"
    document = policykit.as_document(decision)
    assert again(document) == document
    assert policykit.as_document(library.decide(again(case))) == document
    for each in (decision.receipt, decision.missing, decision.possible, decision.advisories, decision.findings):
        assert again(each) == each


def test_what_is_wrong_with_a_case_may_be_handed_over() -> None:
    with pytest.raises(policykit.InvalidDocuments) as raised:
        sample().read_case({"policy": "acme/p2", "facts": {"nothing": 1}})
    told = again(raised.value)
    assert type(told) is policykit.InvalidDocuments
    assert len(told.problems) > 1
    assert (told.problems, str(told)) == (raised.value.problems, str(raised.value))


def test_of_a_decision_and_a_library_it_is_told_what_to_hand_over_instead(tmp_path: Path) -> None:
    for library in (library_of(COVERED), opened(compiled_file(tmp_path / "library.sqlite", texts(COVERED)))):
        decision = decided(library)
        with pytest.raises(TypeError, match=r"a decision cannot be pickled; hand over what `policykit\.as_document`"):
            pickle.dumps(decision)
        with pytest.raises(TypeError, match="a library cannot be pickled; let each process open it"):
            pickle.dumps(library)
        # Nothing of a decision changes, so it may stand for its copy.
        assert copy(decision) is decision
        assert deepcopy({"kept": decision})["kept"] is decision


@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="where programs are copied")
def test_copies_of_a_program_ask_the_file_that_it_opened(tmp_path: Path) -> None:
    documents = {
        f"acme/p{number}.yaml": COVERED.replace("acme/p1", f"acme/p{number}").replace("A policy", f"Title {number}")
        for number in range(60)
    }
    library = opened(compiled_file(tmp_path / "library.sqlite", texts(COVERED) | documents))
    context = multiprocessing.get_context("fork")
    with context.Pool(4, initializer=_ASKED.update, initargs=({"library": library},)) as pool:
        found = pool.map(_title, [*range(60)] * 4, chunksize=5)
    assert found == [f"Title {number}" for number in range(60)] * 4


_ASKED: dict[str, Any] = {}


def _title(number: int) -> str:
    title: str = _ASKED["library"].policy(f"acme/p{number}").title
    return title
