from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from samples import VOCABULARY, when, write

from policykit.pytest_plugin import pytest_collect_file

if TYPE_CHECKING:
    from _pytest.pytester import RunResult

pytest_plugins = ["pytester"]

CHECKOUT: Final = Path(__file__).parents[1]
CASES: Final = """\
format: 1
policy: acme/p1
cases:
  - case: A grown-up
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    facts: {patient.birth_date: 1977-07-07}
    expect: {outcome: covered}
  - case: A child
    date_of_service: 2026-01-15
    service: {cpt: "64714"}
    facts: {patient.birth_date: 2019-09-09}
    expect: {outcome: not-covered}
"""
FAILING: Final = CASES.replace("outcome: not-covered", "outcome: covered, missing: [surgery.urgent]")
FILE: Final = "policies/acme/p1.cases.yaml"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a library and a test of its own, where policykit is installed with its plugin."""
    about = pytester.path / "site" / "policykit_plugin-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: policykit-plugin\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pytest11]\npolicykit = policykit.pytest_plugin\n")
    monkeypatch.setenv("PYTHONPATH", str(about.parent))
    # In a pipeline, pytest would tell failures at length in its summary, too.
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    write(pytester.path / "policies", {**VOCABULARY, "acme/p1.yaml": when("{fact: patient.age, at_least: 18}")})
    pytester.makepyfile(test_own="def test_own(): pass")
    return pytester


def cases(project: pytest.Pytester, text: str, name: str = FILE) -> None:
    write(project.path, {name: text})


def run(project: pytest.Pytester, *words: str) -> RunResult:
    return project.runpytest_subprocess("-W", "error", "-p", "no:hypothesispytest", *words)


def outcomes(result: RunResult) -> dict[str, int]:
    found = result.parseoutcomes()
    return {name: count for name, count in found.items() if name in {"passed", "failed", "errors", "deselected"}}


def test_the_plugin_is_declared() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"policykit": "policykit.pytest_plugin"}


def test_every_case_is_a_test_named_by_its_title(project: pytest.Pytester) -> None:
    cases(project, CASES)
    result = run(project, "-v")
    assert result.ret == 0
    assert outcomes(result) == {"passed": 3}
    result.stdout.fnmatch_lines([f"{FILE}::A grown-up PASSED*", f"{FILE}::A child PASSED*"])


def test_a_case_that_fails_shows_what_was_expected_and_no_traceback(project: pytest.Pytester) -> None:
    cases(project, FAILING)
    result = run(project)
    assert result.ret == 1
    assert outcomes(result) == {"failed": 1, "passed": 2}
    lines = result.stdout.lines
    start = next(number for number, line in enumerate(lines) if line.strip("_ ") == "A child")
    assert lines[start + 1 : start + 3] == [
        f"{FILE}:9:5: A child: outcome: expected covered, got not-covered",
        f"{FILE}:9:5: A child: missing: expected surgery.urgent; got none",
    ]
    assert "Traceback" not in str(result.stdout)
    assert ".py:" not in str(result.stdout)
    assert "2019" not in str(result.stdout)


def test_it_says_what_the_command_says(project: pytest.Pytester) -> None:
    cases(project, FAILING.replace("1977-07-07", "yesterday"))
    told = project.run(sys.executable, "-m", "policykit", "test", "policies").stdout.lines
    lines = [line.removeprefix("- ").removeprefix("✗ ") for line in told if FILE in line]
    assert len(lines) == 3
    shown = run(project).stdout.lines
    assert [line for line in shown if line.startswith(f"{FILE}:")] == lines


def test_a_case_that_is_none_fails_with_the_rule(project: pytest.Pytester) -> None:
    cases(project, CASES.replace("patient.birth_date: 2019-09-09", "patient.born: 2019-09-09"))
    result = run(project)
    assert outcomes(result) == {"failed": 1, "passed": 2}
    result.stdout.fnmatch_lines([f"{FILE}:12:13: A child: *known fact* [[]unknown-fact[]]"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cases: [\n", f"{FILE}:*: this is not YAML*"),
        (CASES.replace("format: 1", "format: 2"), f"{FILE}:1:9: `format` is 1*"),
        ("", f"{FILE}:1:1: there is nothing in this document*"),
        ("\x00", f"{FILE}:1:1: *"),
    ],
)
def test_problems_of_a_file_are_an_error(project: pytest.Pytester, text: str, told: str) -> None:
    cases(project, text)
    result = run(project)
    assert result.ret == 1
    assert outcomes(result)["errors"] == 1
    result.stdout.fnmatch_lines([told, f"ERROR {FILE}::problems*"])
    assert ".py:" not in str(result.stdout)


def test_cases_of_a_policy_with_problems_are_not_run(project: pytest.Pytester) -> None:
    cases(project, CASES)
    cases(project, CASES.replace("acme/p1", "acme/p2"), "policies/acme/p2.cases.yaml")
    cases(project, when("{fact: patient.age, at_least: 18}").replace("acme/p1", "acme/p2"), "policies/acme/p2.yaml")
    path = project.path / "policies" / "acme" / "p1.yaml"
    path.write_text(path.read_text().replace("patient.age", "patient.aeg"))
    result = run(project)
    assert outcomes(result) == {"passed": 3, "errors": 1}
    result.stdout.fnmatch_lines(
        [
            "policies/acme/p1.yaml:*`patient.aeg` is not a known fact [[]unknown-fact[]]",
            "*help: did you mean `patient.age`?",
            f"{FILE} was not run, because there are problems in policies/acme/p1.yaml",
        ]
    )


def test_a_folder_that_lacks_a_vocabulary(project: pytest.Pytester) -> None:
    cases(project, CASES)
    (project.path / "policies" / "facts.yaml").unlink()
    result = run(project)
    result.stdout.fnmatch_lines(["policies: this is not a library: there is no facts.yaml in it*"])
    assert "unknown-fact" not in str(result.stdout)


def test_cases_in_the_wrong_place_are_an_error(project: pytest.Pytester) -> None:
    cases(project, CASES, "policies/acme/more/p1.cases.yaml")
    cases(project, CASES)
    result = run(project)
    assert outcomes(result) == {"passed": 3, "errors": 1}
    result.stdout.fnmatch_lines(["policies/acme/more/p1.cases.yaml: no document is expected here*"])


def test_a_case_tells_where_it_stands(project: pytest.Pytester) -> None:
    cases(project, CASES)
    run(project, "--junitxml=out.xml", "-o", "junit_family=xunit1")
    found = re.findall(r'file="([^"]*)" line="([0-9]+)"', (project.path / "out.xml").read_text())
    # Lines are counted from 0 there.
    assert [each for each in found if each[0] == FILE] == [(FILE, "3"), (FILE, "8")]


def test_a_file_that_lies_in_no_library_is_none_of_ours(project: pytest.Pytester) -> None:
    cases(project, "{", "elsewhere/x.cases.yaml")
    cases(project, "{", "policies/acme/other.yml")
    assert outcomes(run(project)) == {"passed": 1}


def test_it_can_be_turned_off(project: pytest.Pytester) -> None:
    cases(project, FAILING)
    assert outcomes(run(project, "-p", "no:policykit")) == {"passed": 1}


def test_cases_are_picked_by_name_and_by_word(project: pytest.Pytester) -> None:
    cases(project, FAILING)
    assert outcomes(run(project, f"{FILE}::A grown-up")) == {"passed": 1}
    assert outcomes(run(project, "-k", "child")) == {"failed": 1, "deselected": 2}
    assert outcomes(run(project, "-k", "p1 and not child")) == {"passed": 1, "deselected": 2}


def test_cases_are_listed_without_being_run(project: pytest.Pytester) -> None:
    cases(project, FAILING)
    result = run(project, "--collect-only", "-q")
    assert result.ret == 0
    assert result.stdout.lines[:2] == [f"{FILE}::A grown-up", f"{FILE}::A child"]


def test_titles_that_are_alike_or_awkward(project: pytest.Pytester) -> None:
    titles = ["A child", "a::b", "problems", "Größe [x-1] ☃"]
    text = CASES
    for title in titles:
        text += f"{CASES[CASES.index('  - case: A child') :].replace('A child', title)}"
    cases(project, text)
    result = run(project, "--collect-only", "-q")
    names = [line.partition("::")[2] for line in result.stdout.lines if line.startswith(FILE)]
    assert names == ["A grown-up", "A child", "A child (2)", "a:b", "problems (2)", "Größe [x-1] ☃"]
    for chosen in (names[::2], names[1::2]):
        result = run(project, "-v", *(f"{FILE}::{name}" for name in chosen))
        ran = [line.partition("::")[2].partition(" PASSED")[0] for line in result.stdout.lines if " PASSED" in line]
        assert ran == chosen


def test_cases_are_run_by_several_workers(project: pytest.Pytester) -> None:
    cases(project, FAILING)
    assert outcomes(run(project, "-n", "2")) == {"passed": 2, "failed": 1}


def test_a_library_is_read_once(project: pytest.Pytester) -> None:
    for number in range(3):
        cases(project, CASES, f"policies/acme/p{number}.cases.yaml")
    project.makeconftest(
        """
        import policykit.pytest_items as items

        read, check_files = [], items.check_files

        def counted(*arguments, **named):
            read.append(arguments)
            return check_files(*arguments, **named)

        items.check_files = counted

        def pytest_sessionfinish():
            print(f"read {len(read)} times")
        """
    )
    result = run(project, "-s")
    assert outcomes(result) == {"passed": 7}
    result.stdout.fnmatch_lines(["*read 1 times*"])


def test_the_library_may_be_reached_from_anywhere(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    cases(project, FAILING)
    (project.path / "far").mkdir()
    monkeypatch.chdir(project.path / "far")
    result = run(project, str(project.path / FILE))
    assert outcomes(result) == {"passed": 1, "failed": 1}
    result.stdout.fnmatch_lines([f"{project.path / FILE}:9:5: A child: outcome: *"])


def test_it_costs_nothing_where_there_are_no_cases() -> None:
    code = "import sys; import policykit.pytest_plugin; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("policykit")] == ["policykit", "policykit.pytest_plugin"]
    assert not {"pytest", "click", "ruamel", "ruamel.yaml", "jsonschema", "json", "dataclasses"} & {*loaded}


def test_a_folder_that_may_not_be_looked_at_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # As where a folder above is closed to the user, which no test can make as root.
    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert pytest_collect_file(tmp_path / "x.cases.yaml", None) is None  # type: ignore[arg-type]
