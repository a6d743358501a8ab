"""`policykit check`: whether documents and cases are sound."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policykit.cli.looking import answer_and_watch, looking_options, setting
from policykit.cli.misuse import Misuse
from policykit.cli.named import named_paths
from policykit.cli.options import kept_library_option, today
from policykit.cli.output import clear_progress, page, write, write_document, write_error
from policykit.cli.text import counted
from policykit.folder import read_file
from policykit.inspection import check_paths
from policykit.problems import InvalidDocuments, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from policykit.cli.text import Page
    from policykit.results import CasesResult, CheckResult


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@click.option(
    "--sources",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Texts of payers (*.txt), to find what was copied from them.",
)
@kept_library_option
@looking_options
def verb(
    paths: tuple[str, ...],
    library: Path | None,
    folder: Path | None,
    form: str,
    as_of: date | None,
    *,
    strict: bool,
    watch: bool,
) -> int:
    """Check documents and cases: their form, their words against the vocabulary, their history, and the house rules.

    A PATH is a library, a file or folder in one, or a document on its own; `-` is standard input. Without any, the
    whole library is checked. The house rules give warnings; `policykit rule NAME` explains one.
    """
    named = named_paths(paths)
    how = setting(library, as_of)

    def once() -> int:
        # A watch can go on past midnight, and the texts can change.
        now = replace(how, today=as_of or today(), sources=_texts(folder) if folder is not None else {})
        result = check_paths(named, now)
        clear_progress()
        if paths and not watch and not (result.documents or result.problems or result.left_out):
            raise Misuse(f"there are no documents in {' '.join(paths)}")
        tell(result, form, (line for problem in result.problems for line in problem_lines(problem, page())))
        write_error([*result.left_out, summary(result)])
        return 1 if result.errors or result.left_out or (strict and result.warnings) else 0

    return answer_and_watch(once, named, how.library, watch=watch, texts=folder)


def tell(result: CheckResult | CasesResult, form: str, lines: Iterable[str]) -> None:
    """A result in one of the forms that reports have; `lines` are those of the text."""
    match form:
        case "json":
            write_document(result)
        case "text":
            write(lines)
        case _:
            # Loaded here and not above: it holds the pages of all rules.
            write(import_module("policykit.cli.reporting").report_lines(result, form))


def _texts(folder: Path) -> dict[str, str]:
    """The texts in a folder, by name."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt")):
        content = read_file(path)
        if isinstance(content, Problem):
            raise InvalidDocuments([content])
        found[path.name] = content.decode("utf-8", "replace")
    if not found:
        raise Misuse(f"there are no texts (*.txt) in `{folder}`")
    return found


def problem_lines(problem: Problem, paper: Page) -> Iterator[str]:
    """A problem as it is told: its place, what is wrong, its rule, and perhaps advice."""
    rule = paper.paint(f"[{problem.rule}]", "dim")
    grave = "" if problem.severity == "error" else f"{paper.paint('warning:', 'yellow')} "
    yield f"{paper.paint(str(problem.where), 'bold')}: {grave}{problem.message} {rule}"
    if problem.help:
        yield f"  {paper.paint('help:', 'cyan')} {problem.help}"


def summary(result: CheckResult) -> str:
    """What was checked, and how many problems there are."""
    problems = counted(result.errors, "problem") if result.errors else "no problems"
    if result.warnings:
        problems += f", {counted(result.warnings, 'warning')}"
    policies, documents = counted(result.policies, "policy", "policies"), counted(result.documents, "document")
    return f"{policies}, {documents}, {counted(result.cases, 'case')}, {problems}"
