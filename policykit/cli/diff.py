"""`policykit diff`: what a change means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policykit.cli.changes_markdown import comparison_markdown
from policykit.cli.changes_text import comparison_lines
from policykit.cli.misuse import Misuse
from policykit.cli.options import (
    documents_in,
    holdings,
    holdings_of_files,
    kept_or_compiled_library_option,
    kept_root,
    no_cache_option,
)
from policykit.cli.output import page, write, write_document
from policykit.differing.difference import Revisions, between_libraries, between_revisions
from policykit.differing.git_files import files_at
from policykit.folder import list_files, read_files
from policykit.index import Index
from policykit.problems import InvalidDocuments, UnknownPolicy, near_miss
from policykit.vocabulary import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.differing.difference import Comparison
    from policykit.timeline import Revision


@click.command("diff")
@click.argument("policy", required=False)
@click.argument("names", nargs=-1, metavar="[A] [B]")
@click.option(
    "--from",
    "from_",
    metavar="LIBRARY",
    help="Compare libraries: a folder, a compiled file, or a git revision of the library.",
)
@click.option("--to", metavar="LIBRARY", help="The other one; without it, the library as it lies there.")
@kept_or_compiled_library_option
@no_cache_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="How the answer is written; text is the default.",
)
def verb(
    policy: str | None,
    names: tuple[str, ...],
    *,
    from_: str | None,
    to: str | None,
    library: Path | None,
    no_cache: bool,
    form: str,
) -> int:
    """Tell what a change means: criteria, thresholds, values, codes, statements and dates, and not the text.

    POLICY A B compares two revisions of a policy by name; POLICY A, that one with the one before it; POLICY alone, the
    latest with the one before it. `--from main` compares the library with what it was at a git revision: one POLICY
    and the words that it uses, or all of it.
    """
    if from_ is None and to is not None:
        raise Misuse("`--to` needs `--from`", "name the library that comes first with `--from`")
    if from_ is not None:
        if names:
            raise Misuse("`--from` compares libraries, and the names of revisions have no place beside it")
        comparison = _libraries(policy, from_, to, library, no_cache=no_cache)
    else:
        comparison = _revisions(policy, names, library, no_cache=no_cache)
    match form:
        case "json":
            write_document(comparison)
        case "markdown":
            write(comparison_markdown(comparison))
        case _:
            write(comparison_lines(comparison, page()))
    return 0


def _revisions(policy: str | None, names: tuple[str, ...], library: Path | None, *, no_cache: bool) -> Comparison:
    if policy is None:
        advice = "name one, such as cigna/0587, or compare libraries with `--from`"
        raise Misuse("a policy is missing", advice)
    if len(names) > 2:  # noqa: PLR2004  # one before and one after
        raise Misuse("at most two revisions are compared")
    timeline = Index(holdings(kept_root(library), no_cache=no_cache)).timeline(policy)
    revisions = Revisions(timeline)
    counting = timeline.view().revisions
    if names:
        named = [_named(revisions, policy, each) for each in names]
    elif counting:
        named = [counting[-1]]
    else:
        raise Misuse(f"no entry of `{policy}` counts, so there is nothing to compare", "name two revisions")
    after = named[-1]
    before = named[0] if len(named) > 1 else revisions.before(after)
    if before is None:
        raise Misuse(f"`{after.name}` is the first revision of `{policy}`, so there is none to compare it with")
    return between_revisions(timeline, before, after)


def _named(revisions: Revisions, policy: str, name: str) -> Revision:
    found = revisions.named(name)
    if found is None:
        names = [entry.revision for entry in revisions.timeline.policy.history if entry.effective]
        advice = near_miss(name, names) or f"its revisions are {', '.join(names) or 'none'}"
        raise Misuse(f"`{policy}` has no revision `{name[:40]}`", advice)
    return found


def _libraries(policy: str | None, from_: str, to: str | None, library: Path | None, *, no_cache: bool) -> Comparison:
    before = _index(from_, library, no_cache=no_cache)
    after = _index(to, library, no_cache=no_cache) if to is not None else _lying(kept_root(library), no_cache=no_cache)
    held = {*before.policies, *after.policies}
    if policy is not None and policy not in held:
        advice = near_miss(policy, held)
        raise UnknownPolicy(f"neither library has a policy `{policy[:80]}`{f'; {advice}' if advice else ''}")
    return between_libraries(
        before, after, names=(from_, to if to is not None else str(kept_root(library))), policy=policy
    )


def _index(name: str, library: Path | None, *, no_cache: bool) -> Index:
    """The library that a word names: a folder, a compiled file, or else a git revision of the library."""
    if name and "\0" not in name and (Path(name).is_dir() or Path(name).is_file()):
        return _lying(Path(name), no_cache=no_cache)
    root = kept_root(documents_in(library))
    return _of_files(files_at(root, name, os.environ), Path(f"{name}:{root}"), no_cache=no_cache)


def _lying(root: Path, *, no_cache: bool) -> Index:
    """The library in a folder, or in a compiled file."""
    if root.is_file():
        return Index(holdings(root, no_cache=no_cache))
    listing = list_files(root)
    files, problems = read_files(listing, listing.documents)
    if problems:
        raise InvalidDocuments(problems)
    return _of_files(files, root, no_cache=no_cache)


def _of_files(files: Mapping[str, bytes], root: Path, *, no_cache: bool) -> Index:
    """The library in files, also where published revisions were altered: how, is what is asked here."""
    compared = {name: content for name, content in files.items() if name != PUBLISHED}
    return Index(holdings_of_files(compared, root, no_cache=no_cache))
