"""`policykit revise`: a new entry in the history of a policy."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any, Final

import click

from policykit.checking import kind_of
from policykit.cli.misuse import Misuse
from policykit.cli.options import day, here, whole
from policykit.cli.output import write
from policykit.cli.writable import library_files, line, refusal, sentence, writable_library, writable_option
from policykit.folder import library_of, list_files
from policykit.policy import AppliesBy, Change
from policykit.problems import InvalidDocuments, near_miss
from policykit.shelf import shown
from policykit.writing.revising import Wish, revise
from policykit.writing.saving import save

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from policykit.folder import Listing
    from policykit.writing.revising import Revised

_CHANGES: Final = tuple(str(each) for each in (Change.CRITERIA, Change.CODES, Change.REVIEW))
_BASES: Final = tuple(str(each) for each in AppliesBy)
_SUFFIX: Final = ".yaml"


def last_day(text: str) -> date | bool:
    """The last day that `--through` names; False for the word `none`."""
    return False if text == "none" else day(text)


_EXAMPLES: Final = """\b
Examples:
  policykit revise cigna/0587 --effective 2026-09-15
  policykit revise cigna/0587 --effective 2027-01-01 --change criteria --summary "..."
  policykit revise cigna/0587 --correct 2025-12-01 --known-from 2026-02-01 --summary "..."
  policykit revise cigna/0587 --withdraw 2027-01-01 --known-from 2026-12-01 --summary "..."
  policykit revise cigna/0587 --retire --effective 2028-01-01
"""


@click.command("revise", epilog=_EXAMPLES)
@click.argument("policy", metavar="POLICY", type=line)
@click.option("--effective", type=day, metavar="YYYY-MM-DD", help="The first day on which the new entry governs.")
@click.option(
    "--change", type=click.Choice(_CHANGES), help="What changes; `review`, if left out: nothing that decides."
)
@click.option("--correct", type=line, metavar="REVISION", help="Take the place of this entry, which was wrong.")
@click.option("--withdraw", type=line, metavar="REVISION", help="Make this entry void, as if it had never been.")
@click.option("--retire", is_flag=True, help="Nothing governs from `--effective` on.")
@click.option("--unchanged", is_flag=True, help="Carry the services over; so it is for a review and a correction.")
@click.option("--copy", is_flag=True, help="Write the services out, to be edited; so it is for criteria and codes.")
@click.option(
    "--summary",
    type=sentence,
    metavar="TEXT",
    help="What changes, in a sentence; a review and a retirement can do without.",
)
@click.option("--known-from", type=day, metavar="YYYY-MM-DD", help="The first day on which it could be known.")
@click.option("--published", type=day, metavar="YYYY-MM-DD", help="The day of publication.")
@click.option("--next-review", type=day, metavar="YYYY-MM-DD", help="When the payer plans to look again.")
@click.option(
    "--through",
    type=last_day,
    metavar="YYYY-MM-DD",
    help="The last day, if an end is stated; `none` if what is corrected has one and the correction has not.",
)
@click.option("--applies-by", type=click.Choice(_BASES), help="By which date; as the entry before, if left out.")
@click.option("--name", type=line, metavar="REVISION", help="What the new entry is called; its date, if left out.")
@click.option("--dry-run", is_flag=True, help="Print what would be added, and write nothing.")
@writable_option
def verb(policy: str, library: Path | None, *, dry_run: bool, **told: Any) -> int:
    """Add an entry at the end of the history of POLICY, such as `cigna/0587`; every byte of the rest stays.

    Without `--change`, `--correct`, `--withdraw` or `--retire` it is a review without change, or a search that was
    repeated.
    """
    wish = _wish(told)
    root, name = _document(policy, library)
    listing = list_files(root)
    _check_name(policy, name, listing)
    try:
        files = library_files(listing, name)
        revised = revise(name, files, wish)
    except InvalidDocuments as error:
        return refusal(root, error)
    if dry_run:
        write(revised.insertion.text.splitlines())
        return 0
    save(root / name, revised.content, expected=files[name])
    write(_told(revised, shown(root / name, here())))
    return 0


def _document(policy: str, library: Path | None) -> tuple[Path, str]:
    """The library, and the name in it of the document that is meant by its id, or by its path."""
    path = whole(policy)
    if policy.endswith(_SUFFIX) and path.is_file() and (home := library_of(path)) is not None:
        return writable_library(home), path.relative_to(home).as_posix()
    root = writable_library(library)
    return root, policy if policy.endswith(_SUFFIX) else f"{policy}{_SUFFIX}"


def _check_name(policy: str, name: str, listing: Listing) -> None:
    policies = [each for each in listing.documents if kind_of(each) == "policy"]
    # A file that cannot be read is no document, but there.
    if name not in policies and str(listing.path(name)) not in {each.where.file for each in listing.problems}:
        identities = [each.removesuffix(_SUFFIX) for each in policies]
        advice = near_miss(policy, identities) or f"to begin one: `policykit new {name.removesuffix(_SUFFIX)}`"
        raise Misuse(f"there is no policy `{policy}` in {shown(listing.root, here())}", advice)


def _wish(told: dict[str, Any]) -> Wish:
    """What the options ask for. Raises where they contradict one another, or some are missing."""
    ways = [f"`--{way}`" for way in ("change", "correct", "withdraw", "retire") if told[way]]
    if len(ways) > 1:
        raise Misuse(f"{' and '.join(ways)} are different entries", "add one after the other")
    if told["unchanged"] and told["copy"]:
        raise Misuse("`--unchanged` and `--copy` contradict each other", "leave one of them out")
    if told["correct"]:
        change = Change.CORRECTION
    elif told["withdraw"]:
        change = Change.WITHDRAWN
    else:
        change = Change.RETIRED if told["retire"] else Change(told["change"] or Change.REVIEW)
    _check(change, told)
    return Wish(
        change=change,
        effective=told["effective"],
        target=told["correct"] or told["withdraw"],
        copy=told["copy"] or (change in {Change.CRITERIA, Change.CODES} and not told["unchanged"]),
        summary=told["summary"],
        name=told["name"],
        known_from=told["known_from"],
        published=told["published"],
        next_review=told["next_review"],
        through=told["through"],
        applies_by=AppliesBy(told["applies_by"]) if told["applies_by"] else None,
    )


def _check(change: Change, told: dict[str, Any]) -> None:
    if change in {Change.CORRECTION, Change.WITHDRAWN} and told["known_from"] is None:
        advice = "`--known-from YYYY-MM-DD` is the first day on which it could be known that the entry is wrong"
        raise Misuse("`--known-from` is missing", advice)
    if change not in {Change.CORRECTION, Change.WITHDRAWN} and told["effective"] is None:
        raise Misuse("`--effective` is missing", "`--effective YYYY-MM-DD` is the first day on which the entry governs")
    if change in {Change.WITHDRAWN, Change.RETIRED}:
        more = ("unchanged", "copy", *(("effective", "through", "applies_by") if change is Change.WITHDRAWN else ()))
        for option in more:
            if told[option] not in {None, False}:
                what = "a withdrawal" if change is Change.WITHDRAWN else "a retirement that is added here"
                raise Misuse(f"{what} has no `--{option.replace('_', '-')}`", "leave it out")
    if change is Change.REVIEW and told["copy"] and not told["change"]:
        raise Misuse("`--copy` is for what changes", "say what with `--change criteria` or `--change codes`")
    if change not in {Change.REVIEW, Change.RETIRED} and not told["summary"]:
        raise Misuse("`--summary` is missing", "`--summary TEXT` tells what changes, in a sentence")


def _told(revised: Revised, document: str) -> list[str]:
    entry = revised.entry
    lines = [f"{document}:{revised.insertion.first}: added `{entry.revision}` ({entry.change})"]
    if revised.copied:
        lines.append("next: change the services, which are a copy still, to what the new text says; then run")
    else:
        lines.append("next: add what else the source tells; then run")
    return [*lines, *(f"  policykit {command} {quote(document)}" for command in ("check", "test"))]
