"""What is otherwise in the vocabulary of two libraries: facts, payers, codes and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policykit.codes import Code, CodeSet
from policykit.differing.meaning import Meanings
from policykit.differing.result import Difference, What, how
from policykit.index import codes_of
from policykit.plain import code_entry_as_data
from policykit.policy import Service
from policykit.vocabulary import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from policykit.policy import Policy
    from policykit.vocabulary import Fact, Payer, Vocabulary

# What is otherwise in how a fact is told or counted; the rest are words.
_DECIDING: Final = frozenset({"type", "unit", "derived", "may_be_never"})


def compare_vocabularies(before: Vocabulary, after: Vocabulary) -> tuple[Difference, ...]:
    """What is otherwise in what two libraries declare.

    Something new decides nothing by itself. What is gone can no longer be told of a case, or is refused where it is.
    """
    return (*_facts(before, after), *_payers(before, after), *_codes(before, after), *_labels(before, after))


def compare_words_of(policies: Sequence[Policy], before: Vocabulary, after: Vocabulary) -> tuple[Difference, ...]:
    """The same, of what a policy speaks of, as it stands in each of two libraries."""
    facts = {name for policy in policies for name in _facts_of(policy)}
    for vocabulary in (before, after):
        declared = (vocabulary.facts.get(name) for name in tuple(facts))
        facts |= {fact.derived.base for fact in declared if fact is not None and fact.derived is not None}
    payers = {policy.payer for policy in policies}
    patterns = {pattern for policy in policies for pattern in codes_of(policy)}
    spoken = CodeSet(tuple(patterns))

    def concerns(difference: Difference) -> bool:
        name = difference.name or ""
        match difference.what:
            case What.FACT:
                return name in facts
            case What.PAYER:
                return name in payers
            case What.CODE:
                return Code(*name.split(" ", 1)) in spoken
            case _:
                return bool(facts & {"service.place", "service.modifiers"})

    return tuple(each for each in compare_vocabularies(before, after) if concerns(each))


def _facts_of(policy: Policy) -> Iterator[str]:
    meanings = Meanings()
    for entry in policy.history:
        for service in entry.services if isinstance(entry.services, tuple) else ():
            for statement in service.coverage if isinstance(service, Service) else ():
                if statement.when is not None:
                    features = meanings.of(statement.when).features
                    yield from (name for kind, name in features if kind == "fact")


def _facts(before: Vocabulary, after: Vocabulary) -> Iterator[Difference]:
    old, new = before.facts, after.facts
    for name in _names(old, new):
        if name in BUILT_IN:
            continue
        one, other = old.get(name), new.get(name)
        if one is None or other is None:
            told = _fact(one) if one else None, _fact(other) if other else None
            yield _difference(What.FACT, name, None, told, (one, other), decides=other is None)
            continue
        was, now = _fact(one), _fact(other)
        for key in _names(was, now):
            if key == "values":
                yield from _values(name, one, other)
            elif was.get(key) != now.get(key):
                decides = key in _DECIDING
                yield _difference(What.FACT, name, key, (was.get(key), now.get(key)), (one, other), decides=decides)


def _fact(fact: Fact) -> dict[str, Any]:
    told = {
        "type": fact.type.value,
        "unit": fact.unit,
        "values": dict(fact.values) if fact.values is not None else None,
        "ask": fact.ask,
        "judgement": fact.judgement or None,
        "derived": {fact.derived.rule.value: fact.derived.base} if fact.derived else None,
        "may_be_never": fact.may_be_never or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _values(name: str, before: Fact, after: Fact) -> Iterator[Difference]:
    old, new = before.values or {}, after.values or {}
    for value in _names(old, new):
        one, other = old.get(value), new.get(value)
        if one != other:
            told = {value: one} if one is not None else None, {value: other} if other is not None else None
            yield _difference(What.FACT, name, "values", told, (before, after), decides=other is None)


def _payers(before: Vocabulary, after: Vocabulary) -> Iterator[Difference]:
    for name in _names(before.payers, after.payers):
        one, other = pair = before.payers.get(name), after.payers.get(name)
        if one is None or other is None:
            yield _difference(What.PAYER, name, None, (_payer(one), _payer(other)), pair, decides=other is None)
            continue
        if one.name != other.name:
            yield _difference(What.PAYER, name, "name", (one.name, other.name), pair, decides=True)
        if lost := [each for each in one.aliases if each not in other.aliases]:
            yield _difference(What.PAYER, name, "aliases", (lost, None), pair, decides=True)
        if gained := [each for each in other.aliases if each not in one.aliases]:
            yield _difference(What.PAYER, name, "aliases", (None, gained), pair)


def _payer(payer: Payer | None) -> dict[str, Any] | None:
    return {"name": payer.name, **({"aliases": list(payer.aliases)} if payer.aliases else {})} if payer else None


def _codes(before: Vocabulary, after: Vocabulary) -> Iterator[Difference]:
    """What is held of codes takes part in advice, and in no outcome."""
    for code in sorted(before.codes.keys() | after.codes.keys()):
        one, other = pair = before.codes.get(code), after.codes.get(code)
        was, now = code_entry_as_data(one) if one else None, code_entry_as_data(other) if other else None
        if was is None or now is None:
            yield _difference(What.CODE, str(code), None, (was, now), pair)
            continue
        for key in _names(was, now):
            if was.get(key) != now.get(key):
                yield _difference(What.CODE, str(code), key, (was.get(key), now.get(key)), pair)


def _labels(before: Vocabulary, after: Vocabulary) -> Iterator[Difference]:
    for key in ("places_of_service", "modifiers"):
        old, new = getattr(before, key), getattr(after, key)
        for name in _names(old, new):
            if old.get(name) != new.get(name):
                yield _difference(What.LABEL, name, key, (old.get(name), new.get(name)), (None, None))


def _names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The keys of both, in the order of the one after; those that are gone come last."""
    return [*after, *(key for key in before if key not in after)]


def _difference(
    what: What, name: str, key: str | None, told: tuple[Any, Any], declared: tuple[Any, Any], *, decides: bool = False
) -> Difference:
    return Difference(
        what=what,
        how=how(*told),
        decides=decides,
        key=key,
        name=name,
        before=told[0],
        after=told[1],
        where_before=declared[0].where if declared[0] else None,
        where_after=declared[1].where if declared[1] else None,
    )
