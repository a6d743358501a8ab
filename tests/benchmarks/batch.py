# ruff: noqa: S608  # the queries are over files that are made here
"""What deciding a table of claims costs, against SQL that was written by hand for the one policy.

Run it again with `python tests/benchmarks/batch.py [ROWS [ROUNDS]]`. Each measurement is a process of its own, from Parquet to
Parquet, with the same columns written; the figures are medians of rounds in which everything takes its turn. The answers
of the two are compared row by row before. A hundred policies of two revisions each are then decided in one pass.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb

from policykit.shipped import POLICIES
from policykit.source import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROWS: Final = 10_000_000
ROUNDS: Final = 5
MANY: Final = 100
MEMORY: Final = "600MB"

# Facts that are each missing in an eighth of the claims, and mostly so that the first statement is met.
FACTS: Final = """
    CASE hash(i, 3) % 8 WHEN 0 THEN NULL WHEN 1 THEN 'other' WHEN 2 THEN 'lumbar-nerve-root' ELSE 'lumbar-plexus' END
        AS "nerve_compression.site",
    CASE hash(i, 4) % 8 WHEN 0 THEN NULL WHEN 1 THEN []::VARCHAR[] WHEN 2 THEN ['x-ray'] WHEN 3 THEN ['mri', 'emg-ncs']
        ELSE ['mri'] END AS "nerve_compression.documented_by",
    CASE hash(i, 5) % 8 WHEN 0 THEN NULL WHEN 1 THEN false ELSE true END AS "nerve_compression.significant_symptoms",
    CASE hash(i, 6) % 8 WHEN 0 THEN NULL WHEN 1 THEN []::VARCHAR[] WHEN 2 THEN ['manual-therapy']
        WHEN 3 THEN ['injection', 'other'] ELSE ['physical-therapy'] END AS "conservative_treatment.failed",
    CASE hash(i, 7) % 8 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END AS "conservative_treatment.not_indicated",
    CASE hash(i, 8) % 8 WHEN 0 THEN NULL WHEN 1 THEN false ELSE true END AS "surgery.supported_by_imaging",
    CASE hash(i, 9) % 8 WHEN 0 THEN NULL WHEN 1 THEN false ELSE true END AS "surgery.supported_by_clinical_findings"
"""
ONE_POLICY: Final = f"""
    SELECT i AS claim_id, DATE '2025-11-01' + (hash(i, 1) % 200)::INT AS date_of_service, 'cigna' AS payer,
    CASE hash(i, 2) % 20 WHEN 0 THEN '64713' ELSE '64714' END AS cpt, {FACTS} FROM (SELECT range AS i FROM range(:rows))
"""
MANY_POLICIES: Final = f"""
    SELECT i AS claim_id, DATE '2025-06-01' + (hash(i, 1) % 365)::INT AS date_of_service, 'cigna' AS payer,
    (20000 + hash(i, 2) % {MANY})::VARCHAR AS cpt, {FACTS} FROM (SELECT range AS i FROM range(:rows))
"""
# What a careful person would write for cigna/0587, revision 2025-12-01, alone: null is what is not known.
BY_HAND: Final = """
    WITH read AS (
        SELECT claim_id, date_of_service AS day, cpt = '64714' AS addressed,
            "nerve_compression.site" = 'lumbar-plexus' AS site,
            list_has_any("nerve_compression.documented_by", ['mri', 'ct', 'emg-ncs', 'ultrasound']) AS documented,
            "nerve_compression.significant_symptoms" AS symptoms,
            list_has_any("conservative_treatment.failed", ['physical-therapy', 'oral-medication', 'injection']) AS failed,
            "conservative_treatment.not_indicated" AS not_indicated,
            "surgery.supported_by_imaging" AS imaging,
            "surgery.supported_by_clinical_findings" AS findings
        FROM read_parquet(':claims')
    ), decided AS (
        SELECT *, addressed AND day >= DATE '2025-12-01' AS governed,
            site AND documented AND symptoms AND (failed OR not_indicated) AND imaging AND findings AS met
        FROM read
    )
    SELECT claim_id,
        CASE WHEN addressed THEN 'cigna/0587' END AS policy,
        CASE WHEN governed THEN '2025-12-01' END AS revision,
        CASE WHEN NOT addressed THEN 'no-policy-on-file' WHEN NOT governed THEN 'no-version-in-effect'
            WHEN met IS NULL THEN 'undetermined' WHEN met THEN 'medically-necessary'
            ELSE 'not-medically-necessary' END AS outcome,
        NULL::VARCHAR AS "to",
        CASE WHEN NOT addressed THEN ['no-policy-on-file'] WHEN NOT governed THEN ['no-version-in-effect']
            WHEN met IS NULL THEN ['medically-necessary', 'not-medically-necessary']
            WHEN met THEN ['medically-necessary'] ELSE ['not-medically-necessary'] END AS possible,
        CASE WHEN governed AND met THEN 1 WHEN governed AND NOT met THEN 2 END AS statement,
        CASE WHEN governed AND met IS NULL THEN list_filter([
            CASE WHEN site IS NULL THEN 'nerve_compression.site' END,
            CASE WHEN documented IS NULL THEN 'nerve_compression.documented_by' END,
            CASE WHEN symptoms IS NULL THEN 'nerve_compression.significant_symptoms' END,
            CASE WHEN (failed OR not_indicated) IS NULL AND failed IS NULL THEN 'conservative_treatment.failed' END,
            CASE WHEN (failed OR not_indicated) IS NULL AND not_indicated IS NULL
                THEN 'conservative_treatment.not_indicated' END,
            CASE WHEN imaging IS NULL THEN 'surgery.supported_by_imaging' END,
            CASE WHEN findings IS NULL THEN 'surgery.supported_by_clinical_findings' END
        ], lambda each: each IS NOT NULL) ELSE [] END AS missing,
        CASE WHEN governed AND day > DATE '2026-09-15' THEN ['review-overdue'] ELSE [] END AS advisories
    FROM decided
"""
RUN_BY_HAND: Final = """
import sys
import duckdb
query, output, memory = sys.argv[1:]
connection = duckdb.connect(config={"memory_limit": memory})
connection.execute(f"COPY ({query}) TO '{output}' (FORMAT parquet)")
"""


class Measured(NamedTuple):
    """How long a process took, and how much memory it had at most."""

    seconds: float
    megabytes: float


def measured(words: Sequence[str | Path]) -> Measured:
    """Runs a program to its end."""
    began = time.perf_counter()
    process = subprocess.Popen([str(each) for each in words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(told.decode())
    return Measured(time.perf_counter() - began, usage.ru_maxrss / 1024)


def batch(claims: Path, output: Path, *more: str | Path) -> list[str | Path]:
    """The words of the command."""
    program = [sys.executable, "-m", "policykit", "batch"]
    return [*program, claims, "-o", output, "--key", "claim_id", "--memory", MEMORY, *more]


def by_hand(claims: Path, output: Path) -> list[str | Path]:
    """The same, written by hand."""
    return [sys.executable, "-c", RUN_BY_HAND, BY_HAND.replace(":claims", str(claims)), output, MEMORY]


def make_claims(folder: Path, rows: int) -> tuple[Path, Path]:
    """Claims for one policy, and for many."""
    one, many = folder / "one.parquet", folder / "many.parquet"
    connection = duckdb.connect()
    for path, query in ((one, ONE_POLICY), (many, MANY_POLICIES)):
        connection.execute(f"COPY ({query.replace(':rows', str(rows))}) TO '{path}' (FORMAT parquet)")
    return one, many


def make_library(folder: Path) -> Path:
    """A library of many policies, each of two revisions, all of them unlike one another."""
    root = folder / "library"
    (root / "cigna").mkdir(parents=True)
    for name in ("facts.yaml", "payers.yaml", "codes.yaml"):
        (root / name).write_bytes((POLICIES / name).read_bytes())
    document, _ = read_document("0587.yaml", (POLICIES / "cigna" / "0587.yaml").read_bytes())
    assert document is not None
    for number in range(MANY):
        # JSON is YAML, too.
        (root / "cigna" / f"p{number}.yaml").write_text(json.dumps(variation(document.data, number)), encoding="utf-8")
    return root


def variation(document: Mapping[str, Any], number: int) -> dict[str, Any]:
    """One of many policies that are like 0587, yet neither the same nor of the same codes."""
    policy = deepcopy(dict(document)) | {"policy": f"cigna/p{number}", "title": f"Policy {number}"}
    (later,) = policy["history"]
    later |= {"change": "criteria"}
    earlier = deepcopy(later) | {"revision": "2025-07-01", "change": "new", "effective": "2025-07-01"}
    earlier["known_from"] = "2025-06-15"
    for entry in (earlier, later):
        (service,) = entry["services"]
        service["codes"] = {"cpt": [str(20_000 + number)]}
        parts = service["coverage"][0]["when"]["all"]
        studies = ["mri", "ct", "emg-ncs", "ultrasound"]
        parts[0]["all"][1]["has_any"] = [each for place, each in enumerate(studies) if place != number % 5]
        treatments = ["physical-therapy", "oral-medication", "injection"]
        parts[2]["any"][0]["has_any"] = [each for place, each in enumerate(treatments) if place != number // 5 % 4]
        if number // 20 % 2:
            parts[3] = {"id": "surgery-supported", "any": parts[3]["all"]}
    earlier["services"][0]["coverage"][0]["when"]["all"].pop(number % 3 + 1)
    policy["history"] = [earlier, later]
    return policy


def compare(one: Path, other: Path) -> None:
    """Sees to it that two files of answers say the same."""
    names = '"policy", "revision", "outcome", "to", "possible", "statement", "missing", "advisories"'
    told = [f"{table}.{name.strip()}" for table in ("one", "other") for name in names.split(",")]
    half = len(told) // 2
    ((count, unlike),) = (
        duckdb.connect()
        .execute(
            f"SELECT count(*), count(*) FILTER (({', '.join(told[:half])}) IS DISTINCT FROM ({', '.join(told[half:])})) "
            f"FROM read_parquet('{one}') AS one FULL JOIN read_parquet('{other}') AS other USING (claim_id)"
        )
        .fetchall()
    )
    if unlike:
        raise SystemExit(f"{unlike} of {count} answers are not the same")


def main() -> None:
    rows, rounds = [*map(int, sys.argv[1:]), *(ROWS, ROUNDS)[len(sys.argv) - 1 :]]
    with TemporaryDirectory() as name:
        folder = Path(name)
        one, many = make_claims(folder, rows)
        library = make_library(folder)
        hand, answers, answers_of_many = (
            folder / "hand.parquet",
            folder / "answers.parquet",
            folder / "many-answers.parquet",
        )
        runs = {
            "SQL written by hand for the one policy": by_hand(one, hand),
            "`policykit batch`, the one policy": batch(one, answers),
            f"`policykit batch`, {MANY} policies of two revisions": batch(many, answers_of_many, "--library", library),
        }
        found: dict[str, list[Measured]] = {each: [] for each in runs}
        for number in range(rounds + 1):
            for title, words in runs.items():
                run = measured(words)
                # The first round fills the caches.
                if number:
                    found[title].append(run)
        compare(hand, answers)
    base = median(each.seconds for each in next(iter(found.values())))
    print(f"{rows:,} claims, Parquet to Parquet, {os.cpu_count()} processors, {MEMORY} for the engine\n")
    print("| what | seconds | rows a second | peak memory | ratio |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for title, each in found.items():
        seconds = median(run.seconds for run in each)
        peak = max(run.megabytes for run in each)
        print(f"| {title} | {seconds:.2f} | {rows / seconds:,.0f} | {peak:.0f} MB | {seconds / base:.2f} |")


if __name__ == "__main__":
    main()
