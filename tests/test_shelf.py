"""Looking at a library again: the same answers as at first sight, by reading only what changed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import COVERED, holdings_of, texts, write

from policykit import cases, checking
from policykit.inspection import check_paths, run_paths
from policykit.memory import Memory
from policykit.published import Published, publication, published_text
from policykit.shelf import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping
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
_HOLDINGS = holdings_of(texts(COVERED))
RECORD = published_text(
    publication(Published(revisions={}, facts={}), _HOLDINGS.policies.values(), _HOLDINGS.vocabulary)
)
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
    "acme/p9.yaml": [COVERED, COVERED.replace("outcome: covered", "outcome: not-covered"), None],
    "published.yaml": [RECORD, RECORD.replace("acme/p1", "acme/p2"), "format: 1\n", None],
    "acme/p1.cases.yaml": [_CASES.replace("covered", "not-covered"), _CASES.replace("case: A", "caes: A"), None],
    "acme/p3.cases.yaml": [_BY_CODE.replace("64714", "64715"), _BY_CODE.replace("undetermined", "covered")],
}


def setting_of(
    root: Path, memory: Memory, today: date = date(2026, 1, 15), sources: Mapping[str, str] | None = None
) -> Setting:
    return Setting(
        library=root, here=root, progress=lambda _name: None, today=today, memory=memory, sources=sources or {}
    )


def looked_at(root: Path, memory: Memory) -> tuple[CheckResult, CasesResult]:
    setting = setting_of(root, memory)
    return check_paths([], setting), run_paths([], setting)


def rules(setting: Setting) -> set[str]:
    """What is told by a check, and only a check: what it remembers would be let go of when cases are run."""
    return {problem.rule for problem in check_paths([], setting).problems}


def in_short(results: tuple[CheckResult, CasesResult]) -> Any:
    """All that a result tells; two decisions are the same if they are explained alike."""
    check, run = results
    ran = [(each.stated.title, each.stated.where, each.stated.problems, each.failures) for each in run.results]
    return check, ran, run.problems, run.left_out


@law(15)
@given(
    edits=st.lists(
        st.sampled_from(sorted(STATES)).flatmap(
            lambda name: st.tuples(st.just(name), st.sampled_from([FILES.get(name), *STATES[name]]))
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_remembered_never_changes_an_answer(
    edits: list[tuple[str, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = write(tmp_path_factory.mktemp("library"), FILES)
    memory, of_check = Memory(), Memory()
    looked_at(root, memory)
    check_paths([], setting_of(root, of_check))
    for name, text in edits:
        if text is None:
            (root / name).unlink(missing_ok=True)
        else:
            write(root, {name: text})
        anew = looked_at(root, Memory())
        assert in_short(looked_at(root, memory)) == in_short(anew)
        assert check_paths([], setting_of(root, of_check)) == anew[0]


def failed(found: tuple[CheckResult, CasesResult]) -> list[str]:
    """The files of cases that failed."""
    return [each.stated.where.file for each in found[1].results if each.failures]


def test_a_policy_in_a_file_of_another_name_is_looked_at_where_it_is(tmp_path: Path) -> None:
    root, memory = write(tmp_path, FILES), Memory()
    (root / "acme/p1.yaml").rename(root / "acme/p9.yaml")
    assert failed(looked_at(root, memory)) == ["acme/p3.cases.yaml"]
    write(root, {"acme/p9.yaml": COVERED.replace("outcome: covered", "outcome: not-covered")})
    assert failed(looked_at(root, memory)) == ["acme/p1.cases.yaml", "acme/p3.cases.yaml"]


def test_cases_that_change_are_put_again(tmp_path: Path) -> None:
    root, memory = write(tmp_path, FILES), Memory()
    assert failed(looked_at(root, memory)) == ["acme/p3.cases.yaml"]
    write(root, {"acme/p1.cases.yaml": _CASES.replace("outcome: covered", "outcome: not-covered")})
    assert failed(looked_at(root, memory)) == ["acme/p1.cases.yaml", "acme/p3.cases.yaml"]


def test_that_a_policy_is_not_known_is_told_only_while_nothing_else_is_wrong(tmp_path: Path) -> None:
    root, memory = write(tmp_path, {**FILES, "acme/p4.cases.yaml": _CASES.replace("acme/p1", "acme/p5")}), Memory()
    assert "unknown-policy" in rules(setting_of(root, memory))
    write(root, {"published.yaml": "format: 2\n"})
    assert "unknown-policy" not in rules(setting_of(root, memory))
    (root / "published.yaml").unlink()
    assert "unknown-policy" in rules(setting_of(root, memory))


def test_two_libraries_that_say_the_same_are_told_apart(tmp_path: Path) -> None:
    roots = [write(tmp_path / name, FILES) for name in ("one", "two")]
    setting = Setting(
        library=roots[0],
        here=tmp_path,
        progress=lambda _name: None,
        today=date(2026, 1, 15),
        memory=Memory(),
        sources={},
    )
    files = [each.stated.where.file for each in run_paths(roots, setting).results]
    assert files == [f"{root}/acme/{name}.cases.yaml" for root in ("one", "two") for name in ("p1", "p2", "p3")]


def test_what_hangs_on_the_day_is_looked_at_again_on_another(tmp_path: Path) -> None:
    planned = COVERED.replace("effective: 2020-01-01", "effective: 2020-01-01\n    next_review: 2026-01-20")
    root, memory = write(tmp_path, {**FILES, "acme/p1.yaml": planned}), Memory()
    assert "review-passed" not in rules(setting_of(root, memory, date(2026, 1, 20)))
    assert "review-passed" in rules(setting_of(root, memory, date(2026, 1, 21)))
    assert "review-passed" not in rules(setting_of(root, memory, date(2026, 1, 20)))


def test_what_hangs_on_the_texts_of_payers_is_looked_at_again_with_others(tmp_path: Path) -> None:
    words = "one two three four five six seven eight nine ten eleven twelve thirteen"
    copied = COVERED.replace("summary: The first.", f"summary: {words}.")
    root, memory = write(tmp_path, {**FILES, "acme/p1.yaml": copied}), Memory()
    day = date(2026, 1, 15)
    assert "copied-text" not in rules(setting_of(root, memory, day, {"a.txt": "Something else."}))
    assert "copied-text" in rules(setting_of(root, memory, day, {"a.txt": words}))
    assert "copied-text" not in rules(setting_of(root, memory, day))


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
