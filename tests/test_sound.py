"""A case from a program is read in one go, to the same end as step by step."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
import strategies
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import sample

from policykit.assembly import holdings_from_data
from policykit.dates import NEVER
from policykit.document import Document
from policykit.problems import InvalidDocuments, Problem
from policykit.reading.cases import read_case
from policykit.reading.sound import read_sound_case

if TYPE_CHECKING:
    from policykit.case import Case
    from policykit.vocabulary import Vocabulary

SOUND: Final[dict[str, Any]] = {
    "format": 1,
    "case": "A title",
    "policy": "acme/p1",
    "payer": "Acme Health",
    "date_of_service": "2026-01-15",
    "claim_processed": date(2026, 2, 1),
    "known_on": None,
    "service": {"cpt": "64714", "hcpcs": None, "modifiers": ["RT"], "place": "21"},
    "diagnoses": {"icd10cm": ["G54.1"], "icd9cm": []},
    "facts": {
        "patient.birth_date": "1980-05",
        "patient.age": 45,
        "patient.weight": 70.5,
        "visit.count": 3,
        "pain.level": "severe",
        "tests.done": ("mri", "ct"),
        "surgery.urgent": None,
        "quit.date": "never",
        "scan.last": date(2025, 12, 31),
        "prior.code": {"cpt": "64714"},
        "prior.codes": {"cpt": {"64714"}, "icd10cm": []},
    },
    "expect": {"outcome": "covered"},
}
# For each place, what may stand there in place of what does, sound or not.
ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, 45.0, 46, float("nan"), float("inf"), 10**400, "", "never", NEVER, "acme", "nobody"),
    *("2026-01-15", "2026-02-30", "2026-13", "2026", 2026, "２０２６", date(2026, 1, 15), datetime(2026, 1, 15)),  # noqa: DTZ001  # as a program may hand it over
    *("mild", "mri", "64714", "64714\n", "RT", "21", b"mri", [], {}, (), ["mri"], {"mri"}, ["mri", 1], ["mri", "mri"]),
    *([["mri"]], [None], {"cpt": "64714"}, {"cpt": 64714}, {"cpt": None}, {"cpt": "64714", "hcpcs": "G0297"}),
    *({"cpt": ["64714"]}, {"cpt": ["64714", None]}, {"nothing": "64714"}, {1: "64714"}, {"modifiers": "RT"}),
)


def step_by_step(data: Any, vocabulary: Vocabulary) -> Case | None:
    problems: list[Problem] = []
    case = read_case(Document(name="case", data=data).root, vocabulary, problems.append)
    assert (case is None) == bool(problems)
    return case


def typed(value: Any) -> Any:
    """A value with its type, so that 1 is not true, and the order of what is told."""
    if isinstance(value, dict):
        return [(name, typed(each)) for name, each in value.items()]
    if isinstance(value, frozenset):
        return frozenset(map(typed, value))
    return type(value), value


def agreed(data: Any, vocabulary: Vocabulary) -> Case | None:
    """What is read in one go; that step by step the same is read, and that nothing is wrong, is seen to."""
    case, expected = read_sound_case(data, vocabulary), step_by_step(data, vocabulary)
    if case is not None:
        assert expected is not None
        assert case == expected
        assert typed(dict(case.stated)) == typed(dict(expected.stated))
        assert typed(dict(case.facts)) == typed(dict(expected.facts))
    return case


def test_a_case_in_which_all_is_well_is_read_in_one_go() -> None:
    case = agreed(SOUND, sample().vocabulary)
    assert case is not None
    assert case.payer == "acme"
    assert case.facts["patient.age"] == 45
    assert "quit.years" in case.facts
    for left_out in SOUND.keys() - {"date_of_service"}:
        assert agreed({key: value for key, value in SOUND.items() if key != left_out}, sample().vocabulary) is not None


def places(data: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [
        each
        for key, value in data.items()
        for each in [(*path, key), *(places(value, (*path, key)) if isinstance(value, dict) else [])]
    ]


@pytest.mark.parametrize("path", places(SOUND), ids=".".join)
def test_whatever_stands_at_a_place_it_is_read_alike_or_told_step_by_step(path: tuple[str, ...]) -> None:
    for value in ODD:
        data = deepcopy(SOUND)
        inside = data
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = value
        agreed(data, sample().vocabulary)


@pytest.mark.parametrize(
    "more",
    [
        {"x": 1},
        {1: 1},
        {"facts": {"nothing": 1}},
        {"facts": {"service.place": "21"}},
        {"facts": {"claim.diagnoses": {}}},
        {"facts": {1: 1}},
        {"facts": {"patient.birth_date": "1980-05-01", "patient.age": 44}},
        {"service": {"x": "64714"}},
        {"service": {"x": None}},
        {"service": {"cpt": "64714", "x": None}},
        {"facts": {"prior.code": {"cpt": "64714", "x": None}}},
        {"facts": {"prior.code": {"x": None}}},
        {"facts": {"prior.code": {1: None, "cpt": "64714"}}},
        {"facts": {"prior.codes": {1: None, "cpt": ["64714"]}}},
        {"diagnoses": {"x": None}},
        {"diagnoses": {1: None, "icd10cm": ["G54.1"]}},
        {"facts": {"prior.codes": {"cpt": ["64714"], "x": None}}},
        {"policy": None, "payer": None},
        {"policy": None, "service": {}},
        {"payer": "nobody"},
        {"date_of_service": None},
    ],
)
def test_a_case_with_which_something_is_wrong_is_not_read_in_one_go(more: dict[Any, Any]) -> None:
    assert agreed(SOUND | more, sample().vocabulary) is None
    with pytest.raises(InvalidDocuments):
        sample().read_case(SOUND | more)


@pytest.mark.parametrize("data", [None, [], "", 1, {}, [SOUND]])
def test_what_is_no_case_is_not_read_in_one_go(data: Any) -> None:
    assert agreed(data, sample().vocabulary) is None


def test_a_number_may_be_larger_than_any_that_has_a_fraction() -> None:
    data = SOUND | {"facts": {"patient.weight": 10**400}}
    case = agreed(data, sample().vocabulary)
    assert case is not None
    assert case.facts["patient.weight"] == 10**400


@law(60)
@given(st.data())
def test_every_case_is_read_in_one_go_as_step_by_step(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents())
    facts, policy = documents
    vocabulary = holdings_from_data(
        {
            "facts.yaml": facts,
            "payers.yaml": strategies.PAYERS,
            "codes.yaml": strategies.CODES,
            f"{strategies.POLICY}.yaml": policy,
        }
    ).vocabulary
    case = data.draw(strategies.cases(documents))
    assert (agreed(case, vocabulary) is None) == (step_by_step(case, vocabulary) is None)
    agreed(data.draw(strategies.spoiled(case)), vocabulary)
