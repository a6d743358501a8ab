"""`policykit show`: a policy as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from policykit.chronicle import Shown, revision_named
from policykit.cli import words
from policykit.cli.misuse import Misuse
from policykit.cli.options import (
    dos_option,
    format_option,
    holdings,
    known_on_option,
    library_options,
    processed_option,
    today,
)
from policykit.cli.output import page, write, write_document
from policykit.cli.tree import Tree
from policykit.index import Index
from policykit.problems import near_miss
from policykit.timeline import DateNeeded, Revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from policykit.cli.text import Page
    from policykit.policy import Entry, Service, Source


@click.command("show")
@click.argument("policy")
@dos_option("The date of service whose revision is shown. Without it, today.")
@click.option("--revision", metavar="NAME", help="The revision of this name, whether or not it is in effect.")
@processed_option
@known_on_option
@library_options
@format_option
def verb(
    policy: str,
    *,
    dos: date | None,
    revision: str | None,
    claim_processed: date | None,
    known_on: date | None,
    library: Path | None,
    no_cache: bool,
    as_json: bool,
) -> int:
    """Show POLICY, such as cigna/0587: its coverage statements and criteria, where its source says so, and how its
    authors read it.
    """
    if dos is not None and revision is not None:
        raise Misuse("`--dos` and `--revision` exclude one another", "give the day or the name")
    index = Index(holdings(library, no_cache=no_cache))
    if revision is not None:
        shown = _named(index, policy, revision, known_on)
    else:
        day = dos or today()
        found = index.in_effect(policy, date_of_service=day, claim_processed=claim_processed, known_on=known_on)
        shown = Shown(
            policy=index.policy(policy),
            found=found,
            date_of_service=day,
            claim_processed=claim_processed,
            known_on=known_on,
            is_today=dos is None,
            vocabulary=index.vocabulary,
        )
    if as_json:
        write_document(shown)
    else:
        write(shown_lines(shown, page()))
    return 0


def _named(index: Index, policy: str, name: str, known_on: date | None) -> Shown:
    timeline = index.timeline(policy)
    found = revision_named(timeline, name, known_on)
    if found is None:
        names = [entry.revision for entry in timeline.known(known_on) if entry.effective]
        advice = near_miss(name, names) or f"its revisions are {', '.join(names) or 'none'}"
        raise Misuse(f"`{policy}` has no revision `{name[:40]}`", advice)
    revision, superseded = found
    return Shown(
        policy=timeline.policy,
        found=revision,
        known_on=known_on,
        superseded=superseded,
        vocabulary=index.vocabulary,
    )


def shown_lines(shown: Shown, paper: Page) -> Iterator[str]:
    """A policy, and its revision or why there is none."""
    policy, found = shown.policy, shown.found
    payer = shown.vocabulary.payers[policy.payer]
    yield from paper.wrap(policy.title, "bold")
    yield from paper.wrap(f"{policy.id}, {payer.name}, {words.KINDS[policy.kind]}")
    yield ""
    if not isinstance(found, Revision):
        yield from paper.wrap(f"{words.capital(_asked(shown))}: {words.in_effect(found)}.", "yellow")
        if isinstance(found, DateNeeded):
            for each in found.candidates:
                yield from paper.wrap(words.candidate(each), indent=2, first=f"{paper.marks.point} ")
        yield from paper.wrap(f"`policykit history {policy.id}` shows every revision.", "dim")
        return
    if shown.superseded:
        yield from (*paper.wrap("This revision no longer counts; it is shown as it was published.", "yellow"), "")
    yield from paper.pairs(_of_revision(shown, found), indent=2)
    yield from _reading(found.entry.reading, paper, 2)
    yield from _points("Read before this, for it stands above the policy", found.entry.subject_to, paper)
    tree = Tree(paper, shown.vocabulary)
    for service in found.services:
        yield from _service(service, tree, paper)
    yield from _points("Related", found.entry.related, paper)
    yield from _points("References", found.entry.references, paper)


def _asked(shown: Shown) -> str:
    told = f"on {shown.date_of_service}, today" if shown.is_today else f"on {shown.date_of_service}"
    if shown.claim_processed:
        told += f", claim processed {shown.claim_processed}"
    return f"{told}, as known on {shown.known_on}" if shown.known_on else told


def _of_revision(shown: Shown, revision: Revision) -> Iterator[tuple[str, str]]:
    entry = revision.entry
    yield "Asked", _asked(shown) if shown.date_of_service else ""
    yield "Revision", f"{revision.name} ({entry.change}): {entry.summary}"
    yield "In effect", words.governs(revision)
    yield "Replaces", entry.replaces or ""
    yield "Known from", str(entry.known_from or "the source does not tell")
    yield "Published", str(entry.published or "")
    yield "Implemented", str(entry.implemented or "")
    yield "Last review", str(entry.last_reviewed or "")
    yield "Next review", f"planned for {entry.next_review}; it is a plan and ends nothing" if entry.next_review else ""
    yield "Source", _source(entry.source) if entry.source else ""
    yield "Document", _document(entry)


def _source(source: Source) -> str:
    retrieved = f"retrieved {source.retrieved}" if source.retrieved else None
    section = f"section {source.section}" if source.section else None
    told = (source.title, source.publisher, source.number, section, source.url, retrieved)
    return ", ".join(each for each in told if each)


def _document(entry: Entry) -> str:
    return f"{entry.where.file}:{entry.where.line}" if entry.where.line else entry.where.file


def _reading(reading: str | None, paper: Page, indent: int) -> Iterator[str]:
    if reading:
        yield from paper.wrap(reading, "cyan", indent=indent, first="reading: ")


def _points(title: str, points: Iterable[str], paper: Page) -> Iterator[str]:
    for number, each in enumerate(points):
        if number == 0:
            yield from ("", paper.paint(title, "bold"))
        yield from paper.wrap(each, indent=2, first=f"{paper.marks.point} ")


def _service(service: Service, tree: Tree, paper: Page) -> Iterator[str]:
    yield ""
    yield from paper.wrap(service.name, "bold")
    yield from paper.wrap(words.codes(service.codes), indent=2)
    for note in service.code_notes:
        yield from paper.wrap(note, indent=2, first="note: ")
    yield from _reading(service.reading, paper, 2)
    for number, statement in enumerate(service.coverage, start=1):
        yield ""
        yield from tree.statement(number, statement, indent=2)
