"""`policykit sql`: a policy as a query for a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

DIALECTS = ("duckdb", "spark", "snowflake", "bigquery", "postgres")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_columns_that_are_needed_stand_at_the_top(run: Run, library: Path, dialect: str) -> None:
    answered = run("sql", "acme/knee", "--dialect", dialect, "--library", library)
    assert answered.status == 0
    head = [line for line in answered.lines if line.startswith("--")]
    told = {line.split()[1]: " ".join(line.split()[2:]) for line in head if line.startswith("--   ")}
    assert told["date_of_service"] == "date never null"
    assert told["code"] == "text Which code is billed for the service? (cpt or hcpcs)"
    assert told["patient_birth_date"] == "date When was the patient born?"
    assert told["treatment_tried"].endswith("(exercise, injection)")
    assert dialect in head[0]
    assert answered.out.rstrip().endswith(";")
    assert answered.err == ""


def test_the_query_runs_and_answers_as_decide_does(run: Run, library: Path) -> None:
    text = run("sql", "acme/knee", "--dialect", "duckdb", "--library", library).out
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE claims (claim_id TEXT, date_of_service DATE, code TEXT, patient_birth_date DATE,"
        " patient_age BIGINT, pain_weeks BIGINT, treatment_tried TEXT[], surgeon_agrees BOOLEAN)"
    )
    connection.execute(
        "INSERT INTO claims VALUES ('met', '2022-03-01', '12345', NULL, NULL, 12, ['exercise'], true),"
        " ('open', '2022-03-01', '12345', NULL, NULL, 12, NULL, true),"
        " ('other', '2022-03-01', '99999', NULL, NULL, NULL, NULL, NULL),"
        " ('over', '2026-03-01', '12345', NULL, NULL, NULL, NULL, NULL),"
        " ('wrong', '2022-03-01', '12345', NULL, NULL, NULL, ['surgery'], NULL)"
    )
    found = {row[0]: row[1:] for row in connection.execute(text).fetchall()}
    follows = ["later-revision-follows"]
    revision = "second-corrected"
    necessary = ["medically-necessary"]
    assert found["met"][1:7] == (revision, "medically-necessary", None, necessary, 1, [])
    possible = ["medically-necessary", "deferred to the medical director"]
    assert found["open"][1:7] == (revision, "undetermined", None, possible, None, ["treatment.tried"])
    assert found["other"][1:6] == (revision, "not-addressed", None, ["not-addressed"], None)
    assert found["over"][1:6] == (None, "no-version-in-effect", None, ["no-version-in-effect"], None)
    assert found["open"][7] == ["known-after-service", *follows]
    assert "wrong" not in found


def test_what_is_known_on_a_day_is_another_query(run: Run, library: Path) -> None:
    now = run("sql", "acme/knee", "--dialect", "postgres", "--library", library)
    then = run("sql", "acme/knee", "--dialect", "postgres", "--library", library, "--known-on", "2021-12-02")
    assert "second-corrected" in now.out
    assert "second-corrected" not in then.out


def test_the_near_miss_of_a_policy_is_told(run: Run, library: Path) -> None:
    answered = run("sql", "acme/kne", "--dialect", "spark", "--library", library)
    assert answered.status == 2
    assert "acme/knee" in answered.err
    assert answered.out == ""


def test_a_dialect_that_is_not_known_is_refused(run: Run, library: Path) -> None:
    answered = run("sql", "acme/knee", "--dialect", "oracle", "--library", library)
    assert answered.status == 2
    assert "snowflake" in answered.err
