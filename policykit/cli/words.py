"""What answers say in plain words: outcomes, dates, reasons, criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

from policykit.codes import CodeSet
from policykit.criteria import (
    DATE_OF_SERVICE,
    Ago,
    All,
    AnyOf,
    Bound,
    CountAtLeast,
    DayBound,
    FactIs,
    Has,
    NoneOf,
    OneOf,
)
from policykit.policy import AppliesBy, Kind, Outcome
from policykit.timeline import DateNeeded, Miss, Reason, Revision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.criteria import Comparison, Criterion
    from policykit.policy import Entry, Statement
    from policykit.vocabulary import Vocabulary

OUTCOMES: Final = {
    Outcome.COVERED: "covered",
    Outcome.MEDICALLY_NECESSARY: "medically necessary",
    Outcome.NOT_COVERED: "not covered",
    Outcome.NOT_MEDICALLY_NECESSARY: "not medically necessary",
    Outcome.UNPROVEN: "experimental, investigational or unproven",
    Outcome.DEFERRED: "deferred",
    Outcome.NOT_ADDRESSED: "not addressed",
    Outcome.NOT_ENCODED: "not encoded",
    Outcome.UNDETERMINED: "not yet determined",
    Outcome.NO_VERSION_IN_EFFECT: "no version in effect",
    Outcome.NO_POLICY_ON_FILE: "no policy on file",
}
KINDS: Final = {
    Kind.COVERAGE_POLICY: "coverage policy",
    Kind.NCD: "national coverage determination (NCD)",
    Kind.LCD: "local coverage determination (LCD)",
    Kind.NO_DETERMINATION: "record that no determination was found",
}
_OPERATORS: Final = {
    "is": "is",
    "in": "is one of",
    "has_any": "has any of",
    "has_all": "has all of",
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
    "on_or_after": "on or after",
    "after": "after",
    "on_or_before": "on or before",
    "before": "before",
    "within_last": "within the last",
    "at_least_ago": "at least",
    "longer_ago_than": "longer ago than",
}


def outcome(word: Outcome, to: str | None = None) -> str:
    """An outcome in the field's words, and to whom it is handed."""
    return f"{OUTCOMES[word]} to {to}" if to else OUTCOMES[word]


def capital(words: str) -> str:
    """Words with a capital at their beginning."""
    return words[:1].upper() + words[1:]


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words as a sentence lists them."""
    *first, end = list(words) or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def codes(codes_: CodeSet) -> str:
    """Codes by their systems."""
    return "; ".join(f"{system} {', '.join(written)}" for system, written in codes_.by_system().items())


def governs(revision: Revision) -> str:
    """From when until when, and for what, where that is not the date of service."""
    first, last = revision.effective, revision.last
    what = "for claims processed " if revision.entry.applies_by is AppliesBy.CLAIM_PROCESSED else ""
    return f"{what}from {first} through {last}" if last else f"{what}from {first}; no end is known"


def why_not(miss: Miss) -> str:
    """Why no revision is in effect."""
    before, after = miss.before, miss.after
    first = f"{after.revision} is effective from {after.effective}" if after else ""
    match miss.reason:
        case Reason.NOT_YET_KNOWN:
            return "nothing of it was known by that day"
        case Reason.NOT_YET_EFFECTIVE:
            return f"not yet effective: its first revision {first}" if after else "not yet effective"
        case Reason.EARLIER_NOT_HELD:
            return f"earlier revisions exist but are not held: of those held, the first, {first}"
        case Reason.IN_A_GAP:
            return f"in a gap: {_ended(before)}, and {first}"
        case Reason.ENDED:
            return f"ended: {_ended(before)}, and nothing follows"
        case Reason.RETIRED:
            since = f" since {before.effective}" if before else ""
            return f"retired{since}; {first}" if after else f"retired{since}"
        case Reason.WITHDRAWN:
            return "withdrawn: every entry that was known is void"
        case _:
            assert_never(miss.reason)


def candidate(found: Revision | Miss) -> str:
    """One of the answers to which revision is in effect, where that hangs on a date."""
    if isinstance(found, Miss):
        return f"none: {why_not(found)}"
    return f"revision {found.name}, in effect {governs(found)}"


def in_effect(found: Revision | Miss | DateNeeded) -> str:
    """What governs, in one line."""
    match found:
        case Revision():
            return candidate(found)
        case Miss():
            return f"nothing in effect; {why_not(found)}"
        case DateNeeded():
            return "which revision is in effect hangs on the day on which the claim is processed"
        case _:
            assert_never(found)


def said(criterion: Criterion) -> str | None:
    """What its author says a criterion is, from the place of use inwards."""
    return next((notes.says for notes in criterion.notes if notes.says), None)


def condition(number: int, statement: Statement) -> str:
    """What follows the outcome of a statement: on what it stands.

    A criterion that only holds others together, and of which its author says nothing, is told here.
    """
    match statement.when:
        case None:
            return ", otherwise" if number > 1 else ""
        case AnyOf() as when if not said(when):
            return ", if one or more of these hold"
        case NoneOf() as when if not said(when):
            return ", if not one of these holds"
        case CountAtLeast(count=count) as when if not said(when):
            return f", if {count} or more of these hold"
        case All(parts=parts) as when if not said(when) and len(parts) > 1:
            return ", if all of these hold"
        case _:
            return ", if this holds"


def phrase(criterion: Criterion, vocabulary: Vocabulary) -> str:
    """A criterion in a line: in its author's words, or else the question that it puts."""
    told = said(criterion)
    if isinstance(criterion, FactIs):
        return told or vocabulary.facts[criterion.fact].ask
    return f"{told} ({connected(criterion).lower()})" if told else connected(criterion)


def brief(criterion: Criterion, vocabulary: Vocabulary) -> str:
    """A criterion in a line that stands alone."""
    told = said(criterion)
    if told is None and isinstance(criterion, FactIs):
        return f"{phrase(criterion, vocabulary)} ({compared(criterion, vocabulary)})"
    return told or phrase(criterion, vocabulary)


def connected(criterion: Criterion) -> str:
    """How the parts of a criterion are put together."""
    match criterion:
        case All():
            return "All of these"
        case AnyOf():
            return "One or more of these"
        case NoneOf():
            return "Not one of these"
        case CountAtLeast(count=count):
            return f"{count} or more of these"
        case FactIs():
            return ""
        case _:
            assert_never(criterion)


def compared(criterion: FactIs, vocabulary: Vocabulary) -> str:
    """What a fact is compared with."""
    declared = vocabulary.facts.get(criterion.fact)
    unit = f" {declared.unit}" if declared and declared.unit else ""
    return " and ".join(_comparison(each, unit) for each in criterion.comparisons)


def value(data: Any, unit: str | None = None) -> str:
    """A fact's value, as plain data, in words."""
    match data:
        case None:
            return "not known"
        case bool():
            return "true" if data else "false"
        case {"at_least": low, "at_most": high}:
            return f"{low} to {high}{f' {unit}' if unit else ''}"
        case dict():
            held = ", ".join(f"{system} {_joined(written)}" for system, written in data.items())
            return held or "none"
        case list():
            return ", ".join(map(str, data)) or "none"
        case int() | float():
            return f"{data}{f' {unit}' if unit else ''}"
        case _:
            return str(data)


def _comparison(comparison: Comparison, unit: str) -> str:
    word = _OPERATORS[comparison.operator]
    match comparison:
        case OneOf(values=values) | Has(values=values):
            held = codes(values) if isinstance(values, CodeSet) else ", ".join(value(each) for each in values)
            return f"{word} {held}"
        case Bound(limit=limit):
            return f"{word} {limit}{unit}"
        case DayBound(day=day):
            return f"{word} {'the date of service' if day is DATE_OF_SERVICE else day}"
        case Ago(operator="at_least_ago", span=span):
            return f"{word} {span} ago"
        case Ago(span=span):
            return f"{word} {span}"
        case _:
            assert_never(comparison)


def _joined(written: str | list[str]) -> str:
    return written if isinstance(written, str) else ", ".join(written)


def _ended(entry: Entry | None) -> str:
    return f"{entry.revision} governed through {entry.through}" if entry else "what was before has ended"
