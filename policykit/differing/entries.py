"""What is otherwise between two entries of a history, and what sort of change that is."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from policykit.differing.result import Difference, What, how
from policykit.differing.services import compare_services
from policykit.plain import source_as_data
from policykit.policy import Change, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.policy import Entry, Service
    from policykit.problems import Location

# Of one entry in two libraries, those that take part in which revision is in effect.
_SELECTING: Final = ("effective", "through", "known_from", "applies_by", "replaces", "withdraws")
_DATES: Final = ("effective", "through", "known_from", "published", "implemented", "last_reviewed", "next_review")
_TERMS: Final = ("change", "applies_by", "replaces", "withdraws")
_LISTS: Final = ("subject_to", "related", "references")
# What is its own of every entry, so that of two that follow one another it says nothing.
_OWN: Final = frozenset({"change", "summary", "replaces", "withdraws"})
_ENDING: Final = frozenset({Change.RETIRED, Change.WITHDRAWN})
# Among these words, another one says that something else has happened.
_OF_MEANING: Final = frozenset({Change.CRITERIA, Change.CODES, Change.REVIEW})


def sort_of_change(before: tuple[Service, ...], after: tuple[Service, ...]) -> Change:
    """What lies between the services of two revisions, in the word of a history.

    `codes` if only codes of services differ, `criteria` if anything else that decides does, `review` if nothing does.
    """
    return sort_of_differences(compare_services(before, after))


def sort_of_differences(differences: Iterable[Difference]) -> Change:
    """The same, of differences that were found."""
    deciding = {each.what for each in differences if each.decides}
    if not deciding:
        return Change.REVIEW
    return Change.CODES if deciding == {What.CODES} else Change.CRITERIA


def sort_of_entry(entry: Entry, kind: Kind, *, governs: bool, first: bool, differences: Iterable[Difference]) -> Change:
    """What an entry is by its meaning, as against the one that it follows or takes the place of."""
    if entry.change is Change.WITHDRAWN or entry.replaces is not None:
        return Change.WITHDRAWN if entry.change is Change.WITHDRAWN else Change.CORRECTION
    if not governs or entry.change is Change.RETIRED:
        return Change.RETIRED
    if kind is Kind.NO_DETERMINATION:
        return Change.SEARCHED
    if not first:
        return sort_of_differences(differences)
    # Of earlier revisions that are not held, the entry alone can tell what it changed.
    return entry.change if entry.change in _OF_MEANING else Change.NEW


def remark_on(entry: Entry, sort: Change) -> str | None:
    """What to say where an entry calls itself something else than it is."""
    if entry.change is sort or not {entry.change, sort} <= _OF_MEANING:
        return None
    found = {
        Change.REVIEW: "nothing that decides is otherwise",
        Change.CODES: "only codes are otherwise",
        Change.CRITERIA: "more than codes is otherwise"
        if entry.change is Change.CODES
        else "what decides is otherwise",
    }
    return f"the entry calls itself `{entry.change}`, but {found[sort]}"


def compare_entries(before: Entry, after: Entry, *, same: bool) -> tuple[Difference, ...]:
    """What is otherwise between what two entries say beside their services.

    `same`: they are one entry in two libraries. Of two that follow one another, the days on which each governs decide
    nothing: each answers for its own; but where one takes the place of the other, those days are what is corrected.
    """
    dated = same or after.replaces == before.revision
    found: list[Difference] = []
    for key in _TERMS:
        if same or key not in _OWN:
            found += _field(before, after, key, What.TERM, decides=_is_deciding(before, after, key))
    for key in _DATES:
        decides = dated and key in _SELECTING and (same or key != "known_from")
        found += _field(before, after, key, What.DATE, decides=decides)
    if same:
        found += _field(before, after, "summary", What.NOTE, decides=False)
    found += _field(before, after, "reading", What.NOTE, decides=False)
    found += _source(before, after)
    for key in _LISTS:
        found += _listed(before, after, key)
    return tuple(found)


def _is_deciding(before: Entry, after: Entry, key: str) -> bool:
    # Of the words for a change, only these change what governs; the others are told with the sort of the change.
    if key == "change":
        return bool({before.change, after.change} & _ENDING)
    return key in _SELECTING


def _field(before: Entry, after: Entry, key: str, what: What, *, decides: bool) -> Iterator[Difference]:
    old, new = getattr(before, key), getattr(after, key)
    if old != new:
        yield _difference(before, after, key, what, (_scalar(old), _scalar(new)), decides=decides)


def _source(before: Entry, after: Entry) -> Iterator[Difference]:
    old, new = (source_as_data(each.source) if each.source else None for each in (before, after))
    if old != new:
        yield _difference(before, after, "source", What.NOTE, (old, new))


def _listed(before: Entry, after: Entry, key: str) -> Iterator[Difference]:
    old, new = getattr(before, key), getattr(after, key)
    if lost := [each for each in old if each not in new]:
        yield _difference(before, after, key, What.NOTE, (lost, None))
    if gained := [each for each in new if each not in old]:
        yield _difference(before, after, key, What.NOTE, (None, gained))


def _difference(
    before: Entry, after: Entry, key: str, what: What, told: tuple[Any, Any], *, decides: bool = False
) -> Difference:
    return Difference(
        what=what,
        how=how(*told),
        decides=decides,
        key=key,
        before=told[0],
        after=told[1],
        where_before=_place(before, key),
        where_after=_place(after, key),
    )


def _place(entry: Entry, key: str) -> Location:
    return entry.places.get(key, entry.where)


def _scalar(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Enum():
            return value.value
        case _:
            return value
