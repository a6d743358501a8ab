from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

_KEYS = {
    "outcome",
    "possible",
    "policy",
    "revision",
    "effective",
    "through",
    "date_of_service",
    "known_on",
    "statement",
    "findings",
    "missing",
    "advisories",
    "receipt",
}


def test_a_decision(run: Run, library: Path) -> None:
    case = """
        policy: acme/knee
        date_of_service: 2022-03-01
        known_on: 2022-12-20
        service: {cpt: "12345", modifiers: ["RT"]}
        facts: {pain.weeks: 20, treatment.tried: [exercise]}
        """
    answered = run("decide", "-", "--library", library, "--format", "json", stdin=case)
    document = answered.document("decision")
    assert answered.status == 0
    assert set(document) >= _KEYS
    assert document["outcome"] == "undetermined"
    assert document["possible"] == [
        {"outcome": "medically-necessary", "to": None},
        {"outcome": "deferred", "to": "the medical director"},
    ]
    assert (document["revision"], document["effective"], document["through"]) == (
        "second-corrected",
        "2022-02-01",
        None,
    )
    assert document["missing"] == [
        {
            "fact": "surgeon.agrees",
            "ask": "Does the surgeon agree?",
            "type": "boolean",
            "unit": None,
            "values": None,
            "judgement": True,
            "more_precisely": False,
        }
    ]
    pain = document["findings"][0]["criterion"]["parts"][0]
    assert (pain["id"], pain["fact"], pain["value"], pain["truth"]) == ("pain", "pain.weeks", 20, "met")
    assert pain["comparisons"] == {"at_least": 12}
    assert [each["says"] for each in pain["notes"]] == [None, "The pain is long-standing"]
    assert pain["place"] == {"file": "acme/knee.yaml", "line": 48, "column": 19}


def test_several_decisions(run: Run, library: Path) -> None:
    case = '{payer: Globex, date_of_service: 2022-06-01, service: {cpt: "12345"}}'
    document = run("decide", "-", "--library", library, "--format", "json", stdin=case).document("decision")
    assert [each["policy"] for each in document["decisions"]] == ["globex/knee", "globex/none"]
    cases = run("decide", library / "acme" / "knee.cases.yaml", "--library", library, "--format", "json")
    titles = [each["case"] for each in cases.document("decision")["decisions"]]
    assert titles == ["A grown-up in the first year", "Nobody knows whether the surgeon agrees"]


def test_a_miss_tells_its_reason_and_what_lies_around_it(run: Run, library: Path) -> None:
    case = '{policy: acme/knee, date_of_service: 2021-06-01, service: {cpt: "12345"}}'
    document = run("decide", "-", "--library", library, "--format", "json", stdin=case).document("decision")
    assert document["outcome"] == "no-version-in-effect"
    assert document["reason"] == "in-a-gap"
    assert document["before"]["revision"] == "first"
    assert document["after"]["effective"] == "2022-02-01"


def test_a_lookup(run: Run, library: Path) -> None:
    words = ("lookup", "12345", "--dos", "2022-06-01", "--library", library, "--format", "json")
    document = run(*words).document("lookup")
    assert document["held"][0]["sites"] == [
        {"code": "21", "label": "Inpatient hospital"},
        {"code": "99", "label": None},
    ]
    assert [(each["payer"]["id"], each["standing"], each["policy"]) for each in document["standings"]] == [
        ("acme", "in-effect", "acme/knee"),
        ("globex", "in-effect", "globex/knee"),
        ("globex", "recorded-absence", "globex/none"),
        ("initech", "nothing-held", None),
    ]
    assert document["standings"][0]["service"]["coverage"][0]["outcome"] == "medically-necessary"
    assert document["is_today"] is False
    assert run("lookup", "12345", "--library", library, "--format", "json").document("lookup")["is_today"] is True


@pytest.mark.parametrize(
    ("code", "dos", "standing"),
    [
        ("12345", "2019-12-31", "not-in-effect"),
        ("A1234", "2022-06-01", "code-not-addressed"),
        ("23456", "2020-06-01", "claim-processed-needed"),
        ("99999", "2020-06-01", "nothing-held"),
    ],
)
def test_the_standings(run: Run, library: Path, code: str, dos: str, standing: str) -> None:
    words = ("lookup", code, "--payer", "acme", "--dos", dos, "--library", library, "--format", "json")
    answered = run(*words)
    document = answered.document("lookup")
    assert document["payer"] == "acme"
    assert [each["standing"] for each in document["standings"]] == [standing]
    assert document["something_in_effect"] is (standing == "claim-processed-needed")
    assert answered.status == (0 if document["something_in_effect"] else 1)


def test_a_history(run: Run, library: Path) -> None:
    document = run("history", "acme/knee", "--library", library, "--format", "json").document("history")
    assert [(each["revision"], each["state"], each["by"], each["last"]) for each in document["entries"]] == [
        ("first", "counts", None, "2020-12-31"),
        ("second", "replaced", "second-corrected", None),
        ("second-corrected", "counts", None, "2024-12-31"),
        ("mistaken", "void", "mistaken-withdrawn", None),
        ("mistaken-withdrawn", "withdrawal", None, None),
        ("end", "counts", None, None),
    ]
    assert [each["governs"] for each in document["entries"]] == [True, False, True, False, False, False]
    assert document["gaps"] == [{"first": "2021-01-01", "last": "2022-01-31"}]


def test_a_policy_shown(run: Run, library: Path) -> None:
    words = ("show", "acme/knee", "--library", library, "--format", "json")
    document = run(*words, "--dos", "2020-06-01").document("show")
    assert document["entry"]["source"]["section"] == "2"
    assert document["services"][0]["coverage"][0]["when"]["fact"] == "patient.age"
    assert run(*words, "--dos", "2021-06-01").document("show")["reason"] == "in-a-gap"
    assert run(*words, "--revision", "mistaken").document("show")["superseded"] is True


def test_a_check(run: Run, library: Path) -> None:
    words = ("check", "--library", library, "--format", "json")
    answered = run(*words)
    assert answered.status == 0
    assert {problem["severity"] for problem in answered.document("check")["problems"]} == {"warning"}
    (library / "acme" / "knee.yaml").write_text("format: 1\npolicy: [")
    answered = run(*words)
    (problem,) = (each for each in answered.document("check")["problems"] if each["severity"] == "error")
    assert answered.status == 1
    assert (problem["rule"], problem["file"], problem["line"]) == ("syntax", f"{library}/acme/knee.yaml", 2)


def test_a_test(run: Run, library: Path) -> None:
    cases = library / "acme" / "knee.cases.yaml"
    cases.write_text(cases.read_text().replace("outcome: covered", "outcome: not-covered"))
    answered = run("test", "--library", library, "--format", "json")
    document = answered.document("test")
    assert answered.status == 1
    assert (document["passed"], document["failed"]) == (2, 1)
    assert document["cases"][0]["failures"] == ["outcome: expected not-covered, got covered"]


def test_every_answer_on_the_shipped_policies(run: Run) -> None:
    for policy in ("cigna/0587", "medicare/64714", "medicare/ncd-100.1", "medicare/ncd-150.10", "medicare/ncd-240.4"):
        run("history", policy, "--format", "json").document("history")
        run("show", policy, "--dos", "2026-01-15", "--format", "json").document("show")
    run("test", "--format", "json").document("test")
    run("check", "--format", "json").document("check")


def test_nothing_but_the_answer_is_on_standard_output(run: Run, library: Path) -> None:
    answered = run("decide", library / "acme" / "knee.cases.yaml", "--library", library, "--format", "json")
    assert answered.status == 1
    assert json.loads(answered.out)["format"] == 1
    assert "[unknown-fact]" in answered.err
