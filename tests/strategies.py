"""Hypothesis strategies for valid documents, as plain data: vocabularies, policies, and cases over them.

Everything is valid by construction. Days lie in 2019 to 2024, and codes, names and outcomes are few, so that
coincidences happen. What is meant to be valid about a history is said by `is_valid`, by way of the oracle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import chain, count, cycle, product
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import oracle
from hypothesis import strategies as st
from oracle import Plain, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

Option = TypeVar("Option")

Documents: TypeAlias = tuple[Plain, Plain]
"""A facts document and a policy document that is valid with it."""

POLICY: Final = "acme/p1"
PAYERS: Final[Plain] = {"format": 1, "payers": {"acme": {"name": "Acme Health", "aliases": ["Acme"]}}}
CODES: Final[Plain] = {
    "format": 1,
    "codes": {
        "cpt": {
            "11001": {"label": "First of the codes", "service_type": "Surgery", "sites": ["21", "22"]},
            "22001": {"label": "Second of the codes", "from": "2020-02-29", "through": "2023-06-30"},
        },
        "hcpcs": {"G0297": {"label": "Third of the codes", "through": "2020-12-31", "replaced_by": "22001"}},
    },
}

# Days

FIRST_DAY: Final = date(2019, 1, 1)
LAST_DAY: Final = date(2024, 12, 31)
ALL_DAYS: Final = [FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
TURNING_DAYS: Final = [
    date.fromisoformat(text)
    for text in (
        "2020-01-01", "2020-02-28", "2020-02-29", "2020-03-01", "2020-03-31", "2020-12-31", "2021-01-01", "2021-01-31",
        "2021-02-28", "2021-03-01", "2021-04-30", "2022-01-31", "2022-02-28", "2022-07-01", "2023-02-28", "2023-03-31",
        "2024-02-28", "2024-02-29", "2024-03-01",
    )
]  # fmt: skip
SPANS: Final = (
    "1 day", "30 days", "366 days", "4 weeks", "1 month", "11 months", "12 months", "13 months", "1 year",
    "2 years", "9000 years",
)  # fmt: skip


def pick(draw: DrawFn, options: Sequence[Option]) -> Option:
    """One of these; cheaper than a strategy for each list of them."""
    return options[draw(positions(len(options)))]


@cache
def positions(length: int) -> SearchStrategy[int]:
    """A position in so long a list."""
    return st.integers(0, length - 1)


@cache
def days() -> SearchStrategy[date]:
    """Days of 2019 to 2024, more often than not at the end of a month, a year or a February."""
    return st.sampled_from(TURNING_DAYS) | st.sampled_from(ALL_DAYS)


def draw_day_near(draw: DrawFn, centres: Sequence[date]) -> date:
    """A day beside one of these, or a month or a year from it."""
    distances = (0, -1, 1, -28, -30, -31, 30, 31, -364, -365, -366, 365, 366)
    return within_all_days(pick(draw, centres) + timedelta(days=pick(draw, distances)))


def within_all_days(day: date) -> date:
    """The nearest day that is not outside the years of these tests."""
    return min(max(day, FIRST_DAY), LAST_DAY)


# Vocabularies

SITES: Final = ("neck", "back", "hip", "never")
TESTS: Final = ("mri", "ct", "ultrasound")
CHOICES: Final[dict[str, tuple[str, ...]]] = {"site.main": SITES, "tests.done": TESTS}
DERIVATIONS: Final = ("whole_years_since", "whole_months_since", "full_calendar_months_since")
DATES: Final = ("onset.date", "surgery.date")
DERIVED: Final = {f"{name.partition('.')[0]}.{how}": {how: name} for name in DATES for how in DERIVATIONS}
TYPES: Final[dict[str, str]] = {
    "exam.done": "boolean",
    "exam.normal": "boolean",
    "consent.given": "boolean",
    "visits.count": "integer",
    "pain.score": "number",
    "site.main": "choice",
    "tests.done": "choices",
    "procedure.main": "code",
    "procedures.earlier": "codes",
    **dict.fromkeys(DATES, "date"),
    **dict.fromkeys(DERIVED, "integer"),
}
BUILT_IN_TYPES: Final = {
    "service.code": "code",
    "service.modifiers": "choices",
    "service.place": "choice",
    "claim.diagnoses": "codes",
}
MODIFIERS: Final = ("RT", "LT", "59")
PLACES: Final = ("21", "22", "11")


@st.composite
def vocabularies(draw: DrawFn, names: frozenset[str] | None = None) -> Plain:
    """A facts document: these facts, or some of those above, and each date from which one of them is derived."""
    if names is None:
        names = draw(st.frozensets(st.sampled_from(tuple(sorted(TYPES))), min_size=2, max_size=10))
    names |= {source for name in names for source in DERIVED.get(name, {}).values()}
    facts: Plain = {}
    for name in sorted(names):
        facts[name] = {"type": TYPES[name], "ask": f"What is to be said of {name}?"}
        if name in CHOICES:
            facts[name]["values"] = {value: value.capitalize() for value in CHOICES[name]}
        if name in DERIVED:
            facts[name] |= {"unit": "years" if "years" in name else "months", "derived": DERIVED[name]}
        if name in DATES and draw(st.booleans()):
            facts[name]["may_be_never"] = True
        if pick(draw, (False, False, True)):
            facts[name]["judgement"] = True
    return {"format": 1, "facts": facts}


# Codes

SERVICE_CODES: Final[dict[str, tuple[Plain, ...]]] = {
    "alpha": (
        {"cpt": ["11000", "11001"]},
        {"cpt": ["11000-11003"], "hcpcs": ["G0100"]},
        {"value_set": "alpha-codes"},
    ),
    "beta": ({"cpt": ["22001"]}, {"hcpcs": ["G0297-G0299"], "cpt": ["22000", "22001"]}),
    "gamma": ({"hcpcs": ["J3333"]}, {"icd10pcs": ["3E03317", "3E04317"]}),
}
"""Services and what they may list; what one may list, no other may."""

SERVED: Final = {
    "alpha": (("cpt", "11001"), ("cpt", "11000"), ("cpt", "11003"), ("hcpcs", "G0100")),
    "beta": (("cpt", "22001"), ("hcpcs", "G0298")),
    "gamma": (("hcpcs", "J3333"), ("icd10pcs", "3E03317")),
}
"""Codes of services; not every one is listed wherever its service is."""

CASE_CODES: Final = (*(code for codes in SERVED.values() for code in codes), ("cpt", "99213"))
CODE_SETS: Final[tuple[Plain, ...]] = (
    {"icd10cm": ["Z87.891", "F17.21-"]},
    {"icd10cm": ["F17-"]},
    {"icd10cm": ["G54.0-G54.9"]},
    {"icd10cm": ["G54.1"], "icd9cm": ["353.1"]},
    {"icd10cm": ["E88-"]},
    {"cpt": ["11000-11002", "22001"]},
    {"cpt": ["00500-00600", "11000-11003"]},
    {"hcpcs": ["G0297"]},
)
CASE_CODE_LISTS: Final = {
    "icd10cm": ("F17.21", "F17.210", "F17.200", "F17.2", "Z87.891", "G54.1", "G54.10", "G54"),
    "icd9cm": ("353.1", "353", "E885.9"),
    "cpt": ("11000", "11002", "22001", "0054T", "00600"),
    "hcpcs": ("G0297",),
}
VALUE_SETS: Final[Plain] = {
    "alpha-codes": {"cpt": ["11000-11001", "11003"]},
    "diagnoses": {"icd10cm": ["F17.21-", "G54.1"], "icd9cm": ["353.1"]},
    "spine": ["neck", "back"],
    "imaging": ["mri", "ct"],
    "small": [0, 1, 2],
}


# Criteria


def said(key: str, value: Value, **more: Value) -> Plain:
    """A mapping with this key, and perhaps others before it."""
    return {**more, key: value}


def under(key: str) -> Callable[[Value], Plain]:
    """What makes a mapping with this one key of a value."""
    return lambda value: {key: value}


def unique(values: tuple[Value, ...], *, at_most: int = 3) -> SearchStrategy[list[Value]]:
    """A list of some of these values, each once."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=at_most, unique_by=str)


def numbers(fact: str) -> SearchStrategy[int | float]:
    """What a count or a measure may be compared with."""
    whole = st.integers(-3, 14 if fact in DERIVED else 5)
    return whole if TYPES[fact] == "integer" else whole | st.sampled_from((0.0, 0.5, 1.5, 2.0, 2.25))


def ranges(
    low: tuple[str, ...], high: tuple[str, ...], bounds: SearchStrategy[Value], following: SearchStrategy[Value]
) -> SearchStrategy[Plain]:
    """A bound from below, from above, or one of each with room between them."""

    def both(names: tuple[str, str], bound: Value, distance: Value) -> Plain:
        return {names[0]: bound, names[1]: bound + distance}

    names = st.tuples(st.sampled_from(low), st.sampled_from(high))
    one = st.builds(said, st.sampled_from(low + high), bounds)
    return one | st.builds(both, names, bounds, following)


def date_comparisons() -> SearchStrategy[Plain]:
    """What can be asked of a date."""
    fixed = ranges(
        ("on_or_after", "after"),
        ("on_or_before", "before"),
        days(),
        st.sampled_from((2, 30, 366)).map(lambda number: timedelta(days=number)),
    ).map(lambda comparisons: {name: str(day) for name, day in comparisons.items()})
    on_the_day = st.sampled_from(("on_or_after", "after", "on_or_before", "before")).map(
        lambda name: said(name, "date_of_service")
    )
    ago = st.builds(
        said,
        st.sampled_from(("within_last", "at_least_ago", "longer_ago_than")),
        st.sampled_from(SPANS),
    )
    between = st.builds(
        lambda name, months: {name: f"{months} months", "within_last": f"{months + 6} months"},
        st.sampled_from(("at_least_ago", "longer_ago_than")),
        st.sampled_from((6, 12)),
    )
    since = st.builds(lambda day, span: {"on_or_after": str(day), "at_least_ago": span}, days(), st.sampled_from(SPANS))
    return st.one_of(fixed, on_the_day, ago, ago, between, since)


def code_lists(systems: tuple[str, ...], value_sets: frozenset[str]) -> SearchStrategy[Plain]:
    """Codes under their systems, or a set of them by its name."""
    written = [codes for codes in CODE_SETS if set(codes) <= set(systems)]
    return st.sampled_from(
        [*written, *({"value_set": name} for name in ("diagnoses",) if name in value_sets and "icd9cm" in systems)]
    )


def sets_of(values: tuple[str, ...], value_sets: frozenset[str]) -> SearchStrategy[Value]:
    """Some of these values, or a set of them by its name."""
    names = [name for name in sorted(value_sets) if set(VALUE_SETS[name]) <= set(values)]
    return unique(values) | st.sampled_from([{"value_set": name} for name in names]) if names else unique(values)


@cache
def comparisons_on(fact: str, value_sets: frozenset[str]) -> SearchStrategy[Plain]:
    """The comparisons that a fact may be put to, one or more at once."""
    choices = {**CHOICES, "service.modifiers": MODIFIERS, "service.place": PLACES}
    match {**TYPES, **BUILT_IN_TYPES}[fact]:
        case "boolean":
            one_of_both = unique((True, False)).map(under("in"))
            return st.booleans().map(under("is")) | one_of_both
        case "integer" | "number":
            bounds = numbers(fact)
            lists = st.lists(bounds, min_size=1, max_size=3, unique=True)
            if "small" in value_sets:
                lists |= st.just({"value_set": "small"})  # type: ignore[arg-type]  # a list by its name
            return st.one_of(
                bounds.map(under("is")),
                lists.map(under("in")),
                ranges(("at_least", "more_than"), ("at_most", "less_than"), bounds, st.integers(2, 12)),
            )
        case "date":
            return date_comparisons()
        case "choice":
            return st.one_of(
                st.sampled_from(choices[fact]).map(under("is")),
                sets_of(choices[fact], value_sets).map(under("in")),
            )
        case "choices":
            return has(sets_of(choices[fact], value_sets))
        case "code":
            one = st.sampled_from(CASE_CODES).map(lambda pair: {"is": said(*pair)})
            return one | code_lists(("cpt", "hcpcs"), value_sets).map(under("in"))
    return has(
        code_lists(("icd10cm", "icd9cm", "cpt", "hcpcs") if fact in TYPES else ("icd10cm", "icd9cm"), value_sets)
    )


def has(lists: SearchStrategy[Value]) -> SearchStrategy[Plain]:
    """`has_any`, `has_all` or both."""
    return st.one_of(
        lists.map(under("has_any")),
        lists.map(under("has_all")),
        st.builds(lambda some, every: {"has_any": some, "has_all": every}, lists, lists),
    )


NOTES: Final[tuple[Plain, ...]] = (
    {},
    {},
    {},
    {},
    {"id": "x", "says": "In other words"},
    {"cite": "Section 2", "quote": "i.e."},
    {"id": "x", "reading": "One is enough"},
)
"""What may stand beside a criterion; every `id` is made unique later."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What criteria may speak of: facts, value sets and named criteria."""

    facts: tuple[str, ...]
    value_sets: frozenset[str]
    named: tuple[str, ...] = ()


def draw_criterion(draw: DrawFn, terms: Terms, depth: int = 3) -> Plain:
    """A criterion of any operator, so many levels deep at most."""
    operators = ["fact", "fact", "fact", "use"] if terms.named else ["fact", "fact", "fact"]
    if depth:
        operators += ["all", "any", "none", "of"]
    operator = pick(draw, operators)
    criterion: Plain
    match operator:
        case "fact":
            fact = pick(draw, terms.facts)
            criterion = {"fact": fact, **draw(comparisons_on(fact, terms.value_sets))}
        case "use":
            criterion = {"use": pick(draw, terms.named)}
        case _:
            smallest = 2 if operator == "of" else 1
            number = draw(st.integers(smallest, smallest + 2))
            criterion = {operator: [draw_criterion(draw, terms, depth - 1) for _ in range(number)]}
            if operator == "of":
                criterion["count_at_least"] = draw(st.integers(1, number))
    return criterion | pick(draw, NOTES)


# Coverage

OUTCOMES: Final[tuple[Plain, ...]] = (
    {"outcome": "medically-necessary"},
    {"outcome": "not-medically-necessary"},
    {"outcome": "covered"},
    {"outcome": "not-covered"},
    {"outcome": "experimental-investigational-unproven"},
    {"outcome": "deferred", "to": "the contractor"},
    {"outcome": "deferred", "to": "the medical director"},
)
LAST_OUTCOMES: Final[tuple[Plain, ...]] = (
    *OUTCOMES,
    {"outcome": "not-addressed"},
    {"outcome": "not-encoded", "says": "A table of doses"},
)
DEFERRED: Final = tuple(outcome for outcome in OUTCOMES if outcome["outcome"] == "deferred")


SOME_OUTCOMES: Final = {deferred: unique(DEFERRED if deferred else OUTCOMES, at_most=2) for deferred in (True, False)}


def draw_coverage(draw: DrawFn, terms: Terms, *, deferred_only: bool, last_only: bool) -> list[Plain]:
    """Coverage statements; the last has no `when`, and may be the only one."""
    few = draw(SOME_OUTCOMES[deferred_only])
    length = 0 if last_only else pick(draw, (0, 1, 1, 2, 2, 3, 3))
    statements = [{**pick(draw, few), "when": draw_criterion(draw, terms)} for _ in range(length)]
    last = pick(draw, few if draw(st.booleans()) else DEFERRED if deferred_only else LAST_OUTCOMES)
    for number, statement in enumerate(statements, 1):
        if draw(st.booleans()):
            statement["cite"] = f"Statement {number}"
    return [*statements, dict(last)]


def draw_services(draw: DrawFn, terms: Terms, *, deferred_only: bool = False, last_only: bool = False) -> list[Plain]:
    """One to three services without a code in common."""
    services = []
    for name in pick(draw, (["alpha"], ["alpha", "beta"], ["beta"], ["alpha", "beta", "gamma"])):
        codes = [
            listed for listed in SERVICE_CODES[name] if listed.get("value_set", "small") in terms.value_sets | {"small"}
        ]
        coverage = draw_coverage(draw, terms, deferred_only=deferred_only, last_only=last_only)
        services.append({"service": name, "codes": pick(draw, codes), "coverage": coverage})
    return services


# Histories


def is_valid(history: list[Plain]) -> bool:
    """Whether, however much of it is known, no two entries share a day and every `unchanged` has what it carries over."""
    for known_on in epochs(history):
        entries = oracle.counting(history, known_on)
        if len({entry["effective"] for entry in entries}) < len(entries):
            return False
        try:
            for entry in entries:
                oracle.services_of(history, entry, known_on)
        except oracle.NothingToCarryOverError:
            return False
    return True


def epochs(history: list[Plain]) -> list[date | None]:
    """A `known_on` for every extent to which a history can be known."""
    return [
        FIRST_DAY - timedelta(days=1),
        *sorted({date.fromisoformat(entry["known_from"]) for entry in history if "known_from" in entry}),
        None,
    ]


def standing(history: list[Plain]) -> list[Plain]:
    """The entries whose place another may take, considering those above."""
    return [entry for entry in oracle.counting(history, None) if entry["change"] != "retired"]


def withdrawable(history: list[Plain]) -> list[Plain]:
    """The entries that may be made void: not void yet, and without a replacement that is not void."""
    gone = oracle.void(history, None) | oracle.replaced(history, None)
    return [entry for entry in history if entry["revision"] not in gone]


def changes(history: list[Plain], kind: str, corrections: int) -> list[str]:
    """What the next entry may be, a correction so many times as often as it would have to be."""
    if kind == "no-determination":
        following = ["searched"]
    elif not oracle.counting(history, None):
        return ["new"] if history else ["new", "new", "criteria", "codes"]
    else:
        following = ["criteria", "criteria", "criteria", "codes", "codes", "review", "retired"]
    if standing(history):
        following += ["correction"] * (corrections if len(history) > 1 else 1)
    if withdrawable(history):
        following += ["withdrawn"] * min(len(history), 3)
    return following


@st.composite
def histories(
    draw: DrawFn,
    terms: Terms,
    *,
    kind: str,
    before: tuple[Plain, ...] = (),
    known_after: date | None = None,
    at_least: int = 1,
) -> list[Plain]:
    """A history of up to six entries more than stand `before`; fewer where the next one would have no valid place.

    Everything new in it is first known after `known_after`, if that is given.
    """
    history = list(before)
    bases, corrections = pick(draw, BASES), pick(draw, (1, 2, 8))
    for number in range(len(history) + 1, len(history) + draw(st.integers(at_least, 6)) + 1):
        change = pick(draw, changes(history, kind, corrections))
        entry: Plain = {"revision": f"r{number}", "change": change, "summary": f"Entry {number}."}
        is_dated = change in {"correction", "withdrawn"} or known_after is not None
        earliest = max((entry["known_from"] for entry in history if "known_from" in entry), default=str(FIRST_DAY))
        if known_after is not None:
            earliest = max(earliest, str(known_after + timedelta(days=1)))
        if is_dated or draw(st.booleans()):
            entry["known_from"] = max(earliest, str(draw(days())))
        if change == "withdrawn":
            entry["withdraws"] = pick(draw, withdrawable(history))["revision"]
            candidates = iter([entry])
        else:
            nothing_found = kind == "no-determination"
            deferred_only, last_only = nothing_found or change == "retired", nothing_found or not terms.facts
            services = draw_services(draw, terms, deferred_only=deferred_only, last_only=last_only)
            entry |= pick(draw, bases) | draw(unselecting_dates())
            entry["effective"] = str(draw(days()))
            if change == "correction":
                target = pick(draw, [*reversed(standing(history))])
                entry["replaces"] = target["revision"]
                redated = str(oracle.add_month(date.fromisoformat(target["effective"]), pick(draw, (-1, 1))))
                entry["effective"] = pick(draw, (target["effective"], entry["effective"], redated))
            wish, end = pick(draw, (0, 1, 1, 1, 2, 3)), pick(draw, ENDS)
            placings = [places(form, history, end) for form in forms(entry, services, history, wish)]
            candidates = chain.from_iterable(placings)
        placed = next((entry for entry in candidates if is_valid([*history, entry])), None)
        if placed is None:
            break
        history.append(placed)
    return history


BY_SERVICE: Final[Plain] = {"applies_by": "date-of-service"}
BY_CLAIM: Final[Plain] = {"applies_by": "claim-processed"}
BASES: Final[tuple[tuple[Plain, ...], ...]] = (({}, BY_SERVICE), ({}, BY_CLAIM), ({}, {}, BY_CLAIM), (BY_CLAIM,))
"""The date by which the entries of a history may apply."""

ENDS: Final[tuple[int | str | None, ...]] = (*(None,) * 9, 0, 40, 400, "next")
"""How many days after its first an entry ends, or that it ends just before another begins."""


def forms(entry: Plain, services: list[Plain], history: list[Plain], wish: int) -> Iterator[Plain]:
    """The ways in which an entry could say its services, the wished one first."""
    if entry["change"] == "retired":
        yield {**entry, "services": services} if wish == 0 else entry
        return
    if entry["change"] == "review" or (wish == 1 and history):
        yield {**entry, "services": "unchanged"}
    if wish == 2 and history and entry["change"] != "searched":
        carried = {"service": services[0]["service"], "unchanged": True}
        yield {**entry, "services": [carried, *services[1:]]}
        yield {**entry, "services": [*services[:-1], {"service": services[-1]["service"], "unchanged": True}]}
    if entry["change"] != "review":
        yield {**entry, "services": services}


def places(entry: Plain, history: list[Plain], end: int | str | None) -> Iterator[Plain]:
    """The same entry on the day it asks for, or on each of others; perhaps with an end."""
    for effective in [date.fromisoformat(entry["effective"]), *TURNING_DAYS]:
        placed = {**entry, "effective": str(effective)}
        if end is not None and (entry["change"] != "retired" or "services" in entry):
            starts = [date.fromisoformat(other["effective"]) for other in history if "effective" in other]
            following = min((start for start in starts if start > effective), default=effective + timedelta(days=90))
            last = effective + timedelta(days=end) if isinstance(end, int) else following - timedelta(days=1)
            placed["through"] = str(last)
        yield placed


@cache
def unselecting_dates() -> SearchStrategy[Plain]:
    """Dates of publication, implementation and review."""
    keys = ("published", "implemented", "last_reviewed", "next_review")
    return st.dictionaries(st.sampled_from(keys), days().map(str), max_size=2)


@st.composite
def policies(draw: DrawFn, vocabulary: Plain, *, timeless: bool = False) -> Plain:
    """A policy document over this vocabulary; one that is `timeless` has a single entry, in effect on every day."""
    kind = "coverage-policy" if timeless else pick(draw, (*("coverage-policy",) * 6, "ncd", "lcd", "no-determination"))
    names = draw(st.sets(st.sampled_from(tuple(sorted(VALUE_SETS)))))
    terms = Terms(facts=(*vocabulary["facts"], *BUILT_IN_TYPES), value_sets=frozenset(names))
    named: Plain = {}
    for name in ("first-line", "second-line")[: draw(st.integers(0, 2))]:
        named[name] = without_ids(draw_criterion(draw, terms, 2))
        terms = replace(terms, named=tuple(named))
    if timeless:
        entry = {"revision": "r1", "change": "new", "summary": "Entry 1.", "effective": str(FIRST_DAY)}
        history = [{**entry, "services": draw_services(draw, terms)}]
    else:
        history = draw(histories(terms, kind=kind))
    policy: Plain = {"format": 1, "policy": POLICY, "title": "A policy", "payer": "acme", "kind": kind}
    if names:
        policy["value_sets"] = {name: VALUE_SETS[name] for name in sorted(names)}
    if named:
        policy["criteria"] = named
    policy["history"] = numbered(history, count(1))
    return policy


@st.composite
def continued(draw: DrawFn, found: Documents, known_after: date) -> Plain:
    """The same policy with more entries, all of them known only after a day on which all others are."""
    vocabulary, policy = found
    terms = Terms(
        facts=(*vocabulary["facts"], *BUILT_IN_TYPES),
        value_sets=frozenset(policy.get("value_sets", {})),
        named=tuple(policy.get("criteria", {})),
    )
    before = policy["history"]
    history = draw(histories(terms, kind=policy["kind"], before=tuple(before), known_after=known_after))
    return {**policy, "history": [*before, *numbered(history[len(before) :], count(1001))]}


@st.composite
def timelines(draw: DrawFn) -> Documents:
    """Documents without criteria, in which every service of every entry tells by its outcome where it was written."""
    kind = pick(draw, (*("coverage-policy",) * 3, "no-determination"))
    history = copied(draw(histories(Terms(facts=(), value_sets=frozenset()), kind=kind, at_least=3)))
    for entry in history:
        for service in services_written(entry):
            if "coverage" in service:
                service["coverage"] = [{"outcome": "deferred", "to": f"{service['service']} of {entry['revision']}"}]
    policy = {"format": 1, "policy": POLICY, "title": "A policy", "payer": "acme", "kind": kind, "history": history}
    return {"format": 1, "facts": {"exam.done": {"type": "boolean", "ask": "Is it done?"}}}, policy


@st.composite
def dense_documents(draw: DrawFn) -> Documents:
    """Documents with every fact, one criterion, and in it many comparisons side by side, every span among them."""
    vocabulary = draw(vocabularies(names=frozenset(TYPES)))
    for name in DATES:
        vocabulary["facts"][name]["may_be_never"] = True
    terms = Terms(facts=(*TYPES, *BUILT_IN_TYPES, *DATES * 4), value_sets=frozenset(VALUE_SETS))
    parts: list[Plain] = [draw_criterion(draw, terms, 0) for _ in range(12)]
    for comparison in ("within_last", "at_least_ago", "longer_ago_than"):
        parts += [{"fact": pick(draw, DATES), comparison: span} for span in SPANS]
    for name in DERIVED:
        comparisons = ("is", "at_least", "more_than", "at_most", "less_than")
        parts += [{"fact": name, pick(draw, comparisons): number} for number in (-1, 0, 1, 12)]
    criterion = {"all": parts}
    coverage = [{"outcome": "covered", "when": criterion}, {"outcome": "not-covered"}]
    services = [{"service": "alpha", "codes": {"cpt": ["11001"]}, "coverage": coverage}]
    entry = {
        "revision": "r1",
        "change": "new",
        "summary": "Entry 1.",
        "effective": str(FIRST_DAY),
        "services": services,
    }
    policy = {
        "format": 1,
        "policy": POLICY,
        "title": "A policy",
        "payer": "acme",
        "kind": "ncd",
        "value_sets": VALUE_SETS,
    }
    return vocabulary, {**policy, "history": numbered([entry], count(1))}


@st.composite
def dense_cases(draw: DrawFn, found: Documents) -> list[Plain]:
    """Cases for such documents: on every day on which a comparison could change, in full and in part, and never."""
    date_of_service = pick(draw, [day for day in TURNING_DAYS if day.year > LAST_DAY.year - 3])
    case: Plain = {"policy": POLICY, "date_of_service": str(date_of_service), "service": {"cpt": "11001"}}
    names = [name for name in untold(found[0], case) if name not in DERIVED]
    names.remove(pick(draw, names))
    cases = cycle([completed(case, names, draw(worlds(found, case))) for _ in range(4)])
    told = {"never"}
    for day in days_of_change(found[1], date_of_service):
        told |= {str(day), str(day)[:7], str(day)[:4]}
    return [
        {**case, "facts": {**case["facts"], **dict.fromkeys(DATES, when)}}
        for when, case in zip(sorted(told), cases, strict=False)
    ]


@st.composite
def switchboards(draw: DrawFn) -> tuple[Documents, list[Plain]]:
    """Documents with many statements over three booleans, and a case for each way to tell these, or not to."""
    names = ("consent.given", "exam.done", "exam.normal")
    vocabulary = draw(vocabularies(names=frozenset(names)))
    terms = Terms(facts=names, value_sets=frozenset())
    outcomes = [pick(draw, OUTCOMES), pick(draw, OUTCOMES)]
    length = draw(st.integers(2, 5))
    coverage = [{**pick(draw, outcomes), "when": draw_criterion(draw, terms, 1)} for _ in range(length)]
    services = [{"service": "alpha", "codes": {"cpt": ["11001"]}, "coverage": [*coverage, pick(draw, outcomes)]}]
    entry = {
        "revision": "r1",
        "change": "new",
        "summary": "Entry 1.",
        "effective": str(FIRST_DAY),
        "services": services,
    }
    policy = {"format": 1, "policy": POLICY, "title": "A policy", "payer": "acme", "kind": "ncd"}
    case: Plain = {"policy": POLICY, "date_of_service": str(LAST_DAY), "service": {"cpt": "11001"}}
    ways = product((True, False, None), repeat=len(names))
    cases = [{**case, "facts": dict(zip(names, values, strict=True))} for values in ways]
    return (vocabulary, {**policy, "history": numbered([entry], count(1))}), cases


def without_ids(data: Value) -> Value:
    """The same criteria without their ids: where one is used twice, they would stand twice in an entry."""
    if isinstance(data, dict):
        return {key: without_ids(value) for key, value in data.items() if key != "id"}
    return [without_ids(item) for item in data] if isinstance(data, list) else data


def numbered(data: Value, numbers: Iterator[int]) -> Value:
    """The same data with every `id` made unique."""
    if isinstance(data, dict):
        return {key: f"id-{next(numbers)}" if key == "id" else numbered(value, numbers) for key, value in data.items()}
    return [numbered(item, numbers) for item in data] if isinstance(data, list) else data


@st.composite
def documents(draw: DrawFn, *, timeless: bool = False) -> Documents:
    """A facts document and a policy over it."""
    vocabulary = draw(vocabularies())
    return vocabulary, draw(policies(vocabulary, timeless=timeless))


# Cases


@st.composite
def cases(draw: DrawFn, found: Documents) -> Plain:
    """A case for a policy: some facts are told, some are null, some left out, some dates only in part."""
    vocabulary, policy = found
    history = policy["history"]
    is_governed = pick(draw, (True, True, True, False))
    around = oracle.days_around(history)
    date_of_service = draw_day_after(draw, history) if is_governed else draw_day_near(draw, around)
    case: Plain = {"policy": POLICY, "date_of_service": str(date_of_service)}
    if pick(draw, (True, True, False)):
        case["claim_processed"] = str(draw_day_near(draw, [date_of_service, *around]))
    if pick(draw, (False, False, True)):
        told = [date.fromisoformat(entry["known_from"]) for entry in history if "known_from" in entry]
        case["known_on"] = str(draw_day_near(draw, told or TURNING_DAYS))
    match pick(draw, ("with its code",) * 14 + ("without its code", "left out")):
        case "with its code":
            case["service"] = draw(services_rendered(history))
        case "without its code":
            case["service"] = {"place": pick(draw, PLACES)}
    if draw(st.booleans()):
        case["diagnoses"] = draw(code_values(("icd10cm", "icd9cm")))
    truth = draw(worlds(found, case))
    case["facts"] = {}
    for name in vocabulary["facts"]:
        match pick(draw, ("told", "left out", "told", "in part", "left out", "null")):
            case "told" if name in truth and (name not in DERIVED or draw(st.booleans())):
                case["facts"][name] = truth[name]
            case "in part" if name in DATES and truth[name] != "never":
                case["facts"][name] = truth[name][: pick(draw, (4, 7))]
            case "null":
                case["facts"][name] = None
    return case


def draw_day_after(draw: DrawFn, history: list[Plain]) -> date:
    """A day on which some entry has begun, often its first."""
    start = date.fromisoformat(pick(draw, [entry["effective"] for entry in history if "effective" in entry]))
    return pick(draw, (start, start + timedelta(days=1), *(day for day in TURNING_DAYS if day > start)))


@st.composite
def services_rendered(draw: DrawFn, history: list[Plain]) -> Plain:
    """A service with its code, one of the history's more often than not; its modifiers and its place may be left out."""
    listed = {service["service"] for entry in history for service in services_written(entry)}
    usual = [SERVED[name][0] for name in sorted(listed)]
    unusual = [code for name in sorted(listed) for code in SERVED[name]]
    system, code = pick(draw, pick(draw, (usual, usual, unusual, CASE_CODES)))
    service: Plain = {system: code}
    if draw(st.booleans()):
        service["modifiers"] = draw(st.lists(st.sampled_from(MODIFIERS), max_size=2, unique=True))
    if draw(st.booleans()):
        service["place"] = pick(draw, PLACES)
    return service


def services_written(entry: Plain) -> list[Plain]:
    """The services that an entry writes out, or names."""
    services = entry.get("services", [])
    return [] if services == "unchanged" else services


@cache
@st.composite
def code_values(draw: DrawFn, systems: tuple[str, ...]) -> Plain:
    """The value of a fact that holds codes."""
    chosen = draw(st.lists(st.sampled_from(systems), min_size=1, max_size=2, unique=True))
    return {
        system: draw(st.lists(st.sampled_from(CASE_CODE_LISTS[system]), max_size=3, unique=True)) for system in chosen
    }


@cache
def values(fact: str) -> SearchStrategy[Value]:
    """What a fact that is neither a date nor derived could be."""
    match TYPES[fact]:
        case "boolean":
            return st.booleans()
        case "integer" | "number":
            return numbers(fact)
        case "choice":
            return st.sampled_from(CHOICES[fact])
        case "choices":
            return st.lists(st.sampled_from(CHOICES[fact]), max_size=3, unique=True)
        case "code":
            return st.sampled_from(CASE_CODES).map(lambda pair: said(*pair))
    return code_values(("icd10cm", "icd9cm", "cpt", "hcpcs"))


@st.composite
def worlds(draw: DrawFn, found: Documents, case: Plain) -> Plain:
    """A value in full for everything that could be told of a case, in keeping with what it tells.

    A number derived from a date that never came has none.
    """
    (vocabulary, policy), told = found, case.get("facts", {})
    date_of_service = date.fromisoformat(case["date_of_service"])
    interesting = days_of_change(policy, date_of_service)
    world: Plain = {
        "claim_processed": str(draw(days())),
        "service.code": pick(draw, CASE_CODES),
        "service.modifiers": draw(st.lists(st.sampled_from(MODIFIERS), max_size=2, unique=True)),
        "service.place": pick(draw, PLACES),
        "claim.diagnoses": draw(code_values(("icd10cm", "icd9cm"))),
    }
    for name in vocabulary["facts"]:
        if name in DATES:
            world[name] = draw_date(draw, name, vocabulary, case, interesting)
        elif name not in DERIVED:
            world[name] = draw(values(name)) if told.get(name) is None else told[name]
    for name in vocabulary["facts"]:
        for how, source in DERIVED.get(name, {}).items():
            if world[source] != "never":
                world[name] = oracle.derive(how, date.fromisoformat(world[source]), date_of_service)
    return world


def days_of_change(policy: Plain, date_of_service: date) -> list[date]:
    """The days at which some comparison of a policy begins or ceases to hold, the days beside them, and today."""
    days = {date_of_service}
    for criterion in facts_in(policy):
        derived = next(iter(DERIVED.get(criterion["fact"], {})), None)
        for comparison, wanted in criterion.items():
            if comparison in {"within_last", "at_least_ago", "longer_ago_than"}:
                days.add(back(date_of_service, *wanted.split(" ")))
            elif comparison in {"on_or_after", "after", "on_or_before", "before"} and wanted != "date_of_service":
                days.add(date.fromisoformat(wanted))
            elif derived is not None and isinstance(wanted, int):
                days.add(back(date_of_service, str(wanted), "years" if "years" in derived else "months"))
    beside = {day + timedelta(days=distance) for day in days for distance in (-1, 0, 1)}
    return sorted(day for day in beside if FIRST_DAY <= day <= LAST_DAY) or [FIRST_DAY]


def facts_in(data: Value) -> Iterator[Plain]:
    """Every criterion on a fact, wherever in a document."""
    if isinstance(data, dict):
        if "fact" in data:
            yield data
        for value in data.values():
            yield from facts_in(value)
    elif isinstance(data, list):
        for item in data:
            yield from facts_in(item)


def back(day: date, count: str, unit: str) -> date:
    """About the day to which a span is to be added to come to this one."""
    days = {"day": 1, "week": 7}.get(unit.removesuffix("s"))
    if days is not None:
        return day - timedelta(days=days * int(count))
    months = int(count) * (12 if unit.startswith("year") else 1)
    return oracle.add_month(day, -months) if abs(months) < 12 * len(ALL_DAYS) // 365 else FIRST_DAY


def draw_date(draw: DrawFn, name: str, vocabulary: Plain, case: Plain, interesting: list[date]) -> str:
    """A day, in full, that a date fact could be: within the partial date, and giving the numbers that are told."""
    told, date_of_service = case.get("facts", {}), date.fromisoformat(case["date_of_service"])
    numbers = [
        (how, told[fact])
        for fact, derived in DERIVED.items()
        for how in derived
        if derived[how] == name and told.get(fact) is not None
    ]
    stated = told.get(name)
    if stated == "never":
        return "never"
    if stated is None and not numbers:
        chances = ("interesting", "interesting", "interesting", "any", "never")
        match pick(draw, chances):
            case "never" if "may_be_never" in vocabulary["facts"][name]:
                return "never"
            case "any":
                return str(draw(days()))
        return str(pick(draw, interesting))
    fitting = [
        day
        for day in (ALL_DAYS if stated is None else oracle.days_of(stated))
        if all(oracle.derive(how, day, date_of_service) == number for how, number in numbers)
    ]
    return str(pick(draw, (fitting[0], fitting[-1], pick(draw, fitting))))


def untold(vocabulary: Plain, case: Plain) -> list[str]:
    """The names of all that a case does not tell, or tells only in part."""
    service, facts = case.get("service", {}), case.get("facts", {})
    names = [name for name in ("claim_processed",) if name not in case]
    names += ["service.code"] * service.keys().isdisjoint(oracle.SYSTEMS)
    names += [f"service.{part}" for part in ("modifiers", "place") if part not in service]
    names += ["claim.diagnoses"] * ("diagnoses" not in case)
    for name in vocabulary["facts"]:
        stated = facts.get(name)
        if stated is None or (name in DATES and stated != "never" and len(stated) < len("2024-02-29")):
            names.append(name)
    return names


def completed(case: Plain, names: list[str], world: Plain, *, precision: int = 10) -> Plain:
    """The same case with these facts told as they are in a world; of a date, so many characters."""
    result = {**case, "facts": dict(case.get("facts", {}))}
    for name in names:
        match name:
            case "claim_processed":
                result["claim_processed"] = world[name]
            case "service.code":
                result["service"] = {**result.get("service", {}), **said(*world[name])}
            case "service.modifiers" | "service.place":
                result["service"] = {**result.get("service", {}), name.removeprefix("service."): world[name]}
            case "claim.diagnoses":
                result["diagnoses"] = world[name]
            case _ if name in DATES:
                length = max(precision, len(result["facts"].get(name) or ""))
                result["facts"][name] = "never" if world[name] == "never" else world[name][:length]
            case _ if name in world:
                result["facts"][name] = world[name]
            case _:
                result["facts"] |= dict.fromkeys(DERIVED[name].values(), "never")
    return result


def completions(found: Documents, case: Plain, names: list[str]) -> SearchStrategy[Plain]:
    """The same case with these facts told, dates in full."""
    return worlds(found, case).map(lambda world: completed(case, names, world))


# Spoiled documents

MARKS: Final = (
    "&a ", "*a", "!!python/object:os.system ", "!x ", "<<: ", "---\n", "...\n", "%YAML 1.1\n", "\t", "\r", "\x00", "\x7f",
    "\u202e", "\u200b", "\ufeff", "\x85", "'", '"', "|\n", ">-\n", "? ", "- ", "{", "[", "}", "]", "# ", ": ", ",", "\n",
    "1e999", "0x10", "~", "=", "yes", "2024-02-30", "999999999999999999999", "-0", ".5", "\\ud800", "\U0001f600", "ß",
    "format: 1\n", "history:\n", "[" * 100, "{a: " * 100, "- " * 100, "a: &a [*a, *a]\n",
)  # fmt: skip
"""What means something to YAML, or to some reader of it, and much that is not allowed."""


@st.composite
def spoiled_texts(draw: DrawFn, text: str) -> str:
    """A text with a few short pieces of it replaced by marks."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 20)))
        text = text[:start] + pick(draw, MARKS) + text[end:]
    return text


def plain_values() -> SearchStrategy[Value]:
    """Small plain data of any kind, with words and names that mean something in the right place."""
    words = (
        "unchanged", "date_of_service", "never", "r1", "alpha", "2024-02-30", "2024-02-29", "11000-", "exam.done",
        "0001-01-01", "9999-12-31", "first-line", "spine", "deferred", "new", "retired", "",
    )  # fmt: skip
    keys = ("fact", "all", "use", "value_set", "cpt", "is", "count_at_least", "of", "x", "")
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 10**6),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5),
        st.sampled_from(words),
        st.sampled_from(words),
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(keys), inner, max_size=2),
        max_leaves=3,
    )


@st.composite
def spoiled(draw: DrawFn, document: Plain) -> Plain:
    """A document in which a few things are replaced, moved, left out or too many."""
    document = copied(document)
    for _ in range(draw(st.integers(1, 3))):
        parents = list(parents_in(document))
        parent, key = pick(draw, parents)
        match pick(draw, ("replace", "move", "delete", "add")):
            case "replace":
                parent[key] = draw(plain_values())
            case "move":
                source, name = pick(draw, parents)
                parent[key] = copied(source[name])
            case "delete" if len(parents) > 1:
                del parent[key]
            case _ if isinstance(parent, list):
                parent.append(draw(plain_values()))
            case _:
                parent[pick(draw, ("when", "services", "through", "replaces", "x"))] = draw(plain_values())
    return document


def copied(data: Value) -> Value:
    """The same plain data, sharing nothing with it."""
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(item) for item in data] if isinstance(data, list) else data


def parents_in(data: Value) -> Iterator[tuple[Value, Value]]:
    """Every key in every mapping, and every position in every list, with what it is in."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield data, key
            yield from parents_in(value)
