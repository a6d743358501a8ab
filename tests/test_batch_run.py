# ruff: noqa: S608  # the queries are over files that are made here
"""A table of claims is answered as its rows would be, one by one, by the library; and nothing is lost."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import strategies
from claim_tables import Answer, answers_by_library, claims_of, database, fill
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policykit.assembly import holdings_from_data
from policykit.batch.claims import Asked
from policykit.batch.engine import Limits, Stopped
from policykit.batch.mapping import Wishes, read_mapping
from policykit.batch.run import Batch, decide_claims
from policykit.batch.sources import UnusableTable, find_sources
from policykit.library import Library, open_library
from policykit.problems import InvalidDocuments
from policykit.shipped import POLICIES
from policykit.source import read_document
from policykit.vocabulary import FactType
from policykit.writing.saving import Unsaved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypothesis.strategies import DrawFn
    from oracle import Plain

    from policykit.batch.tally import Tally

KEY = "claim id"


def decide(library: Library, claims: Sequence[Path], output: Path, **more: Any) -> Tally:
    """Decides claims, with what a test says of them."""
    given_: dict[str, Any] = {
        "rejects": output.with_name(f"rejects{output.suffix}"),
        "wishes": Wishes(keys=(KEY,)),
        "limits": Limits(threads=2),
        "told": lambda _progress: None,
        **more,
    }
    return decide_claims(
        Batch(library=library, sources=find_sources([str(path) for path in claims]), output=output, **given_)
    )


# Tables, in every form


def write_table(folder: Path, name: str, form: str, cases: Sequence[Plain], library: Library) -> Path:
    """Cases as the rows of a file, each with its number; of JSON lines, each as the case that it is."""
    path = folder / f"{name}.{form}"
    if form == "jsonl":
        said = (as_object(case, library) for case in cases)
        lines = (json.dumps({KEY: number, **case}) for number, case in enumerate(said))
        path.write_text("\n".join(lines))
        return path
    table = claims_of(cases, library.vocabulary)
    names = [KEY if column == table.layout.keys[0].name else column for column in table.columns]
    rows = [[row.get(column) for column in table.columns] for row in table.rows]
    if form == "csv":
        text = io.StringIO()
        cells = [[cell if not isinstance(cell, list) else ";".join(cell) or "[]" for cell in row] for row in rows]
        csv.writer(text).writerows([names, *cells])
        path.write_text(text.getvalue())
        return path
    types = {"texts": "TEXT[]", "integer": "BIGINT"}
    declared = {column: types.get(kind, "TEXT") for column, kind in zip(names, table.columns.values(), strict=True)}
    fill(database(), declared, [dict(zip(names, row, strict=True)) for row in rows])
    database().execute(f"COPY claims TO '{path}' (FORMAT parquet)")
    return path


def as_object(case: Plain, library: Library) -> Plain:
    """The same case; a set of codes that is empty as an empty list, and one that is null left out.

    Otherwise nothing would tell, if all rows were so, that there is a system within.
    """
    facts = {}
    for name, value in (case.get("facts") or {}).items():
        if value is not None or library.vocabulary.facts[name].type not in {FactType.CODE, FactType.CODES}:
            facts[name] = {"icd10cm": []} if value == {} else value
    said = {**case, "facts": facts}
    return {**said, "diagnoses": {"icd10cm": []}} if case.get("diagnoses") == {} else said


def rows_in(path: Path) -> list[dict[str, Any]]:
    """The rows of a file, as another program reads them."""
    match path.suffix:
        case ".csv":
            with path.open(newline="") as stream:
                return [{key: value or None for key, value in row.items()} for row in csv.DictReader(stream)]
        case ".jsonl":
            return [json.loads(line) for line in path.read_text().splitlines()]
        case _:
            found = database().execute(f"SELECT * FROM read_parquet('{path}')")
            names = [each[0] for each in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def answers_in(path: Path) -> list[Answer]:
    """The answers in a file, in order."""
    rows = rows_in(path)
    lists = ("possible", "missing", "advisories")
    if path.suffix == ".csv":
        rows = [{**row, **{name: (row[name] or "").split(";") if row[name] else [] for name in lists}} for row in rows]
    return sorted(
        Answer(
            row=int(row[KEY]),
            policy=row["policy"],
            revision=row["revision"],
            outcome=row["outcome"],
            to=row["to"],
            possible=tuple(row["possible"]),
            statement=int(row["statement"]) if row["statement"] else None,
            missing=tuple(row["missing"]),
            advisories=tuple(row["advisories"]),
        )
        for row in rows
    )


@st.composite
def tables(draw: DrawFn) -> tuple[Library, list[Plain]]:
    """A library of one policy, and cases for it."""
    found = draw(strategies.documents())
    vocabulary, policy = found
    files = {"facts.yaml": vocabulary, "payers.yaml": strategies.PAYERS, "codes.yaml": strategies.CODES}
    library = Library(holdings_from_data({**files, f"{policy['policy']}.yaml": policy}))
    return library, draw(st.lists(strategies.cases(found), min_size=1, max_size=8))


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    table=tables(), form=st.sampled_from(["csv", "jsonl", "parquet"]), to=st.sampled_from(["csv", "jsonl", "parquet"])
)
def test_claims_of_every_form_are_answered_as_by_the_library(
    table: tuple[Library, list[Plain]], form: str, to: str
) -> None:
    library, cases = table
    with TemporaryDirectory() as name:
        folder = Path(name)
        tally = decide(library, [write_table(folder, "all", form, cases, library)], folder / f"answers.{to}")
        expected = answers_by_library(library, cases)
        assert answers_in(folder / f"answers.{to}") == expected
        assert (tally.claims, tally.answers, tally.rejected) == (len(cases), len(expected), 0)
        assert sum(tally.outcomes.values()) == len(expected)
        assert rows_in(folder / f"rejects.{to}") == []


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_shipped_case_is_answered_in_a_file_of_each_form(form: str, tmp_path: Path) -> None:
    library = shipped()
    cases = shipped_cases()
    decide(library, [write_table(tmp_path, "claims", form, cases, library)], tmp_path / "answers.parquet")
    assert answers_in(tmp_path / "answers.parquet") == answers_by_library(library, cases)


@cache
def shipped() -> Library:
    """The library that is shipped."""
    return open_library()


@cache
def shipped_cases() -> Sequence[Plain]:
    cases: list[Plain] = []
    for path in sorted(POLICIES.glob("*/*.cases.yaml")):
        document, _ = read_document(path.name, path.read_bytes())
        assert document is not None
        for case in document.data["cases"]:
            if "problem" not in case.get("expect", {}):
                named = {key: document.data[key] for key in ("policy", "payer") if key in document.data}
                stated = {key: value for key, value in case.items() if key not in {"case", "expect"}}
                cases.append({**({} if {"policy", "payer"} & stated.keys() else named), **stated})
    return cases


# What goes wrong with rows


WRONG: list[tuple[Plain, str]] = [
    ({"date_of_service": "2024-02-30"}, "malformed-date"),
    ({"date_of_service": None}, "missing-key"),
    ({"payer": "nobody"}, "unknown-payer"),
    ({"payer": None}, "no-policy-named"),
    ({"service.cpt": "6471"}, "malformed-code"),
    ({"patient.birth_date": "1980-13"}, "malformed-date"),
    ({"nerve_compression.site": "elbow"}, "unknown-value"),
    ({"nerve_compression.documented_by": "mri;x"}, "unknown-value"),
    ({"nerve_compression.significant_symptoms": "yes"}, "wrong-type"),
    ({"patient.birth_date": "1980-01-01", "patient.age": "3"}, "derived-disagrees"),
]
SOUND: Plain = {"payer": "cigna", "date_of_service": "2026-01-15", "service.cpt": "64714"}


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "csv.gz"])
def test_rows_that_are_wrong_go_to_the_rejects_whole_and_with_the_reason(ending: str, tmp_path: Path) -> None:
    rows = [{KEY: number, **SOUND, **wrong} for number, (wrong, _) in enumerate([*WRONG, ({}, "")])]
    claims = write_csv(tmp_path / "claims.csv", rows)
    rejects = tmp_path / f"wrong.{ending}"
    tally = decide(shipped(), [claims], tmp_path / "answers.csv", rejects=rejects)
    if ending == "csv.gz":
        rejects = tmp_path / "wrong.csv"
        rejects.write_bytes(gzip.decompress((tmp_path / "wrong.csv.gz").read_bytes()))
    found = {int(row[KEY]): row for row in rows_in(rejects)}
    assert {number: row["rule"] for number, row in found.items()} == dict(enumerate(rule for _, rule in WRONG))
    assert all(row["reason"] for row in found.values())
    for number, (wrong, _) in enumerate(WRONG):
        stated = {name: value for name, value in {**SOUND, **wrong}.items() if value is not None}
        assert {name: found[number][name] for name in stated} == stated
    assert [answer.row for answer in answers_in(tmp_path / "answers.csv")] == [len(WRONG)]
    assert (tally.claims, tally.answers, tally.rejected) == (len(WRONG) + 1, 1, len(WRONG))
    assert sum(tally.rules.values()) == len(WRONG)


def test_rejects_that_were_corrected_can_be_put_again(tmp_path: Path) -> None:
    claims = write_csv(tmp_path / "claims.csv", [{KEY: 1, **SOUND, "date_of_service": "2026-02-30"}])
    decide(shipped(), [claims], tmp_path / "answers.csv", rejects=tmp_path / "wrong.csv")
    (row,) = rows_in(tmp_path / "wrong.csv")
    again = write_csv(tmp_path / "again.csv", [{**row, "date_of_service": "2026-02-28"}])
    tally = decide(shipped(), [again], tmp_path / "answers.csv", rejects=tmp_path / "wrong.csv")
    assert (tally.answers, tally.rejected, tally.idle) == (1, 0, ())
    assert rows_in(tmp_path / "wrong.csv") == []


# What columns say


def test_a_day_with_a_time_is_a_day_at_midnight_alone(tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    duckdb.sql(
        f"""COPY (SELECT unnest([0, 1]) AS "{KEY}", 'cigna' AS payer, '64714' AS cpt,
        unnest([TIMESTAMP '2026-01-15', TIMESTAMP '2026-01-15 10:00:00']) AS date_of_service)
        TO '{path}' (FORMAT parquet)"""
    )
    tally = decide(shipped(), [path], tmp_path / "answers.csv")
    assert [(row[KEY], row["rule"]) for row in rows_in(tmp_path / "rejects.csv")] == [("1", "malformed-date")]
    assert (tally.answers, tally.rejected) == (1, 1)


MAPPED = """
format: 1
date_of_service: DOS
payer: {always: Cigna}
service: {cpt: PROC, modifiers: [MOD1, MOD2]}
diagnoses: {icd10cm: [DX1, DX2]}
facts:
  nerve_compression.site: {column: NERVE, values: {"L": lumbar-plexus, "?": null}}
  nerve_compression.documented_by: {column: STUDIES, separator: "|", values: {"M": mri, "none": null}}
  nerve_compression.significant_symptoms: {column: SYMPTOMS, values: {"Y": true, "N": false}}
  conservative_treatment.failed: {always: [injection]}
  surgery.supported_by_imaging: {always: true}
  surgery.supported_by_clinical_findings: {always: true}
"""


def test_a_mapping_translates_what_columns_say(tmp_path: Path) -> None:
    common = {"DOS": "2026-01-15", "PROC": "64714", "MOD1": "RT", "DX1": "G54.1"}
    rows = [
        {KEY: 0, **common, "NERVE": "L", "STUDIES": "M|x-ray", "SYMPTOMS": "Y"},
        {KEY: 1, **common, "NERVE": "?", "STUDIES": "M", "SYMPTOMS": "Y"},
        {KEY: 2, **common, "NERVE": "L", "STUDIES": "none", "SYMPTOMS": "Y"},
        {KEY: 3, **common, "NERVE": "L", "STUDIES": "[]", "SYMPTOMS": "Y"},
        {KEY: 4, **common, "NERVE": "L", "STUDIES": "M", "SYMPTOMS": "N"},
        {KEY: 5, **common, "NERVE": "X", "STUDIES": "M", "SYMPTOMS": "Y", "MOD2": "", "DX2": ""},
    ]
    mapping = read_mapping("map.yaml", MAPPED.encode())
    decide(shipped(), [write_csv(tmp_path / "claims.csv", rows)], tmp_path / "answers.jsonl", mapping=mapping)
    found = {answer.row: (answer.outcome, answer.missing) for answer in answers_in(tmp_path / "answers.jsonl")}
    assert found == {
        0: ("medically-necessary", ()),
        1: ("undetermined", ("nerve_compression.site",)),
        2: ("undetermined", ("nerve_compression.documented_by",)),
        3: ("not-medically-necessary", ()),
        4: ("not-medically-necessary", ()),
    }
    assert [(row[KEY], row["rule"]) for row in rows_in(tmp_path / "rejects.jsonl")] == [("5", "unknown-value")]


def test_without_a_key_an_answer_is_known_by_file_and_row(tmp_path: Path) -> None:
    first = write_csv(tmp_path / "1.csv", [SOUND, SOUND])
    second = write_csv(tmp_path / "2.csv", [SOUND, {**SOUND, "date_of_service": "x"}])
    decide(shipped(), [first, second], tmp_path / "answers.csv", wishes=Wishes())
    places = sorted((row["file"], row["row"]) for row in rows_in(tmp_path / "answers.csv"))
    assert places == [(str(first), "1"), (str(first), "2"), (str(second), "1")]
    assert [(row["file"], row["row"]) for row in rows_in(tmp_path / "rejects.csv")] == [(str(second), "2")]


def test_rows_that_name_nothing_are_put_to_what_is_asked_for_all(tmp_path: Path) -> None:
    bare = {KEY: 0, "date_of_service": "2026-01-15", "cpt": "64714"}
    claims = write_csv(tmp_path / "claims.csv", [bare])
    decide(shipped(), [claims], tmp_path / "answers.csv", asked=Asked(payer="Cigna"))
    assert [answer.policy for answer in answers_in(tmp_path / "answers.csv")] == ["cigna/0587"]
    decide(shipped(), [claims], tmp_path / "answers.csv", asked=Asked(policy="medicare/64714"))
    assert [answer.policy for answer in answers_in(tmp_path / "answers.csv")] == ["medicare/64714"]
    decide(shipped(), [claims], tmp_path / "answers.csv", asked=Asked(payer="Cigna"), known_on=date(2025, 1, 1))
    assert [answer.outcome for answer in answers_in(tmp_path / "answers.csv")] == ["no-version-in-effect"]


@pytest.mark.parametrize(
    ("row", "keys", "message"),
    [
        ({"outcome": "x", **SOUND}, ("outcome",), "a key cannot be called `outcome`"),
        ({"rule": "x", **SOUND}, ("rule",), "a key cannot be called `rule`"),
        ({"Row": "1", **SOUND}, (), "the claims have a column `Row`"),
        ({**SOUND, "x": 1}, ("y",), "there is no column `y`"),
        ({"date_of_service": "2026-01-15", "payer": "cigna"}, ("payer",), "no column states which policy is asked"),
        ({"date_of_service": "2026-01-15", "cpt": "64714"}, ("cpt",), "no column states which policy is asked"),
    ],
)
def test_claims_that_cannot_be_answered_are_refused_before_the_first(
    row: Plain, keys: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    claims = write_csv(tmp_path / "claims.csv", [row])
    with pytest.raises(InvalidDocuments, match=message):
        decide(shipped(), [claims], tmp_path / "answers.csv", wishes=Wishes(keys=keys))
    assert [each.name for each in tmp_path.iterdir()] == ["claims.csv"]


# Files


@pytest.mark.parametrize(
    ("output", "rejects", "message"),
    [
        ("claims.csv", "r.csv", "holds claims that are to be decided"),
        ("a.csv", "claims.csv", "holds claims that are to be decided"),
        ("link.csv", "r.csv", "holds claims that are to be decided"),
        ("a.csv", "./a.csv", "would both be written"),
        ("a.txt", "r.csv", "does not tell how the answers are to be written"),
        ("a.csv", "r.json", "does not tell how the rejects are to be written"),
    ],
)
def test_files_are_not_written_where_they_do_harm(output: str, rejects: str, message: str, tmp_path: Path) -> None:
    claims = write_csv(tmp_path / "claims.csv", [{KEY: 1, **SOUND}])
    (tmp_path / "link.csv").symlink_to("claims.csv")
    before = claims.read_bytes()
    with pytest.raises(UnusableTable, match=message):
        decide(shipped(), [claims], tmp_path / output, rejects=tmp_path / rejects)
    assert claims.read_bytes() == before


def test_a_folder_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    claims = write_csv(tmp_path / "claims.csv", [{KEY: 1, **SOUND}])
    with pytest.raises(Unsaved, match="there is no folder"):
        decide(shipped(), [claims], tmp_path / "none" / "answers.csv")


def test_no_claims_have_no_answers(tmp_path: Path) -> None:
    claims = tmp_path / "claims.csv"
    claims.write_text(f"{KEY},payer,date_of_service,cpt\n")
    tally = decide(shipped(), [claims], tmp_path / "answers.parquet")
    assert (tally.claims, tally.answers, tally.rejected) == (0, 0, 0)
    assert rows_in(tmp_path / "answers.parquet") == []


def test_a_file_that_is_damaged_within_is_told_of_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    duckdb.sql(
        f"""COPY (SELECT range AS "{KEY}", 'cigna' AS payer, '64714' AS cpt, DATE '2026-01-15' AS date_of_service,
        hash(range)::TEXT AS note FROM range(100000)) TO '{path}' (FORMAT parquet)"""
    )
    content = bytearray(path.read_bytes())
    for place in range(20_000, 60_000, 7):
        content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises((Stopped, InvalidDocuments)):
        decide(shipped(), [path], tmp_path / "answers.csv", wishes=Wishes(keys=("note", KEY)))
    assert [each.name for each in tmp_path.iterdir()] == ["claims.parquet"]


def test_an_interruption_leaves_everything_as_it_was(tmp_path: Path) -> None:
    claims = write_csv(tmp_path / "claims.csv", [{KEY: number, **SOUND} for number in range(100_000)])
    output = tmp_path / "answers.csv"
    output.write_text("old")

    def interrupt(_progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decide(shipped(), [claims], output, told=interrupt)
    assert output.read_text() == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["answers.csv", "claims.csv"]


def test_too_little_memory_is_told_of(tmp_path: Path) -> None:
    claims = tmp_path / "claims.parquet"
    duckdb.sql(
        f"""COPY (SELECT range AS "{KEY}", 'cigna' AS payer, '64714' AS cpt, DATE '2026-01-15' AS date_of_service
        FROM range(300000)) TO '{claims}' (FORMAT parquet)"""
    )
    with pytest.raises(Stopped, match="memory"):
        decide(shipped(), [claims], tmp_path / "answers.parquet", limits=Limits(memory="1MB", threads=4))
    assert [each.name for each in tmp_path.iterdir()] == ["claims.parquet"]


def test_claims_that_are_all_wrong_are_all_rejected(tmp_path: Path) -> None:
    rows = [{KEY: number, **SOUND, "payer": "nobody"} for number in range(3)]
    tally = decide(shipped(), [write_csv(tmp_path / "claims.csv", rows)], tmp_path / "answers.parquet")
    assert (tally.claims, tally.answers, tally.rejected) == (3, 0, 3)
    assert rows_in(tmp_path / "answers.parquet") == []
