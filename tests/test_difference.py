"""What a change means: laws over policies of every kind, and one example for each way in which things can differ."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import strategies
from examples import law
from hypothesis import event, given
from hypothesis import strategies as st
from samples import coverage, entry, library_of, policy, texts, when
from strategies import copied, pick

from policykit.assembly import holdings_from_data
from policykit.differing.difference import (
    Comparison,
    Difference,
    How,
    Revisions,
    What,
    between_libraries,
    between_revisions,
    compare_services,
    sort_of_change,
)
from policykit.library import Library
from policykit.policy import Change
from policykit.problems import InvalidDocuments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hypothesis.strategies import DrawFn
    from oracle import Plain

    from policykit.policy import Service

GROUPS = ("all", "any", "none", "of")
BOUNDS = {"at_least": -1000, "more_than": -1000, "at_most": 1000, "less_than": 1000}


def library(found: strategies.Documents) -> Library:
    vocabulary, document = found
    files = {
        "facts.yaml": vocabulary,
        "payers.yaml": strategies.PAYERS,
        "codes.yaml": strategies.CODES,
        f"{strategies.POLICY}.yaml": document,
    }
    return Library(holdings_from_data(files))


def compared(before: Library, after: Library) -> Comparison:
    return between_libraries(before, after, names=("before", "after"))


def flat(comparison: Comparison) -> list[Difference]:
    """All differences, of entries that are in both libraries among them."""
    entries = [each for policy in comparison.policies for each in policy.entries]
    own = [each for policy in comparison.policies for each in policy.differences]
    return [*own, *(each for entry_ in entries for each in entry_.differences), *comparison.vocabulary]


def changed(found: strategies.Documents, document: Plain) -> list[Difference]:
    """What is otherwise where this document takes the place of the one found."""
    return flat(compared(library(found), library((found[0], document))))


def criteria_in(data: Any) -> Iterator[tuple[Any, Any]]:
    """Where each criterion of a document stands, those within others first."""
    for parent, key in reversed(list(strategies.parents_in(data))):
        if isinstance(parent[key], dict) and any(word in parent[key] for word in ("fact", "use", *GROUPS)):
            yield parent, key


def listed_in(data: Any, keys: tuple[str, ...]) -> list[tuple[Plain, str]]:
    """Where the lists under some keys stand."""
    return [
        (parent, key) for parent, key in strategies.parents_in(data) if key in keys and isinstance(parent[key], list)
    ]


# Edits that change no meaning


def shuffled(draw: DrawFn, document: Plain) -> None:
    """Another order of parts, values and codes."""
    for parent, key in listed_in(document["history"], (*GROUPS, "in", "has_any", "has_all", "cpt", "hcpcs", "icd10cm")):
        parent[key] = draw(st.permutations(parent[key]))


def value_sets_renamed(_draw: DrawFn, document: Plain) -> None:
    for parent, key in list(strategies.parents_in(document)):
        if key == "value_set":
            parent[key] = f"other-{parent[key]}"
    if "value_sets" in document:
        document["value_sets"] = {f"other-{name}": listed for name, listed in document["value_sets"].items()}


def written_out(_draw: DrawFn, document: Plain) -> None:
    """Value sets written where they are used."""
    for parent, key in list(strategies.parents_in(document)):
        if isinstance(parent[key], dict) and "value_set" in parent[key]:
            parent[key] = copied(document["value_sets"][parent[key]["value_set"]])


def named(draw: DrawFn, document: Plain) -> None:
    """A criterion named at the top and used, its id at the place of use."""
    places = list(criteria_in(document["history"]))
    if not places:
        return
    parent, key = pick(draw, places)
    criterion = parent[key]
    notes = {note: criterion.pop(note) for note in ("id",) if note in criterion}
    document["criteria"] = {**document.get("criteria", {}), "named-now": criterion}
    parent[key] = {**notes, "use": "named-now"}


MEANINGLESS = (shuffled, value_sets_renamed, written_out, named)

# Edits of what decides nothing


def reworded(draw: DrawFn, document: Plain) -> None:
    for parent, key in criteria_in(document):
        if draw(st.booleans()):
            parent[key]["says"] = "In yet other words"


def redated(draw: DrawFn, document: Plain) -> None:
    for each in document["history"]:
        if each["change"] != "withdrawn":
            each[pick(draw, ("published", "implemented", "last_reviewed", "next_review"))] = str(
                draw(strategies.days())
            )


def regrouped(draw: DrawFn, document: Plain) -> None:
    """A criterion as `all`, or `any`, of itself."""
    places = list(criteria_in(document["history"]))
    if places:
        parent, key = pick(draw, places)
        operator = pick(draw, ("all", "any"))
        parent[key] = {operator: [parent[key]]}


def reviewed(draw: DrawFn, document: Plain) -> None:
    """An entry more, which carries over all that was."""
    history = document["history"]
    days = [date.fromisoformat(each["effective"]) for each in history if "effective" in each]
    latest = max(history, key=lambda each: each.get("effective", ""))
    if "services" not in latest:
        return
    change = "searched" if document["kind"] == "no-determination" else "review"
    effective = max(days) + timedelta(days=draw(st.integers(1, 40)))
    basis = {"applies_by": latest["applies_by"]} if "applies_by" in latest and draw(st.booleans()) else {}
    again = {"revision": "again", "change": change, "summary": "Looked at again.", "effective": str(effective), **basis}
    services = latest["services"] if change == "searched" else "unchanged"
    history.append({**again, "services": copied(services)})


# Edits of what may decide


def bounds_moved(draw: DrawFn, document: Plain) -> None:
    places = [(parent, key) for parent, key in strategies.parents_in(document) if key in BOUNDS]
    if places:
        parent, key = pick(draw, places)
        parent[key] = BOUNDS[str(key)]


def services_dropped(draw: DrawFn, document: Plain) -> None:
    places = [each for each in document["history"] if isinstance(each.get("services"), list)]
    if places:
        services = pick(draw, places)["services"]
        if len(services) > 1:
            services.pop()


def statements_swapped(draw: DrawFn, document: Plain) -> None:
    places = [parent[key] for parent, key in listed_in(document["history"], ("coverage",)) if len(parent[key]) > 2]
    if places:
        statements = pick(draw, places)
        statements[0], statements[1] = statements[1], statements[0]


def ended(draw: DrawFn, document: Plain) -> None:
    places = [each for each in document["history"] if "services" in each and "through" not in each]
    if places:
        each = pick(draw, places)
        each["through"] = each["effective"]


EDITS = (
    *MEANINGLESS,
    reworded,
    redated,
    regrouped,
    reviewed,
    reviewed,
    bounds_moved,
    services_dropped,
    statements_swapped,
    ended,
)


@st.composite
def edited(draw: DrawFn, edits: tuple[Callable[[DrawFn, Plain], None], ...], found: strategies.Documents) -> Plain:
    """The same policy after one to three edits of these kinds."""
    document: Plain = copied(found[1])
    used = draw(st.lists(st.sampled_from(edits), min_size=1, max_size=3, unique=True))
    for edit in used:
        edit(draw, document)
    return document


def any_documents() -> st.SearchStrategy[strategies.Documents]:
    return strategies.documents(timeless=True) | strategies.documents()


@law(50)
@given(any_documents())
def test_nothing_differs_from_itself(found: strategies.Documents) -> None:
    comparison = compared(library(found), library(found))
    assert not comparison.policies
    assert not comparison.vocabulary
    assert not comparison.decides


@law(80)
@given(st.data())
def test_order_names_and_value_sets_are_no_difference(data: st.DataObject) -> None:
    found = data.draw(any_documents())
    assert changed(found, data.draw(edited(MEANINGLESS, found))) == []


@law(120)
@given(st.data())
def test_what_is_said_not_to_decide_changes_no_outcome(data: st.DataObject) -> None:
    found = data.draw(any_documents())
    document = data.draw(edited(EDITS, found))
    before = library(found)
    try:
        after = library((found[0], document))
    except InvalidDocuments:
        event("not a valid edit")
        return
    comparison = compared(before, after)
    event(f"decides: {comparison.decides}, differs: {bool(comparison.policies)}")
    if comparison.decides:
        return
    for _ in range(4):
        case = data.draw(strategies.cases(found))
        one, other = (each.decide(each.read_case(case)) for each in (before, after))
        assert (one.outcome, one.to) == (other.outcome, other.to)
        assert {(each.outcome, each.to) for each in one.possible} == {
            (each.outcome, each.to) for each in other.possible
        }


@law(60)
@given(st.data())
def test_words_and_dates_that_never_select_and_groups_of_one_decide_nothing(data: st.DataObject) -> None:
    found = data.draw(any_documents())
    differences = changed(found, data.draw(edited((*MEANINGLESS, reworded, redated, regrouped), found)))
    assert [each for each in differences if each.decides] == []


# One edit, one difference


def bound_moved(draw: DrawFn, document: Plain) -> str | None:
    places = [(parent, key) for parent, key in strategies.parents_in(document["history"]) if key in BOUNDS]
    if not places:
        return None
    parent, key = pick(draw, places)
    parent[key] = BOUNDS[str(key)]
    return "comparison altered"


def value_changed(draw: DrawFn, document: Plain) -> str | None:
    """One more, or one less, in a list of values."""
    places = [
        (parent, key)
        for parent, key in listed_in(document["history"], ("in", "has_any", "has_all"))
        if parent[key][0] not in {True, False} and len(parent[key]) > (key != "in")
    ]
    if not places:
        return None
    parent, key = pick(draw, places)
    if len(parent[key]) > 1 and (key != "has_all" or len(parent[key]) > 2) and draw(st.booleans()):
        del parent[key][pick(draw, range(len(parent[key])))]
        return "values removed"
    known = {"site.main": strategies.SITES, "tests.done": strategies.TESTS, "service.place": strategies.PLACES}
    fact = parent["fact"]
    others = {**known, "service.modifiers": strategies.MODIFIERS}.get(fact, (90, 91))
    new = [each for each in others if each not in parent[key]]
    if not new:
        return None
    parent[key].append(pick(draw, new))
    return "values added"


def code_changed(draw: DrawFn, document: Plain) -> str | None:
    services = document["history"][0]["services"]
    codes = pick(draw, services)["codes"]
    if "value_set" in codes or draw(st.booleans()):
        if "value_set" in codes:
            return None
        codes.setdefault("cpt", []).append("99999")
        return "codes added"
    system = pick(draw, sorted(codes))
    if len(codes[system]) < 2 and len(codes) < 2:
        return None
    del codes[system]
    return "codes removed"


def order_changed(draw: DrawFn, document: Plain) -> str | None:
    places = [
        (parent[key], number)
        for parent, key in listed_in(document["history"], ("coverage",))
        for number in range(len(parent[key]) - 2)
        if parent[key][number] != parent[key][number + 1]
    ]
    if not places:
        return None
    statements, number = pick(draw, places)
    statements[number], statements[number + 1] = statements[number + 1], statements[number]
    return "order altered"


def outcome_changed(draw: DrawFn, document: Plain) -> str | None:
    ((parent, key), *_) = draw(st.permutations(listed_in(document["history"], ("coverage",))))
    parent[key][-1] |= {"outcome": "deferred", "to": "somebody new"}
    return "outcome altered"


def criterion_gone(draw: DrawFn, document: Plain) -> str | None:
    places = [
        parent[key]
        for parent, key in listed_in(document["history"], ("all", "any", "none"))
        if len(parent[key]) > 1 and len({str(each) for each in parent[key]}) == len(parent[key])
    ]
    if not places:
        return None
    del pick(draw, places)[0]
    return "criterion removed"


SINGLE = (bound_moved, value_changed, code_changed, order_changed, outcome_changed, criterion_gone)


@st.composite
def edited_once(
    draw: DrawFn, edit: Callable[[DrawFn, Plain], str | None], found: strategies.Documents
) -> tuple[Plain, str | None]:
    """The same policy after one edit, and what that is; None where the policy has no place for it."""
    document: Plain = copied(found[1])
    return document, edit(draw, document)


@pytest.mark.parametrize("edit", SINGLE, ids=lambda edit: edit.__name__)
@law(40)
@given(st.data())
def test_one_edit_is_one_difference(edit: Callable[[DrawFn, Plain], str | None], data: st.DataObject) -> None:
    found = data.draw(strategies.documents(timeless=True))
    document, expected = data.draw(edited_once(edit, found))
    event(f"edited: {expected}")
    if expected is None:
        return
    differences = changed(found, document)
    assert [f"{each.what} {each.how}" for each in differences] == [expected]
    # Statements of one outcome have no order that matters, and what stands twice can be left out once.
    assert expected in {"order altered", "criterion removed"} or differences[0].decides


FLIPPED = {How.ADDED: How.REMOVED, How.REMOVED: How.ADDED}


def told(differences: tuple[Difference, ...], *, turned: bool) -> list[str]:
    """Differences in an order of their own; `turned`, as they are from after to before."""
    found = []
    for each in differences:
        values = [each.before, each.after]
        if each.what is What.ORDER:
            values = [sorted(zip(each.before, each.after, strict=True))]
            values = [[pair[::-1] for pair in values[0]] if turned else values[0]]
            values[0].sort()
            turned_values = values
        else:
            turned_values = values[::-1] if turned else values
        numbers = each.statements[::-1] if turned else each.statements
        how = FLIPPED.get(each.how, each.how) if turned else each.how
        found.append(str((each.what, how, each.service, numbers, each.decides, turned_values)))
    return sorted(found)


def services_of(found: strategies.Documents) -> tuple[Service, ...]:
    return library(found).timeline(strategies.POLICY).view().revisions[-1].services


@law(60)
@given(st.data())
def test_the_other_way_round_what_was_added_is_removed(data: st.DataObject) -> None:
    found = data.draw(strategies.documents(timeless=True))
    if data.draw(st.booleans()):
        document = data.draw(edited((bounds_moved, regrouped, reworded, statements_swapped, shuffled), found))
    else:
        document = data.draw(strategies.policies(found[0], timeless=True))
    try:
        before, after = services_of(found), services_of((found[0], document))
    except InvalidDocuments:
        return
    there, back = compare_services(before, after), compare_services(after, before)
    assert told(there, turned=True) == told(back, turned=False)


# Examples

A = "{id: a, fact: visit.count, at_least: 3}"
B = "{id: b, fact: surgery.urgent, is: true}"
C = "{id: c, fact: tests.done, has_any: [mri, ct]}"

# Two criteria, and what is otherwise: its sort, its id, old, new, and whether it can decide.
CRITERIA: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    (A, "{id: a, fact: visit.count, at_least: 2}", [("comparison altered", "a", {"at_least": 3}, {"at_least": 2}, True)]),
    (A, "{id: a, fact: visit.count, more_than: 3}", [("comparison altered", "a", {"at_least": 3}, {"more_than": 3}, True)]),
    (A, "{id: a, fact: visit.count, at_most: 9}", [("comparison altered", "a", {"at_least": 3}, {"at_most": 9}, True)]),
    (A, "{id: a, fact: visit.count, at_least: 3, at_most: 9}", [("comparison added", "a", None, {"at_most": 9}, True)]),
    (A, "{id: x, fact: visit.count, at_least: 3}", [("note altered", "x", "a", "x", False)]),
    (A, "{id: a, fact: patient.weight, at_least: 3}", [("criterion removed", "a", {"fact": "visit.count", "at_least": 3, "id": "a"}, None, True), ("criterion added", "a", None, {"fact": "patient.weight", "at_least": 3, "id": "a"}, True)]),
    ("{fact: pain.level, is: mild}", "{fact: pain.level, in: [severe, mild]}", [("values added", None, None, ["severe"], True)]),
    ("{fact: pain.level, is: mild}", "{fact: pain.level, in: [mild]}", []),
    ("{fact: pain.level, is: mild}", "{fact: pain.level, is: severe}", [("comparison altered", None, {"is": "mild"}, {"is": "severe"}, True)]),
    ("{fact: surgery.urgent, is: true}", "{fact: surgery.urgent, is: false}", [("comparison altered", None, {"is": True}, {"is": False}, True)]),
    ("{fact: visit.count, in: [1, 2]}", "{fact: visit.count, in: [2, 3]}", [("values removed", None, [1], None, True), ("values added", None, None, [3], True)]),
    ("{fact: patient.weight, is: 2}", "{fact: patient.weight, is: 2.0}", []),
    (C, "{id: c, fact: tests.done, has_all: [mri, ct]}", [("comparison altered", "c", {"has_any": ["mri", "ct"]}, {"has_all": ["mri", "ct"]}, True)]),
    ("{fact: tests.done, has_any: [mri]}", "{fact: tests.done, has_all: [mri]}", []),
    ("{fact: quit.date, within_last: 12 months}", "{fact: quit.date, within_last: 1 year}", []),
    ("{fact: quit.date, within_last: 14 days}", "{fact: quit.date, within_last: 2 weeks}", []),
    ("{fact: quit.date, within_last: 1 month}", "{fact: quit.date, within_last: 30 days}", [("comparison altered", None, {"within_last": "1 month"}, {"within_last": "30 days"}, True)]),
    ("{fact: quit.date, before: 2020-01-01}", "{fact: quit.date, before: date_of_service}", [("comparison altered", None, {"before": "2020-01-01"}, {"before": "date_of_service"}, True)]),
    ("{fact: prior.codes, has_any: {cpt: ['11000-11002']}}", "{fact: prior.codes, has_any: {cpt: ['11000', '11001', '11002']}}", []),
    ("{fact: prior.codes, has_any: {cpt: ['11000-11002']}}", "{fact: prior.codes, has_any: {cpt: ['11000', '11002-11004']}}", [("values removed", None, {"cpt": ["11001"]}, None, True), ("values added", None, None, {"cpt": ["11003-11004"]}, True)]),
    ("{fact: prior.codes, has_all: {cpt: ['11000-11001']}}", "{fact: prior.codes, has_all: {cpt: ['11000', '11001']}}", [("values removed", None, {"cpt": ["11000-11001"]}, None, True), ("values added", None, None, {"cpt": ["11000", "11001"]}, True)]),
    (f"all: [{A}, {B}]", f"all: [{B}, {A}]", []),
    (f"all: [{A}, {B}]", f"any: [{A}, {B}]", [("operator altered", None, "all", "any", True)]),
    (f"{{count_at_least: 1, of: [{A}, {B}]}}", f"any: [{A}, {B}]", [("operator altered", None, "count_at_least 1", "any", False)]),
    (f"{{count_at_least: 2, of: [{A}, {B}, {C}]}}", f"{{count_at_least: 3, of: [{A}, {B}, {C}]}}", [("operator altered", None, "count_at_least 2", "count_at_least 3", True)]),
    (f"any: [{A}, {B}]", f"any: [{A}, {B}, {C}]", [("criterion added", "c", None, {"fact": "tests.done", "has_any": ["mri", "ct"], "id": "c"}, True)]),
    (A, f"all: [{A}, {B}]", [("criterion added", "b", None, {"fact": "surgery.urgent", "is": True, "id": "b"}, True)]),
    (A, f"any: [{A}]", []),
    (A, f"{{count_at_least: 2, of: [{A}, {B}]}}", [("operator altered", None, "count_at_least 1", "count_at_least 2", True), ("criterion added", "b", None, {"fact": "surgery.urgent", "is": True, "id": "b"}, True)]),
    (A, f"none: [{A}]", [("criterion moved", "a", [], ["none"], True), ("criterion added", None, None, {"none": [{"fact": "visit.count", "at_least": 3, "id": "a"}]}, True)]),
    (f"none: [{A}]", f"none: [{A}, {B}]", [("criterion added", "b", None, {"fact": "surgery.urgent", "is": True, "id": "b"}, True)]),
    (f"none: [{{any: [{A}, {B}]}}]", f"none: [{A}, {B}]", [("criterion moved", "b", ["none", "any"], ["none"], False)]),
    (f"none: [{{all: [{A}, {B}]}}]", f"none: [{A}, {B}]", [("criterion moved", "b", ["none", "all"], ["none"], True)]),
    (f"none: [{{all: [{A}, {B}]}}]", f"all: [{A}, {B}]", [("operator altered", None, "none", "all", True)]),
    (f"all: [{A}, {{any: [{B}, {C}]}}]", f"all: [{{any: [{B}, {C}, {A}]}}]", [("criterion moved", "a", ["all"], ["all", "any"], True)]),
    (f"any: [{A}, {B}]", f"all: [{{any: [{A}, {B}]}}, {C}]", [("criterion added", "c", None, {"fact": "tests.done", "has_any": ["mri", "ct"], "id": "c"}, True)]),
    (f"all: [{A}, {{all: [{B}, {C}]}}]", f"all: [{A}, {B}, {C}]", [("criterion moved", "c", ["all", "all"], ["all"], False)]),
    (f"all: [{A}, {{id: g, any: [{B}, {C}]}}]", f"all: [{{none: [{{id: g, any: [{B}]}}]}}, {A}]", [("operator altered", None, "any", "none", True), ("criterion removed", "c", {"fact": "tests.done", "has_any": ["mri", "ct"], "id": "c"}, None, True)]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), CRITERIA)
def test_criteria(before: str, after: str, expected: list[tuple[Any, ...]]) -> None:
    services = revisions_of(when(before), when(after))
    found = compare_services(*services)
    shown = [
        (
            f"{each.what} {each.how}",
            each.criterion.id if each.criterion else None,
            each.before,
            each.after,
            each.decides,
        )
        for each in found
    ]
    assert sorted(shown, key=str) == sorted(expected, key=str)
    back = compare_services(services[1], services[0])
    assert told(found, turned=True) == told(back, turned=False)


def revisions_of(before: str, after: str) -> tuple[tuple[Service, ...], tuple[Service, ...]]:
    one, other = (library_of(each).timeline("acme/p1").view().revisions[-1] for each in (before, after))
    return one.services, other.services


def shown(differences: tuple[Difference, ...] | list[Difference]) -> list[str]:
    """What is otherwise, how, of what, and in which statements."""
    return [
        " ".join(filter(None, (each.what, each.how, each.criterion.id if each.criterion else None, each.key, numbers)))
        for each in differences
        for numbers in ("" if each.statements == (None, None) else str(each.statements),)
    ]


FIRST = f"{{outcome: covered, when: {{all: [{A}, {{id: g, any: [{B}, {C}]}}]}}}}"
D = "{id: d, fact: patient.weight, at_least: 5}"
SECOND = f"{{outcome: deferred, to: x, when: {D}}}"
LAST = "{outcome: not-covered}"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([FIRST, SECOND, LAST], [SECOND, FIRST, LAST], ["order altered coverage"]),
        ([FIRST, LAST], [FIRST, SECOND, LAST], ["statement added (None, 2)"]),
        ([FIRST, SECOND, LAST], [FIRST, LAST], ["statement removed (2, None)"]),
        ([FIRST, LAST], [FIRST.replace("covered", "medically-necessary"), LAST], ["outcome altered outcome (1, 1)"]),
        ([SECOND, LAST], [SECOND.replace("to: x", "to: z"), LAST], ["outcome altered to (1, 1)"]),
        ([SECOND, LAST], [SECOND.replace("to: x", "to: x, cite: Here"), LAST], ["note added cite (1, 1)"]),
        ([FIRST, LAST], [FIRST, "{outcome: covered}"], ["outcome altered outcome (2, 2)"]),
        (
            [FIRST, SECOND, LAST],
            [
                f"{{outcome: covered, when: {A}}}",
                f"{{outcome: deferred, to: x, when: {{all: [{D}, {{id: g, any: [{B}]}}]}}}}",
                LAST,
            ],
            ["criterion moved g (1, 2)", "criterion removed c (1, 2)"],
        ),
    ],
)
def test_statements(before: list[str], after: list[str], expected: list[str]) -> None:
    old, new = (coverage("\n".join(f"- {one}" for one in each)) for each in (before, after))
    services = revisions_of(old, new)
    found = compare_services(*services)
    assert shown(found) == expected
    assert all(each.decides for each in found if each.what is not What.NOTE)


def test_the_order_of_statements_with_one_outcome_decides_nothing() -> None:
    one, other = "- {outcome: covered, when: " + A + "}", "- {outcome: covered, when: " + B + "}"
    services = revisions_of(coverage(f"{one}\n{other}\n- {LAST}"), coverage(f"{other}\n{one}\n- {LAST}"))
    (found,) = compare_services(*services)
    assert (found.what, found.before, found.after, found.decides) == (What.ORDER, [2, 1], [1, 2], False)


def test_places_are_those_of_the_documents_before_and_after() -> None:
    top = "criteria: {often: {fact: visit.count, at_least: 3}}"
    before, after = revisions_of(when("use: often", top=top), when("{fact: visit.count, at_least: 4}"))
    (found,) = compare_services(before, after)
    assert found.where_before is not None
    assert found.where_after is not None
    # The definition, where the limit is written.
    assert (found.where_before.line, found.where_after.line) == (6, 19)


def test_a_shared_criterion_is_told_for_each_service_that_uses_it() -> None:
    def text(limit: int) -> str:
        top = f"criteria: {{often: {{fact: visit.count, at_least: {limit}}}}}"
        statements = "- {outcome: covered, when: {use: often}}\n- {outcome: deferred, to: x, when: {use: often}}"
        return coverage(f"{statements}\n- {LAST}", top=top)

    before, after = revisions_of(text(3), text(2))
    assert [each.statements for each in compare_services(before, after)] == [(1, 1), (2, 2)]


def service(name: str, codes: str, outcome: str = "covered", **more: str) -> str:
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{service: {name}, codes: {codes}, coverage: [{{outcome: {outcome}}}]{extra}}}"


def with_services(*services: str) -> str:
    start = entry("first", "new", "2020-01-01", "none")
    return policy(f"{start}  services: [{', '.join(services)}]\n")


ONE = service("One", "{cpt: ['11000-11003']}")
TWO = service("Two", "{cpt: ['22000']}", "not-covered")


@pytest.mark.parametrize(
    ("before", "after", "expected", "sort"),
    [
        ([ONE, TWO], [TWO, ONE], [], Change.REVIEW),
        ([ONE], [ONE, TWO], ["service added"], Change.CRITERIA),
        ([ONE, TWO], [ONE], ["service removed"], Change.CRITERIA),
        ([ONE], [ONE.replace("One", "Other")], ["service renamed service"], Change.REVIEW),
        ([ONE], [ONE.replace("11003", "11004")], ["codes added codes"], Change.CODES),
        ([ONE], [ONE.replace("11000-", "11001-")], ["codes removed codes"], Change.CODES),
        ([ONE], [service("One", "{cpt: ['11000-11003']}", code_notes="[Old ones]")], ["note added code_notes"], Change.REVIEW),
        ([ONE], [service("One", "{cpt: ['11000-11003']}", reading="As written")], ["note added reading"], Change.REVIEW),
        ([ONE], [service("One", "{cpt: ['11000']}", "not-covered")], ["codes removed codes", "outcome altered outcome (1, 1)"], Change.CRITERIA),
    ],
)  # fmt: skip
def test_services_and_the_sort_of_their_change(
    before: list[str], after: list[str], expected: list[str], sort: Change
) -> None:
    services = revisions_of(with_services(*before), with_services(*after))
    assert shown(compare_services(*services)) == expected
    assert sort_of_change(*services) is sort


# Revisions

HISTORY = (
    entry("first", "new", "2020-01-01")
    + entry("second", "review", "2021-01-01", "unchanged", next_review="2022-01-01")
    + entry("third", "review", "2022-01-01", "not-covered")
    + entry("third-corrected", "correction", "2022-02-01", "unchanged", replaces="third", known_from="2022-03-01")
    + entry("end", "retired", "2023-01-01", "none", known_from="2023-01-01")
    + entry("mistake", "withdrawn", None, "none", withdraws="end", known_from="2023-02-01")
)


def between(before: str, after: str) -> Any:
    timeline = library_of(policy(HISTORY)).timeline("acme/p1")
    revisions = Revisions(timeline)
    one, other = revisions.named(before), revisions.named(after)
    assert one is not None
    assert other is not None
    ((found,),) = (each.entries for each in between_revisions(timeline, one, other).policies)
    return found


@pytest.mark.parametrize(
    ("before", "after", "sort", "remark"),
    [
        ("first", "second", Change.REVIEW, None),
        ("second", "third", Change.CRITERIA, "the entry calls itself `review`, but what decides is otherwise"),
        ("third", "third-corrected", Change.CORRECTION, None),
        ("third-corrected", "end", Change.RETIRED, None),
        # These do not follow one another.
        ("first", "third", None, None),
        ("second", "first", None, None),
    ],
)
def test_the_sort_of_a_change_and_what_the_entry_calls_itself(
    before: str, after: str, sort: Change | None, remark: str | None
) -> None:
    found = between(before, after)
    assert (found.sort, found.remark) == (sort, remark)


def test_the_days_of_two_revisions_decide_nothing_but_for_a_correction() -> None:
    found = between("first", "second")
    dates = {each.key: (each.before, each.after, each.decides) for each in found.differences}
    assert dates == {
        "effective": ("2020-01-01", "2021-01-01", False),
        "next_review": (None, "2022-01-01", False),
    }
    corrected = {each.key: each.decides for each in between("third", "third-corrected").differences}
    assert corrected == {"effective": True, "known_from": False}


def test_the_revision_before_is_the_one_replaced_or_the_one_that_it_follows() -> None:
    revisions = Revisions(library_of(policy(HISTORY)).timeline("acme/p1"))
    names = [each.revision for each in revisions.timeline.policy.history if each.effective]
    found: dict[str, str | None] = {}
    for name in names:
        revision = revisions.named(name)
        assert revision is not None
        before = revisions.before(revision)
        found[name] = before.name if before else None
    assert found == {
        "first": None,
        "second": "first",
        "third": "second",
        "third-corrected": "third",
        "end": "third-corrected",
    }
    assert revisions.named("mistake") is None
    assert revisions.named("nothing") is None


# Libraries


def of_libraries(before: str, after: str, **others: str) -> Comparison:
    return compared(library_of(texts(before)), library_of(texts(after, **others)))


def entries_of(comparison: Comparison) -> list[tuple[Any, ...]]:
    return [(each.how, each.name, each.decides) for policy_ in comparison.policies for each in policy_.entries]


FIRST_ENTRY = entry("first", "new", "2020-01-01")
AGAIN = entry("again", "review", "2021-01-01", "unchanged")
OTHER_SERVICE = service("Two", "{cpt: ['99999']}")
TWO_SERVICES = f"{FIRST_ENTRY.rstrip()[:-1]}, {OTHER_SERVICE}]\n"
CORRECTED = entry("right", "correction", "2020-01-01", "not-covered", replaces="first", known_from="2022-01-01")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (FIRST_ENTRY, FIRST_ENTRY + AGAIN, [(How.ADDED, "again", False)]),
        (FIRST_ENTRY + AGAIN, FIRST_ENTRY, [(How.REMOVED, "again", False)]),
        (FIRST_ENTRY + AGAIN, FIRST_ENTRY.replace("first", "one") + AGAIN, [(How.RENAMED, "one", False)]),
        (FIRST_ENTRY, FIRST_ENTRY + entry("again", "codes", "2021-01-01", "not-covered"), [(How.ADDED, "again", True)]),
        (FIRST_ENTRY, FIRST_ENTRY + AGAIN + "  through: 2021-02-01\n", [(How.ADDED, "again", True)]),
        (FIRST_ENTRY, FIRST_ENTRY + AGAIN + "  applies_by: claim-processed\n", [(How.ADDED, "again", True)]),
        (FIRST_ENTRY + "  through: 2020-06-01\n", FIRST_ENTRY + "  through: 2020-06-01\n" + AGAIN, [(How.ADDED, "again", True)]),
        (FIRST_ENTRY + AGAIN, FIRST_ENTRY + AGAIN.replace("2021-01", "2021-02"), [(How.ALTERED, "again", True)]),
        (FIRST_ENTRY + AGAIN, FIRST_ENTRY + AGAIN.replace("Something", "Nothing"), [(How.ALTERED, "again", False)]),
        # What stands written out means the same as what is carried over.
        (FIRST_ENTRY + AGAIN, FIRST_ENTRY + entry("again", "review", "2021-01-01", "covered"), []),
        (TWO_SERVICES + AGAIN, FIRST_ENTRY + AGAIN, [(How.ALTERED, "first", True)]),
        # Above an entry that is in both, this is not certain.
        (FIRST_ENTRY + entry("end", "criteria", "2022-01-01"), FIRST_ENTRY + AGAIN + entry("end", "criteria", "2022-01-01"), [(How.ADDED, "again", True)]),
        # But not where what is carried over was something else before more was known.
        (FIRST_ENTRY + AGAIN + CORRECTED, FIRST_ENTRY + entry("again", "review", "2021-01-01", "not-covered") + CORRECTED, [(How.ALTERED, "again", True)]),
        (FIRST_ENTRY + entry("end", "criteria", "2022-01-01", "deferred"), FIRST_ENTRY + entry("end", "retired", "2022-01-01", "deferred"), [(How.ALTERED, "end", True)]),
        # What both carry over is told where it is written.
        (FIRST_ENTRY + AGAIN, entry("first", "new", "2020-01-01", "not-covered") + AGAIN, [(How.ALTERED, "first", True)]),
        # Since when it is known tells what was known on which day.
        (FIRST_ENTRY + CORRECTED, FIRST_ENTRY + CORRECTED.replace("2022-01-01", "2022-02-01"), [(How.ALTERED, "right", True)]),
        (HISTORY, HISTORY + entry("late", "withdrawn", None, "none", withdraws="second", known_from="2024-01-01"), [(How.ADDED, "late", True)]),
    ],
)  # fmt: skip
def test_entries_of_two_libraries(before: str, after: str, expected: list[tuple[Any, ...]]) -> None:
    comparison = of_libraries(policy(before), policy(after))
    assert entries_of(comparison) == expected
    assert comparison.decides == any(decides for *_, decides in expected)


def test_an_added_entry_tells_what_it_brings() -> None:
    added = entry("again", "review", "2021-01-01", "not-covered")
    ((found,),) = (each.entries for each in of_libraries(policy(FIRST_ENTRY), policy(FIRST_ENTRY + added)).policies)
    assert found.before is not None
    assert (found.before.revision, found.sort) == ("first", Change.CRITERIA)
    assert found.remark == "the entry calls itself `review`, but what decides is otherwise"
    assert shown(found.differences)[0] == "outcome altered outcome (1, 1)"


def test_another_order_of_publication_decides() -> None:
    later = entry("second", "codes", "2021-01-01")
    comparison = of_libraries(policy(FIRST_ENTRY + later), policy(later + FIRST_ENTRY.replace("new", "criteria")))
    assert [each.what for policy_ in comparison.policies for each in policy_.differences] == [What.HISTORY]
    assert comparison.decides


def test_policies_that_only_one_library_has() -> None:
    one, two = texts(policy(FIRST_ENTRY)), texts(policy(FIRST_ENTRY, identity="acme/p2"), "acme/p2.yaml")
    comparison = compared(library_of(one), library_of({**one, **two}))
    assert [(each.how, each.policy.id) for each in comparison.policies] == [(How.ADDED, "acme/p2")]
    assert comparison.decides
    back = compared(library_of({**one, **two}), library_of(one))
    assert [(each.how, each.policy.id) for each in back.policies] == [(How.REMOVED, "acme/p2")]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected", "decides"),
    [
        ("facts", "values: {mild: Mild, ", "values: {none: None, mild: Mild, ", "fact added values", False),
        ("facts", ", severe: Severe}", "}", "fact removed values", True),
        ("facts", "mild: Mild", "mild: Slight", "fact altered values", False),
        ("facts", "unit: kg, ", "unit: lb, ", "fact altered unit", True),
        ("facts", "patient.weight: {type: number", "patient.weight: {type: integer", "fact altered type", True),
        ("facts", "judgement: true, ", "", "fact removed judgement", False),
        ("facts", "may_be_never: true, ask: When did", "ask: When did", "fact removed may_be_never", True),
        ("facts", "ask: How strong is the pain?", "ask: How bad is it?", "fact altered ask", False),
        ("facts", "  prior.code: {type: code, ask: Which procedure came before?}\n", "", "fact removed", True),
        ("facts", "  prior.code:", "  new.fact: {type: boolean, ask: Is it new?}\n  prior.code:", "fact added", False),
        ("payers", "aliases: [Acme, Acme Health]", "aliases: [Acme]", "payer removed aliases", True),
        ("payers", "name: Beta Care", "name: Beta", "payer altered name", True),
        ("payers", "  beta: {name: Beta Care}\n", "", "payer removed", True),
        ("codes", "through: 2020-12-31", "through: 2021-12-31", "code altered through", False),
        ("codes", 'modifiers: {"RT": Right side}', 'modifiers: {"RT": Right}', "label altered modifiers", False),
    ],
)
def test_the_vocabulary(name: str, old: str, new: str, expected: str, decides: bool) -> None:
    files = texts(policy(FIRST_ENTRY))
    text = files[f"{name}.yaml"]
    assert old in text
    comparison = compared(library_of(files), library_of({**files, f"{name}.yaml": text.replace(old, new, 1)}))
    assert shown(comparison.vocabulary) == [expected]
    assert comparison.decides is decides
    assert comparison.policies == ()


def test_true_is_not_one() -> None:
    files = texts(when("{fact: visit.count, is: 1}"))
    facts = files["facts.yaml"].replace("visit.count: {type: integer", "visit.count: {type: boolean")
    after = library_of({**texts(when("{fact: visit.count, is: true}")), "facts.yaml": facts})
    assert [each.key for each in flat(compared(library_of(files), after))] == ["is", "type"]


def test_a_fact_of_another_type() -> None:
    before, after = (
        texts(when("{fact: prior.code, in: {cpt: ['11000']}}")),
        texts(when("{fact: prior.code, in: [a, b]}")),
    )
    facts = "  prior.code: {type: choice, values: {a: A, b: B}, ask: Which procedure came before?}\n"
    start, end = before["facts.yaml"].index("  prior.code:"), before["facts.yaml"].index("  prior.codes:")
    after["facts.yaml"] = before["facts.yaml"][:start] + facts + before["facts.yaml"][end:]
    found = flat(compared(library_of(before), library_of(after)))
    assert shown(found) == [
        "comparison altered in (1, 1)",
        "fact altered type",
        "fact added values",
        "fact added values",
    ]
    assert (found[0].before, found[0].after) == ({"in": {"cpt": ["11000"]}}, {"in": ["a", "b"]})


def test_of_one_policy_only_the_words_that_it_speaks_of() -> None:
    files = texts(when("{fact: quit.years, at_least: 3}"))
    changes = [("facts.yaml", "When did the patient quit?", "When?"), ("facts.yaml", "How many visits", "How often")]
    changes += [("codes.yaml", "An operation", "Another"), ("codes.yaml", "A scan", "Another scan")]
    altered = dict(files)
    for name, old, new in changes:
        altered[name] = altered[name].replace(old, new)
    before, after = library_of(files), library_of(altered)
    comparison = between_libraries(before, after, names=("a", "b"), policy="acme/p1")
    assert [each.name for each in comparison.vocabulary] == ["quit.date", "cpt 64714"]
    assert len(compared(before, after).vocabulary) == 4


def test_a_long_list_of_criteria_is_compared_in_reasonable_time() -> None:
    def document(limit: int) -> Mapping[str, str]:
        parts = "\n".join(f"  - {{fact: visit.count, at_least: {limit + number}}}" for number in range(3000))
        return texts(when(f"any:\n{parts}"))

    before, after = (library_of(document(limit)).timeline("acme/p1").view().revisions[0] for limit in (0, 100_000))
    assert len(compare_services(before.services, after.services)) == 3000
