"""What a change of policy does to claims, as a user sees it."""

from __future__ import annotations

import csv
import resource
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import assert_no_traceback, command, environment

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

_CLAIMS = """\
claim,payer,date_of_service,service.cpt,patient.age,pain.weeks,treatment.tried,surgeon.agrees,region,outcome_before
1,Acme,2020-03-01,12345,40,20,exercise,true,north,x
2,Acme,2020-03-01,12345,40,2,exercise,true,north,x
3,Acme,2022-03-01,12345,12,20,exercise;injection,true,south,x
4,Acme,2022-03-01,12345,40,20,exercise,,south,x
5,Acme,2022-03-01,12345,,20,exercise,true,,x
6,Acme,2022-03-01,23456,40,20,exercise,true,south,x
7,Acme,2022-13-01,12345,40,20,exercise,true,south,x
8,acme,2022-03-01,12345,40,20,swimming,true,south,x
"""


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    path = tmp_path / "claims.csv"
    path.write_text(_CLAIMS, "utf-8")
    return path


def _revisions(library: Path, claims: Path) -> tuple[str | Path, ...]:
    return ("impact", "acme/knee", "--from", "first", "--to", "second-corrected", claims, "--library", library)


def test_two_revisions(run: Run, library: Path, claims: Path, tmp_path: Path) -> None:
    flips, rejects, html = tmp_path / "flips.csv", tmp_path / "rejects.csv", tmp_path / "impact.html"
    files = ("--flips", flips, "--rejects", rejects, "--html", html)
    answered = run(*_revisions(library, claims), "--by", "Region", *files)
    assert answered.status == 1, "two claims are wrong"
    assert answered.lines[0] == "Impact of acme/knee: from first to second-corrected"
    assert "Of 8 claims, 5 are answered. 5 claims (100%) change outcome." in answered.flat
    assert "1 claim is not for acme/knee. 2 claims are wrong" in answered.flat
    for line in (
        "1 (20.0%)  Covered → medically necessary",
        "1 (20.0%)  Covered → deferred to the medical director",
        "1 (20.0%)  Not covered → medically necessary",
        "1 (20.0%)  Covered → not yet determined",
        "1 (100%)  surgeon.agrees: Does the surgeon agree?",
    ):
        assert line in answered.out
    with flips.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["claim"], row["before_outcome"], row["after_outcome"], row["after_to"]) for row in rows] == [
        ("1", "covered", "medically-necessary", ""),
        ("2", "covered", "deferred", "the medical director"),
        ("3", "not-covered", "medically-necessary", ""),
        ("4", "covered", "undetermined", ""),
        ("5", "undetermined", "medically-necessary", ""),
    ]
    assert rows[3]["after_possible"] == "medically-necessary;deferred to the medical director"
    assert (rows[3]["after_missing"], rows[4]["before_missing"]) == ("surgeon.agrees", "patient.age")
    assert all(row["answered_by"] == "acme/knee" and row["outcome_before"] == "x" for row in rows)
    with rejects.open(encoding="utf-8", newline="") as stream:
        assert [(row["claim"], row["wrong_in"]) for row in csv.DictReader(stream)] == [("7", "both"), ("8", "both")]
    page = html.read_text("utf-8")
    assert "swimming" not in answered.out + answered.err + page
    assert {path.name for path in tmp_path.iterdir()} == {
        "library",
        "claims.csv",
        "flips.csv",
        "rejects.csv",
        "impact.html",
    }


def test_in_json(run: Run, library: Path, claims: Path) -> None:
    words = (*_revisions(library, claims), "--by", "region", "--by", "policy", "--format", "json")
    document = run(*words).document("impact")
    assert (document["claims"], document["answered"], document["elsewhere"], document["rejected"]) == (8, 5, 1, 2)
    assert document["before"] == {"library": str(library), "revision": "first"}
    assert {each["value"]: each["answers"] for each in document["by"][0]["groups"]} == {"north": 2, "south": 2, None: 1}
    assert [(each["value"], each["changed"]) for each in document["by"][1]["groups"]] == [("acme/knee", 5)]
    assert document["undetermined_after"] == {
        "count": 1,
        "missing": [{"fact": "surgeon.agrees", "ask": "Does the surgeon agree?", "count": 1}],
    }


def test_two_libraries(run: Run, library: Path, claims: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    shutil.copytree(library, new)
    knee = new / "acme" / "knee.yaml"
    knee.write_text(knee.read_text("utf-8").replace("at_least: 12", "at_least: 30"), "utf-8")
    (new / "acme" / "claims.yaml").unlink()
    words = ("impact", claims, "--library", library, "--against", new, "--format", "json")
    document = run(*words).document("impact")
    assert (document["policy"], document["claims"], document["answered"], document["rejected"]) == (None, 8, 6, 2)
    changed = {
        (each["before"]["outcome"], each["after"]["outcome"]): each["count"]
        for each in document["flows"]
        if each["changed"]
    }
    # The claim of the other policy, on an elbow, hangs on the day of processing, and then has nothing on file.
    assert changed == {
        ("medically-necessary", "deferred"): 2,
        ("undetermined", "deferred"): 1,
        ("undetermined", "no-policy-on-file"): 1,
    }
    alone = run("impact", "acme/knee", *words[1:]).document("impact")
    assert (alone["answered"], alone["elsewhere"], alone["changed"]) == (5, 1, 3)
    same = run("impact", claims, "--library", library, "--against", library, "--format", "json").document("impact")
    assert (same["changed"], same["otherwise_undetermined"]) == (0, 0)


def test_a_payer_and_a_day_for_the_rows_that_state_none(run: Run, library: Path, claims: Path) -> None:
    claims.write_text(claims.read_text("utf-8").replace("claim,payer,", "claim,insurer,"), "utf-8")
    words = ("impact", claims, "--library", library, "--against", library, "--payer", "Acme", "--format", "json")
    now, then = run(*words).document("impact"), run(*words, "--known-on", "2015-01-01").document("impact")
    assert now["answered"] == then["answered"] == 6
    assert now["flows"] != then["flows"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("acme/knee", "CLAIMS"), "one thing alone cannot be compared"),
        (("acme/knee", "CLAIMS", "--from", "first"), "name two revisions with `--from` and `--to`"),
        (("acme/kne", "CLAIMS", "--from", "first", "--to", "end"), "did you mean `acme/knee`?"),
        (("acme/knee", "CLAIMS", "--from", "first", "--to", "secund"), "did you mean `second`?"),
        (("acme/knee", "CLAIMS", "--from", "first", "--to", "end"), "`end`"),
        (("acme/knee", "--from", "first", "--to", "second"), "no file of claims is named"),
        (("acme/kne", "CLAIMS", "--against", "LIBRARY"), "did you mean `acme/knee`?"),
        (("CLAIMS", "--against", "LIBRARY", "--to", "x"), "have no place beside it"),
        (("CLAIMS", "--against", "LIBRARY", "--by", "regoin"), "did you mean `region`?"),
        (("CLAIMS", "--against", "LIBRARY", "--payer", "Acmee"), "did you mean `Acme`?"),
        (("CLAIMS", "--against", "LIBRARY", "--memory", "much"), "not an amount of memory"),
        (("CLAIMS", "--against", "LIBRARY", "--html", "CLAIMS"), "stands for something else"),
        (("CLAIMS", "--against", "LIBRARY", "--html", "f.csv", "--flips", "f.csv"), "stands for something else"),
        (("nowhere.parquet", "--against", "LIBRARY"), "there is no file `nowhere.parquet`"),
    ],
)
def test_what_cannot_be_asked(run: Run, library: Path, claims: Path, words: tuple[str, ...], told: str) -> None:
    named = [{"CLAIMS": claims, "LIBRARY": library}.get(word, word) for word in words]
    answered = run("impact", *named, "--library", library)
    assert answered.status == 2
    assert told in answered.err
    assert_no_traceback(answered)
    assert {path.name for path in claims.parent.iterdir()} == {"library", "claims.csv"}


def test_a_full_disk_leaves_what_was_there(library: Path, claims: Path, tmp_path: Path) -> None:
    html = tmp_path / "impact.html"
    html.write_text("the old page", "utf-8")

    def little() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        command(*_revisions(library, claims), "--html", html, "--no-cache"),
        capture_output=True,
        check=False,
        timeout=60,
        # What Python keeps of a module would be cut off as well, and stay so.
        env=environment({"PYTHONDONTWRITEBYTECODE": "1"}),
        preexec_fn=little,
    )
    assert done.returncode == 2
    told = done.stderr.decode()
    assert "Traceback" not in told
    assert "disk is full" in told or "file too large" in told
    assert html.read_text("utf-8") == "the old page"
    assert {path.name for path in tmp_path.iterdir()} == {"library", "claims.csv", "impact.html"}


def test_interrupted_it_leaves_nothing(library: Path, tmp_path: Path) -> None:
    claims = tmp_path / "many.csv"
    head, first, *_ = _CLAIMS.splitlines()
    claims.write_text(f"{head}\n" + f"{first}\n" * 400_000, "utf-8")
    flips, html, scratch = tmp_path / "flips.parquet", tmp_path / "impact.html", tmp_path / "scratch"
    scratch.mkdir()
    words = (*_revisions(library, claims), "--flips", flips, "--html", html)
    changes = {"TMPDIR": str(scratch)}
    with subprocess.Popen(command(*words), stderr=subprocess.PIPE, env=environment(changes)) as process:
        deadline = time.monotonic() + 30
        while not list(scratch.glob("*/claims-*")) and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err.decode()
    assert b"Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"library", "many.csv", "scratch"}
    assert not list(scratch.iterdir())
