from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.terminal import run_apart

from policykit.rules.catalogue import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Answered, Run


@pytest.fixture
def faulty(library: Path) -> Path:
    """The library with a mistyped fact in one document, and a case that expects too much of another."""
    change(library / "acme" / "knee.yaml", "fact: patient.age", "fact: patient.aeg")
    (library / "globex" / "knee.cases.yaml").write_text(
        "format: 1\n"
        "policy: globex/knee\n"
        "cases:\n"
        "  - case: A knee, 100 % covered\n"
        "    date_of_service: 2022-03-01\n"
        '    service: {cpt: "12345"}\n'
        "    facts: {pain.weeks: 77}\n"
        "    expect: {outcome: not-covered}\n"
    )
    return library


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def only_run(answered: Answered) -> dict[str, Any]:
    log = json.loads(answered.out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_problems_as_annotations_of_github(run: Run, faulty: Path) -> None:
    answered = run("check", faulty, "--format", "github")
    assert answered.status == 1
    assert answered.lines[0].startswith("::")
    assert (
        f"::error file={faulty}/acme/knee.yaml,line=32,col=86,title=unknown-fact::"
        "`patient.aeg` is not a known fact%0Ahelp: did you mean `patient.age`?"
    ) in answered.lines
    assert all(line.startswith(("::error ", "::warning ")) for line in answered.lines)
    assert answered.err == run("check", faulty).err


def test_the_file_of_an_annotation_is_named_from_the_current_folder(
    run: Run, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(faulty.parent)
    answered = run("check", "library/acme/knee.yaml", "--format", "github")
    assert answered.lines[0].startswith("::error file=library/acme/knee.yaml,line=32,col=86,")


def test_cases_that_fail_as_annotations_of_github(run: Run, faulty: Path) -> None:
    answered = run("test", faulty / "globex", "--format", "github")
    assert answered.status == 1
    (line,) = answered.lines
    place, _, message = line.rpartition("::")
    assert place == f"::error file={faulty}/globex/knee.cases.yaml,line=4,col=5,title=case-failed"
    assert message == "A knee, 100 %25 covered: outcome: expected not-covered, got covered"


def test_cases_that_are_not_run_are_shown_too(run: Run, faulty: Path) -> None:
    answered = run("test", faulty / "acme", "--format", "github")
    assert answered.status == 1
    assert answered.lines[-1] == (
        f"::error title=left out::{faulty}/acme/knee.cases.yaml was not run, because there are problems in "
        f"{faulty}/acme/knee.yaml"
    )


def test_a_sound_library_has_no_annotations(run: Run, library: Path) -> None:
    assert run("test", library, "--format", "github").out == ""


def test_problems_as_sarif(run: Run, faulty: Path) -> None:
    answered = run("check", faulty, "--format", "sarif")
    assert answered.status == 1
    found = only_run(answered)
    rules = {each["id"]: each for each in found["tool"]["driver"]["rules"]}
    assert rules.keys() <= RULES.keys()
    assert rules["unknown-fact"]["shortDescription"]["text"] == RULES["unknown-fact"].summary
    (result,) = [each for each in found["results"] if each["ruleId"] == "unknown-fact"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == (faulty / "acme" / "knee.yaml").as_uri()
    assert place["region"] == {"startLine": 32, "startColumn": 86}


def test_every_rule_can_be_told_in_sarif(run: Run, library: Path) -> None:
    levels = {each.name: each.severity for each in RULES.values()}
    for told in only_run(run("check", library, "--format", "sarif"))["tool"]["driver"].get("rules", []):
        assert told["defaultConfiguration"]["level"] == levels[told["id"]]


def test_cases_that_fail_as_sarif(run: Run, faulty: Path) -> None:
    found = only_run(run("test", faulty / "globex", "--format", "sarif"))
    assert [(each["ruleId"], each["level"]) for each in found["results"]] == [("case-failed", "error")]
    assert "77" not in json.dumps(found["results"])
    assert found["invocations"][0]["executionSuccessful"] is True
    found = only_run(run("test", faulty, "--format", "sarif"))
    assert found["invocations"][0]["executionSuccessful"] is False


def test_both_can_be_written_where_only_ascii_can(faulty: Path) -> None:
    change(faulty / "acme" / "knee.yaml", "title: Knee operations", "title: Knee operations\nÜber: 1")
    for form in ("github", "sarif"):
        answered = run_apart("check", faulty, "--format", form, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
        assert answered.status == 1
        assert answered.out.isascii()
        assert "Traceback" not in answered.err


def test_standard_input_can_be_reported(run: Run, library: Path) -> None:
    answered = run("check", "-", "--library", library, "--format", "github", stdin="format: 2\n")
    assert answered.status == 1
    assert answered.lines[0].startswith("::error file=standard input,line=1,col=")
    assert only_run(run("check", "-", "--library", library, "--format", "sarif", stdin="format: 2\n"))["results"]
