from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

_CLAIMS = """\
claim,payer,cpt,date_of_service,patient.birth_date,pain_weeks,treatment.tried,surgeon.agrees
1,acme,12345,2020-03-01,1980-05-05,,,
2,Acme Health,12345,2022-03-01,,20,exercise;injection,true
3,acme,12345,2022-03-01,,20,exercise,
4,acme,12345,2022-03-01,,20,[],
5,acme,12345,2019-03-01,,,,
6,initech,12345,2022-03-01,,,,
7,globex,12345,2022-03-01,,,,
8,acme,99999,2022-03-01,,,,
"""
_WRONG = """\
9,acme,12345,2022-02-30,,,,
10,nobody,12345,2022-03-01,,,,
11,acme,12345,2022-03-01,,many,,
"""


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    path = tmp_path / "claims.csv"
    path.write_text(_CLAIMS, encoding="utf-8")
    return path


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_row_is_answered_by_the_policy_and_the_revision_that_govern_it(
    run: Run, library: Path, claims: Path, tmp_path: Path
) -> None:
    output = tmp_path / "answers.csv"
    answered = run("batch", claims, "-o", output, "--key", "claim", "--library", library)
    assert answered.status == 0
    assert answered.lines == [
        f"8 claims, 9 answers in {output}",
        "  2  covered",
        "  2  deferred",
        "  1  medically-necessary",
        "  2  no-policy-on-file",
        "  1  no-version-in-effect",
        "  1  undetermined",
    ]
    assert answered.err.startswith("8 rows in ")
    assert answered.err.endswith(" rows a second\n")
    found = sorted((int(row["claim"]), row["policy"], row["revision"], row["outcome"]) for row in rows_in(output))
    assert found == [
        (1, "acme/knee", "first", "covered"),
        (2, "acme/knee", "second-corrected", "medically-necessary"),
        (3, "acme/knee", "second-corrected", "undetermined"),
        (4, "acme/knee", "second-corrected", "deferred"),
        (5, "acme/knee", "", "no-version-in-effect"),
        (6, "", "", "no-policy-on-file"),
        (7, "globex/knee", "only", "covered"),
        (7, "globex/none", "search", "deferred"),
        (8, "", "", "no-policy-on-file"),
    ]
    (third,) = [row for row in rows_in(output) if row["claim"] == "3"]
    assert third["possible"] == "medically-necessary;deferred to the medical director"
    assert third["missing"] == "surgeon.agrees"
    assert rows_in(tmp_path / "answers.rejects.csv") == []


def test_rows_that_are_wrong_are_set_apart_and_told_of(run: Run, library: Path, claims: Path, tmp_path: Path) -> None:
    claims.write_text(_CLAIMS + _WRONG, encoding="utf-8")
    output, rejects = tmp_path / "answers.csv", tmp_path / "wrong.csv"
    answered = run("batch", claims, "-o", output, "--rejects", rejects, "--key", "claim", "--library", library)
    assert answered.status == 1
    assert answered.lines[0] == f"11 claims, 9 answers in {output}"
    assert answered.lines[-4:] == [
        f"3 claims are wrong, and in {rejects}",
        "  1  malformed-date",
        "  1  unknown-payer",
        "  1  wrong-type",
    ]
    found = {row["claim"]: (row["rule"], row["cpt"]) for row in rows_in(rejects)}
    assert found == {
        "9": ("malformed-date", "12345"),
        "10": ("unknown-payer", "12345"),
        "11": ("wrong-type", "12345"),
    }


def test_what_became_of_the_claims_is_told_in_json(run: Run, library: Path, claims: Path, tmp_path: Path) -> None:
    claims.write_text(_CLAIMS + _WRONG, encoding="utf-8")
    answered = run("batch", claims, "-o", tmp_path / "a.csv", "--library", library, "--format", "json")
    told = answered.document("batch")
    assert (told["claims"], told["answers"], told["rejected"]) == (11, 9, 3)
    assert told["rules"] == {"malformed-date": 1, "unknown-payer": 1, "wrong-type": 1}
    assert told["idle"] == [{"column": "claim", "help": None}]
    assert "column `claim` states nothing" in answered.err


def test_a_mistyped_column_is_refused_before_anything_is_decided(
    run: Run, library: Path, claims: Path, tmp_path: Path
) -> None:
    claims.write_text(_CLAIMS.replace("surgeon.agrees", "surgeon.agree"), encoding="utf-8")
    words = ("batch", claims, "-o", tmp_path / "a.csv", "--key", "claim", "--library", library)
    answered = run(*words)
    assert (answered.status, answered.out) == (1, "")
    assert answered.err == (
        f"{claims}: column `surgeon.agree` states nothing [wrong-value]\n"
        "  help: did you mean `surgeon.agrees`? if it is another thing, leave it out with `--ignore`\n"
    )
    assert not (tmp_path / "a.csv").exists()
    assert run(*words, "--ignore", "surgeon.agree").status == 0


def test_a_mapping_says_which_columns_state_what(run: Run, library: Path, tmp_path: Path) -> None:
    claims = tmp_path / "claims.csv"
    claims.write_text("id,dos,code,born\n1,2020-03-01,12345,1980-05-05\n", encoding="utf-8")
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "format: 1\ndate_of_service: dos\npayer: {always: acme}\nfacts: {patient.birth_date: born}\nkeys: [id]\n",
        encoding="utf-8",
    )
    answered = run("batch", claims, "-o", tmp_path / "a.csv", "--mapping", mapping, "--library", library)
    assert (answered.status, answered.lines[1:]) == (0, ["  1  covered"])
    mapping.write_text("format: 1\ndate_of_service: dso\n", encoding="utf-8")
    answered = run("batch", claims, "-o", tmp_path / "a.csv", "--mapping", mapping, "--library", library)
    assert answered.status == 1
    assert answered.err == f"{mapping}:2:18: there is no column `dso` [wrong-value]\n  help: did you mean `dos`?\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--memory", "much"], "`much` is not an amount of memory"),
        (["--policy", "acme/knee", "--payer", "acme"], "`--policy` and `--payer` do not go together"),
        (["--payer", "acne"], "`acne` is not a payer of this library\n  help: did you mean `acme`?"),
        (["--policy", "acme/kne"], "there is no policy `acme/kne`; did you mean `acme/knee`?"),
        (["--threads", "0"], "0 is not in the range"),
        (["--input-format", "xml"], "'xml' is not one of"),
    ],
)
def test_a_wrong_call_is_told_in_a_line_or_two(
    more: list[str], told: str, run: Run, library: Path, claims: Path
) -> None:
    output = claims.parent / "a.csv"
    answered = run("batch", claims, "-o", output, "--library", library, *more)
    assert (answered.status, answered.out) == (2, "")
    assert told in answered.err
    assert len(answered.err.splitlines()) <= 2
    assert not output.exists()


def test_a_verb_whose_packages_are_not_installed_says_which(
    run: Run, claims: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.startswith(("policykit.batch", "policykit.cli.batch"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    answered = run("batch", claims, "-o", "a.csv")
    assert answered.status == 2
    assert answered.err == (
        "policykit: `batch` needs the package `duckdb`, which is not installed\n  help: `pip install 'policykit[batch]'`\n"
    )


def test_spark_is_needed_only_by_whoever_asks_for_it(
    run: Run, library: Path, claims: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "policykit.batch.spark", raising=False)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    words = ("batch", claims, "-o", tmp_path / "a.csv", "--key", "claim", "--library", library)
    assert run(*words).status == 0
    answered = run(*words, "--engine", "spark")
    assert answered.status == 2
    assert answered.err == (
        "policykit batch: `--engine spark` needs the package `pyspark`, which is not installed\n"
        "  help: `pip install 'policykit[spark]'`\n"
    )
