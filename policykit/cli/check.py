"""`policykit check`: whether documents and cases are sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from policykit.cli.misuse import Misuse
from policykit.cli.named import named_paths
from policykit.cli.options import format_option, here, library_option, root_of, whole
from policykit.cli.output import clear_progress, page, progress, write, write_document, write_error
from policykit.cli.text import counted
from policykit.inspection import Setting, check_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policykit.cli.text import Page
    from policykit.problems import Problem
    from policykit.results import CheckResult


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@library_option
@format_option
def verb(paths: tuple[str, ...], library: Path | None, *, as_json: bool) -> int:
    """Check documents and cases: their form, their words against the vocabulary, and their history.

    A PATH is a library, a file or folder in one, or a document on its own; `-` is standard input. Without any, the
    whole library is checked.
    """
    default = whole(root_of(library))
    result = check_paths(named_paths(paths), Setting(library=default, here=here(), progress=progress()))
    clear_progress()
    if paths and not (result.documents or result.problems or result.left_out):
        raise Misuse(f"there are no documents in {' '.join(paths)}")
    if as_json:
        write_document(result)
    else:
        write(line for problem in result.problems for line in problem_lines(problem, page()))
    write_error([*result.left_out, summary(result)])
    return 1 if result.problems or result.left_out else 0


def problem_lines(problem: Problem, paper: Page) -> Iterator[str]:
    """A problem as it is told: its place, what is wrong, its rule, and perhaps advice."""
    rule = paper.paint(f"[{problem.rule}]", "dim")
    yield f"{paper.paint(str(problem.where), 'bold')}: {problem.message} {rule}"
    if problem.help:
        yield f"  {paper.paint('help:', 'cyan')} {problem.help}"


def summary(result: CheckResult) -> str:
    """What was checked, and how many problems there are."""
    problems = counted(len(result.problems), "problem") if result.problems else "no problems"
    policies, documents = counted(result.policies, "policy", "policies"), counted(result.documents, "document")
    return f"{policies}, {documents}, {counted(result.cases, 'case')}, {problems}"
