"""Looking at a library again: the same answers as at first sight, by reading only what changed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import COVERED, texts, write

from policykit import cases, checking
from policykit.inspection import check_paths, run_paths
from policykit.memory import Memory
from policykit.shelf import Setting

if TYPE_CHECKING:
    from pathlib import Path

    from policykit.results import CasesResult, CheckResult

_CASES = """\
format: 1
policy: acme/p1
cases:
  - case: A case
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    expect: {outcome: covered}
"""
_BY_CODE = _CASES.replace("policy: acme/p1", "payer: acme").replace("covered", "undetermined")

FILES = {
    **texts(COVERED),
    "acme/p1.cases.yaml": _CASES,
    "acme/p2.yaml": COVERED.replace("acme/p1", "acme/p2").replace("64714", "64715"),
    "acme/p2.cases.yaml": _CASES.replace("acme/p1", "acme/p2").replace("64714", "64715"),
    "acme/p3.cases.yaml": _BY_CODE,
}
# What a file can become; None takes it away.
STATES: dict[str, list[str | None]] = {
    "facts.yaml": [FILES["facts.yaml"].replace("surgery.urgent", "surgery.prompt"), "format: 1\n"],
    "payers.yaml": [FILES["payers.yaml"].replace("acme", "acne"), ": [", None],
    "codes.yaml": [FILES["codes.yaml"].replace("64714", "64716")],
    "acme/p1.yaml": [
        COVERED.replace("covered", "not-covered"),
        COVERED.replace("outcome: covered", "outcome: coverd"),
        COVERED.replace("64714", "64715"),
        "",
        None,
    ],
    "acme/p2.yaml": [COVERED, COVERED.replace("acme/p1", "acme/p2"), None],
    "acme/p1.cases.yaml": [_CASES.replace("covered", "not-covered"), _CASES.replace("case: A", "caes: A"), None],
    "acme/p3.cases.yaml": [_BY_CODE.replace("64714", "64715"), _BY_CODE.replace("undetermined", "covered")],
}


def looked_at(root: Path, memory: Memory) -> tuple[CheckResult, CasesResult]:
    setting = Setting(
        library=root, here=root, progress=lambda _name: None, today=date(2026, 1, 15), memory=memory, sources={}
    )
    return check_paths([], setting), run_paths([], setting)


def in_short(results: tuple[CheckResult, CasesResult]) -> Any:
    """All that a result tells; two decisions are the same if they are explained alike."""
    check, run = results
    ran = [(each.stated.title, each.stated.where, each.stated.problems, each.failures) for each in run.results]
    return check, ran, run.problems, run.left_out


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.sampled_from(sorted(STATES)).flatmap(
            lambda name: st.tuples(st.just(name), st.sampled_from([FILES[name], *STATES[name]]))
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_remembered_never_changes_an_answer(
    edits: list[tuple[str, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = write(tmp_path_factory.mktemp("library"), FILES)
    memory = Memory()
    looked_at(root, memory)
    for name, text in edits:
        if text is None:
            (root / name).unlink(missing_ok=True)
        else:
            write(root, {name: text})
        assert in_short(looked_at(root, memory)) == in_short(looked_at(root, Memory()))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the documents that are read, in order."""
    names: list[str] = []

    def watched(module: Any) -> None:
        original = module.read_document

        def reading(name: str, content: bytes, **how: Any) -> Any:
            names.append(name)
            return original(name, content, **how)

        monkeypatch.setattr(module, "read_document", reading)

    watched(checking)
    watched(cases)
    return names


def test_only_what_changed_is_read_again(tmp_path: Path, read: list[str]) -> None:
    root, memory = write(tmp_path, FILES), Memory()
    looked_at(root, memory)
    assert sorted(read) == sorted(FILES)
    read.clear()
    looked_at(root, memory)
    assert read == []
    write(root, {"acme/p1.yaml": FILES["acme/p1.yaml"] + "# Another line\n"})
    looked_at(root, memory)
    assert read == ["acme/p1.yaml"]
    read.clear()
    write(root, {"acme/p2.cases.yaml": FILES["acme/p2.cases.yaml"] + "# Another line\n"})
    looked_at(root, memory)
    assert read == ["acme/p2.cases.yaml"]


def test_only_cases_that_the_change_can_reach_are_put_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, memory = write(tmp_path, FILES), Memory()
    put: list[str] = []
    original = cases.put_cases

    def putting(file: Any, library: Any) -> Any:
        put.append(file.document.name)
        return original(file, library)

    monkeypatch.setattr("policykit.shelf.put_cases", putting)
    looked_at(root, memory)
    put.clear()
    write(root, {"acme/p1.yaml": FILES["acme/p1.yaml"] + "# Another line\n"})
    looked_at(root, memory)
    # The third file asks by payer and code: any policy of the payer may answer.
    assert sorted(put) == ["acme/p1.cases.yaml", "acme/p3.cases.yaml"]
