from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

import pytest
from samples import COVERED, VOCABULARY

from policykit.checking import check_files
from policykit.compiled import processes
from policykit.compiled.processes import FEW, found_in

if TYPE_CHECKING:
    from policykit.compiled.compiling import Found
    from policykit.vocabulary import Vocabulary

COUNT = FEW + 20


@pytest.fixture(name="words", scope="module")
def _words() -> Vocabulary:
    return check_files({name: text.encode() for name, text in VOCABULARY.items()}).holdings.vocabulary


@pytest.fixture(name="files", scope="module")
def _files() -> dict[str, bytes]:
    """More than a few documents, every tenth of which is wrong."""
    names = [f"acme/p{number}" for number in range(COUNT)]
    whole = {f"{name}.yaml": COVERED.replace("policy: acme/p1", f"policy: {name}") for name in names}
    broken = {name: text.replace("outcome: covered", "outcome: coverd") for name, text in [*whole.items()][::10]}
    return {name: text.encode() for name, text in {**whole, **broken}.items()}


def by_name(found: Any) -> dict[str, Found]:
    listed = list(found)
    assert len(listed) == COUNT
    return {each.name: each for each in listed}


@pytest.fixture(name="alone", scope="module")
def _alone(files: dict[str, bytes], words: Vocabulary) -> dict[str, Found]:
    """What the documents are found to be one by one."""
    found = by_name(found_in(files, words, 1))
    assert sum(each.policy is None for each in found.values()) == COUNT // 10 + 1
    return found


@pytest.mark.parametrize("count", [2, 3])
def test_several_processes_find_what_one_finds(
    files: dict[str, bytes], words: Vocabulary, alone: dict[str, Found], count: int
) -> None:
    assert by_name(found_in(files, words, count)) == alone
    assert multiprocessing.active_children() == []


def test_without_a_vocabulary_only_the_form_is_looked_at(files: dict[str, bytes]) -> None:
    found = by_name(found_in(files, None, 2))
    assert not any(each.stated or each.policy or each.meaning for each in found.values())
    assert sum(bool(each.form) for each in found.values()) == COUNT // 10 + 1


def test_processes_that_are_gone_leave_their_work_to_the_program(
    files: dict[str, bytes], words: Vocabulary, alone: dict[str, Found]
) -> None:
    found = found_in(files, words, 2)
    first = next(found)
    for process in multiprocessing.active_children():
        process.kill()
    assert by_name([first, *found]) == alone
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("allowed", [0, 1])
def test_where_the_system_allows_no_more_processes_those_that_there_are_do_the_work(
    files: dict[str, bytes],
    words: Vocabulary,
    alone: dict[str, Found],
    allowed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = processes._CONTEXT.Process.start  # noqa: SLF001  # what asks the system
    started: list[Any] = []

    def start(process: Any) -> None:
        if len(started) == allowed:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        started.append(process)
        real(process)

    monkeypatch.setattr(processes._CONTEXT.Process, "start", start)  # noqa: SLF001  # the same
    assert by_name(found_in(files, words, 3)) == alone
    assert len(started) == allowed


def test_for_a_few_documents_no_process_is_started(
    files: dict[str, bytes], words: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_CONTEXT", None)
    few = dict([*files.items()][:FEW])
    assert {each.name for each in found_in(few, words, 4)} == few.keys()
    assert len(list(found_in(files, words, 1))) == COUNT


def test_whoever_needs_no_more_leaves_no_process_behind(files: dict[str, bytes], words: Vocabulary) -> None:
    found = found_in(files, words, 2)
    next(found)
    assert len(multiprocessing.active_children()) == 2
    found.close()
    assert multiprocessing.active_children() == []
