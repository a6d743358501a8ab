"""`policykit test`: whether the policies answer the cases as expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from policykit.cli.check import problem_lines, tell
from policykit.cli.coverage import coverage_lines
from policykit.cli.looking import answer_and_watch, looking_options, setting
from policykit.cli.misuse import Misuse
from policykit.cli.named import named_paths
from policykit.cli.options import kept_library_option
from policykit.cli.output import clear_progress, page, write_error
from policykit.folder import CASES
from policykit.inspection import run_paths
from policykit.problems import near_miss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from policykit.cases import CaseResult
    from policykit.cli.text import Page
    from policykit.results import CasesResult


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH|POLICY]...")
@click.option("-v", "--verbose", is_flag=True, help="List every case, not only those that fail.")
@click.option("--coverage", "covered", is_flag=True, help="Show what the cases leave untried, with cases to paste.")
@click.option(
    "--floor",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Fail if less of the criteria is covered; with it, the coverage is shown.",
)
@kept_library_option
@looking_options
def verb(
    paths: tuple[str, ...],
    library: Path | None,
    form: str,
    as_of: date | None,
    floor: int | None,
    *,
    verbose: bool,
    covered: bool,
    watch: bool,
) -> int:
    """Run cases, and compare each answer with what the case expects.

    A PATH is a library, a file or folder in one, or cases on their own; `-` is standard input. POLICY is the id of a
    policy, for the cases beside it. Without any, all cases of the library are run.
    """
    how = setting(library, as_of)
    named = named_paths(paths, lambda word: _cases_of(word, how.library))

    def once() -> int:
        result = run_paths(named, how, coverage=covered or floor is not None)
        clear_progress()
        if paths and not watch and not (result.results or result.problems or result.left_out):
            raise Misuse(f"there are no cases in {' '.join(paths)}")
        tell(result, form, result_lines(result, page(), verbose=verbose))
        low = [each for each in result.coverage if floor is not None and each.percent < floor]
        write_error(
            [
                *result.left_out,
                *(f"{each.policy.id}: {each.percent:g} % is covered, and the floor is {floor} %" for each in low),
            ]
        )
        return 1 if low or not result.sound else 0

    return answer_and_watch(once, named, how.library, watch=watch)


def result_lines(result: CasesResult, paper: Page, *, verbose: bool) -> Iterator[str]:
    """The problems of the files, each failure, and how many there are."""
    for problem in result.problems:
        yield from problem_lines(problem, paper)
    for each in result.results:
        if each.failures:
            yield from _failure(each, paper)
        elif verbose:
            yield f"{paper.paint(paper.marks.met, 'green')} {each.stated.where}: {each.stated.title}"
    for measured in result.coverage:
        yield from coverage_lines(measured, paper)
    failed = f"{result.failed} failed"
    yield f"{result.passed} passed, {paper.paint(failed, 'red') if result.failed else failed}"


def _failure(result: CaseResult, paper: Page) -> Iterator[str]:
    stated = result.stated
    mark = paper.paint(paper.marks.not_met, "red")
    if stated.unexpected and not (stated.expectation and stated.expectation.problem):
        for problem in stated.unexpected:
            yield f"{mark} {problem.where}: {stated.title}: {problem.message} [{problem.rule}]"
        return
    for failure in result.failures:
        yield f"{mark} {stated.where}: {stated.title}: {failure}"


def _cases_of(word: str, library: Path) -> Path:
    """The cases of a policy that is named by its id."""
    beside = library / f"{word}{CASES}"
    if beside.is_file():
        return beside
    known = sorted(path.relative_to(library).as_posix().removesuffix(CASES) for path in library.glob(f"*/*{CASES}"))
    raise Misuse(f"there is no file, folder or policy with cases `{word[:100]}`", near_miss(word[:100], known))
