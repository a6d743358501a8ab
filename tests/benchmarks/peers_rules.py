"""Three more languages of rules: rule-engine, Cedar (by cedarpy), and Rego (by regopy)."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers import Contender, Peer, one_by_one, yes_or_no
from benchmarks.spelling import (
    CODE,
    DAY,
    NO_VERSION,
    NOT_ADDRESSED,
    UNDETERMINED,
    Infix,
    Language,
    bare_of,
    criterion_in,
    plain,
    policy_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.claims import Claim
    from benchmarks.spelling import Version


# rule-engine


class RuleEngine(Infix):
    """An expression in the manner of Python. It is fastest without types, on sets, asked for one word at a time."""

    both = " and "
    either = " or "
    opposite = "not "


def _sets(claim: Claim) -> dict[str, Any]:
    return {name: set(value) if isinstance(value, list) else value for name, value in plain(claim).items()}


def _rule_engine(package: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    criterion, met, otherwise = bare_of(versions)
    bare = package.Rule(criterion_in(RuleEngine(), criterion))
    whole = package.Rule(policy_in(RuleEngine(), versions))
    said = "the first that it meets"
    yield Contender(
        way="bare expression",
        selects=False,
        prepare=_sets,
        answers=one_by_one(bare.matches, package.errors.SymbolResolutionError),
        reading=yes_or_no(met, otherwise),
        names_missing=said,
    )
    yield Contender(
        way="expression",
        selects=True,
        prepare=_sets,
        answers=one_by_one(whole.evaluate, package.errors.SymbolResolutionError),
        names_missing=said,
    )


# Cedar


class Cedar(Infix):
    """A condition over what is asked for: a claim, with its facts as attributes."""

    fact = "resource.{}"

    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> str:
        """The value is one of these."""
        if len(values) == 1:
            return super().one_of(fact, values)
        return f"{dumps(list(values))}.contains({self.named(fact)})"

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> str:
        """The set has one of these, or every one."""
        return f"{self.named(fact)}.contains{'All' if every else 'Any'}({dumps(list(values))})"

    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> str:
        """The value, and so much more, lies on one side; pack-years, which can be fractions, count in tenths."""
        if fact == TENTHS and not isinstance(limit, str):
            limit = round(limit * 10)
        return super().compares(fact, sign, limit, more)


TENTHS: Final = "smoking_pack_years"


# Who asks, for what, and of which claim, is the same each time: only the claim's attributes differ.
REQUEST: Final = {
    "principal": {"type": "Payer", "id": "it"},
    "action": {"type": "Action", "id": "cover"},
    "resource": {"type": "Claim", "id": "one"},
}


def _entities(claim: Claim) -> str:
    """The claim as the one entity that there is."""
    told = plain(claim)
    if TENTHS in told:
        told[TENTHS] = round(told[TENTHS] * 10)
    return dumps([{"uid": REQUEST["resource"], "attrs": told, "parents": []}])


def _permits(versions: Sequence[Version]) -> str:
    """One policy for each way to an outcome: its conditions, and none of those before it."""
    language = Cedar()
    found: list[tuple[str, str]] = []
    until: list[str] = []
    for version in versions:
        days = [language.compares(DAY, ">=", version.first), *until]
        for service in version.services:
            asked = [*days, language.one_of(CODE, service.codes)]
            for criterion, outcome in service.statements:
                holds = criterion_in(language, criterion) if criterion else "true"
                found.append((outcome, language.all_of([*asked, holds])))
                asked.append(f"!{holds}")
        others = [f"!({language.one_of(CODE, each.codes)})" for each in version.services]
        found.append((NOT_ADDRESSED, language.all_of([*days, *others])))
        until = [language.compares(DAY, "<", version.first)]
    found.append((NO_VERSION, language.all_of(until)))
    return "\n".join(
        f"@id({dumps(outcome)}) permit(principal, action, resource) when {{ {when} }};" for outcome, when in found
    )


def _cedar(package: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    criterion, met, otherwise = bare_of(versions)
    bare = package.PolicySet.from_str(
        f"permit(principal, action, resource) when {{ {criterion_in(Cedar(), criterion)} }};"
    )
    whole = package.PolicySet.from_str(_permits(versions))
    asks = package.is_authorized

    def entities(claim: Claim) -> Any:
        return package.Entities.from_json_str(_entities(claim))

    def allowed(cases: Sequence[Any]) -> list[Any]:
        results = [asks(REQUEST, bare, each) for each in cases]
        return [UNDETERMINED if result.diagnostics.errors else result.allowed for result in results]

    def named(cases: Sequence[Any]) -> list[Any]:
        reasons = [asks(REQUEST, whole, each).diagnostics.id_annotations_by_reason for each in cases]
        return [next(iter(each.values()), UNDETERMINED) for each in reasons]

    said = "the first that each policy meets"
    yield Contender(
        way="bare policy, kept entities",
        selects=False,
        prepare=entities,
        answers=allowed,
        reading=yes_or_no(met, otherwise),
        names_missing=said,
    )
    yield Contender(way="policies, kept entities", selects=True, prepare=entities, answers=named, names_missing=said)


# Rego


class Rego(Language[str]):
    """The body of a rule, line by line. What cannot stand in a body becomes a rule of its own."""

    def __init__(self) -> None:
        self.rules: list[str] = []

    def _rule(self, *bodies: str) -> str:
        name = f"r{len(self.rules)}"
        self.rules.append("\n".join(f"{name} if {{\n{body}\n}}" for body in bodies))
        return name

    def all_of(self, parts: Sequence[str]) -> str:
        """Every part holds."""
        return "\n".join(parts)

    def any_of(self, parts: Sequence[str]) -> str:
        """One of the parts holds, or more."""
        return self._rule(*parts)

    def none_of(self, parts: Sequence[str]) -> str:
        """Not one of the parts holds."""
        return f"not {self._rule(*parts)}"

    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> str:
        """The value is one of these."""
        if len(values) == 1:
            return f"input.{fact} == {dumps(values[0])}"
        return f"input.{fact} in {{{', '.join(dumps(each) for each in values)}}}"

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> str:
        """The set has one of these, or every one."""
        within = [f"{dumps(each)} in input.{fact}" for each in values]
        return self.all_of(within) if every else self.any_of(within)

    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> str:
        """The value, and so much more, lies on one side of a number or of another fact."""
        value = f"input.{fact} + {more}" if more else f"input.{fact}"
        return f"{value} {sign} {f'input.{limit}' if isinstance(limit, str) else limit}"

    def choose(self, branches: Sequence[tuple[str, str]], otherwise: str) -> str:
        """What belongs to the first condition that holds."""
        name = f"r{len(self.rules)}"
        first, *rest = [f"{answer} if {{\n{condition}\n}}" for condition, answer in branches]
        lines = [f"{name} := {first}", *(f"else := {each}" for each in rest), f"else := {otherwise}"]
        self.rules.append("\n".join(lines))
        return name

    def outcome(self, name: str) -> str:
        """An outcome."""
        return dumps(name)


def _rego(package: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    criterion, met, otherwise = bare_of(versions)
    alone, whole = Rego(), Rego()
    bare = alone.choose([(criterion_in(alone, criterion), "true")], "false")
    answer = policy_in(whole, versions)
    yield Contender(
        way="bare rule, built as a bundle",
        selects=False,
        prepare=lambda claim: package.Input(plain(claim)),
        answers=_asked(package, alone, bare),
        reading=yes_or_no(met, otherwise),
    )
    yield Contender(
        way="rules, built as a bundle",
        selects=True,
        prepare=lambda claim: package.Input(plain(claim)),
        answers=_asked(package, whole, answer),
    )


def _asked(package: Any, language: Rego, rule: str) -> Callable[[Sequence[Any]], list[Any]]:
    interpreter = package.Interpreter()
    interpreter.add_module("policy", "\n\n".join(["package policy", "import rego.v1", *language.rules]))
    bundle = interpreter.build(None, [f"policy/{rule}"])
    place, put, ask = f"policy/{rule}", interpreter.set_input, interpreter.query_bundle_entrypoint

    def answers(cases: Sequence[Any]) -> list[Any]:
        found: list[Any] = []
        for case in cases:
            put(case)
            found.append(ask(bundle, place).results[0].expressions[0])
        return found

    return answers


RULE_ENGINE: Final = Peer(distribution="rule-engine", module="rule_engine", contenders=_rule_engine)
CEDAR: Final = Peer(distribution="cedarpy", module="cedarpy", contenders=_cedar)
REGO: Final = Peer(distribution="regopy", module="regopy", contenders=_rego)
