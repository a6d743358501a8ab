"""`policykit publish`: what is published is recorded, so that it is never changed in silence."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from policykit.answers.reports import CASE_FAILED, case_problems
from policykit.cli.check import problem_lines
from policykit.cli.looking import setting, today_option
from policykit.cli.misuse import Misuse
from policykit.cli.options import format_option
from policykit.cli.output import clear_progress, page, write, write_document, write_error
from policykit.cli.text import counted
from policykit.cli.writable import writable_library, writable_option
from policykit.folder import CASES, MAX_BYTES
from policykit.inspection import check_paths, run_paths
from policykit.problems import PolicykitError, near_miss
from policykit.published import Publishing, publication, published_text, read_published, to_record
from policykit.shelf import Shelf
from policykit.vocabulary import PUBLISHED, VOCABULARY
from policykit.writing.layout import formatted
from policykit.writing.saving import save

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from policykit.cli.text import Page
    from policykit.published import Recorded
    from policykit.results import CasesResult, CheckResult


@click.command("publish")
@click.argument("policies", nargs=-1, metavar="[POLICY]...")
@click.option("--dry-run", is_flag=True, help="Tell what would be recorded, and write nothing.")
@click.option("--despite-warnings", is_flag=True, help="Publish in spite of warnings.")
@writable_option
@today_option
@format_option
def verb(
    policies: tuple[str, ...],
    library: Path | None,
    as_of: date | None,
    *,
    dry_run: bool,
    despite_warnings: bool,
    as_json: bool,
) -> int:
    """Record every revision of these policies, or of all, that has not been published yet.

    From then on `policykit check` refuses a library in which one of them was altered or removed; what is wrong is made
    right by a new entry (`policykit revise`). Nothing is recorded as long as the policies or the vocabulary have
    problems or warnings, or a case fails. The record is the file `published.yaml` in the library; keep it with the
    policies.
    """
    how = setting(writable_library(library), as_of)
    before = Shelf(how.library, how)
    files = before.files
    meant = [*_documents(policies, before)] if policies else []
    check, cases = check_paths(meant, how), run_paths(meant, how)
    clear_progress()
    shelf = Shelf(how.library, how)
    if _is_hindered(check, cases, despite_warnings=despite_warnings):
        publishing = Publishing(file=shelf.shown(PUBLISHED), refused=True, check=check, cases=cases)
    elif shelf.files != files:
        raise PolicykitError("documents were changed meanwhile, so nothing is recorded\n  help: run the command again")
    else:
        recorded, written = _record(shelf, policies, dry_run=dry_run)
        publishing = Publishing(
            file=shelf.shown(PUBLISHED), recorded=recorded, written=written, check=check, cases=cases
        )
    if as_json:
        write_document(publishing)
    else:
        write(_lines(publishing, page()))
    write_error(_summary(publishing, dry_run=dry_run))
    return 1 if publishing.refused else 0


def _documents(policies: tuple[str, ...], shelf: Shelf) -> Iterator[Path]:
    """The files that have to be sound before these policies can be published."""
    known = {name.removesuffix(".yaml") for name in shelf.listing.documents} - {
        name.removesuffix(".yaml") for name in (*VOCABULARY, PUBLISHED)
    }
    for word in policies:
        if word not in known:
            named = word[:100].removesuffix(".yaml")
            raise Misuse(f"there is no policy `{word[:100]}` in {shelf.shown()}", near_miss(named, known))
        yield shelf.root / f"{word}.yaml"
        if f"{word}{CASES}" in shelf.listing.cases:
            yield shelf.root / f"{word}{CASES}"
    if PUBLISHED in shelf.listing.documents:
        yield shelf.root / PUBLISHED


def _is_hindered(check: CheckResult, cases: CasesResult, *, despite_warnings: bool) -> bool:
    complaints = check.errors or (check.warnings and not despite_warnings)
    return bool(complaints or check.left_out or not cases.sound)


def _record(shelf: Shelf, policies: tuple[str, ...], *, dry_run: bool) -> tuple[tuple[Recorded, ...], bool]:
    """The revisions that are recorded now, or would be, and whether the file was written."""
    held = shelf.library.policies
    chosen = [held[each] for each in dict.fromkeys(policies)] if policies else [*held.values()]
    published = read_published(shelf.checked.documents.get(PUBLISHED))
    recorded = to_record(published, chosen)
    new = publication(published, chosen, shelf.library.vocabulary)
    if dry_run or new == published:
        return recorded, False
    content = formatted(published_text(new), "published").encode()
    if len(content) > MAX_BYTES:
        message = f"`{shelf.shown(PUBLISHED)}` would be larger than {MAX_BYTES // 2**20} MiB, which no document may be"
        raise PolicykitError(f"{message}\n  help: divide the library into several")
    save(shelf.root / PUBLISHED, content, expected=shelf.files.get(PUBLISHED))
    return recorded, True


def _lines(publishing: Publishing, paper: Page) -> Iterator[str]:
    """What was recorded, policy by policy, or else what stands against it."""
    for policy, revisions in groupby(publishing.recorded, lambda each: each.policy):
        yield f"{paper.paint(policy, 'bold')}: {', '.join(each.entry.revision for each in revisions)}"
    # What is wrong with a case itself is told by the check already.
    failures = (each for result in publishing.cases.results for each in case_problems(result))
    for problem in (*publishing.check.problems, *(each for each in failures if each.rule == CASE_FAILED)):
        yield from problem_lines(problem, paper)


def _summary(publishing: Publishing, *, dry_run: bool) -> Iterator[str]:
    check, cases = publishing.check, publishing.cases
    left_out = dict.fromkeys((*check.left_out, *cases.left_out))
    if publishing.refused:
        yield from left_out
        failed = sum(bool(each.failures) for each in cases.results)
        counts = ((check.errors, "problem"), (check.warnings, "warning"), (failed, "failing case"))
        told = ", ".join(counted(count, noun) for count, noun in counts if count)
        yield f"nothing was published: {told}" if told else "nothing was published"
        if not (check.errors or failed or left_out):
            yield "  help: make them right, or publish all the same with `--despite-warnings`"
        return
    count = len(publishing.recorded)
    policies = counted(len({each.policy for each in publishing.recorded}), "policy", "policies")
    if count:
        would_be = "would be " if dry_run else ""
        yield f"{counted(count, 'revision')} of {policies} {would_be}recorded in {publishing.file}"
    elif publishing.written:
        yield f"facts that were missing are recorded in {publishing.file}"
    else:
        yield f"nothing is new: {publishing.file} records every revision of {counted(check.policies, 'policy', 'policies')}"
