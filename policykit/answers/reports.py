"""Results in the forms that other programs take: annotations of GitHub Actions, and SARIF 2.1.0.

A case that fails is told by its title, its place, and what it expects; nothing of its facts is shown.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

from policykit.problems import Problem
from policykit.results import CheckResult
from policykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policykit.cases import CaseResult
    from policykit.problems import Location
    from policykit.results import CasesResult
    from policykit.rules.rule import Rule

    Result: TypeAlias = CheckResult | CasesResult

CASE_FAILED: Final = "case-failed"
SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "SRCROOT"
# What stands between brackets and before a bracket would be shown as a link.
_LINK: Final = re.compile(r"\[(?=[^\[\]]*\]\()")


def told_problems(result: Result) -> Iterator[Problem]:
    """Every problem of a result, and each failure of a case as one."""
    yield from result.problems
    for each in () if isinstance(result, CheckResult) else result.results:
        yield from case_problems(each)


def case_problems(result: CaseResult) -> Iterator[Problem]:
    """What a case failed in, each as a problem with its title: what is wrong with it, or what was expected and got."""
    stated = result.stated
    if not result.failures:
        return
    if stated.unexpected and not (stated.expectation and stated.expectation.problem):
        for problem in stated.unexpected:
            yield replace(problem, message=f"{stated.title}: {problem.message}")
        return
    for failure in result.failures:
        yield Problem(rule=CASE_FAILED, message=f"{stated.title}: {failure}", where=stated.where)


# GitHub


def github_lines(result: Result) -> Iterator[str]:
    """The commands that make GitHub Actions show each problem beside its line, and what could not be looked at."""
    for problem in told_problems(result):
        message = f"{problem.message}\nhelp: {problem.help}" if problem.help else problem.message
        yield f"::{problem.severity} {_properties(problem)}::{_escaped(message)}"
    for told in result.left_out:
        yield f"::error title=left out::{_escaped(told)}"


def _properties(problem: Problem) -> str:
    where = problem.where
    told = {"file": PurePath(where.file).as_posix()}
    if where.line:
        told |= {"line": str(where.line), "col": str(where.column)}
    told["title"] = problem.rule
    return ",".join(f"{key}={_escaped(value, in_property=True)}" for key, value in told.items())


def _escaped(text: str, *, in_property: bool = False) -> str:
    """Text in which nothing is taken for the end of the command, or of one of its properties."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text


# SARIF


def sarif_log(result: Result, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """A result as a SARIF log of one run. `rules` tells what is known of rules by name; it need not know them all.

    Files below the folder from which they are named have relative addresses, others absolute ones. What could not be
    looked at stands among the notifications of the run.
    """
    problems = tuple(told_problems(result))
    severities = {problem.rule: problem.severity for problem in reversed(problems)}
    names = sorted(severities)
    driver: dict[str, Any] = {"name": "policykit", "version": VERSION, "semanticVersion": VERSION}
    if names:
        driver["rules"] = [_descriptor(name, severities[name], rules.get(name)) for name in names]
    notes = [{"level": "error", "message": _message(told)} for told in result.left_out]
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder in which policykit was run."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, names.index(problem.rule)) for problem in problems],
            }
        ],
    }


def _descriptor(name: str, severity: str, rule: Rule | None) -> dict[str, Any]:
    summary = rule.summary if rule else _UNKNOWN.get(name, f"A document breaks the rule {name}.")
    why = rule.why if rule else summary
    remedy = rule.remedy if rule else "What to do stands with each result."
    return {
        "id": name,
        "shortDescription": _message(summary),
        "fullDescription": _message(why),
        "help": _message(f"{why}\n{remedy}"),
        "defaultConfiguration": {"level": rule.severity if rule else severity},
    }


_UNKNOWN: Final = {CASE_FAILED: "A case is answered otherwise than it expects."}


def _result(problem: Problem, index: int) -> dict[str, Any]:
    message = f"{problem.message}\nhelp: {problem.help}" if problem.help else problem.message
    return {
        "ruleId": problem.rule,
        "ruleIndex": index,
        "level": problem.severity,
        "message": _message(message),
        "locations": [{"physicalLocation": _place(problem.where)}],
    }


def _place(where: Location) -> dict[str, Any]:
    path = PurePath(where.file)
    # A name that is not in UTF-8 is spelled with the bytes that it has.
    written = quote(path.as_posix(), errors="surrogateescape")
    artifact = {"uri": path.as_uri()} if path.is_absolute() else {"uri": written, "uriBaseId": _ROOT}
    region = {"region": {"startLine": where.line, "startColumn": where.column}} if where.line else {}
    return {"artifactLocation": artifact, **region}


def _message(text: str) -> dict[str, str]:
    """Text as a message of SARIF, in which braces and what looks like a link mean something else."""
    return {"text": _LINK.sub(r"\\[", text.replace("{", "{{").replace("}", "}}"))}
