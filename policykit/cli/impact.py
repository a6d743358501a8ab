"""`policykit impact`: what a change of policy does to claims."""

from __future__ import annotations

from contextlib import ExitStack
from glob import has_magic
from os.path import lexists
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from policykit.batch.engine import Limits
from policykit.batch.sources import UnusableTable, find_sources, form_of
from policykit.batch.workplace import refused, workplace
from policykit.cli.claim_options import check_payer, limit_options, mapping_in, reading_options
from policykit.cli.impact_page import impact_page
from policykit.cli.impact_text import impact_lines
from policykit.cli.misuse import Misuse
from policykit.cli.options import format_option, holdings, library_options
from policykit.cli.output import page, write, write_document, write_error
from policykit.cli.watching import watched
from policykit.impact.measuring import Decider, Inquiry, measure
from policykit.library import Library
from policykit.problems import UnknownPolicy, near_miss
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from policykit.batch.sources import Form
    from policykit.batch.workplace import Workplace
    from policykit.impact.result import Impact

_FILE = click.Path(path_type=Path)


@click.command("impact")
@click.argument("words", nargs=-1, required=True, metavar="[POLICY] CLAIMS...")
@click.option("--from", "from_", metavar="A", help="The revision before, whatever the dates of the claims are.")
@click.option("--to", metavar="B", help="The revision after, in the same way.")
@click.option(
    "--against",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="The library after, where two libraries are compared; `--library` is the one before.",
)
@click.option(
    "--by", multiple=True, metavar="COLUMN", help="Count by this column, too; `policy` is the one that answers."
)
@click.option("--flips", type=_FILE, metavar="FILE", help="Where the claims go that change outcome.")
@click.option("--rejects", type=_FILE, metavar="FILE", help="Where the claims go that are wrong.")
@click.option("--html", type=_FILE, metavar="FILE", help="Where a page goes that shows all this, with a plot.")
@reading_options
@limit_options
@library_options
@format_option
def verb(
    *,
    words: tuple[str, ...],
    from_: str | None,
    to: str | None,
    against: Path | None,
    by: tuple[str, ...],
    flips: Path | None,
    rejects: Path | None,
    html: Path | None,
    mapping: Path | None,
    ignore: tuple[str, ...],
    payer: str | None,
    known_on: date | None,
    form: Form | None,
    memory: str,
    threads: int | None,
    library: Path | None,
    no_cache: bool,
    as_json: bool,
) -> int:
    """Tell which claims a change of policy answers otherwise.

    `POLICY --from A --to B` puts every claim to two revisions of one policy, whichever governs its dates. `--library OLD
    --against NEW` decides every claim as each of two libraries does; a POLICY then leaves out the answers of all others.

    What is missing stays undetermined, before and after. Wrong claims are counted apart; the exit status is then 1.
    """
    asked = _asked(words, from_, to, library, against, no_cache=no_cache)
    check_payer(payer, asked.before.library, asked.after.library)
    sources = find_sources(asked.claims, form)
    _check_page(html, [*sources.files, *(path for path in (flips, rejects) if path is not None)])
    with ExitStack() as stack:
        watch = stack.enter_context(watched())
        place = stack.enter_context(workplace(html)) if html is not None else None
        impact = measure(
            Inquiry(
                policy=asked.policy,
                before=asked.before,
                after=asked.after,
                sources=sources,
                scratch=Path(stack.enter_context(TemporaryDirectory(prefix="policykit-"))),
                by=by,
                mapping=mapping_in(mapping),
                ignore=ignore,
                payer=payer,
                known_on=known_on,
                flips=flips,
                rejects=rejects,
                limits=Limits(memory=memory, threads=threads),
                told=watch.tell,
            )
        )
        if place is not None:
            _publish(impact, place)
    write_error([watch.in_the_end(impact.claims)])
    if as_json:
        write_document(impact)
    else:
        write(impact_lines(impact, page()))
    return 1 if impact.rejected else 0


@record
class _Asked:
    """What is compared, over which claims."""

    policy: str | None
    before: Decider
    after: Decider
    claims: tuple[str, ...]


def _asked(
    words: tuple[str, ...],
    from_: str | None,
    to: str | None,
    library: Path | None,
    against: Path | None,
    *,
    no_cache: bool,
) -> _Asked:
    if against is None:
        if from_ is None or to is None:
            advice = "name two revisions with `--from` and `--to`, or another library with `--against`"
            raise Misuse("one thing alone cannot be compared", advice)
    elif from_ is not None or to is not None:
        raise Misuse("`--against` compares libraries, and `--from` and `--to` have no place beside it")
    held = Library(holdings(library, no_cache=no_cache))
    name = str(library) if library is not None else "the library of policykit"
    first, *others = words
    if against is None:
        held.policy(first)
        if not others:
            raise Misuse("no file of claims is named", "name one, or several, behind the policy")
        before, after = (Decider(library=held, name=name, revision=revision) for revision in (from_, to))
        return _Asked(policy=first, before=before, after=after, claims=tuple(others))
    other = Library(holdings(against, no_cache=no_cache))
    policy = _policy(first, held, other)
    return _Asked(
        policy=policy,
        before=Decider(library=held, name=name),
        after=Decider(library=other, name=str(against)),
        claims=tuple(others) if policy is not None else words,
    )


def _policy(word: str, before: Library, after: Library) -> str | None:
    """The policy that a word names; None for what names claims."""
    if word in before.policies or word in after.policies:
        return word
    if has_magic(word) or "\0" in word or lexists(word) or form_of(Path(word)) is not None:
        return None
    advice = near_miss(word, {*before.policies, *after.policies})
    message = f"there is no file `{word[:80]}`, and neither library has such a policy"
    raise UnknownPolicy(f"{message}{f'; {advice}' if advice else ''}")


def _check_page(html: Path | None, others: Sequence[Path]) -> None:
    if html is not None and html.resolve() in {path.resolve() for path in others}:
        raise UnusableTable(f"`{html}` stands for something else, too", "give the page another name")


def _publish(impact: Impact, place: Workplace) -> None:
    try:
        place.unfinished.write_text(impact_page(impact), encoding="utf-8", errors="replace")
    except OSError as error:
        raise refused(place.target, error) from error
    place.publish()
