from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import VOCABULARY, coverage, entry, policy, when

from policykit.checking import check_files
from policykit.compiled import building, processes
from policykit.compiled.building import compile_library
from policykit.compiled.earlier import as_earlier, read_earlier
from policykit.compiled.packing import pack
from policykit.compiled.writing import write
from policykit.published import publication, published_text, read_published
from policykit.vocabulary import BUILT_IN, PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hypothesis.strategies import DrawFn

    from policykit.compiled.building import Built
    from policykit.compiled.documents import CompiledLibrary

# A policy that asks for facts, one that names criteria which nothing uses, one of another payer, one with a history.
AGES = when("{fact: patient.age, at_least: 18}")
UNUSED = coverage("- outcome: covered", top="criteria:\n  pain: {fact: pain.level, in: [mild, severe]}").replace(
    "acme/p1", "acme/p2"
)
OTHER = (
    when("{all: [{fact: quit.years, less_than: 15}, {fact: tests.done, has_any: [mri]}]}")
    .replace("policy: acme/p1", "policy: beta/p1")
    .replace("payer: acme", "payer: beta")
)
LONG = policy(
    entry("first", "new", "2020-01-01")
    + entry("second", "review", "2021-01-01", "unchanged")
    + entry("third", "criteria", "2022-01-01", "not-covered")
    + entry("fourth", "correction", "2022-02-01", "deferred", replaces="third", known_from="2022-03-01"),
    identity="acme/p3",
)
EARLY_ENTRY: Final = indent(entry("early", "criteria", "2020-06-01"), "  ")
SOUND = {
    **VOCABULARY,
    "acme/p1.yaml": AGES,
    "acme/p2.yaml": UNUSED,
    "acme/p3.yaml": LONG,
    "beta/p1.yaml": OTHER,
}


def record_of(files: Mapping[str, bytes]) -> bytes:
    """The record of these documents as published."""
    checked = check_files(files)
    assert not checked.problems, [str(each) for each in checked.problems]
    new = publication(read_published(None), checked.holdings.policies.values(), checked.holdings.vocabulary)
    return published_text(new).encode()


@cache
def sound() -> dict[str, bytes]:
    """A library of these documents, all of which are published."""
    files = {name: text.encode() for name, text in SOUND.items()}
    return {**files, PUBLISHED: record_of(files)}


def built(files: Mapping[str, bytes], **more: Any) -> CompiledLibrary:
    """The library that sound files make up."""
    result = compile_library(files, **more)
    assert result.library is not None, [str(each) for each in result.problems]
    assert result.problems == ()
    return result.library


def told(result: Built) -> list[Any]:
    """All of a result but for what had to be read, with every place in it."""
    problems = [(each, each.where.path) for each in result.problems]
    if result.library is None:
        return problems
    words = result.library.vocabulary
    facts = {name: fact for name, fact in words.facts.items() if name not in BUILT_IN}
    declared = (facts, words.payers, words.places_of_service, words.modifiers)
    return [
        problems,
        [pack(tuple(each.items()), "") for each in declared],
        pack(tuple(words.codes.items()), ""),
        result.library.documents,
        result.library.published,
        result.library.published_facts,
        result.library.program,
    ]


WORDS = (
    *(
        "acme",
        "beta",
        "patient.age",
        "quit.years",
        "quit.date",
        "pain.level",
        "tests.done",
        "integer",
        "date",
        "choice",
    ),
    *("2020-01-01", "2021-01-01", "first", "second", "third", "new", "review", "criteria", "unchanged", "covered"),
    *(
        "p1",
        "p2",
        "64714",
        "64700-64799",
        "cpt",
        "icd10cm",
        "is",
        "in",
        "at_least",
        "service.age",
        "unknown",
        "1",
        "true",
    ),
)
INSERTED = ("\t", "\xff", "- ", "  ", "x", "\n", ": ", "&a ", "{", '"', "# remark\n")


@st.composite
def broken(draw: DrawFn) -> dict[str, bytes]:
    """The sound library after up to four changes, most of which break something."""
    files = dict(sound())
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(sorted(files)))
        match draw(
            st.sampled_from(["word", "word", "line", "twice", "insert", "drop", "move", "copy", "fact", "swap"])
        ):
            case "drop":
                del files[name]
            case "move":
                files[draw(st.sampled_from(["acme/p9.yaml", "beta/p3.yaml", "acme/p0.yaml"]))] = files.pop(name)
            case "copy":
                files[draw(st.sampled_from(["acme/a.yaml", "beta/z.yaml", *sorted(files)]))] = files[name]
            case "fact":
                files["facts.yaml"] = files.get("facts.yaml", b"") + b"  one.more: {type: boolean, ask: One more?}\n"
            case change:
                files[name] = draw_changed(draw, files[name], change)
        files = dict(sorted(files.items())) or {"facts.yaml": b""}
    return files


def draw_changed(draw: DrawFn, content: bytes, change: str) -> bytes:
    """A text after one change of one kind."""
    text = content.decode("latin-1")
    lines = text.splitlines(keepends=True) or [""]
    at = draw(st.integers(0, len(lines) - 1))
    match change:
        case "line":
            del lines[at]
        case "twice":
            lines.insert(at, lines[at])
        case "swap":
            lines[at], lines[at - 1] = lines[at - 1], lines[at]
        case "insert":
            column = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:column] + draw(st.sampled_from(INSERTED)) + lines[at][column:]
        case _:
            words = re.split(r"([\w./-]+)", lines[at])
            place = draw(st.integers(0, len(words) - 1))
            words[place] = draw(st.sampled_from(WORDS))
            lines[at] = "".join(words)
    return "".join(lines).encode("latin-1")


@given(broken())
@settings(max_examples=30, deadline=None)
def test_the_problems_of_a_library_are_those_that_checking_all_of_it_tells(files: dict[str, bytes]) -> None:
    checked = check_files(files)
    result = compile_library(files)
    assert result.problems == checked.problems
    assert [each.where.path for each in result.problems] == [each.where.path for each in checked.problems]
    assert (result.library is None) == bool(checked.problems)
    assert sorted(result.read) == sorted(files)


@given(broken(), broken())
@settings(max_examples=25, deadline=None)
def test_what_is_known_of_an_earlier_library_changes_nothing(before: dict[str, bytes], files: dict[str, bytes]) -> None:
    known = compile_library(before).library or built(sound())
    assert told(compile_library(files, earlier=as_earlier(known))) == told(compile_library(files))


def with_text(name: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    """A change of the text of a document."""

    def change(files: dict[str, bytes]) -> None:
        text = files[name].decode()
        assert old in text
        files[name] = text.replace(old, new).encode()

    return change


def with_document(name: str, text: str) -> Callable[[dict[str, bytes]], None]:
    """A document more."""

    def change(files: dict[str, bytes]) -> None:
        files[name] = text.encode()

    return change


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    """A document less."""

    def change(files: dict[str, bytes]) -> None:
        del files[name]

    return change


def moved(name: str, to: str) -> Callable[[dict[str, bytes]], None]:
    """A document under another name."""

    def change(files: dict[str, bytes]) -> None:
        files[to] = files.pop(name)

    return change


def all_of(*changes: Callable[[dict[str, bytes]], None]) -> Callable[[dict[str, bytes]], None]:
    """Several changes, one after the other."""

    def change(files: dict[str, bytes]) -> None:
        for each in changes:
            each(files)

    return change


def with_digest_of_fourth(files: dict[str, bytes]) -> None:
    """A record of a revision that is no digest."""
    text = files[PUBLISHED].decode()
    files[PUBLISHED] = re.sub(r'"fourth": .*', '"fourth": 5', text).encode()


NEW: Final = UNUSED.replace("acme/p2", "acme/p4")
# Changes after each of which the library is still sound, and the policies that have to be read again for it.
SOUND_CHANGES: Final[tuple[tuple[Callable[[dict[str, bytes]], None], set[str]], ...]] = (
    (with_text("facts.yaml", "facts:\n", "facts:\n  one.more: {type: boolean, ask: One more?}\n"), set()),
    (with_text("facts.yaml", "ask: How old is the patient?", "ask: What is the age?"), {"acme/p1.yaml"}),
    (with_text("facts.yaml", "severe: Severe}", "severe: Severe, worst: Worst}"), {"acme/p2.yaml"}),
    (with_text("facts.yaml", "{whole_years_since: quit.date}", "{whole_months_since: quit.date}"), {"beta/p1.yaml"}),
    (with_text("facts.yaml", "  visit.count: {type: integer, ask: How many visits were there?}\n", ""), set()),
    (with_text("codes.yaml", "label: An operation", "label: Some operation"), set()),
    (with_text("payers.yaml", "name: Beta Care", "name: Beta, aliases: [B]"), set()),
    (with_text("payers.yaml", "payers:\n", "payers:\n  gamma: {name: Gamma}\n"), set()),
    (with_text("acme/p3.yaml", "summary: Something.", "summary: Something else."), {"acme/p3.yaml"}),
    (with_text("acme/p1.yaml", "title: A policy", 'title: "Ünïcode, \\"quoted\\""'), {"acme/p1.yaml"}),
    (with_text("acme/p1.yaml", 'cpt: ["64714"]', 'cpt: ["64700-64799"]'), {"acme/p1.yaml"}),
    (with_text("beta/p1.yaml", "title:", "# A remark.\ntitle:"), {"beta/p1.yaml"}),
    (with_document("acme/p4.yaml", NEW), {"acme/p4.yaml"}),
    (without("acme/p2.yaml"), set()),
)


def changed(numbers: Iterable[int]) -> dict[str, bytes]:
    """The library, unpublished, after some of these changes."""
    files = {name: text.encode() for name, text in SOUND.items()}
    for number in sorted(numbers):
        SOUND_CHANGES[number][0](files)
    return dict(sorted(files.items()))


@pytest.mark.parametrize("number", range(len(SOUND_CHANGES)))
def test_only_policies_whose_meaning_may_have_changed_are_read_again(number: int) -> None:
    before, after = changed([]), changed([number])
    result = compile_library(after, earlier=as_earlier(built(before)))
    assert result.problems == ()
    assert {name for name in result.read if "/" in name} == SOUND_CHANGES[number][1]
    assert {name for name in result.read if "/" not in name} == {
        name for name in after if "/" not in name and after[name] != before[name]
    }


@given(
    st.sets(st.integers(0, len(SOUND_CHANGES) - 1), max_size=5),
    st.sets(st.integers(0, len(SOUND_CHANGES) - 1), max_size=5),
    st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_a_file_built_over_an_earlier_one_is_the_one_built_anew(
    first: set[int], second: set[int], published: bool
) -> None:
    before, after = changed(first), changed(second)
    if published:
        after = {**after, PUBLISHED: record_of(after)}
        before = after if first == second else before
    with TemporaryDirectory() as folder:
        file, anew = Path(folder) / "library.sqlite", Path(folder) / "anew.sqlite"
        write(file, built(before))
        earlier = read_earlier(file)
        assert earlier is not None
        result, fresh = compile_library(after, earlier=earlier), compile_library(after)
        assert told(result) == told(fresh)
        assert result.library is not None
        assert fresh.library is not None
        assert result.read == () or before != after
        write(file, result.library)
        write(anew, fresh.library)
        assert file.read_bytes() == anew.read_bytes()


def test_several_processes_make_the_same_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "FEW", 1)
    for files in (sound(), {**sound(), "acme/p1.yaml": b"format: 1\n", "acme/p4.yaml": NEW.encode()}):
        assert told(compile_library(files, processes=3)) == told(compile_library(files))


def test_what_another_program_found_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "library.sqlite"
    write(file, built(sound()))
    assert compile_library(sound(), earlier=read_earlier(file)).read == ()
    monkeypatch.setattr(building, "program_digest", lambda: "another")
    assert sorted(compile_library(sound(), earlier=read_earlier(file)).read) == sorted(sound())


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\0", b"a text"])
def test_of_a_file_that_is_no_compiled_library_nothing_is_known(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "library.sqlite"
    if content is not None:
        file.write_bytes(content)
    assert read_earlier(file) is None


def test_of_a_damaged_file_nothing_wrong_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite"
    write(file, built(sound()))
    whole, fresh = file.read_bytes(), told(compile_library(sound()))
    chance = Random(7)  # noqa: S311  # no secret
    damaged = [whole[: chance.randrange(len(whole))] for _ in range(10)]
    for _ in range(200):
        place = chance.randrange(len(whole))
        damaged.append(whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :])
    unusable = 0
    for content in damaged:
        file.write_bytes(content)
        earlier = read_earlier(file)
        unusable += earlier is None
        if earlier is not None:
            result = compile_library(sound(), earlier=earlier)
            assert result.read == ()
            assert told(result) == fresh
    assert 20 < unusable < len(damaged)


def test_progress_is_told_of_every_document_read() -> None:
    seen: list[tuple[int, int]] = []
    compile_library(sound(), progress=lambda done, of: seen.append((done, of)))
    assert seen == [(done, len(sound())) for done in range(4, len(sound()) + 1)]


COPY: Final = AGES.replace("title: A policy", "title: The same policy")
# Changes of the published library that break it, each with a rule that is broken.
BREAKING_CHANGES: Final[tuple[tuple[Callable[[dict[str, bytes]], None], str], ...]] = (
    (with_text("payers.yaml", "  beta: {name: Beta Care}\n", ""), "unknown-payer"),
    (with_text("facts.yaml", "  pain.level:", "  pain.strength:"), "unknown-fact"),
    (with_text("facts.yaml", "severe: Severe", "worst: Worst"), "unknown-value"),
    (with_text("facts.yaml", "quit.years: {type: integer", "quit.years: {type: number"), "unknown-key"),
    (
        with_text("facts.yaml", "derived: {whole_years_since: quit", "derived: {whole_months_since: quit"),
        "published-altered",
    ),
    (with_text("facts.yaml", "facts:", "facts: ["), "syntax"),
    (with_text("codes.yaml", '"64714":', '"6471":'), "malformed-code"),
    (with_document("acme/a.yaml", COPY), "repeated-policy"),
    (with_document("acme/z.yaml", COPY), "repeated-policy"),
    (with_document("beta/p1.yaml", COPY), "misplaced"),
    (with_text("acme/p3.yaml", "summary: Something.", "summary: Something else."), "published-altered"),
    (with_text("acme/p3.yaml", "kind: coverage-policy", "kind: lcd"), "published-altered"),
    (with_text("acme/p3.yaml", "  - revision: second\n", f"{EARLY_ENTRY}  - revision: second\n"), "published-order"),
    (without("acme/p2.yaml"), "published-removed"),
    (with_text(PUBLISHED, '"second"', '"other"'), "published-removed"),
    (with_text(PUBLISHED, "  patient.age: ", "  patient.ages: "), "published-removed"),
    (with_text(PUBLISHED, "published:\n", "published: ]\n"), "syntax"),
    (with_text(PUBLISHED, "format: 1", "format: 2"), "wrong-value"),
    (with_text("acme/p1.yaml", "title: A policy", "titel: A policy"), "unknown-key"),
    (with_text("acme/p1.yaml", "payer: acme", "payer: beta"), "misplaced"),
    (moved("acme/p2.yaml", "acme/x.yaml"), "misplaced"),
    (all_of(with_document("acme/a.yaml", COPY), with_document("acme/z.yaml", COPY)), "repeated-policy"),
    (
        all_of(
            with_digest_of_fourth,
            with_text("acme/p3.yaml", "  - revision: fourth\n", f"{EARLY_ENTRY}  - revision: fourth\n"),
        ),
        "published-order",
    ),
)


@pytest.mark.parametrize(("change", "rule"), BREAKING_CHANGES)
def test_whatever_breaks_is_told_as_checking_all_of_it_tells(
    change: Callable[[dict[str, bytes]], None], rule: str
) -> None:
    files = dict(sound())
    change(files)
    files = dict(sorted(files.items()))
    expected = check_files(files).problems
    assert rule in {each.rule for each in expected}
    assert compile_library(files).problems == expected
    assert compile_library(files, earlier=as_earlier(built(sound()))).problems == expected
