from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from samples import COVERED, decided, policy, texts, when, write

import policykit
from policykit import folder
from policykit.compiled import building, keeping
from policykit.compiled import cache as caching
from policykit.shipped import POLICIES

if TYPE_CHECKING:
    from policykit.library import Library

# One of everything that a document can say.
EVERYTHING = policy(
    """\
- revision: a
  change: new
  summary: The first.
  effective: 2020-01-01
  through: 2030-01-01
  known_from: 2019-01-01
  published: 2019-01-02
  implemented: 2019-01-03
  last_reviewed: 2019-01-04
  next_review: 2031-01-01
  applies_by: claim-processed
  reading: A choice.
  source: {title: T, publisher: P, number: "1", section: "2", url: "https://example.org/", retrieved: 2019-01-05}
  subject_to: [one, two]
  related: [three]
  references: [four]
  services:
    - service: S
      codes: {value_set: ours}
      code_notes: [five]
      reading: Another choice.
      coverage:
        - outcome: deferred
          to: me
          cite: A
          quote: words
          says: more
          reading: choice
          when:
            id: top
            says: it says
            cite: B
            quote: some words
            reading: one more choice
            count_at_least: 1
            of:
              - {use: named, says: at the place of use}
              - {none: [{fact: surgery.urgent, is: false}]}
              - {any: [{fact: pain.level, in: [mild, severe]}]}
              - {all: [{fact: tests.done, has_all: [mri]}, {fact: tests.done, has_any: {value_set: tests}}]}
              - {fact: patient.weight, more_than: 2.5, at_most: 100}
              - {fact: visit.count, at_least: 1, less_than: 9}
              - {fact: quit.date, within_last: 2 years, on_or_after: 2020-01-01}
              - {fact: quit.date, at_least_ago: 1 day, before: date_of_service}
              - {fact: scan.last, longer_ago_than: 3 weeks, after: 2001-01-01, on_or_before: date_of_service}
              - {fact: prior.code, is: {cpt: "64714"}}
              - {fact: prior.codes, has_any: {icd10cm: ["F17-", "A00-A09"], cpt: ["64714"]}}
        - {outcome: not-encoded, says: More.}
- {revision: b, change: review, summary: B, effective: 2021-01-01, known_from: 2020-01-01, services: unchanged}
- revision: c
  change: correction
  summary: C
  effective: 2021-02-01
  known_from: 2021-01-01
  replaces: b
  services: [{service: S, unchanged: true}]
- {revision: d, change: withdrawn, summary: D, known_from: 2022-01-01, withdraws: c}
- {revision: e, change: retired, summary: E, effective: 2029-01-01}
""",
    top="""\
value_sets:
  ours: {cpt: ["64714", "64700-64710"], icd9cm: ["715-"]}
  tests: [mri, ct]
criteria:
  named: {fact: surgery.urgent, is: true, says: at the definition}
""",
)


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    return write(tmp_path / "library", texts(EVERYTHING))


@pytest.fixture(name="cache")
def _cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def files_of(root: Path) -> dict[str, bytes]:
    listing = folder.list_files(root)
    return folder.read_files(listing, listing.documents)[0]


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


@pytest.fixture(name="reads")
def _reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list to which the documents that have to be read are added, whenever a library is compiled."""
    made: list[str] = []
    real = building.compile_library

    def counted(*args: Any, **kwargs: Any) -> Any:
        built = real(*args, **kwargs)
        made.append(" ".join(sorted(built.read)))
        return built

    monkeypatch.setattr(keeping, "compile_library", counted)
    return made


def words_of(library: Library) -> list[Any]:
    """Everything that a vocabulary declares, in order."""
    vocabulary = library.vocabulary
    return [
        list(each.items())
        for each in (
            vocabulary.facts,
            vocabulary.payers,
            vocabulary.codes,
            vocabulary.places_of_service,
            vocabulary.modifiers,
        )
    ]


def test_what_was_read_once_is_not_read_again(root: Path, cache: Path, reads: list[str]) -> None:
    policykit.open_library(root, cache=cache)
    assert len(reads) == 1
    (name,) = kept(cache)
    assert name == f"{caching.key_of(files_of(root))}.sqlite"
    policykit.open_library(root, cache=cache)
    policykit.open_library(str(root), cache=str(cache))
    assert len(reads) == 1


def test_a_kept_library_is_the_library_that_was_read(root: Path, cache: Path) -> None:
    one = policykit.open_library(root, cache=cache)
    other = policykit.open_library(root, cache=cache)
    assert words_of(other) == words_of(one)
    assert dict(other.policies) == {"acme/p1": other.policy("acme/p1")}
    assert len(other.policies) == 1
    assert "acme/p1" in other.policies
    assert "acme/p2" not in other.policies
    mine, theirs = one.policy("acme/p1"), other.policy("acme/p1")
    # Places take part in no comparison, so they are compared apart.
    assert theirs.history == mine.history
    assert repr(theirs) == repr(mine)
    assert [entry.where for entry in theirs.history] == [entry.where for entry in mine.history]
    assert [dict(entry.places) for entry in theirs.history] == [dict(entry.places) for entry in mine.history]
    assert {fact.name: fact.where for fact in other.vocabulary.facts.values()} == {
        fact.name: fact.where for fact in one.vocabulary.facts.values()
    }
    assert other.policies["acme/p1"] is theirs


FACT_SETS = (
    "{}",
    "{surgery.urgent: true}",
    "{quit.date: 2025, patient.weight: 3}",
    '{prior.codes: {icd10cm: ["F17.2"]}}',
)


def test_a_kept_library_answers_as_the_one_that_was_read(root: Path, cache: Path) -> None:
    one = policykit.open_library(root, cache=cache)
    other = policykit.open_library(root, cache=cache)
    for facts in FACT_SETS:
        for code in ('{cpt: "64714"}', '{cpt: "64705"}', '{icd9cm: "715.9"}', '{cpt: "1234F"}'):
            keys = {"service": code, "claim_processed": "2020-06-01"}
            mine, theirs = decided(one, facts, **keys), decided(other, facts, **keys)
            assert (mine.outcome, mine.possible, mine.missing, mine.receipt) == (
                theirs.outcome,
                theirs.possible,
                theirs.missing,
                theirs.receipt,
            )
            assert mine.findings == theirs.findings
    for code in ("64714", "64705", "64711", "715.9", "716"):
        assert [each.id for each in one.policies_for(code)] == [each.id for each in other.policies_for(code)]


def test_the_shipped_library_comes_back_from_the_store_as_it_is(cache: Path) -> None:
    one = policykit.open_library(POLICIES, cache=cache)
    other = policykit.open_library(POLICIES, cache=cache)
    assert sorted(one.policies) == sorted(other.policies)
    for identity in one.policies:
        assert other.policy(identity).history == one.policy(identity).history
    assert words_of(other) == words_of(one)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: bytes([content[0] ^ 1]) + content[1:],
        lambda content: content.replace(b"A policy", b"B policy"),
        lambda content: content[: len(content) // 2],
        lambda content: content[:64],
        lambda content: content[:65],
        lambda content: content[:5000] + bytes(4096) + content[9096:],
        lambda _: b"",
        lambda _: b"\n",
        lambda content: b"x" * len(content),
    ],
)
def test_a_damaged_store_is_passed_over_and_mended(root: Path, cache: Path, reads: list[str], spoil: Any) -> None:
    policykit.open_library(root, cache=cache)
    (name,) = kept(cache)
    sound = (cache / name).read_bytes()
    (cache / name).write_bytes(spoil(sound))
    assert caching.load(cache, name.removesuffix(".sqlite")) is None
    library = policykit.open_library(root, cache=cache)
    assert len(reads) == 2
    assert library.policy("acme/p1").title == "A policy"
    assert (cache / name).read_bytes() == sound
    policykit.open_library(root, cache=cache)
    assert len(reads) == 2


@pytest.mark.parametrize("name", ["acme/p1.yaml", "facts.yaml", "payers.yaml", "codes.yaml"])
def test_an_edited_document_is_seen_whatever_its_date_and_size(
    root: Path, cache: Path, reads: list[str], name: str
) -> None:
    policykit.open_library(root, cache=cache)
    path = root / name
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(
        content.replace(b"A policy", b"B policy")
        .replace(b"Is it urgent?", b"Is it URGENT?")
        .replace(b"Beta Care", b"Beta CARE")
        .replace(b"A scan", b"B scan")
    )
    assert path.read_bytes() != content
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    library = policykit.open_library(root, cache=cache)
    assert len(reads) == 2
    if name == "acme/p1.yaml":
        assert library.policy("acme/p1").title == "B policy"
    path.write_bytes(content)
    policykit.open_library(root, cache=cache)
    assert len(reads) == 2


def test_a_document_that_is_added_taken_away_or_renamed_is_seen(root: Path, cache: Path, reads: list[str]) -> None:
    policykit.open_library(root, cache=cache)
    write(root, {"acme/p2.yaml": COVERED.replace("acme/p1", "acme/p2")})
    assert sorted(policykit.open_library(root, cache=cache).policies) == ["acme/p1", "acme/p2"]
    (root / "acme" / "p2.yaml").unlink()
    assert list(policykit.open_library(root, cache=cache).policies) == ["acme/p1"]
    assert len(reads) == 2
    (root / "acme" / "p1.yaml").rename(root / "acme" / "p3.yaml")
    with pytest.raises(policykit.InvalidDocuments):
        policykit.open_library(root, cache=cache)


def test_an_edit_that_breaks_a_document_is_told_and_not_kept(root: Path, cache: Path) -> None:
    policykit.open_library(root, cache=cache)
    write(root, texts(when("{fact: surgery.urgend, is: true}")))
    for _ in range(2):
        with pytest.raises(policykit.InvalidDocuments):
            policykit.open_library(root, cache=cache)
    assert len(kept(cache)) == 1


def test_two_libraries_have_one_store(root: Path, cache: Path, tmp_path: Path, reads: list[str]) -> None:
    other = write(tmp_path / "other", texts(COVERED))
    for _ in range(2):
        assert len(policykit.open_library(root, cache=cache).policy("acme/p1").history) == 5
        assert len(policykit.open_library(other, cache=cache).policy("acme/p1").history) == 1
    assert len(reads) == 2


def test_the_key_is_of_every_name_and_every_byte() -> None:
    files = {name: text.encode() for name, text in texts(COVERED).items()}
    key = caching.key_of(files)
    assert caching.key_of(dict(reversed(files.items()))) == key
    assert caching.key_of({**files, "facts.yaml": files["facts.yaml"] + b" "}) != key
    assert caching.key_of({**files, "facts.yaml": files["codes.yaml"], "codes.yaml": files["facts.yaml"]}) != key
    assert caching.key_of({name.replace("p1", "p2"): content for name, content in files.items()}) != key


def test_the_key_is_of_the_program_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {name: text.encode() for name, text in texts(COVERED).items()}
    key = caching.key_of(files)
    monkeypatch.setattr(caching, "VERSION", "0.0.0")
    assert caching.key_of(files) != key
    monkeypatch.undo()
    package = tmp_path / "package"
    names = ("one.py", "reading/two.py", "compiled/three.py", "schemas/four.json")
    for name in names:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("a")
    monkeypatch.setattr(caching, "_PACKAGE", package)
    monkeypatch.setattr(caching, "SCHEMAS", package / "schemas")
    keys = {caching.key_of(files)}
    for name in names:
        later = time.time_ns() + 10**9
        os.utime(package / name, ns=(later, later))
        keys.add(caching.key_of(files))
    assert len(keys) == 5


@pytest.mark.parametrize("what", [(Path, "mkdir"), (Path, "replace"), (os, "open"), (os, "fsync")])
def test_a_store_that_cannot_be_written_is_passed_over(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, what: tuple[Any, str]
) -> None:
    def full(*_args: Any, **_kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(*what, full)
        assert list(policykit.open_library(root, cache=cache).policies) == ["acme/p1"]
    # Nothing is left half written.
    assert kept(cache) == []


def test_a_file_where_the_store_should_be_is_passed_over(root: Path, cache: Path) -> None:
    cache.write_text("a file")
    assert list(policykit.open_library(root, cache=cache).policies) == ["acme/p1"]
    assert cache.read_text() == "a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_the_system_forbids_is_passed_over(root: Path, cache: Path) -> None:
    cache.mkdir(mode=0o500)
    assert list(policykit.open_library(root, cache=cache).policies) == ["acme/p1"]


def test_two_savers_at_once_leave_one_sound_store(cache: Path) -> None:
    files = {name: text.encode() for name, text in texts(EVERYTHING).items()}
    barrier = Barrier(8)

    def work(_: int) -> bool:
        barrier.wait()
        sound = True
        for _ in range(5):
            keeping.compile_and_keep(files, cache, "key", 1)
            loaded = caching.load(cache, "key")
            sound = sound and loaded is not None and list(loaded.policies) == ["acme/p1"]
        return sound

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert kept(cache) == ["key.sqlite"]


def test_only_the_newest_are_kept(cache: Path) -> None:
    files = {name: text.encode() for name, text in texts(COVERED).items()}
    for number in range(20):
        keeping.compile_and_keep(files, cache, key(number), 1)
        os.utime(cache / f"{key(number)}.sqlite", (number, number))
    # The last saved is the newest, though its date was set back afterwards.
    assert kept(cache) == [f"{key(number)}.sqlite" for number in range(4, 20)]


def test_large_files_are_not_kept_by_the_dozen(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: text.encode() for name, text in texts(COVERED).items()}
    keeping.compile_and_keep(files, cache, key(0), 1)
    size = (cache / f"{key(0)}.sqlite").stat().st_size
    monkeypatch.setattr(caching, "_LARGEST", 3 * size)
    for number in range(1, 7):
        os.utime(cache / kept(cache)[0], (0, 0))
        keeping.compile_and_keep(files, cache, key(number), 1)
        os.utime(cache / f"{key(number)}.sqlite", (number, number))
    assert kept(cache) == [f"{key(number)}.sqlite" for number in (4, 5, 6)]
    # The newest stays, however large it is.
    monkeypatch.setattr(caching, "_LARGEST", 1)
    caching.forget(cache)
    assert kept(cache) == [f"{key(6)}.sqlite"]


def test_files_of_others_in_the_cache_are_left_alone(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: text.encode() for name, text in texts(COVERED).items()}
    others = ["notes.sqlite", f"{key(1)}.sqlite.bak", f"{key(1)}", f"a{key(1)}.sqlite", "README.txt"]
    cache.mkdir(exist_ok=True)
    for name in others:
        (cache / name).write_bytes(b"of somebody else")
    monkeypatch.setattr(caching, "_LARGEST", 1)
    keeping.compile_and_keep(files, cache, key(1), 1)
    keeping.compile_and_keep(files, cache, key(2), 1)
    assert kept(cache) == sorted([*others, f"{key(2)}.sqlite"])
    assert {(cache / name).read_bytes() for name in others} == {b"of somebody else"}


def key(number: int) -> str:
    """A key like those of libraries, in order of the number."""
    return f"{number:064x}"


def test_only_what_was_edited_is_read_again(root: Path, cache: Path, reads: list[str]) -> None:
    write(root, {"acme/p2.yaml": COVERED.replace("acme/p1", "acme/p2")})
    policykit.open_library(root, cache=cache)
    write(root, {"acme/p2.yaml": COVERED.replace("acme/p1", "acme/p2").replace("A policy", "Another")})
    library = policykit.open_library(root, cache=cache)
    assert reads[1:] == ["acme/p2.yaml"]
    assert library.policy("acme/p2").title == "Another"
    assert [each.id for each in library.policies_for("64714")] == ["acme/p1", "acme/p2"]
    assert library.policies_for("64714") == tuple(library.policy(each) for each in ("acme/p1", "acme/p2"))
    kept_now = policykit.open_library(root, cache=cache)
    assert len(reads) == 2
    assert [each.title for each in kept_now.policies.values()] == ["A policy", "Another"]


def test_many_threads_may_ask_a_kept_library_at_once(root: Path, cache: Path) -> None:
    policykit.open_library(root, cache=cache)
    library = policykit.open_library(root, cache=cache)
    barrier = Barrier(16)

    def work(_: int) -> Any:
        barrier.wait()
        return library.policy("acme/p1"), decided(
            library, "{surgery.urgent: true}", claim_processed="2020-06-01"
        ).outcome

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(16)))
    assert len({id(each[0]) for each in found}) == 1
    assert {each[1] for each in found} == {"deferred"}


def test_a_library_without_a_cache_writes_nothing(root: Path) -> None:
    before = sorted(root.rglob("*"))
    policykit.open_library(root)
    assert sorted(root.rglob("*")) == before
