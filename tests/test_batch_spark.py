"""Spark answers as the library and DuckDB do, and what it writes is whole."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import cells
import pytest
import strategies
from claim_tables import Answer, answers_by_library, answers_by_query, claims_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_batch_run import (
    KEY,
    SOUND,
    WRONG,
    answers_in,
    decide,
    rows_in,
    shipped,
    shipped_cases,
    write_csv,
    write_table,
)
from test_sql_criteria import ALWAYS, FACTS, criteria_in, of_date, of_number, partial_dates, truths
from test_sql_criteria import library_of as library_with
from test_sql_query import crowds, library_of

from policykit.batch.engine import Limits, Stopped
from policykit.batch.mapping import Wishes, read_mapping
from policykit.batch.sources import UnusableTable
from policykit.criteria import FactIs
from policykit.evaluation import compile_criterion
from policykit.problems import InvalidDocuments, PolicykitError
from policykit.sql import query, routing
from policykit.sql.columns import Column, Kind, Layout
from policykit.sql.dialects import Dialect
from policykit.sql.values import facts_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from claim_tables import Claims
    from oracle import Plain
    from pyspark.sql import SparkSession

    from policykit.batch.run import Progress
    from policykit.criteria import Criterion
    from policykit.library import Library

    Test = Callable[..., None]

pytestmark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed"),
]
SPARK = Dialect.SPARK


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    """A session that is there already, which a batch is to make use of and to leave as it is."""
    from pyspark import SparkContext  # noqa: PLC0415  # it may not be installed
    from pyspark.sql import SparkSession  # noqa: PLC0415

    settings_: dict[str, bool | float | int | str | None] = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.host": "127.0.0.1",
        # To compile a query that is asked once takes longer than to answer it.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        # The same of Java itself.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    builder = SparkSession.builder.master("local[2]").config(map=settings_)
    session = builder.config("spark.sql.session.timeZone", "Pacific/Kiritimati").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    gateway: Any = SparkContext._gateway  # noqa: SLF001  # so that nothing of it is left
    yield session
    session.stop()
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


@pytest.fixture(scope="module")
def asked(session: SparkSession) -> SparkSession:
    """A session with the settings under which queries are asked."""
    from policykit.batch.spark import with_meaning  # noqa: PLC0415  # pyspark may not be installed

    return with_meaning(session)


# Queries


def types_of(kinds: dict[str, Kind]) -> Any:
    """The type of a table with columns of these kinds."""
    from pyspark.sql import types  # noqa: PLC0415  # it may not be installed

    found = {
        Kind.TEXT: types.StringType(),
        Kind.BOOLEAN: types.BooleanType(),
        Kind.INTEGER: types.LongType(),
        Kind.NUMBER: types.DoubleType(),
        Kind.DATE: types.DateType(),
        Kind.TEXTS: types.ArrayType(types.StringType()),
    }
    return types.StructType([types.StructField(name, found[kind]) for name, kind in kinds.items()])


def put(asked: SparkSession, kinds: dict[str, Kind], rows: Sequence[Plain]) -> None:
    """Lets queries find rows as the table of claims."""
    frame = asked.createDataFrame([tuple(row.get(name) for name in kinds) for row in rows], types_of(kinds))
    frame.createOrReplaceTempView("claims")


def rows_of(asked: SparkSession, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in asked.sql(sql).collect()]


def answers_by_spark(asked: SparkSession, library: Library, claims: Claims) -> list[Answer]:
    put(asked, dict(claims.columns), claims.rows)
    named = rows_of(asked, query.distinct_routes(library, claims.layout, SPARK).sql(SPARK))
    routes = routing.resolve(library, claims.layout, named)
    sql = query.answers(library, claims.layout, routes, SPARK).sql(SPARK, copy=False)
    return sorted(map(answer_in, rows_of(asked, sql)))


def rejects_by_spark(asked: SparkSession, library: Library, claims: Claims) -> dict[int, str]:
    named = rows_of(asked, query.distinct_routes(library, claims.layout, SPARK).sql(SPARK))
    routes = routing.resolve(library, claims.layout, named)
    sql = query.rejects(library, claims.layout, routes, SPARK).sql(SPARK)
    return {row: rule for row, rule, _ in rows_of(asked, sql)}


def few(examples: int) -> Callable[[Test], Test]:
    """So many examples, always the same: a query takes seconds."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def answer_in(told: Sequence[Any]) -> Answer:
    row, policy, revision, outcome, to, possible, statement, missing, advisories = told
    return Answer(
        row=row,
        policy=policy,
        revision=revision,
        outcome=outcome,
        to=to,
        possible=tuple(possible),
        statement=statement,
        missing=tuple(missing),
        advisories=tuple(advisories),
    )


def test_every_shipped_case_is_answered_alike(asked: SparkSession) -> None:
    library, cases = shipped(), shipped_cases()
    assert len(cases) > 500
    assert answers_by_spark(asked, library, claims_of(cases, library.vocabulary)) == answers_by_library(library, cases)


@few(2)
@given(documents=strategies.documents(), data=st.data())
def test_claims_of_generated_libraries_are_answered_alike(
    asked: SparkSession, documents: strategies.Documents, data: st.DataObject
) -> None:
    cases = data.draw(st.lists(strategies.cases(documents), min_size=10, max_size=60))
    library = library_of(*documents)
    claims, expected = claims_of(cases, library.vocabulary), answers_by_library(library, cases)
    assert answers_by_query(library, claims, Dialect.DUCKDB) == expected
    assert answers_by_spark(asked, library, claims) == expected


@few(1)
@given(board=strategies.switchboards())
def test_walks_and_what_they_miss_are_alike(
    asked: SparkSession, board: tuple[strategies.Documents, list[Plain]]
) -> None:
    documents, cases = board
    library = library_of(*documents)
    assert answers_by_spark(asked, library, claims_of(cases, library.vocabulary)) == answers_by_library(library, cases)


@few(1)
@given(crowd=crowds())
def test_many_policies_answer_in_one_query_and_no_row_is_lost(
    asked: SparkSession, crowd: tuple[Library, list[Plain]]
) -> None:
    library, rows = crowd
    refused: dict[int, set[str]] = {}
    for number, row in enumerate(rows):
        try:
            library.read_case(row)
        except InvalidDocuments as invalid:
            refused[number] = {problem.rule for problem in invalid.problems}
    claims = claims_of(rows, library.vocabulary)
    sound = {number: row for number, row in enumerate(rows) if number not in refused}
    assert answers_by_spark(asked, library, claims) == answers_by_library(library, sound)
    rejected = rejects_by_spark(asked, library, claims)
    assert set(rejected) == set(refused)
    assert all(rejected[number] in refused[number] for number in refused)


# Criteria


def agree(asked: SparkSession, library: Library, table: cells.Table, criteria: Sequence[Criterion]) -> None:
    """A query finds a fault where the case of a row has one, and otherwise of each criterion what it comes to."""
    put(asked, {column.name: column.kind for column in table.columns}, table.rows)
    layer = facts_layer(table.layout, library.vocabulary, SPARK)
    rules = {each.number: each.rule for each in layer.faults}
    compiled = [compile_criterion(each) for each in criteria]
    found = sorted(rows_of(asked, cells.query_of(table, library.vocabulary, criteria, SPARK).sql(SPARK)))
    for row, (_, fault, *told) in zip(table.rows, found, strict=True):
        case = cells.read(library, cells.case_of(row, table, library.vocabulary))
        if isinstance(case, set):
            assert fault is not None
            assert rules[fault] in case
        else:
            assert fault is None
            assert tuple(told) == truths(compiled, case)


@few(2)
@given(data=st.data())
def test_cells_of_every_kind_sound_or_not_are_read_alike(asked: SparkSession, data: st.DataObject) -> None:
    library = library_with(data.draw(strategies.documents(timeless=True)))
    table = data.draw(cells.tables(library.vocabulary, nan=True, most=40))
    agree(asked, library, table, criteria_in(library))


@few(1)
@given(data=st.data())
def test_comparisons_are_taken_together_day_by_day(asked: SparkSession, data: st.DataObject) -> None:
    library = library_with(({"format": 1, "facts": FACTS}, ALWAYS))
    service = data.draw(st.sampled_from(strategies.TURNING_DAYS) | strategies.days())
    on_dates = data.draw(st.lists(of_date(service), min_size=10, max_size=10))
    on_numbers = data.draw(st.lists(of_number(), min_size=6, max_size=6))
    criteria = [
        *(FactIs(fact="seen.on", comparisons=each, notes=()) for each in on_dates),
        *(FactIs(fact=fact, comparisons=each, notes=()) for fact in list(FACTS)[1:] for each in on_numbers),
    ]
    near_it = [*data.draw(st.lists(partial_dates(service), min_size=20, max_size=20)), "0001-01-01", "9999-12-31", None]
    rows = tuple({cells.KEY: place, "day": service, "seen": told} for place, told in enumerate(near_it))
    agree(asked, library, table_of(rows, Kind.DATE), criteria)


def table_of(rows: Sequence[cells.Row], day: Kind) -> cells.Table:
    columns = Column(name="day", kind=day), Column(name="seen", kind=Kind.TEXT)
    layout = Layout(date_of_service=columns[0], facts={"seen.on": columns[1]})
    key = Column(name=cells.KEY, kind=Kind.INTEGER)
    return cells.Table(layout=layout, columns=(key, *columns), rows=tuple(rows))


def test_what_is_no_date_is_a_fault(asked: SparkSession) -> None:
    library = library_with(({"format": 1, "facts": FACTS}, ALWAYS))
    written = (*cells.FAULTY_DATES, *cells.HOSTILE, *cells.FULL_DATES, "2024", "2024-02", "0001", "9999-12", "never")
    told = [*({"day": "2024-03-01", "seen": each} for each in written), *({"day": each} for each in written)]
    rows = [{cells.KEY: place, **row} for place, row in enumerate(told)]
    agree(asked, library, table_of(rows, Kind.TEXT), [])


# Batches


def by_spark(library: Library, claims: Sequence[Path], output: Path, **more: Any) -> Any:
    from policykit.batch.spark import opened  # noqa: PLC0415  # pyspark may not be installed

    return decide(library, claims, output, opened=opened, **more)


def parts_of(folder: Path) -> list[Path]:
    """The parts in a folder, which is whole."""
    assert (folder / "_SUCCESS").is_file()
    return sorted(folder.glob("part-*"))


FILED = ("cigna/0587", "medicare/ncd-30.3.3")


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(("form", "to"), [("csv", "jsonl"), ("parquet", "csv")])
def test_claims_are_answered_as_by_duckdb(form: str, to: str, tmp_path: Path) -> None:
    # Of two policies: that all of them are answered alike is asked above, in one query.
    library, cases = shipped(), [case for case in shipped_cases() if case.get("policy") in FILED]
    claims = [
        write_table(tmp_path, "_hidden [1]", form, cases, library),
    ]
    tally = by_spark(library, claims, tmp_path / f"answers.{to}")
    assert tally == decide(library, claims, tmp_path / f"by duckdb.{to}")
    found = [each for part in parts_of(tmp_path / f"answers.{to}") for each in answers_in(part)]
    assert sorted(found) == answers_in(tmp_path / f"by duckdb.{to}") == answers_by_library(library, cases)


ODD = {'a "b"': ' x,"y" \\ \'z\n ', "c`d": "\r", "e.f": "it's; \\n", "empty": ""}


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_rows_that_are_wrong_are_the_same_and_kept_as_they_are(to: str, tmp_path: Path) -> None:
    rows: list[Any] = [{KEY: number, **SOUND, **wrong, **ODD} for number, (wrong, _) in enumerate([*WRONG, ({}, "")])]
    rows = [{**dict.fromkeys(name for each in rows for name in each), **row} for row in rows]
    claims = [write_csv(tmp_path / "1.csv", rows[::2]), write_csv(tmp_path / "2.csv", rows[1::2])]
    library, rejects = shipped(), tmp_path / f"wrong.{to}"
    tally = by_spark(library, claims, tmp_path / "answers.csv", rejects=rejects)
    assert tally == decide(library, claims, tmp_path / "by duckdb.csv", rejects=tmp_path / f"other.{to}")
    found = sorted((row for part in parts_of(rejects) for row in rows_in(part)), key=lambda row: int(row[KEY]))
    assert found == sorted(rows_in(tmp_path / f"other.{to}"), key=lambda row: int(row[KEY]))
    assert len(found) == len(WRONG)
    # They can be put again as they are.
    assert decide(library, parts_of(rejects), tmp_path / "again.csv").rules == tally.rules


MAPPED = """
format: 1
date_of_service: DOS
payer: {always: Cigna}
service: {cpt: PROC, modifiers: [MOD1, MOD2]}
diagnoses: {icd10cm: [DX1, DX2]}
facts:
  nerve_compression.site: {column: NERVE, values: {"L's": lumbar-plexus, "?": null}}
  nerve_compression.documented_by: {column: STUDIES, separator: "|", values: {"M": mri, "none": null}}
  nerve_compression.significant_symptoms: {column: SYMPTOMS, values: {"Y": true, "N": false}}
  conservative_treatment.failed: {always: [injection]}
  surgery.supported_by_imaging: {always: true}
  surgery.supported_by_clinical_findings: {always: true}
keys: [claim id]
"""


@pytest.mark.usefixtures("session")
def test_a_mapping_means_the_same(tmp_path: Path) -> None:
    common = {"DOS": "2026-01-15", "PROC": "64714", "MOD1": "RT", "DX1": "G54.1"}
    rows = [
        {KEY: 0, **common, "NERVE": "L's", "STUDIES": "M|x-ray", "SYMPTOMS": "Y"},
        {KEY: 1, **common, "NERVE": "?", "STUDIES": "M", "SYMPTOMS": "Y"},
        {KEY: 2, **common, "NERVE": "L's", "STUDIES": "none", "SYMPTOMS": "Y"},
        {KEY: 3, **common, "NERVE": "L's", "STUDIES": "[]", "SYMPTOMS": "Y", "MOD2": "LT", "DX2": "G54.0"},
        {KEY: 4, **common, "NERVE": "L's", "STUDIES": "M", "SYMPTOMS": "N"},
        {KEY: 5, **common, "NERVE": "X", "STUDIES": "M", "SYMPTOMS": "Y"},
    ]
    mapping, claims = read_mapping("map.yaml", MAPPED.encode()), [write_csv(tmp_path / "claims.csv", rows)]
    tally = by_spark(shipped(), claims, tmp_path / "a.csv", mapping=mapping, wishes=Wishes())
    assert tally == decide(shipped(), claims, tmp_path / "b.csv", mapping=mapping)
    assert sorted(each for part in parts_of(tmp_path / "a.csv") for each in answers_in(part)) == answers_in(
        tmp_path / "b.csv"
    )


@pytest.mark.usefixtures("session")
def test_columns_of_parquet_mean_the_same_whatever_their_types_are(tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415

    common = f"""range AS "{KEY}", 'cigna' AS payer, {{'cpt': '64714'}} AS service, ['a', NULL] AS note, true AS ok"""
    for name, types in {
        "1": "TIMESTAMP '2026-01-15 10:00:00' AS date_of_service, 7::UTINYINT AS \"patient.age\"",
        "2": "TIMESTAMP '2026-01-15 00:00:00' AS date_of_service, 7::BIGINT AS \"patient.age\"",
    }.items():
        query_ = f"COPY (SELECT {types}, {common} FROM range({name})) TO '{tmp_path / name}.parquet'"  # noqa: S608
        duckdb.sql(query_)
    claims = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    for to in ("csv", "jsonl"):
        tally = by_spark(shipped(), claims, tmp_path / f"a.{to}", rejects=tmp_path / f"c.{to}")
        assert tally == decide(shipped(), claims, tmp_path / f"b.{to}", rejects=tmp_path / f"d.{to}")
        assert (tally.answers, tally.rejected) == (2, 1)
        (part,) = parts_of(tmp_path / f"c.{to}")
        assert rows_in(part) == rows_in(tmp_path / f"d.{to}")


# What cannot be done


@pytest.mark.usefixtures("session")
def test_without_a_key_nothing_is_decided(tmp_path: Path) -> None:
    claims = write_csv(tmp_path / "claims.csv", [{KEY: 1, **SOUND}])
    with pytest.raises(UnusableTable, match="--key"):
        by_spark(shipped(), [claims], tmp_path / "answers.csv", wishes=Wishes())
    assert [each.name for each in tmp_path.iterdir()] == ["claims.csv"]


@pytest.mark.usefixtures("session")
def test_what_is_there_is_replaced_unless_it_is_no_answer(tmp_path: Path) -> None:
    claims = write_csv(tmp_path / "claims.csv", [{KEY: 1, **SOUND}])
    output, rejects = tmp_path / "answers.csv", tmp_path / "rejects.csv"
    output.write_text("old")
    for _ in range(2):
        assert by_spark(shipped(), [claims], output).answers == 1
        assert len(parts_of(output)) == 1
        assert len(parts_of(rejects)) == 1
    with pytest.raises(UnusableTable, match="holds claims"):
        by_spark(shipped(), parts_of(output), output)
    assert decide(shipped(), [claims], output).answers == 1
    assert output.is_file()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.csv" / "precious").touch()
    with pytest.raises(PolicykitError, match="is a folder"):
        by_spark(shipped(), [claims], tmp_path / "folder.csv")
    names = ["answers.csv", "claims.csv", "folder.csv", "rejects.csv"]
    assert sorted(each.name for each in tmp_path.iterdir()) == names


def test_a_query_that_fails_tells_nothing_of_a_claim(
    session: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from policykit.batch.spark import opened  # noqa: PLC0415  # pyspark may not be installed

    capfd.readouterr()
    with opened(Limits(), tmp_path) as database, pytest.raises(Stopped) as stopped:
        database.rows("SELECT CAST('Jane Doe' AS INT)", lambda _: None)
    told = capfd.readouterr()
    assert "Jane" not in str(stopped.value) + told.out + told.err
    assert "cast invalid input" in str(stopped.value)
    assert session.conf.get("spark.sql.session.timeZone") == "Pacific/Kiritimati"


@pytest.mark.usefixtures("session")
def test_an_interruption_leaves_everything_as_it_was(tmp_path: Path) -> None:
    claims = write_csv(tmp_path / "claims.csv", [{KEY: number, **SOUND} for number in range(1000)])
    output = tmp_path / "answers.csv"
    output.write_text("old")

    def interrupt(progress: Progress) -> None:
        if progress.doing == "deciding":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        by_spark(shipped(), [claims], output, told=interrupt)
    assert output.read_text() == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["answers.csv", "claims.csv"]
