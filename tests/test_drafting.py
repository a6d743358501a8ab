from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import COVERED, NAME, VOCABULARY, data_in

from policykit.cases import CaseResult, check_cases, run_case
from policykit.checking import check_files, kind_of
from policykit.codes import CodePattern, read_pattern
from policykit.folder import CASES
from policykit.library import Library
from policykit.policy import Change, Kind, Outcome
from policykit.problems import InvalidDocuments
from policykit.writing import drafting
from policykit.writing.drafting import Plan, Undraftable, draft
from policykit.writing.layout import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.cases import StatedCase

LIBRARY: Final = {NAME: COVERED.encode(), **{name: text.encode() for name, text in VOCABULARY.items()}}


def codes(*written: str) -> tuple[CodePattern, ...]:
    found = [read_pattern(*each.split(":", 1)) for each in written]
    assert all(each is not None for each in found)
    return tuple(each for each in found if each is not None)


PLAN: Final = Plan(policy="acme/knee", title="Knee braces", codes=codes("cpt:64714"), effective=date(2026, 1, 1))
SEARCHED: Final = replace(PLAN, kind=Kind.NO_DETERMINATION, change=Change.SEARCHED, to="the contractor")


def sound(drafted: Mapping[str, bytes], files: Mapping[str, bytes]) -> Library:
    """The library with what was drafted, in which nothing is wrong, and every drafted case passes."""
    checked = check_files({**files, **{name: text for name, text in drafted.items() if not name.endswith(CASES)}})
    assert not checked.problems
    library = Library(checked.holdings)
    for name, content in drafted.items():
        if name.endswith(CASES):
            stated, problems = check_cases(name, content, library)
            assert stated
            assert not problems
            assert [run_case(each, library).failures for each in stated] == [()] * len(stated)
    return library


def lines() -> st.SearchStrategy[str]:
    """Texts on one line that could be meant for something else in YAML."""
    signs = st.sampled_from("ab Z09:#-'\"\\,[]{}&*!|>%@`?éß😀")
    return st.text(signs, min_size=1, max_size=30).map(str.strip).filter(bool) | st.sampled_from(
        ("no", "1e5", "0587", "- x", "a: b", "a #b", "null", "2026-01-01", "=", "---", "word " * 60 + "end")
    )


def plans() -> st.SearchStrategy[Plan]:
    return st.builds(
        Plan,
        policy=st.sampled_from(("acme/knee", "acme/0587", "acme/a.b-c")),
        title=lines(),
        codes=st.sampled_from(
            (
                codes("cpt:64714"),
                codes("hcpcs:L9001-L9003", "cpt:64714", "cpt:64714"),
                codes("icd9cm:03.0-", "icd10pcs:0SRC0J9"),
            )
        ),
        effective=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
        change=st.sampled_from((Change.NEW, Change.CRITERIA, Change.CODES)),
        known_from=st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1)),
        summary=st.none() | lines(),
        service=st.none() | lines(),
        source_title=st.none() | lines(),
        schemas=st.sampled_from((None, "../schemas")),
    ).flatmap(
        lambda plan: st.sampled_from(
            (plan, replace(plan, kind=Kind.LCD), replace(SEARCHED, title=plan.title, to=plan.title, codes=plan.codes))
        )
    )


@law(40)
@given(plan=plans(), begins=st.booleans(), name=lines())
def test_what_is_drafted_is_sound_and_in_the_house_layout_and_decides_nothing(
    plan: Plan, begins: bool, name: str
) -> None:
    files = {} if begins else LIBRARY
    drafted = draft(replace(plan, payer_name=name) if begins else plan, files)
    library = sound(drafted, files)
    policy = library.policy(plan.policy)
    assert (policy.title, policy.kind) == (plan.title, plan.kind)
    (entry,) = policy.history
    assert (entry.effective, entry.known_from, entry.change) == (plan.effective, plan.known_from, plan.change)
    assert [service.name for service in entry.services] == [plan.service or plan.title]  # type: ignore[union-attr]
    outcomes = {statement.outcome for service in entry.services for statement in service.coverage}  # type: ignore[union-attr]
    assert outcomes == {Outcome.DEFERRED if plan.kind is Kind.NO_DETERMINATION else Outcome.NOT_ENCODED}
    for each, content in drafted.items():
        text = content.decode()
        assert formatted(text, kind_of(each)) == text
        assert text.startswith("# yaml-language-server: ") == (plan.schemas is not None)
    assert [*drafted][-2:] == [f"{plan.policy}.yaml", f"{plan.policy}{CASES}"]


@pytest.mark.parametrize(
    "files", [{}, LIBRARY, {**LIBRARY, "facts.yaml": LIBRARY["facts.yaml"].replace(b"t.age", b"t.year")}]
)
def test_the_example_in_a_draft_is_sound_too(files: dict[str, bytes]) -> None:
    drafted = draft(replace(PLAN, payer_name="Acme Health Plan"), files)
    name = "acme/knee.yaml"
    text = drafted[name].decode()
    before, example, _ = re.split(r"(?m)^ *#\n|^ *- outcome: not-encoded", text)
    assert example.count("- outcome:") == 2
    written = before + re.sub(r"(?m)^( *)# ", r"\1", example)
    checked = check_files(
        {**files, **drafted, name: written.encode()} | {} if files else {**drafted, name: written.encode()}
    )
    assert not [each for each in checked.problems if each.where.file == name]


def test_the_payers_are_added_to_by_lines_alone() -> None:
    payers = b"# ours\r\nformat: 1\r\npayers:\r\n    beta:   {name: Beta}   # first\r\n    # more of them\r\n"
    files = {"facts.yaml": LIBRARY["facts.yaml"], "payers.yaml": payers, "codes.yaml": LIBRARY["codes.yaml"]}
    drafted = draft(replace(PLAN, payer_name="Acme: the plan"), files)
    assert [*drafted] == ["payers.yaml", "acme/knee.yaml", "acme/knee.cases.yaml"]
    assert drafted["payers.yaml"] == payers.replace(
        b"# first\r\n", b'# first\r\n    acme:\r\n      name: "Acme: the plan"\r\n'
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"policy": "acme"}, "`acme` is no name of a policy"),
        ({"policy": "acme/../knee"}, "is no name of a policy"),
        ({"policy": "Acme/knee"}, "is no name of a policy"),
        ({"policy": "acme/p1"}, "there is a policy `acme/p1` already"),
        ({"policy": "acmee/knee"}, r"did you mean `acme`\? If not, declare it by its name: `--payer-name NAME`"),
        ({"policy": "zzz/knee"}, "help: declare it by its name: `--payer-name NAME`"),
        ({"payer_name": "Beta"}, "`acme` is a payer of this library already, called Acme Health Plan"),
    ],
)
def test_what_cannot_be_drafted_is_told_with_the_way_out(change: dict[str, Any], told: str) -> None:
    with pytest.raises(Undraftable, match=told):
        draft(replace(PLAN, **change), LIBRARY)


def test_payers_in_braces_are_not_added_to() -> None:
    files = {**LIBRARY, "payers.yaml": b"format: 1\npayers: {acme: {name: Acme}}\n"}
    with pytest.raises(Undraftable, match=r"(?s)in braces.*policykit fmt payers.yaml"):
        draft(replace(PLAN, policy="new/knee", payer_name="New"), files)


def test_nothing_is_drafted_for_a_vocabulary_with_problems() -> None:
    with pytest.raises(InvalidDocuments) as caught:
        draft(PLAN, {**LIBRARY, "facts.yaml": b"format: 1\nfacts: {a.b: {type: bolean, ask: A?}}\n"})
    assert caught.value.problems[0].where.file == "facts.yaml"


def test_problems_of_other_policies_do_not_matter() -> None:
    assert draft(PLAN, {**LIBRARY, "acme/p2.yaml": b"format: 1\n"})


def test_what_would_have_problems_is_not_drafted() -> None:
    with pytest.raises(InvalidDocuments) as caught:
        draft(replace(PLAN, title="word " * 200), LIBRARY)
    assert {problem.where.file for problem in caught.value.problems} == {"acme/knee.yaml"}


def test_what_its_case_does_not_find_is_not_drafted(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(stated: StatedCase, _: Library) -> CaseResult:
        return CaseResult(stated=stated, decisions=(), failures=("outcome: expected one, got another",))

    monkeypatch.setattr(drafting, "run_case", failing)
    with pytest.raises(Undraftable, match="outcome: expected one, got another"):
        draft(PLAN, LIBRARY)


def test_what_is_no_case_is_not_drafted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "_cases", lambda plan: f"format: 1\npolicy: {plan.policy}\n")
    with pytest.raises(Undraftable, match="the case that was drafted"):
        draft(PLAN, LIBRARY)


def test_a_library_begins_with_what_its_first_policy_needs() -> None:
    drafted = draft(replace(PLAN, codes=codes("hcpcs:L9001-L9003", "cpt:64714"), payer_name="Acme"), {})
    assert [*drafted] == ["facts.yaml", "payers.yaml", "codes.yaml", "acme/knee.yaml", "acme/knee.cases.yaml"]
    assert data_in(drafted["payers.yaml"].decode()) == {"format": 1, "payers": {"acme": {"name": "Acme"}}}
    assert data_in(drafted["codes.yaml"].decode()) == {
        "format": 1,
        "codes": {"hcpcs": {"L9001": {"label": "Knee braces"}}, "cpt": {"64714": {"label": "Knee braces"}}},
    }
