from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tarfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from samples import COVERED, library_of, texts, when, write

from policykit.answers.reports import github_lines, sarif_log
from policykit.cases import check_cases, run_case
from policykit.inspection import check_paths, run_paths
from policykit.memory import Memory
from policykit.problems import Location, Problem
from policykit.results import CasesResult, CheckResult
from policykit.rules.rule import Example, Rule
from policykit.shelf import Setting
from policykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

MULTITOOL = "@microsoft/sarif-multitool-linux@5.7.0"

EXAMPLE = Example(text="", name="acme/p1.yaml")
NO_CITE = Rule(
    name="no-cite",
    severity="warning",
    summary="A criterion does not say where it stands in the source.",
    why="Nobody can look it up.",
    remedy="Add a `cite`.",
    fails=EXAMPLE,
    passes=EXAMPLE,
)

CASES = """\
format: 1
policy: acme/p1
cases:
  - case: A grown-up, whose age nobody should read here
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    facts: {patient.birth_date: 1977-07-07, patient.weight: 77.77}
    expect: {outcome: not-covered, statement: 2, missing: [surgery.urgent]}
  - case: A fact that is none
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    facts: {patient.wait: 77.77}
    expect: {outcome: covered}
  - case: A refusal that does not come
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    expect: {problem: unknown-fact}
  - case: A refusal of another kind
    date_of_service: 2026-01-32
    service: {cpt: "64714"}
    expect: {problem: unknown-fact}
  - case: As expected
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    expect: {outcome: undetermined}
"""


def problem(
    message: str = "this is wrong",
    *,
    rule: str = "malformed",
    file: str = "acme/p1.yaml",
    line: int = 3,
    column: int = 7,
    **more: Any,
) -> Problem:
    return Problem(rule=rule, message=message, where=Location(file=file, line=line, column=column), **more)


def of(*problems: Problem, left_out: tuple[str, ...] = ()) -> CheckResult:
    return CheckResult(problems=problems, left_out=left_out)


def ran() -> CasesResult:
    """What comes of the cases above."""
    library = library_of(when("{fact: patient.age, at_least: 18}"))
    stated, problems = check_cases("cases.yaml", CASES.encode(), library)
    assert {each.rule for each in problems} == {"malformed-date", "unknown-fact"}
    return CasesResult(results=tuple(run_case(each, library) for each in stated))


def problems() -> st.SearchStrategy[Problem]:
    words = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("%:,\r\n{}[]()"), max_size=20)
    return st.builds(
        Problem,
        rule=st.sampled_from(("no-cite", "malformed", "unknown-fact")),
        message=words,
        where=st.builds(
            Location,
            file=words.map(lambda text: text.replace("\n", "").replace("\r", "") or "a.yaml"),
            line=st.integers(0, 5),
            column=st.integers(1, 80),
        ),
        help=st.none() | words,
        severity=st.sampled_from(("error", "warning")),
    )


# GitHub


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """A line as the runner of GitHub Actions takes it."""
    assert "\n" not in line
    assert "\r" not in line
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line, re.DOTALL)
    assert found
    command, properties, message = found.groups()
    pairs = [each.partition("=") for each in properties.split(",")]
    return command, {key: unescaped(value) for key, _, value in pairs}, unescaped(message)


def unescaped(text: str) -> str:
    for written, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(written, sign)
    return text


def test_a_problem_is_shown_beside_its_line() -> None:
    (line,) = github_lines(of(problem("`x` is wrong", help="try `y`")))
    assert line == "::error file=acme/p1.yaml,line=3,col=7,title=malformed::`x` is wrong%0Ahelp: try `y`"


def test_a_warning_is_one() -> None:
    (line,) = github_lines(of(problem(severity="warning")))
    assert line.startswith("::warning file=")


def test_a_problem_without_a_line_is_shown_beside_its_file() -> None:
    (line,) = github_lines(of(problem(line=0, column=0)))
    assert line == "::error file=acme/p1.yaml,title=malformed::this is wrong"


def test_nothing_in_a_name_or_a_message_ends_a_command() -> None:
    (line,) = github_lines(of(problem("50% :: a,b\r\n::error::x", file="a,b::c%.yaml")))
    assert line == ("::error file=a%2Cb%3A%3Ac%25.yaml,line=3,col=7,title=malformed::50%25 :: a,b%0D%0A::error::x")


@given(problems())
def test_github_reads_what_was_said(each: Problem) -> None:
    (line,) = github_lines(of(each))
    command, told, message = read_command(line)
    assert command == each.severity
    assert message == (f"{each.message}\nhelp: {each.help}" if each.help else each.message)
    assert told["title"] == each.rule
    assert Path(told["file"]) == Path(each.where.file)
    assert told.get("line") == (str(each.where.line) if each.where.line else None)


def test_what_could_not_be_looked_at_is_shown_too() -> None:
    (line,) = github_lines(of(left_out=("a.cases.yaml was not checked, because: 5%",)))
    assert line == "::error title=left out::a.cases.yaml was not checked, because: 5%25"


def test_a_sound_result_shows_nothing() -> None:
    assert [*github_lines(of())] == []
    assert [*github_lines(CasesResult(results=()))] == []


def test_a_case_that_fails_is_shown_with_its_title_and_what_was_expected() -> None:
    commands = [read_command(line) for line in github_lines(ran())]
    title = "A grown-up, whose age nobody should read here"
    assert [(told["title"], told["line"], message) for _, told, message in commands] == [
        ("case-failed", "4", f"{title}: outcome: expected not-covered, got covered"),
        ("case-failed", "4", f"{title}: statement: expected 2, got 1"),
        ("case-failed", "4", f"{title}: missing: expected surgery.urgent; got none"),
        (
            "unknown-fact",
            "12",
            "A fact that is none: this is not a known fact\nhelp: " + commands[3][2].partition("help: ")[2],
        ),
        (
            "case-failed",
            "14",
            "A refusal that does not come: expected the problem unknown-fact; it was read without one",
        ),
        ("case-failed", "18", "A refusal of another kind: expected the problem unknown-fact; got malformed-date"),
    ]


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_no_fact_of_a_case_is_shown(form: str) -> None:
    text = "\n".join(github_lines(ran())) if form == "github" else json.dumps(sarif_log(ran(), {}))
    assert "A grown-up" in text
    for told in ("77", "wait"):
        assert told not in text


# SARIF


def only_run(log: dict[str, Any]) -> dict[str, Any]:
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_a_log_of_sarif() -> None:
    log = sarif_log(
        of(problem("no cite", rule="no-cite", severity="warning", help="add one"), problem(), problem("twice")),
        {"no-cite": NO_CITE},
    )
    assert log["version"] == "2.1.0"
    run = only_run(log)
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("policykit", VERSION)
    assert run["columnKind"] == "unicodeCodePoints"
    assert [(each["id"], each["defaultConfiguration"]["level"]) for each in driver["rules"]] == [
        ("malformed", "error"),
        ("no-cite", "warning"),
    ]
    told = driver["rules"][1]
    assert told["shortDescription"]["text"] == NO_CITE.summary
    assert told["fullDescription"]["text"] == NO_CITE.why
    assert told["help"]["text"] == "Nobody can look it up.\nAdd a `cite`."
    assert run["results"][0] == {
        "ruleId": "no-cite",
        "ruleIndex": 1,
        "level": "warning",
        "message": {"text": "no cite\nhelp: add one"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "acme/p1.yaml", "uriBaseId": "SRCROOT"},
                    "region": {"startLine": 3, "startColumn": 7},
                }
            }
        ],
    }
    assert [each["message"]["text"] for each in run["results"]] == ["no cite\nhelp: add one", "this is wrong", "twice"]


def artifact(file: str) -> dict[str, str]:
    run = only_run(sarif_log(of(problem(file=file)), {}))
    found: dict[str, str] = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    return found


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("acme/p1.yaml", "acme/p1.yaml"),
        ("a b/ü#?.yaml", "a%20b/%C3%BC%23%3F.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("100%.yaml", "100%25.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("standard input", "standard%20input"),
    ],
)
def test_the_address_of_a_file_is_relative_and_encoded(file: str, uri: str) -> None:
    assert artifact(file) == {"uri": uri, "uriBaseId": "SRCROOT"}


def test_a_file_elsewhere_has_an_absolute_address() -> None:
    assert artifact("/tmp/a b/p1.yaml") == {"uri": "file:///tmp/a%20b/p1.yaml"}  # noqa: S108  # a name, and no file


def test_a_problem_without_a_line_has_no_region() -> None:
    run = only_run(sarif_log(of(problem(line=0, column=0)), {}))
    assert [*run["results"][0]["locations"][0]["physicalLocation"]] == ["artifactLocation"]


def test_what_could_not_be_looked_at_is_a_notification_of_the_run() -> None:
    (invocation,) = only_run(sarif_log(of(left_out=("a was not checked",)), {}))["invocations"]
    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": "a was not checked"}}],
    }
    (invocation,) = only_run(sarif_log(of(problem()), {}))["invocations"]
    assert invocation["executionSuccessful"] is True


def test_braces_and_links_are_no_more_than_signs() -> None:
    (result,) = only_run(sarif_log(of(problem("{0} and {use: x}, [a] [b](c)")), {}))["results"]
    assert result["message"]["text"] == "{{0}} and {{use: x}}, [a] \\[b](c)"


def test_a_case_that_fails_is_a_result_of_its_own_rule() -> None:
    run = only_run(sarif_log(ran(), {}))
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["case-failed", "unknown-fact"]
    assert [each["ruleId"] for each in run["results"]].count("case-failed") == 5


# The schema, and the checks of Microsoft's own tool


@pytest.fixture(scope="session")
def multitool(request: pytest.FixtureRequest) -> Path:
    """The folder of a tool that validates SARIF, with the schema; it is fetched once, and kept in pytest's cache."""
    npm = shutil.which("npm")
    if npm is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the SARIF Multitool is had by npm, for Linux")
    cache = request.config.cache
    assert cache is not None
    kept = cache.mkdir("sarif-multitool") / MULTITOOL.rpartition("@")[2]
    if not kept.is_dir():
        fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
        fresh.mkdir()
        done = subprocess.run(
            [npm, "pack", "--silent", MULTITOOL], cwd=fresh, capture_output=True, check=False, timeout=300
        )
        archives = [*fresh.glob("*.tgz")]
        if done.returncode or not archives:
            shutil.rmtree(fresh)
            pytest.skip("npm cannot fetch the SARIF Multitool")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(fresh, filter="data")
        archives[0].unlink()
        try:
            fresh.rename(kept)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return kept / "package"


@pytest.fixture(scope="session")
def schema(multitool: Path) -> Draft202012Validator:
    """The schema of SARIF 2.1.0."""
    found = json.loads((multitool / "sarif-2.1.0.json").read_text("utf-8-sig"))
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert found["title"].startswith("Static Analysis Results Format (SARIF) Version 2.1.0")
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found, format_checker=Draft202012Validator.FORMAT_CHECKER)


def faults(schema: Draft202012Validator, log: dict[str, Any]) -> list[str]:
    return [error.message for error in schema.iter_errors(json.loads(json.dumps(log)))]


def of_both_kinds(found: Iterable[Problem]) -> tuple[CheckResult, CasesResult]:
    problems = tuple(found)
    return of(*problems, left_out=("one",)), CasesResult(results=ran().results, problems=problems)


def test_the_schema_refuses_what_is_no_log(schema: Draft202012Validator) -> None:
    log = sarif_log(of(problem()), {})
    assert faults(schema, log) == []
    for broken in ({**log, "version": "2.0"}, {**log, "more": 1}, {**log, "runs": [{}]}):
        assert faults(schema, broken)
    only_run(log)["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert faults(schema, log)


@law(50)
@given(st.lists(problems(), max_size=4))
def test_every_log_keeps_to_the_schema(schema: Draft202012Validator, found: list[Problem]) -> None:
    for result in of_both_kinds(found):
        log = sarif_log(result, {"no-cite": NO_CITE})
        assert faults(schema, log) == []
        run = only_run(log)
        assert len(run["results"]) == len(found) + (6 if isinstance(result, CasesResult) else 0)
        rules = run["tool"]["driver"].get("rules", [])
        assert len({each["id"] for each in rules}) == len(rules)
        for each, stated in zip(run["results"], found, strict=False):
            assert rules[each["ruleIndex"]]["id"] == each["ruleId"] == stated.rule
            address = each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert Path(unquote(address.removeprefix("file://"))) == Path(stated.where.file)


def test_the_multitool_finds_no_fault_in_the_log_of_a_library(multitool: Path, tmp_path: Path) -> None:
    root = write(tmp_path / "library", texts(COVERED.replace("outcome: covered", "outcome: covert")))
    write(
        root, {"acme/p2.yaml": COVERED.replace("acme/p1", "acme/p2"), "acme/p2.cases.yaml": CASES.replace("p1", "p2")}
    )
    how = Setting(
        library=root, here=tmp_path, progress=lambda _: None, today=date(2026, 1, 1), memory=Memory(), sources={}
    )
    tool = multitool / "Sarif.Multitool"
    tool.chmod(0o755)
    both: list[CheckResult | CasesResult] = [check_paths([], how), run_paths([], how)]
    for number, result in enumerate(both):
        log = tmp_path / f"{number}.sarif"
        log.write_text(json.dumps(sarif_log(result, {"no-cite": NO_CITE}), indent=2))
        found = tmp_path / f"{number}.found.sarif"
        done = subprocess.run(
            [tool, "validate", log, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--output", found],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        )
        assert done.returncode == 0, done.stdout
        results = json.loads(found.read_text("utf-8-sig"))["runs"][0].get("results", [])
        # All that it misses is `informationUri`: there is no page about the program yet.
        assert {each["ruleId"] for each in results} == {"SARIF2005"}, done.stdout
        assert only_run(json.loads(log.read_text()))["results"]
