"""openfisca-core: a person at a time, with formulas that begin on a day, and many persons at once."""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from benchmarks.peers import Contender, Peer, yes_or_no
from benchmarks.spelling import (
    CODE,
    DAY,
    NO_VERSION,
    NOT_ADDRESSED,
    Language,
    bare_of,
    coverage_in,
    criterion_in,
    flat,
    plain,
    policy_in,
)

from policykit.criteria import Has, leaves_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.claims import Claim
    from benchmarks.spelling import Version

# An array for all persons, made from the arrays of facts.
Array: TypeAlias = "Callable[[Callable[[str], Any]], Any]"

NOT_TOLD: Final = "not_told"
# What is computed needs a day, even where the formula takes the day of each person.
ANY_DAY: Final = "day:2026-01-15"


def member(name: str) -> str:
    """A word as a name in Python."""
    return f"w_{name.replace('-', '_')}"


def _given(name: str) -> Array:
    return lambda of: of(name)


def _equal(name: str, value: Any) -> Array:
    return lambda of: of(name) == value


class Arrays(Language[Array]):
    """Formulas over arrays. A choice is an enumeration, a set a truth for each of its members."""

    def __init__(self, numpy: Any, kinds: dict[str, Any], outcomes: dict[str, int]) -> None:
        self._numpy = numpy
        self._kinds = kinds
        self._outcomes = outcomes

    def all_of(self, parts: Sequence[Array]) -> Array:
        """Every part holds."""
        return lambda of: reduce(self._numpy.logical_and, [each(of) for each in parts])

    def any_of(self, parts: Sequence[Array]) -> Array:
        """One of the parts holds, or more."""
        return lambda of: reduce(self._numpy.logical_or, [each(of) for each in parts])

    def none_of(self, parts: Sequence[Array]) -> Array:
        """Not one of the parts holds."""
        return lambda of: self._numpy.logical_not(self.any_of(parts)(of))

    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> Array:
        """The value is one of these."""
        match values:
            case [True]:
                return lambda of: of(fact)
            case [False]:
                return lambda of: self._numpy.logical_not(of(fact))
            case _:
                return self.any_of([_equal(fact, self._kinds[fact][member(str(each))]) for each in values])

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> Array:
        """The set has one of these, or every one."""
        within = [_given(f"{fact}_{member(each)}") for each in values]
        return self.all_of(within) if every else self.any_of(within)

    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> Array:
        """The value, and so much more, lies on one side of a number or of another fact."""
        compare = {
            ">=": self._numpy.greater_equal,
            ">": self._numpy.greater,
            "<=": self._numpy.less_equal,
            "<": self._numpy.less,
        }[sign]
        if isinstance(limit, str):
            return lambda of: compare(of(fact) + more, of(limit))
        return lambda of: compare(of(fact) + more, limit)

    def choose(self, branches: Sequence[tuple[Array, Array]], otherwise: Array) -> Array:
        """What belongs to the first condition that holds."""
        conditions, answers = zip(*branches, strict=True) if branches else ((), ())
        if not branches:
            return otherwise
        return lambda of: self._numpy.select(
            [each(of) for each in conditions], [each(of) for each in answers], otherwise(of)
        )

    def outcome(self, name: str) -> Array:
        """An outcome, as its number."""
        number = self._outcomes.setdefault(name, len(self._outcomes))
        return lambda _: number


class _System:
    """The variables of one policy. `sets` has the members of each set that the policy asks for."""

    def __init__(self, core: str, versions: Sequence[Version]) -> None:
        self.periods = import_module(f"{core}.periods")
        self._variable = import_module(f"{core}.variables").Variable
        self._enumeration = import_module(f"{core}.indexed_enums").Enum
        self._person = import_module(f"{core}.entities").build_entity(
            key="person", plural="persons", label="", is_person=True
        )
        self.system = import_module(f"{core}.taxbenefitsystems").TaxBenefitSystem([self._person])
        self.kinds: dict[str, Any] = {}
        self.sets: dict[str, tuple[str, ...]] = {}
        self.outcomes: dict[str, int] = {NO_VERSION: 0}
        self.language = Arrays(import_module("numpy"), self.kinds, self.outcomes)
        self._declare(versions)

    def _declare(self, versions: Sequence[Version]) -> None:
        words: dict[str, dict[str, None]] = {CODE: {}}
        sets: dict[str, dict[str, None]] = {}
        self.add(DAY, int, 0)
        for version in versions:
            for service in version.services:
                words[CODE] |= dict.fromkeys(service.codes)
                for criterion, _ in service.statements:
                    for leaf in leaves_of(criterion) if criterion else ():
                        self._collect(flat(leaf.fact), leaf.comparisons[0], words, sets)
        for name, values in words.items():
            kind = self._enumeration(
                f"Of_{name}",
                {NOT_TOLD: NOT_TOLD, member("another"): "another"} | {member(each): each for each in values},
            )
            self.kinds[name] = kind
            self.add(name, self._enumeration, kind[NOT_TOLD], possible_values=kind)
        for name, values in sets.items():
            self.sets[name] = tuple(values)
            for each in values:
                self.add(f"{name}_{member(each)}", bool, default=False)

    def _collect(
        self, name: str, comparison: Any, words: dict[str, dict[str, None]], sets: dict[str, dict[str, None]]
    ) -> None:
        """Notes what a comparison needs: words of a choice, members of a set, or a truth or a number."""
        values = getattr(comparison, "values", ())
        if isinstance(comparison, Has):
            sets.setdefault(name, {}).update(dict.fromkeys(values))
        elif values and isinstance(values[0], str):
            words.setdefault(name, {}).update(dict.fromkeys(values))
        elif name not in self.system.variables:
            # Its fractions have 24 bits, too few for a day as a number.
            number = float if name == "smoking_pack_years" else int
            self.add(name, bool if values else number, default=False if values else 0)

    def add(self, name: str, value_type: Any, default: Any, **more: Any) -> None:
        """A variable, which is always of the same value unless more is said."""
        about = {
            "value_type": value_type,
            "entity": self._person,
            "definition_period": self.periods.DateUnit.ETERNITY,
            "default_value": default,
            "label": name,
        }
        self.system.add_variable(type(name, (self._variable,), about | more))

    def add_answer(self, name: str, **formulas: Array) -> None:
        """A variable that is computed; a formula whose name has a day applies from that day on."""
        made = {each: _formula(formula) for each, formula in formulas.items()}
        self.add(name, int, 0, definition_period=self.periods.DateUnit.DAY, **made)

    def inputs(self, claim: Claim) -> dict[str, Any]:
        """A claim as values of variables."""
        told: dict[str, Any] = {}
        for name, value in plain(claim).items():
            if name in self.sets:
                told |= {f"{name}_{member(each)}": each in value for each in self.sets[name]}
            elif name in self.kinds:
                kind = self.kinds[name]
                told[name] = kind[member(value) if member(value) in kind.__members__ else member("another")]
            elif name in self.system.variables:
                told[name] = value
        return told


def _formula(formula: Array) -> Callable[[Any, Any], Any]:
    return lambda person, period: formula(lambda name: person(name, period))


def _contenders(package: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    core = package.__name__
    made = _System(core, versions)
    builder = import_module(f"{core}.simulation_builder").SimulationBuilder
    criterion, met, otherwise = bare_of(versions)
    addressed = {
        f"formula_{each.first // 10_000}_{each.first // 100 % 100:02}_{each.first % 100:02}": made.language.choose(
            [(made.language.one_of(CODE, one.codes), coverage_in(made.language, one)) for one in each.services],
            made.language.outcome(NOT_ADDRESSED),
        )
        for each in versions
    }
    made.add_answer("outcome", **addressed)
    made.add_answer("outcome_by_day", formula=policy_in(made.language, versions))
    made.add_answer("met", formula=criterion_in(made.language, criterion))
    names = {number: name for name, number in made.outcomes.items()}

    def alone(claim: Claim) -> tuple[Callable[[str, Any], Any], Any]:
        simulation = builder.build_default_simulation(made.system, count=1)
        for name, value in made.inputs(claim).items():
            simulation.set_input(name, "eternity", [value])
        return simulation.calculate, made.periods.period(claim.date_of_service.isoformat())

    def together(inputs: Sequence[dict[str, Any]]) -> Any:
        simulation = builder.build_default_simulation(made.system, count=len(inputs))
        for name, variable in made.system.variables.items():
            if not name.startswith(("outcome", "met")):
                values = [each.get(name, variable.default_value) for each in inputs]
                simulation.set_input(name, "eternity", values)
        return simulation

    yield Contender(
        way="bare formula, one person in a kept simulation",
        selects=False,
        prepare=alone,
        answers=lambda cases: [calculate("met", period)[0] for calculate, period in cases],
        reading=yes_or_no(met, otherwise),
    )
    yield Contender(
        way="dated formulas, one person in a kept simulation",
        selects=True,
        prepare=alone,
        answers=lambda cases: [calculate("outcome", period)[0] for calculate, period in cases],
        reading=names,
    )
    yield Contender(
        way="one formula, all persons in one kept simulation",
        selects=True,
        prepare=made.inputs,
        gather=together,
        answers=lambda simulation: simulation.calculate("outcome_by_day", ANY_DAY).tolist(),
        reading=names,
    )


OPENFISCA: Final = Peer(distribution="openfisca-core", module="openfisca_core", contenders=_contenders)
