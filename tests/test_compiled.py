"""A compiled file is the library that it was made from: every answer, every word, whatever is asked first."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import TYPE_CHECKING, Any, Final

import pytest
import strategies
from compiled_files import compiled, compiled_file, opened, texts_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import COVERED, data_in, decided, library_of, texts, when
from test_compiled_cache import EVERYTHING, FACT_SETS, words_of

import policykit
from policykit.compiled import form
from policykit.compiled.reading import CompiledFile, Unusable
from policykit.compiled.writing import write
from policykit.folder import list_files, read_files
from policykit.plain import vocabulary_digest
from policykit.policy import AppliesBy
from policykit.shipped import POLICIES
from policykit.timeline import Miss, Revision

if TYPE_CHECKING:
    from policykit.decision import Decision
    from policykit.library import Library

MANY: Final = {
    **{f"acme/p{number}.yaml": COVERED.replace("acme/p1", f"acme/p{number}") for number in range(1, 40)},
    "beta/p1.yaml": COVERED.replace("acme/p1", "beta/p1").replace("payer: acme", "payer: beta"),
}


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    return compiled_file(tmp_path / "library.sqlite", texts(EVERYTHING))


def answer(decision: Decision) -> list[Any]:
    """All of a decision."""
    return [
        decision.outcome,
        decision.possible,
        decision.missing,
        decision.advisories,
        decision.findings,
        decision.receipt,
        repr(decision.answer.found),
    ]


@cache
def cases() -> tuple[Any, ...]:
    """What a library is asked to decide."""
    common = "{policy: acme/p1, date_of_service: 2026-01-15, claim_processed: 2020-06-01"
    codes = ('{cpt: "64714"}', '{cpt: "64705"}', '{icd9cm: "715.9"}', '{cpt: "1234F"}')
    return tuple(data_in(f"{common}, service: {code}, facts: {facts}}}") for facts in FACT_SETS for code in codes)


def everything(library: Library) -> list[Any]:
    """All that a library can be asked, in one order."""
    found: list[Any] = [words_of(library), [repr(each) for each in library.vocabulary.derived]]
    found += [[identity, repr(policy)] for identity, policy in library.policies.items()]
    found += [answer(library.decide(case)) for case in cases()]
    for code in ("64714", "64705", "64711", "715.9", "716", "A1234"):
        for payer in (None, "acme", "ACME HEALTH", "beta", "nobody"):
            found.append([each.id for each in library.policies_for(code, payer)])
    return found


def test_a_compiled_file_is_the_library_that_it_was_made_from(file: Path) -> None:
    library = library_of(texts(EVERYTHING))
    assert everything(opened(file)) == everything(library)
    assert everything(policykit.open_library(file)) == everything(library)
    assert everything(policykit.open_library(str(file))) == everything(library)
    assert vocabulary_digest(opened(file).vocabulary) == vocabulary_digest(library.vocabulary)


def test_the_shipped_library_is_the_same_compiled(tmp_path: Path) -> None:
    listing = list_files(POLICIES)
    one = policykit.open_library(POLICIES)
    other = opened(compiled_file(tmp_path / "library.sqlite", read_files(listing, listing.documents)[0]))
    assert list(other.policies) == list(one.policies)
    assert words_of(other) == words_of(one)
    for identity in one.policies:
        assert other.policy(identity).history == one.policy(identity).history
        assert repr(other.policy(identity)) == repr(one.policy(identity))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_compiled_library_decides_as_the_documents_do(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True) | strategies.documents())
    files = texts_of(documents)
    cases = [data.draw(strategies.cases(documents)) for _ in range(3)]
    library = library_of(files)
    with TemporaryDirectory() as folder:
        other = opened(compiled_file(Path(folder) / "a.sqlite", files))
        for case in cases:
            mine, theirs = library.decide_each(case), other.decide_each(case)
            assert [answer(each) for each in mine] == [answer(each) for each in theirs]


# The tables for everybody

IN_EFFECT: Final = """\
SELECT revision, last_day, governs FROM period
WHERE policy = :policy AND first_day <= CASE applies_by WHEN 'date-of-service' THEN :dos ELSE :processed END
  AND (:known_on IS NULL AND known_until IS NULL
    OR ifnull(known_from, '') <= :known_on AND (known_until IS NULL OR :known_on <= known_until))
ORDER BY first_day DESC LIMIT 1
"""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_periods_select_the_revision_in_effect(data: st.DataObject) -> None:
    documents = data.draw(strategies.timelines())
    library = library_of(texts_of(documents))
    turning = [
        entry[key]
        for entry in documents[1]["history"]
        for key in ("effective", "through", "known_from")
        if key in entry
    ]
    days = sorted({date.fromisoformat(each) + timedelta(days=by) for each in turning for by in (-1, 0, 1)})
    some = st.sampled_from(days)
    with TemporaryDirectory() as folder:
        file = sqlite3.connect(compiled_file(Path(folder) / "a.sqlite", texts_of(documents)))
        for _ in range(20):
            dos, processed = data.draw(some), data.draw(some)
            known_on = data.draw(st.none() | some)
            found = library.in_effect(
                strategies.POLICY, date_of_service=dos, claim_processed=processed, known_on=known_on
            )
            asked = {
                "policy": strategies.POLICY,
                "dos": str(dos),
                "processed": str(processed),
                "known_on": str(known_on) if known_on else None,
            }
            row = file.execute(IN_EFFECT, asked).fetchone()
            assert isinstance(found, Revision | Miss)
            assert selected(row, library, dos, processed) == (found.name if isinstance(found, Revision) else None)
        file.close()


def selected(row: Any, library: Library, dos: date, processed: date) -> str | None:
    """The revision that a row of `period` stands for, unless it has ended or does not govern."""
    if row is None:
        return None
    name, last, governs = row
    entry = next(each for each in library.policy(strategies.POLICY).history if each.revision == name)
    day = processed if entry.applies_by is AppliesBy.CLAIM_PROCESSED else dos
    return name if governs and (last is None or str(day) <= last) else None


def test_the_tables_tell_what_the_library_holds(file: Path) -> None:
    library = opened(file)
    tables = sqlite3.connect(file)
    assert tables.execute("SELECT id, payer, title, kind, document FROM policy").fetchall() == [
        ("acme/p1", "acme", "A policy", "coverage-policy", "acme/p1.yaml")
    ]
    assert dict(tables.execute("SELECT name, content FROM document")) == {
        name: text.encode() for name, text in texts(EVERYTHING).items()
    }
    assert tables.execute("SELECT id, name FROM payer ORDER BY id").fetchall() == [
        (each.id, each.name) for each in sorted(library.vocabulary.payers.values(), key=lambda payer: payer.id)
    ]
    assert ("acme health", "acme") in tables.execute("SELECT name, payer FROM payer_name").fetchall()
    assert {row[0] for row in tables.execute("SELECT name FROM fact")} == {
        name for name in library.vocabulary.facts if not name.startswith(("service.", "claim."))
    }
    assert {f"{system} {code}" for system, code in tables.execute("SELECT system, code FROM code")} == {
        str(code) for code in library.vocabulary.codes
    }
    stems = set(tables.execute("SELECT system, stem, form FROM stem WHERE policy = 'acme/p1'"))
    assert ("cpt", "64714", "00000") in stems
    assert ("icd9cm", "715", "") in stems
    assert tables.execute("SELECT value FROM library WHERE key = 'format'").fetchone() == (str(form.FORMAT),)
    tables.close()


# What is read


def test_opening_reads_the_root_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = compiled_file(tmp_path / "library.sqlite", texts(COVERED) | MANY)
    asked: list[Any] = []
    real = CompiledFile._asked  # noqa: SLF001  # the one place where rows are read

    def counted(self: CompiledFile, question: str, values: tuple[Any, ...] = ()) -> list[Any]:
        asked.append(values)
        return real(self, question, values)

    monkeypatch.setattr(CompiledFile, "_asked", counted)
    library = opened(file)
    assert asked == [()]
    assert len(library.policies) == 40
    assert library.policy("acme/p7").title == "A policy"
    assert len(asked) == 2
    assert library.policy("acme/p7") is library.policy("acme/p7")
    assert len(asked) == 2
    with pytest.raises(policykit.UnknownPolicy, match="did you mean `acme/p3"):
        library.policy("acme/p3x")
    assert len(asked) == 4
    assert [each.id for each in library.policies_for("64714", "Beta Care")] == ["beta/p1"]
    # The name of the payer, the payer, the stems of the code, those that are shorter, and the policy.
    assert len(asked) <= 4 + 6


def test_many_threads_may_ask_at_once(tmp_path: Path) -> None:
    file = compiled_file(tmp_path / "library.sqlite", texts(COVERED) | MANY)
    library, barrier = opened(file), Barrier(12)

    def work(start: int) -> list[int]:
        barrier.wait()
        order = [(start * 7 + number) % 39 + 1 for number in range(39)]
        found = {number: id(library.policy(f"acme/p{number}")) for number in order}
        assert len(library.policies_for("64714")) == 40
        assert decided(library).outcome == "covered"
        return [found[number] for number in sorted(found)]

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(work, range(12)))
    assert all(each == found[0] for each in found)


def test_several_processes_may_ask_at_once_while_it_is_made_again(tmp_path: Path) -> None:
    file = compiled_file(tmp_path / "library.sqlite", texts(COVERED) | MANY)
    script = f"""
import policykit
for _ in range(40):
    library = policykit.open_library({str(file)!r})
    assert len(library.policies_for("64714")) == 40
"""
    asking = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    library = compiled(texts(COVERED) | MANY)
    while any(each.poll() is None for each in asking):
        write(file, library)
    assert [each.returncode for each in asking] == [0, 0, 0]
    assert [each.name for each in tmp_path.iterdir()] == ["library.sqlite"]


def test_neither_yaml_nor_json_schema_is_loaded(file: Path) -> None:
    script = f"""
import sys, policykit
library = policykit.open_library({str(file)!r})
case = {{"payer": "acme", "date_of_service": "2026-01-15", "claim_processed": "2026-01-15", "service": {{"cpt": "64714"}}}}
print(library.decide(case).outcome, library.policies_for("64714")[0].id)
print(*sorted({{"jsonschema", "ruamel.yaml", "referencing", "click"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "undetermined acme/p1\n\n"


def test_nothing_is_written_beside_a_file_that_is_read(file: Path) -> None:
    file.chmod(0o400)
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    everything(opened(file))
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert [each.name for each in file.parent.iterdir()] == ["library.sqlite"]


@pytest.mark.parametrize("name", ["a b.sqlite", "50%.sqlite", "?x=1.sqlite", "#.sqlite", "é.sqlite", "'.sqlite"])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    file = compiled_file(tmp_path / name, texts(COVERED))
    assert list(opened(file).policies) == ["acme/p1"]


def test_a_name_that_is_not_in_utf_8_will_do(tmp_path: Path) -> None:
    file = compiled_file(tmp_path / os.fsdecode(b"\xff.sqlite"), texts(COVERED))
    assert list(opened(file).policies) == ["acme/p1"]


# What is written


def test_the_same_documents_make_the_same_bytes(tmp_path: Path) -> None:
    one = compiled_file(tmp_path / "one.sqlite", texts(EVERYTHING))
    other = compiled_file(tmp_path / "other.sqlite", texts(EVERYTHING))
    assert one.read_bytes() == other.read_bytes()
    assert compiled_file(tmp_path / "one.sqlite", texts(EVERYTHING)).read_bytes() == other.read_bytes()
    assert compiled_file(tmp_path / "one.sqlite", texts(COVERED)).read_bytes() != other.read_bytes()


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    target = compiled_file(tmp_path / "target.sqlite", texts(COVERED))
    link = tmp_path / "link.sqlite"
    link.symlink_to(target)
    compiled_file(link, texts(EVERYTHING))
    assert link.is_symlink()
    assert everything(opened(target)) == everything(library_of(texts(EVERYTHING)))


def test_what_a_killed_command_left_behind_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".library.sqlite.1-2.unfinished"
    left.write_bytes(b"half")
    other = tmp_path / ".other.sqlite.1-2.unfinished"
    other.write_bytes(b"half")
    compiled_file(tmp_path / "library.sqlite", texts(COVERED))
    assert sorted(each.name for each in tmp_path.iterdir()) == [other.name, "library.sqlite"]


def test_a_file_that_cannot_be_written_is_told_and_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def full(*_args: Any) -> Any:
        raise OSError(28, "No space left on device")

    library = compiled(texts(COVERED))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(policykit.PolicykitError, match="cannot be written: no space left on device"):
            write(file, library)
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == ["library.sqlite"]
    with pytest.raises(policykit.PolicykitError, match="cannot be written: no such file or directory"):
        write(file.parent / "nowhere" / "library.sqlite", library)


# What is not to be trusted


def test_what_is_no_compiled_library_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE part (kind, number, content, digest)")
    connection.commit()
    connection.close()
    empty, text = tmp_path / "empty", tmp_path / "text"
    empty.write_bytes(b"")
    text.write_text("format: 1\n" * 50)
    for path in (other, empty, text):
        with pytest.raises(Unusable, match="is no compiled library\n  help: a library is a folder of documents"):
            opened(path)
    with pytest.raises(Unusable, match="cannot be read: is a directory"):
        opened(tmp_path)
    with pytest.raises(Unusable, match="cannot be read: no such file"):
        opened(tmp_path / "nothing")


@pytest.mark.parametrize("version", [0, form.FORMAT + 1, 2**31])
def test_another_form_is_refused_with_the_way_out(file: Path, version: int) -> None:
    content = bytearray(file.read_bytes())
    content[60:64] = version.to_bytes(4, "big")
    file.write_bytes(content)
    told = f"is compiled in form {version}, and this version of policykit reads form {form.FORMAT}"
    with pytest.raises(Unusable, match=f"{told}\n  help: make it again with `policykit build`"):
        opened(file)


class Sound:
    """The bytes of a compiled file, and all that it answers."""

    def __init__(self, file: Path) -> None:
        self.content = file.read_bytes()
        self.expected = everything(opened(file))

    def tried(self, path: Path, content: bytes) -> bool:
        """Whether other bytes are refused; what they answer otherwise must be right."""
        path.write_bytes(content)
        try:
            found = everything(opened(path))
        except Unusable as error:
            return bool(re.search(r"\n  help: ", str(error)))
        assert found == self.expected
        return False


@pytest.fixture(name="sound", scope="module")
def _sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    return Sound(compiled_file(tmp_path_factory.mktemp("sound") / "library.sqlite", texts(EVERYTHING)))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 2**20), bit=st.integers(0, 7))
def test_wherever_a_bit_is_flipped_the_answer_is_right_or_refused(
    sound: Sound, tmp_path: Path, at: int, bit: int
) -> None:
    spoiled = bytearray(sound.content)
    spoiled[at % len(spoiled)] ^= 1 << bit
    sound.tried(tmp_path / "spoiled.sqlite", bytes(spoiled))


def test_a_flipped_bit_in_any_row_is_refused(file: Path) -> None:
    """Every row that is read, one after the other: none is passed over in silence."""
    connection = sqlite3.connect(file)
    rows = connection.execute("SELECT rowid, content FROM part").fetchall()
    assert len(rows) > 10
    for rowid, content in rows:
        spoiled = bytearray(content)
        spoiled[len(spoiled) // 2] ^= 1
        connection.execute("UPDATE part SET content = ? WHERE rowid = ?", (bytes(spoiled), rowid))
        connection.commit()
        with pytest.raises(Unusable, match="is damaged: what is in it is not what was written"):
            CompiledFile(file).prove()
        connection.execute("UPDATE part SET content = ? WHERE rowid = ?", (content, rowid))
        connection.commit()
    CompiledFile(file).prove()
    connection.close()


def test_a_row_that_is_missing_or_another_ones_is_refused(file: Path, tmp_path: Path) -> None:
    other = compiled_file(tmp_path / "other.sqlite", texts(when("{fact: surgery.urgent, is: true}")))
    theirs = (
        f"ATTACH '{other}' AS other;"  # noqa: S608  # a path of ours
        "UPDATE part SET content = theirs.content, digest = theirs.digest FROM other.part AS "
        "theirs WHERE theirs.kind = part.kind AND theirs.number = part.number AND part.kind = 'policy'"
    )
    for change in (
        theirs,
        "DELETE FROM part WHERE kind = 'policy'",
        "DELETE FROM part WHERE kind = 'codes' AND number = 0",
        "UPDATE part SET number = 1 - number WHERE kind = 'fact' AND number < 0 OR kind = 'payer'",
        "UPDATE library SET value = '2' WHERE key = 'count of policy'",
        "UPDATE library SET value = '' WHERE key = 'derived facts'",
        "DELETE FROM library WHERE key = 'content'",
        "DELETE FROM library",
        "DROP TABLE part",
    ):
        spoiled = tmp_path / "spoiled.sqlite"
        spoiled.write_bytes(file.read_bytes())
        connection = sqlite3.connect(spoiled)
        connection.executescript(change)
        connection.commit()
        connection.close()
        with pytest.raises(Unusable, match="is damaged"):
            everything(opened(spoiled))


def test_wherever_a_file_is_cut_off_the_answer_is_right_or_refused(sound: Sound, tmp_path: Path) -> None:
    size = len(sound.content)
    ends = {*range(0, size, 4096), *range(0, size, 7001), 1, 99, 100, size - 1}
    refused = [sound.tried(tmp_path / "cut.sqlite", sound.content[:end]) for end in sorted(ends)]
    assert sum(refused) > 10


def test_wherever_a_page_is_emptied_the_answer_is_right_or_refused(sound: Sound, tmp_path: Path) -> None:
    for start in range(0, len(sound.content), 4096):
        for filling in (b"\0", b"\xff"):
            spoiled = sound.content[:start] + filling * 4096 + sound.content[start + 4096 :]
            sound.tried(tmp_path / "spoiled.sqlite", spoiled)
