"""A second, deliberately naive implementation of selection and evaluation, to hold the program against.

It works on plain data, as the YAML says it: the policy document, the facts document and the case are dicts. It uses
nothing of policykit and no cleverness: a partial date is every one of its days, whole years and months are counted up
one at a time, selection is the rules of the format written down again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeAlias

Plain: TypeAlias = dict[str, Any]
"""A mapping of a document, as plain data."""

Value: TypeAlias = Any
"""What a fact or a comparison takes; a code is a pair of its system and its text."""

Outcome: TypeAlias = tuple[str, str | None]
"""An outcome and, for `deferred`, to whom."""

SYSTEMS = ("cpt", "hcpcs", "icd10cm", "icd10pcs", "icd9cm")
NOT_ADDRESSED: Outcome = ("not-addressed", None)
NOTHING_IN_EFFECT: Outcome = ("no-version-in-effect", None)


class Never(Enum):
    """The value of a date that never came, and of a number derived from it."""

    NEVER = "never"


class NothingToCarryOverError(Exception):
    """An `unchanged` before which nothing stands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the oracle makes of a case; `statement` counts from 1, `missing` is in document order."""

    outcome: str
    to: str | None = None
    possible: frozenset[Outcome]
    revision: str | None = None
    reason: str | None = None
    statement: int | None = None
    missing: tuple[str, ...] = ()


def answer(policy: Plain, vocabulary: Plain, case: Plain) -> Answer:
    """The answer to a case that names this policy; `vocabulary` is the facts document."""
    history, known_on = policy["history"], day_or_none(case.get("known_on"))
    if hangs_on_claim_processed(history, case):
        possible: frozenset[Outcome] = frozenset()
        for claim_processed in days_around(history):
            possible |= answer(policy, vocabulary, {**case, "claim_processed": str(claim_processed)}).possible
        return Answer(outcome="undetermined", possible=possible, missing=("claim_processed",))
    entry, reason = select(history, case)
    if entry is None:
        return Answer(outcome="no-version-in-effect", possible=frozenset({NOTHING_IN_EFFECT}), reason=reason)
    services = services_of(history, entry, known_on)
    return evaluate(services, Situation(policy=policy, vocabulary=vocabulary, case=case), entry["revision"])


# Selection


def day_or_none(text: str | None) -> date | None:
    """The day that a document's text names."""
    return None if text is None else date.fromisoformat(text)


def known(history: list[Plain], known_on: date | None) -> list[Plain]:
    """The entries that are known; without `known_on`, all of them.

    An entry is known from its `known_from` on; one that has none, from that of the entries above it on.
    """
    entries = []
    for entry in history:
        if known_on is not None and "known_from" in entry and date.fromisoformat(entry["known_from"]) > known_on:
            break
        entries.append(entry)
    return entries


def void(history: list[Plain], known_on: date | None) -> set[str]:
    """A known entry is void if a known entry that is not void withdraws it; the history is read from its end."""
    names: set[str] = set()
    for entry in reversed(known(history, known_on)):
        if "withdraws" in entry and entry["revision"] not in names:
            names.add(entry["withdraws"])
    return names


def replaced(history: list[Plain], known_on: date | None) -> set[str]:
    """The names of which a known entry that is not void takes the place."""
    voided = void(history, known_on)
    return {
        entry["replaces"]
        for entry in known(history, known_on)
        if "replaces" in entry and entry["revision"] not in voided
    }


def counting(history: list[Plain], known_on: date | None) -> list[Plain]:
    """The entries that count: known, not void, no withdrawals, not replaced by a known entry that is not void."""
    gone = void(history, known_on) | replaced(history, known_on)
    return [
        entry for entry in known(history, known_on) if entry["change"] != "withdrawn" and entry["revision"] not in gone
    ]


def latest_first(entries: list[Plain]) -> list[Plain]:
    """In order of `effective`, from the latest down."""
    return sorted(entries, key=lambda entry: date.fromisoformat(entry["effective"]), reverse=True)


def asked_day(entry: Plain, case: Plain) -> date | None:
    """The date by which this entry applies, or None where the case does not give it."""
    by_claim = entry.get("applies_by") == "claim-processed"
    return day_or_none(case.get("claim_processed") if by_claim else case["date_of_service"])


def hangs_on_claim_processed(history: list[Plain], case: Plain) -> bool:
    """Whether the walk down meets an entry whose date is not given before one that governs."""
    for entry in latest_first(counting(history, day_or_none(case.get("known_on")))):
        asked = asked_day(entry, case)
        if asked is None:
            return True
        if asked >= date.fromisoformat(entry["effective"]):
            return False
    return False


def days_around(history: list[Plain]) -> list[date]:
    """Every day on which selection could begin or cease to give something, and the days beside it."""
    days: set[date] = set()
    for entry in history:
        for key in ("effective", "through"):
            if key in entry:
                day = date.fromisoformat(entry[key])
                days |= {day - timedelta(days=1), day, day + timedelta(days=1)}
    return sorted(days)


def select(history: list[Plain], case: Plain) -> tuple[Plain | None, str | None]:
    """The entry that governs, or the reason why none does; every date that it needs is given."""
    known_on = day_or_none(case.get("known_on"))
    if not known(history, known_on):
        return None, "not-yet-known"
    entries = latest_first(counting(history, known_on))
    if not entries:
        return None, "withdrawn"
    for position, entry in enumerate(entries):
        asked = asked_day(entry, case)
        assert asked is not None
        if asked < date.fromisoformat(entry["effective"]):
            continue
        if entry["change"] == "retired" and "services" not in entry:
            return None, "retired"
        if "through" in entry and asked > date.fromisoformat(entry["through"]):
            return None, "in-a-gap" if position > 0 else "ended"
        return entry, None
    voided = void(history, known_on)
    is_new = any(entry["change"] == "new" and entry["revision"] not in voided for entry in known(history, known_on))
    return None, "not-yet-effective" if is_new else "earlier-not-held"


# What carries over


def named(history: list[Plain], name: str) -> Plain:
    """The entry of this name."""
    return next(entry for entry in history if entry["revision"] == name)


def replacers(history: list[Plain], name: str) -> set[str]:
    """Whatever replaces this entry, at once or by way of another replacement."""
    found: set[str] = set()
    for entry in history:
        if entry.get("replaces") == name or entry.get("replaces") in found:
            found.add(entry["revision"])
    return found


def stood_before(history: list[Plain], entry: Plain, known_on: date | None) -> Plain:
    """The entry from which an `unchanged` carries over."""
    if "replaces" in entry:
        return named(history, entry["replaces"])
    left_out = replacers(history, entry["revision"])
    for other in latest_first(counting(history, known_on)):
        is_before = date.fromisoformat(other["effective"]) < date.fromisoformat(entry["effective"])
        if is_before and other["revision"] not in left_out:
            return other
    raise NothingToCarryOverError(entry["revision"])


def services_of(
    history: list[Plain], entry: Plain, known_on: date | None, on_the_way: tuple[str, ...] = ()
) -> list[Plain]:
    """The services of an entry with all that carries over; raises where there is nothing to carry over."""
    services = entry.get("services", [])
    if services != "unchanged" and not any("unchanged" in service for service in services):
        return list(services)
    if entry["revision"] in on_the_way:
        raise NothingToCarryOverError(entry["revision"])
    before = services_of(history, stood_before(history, entry, known_on), known_on, (*on_the_way, entry["revision"]))
    if not before:
        raise NothingToCarryOverError(entry["revision"])
    if services == "unchanged":
        return before
    by_name = {service["service"]: service for service in before}
    result = []
    for service in services:
        if "unchanged" in service:
            if service["service"] not in by_name:
                raise NothingToCarryOverError(entry["revision"])
            result.append(by_name[service["service"]])
        else:
            result.append(service)
    return result


# Evaluation


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """A case with the documents that give it its meaning."""

    policy: Plain
    vocabulary: Plain
    case: Plain

    @property
    def date_of_service(self) -> date:
        """The day of service."""
        return date.fromisoformat(self.case["date_of_service"])


def evaluate(services: list[Plain], situation: Situation, revision: str) -> Answer:
    """The answer of one revision."""
    possible: frozenset[Outcome] = frozenset()
    values = values_of("service.code", situation)
    if values is None:
        for service in services:
            possible |= frozenset(walk(service["coverage"], situation)[0])
        possible |= {NOT_ADDRESSED}
        return Answer(outcome="undetermined", possible=possible, revision=revision, missing=("service.code",))
    for service in services:
        if in_code_set(values[0], resolved(service["codes"], situation.policy)):
            outcomes, decided_by = walk(service["coverage"], situation)
            possible = frozenset(outcomes)
            if len(possible) > 1:
                missing = missing_facts(service["coverage"], situation)
                return Answer(outcome="undetermined", possible=possible, revision=revision, missing=missing)
            outcome, to = outcomes[0]
            return Answer(outcome=outcome, to=to, possible=possible, revision=revision, statement=decided_by)
    return Answer(outcome="not-addressed", possible=frozenset({NOT_ADDRESSED}), revision=revision)


def walk(coverage: list[Plain], situation: Situation) -> tuple[list[Outcome], int]:
    """The possible outcomes of the statements that are met or unknown, and the number of the one that is met."""
    outcomes: list[Outcome] = []
    for number, statement in enumerate(coverage, 1):
        truth = True if "when" not in statement else truth_of(statement["when"], situation)
        if truth is not False:
            outcomes.append((statement["outcome"], statement.get("to")))
        if truth is True:
            return outcomes, number
    raise AssertionError("the last statement has no `when`")


def missing_facts(coverage: list[Plain], situation: Situation) -> tuple[str, ...]:
    """The unknown facts on which the answer hangs, in document order; of those that stand or fall together, the first.

    A statement's facts are not missing where everything still possible after it has its own outcome.
    """
    names: list[str] = []
    for position, statement in enumerate(coverage):
        if "when" not in statement:
            break
        truth = truth_of(statement["when"], situation)
        if truth is True:
            break
        afterwards = set(walk(coverage[position + 1 :], situation)[0])
        if truth is None and afterwards != {(statement["outcome"], statement.get("to"))}:
            names += unknown_facts(statement["when"], situation)
    first_met: dict[str, str] = {}
    for name in names:
        first_met.setdefault(rests_on(name, situation.vocabulary), name)
    return tuple(first_met.values())


def rests_on(name: str, vocabulary: Plain) -> str:
    """The date from which a derived fact is derived; any other fact itself."""
    derived: dict[str, str] = vocabulary["facts"].get(name, {}).get("derived", {})
    return next(iter(derived.values()), name)


def parts_of(criterion: Plain) -> list[Plain] | None:
    """The parts of a criterion made of others, or None for a fact."""
    for operator in ("all", "any", "none", "of"):
        if operator in criterion:
            parts: list[Plain] = criterion[operator]
            return parts
    return None


def truth_of(criterion: Plain, situation: Situation) -> bool | None:
    """Met, not met, or (None) unknown."""
    if "use" in criterion:
        return truth_of(situation.policy["criteria"][criterion["use"]], situation)
    parts = parts_of(criterion)
    if parts is None:
        return truth_of_fact(criterion, situation)
    truths = [truth_of(part, situation) for part in parts]
    if "all" in criterion:
        return at_least(len(truths), truths)
    if "any" in criterion:
        return at_least(1, truths)
    if "none" in criterion:
        truth = at_least(1, truths)
        return None if truth is None else not truth
    return at_least(criterion["count_at_least"], truths)


def at_least(count: int, truths: list[bool | None]) -> bool | None:
    """Whether so many are met: yes, not any more, or still open."""
    if truths.count(True) >= count:
        return True
    if truths.count(True) + truths.count(None) < count:
        return False
    return None


def unknown_facts(criterion: Plain, situation: Situation) -> list[str]:
    """The facts that keep a criterion unknown, in document order."""
    if truth_of(criterion, situation) is not None:
        return []
    if "use" in criterion:
        return unknown_facts(situation.policy["criteria"][criterion["use"]], situation)
    parts = parts_of(criterion)
    if parts is None:
        return [criterion["fact"]]
    return [name for part in parts for name in unknown_facts(part, situation)]


# Facts and comparisons

COMPARISONS = (
    "is", "in", "has_any", "has_all", "at_least", "more_than", "at_most", "less_than", "on_or_after", "after",
    "on_or_before", "before", "within_last", "at_least_ago", "longer_ago_than",
)  # fmt: skip


def truth_of_fact(criterion: Plain, situation: Situation) -> bool | None:
    """Whether all comparisons hold: known only if it is the same for every value that the fact could have."""
    values = values_of(criterion["fact"], situation)
    if values is None:
        return None
    day = situation.date_of_service
    asked = [(name, resolved(criterion[name], situation.policy)) for name in COMPARISONS if name in criterion]
    found = set()
    for value in values:
        found.add(all(holds(comparison, wanted, value, day) for comparison, wanted in asked))
        if len(found) > 1:
            return None
    return found.pop() if found else None


def resolved(wanted: Value, policy: Plain) -> Value:
    """The list that a name under `value_sets` stands for; anything else as it is."""
    if isinstance(wanted, dict) and "value_set" in wanted:
        return policy["value_sets"][wanted["value_set"]]
    return wanted


def values_of(name: str, situation: Situation) -> list[Value] | None:
    """Every value that a fact could have as far as the case tells; None where it tells nothing."""
    case = situation.case
    service = case.get("service") or {}
    stated: Value
    match name:
        case "service.code":
            pairs = [(system, service[system]) for system in SYSTEMS if system in service]
            return pairs or None
        case "service.modifiers":
            stated, kind = service.get("modifiers"), "choices"
        case "service.place":
            stated, kind = service.get("place"), "choice"
        case "claim.diagnoses":
            stated, kind = case.get("diagnoses"), "codes"
        case _:
            stated, kind = case.get("facts", {}).get(name), situation.vocabulary["facts"][name]["type"]
    if stated is not None:
        return stated_values(stated, kind)
    derived = {} if name in BUILT_IN else situation.vocabulary["facts"][name].get("derived", {})
    for how, source in derived.items():
        days = values_of(source, situation)
        return None if days is None else [derive(how, day, situation.date_of_service) for day in days]
    return None


BUILT_IN = ("service.code", "service.modifiers", "service.place", "claim.diagnoses")


def stated_values(stated: Value, kind: str) -> list[Value]:
    """The values that what is written in a case could mean: more than one for a partial date only."""
    if kind == "date":
        return [Never.NEVER] if stated == "never" else days_of(str(stated))
    if kind == "choices":
        return [set(stated)]
    if kind == "code":
        return list(stated.items())
    if kind == "codes":
        return [{(system, code) for system, codes in stated.items() for code in codes}]
    return [stated]


@cache
def days_of(text: str) -> list[date]:
    """Every day of `2008`, `2008-06` or `2008-06-30`."""
    year = int(text[:4])
    day, days = date(year, 1, 1), []
    while day.year == year:
        if str(day).startswith(text):
            days.append(day)
        day += timedelta(days=1)
    return days


def holds(comparison: str, wanted: Value, value: Value, date_of_service: date) -> bool:
    """Whether one comparison holds of one value."""
    if value is Never.NEVER:
        return comparison in {"at_least_ago", "longer_ago_than", "at_least", "more_than"}
    if isinstance(value, date):
        return holds_of_date(comparison, wanted, value, date_of_service)
    match comparison:
        case "is":
            return bool(value == (next(iter(wanted.items())) if isinstance(wanted, dict) else wanted))
        case "in":
            return in_code_set(value, wanted) if isinstance(wanted, dict) else value in wanted
        case "has_any":
            return any(listed_has(item, value) for item in items_of(wanted))
        case "has_all":
            return all(listed_has(item, value) for item in items_of(wanted))
        case "at_least":
            return bool(value >= wanted)
        case "more_than":
            return bool(value > wanted)
        case "at_most":
            return bool(value <= wanted)
    return bool(value < wanted)


def holds_of_date(comparison: str, wanted: str, value: date, date_of_service: date) -> bool:
    """Whether one comparison holds of a day; no span ago holds of a future one."""
    match comparison:
        case "within_last":
            return value <= date_of_service and after_span(value, wanted) >= date_of_service
        case "at_least_ago":
            return value <= date_of_service and after_span(value, wanted) <= date_of_service
        case "longer_ago_than":
            return value <= date_of_service and after_span(value, wanted) < date_of_service
    day = date_of_service if wanted == "date_of_service" else date.fromisoformat(wanted)
    match comparison:
        case "on_or_after":
            return value >= day
        case "after":
            return value > day
        case "on_or_before":
            return value <= day
    return value < day


def items_of(wanted: Value) -> list[Value]:
    """The items of a list: values, or for codes pairs of a system and a code, a range or a prefix."""
    if isinstance(wanted, dict):
        return [(system, pattern) for system, patterns in wanted.items() for pattern in patterns]
    return list(wanted)


def listed_has(item: Value, value: set[Value]) -> bool:
    """Whether a set of values has one item, or a set of codes one that the item means."""
    if isinstance(item, tuple):
        return any(system == item[0] and means(item[1], code) for system, code in value)
    return item in value


def in_code_set(value: tuple[str, str], wanted: Plain) -> bool:
    """Whether a code is among those listed under its system."""
    system, code = value
    return any(means(pattern, code) for pattern in wanted.get(system, []))


def means(pattern: str, code: str) -> bool:
    """Whether a code is this one, lies in this range or below this prefix.

    `64700-64727` is a range in text order of codes with letters and digits in the same positions, `F17.21-` means
    `F17.21` and all below it.
    """
    first, dash, last = pattern.partition("-")
    if not dash:
        return code == pattern
    if not last:
        return code.startswith(first)
    alike = [(one.isdigit(), one.isalpha()) for one in code] == [(one.isdigit(), one.isalpha()) for one in first]
    return alike and first <= code <= last


# Dates: adding, and nothing else


@cache
def add_month(day: date, months: int) -> date:
    """The same day so many months on, or the last day of that month; beyond the calendar, the last day of all."""
    if day.year + months // 12 > date.max.year:  # said twice: counting so many months takes long
        return date.max
    year, month, number = day.year, day.month, day.day
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month in (0, 13):
            year, month = (year + 1, 1) if month else (year - 1, 12)
    if year > date.max.year:
        return date.max
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


@cache
def after_span(day: date, span: str) -> date:
    """The day a span later."""
    count, unit = span.split(" ")
    match unit.removesuffix("s"):
        case "day":
            return day + timedelta(days=int(count))
        case "week":
            return day + timedelta(days=7 * int(count))
        case "month":
            return add_month(day, int(count))
        case _:
            return add_month(day, 12 * int(count))


@cache
def derive(how: str, since: date | Never, date_of_service: date) -> int | Never:
    """The largest number of years or months that, added to a date, is not past the day; of `never`, never."""
    if since is Never.NEVER:
        return Never.NEVER
    if how == "full_calendar_months_since":
        return calendar_months_between(since, date_of_service)
    months = 12 if how == "whole_years_since" else 1
    number = 0
    while add_month(since, (number + 1) * months) <= date_of_service:
        number += 1
    while add_month(since, number * months) > date_of_service:
        number -= 1
    return number


def calendar_months_between(since: date, until: date) -> int:
    """The whole calendar months that lie between the months of two dates; negative where the first is the later."""
    steps, month = 0, since.replace(day=1)
    direction = 1 if month < until else -1
    while (month.year, month.month) != (until.year, until.month):
        month = add_month(month, direction)
        steps += direction
    return steps - 1 if steps > 0 else steps
