"""Whether a history is in order and unambiguous, under everything that could be known of it on some day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.policy import UNCHANGED, Change, Kind, Outcome
from policykit.problems import Problem, near_miss
from policykit.timeline import Timeline, standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.policy import Entry, Policy
    from policykit.timeline import Revision


def check_history(policy: Policy) -> Iterator[Problem]:
    """Every way in which the entries of a policy do not fit together (docs/format.md, section 4)."""
    names: set[str] = set()
    for position, entry in enumerate(policy.history):
        if entry.revision in names:
            advice = "names are unique in a document: add a letter, or say what it is"
            yield _problem(entry, "revision", "repeated-revision", f"there are two entries `{entry.revision}`", advice)
        names.add(entry.revision)
        yield from _misplaced(policy, entry, policy.history[:position])
        yield from _target(entry, policy.history[:position])
    if len(names) == len(policy.history):
        yield from _order(policy)
        yield from _in_every_view(policy)


def _misplaced(policy: Policy, entry: Entry, earlier: Sequence[Entry]) -> Iterator[Problem]:
    searched = entry.change is Change.SEARCHED
    if searched and policy.kind is not Kind.NO_DETERMINATION:
        yield _problem(entry, "change", "misplaced-change", "only a `no-determination` is `searched`")
    if policy.kind is Kind.NO_DETERMINATION and entry.change in {
        Change.NEW,
        Change.CRITERIA,
        Change.CODES,
        Change.REVIEW,
    }:
        yield _problem(entry, "change", "misplaced-change", f"a `no-determination` is `searched`, not `{entry.change}`")
    if entry.change is Change.NEW and earlier:
        void, _ = standing(earlier)
        if any(each.change is not Change.WITHDRAWN and each.revision not in void for each in earlier):
            yield _problem(
                entry, "change", "misplaced-change", "`new` is the first there ever was, and others stand before it"
            )


def _target(entry: Entry, earlier: Sequence[Entry]) -> Iterator[Problem]:
    for word, name in (("replaces", entry.replaces), ("withdraws", entry.withdraws)):
        if name is None:
            continue
        target = next((each for each in earlier if each.revision == name), None)
        if target is None:
            advice = near_miss(name, [each.revision for each in earlier])
            message = f"`{word}: {name}` points at no earlier entry"
            yield _problem(entry, word, "unknown-revision", message, advice)
            continue
        void, replaced = standing(earlier)
        if name in void or name in replaced:
            told = "has been withdrawn" if name in void else f"has been replaced by `{replaced[name][0].revision}`"
            message = f"`{word}: {name}` points at an entry that {told}"
            yield _problem(entry, word, "not-standing", message, "point at the entry that stands now")
        elif word == "replaces" and target.change in {Change.RETIRED, Change.WITHDRAWN}:
            message = f"`{name}` is {target.change}, which a correction cannot replace"
            yield _problem(entry, word, "not-standing", message, "withdraw it, and enter what is right anew")


def _order(policy: Policy) -> Iterator[Problem]:
    latest: Entry | None = None
    for entry in policy.history:
        if entry.known_from is None:
            continue
        if latest is not None and latest.known_from is not None and entry.known_from < latest.known_from:
            message = f"this could be known from {entry.known_from}, before `{latest.revision}`, which stands above it"
            yield _problem(
                entry, "known_from", "history-order", message, "entries stand in the order of their publication"
            )
        else:
            latest = entry


def _in_every_view(policy: Policy) -> Iterator[Problem]:
    told: set[tuple[str, str | None]] = set()
    order = {entry.revision: position for position, entry in enumerate(policy.history)}
    for view in Timeline(policy).differing_views():
        for earlier, later in zip(view.revisions, view.revisions[1:], strict=False):
            if earlier.effective == later.effective and (later.name, earlier.name) not in told:
                told.add((later.name, earlier.name))
                first, second = sorted((earlier.entry, later.entry), key=lambda entry: order[entry.revision])
                message = f"`{second.revision}` and `{first.revision}` are both effective from {later.effective}"
                advice = "a `correction` with `replaces` takes the place of an entry"
                yield _problem(second, "effective", "same-effective", message, advice)
        for revision in view.revisions:
            if (revision.name, "retired") not in told and _refuses(revision):
                told.add((revision.name, "retired"))
                advice = "carry over nothing, or write out services whose every outcome is `deferred`"
                message = "a retired policy can only hand its services to someone else"
                yield _problem(revision.entry, "services", "misplaced-change", message, advice)
        for uncarried in view.uncarried:
            key = (uncarried.entry.revision, uncarried.name)
            if key not in told:
                told.add(key)
                yield _uncarried(uncarried.entry, uncarried.name)


def _refuses(revision: Revision) -> bool:
    """Whether a retirement still decides, by what it carries over; of what it writes out, the schema says so."""
    if revision.entry.change is not Change.RETIRED:
        return False
    own = [id(service) for service in revision.entry.services] if revision.entry.services is not UNCHANGED else []
    carried = (service for service in revision.services if id(service) not in own)
    return any(statement.outcome is not Outcome.DEFERRED for service in carried for statement in service.coverage)


def _uncarried(entry: Entry, name: str | None) -> Problem:
    what = "`unchanged` has nothing to stand for" if name is None else f"there was no service `{name}` to be unchanged"
    return _problem(entry, "services", "nothing-to-carry-over", what, "write out what it stands for")


def _problem(entry: Entry, key: str, rule: str, message: str, advice: str | None = None) -> Problem:
    return Problem(rule=rule, message=message, where=entry.places.get(key, entry.where), help=advice)
