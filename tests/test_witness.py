from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from itertools import combinations, product
from time import monotonic
from typing import TYPE_CHECKING

import pytest
import strategies
from examples import law
from hypothesis import event, given
from hypothesis import strategies as st
from samples import coverage, library_of, when

from policykit.assembly import holdings_from_data
from policykit.codes import Code
from policykit.coverage.cells.domains import domains_of, with_derived
from policykit.coverage.goals import elements_of
from policykit.coverage.possible import Possible, bit_of, bits_of
from policykit.coverage.witness import GAVE_UP, IMPOSSIBLE, Demand, Witness, find, holds, to_decide, to_visit
from policykit.criteria import All, AnyOf, Bound, CountAtLeast, FactIs, NoneOf, OneOf, leaves_of
from policykit.dates import NEVER, DayRange, read_partial
from policykit.evaluation import Truth, all_of, any_of, compile_criterion, count_of, none_of
from policykit.library import Library
from policykit.policy import Service
from policykit.vocabulary import SERVICE_CODE, Fact, FactType, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policykit.coverage.witness import Found
    from policykit.criteria import Criterion
    from policykit.evaluation import Facts
    from policykit.vocabulary import Value

DAY = date(2024, 3, 15)
EVERY_TRUTH = (Truth.MET, Truth.NOT_MET, Truth.UNKNOWN)


def found_for(criterion: str, truth: Truth = Truth.MET) -> dict[str, Value] | Found:
    """What is stated so that the criterion, in YAML, has a truth; or that there is nothing."""
    library = library_of(when(criterion))
    ((statement, _),) = [service.coverage for service in services_of(library)]
    assert statement.when is not None
    found = find([Demand(statement.when, frozenset({truth}))], on=DAY, vocabulary=library.vocabulary)
    return dict(found.stated) if isinstance(found, Witness) else found


def services_of(library: Library) -> list[Service]:
    """Every service that an entry of the one policy writes."""
    (policy,) = library.policies.values()
    return [
        service
        for entry in policy.history
        if isinstance(entry.services, tuple)
        for service in entry.services
        if isinstance(service, Service)
    ]


# The values that are tried


@pytest.mark.parametrize(
    ("criterion", "truth", "stated"),
    [
        ("{fact: surgery.urgent, is: true}", Truth.MET, {"surgery.urgent": True}),
        ("{fact: surgery.urgent, is: true}", Truth.NOT_MET, {"surgery.urgent": False}),
        ("{fact: surgery.urgent, is: true}", Truth.UNKNOWN, {}),
        ("{fact: surgery.urgent, in: [true, false]}", Truth.NOT_MET, IMPOSSIBLE),
        ("{fact: visit.count, at_least: 18}", Truth.MET, {"visit.count": 18}),
        ("{fact: visit.count, at_least: 18}", Truth.NOT_MET, {"visit.count": 17}),
        ("{fact: visit.count, more_than: 3, less_than: 5}", Truth.MET, {"visit.count": 4}),
        ("{fact: visit.count, in: [0, 1]}", Truth.NOT_MET, {"visit.count": 2}),
        ("{fact: visit.count, less_than: 0}", Truth.MET, {"visit.count": -1}),
        ("{fact: patient.weight, more_than: 30, at_most: 40}", Truth.MET, {"patient.weight": 40}),
        ("{fact: patient.weight, more_than: 30, less_than: 31}", Truth.MET, {"patient.weight": 30.5}),
        ("{fact: patient.weight, more_than: 0.1, less_than: 0.2}", Truth.MET, {"patient.weight": 0.15}),
        ("{fact: pain.level, in: [mild, severe]}", Truth.NOT_MET, {"pain.level": "moderate"}),
        ("{fact: pain.level, in: [mild, moderate, severe]}", Truth.NOT_MET, IMPOSSIBLE),
        ("{fact: tests.done, has_any: [mri, ct]}", Truth.MET, {"tests.done": frozenset({"mri"})}),
        ("{fact: tests.done, has_all: [mri, ct]}", Truth.MET, {"tests.done": frozenset({"mri", "ct"})}),
        ("{fact: tests.done, has_any: [mri, ct]}", Truth.NOT_MET, {"tests.done": frozenset()}),
        (
            "{fact: prior.code, in: {cpt: [64700-64727]}}",
            Truth.MET,
            {"prior.code": Code("cpt", "64700")},
        ),
        (
            "{fact: prior.codes, has_all: {icd10cm: [F17.21-, Z87.891]}}",
            Truth.MET,
            {"prior.codes": frozenset({Code("icd10cm", "F17.21"), Code("icd10cm", "Z87.891")})},
        ),
        ("{fact: prior.codes, has_any: {icd10cm: [F17-]}}", Truth.NOT_MET, {"prior.codes": frozenset()}),
        ("{fact: claim.diagnoses, has_any: {cpt: ['11000']}}", Truth.MET, IMPOSSIBLE),
        ("{fact: service.modifiers, has_any: ['RT']}", Truth.MET, {"service.modifiers": frozenset({"RT"})}),
        ("{fact: service.place, is: '21'}", Truth.NOT_MET, {"service.place": "00"}),
        ("{fact: quit.date, on_or_after: 2020-02-29}", Truth.MET, {"quit.date": date(2020, 2, 29)}),
        ("{fact: quit.date, after: date_of_service}", Truth.MET, {"quit.date": date(2024, 3, 16)}),
        ("{fact: quit.date, within_last: 15 years}", Truth.MET, {"quit.date": DAY}),
        ("{fact: quit.date, longer_ago_than: 9999 years}", Truth.MET, {"quit.date": NEVER}),
        ("{fact: patient.birth_date, longer_ago_than: 1 year}", Truth.MET, {"patient.birth_date": date(2023, 3, 14)}),
        ("{fact: patient.birth_date, at_least_ago: 1 year}", Truth.MET, {"patient.birth_date": date(2023, 3, 15)}),
        ("{fact: patient.birth_date, longer_ago_than: 9999 years}", Truth.MET, IMPOSSIBLE),
        ("{fact: patient.age, at_least: 50}", Truth.MET, {"patient.age": 50}),
        ("{fact: patient.age, at_least: 9999}", Truth.MET, IMPOSSIBLE),
        ("{fact: quit.years, at_least: 9999}", Truth.MET, {"quit.date": NEVER}),
    ],
)
def test_one_criterion_is_met_not_met_or_unknown_by_the_simplest_value(
    criterion: str, truth: Truth, stated: object
) -> None:
    assert found_for(criterion, truth) == stated


def test_a_code_outside_a_range_has_its_form() -> None:
    stated = found_for("{fact: prior.code, in: {cpt: [64700-64727]}}", Truth.NOT_MET)
    assert stated == {"prior.code": Code("cpt", "64728")}


def test_a_code_between_two_prefixes_one_within_the_other_is_found() -> None:
    inside = (
        "{all: [{fact: prior.code, in: {icd10cm: [F17-]}}, {none: [{fact: prior.code, in: {icd10cm: [F17.21-]}}]}]}"
    )
    stated = found_for(inside)
    assert isinstance(stated, dict)
    (code,) = stated.values()
    assert isinstance(code, Code)
    assert code.code.startswith("F17")
    assert not code.code.startswith("F17.21")


def test_a_date_and_a_number_derived_from_it_agree() -> None:
    both = "{all: [{fact: patient.age, is: 50}, {fact: patient.birth_date, before: 1973-09-01}]}"
    stated = found_for(both)
    assert isinstance(stated, dict)
    assert stated.keys() == {"patient.birth_date"}
    assert (
        found_for("{all: [{fact: patient.age, is: 50}, {fact: patient.birth_date, before: 1973-03-16}]}") == IMPOSSIBLE
    )


def test_two_numbers_derived_from_one_date_agree_where_the_date_is_known() -> None:
    apart = """
        all:
          - {fact: patient.age, is: 2}
          - {fact: patient.months, at_most: 23}
          - {fact: patient.birth_date, before: date_of_service}
    """
    assert found_for(apart) == IMPOSSIBLE


def test_a_date_known_in_part_may_leave_one_of_two_comparisons_unknown() -> None:
    library = library_of(
        when("{all: [{fact: scan.last, within_last: 15 years}, {fact: scan.last, within_last: 5 years}]}")
    )
    ((statement, _),) = [service.coverage for service in services_of(library)]
    assert isinstance(statement.when, All)
    far, near = statement.when.parts
    found = find(
        [Demand(far, frozenset({Truth.MET})), Demand(near, frozenset({Truth.UNKNOWN}))],
        on=DAY,
        vocabulary=library.vocabulary,
    )
    assert isinstance(found, Witness)
    (value,) = found.stated.values()
    assert isinstance(value, DayRange)


def test_a_number_may_be_known_where_its_date_is_known_only_in_part() -> None:
    library = library_of(
        when(
            "{all: [{fact: patient.birth_date, within_last: 9 years}, {fact: patient.birth_date, within_last: 5 years}]}"
        ).replace(
            "- outcome: not-covered",
            "- {outcome: not-covered, when: {fact: patient.months, is: 59}}\n          - outcome: not-covered",
        )
    )
    ((first, second, _),) = [service.coverage for service in services_of(library)]
    assert isinstance(first.when, All)
    assert second.when is not None
    far, near = first.when.parts
    demands = [
        Demand(far, frozenset({Truth.MET})),
        Demand(near, frozenset({Truth.UNKNOWN})),
        Demand(second.when, frozenset({Truth.MET})),
    ]
    found = find(demands, on=DAY, vocabulary=library.vocabulary)
    assert isinstance(found, Witness)
    assert found.stated["patient.months"] == 59
    assert isinstance(found.stated["patient.birth_date"], DayRange)


DATED = """
    all:
      - {fact: scan.last, COMPARISON}
      - {fact: scan.months, at_most: 5}
      - {fact: scan.months, is: 2}
"""


@pytest.mark.parametrize("comparison", ["within_last", "at_least_ago", "longer_ago_than"])
@pytest.mark.parametrize("span", ["1 day", "4 weeks", "1 month", "11 months", "1 year"])
@pytest.mark.parametrize("on", ["2024-02-29", "2023-02-28", "2024-03-31"])
def test_the_days_tried_tell_apart_all_that_days_months_and_years_do(comparison: str, span: str, on: str) -> None:
    assert_cells_are_complete(DATED.replace("COMPARISON", f"{comparison}: {span}"), date.fromisoformat(on))


@pytest.mark.parametrize("operator", ["on_or_after", "after", "on_or_before", "before"])
@pytest.mark.parametrize("limit", ["date_of_service", "2023-01-01", "2023-12-31", "2024-02-29"])
def test_the_days_tried_tell_apart_what_lies_beside_a_day(operator: str, limit: str) -> None:
    assert_cells_are_complete(DATED.replace("COMPARISON", f"{operator}: {limit}"), date(2024, 2, 29))


def assert_cells_are_complete(criterion: str, on: date) -> None:
    """What the cells can tell apart of a date is what every day, month and year of five years tells apart."""
    library = library_of(when(criterion))
    ((statement, _),) = [service.coverage for service in services_of(library)]
    assert statement.when is not None
    leaves = [*leaves_of(statement.when)]
    (domain,) = domains_of(leaves, library.vocabulary, on)
    days = [date(2021, 6, 1) + timedelta(days=number) for number in range(365 * 5)]
    months = {read_partial(f"{each:%Y-%m}") for each in days}
    years = {read_partial(f"{each:%Y}") for each in days}
    tests = [compile_criterion(leaf).holds for leaf in leaves]
    seen = set()
    for value in (*days, *months, *years, NEVER):
        assert value is not None
        facts = with_derived({"scan.last": value}, library.vocabulary, on)
        seen.add(tuple(test(facts, on) for test in tests))
    assert {cell.truths for cell in domain.cells if "scan.last" in cell.stated or not cell.stated} <= seen | {
        (None, None, None)
    }
    assert seen <= {cell.truths for cell in domain.cells}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_possible_is_what_comes_of_some_truths_of_the_parts(count: int) -> None:
    parts = tuple(FactIs(fact=name, comparisons=(), notes=()) for name in "abc")
    criteria: list[tuple[Criterion, Callable[[Sequence[Truth]], Truth]]] = [
        (All(parts=parts, notes=()), all_of),
        (AnyOf(parts=parts, notes=()), any_of),
        (NoneOf(parts=parts, notes=()), none_of),
        (CountAtLeast(count=count, parts=parts, notes=()), partial(count_of, count)),
    ]
    sets = [each for size in (1, 2, 3) for each in combinations(EVERY_TRUTH, size)]
    for criterion, combine in criteria:
        possible = Possible([criterion])
        (root,) = possible.roots
        for chosen in product(sets, repeat=3):
            mark = possible.mark()
            possible.put(zip(possible.leaves, map(bits_of, chosen), strict=True))
            assert possible[root] == bits_of({combine(truths) for truths in product(*chosen)})
            possible.back(mark)


# Reaching a statement


def test_a_statement_whose_case_an_earlier_one_always_takes_is_never_reached() -> None:
    statements = """
        - {outcome: covered, when: {any: [{fact: visit.count, at_least: 3}, {fact: surgery.urgent, is: true}]}}
        - outcome: not-medically-necessary
          when: {all: [{fact: visit.count, at_least: 4}, {fact: pain.level, is: mild}]}
        - outcome: not-covered
    """
    library = library_of(coverage(statements))
    (service,) = services_of(library)
    decided = [
        find(to_decide(service.coverage, number), on=DAY, vocabulary=library.vocabulary, codes=service.codes)
        for number in (1, 2, 3)
    ]
    assert [each is IMPOSSIBLE for each in decided] == [False, True, False]
    # It is looked at all the same: as long as the number of visits is unknown, the first may not be met.
    assert holds(to_visit(service.coverage, 2), {}, library.vocabulary, DAY)


def test_the_code_of_the_service_is_one_of_its_own() -> None:
    library = library_of(when("{fact: service.code, is: {cpt: '64714'}}"))
    (service,) = services_of(library)
    first = find(to_decide(service.coverage, 1), on=DAY, vocabulary=library.vocabulary, codes=service.codes)
    assert isinstance(first, Witness)
    assert first.stated == {SERVICE_CODE: Code("cpt", "64714")}
    last = find(to_decide(service.coverage, 2), on=DAY, vocabulary=library.vocabulary, codes=service.codes)
    assert last is IMPOSSIBLE


# Laws


def library_in(documents: strategies.Documents) -> Library:
    vocabulary, policy = documents
    return Library(
        holdings_from_data(
            {
                "facts.yaml": vocabulary,
                "payers.yaml": strategies.PAYERS,
                "codes.yaml": strategies.CODES,
                f"{strategies.POLICY}.yaml": policy,
            }
        )
    )


def criteria_of(library: Library) -> list[Criterion]:
    (policy,) = library.policies.values()
    return [each.criterion for each in elements_of(policy) if each.criterion is not None]


def truth_of(criterion: Criterion, facts: Facts, day: date) -> Truth:
    return next(each for each in Truth if bits_of([each]) == bit_of(compile_criterion(criterion).holds(facts, day)))


@law(80)
@given(st.data())
def test_what_is_found_meets_every_demand_and_nothing_of_it_can_be_spared(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True))
    library = library_in(documents)
    criteria = criteria_of(library)
    if not criteria:
        return
    truths = st.frozensets(st.sampled_from(EVERY_TRUTH), min_size=1, max_size=2)
    demands = data.draw(st.lists(st.builds(Demand, st.sampled_from(criteria), truths), min_size=1, max_size=3))
    found = find(demands, on=DAY, vocabulary=library.vocabulary)
    event(found.value if not isinstance(found, Witness) else "found")
    if isinstance(found, Witness):
        assert holds(demands, found.stated, library.vocabulary, DAY)
        for name in found.stated:
            fewer = {key: value for key, value in found.stated.items() if key != name}
            assert not holds(demands, fewer, library.vocabulary, DAY)


@law(80)
@given(st.data())
def test_whatever_some_case_shows_is_never_called_impossible(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True) | strategies.dense_documents())
    library = library_in(documents)
    criteria = criteria_of(library)
    if not criteria:
        return
    case = library.read_case(data.draw(strategies.cases(documents)))
    day = case.date_of_service
    chosen = data.draw(st.lists(st.sampled_from(criteria), min_size=1, max_size=4))
    demands = [Demand(each, frozenset({truth_of(each, case.facts, day)})) for each in chosen]
    found = find(demands, on=day, vocabulary=library.vocabulary)
    assert found is not IMPOSSIBLE
    if isinstance(found, Witness):
        assert holds(demands, found.stated, library.vocabulary, day)


@law(40)
@given(st.data())
def test_whatever_a_case_of_a_service_shows_is_possible_with_a_code_of_that_service(data: st.DataObject) -> None:
    documents = data.draw(strategies.documents(timeless=True))
    library = library_in(documents)
    case = library.read_case(data.draw(strategies.cases(documents)))
    decision = library.decide(case)
    if decision.service is None:
        return
    demands = [
        Demand(each.statement.when, frozenset({each.truth})) for each in decision.findings if each.statement.when
    ]
    found = find(demands, on=case.date_of_service, vocabulary=library.vocabulary, codes=decision.service.codes)
    assert found is not IMPOSSIBLE
    if isinstance(found, Witness):
        code = found.stated[SERVICE_CODE]
        assert isinstance(code, Code)
        assert code in decision.service.codes


@law(80)
@given(st.data())
def test_over_yes_and_no_every_answer_is_that_of_trying_all(data: st.DataObject) -> None:
    (vocabulary, policy), cases = data.draw(strategies.switchboards())
    library = library_in((vocabulary, policy))
    (service,) = services_of(library)
    number = data.draw(st.integers(1, len(service.coverage)))
    found = find(to_decide(service.coverage, number), on=strategies.LAST_DAY, vocabulary=library.vocabulary)
    sizes = [
        sum(value is not None for value in case["facts"].values())
        for case in cases
        if library.decide(library.read_case(case)).number == number
    ]
    assert (found is IMPOSSIBLE) == (not sizes)
    if isinstance(found, Witness):
        assert len(found.stated) == min(sizes)


# Bounds


def tree_of(count: int, facts: Sequence[str], depth: int) -> Criterion:
    """A tree in which every fact occurs again and again, with thresholds that differ."""
    if depth == 0:
        bound = Bound(operator="at_least" if count % 2 else "at_most", limit=count % 7)
        return FactIs(fact=facts[count % len(facts)], comparisons=(bound,), notes=())
    parts = tuple(tree_of(count * 10 + position * 7 + depth, facts, depth - 1) for position in range(10))
    match (count + depth) % 4:
        case 0:
            return All(parts=parts, notes=())
        case 1:
            return AnyOf(parts=parts, notes=())
        case 2:
            return NoneOf(parts=parts, notes=())
        case _:
            return CountAtLeast(count=5, parts=parts, notes=())


@pytest.mark.parametrize("root", range(4))
def test_a_tree_of_a_thousand_criteria_over_sixty_facts_takes_seconds_at_most(root: int) -> None:
    names = [f"lab.value_{number}" for number in range(60)]
    facts = {name: Fact(name=name, type=FactType.INTEGER, ask="How much?") for name in names}
    vocabulary = Vocabulary(facts=facts, payers={}, codes={})
    tree = tree_of(root, names, 3)
    start = monotonic()
    for truth in EVERY_TRUTH:
        found = find([Demand(tree, frozenset({truth}))], on=DAY, vocabulary=vocabulary)
        assert not isinstance(found, Witness) or holds(
            [Demand(tree, frozenset({truth}))], found.stated, vocabulary, DAY
        )
    assert monotonic() - start < 30


def test_a_thousand_facts_are_stated_one_after_the_other() -> None:
    names = [f"lab.value_{number}" for number in range(1200)]
    facts = {name: Fact(name=name, type=FactType.BOOLEAN, ask="Is it?") for name in names}
    parts = tuple(FactIs(fact=name, comparisons=(OneOf(operator="is", values=(True,)),), notes=()) for name in names)
    demand = Demand(All(parts=parts, notes=()), frozenset({Truth.MET}))
    found = find([demand], on=DAY, vocabulary=Vocabulary(facts=facts, payers={}, codes={}))
    assert found == Witness(stated=dict.fromkeys(names, True))


def pigeons(holes: int) -> tuple[Vocabulary, Criterion]:
    """That one pigeon more than there are holes each has a hole of its own: nothing of that kind is seen at a glance."""
    names = [f"pigeon.number_{number}" for number in range(holes + 1)]
    values = {f"hole-{hole}": "A hole" for hole in range(holes)}
    facts = {name: Fact(name=name, type=FactType.CHOICE, ask="Where?", values=values) for name in names}
    alone = [
        NoneOf(
            parts=(
                All(
                    parts=tuple(
                        FactIs(fact=name, comparisons=(OneOf(operator="is", values=(hole,)),), notes=())
                        for name in (one, other)
                    ),
                    notes=(),
                ),
            ),
            notes=(),
        )
        for hole in values
        for position, one in enumerate(names)
        for other in names[position + 1 :]
    ]
    return Vocabulary(facts=facts, payers={}, codes={}), All(parts=tuple(alone), notes=())


def test_where_the_steps_do_not_suffice_nothing_is_claimed() -> None:
    vocabulary, small = pigeons(4)
    assert find([Demand(small, frozenset({Truth.MET}))], on=DAY, vocabulary=vocabulary) is IMPOSSIBLE
    vocabulary, large = pigeons(9)
    assert find([Demand(large, frozenset({Truth.MET}))], on=DAY, vocabulary=vocabulary) is GAVE_UP


def test_no_demand_is_met_by_stating_nothing() -> None:
    vocabulary, _ = pigeons(2)
    assert find([], on=DAY, vocabulary=vocabulary) == Witness(stated={})
