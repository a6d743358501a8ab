"""Who speaks of a code, and who a payer is: the documents, a file, and its tables find the same."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from compiled_files import compiled_file, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import PAYERS, VOCABULARY, library_of
from test_stems import ALL_CODES, ALL_PATTERNS

from policykit.codes import Code, CodePattern, CodeSet, stems_with
from policykit.compiled.building import compile_library
from policykit.compiled.earlier import read_earlier
from policykit.compiled.writing import write

IDENTITIES: Final = ("acme/a", "acme/b", "acme/c", "beta/a", "beta/b")
PATTERNS: Final = tuple(each for each in ALL_PATTERNS if each.system != "icd10cm")  # diagnoses are no services
CODES: Final = tuple(each for each in ALL_CODES if each.system != "icd10cm")
NAMES: Final = {"acme": "ACME HEALTH", "beta": "Beta Care"}

Held = dict[str, tuple[list[CodePattern], ...]]


def held() -> st.SearchStrategy[Held]:
    """The codes of which policies speak, in the first revision of each and perhaps in a second."""
    listed = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4, unique=True)
    return st.dictionaries(st.sampled_from(IDENTITIES), st.tuples(listed) | st.tuples(listed, listed), min_size=1)


def library(held: Held) -> dict[str, str]:
    """Documents of policies that speak of these codes."""
    policies = {f"{identity}.yaml": json.dumps(document(identity, listed)) for identity, listed in held.items()}
    return {**VOCABULARY, **dict(sorted(policies.items()))}


def document(identity: str, listed: tuple[list[CodePattern], ...]) -> dict[str, Any]:
    history = [
        {
            "revision": f"r{number}",
            "change": "criteria" if number else "new",
            "summary": "Something.",
            "effective": f"202{number}-01-01",
            "services": [
                {
                    "service": "S",
                    "codes": CodeSet(tuple(patterns)).by_system(),
                    "coverage": [{"outcome": "covered"}],
                }
            ],
        }
        for number, patterns in enumerate(listed)
    ]
    payer = identity.partition("/")[0]
    head = {"format": 1, "policy": identity, "title": "T", "payer": payer, "kind": "coverage-policy"}
    return {**head, "history": history}


def selected(tables: sqlite3.Connection, code: Code) -> list[str]:
    """The policies that the tables name for a code, asked as docs/compiled-library.md says."""
    stems = [*stems_with(code)]
    places = ", ".join("?" * len(stems))
    question = f"SELECT DISTINCT policy FROM stem WHERE system = ? AND stem IN ({places}) AND form IN (?, '')"  # noqa: S608  # places
    form = next(each.form for each in stems if each.form)
    return sorted(row[0] for row in tables.execute(question, (code.system, *(each.text for each in stems), form)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(held(), held())
def test_who_speaks_of_a_code_is_found_in_documents_in_a_file_and_in_its_tables(before: Held, now: Held) -> None:
    one, texts = library_of(library(now)), library(now)
    with TemporaryDirectory() as folder:
        file = compiled_file(Path(folder) / "library.sqlite", library(before))
        built = compile_library({name: text.encode() for name, text in texts.items()}, earlier=read_earlier(file))
        assert built.library is not None
        write(file, built.library)
        assert file.read_bytes() == compiled_file(Path(folder) / "anew.sqlite", texts).read_bytes()
        other, tables = opened(file), sqlite3.connect(file)
        for code in CODES:
            speaking = sorted(
                each for each, listed in now.items() if any(code in CodeSet(tuple(patterns)) for patterns in listed)
            )
            assert [each.id for each in one.policies_for(code)] == speaking
            assert [each.id for each in other.policies_for(code)] == speaking
            assert selected(tables, code) == speaking
            for payer, name in NAMES.items():
                theirs = [each for each in speaking if each.startswith(f"{payer}/")]
                assert [each.id for each in other.policies_for(code, name)] == theirs
                # As text, it may be a code of another system, too.
                assert {*theirs} <= {each.id for each in other.policies_for(code.code, payer)}
            for year in (2019, 2020, 2022):
                day = date(year, 6, 1)
                assert repr(other.standings(code, date_of_service=day)) == repr(
                    one.standings(code, date_of_service=day)
                )
        tables.close()


def test_a_payer_is_known_by_its_letters_in_small_and_in_capitals(tmp_path: Path) -> None:
    documents = {**VOCABULARY, "payers.yaml": PAYERS.replace("Beta Care", "Straße")}
    for library in (library_of(documents), opened(compiled_file(tmp_path / "library.sqlite", documents))):
        for name in ("STRASSE", "straße", "Strasse", "STRAßE"):
            payer = library.vocabulary.payer(name)
            assert payer is not None
            assert payer.id == "beta"
