"""Cases from programs, read in one go where nothing is wrong with them.

`reading.cases` tells what is wrong with a case, and for that it goes from one place of a document to the next. A program
mostly hands over plain dicts in which all is well, and many of them: those are read here, to the same end.
"""

from __future__ import annotations

from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from policykit.case import Case
from policykit.codes import SHAPES, Code, read_code
from policykit.dates import NEVER, read_day, read_partial
from policykit.derivation import agrees, counted
from policykit.reading.cases import KEYS
from policykit.vocabulary import MODIFIER, PLACE_OF_SERVICE, RESERVED, SERVICE_CODE, FactType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.dates import DayRange, Never
    from policykit.vocabulary import Fact, Value, Vocabulary

_KEYS: Final = frozenset(KEYS)
_LISTS: Final = frozenset({list, tuple, set, frozenset})
_BESIDE: Final = {"modifiers": MODIFIER, "place": PLACE_OF_SERVICE}
# Read from the class, a member costs a search each time.
_BOOLEAN, _INTEGER, _NUMBER, _DATE = FactType.BOOLEAN, FactType.INTEGER, FactType.NUMBER, FactType.DATE
_CHOICE, _CHOICES, _CODE = FactType.CHOICE, FactType.CHOICES, FactType.CODE


class _Unsound(Exception):  # noqa: N818  # nothing is wrong with the program
    """Something may be wrong with a case."""


def read_sound_case(data: Any, vocabulary: Vocabulary) -> Case | None:
    """The case that plain data states, or None where something may be wrong with it: `read_case` knows what."""
    try:
        return _case(_dict(data), vocabulary)
    except _Unsound:
        return None


def _case(data: dict[Any, Any], vocabulary: Vocabulary) -> Case:
    get = data.get
    day, policy, payer, title = _day(get("date_of_service")), get("policy"), get("payer"), get("case")
    if payer is not None:
        known = vocabulary.payer(_text(payer))
        payer = known.id if known else None
    stated: dict[str, Value] = {}
    if (service := get("service")) is not None:
        _add_claimed(_dict(service), stated)
    if (diagnoses := get("diagnoses")) is not None:
        stated["claim.diagnoses"] = _codes(diagnoses)
    if (facts := get("facts")) is not None:
        _add_facts(_dict(facts), vocabulary.facts, stated)
    code = stated.get(SERVICE_CODE)
    named = policy is not None or (payer is not None and code is not None)
    if day is None or not named or (payer is None and get("payer") is not None) or not data.keys() <= _KEYS:
        raise _Unsound
    return Case(
        date_of_service=day,
        claim_processed=_day(get("claim_processed")),
        known_on=_day(get("known_on")),
        policy=None if policy is None else _text(policy),
        payer=payer,
        title=title if isinstance(title, str) else None,
        code=code if isinstance(code, Code) else None,
        stated=stated,
        facts=_with_derived(stated, vocabulary.derived, day),
    )


def _add_claimed(service: dict[Any, Any], stated: dict[str, Value]) -> None:
    """The code, with what stands beside it."""
    codes = {key: value for key, value in service.items() if key not in _BESIDE}
    if (code := _one_code(codes)) is not None:
        stated[SERVICE_CODE] = code
    for key, shape in _BESIDE.items():
        if (value := service.get(key)) is None:
            continue
        words = _words(value) if key == "modifiers" else frozenset({_text(value)})
        if not all(map(shape.fullmatch, words)):
            raise _Unsound
        stated[f"service.{key}"] = words if key == "modifiers" else value


def _add_facts(facts: dict[Any, Any], declared: Mapping[str, Fact], stated: dict[str, Value]) -> None:
    for name, value in facts.items():
        fact = declared.get(name) if type(name) is str and not name.startswith(RESERVED) else None
        if fact is None:
            raise _Unsound
        if value is not None:
            stated[name] = _value(fact, value)


def _value(fact: Fact, value: Any) -> Any:
    kind, known_as = fact.type, type(value)
    if kind is _BOOLEAN:
        sound = known_as is bool
    elif kind is _CHOICE:
        sound = known_as is str and fact.admits(value)
    elif kind is _CHOICES:
        value = _words(value)
        sound = all(map(fact.admits, value))
    elif kind is _DATE:
        value = _date(fact, value)
        sound = value is not None
    elif kind is _INTEGER:
        sound = known_as is int
    elif kind is _NUMBER:
        sound = known_as is int or (known_as is float and isfinite(value))
    elif kind is _CODE:
        value = _one_code(_dict(value))
        sound = value is not None
    else:
        value, sound = _codes(value), True
    if not sound:
        raise _Unsound
    return value


def _date(fact: Fact, value: Any) -> date | DayRange | Never | None:
    if type(value) is date:
        return value
    if value == NEVER.value or value is NEVER:
        return NEVER if fact.may_be_never else None
    return read_partial(_text(value))


def _with_derived(stated: dict[str, Value], derived: tuple[Fact, ...], day: date) -> dict[str, Value]:
    """What is stated, and the numbers that follow from it (docs/format.md, section 6)."""
    facts = dict(stated)
    for fact in derived:
        if fact.derived is None or (base := stated.get(fact.derived.base)) is None:
            continue
        follows = counted(fact.derived.rule, base, day)
        if facts.setdefault(fact.name, follows) is not follows and not agrees(facts[fact.name], follows):
            raise _Unsound
    return facts


def _dict(value: Any) -> dict[Any, Any]:
    if type(value) is not dict:
        raise _Unsound
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise _Unsound
    return value


def _day(value: Any) -> date | None:
    if value is None or type(value) is date:
        return value
    day = read_day(_text(value))
    if day is None:
        raise _Unsound
    return day


def _words(value: Any) -> frozenset[str]:
    if type(value) not in _LISTS:
        raise _Unsound
    return frozenset(map(_text, value))


def _code(system: Any, written: Any) -> Code:
    code = read_code(system, _text(written)) if system in SHAPES else None
    if code is None:
        raise _Unsound
    return code


def _one_code(written: dict[Any, Any]) -> Code | None:
    """The code, under its system, or None where none is told."""
    codes = [each for each in written.items() if each[1] is not None]
    if len(codes) > 1 or not written.keys() <= SHAPES.keys():
        raise _Unsound
    return _code(*codes[0]) if codes else None


def _codes(value: Any) -> frozenset[Code]:
    found: set[Code] = set()
    for system, listed in _dict(value).items():
        if type(listed) not in _LISTS or system not in SHAPES:
            raise _Unsound
        found.update([_code(system, each) for each in listed])
    return frozenset(found)
