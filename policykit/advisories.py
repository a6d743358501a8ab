"""What a reader of an answer should know beside it. Measured against the dates asked, never against the clock.

docs/format.md, section 9, tells what each advisory means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.records import record
from policykit.timeline import Miss, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.case import Case
    from policykit.timeline import DateNeeded
    from policykit.vocabulary import Vocabulary


ADVISORIES: Final = (
    "review-overdue",
    "code-not-valid",
    "known-after-service",
    "later-revision-follows",
    "known-from-not-recorded",
)


@record
class Advisory:
    """A remark with a stable name. It never changes the outcome."""

    name: str
    message: str


def advisories_of(case: Case, found: Revision | Miss | DateNeeded | None, vocabulary: Vocabulary) -> Iterator[Advisory]:
    """Every advisory for a case and the revision, or the lack of one, that was found for it."""
    yield from _of_code(case, vocabulary)
    if isinstance(found, Revision):
        yield from _of_revision(case, found)
    if case.known_on is not None and isinstance(found, Revision | Miss):
        entries = [found.entry] if isinstance(found, Revision) else [found.before, found.after]
        for entry in entries:
            if entry is not None and entry.known_from is None:
                message = f"the source of revision {entry.revision} does not tell since when it could be known"
                yield Advisory(name="known-from-not-recorded", message=message)
                return


def _of_code(case: Case, vocabulary: Vocabulary) -> Iterator[Advisory]:
    entry = vocabulary.codes.get(case.code) if case.code is not None else None
    if entry is None or entry.is_valid(case.date_of_service):
        return
    early = entry.first is not None and case.date_of_service < entry.first
    told = f"is not valid before {entry.first}" if early else f"is not valid after {entry.last}"
    instead = f"; {entry.replaced_by} took its place" if entry.replaced_by and not early else ""
    yield Advisory(name="code-not-valid", message=f"code {entry.code.code} {told}{instead}")


def _of_revision(case: Case, revision: Revision) -> Iterator[Advisory]:
    entry = revision.entry
    latest = max(day for day in (case.date_of_service, case.claim_processed, case.known_on) if day is not None)
    if entry.next_review is not None and entry.next_review < latest:
        message = f"its next review was planned for {entry.next_review}; a planned review ends nothing"
        yield Advisory(name="review-overdue", message=message)
    if entry.known_from is not None and entry.known_from > case.date_of_service:
        message = f"revision {entry.revision} could be known only from {entry.known_from}, after the date of service"
        yield Advisory(name="known-after-service", message=message)
    if revision.following is not None:
        following = revision.following
        message = f"a later entry, {following.revision}, is effective from {following.effective}"
        yield Advisory(name="later-revision-follows", message=message)
