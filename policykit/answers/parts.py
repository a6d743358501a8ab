"""What several answers show alike: revisions, the lack of one, places, days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policykit.plain import (
    source_as_data,
)
from policykit.timeline import DateNeeded, Miss, Revision

if TYPE_CHECKING:
    from datetime import date

    from policykit.codes import Code
    from policykit.policy import Entry, Policy
    from policykit.problems import Location

Data: TypeAlias = dict[str, Any]

FORMAT: Final = 1


def miss_as_data(miss: Miss | None) -> Data:
    """Why no revision is in effect, and the nearest entries; all null where one is."""
    return {
        "reason": miss.reason.value if miss else None,
        "before": _entry_in_brief(miss.before) if miss and miss.before else None,
        "after": _entry_in_brief(miss.after) if miss and miss.after else None,
    }


def _entry_in_brief(entry: Entry) -> Data:
    return {
        "revision": entry.revision,
        "change": entry.change.value,
        "effective": day_as_data(entry.effective),
        "through": day_as_data(entry.through),
    }


def candidates_as_data(found: Revision | Miss | DateNeeded | None) -> list[Data]:
    """What may be in effect, as long as it hangs on a date."""
    if not isinstance(found, DateNeeded):
        return []
    return [
        {
            "revision": each.name if isinstance(each, Revision) else None,
            "effective": day_as_data(each.effective) if isinstance(each, Revision) else None,
            "through": day_as_data(each.last) if isinstance(each, Revision) else None,
            "reason": each.reason.value if isinstance(each, Miss) else None,
        }
        for each in found.candidates
    ]


def in_effect_as_data(found: Revision | Miss | DateNeeded | None) -> Data:
    """The revision in effect and its days; all null where there is none."""
    revision = found if isinstance(found, Revision) else None
    return {
        "revision": revision.name if revision else None,
        "effective": day_as_data(revision.effective) if revision else None,
        "through": day_as_data(revision.last) if revision else None,
        **miss_as_data(found if isinstance(found, Miss) else None),
        "candidates": candidates_as_data(found),
    }


def entry_with_place(entry: Entry) -> Data:
    """What an entry says beside its services."""
    return {
        "revision": entry.revision,
        "change": entry.change.value,
        "summary": entry.summary,
        "effective": day_as_data(entry.effective),
        "through": day_as_data(entry.through),
        "known_from": day_as_data(entry.known_from),
        "published": day_as_data(entry.published),
        "implemented": day_as_data(entry.implemented),
        "last_reviewed": day_as_data(entry.last_reviewed),
        "next_review": day_as_data(entry.next_review),
        "applies_by": entry.applies_by.value,
        "replaces": entry.replaces,
        "withdraws": entry.withdraws,
        "reading": entry.reading,
        "source": source_as_data(entry.source) if entry.source else None,
        "subject_to": list(entry.subject_to),
        "related": list(entry.related),
        "references": list(entry.references),
        "place": place_as_data(entry.where),
    }


def policy_in_brief(policy: Policy) -> Data:
    """What names a policy."""
    return {"policy": policy.id, "title": policy.title, "payer": policy.payer, "kind": policy.kind.value}


def place_as_data(where: Location) -> Data:
    """A place in a document."""
    return {"file": where.file, "line": where.line or None, "column": where.column or None}


def code_as_data(code: Code | None) -> Data | None:
    """A code under its system."""
    return {code.system: code.code} if code else None


def day_as_data(day: date | None) -> str | None:
    """A day as `YYYY-MM-DD`."""
    return day.isoformat() if day else None
