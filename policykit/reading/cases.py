"""Cases, from documents or from programs, read against the vocabulary.

Nothing that is said here shows what a case says: its values are a patient's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from policykit.case import Case
from policykit.codes import SHAPES, SYSTEMS, Code, read_code, shape_of
from policykit.dates import (
    NEVER,
    DayRange,
    Never,
    read_day,
    read_partial,
)
from policykit.derivation import agrees, counted
from policykit.problems import near_miss
from policykit.records import record
from policykit.vocabulary import MODIFIER, PLACE_OF_SERVICE, SERVICE_CODE, Fact, FactType

if TYPE_CHECKING:
    from collections.abc import Callable

    from policykit.document import Node
    from policykit.problems import Problem
    from policykit.vocabulary import Value, Vocabulary

    Report = Callable[[Problem], None]

KEYS: Final = (
    "format",
    "case",
    "policy",
    "payer",
    "date_of_service",
    "claim_processed",
    "known_on",
    "service",
    "diagnoses",
    "facts",
    "expect",
)
_SERVICE_KEYS: Final = (*SYSTEMS, "modifiers", "place")
# docs/format.md, section 8: how a value of each type is written in a case.
_WRITTEN: Final[Mapping[FactType, str]] = {
    FactType.BOOLEAN: "it is `true` or `false`",
    FactType.INTEGER: "it is a whole number, without quotes",
    FactType.NUMBER: "it is a number, without quotes",
    FactType.DATE: "it is a date, YYYY-MM-DD, or the part of one that is known, YYYY-MM or YYYY",
    FactType.CHOICE: "it is one word of those that the fact can be",
    FactType.CHOICES: "it is a list of all that is so; [] says none",
    FactType.CODE: 'it is a code under its system, such as {cpt: "64714"}',
    FactType.CODES: 'it is a list of codes under their system, such as {icd10cm: ["G54.1"]}; {} says none',
}


@record
class Defaults:
    """What a document of cases says for all of them."""

    policy: str | None = None
    payer: str | None = None


def read_case(node: Node, vocabulary: Vocabulary, report: Report, defaults: Defaults | None = None) -> Case | None:
    """The case at a node, or None where something is wrong with it; everything that is wrong is reported."""
    reader = _CaseReader(vocabulary, report)
    case = reader.case(node, defaults or Defaults())
    return None if reader.faults else case


@dataclass(slots=True)
class _CaseReader:
    vocabulary: Vocabulary
    _report: Report
    faults: int = field(default=0)

    def report(self, problem: Problem) -> None:
        self.faults += 1
        self._report(problem)

    def case(self, node: Node, defaults: Defaults) -> Case | None:
        if not isinstance(node.value, Mapping):
            self.report(node.problem("wrong-type", "a case is a mapping of keys to values"))
            return None
        self._known_keys(node, KEYS)
        service_date = self._day(node, "date_of_service")
        if service_date is None and node.get("date_of_service") is None:
            self.report(node.problem("missing-key", "`date_of_service` is missing here"))
        processed, known_on = self._day(node, "claim_processed"), self._day(node, "known_on")
        faults = self.faults
        policy, payer = self._answering(node, defaults)
        stated: dict[str, Value] = {}
        self._claim(node, stated)
        # Where what names the policy is wrong, that has been told.
        told = self.faults > faults
        facts = node.get("facts")
        if facts is not None:
            self._facts(facts, stated)
        code = stated.get(SERVICE_CODE)
        if not told and policy is None and (payer is None or code is None):
            message = "it is not said which policy is asked"
            self.report(node.problem("no-policy-named", message, "name the `policy`, or the `payer` and a code"))
        if service_date is None:
            return None
        title = node.get("case")
        return Case(
            date_of_service=service_date,
            claim_processed=processed,
            known_on=known_on,
            policy=policy,
            payer=payer,
            title=title.text if title else None,
            code=code if isinstance(code, Code) else None,
            stated=stated,
            facts={**stated, **self._derived(facts, stated, service_date)},
        )

    def _answering(self, node: Node, defaults: Defaults) -> tuple[str | None, str | None]:
        """The policy and the payer: the case's own, or else the document's."""
        policy, payer = self._word(node, "policy"), self._word(node, "payer")
        if policy is None and payer is None:
            policy, payer = defaults.policy, defaults.payer
        if payer is None:
            return policy, None
        known = self.vocabulary.payer(payer)
        if known is None:
            where = node.get("payer") or node
            advice = near_miss(payer, tuple(self.vocabulary.payer_names()))
            self.report(where.problem("unknown-payer", "this is not a payer of this library", advice))
            return policy, None
        return policy, known.id

    def _word(self, node: Node, key: str) -> str | None:
        child = node.get(key)
        if child is not None and child.text is None:
            self.report(child.problem("wrong-type", "this should be text"))
        return child.text if child else None

    def _day(self, node: Node, key: str) -> date | None:
        child = node.get(key)
        if child is None:
            return None
        if isinstance(child.value, date) and not isinstance(child.value, datetime):
            return child.value
        found = read_day(child.text) if child.text is not None else None
        if found is None:
            self.report(child.problem("malformed-date", "there is no such date", "a date is written YYYY-MM-DD"))
        return found

    def _text_keys(self, node: Node) -> None:
        if isinstance(node.value, Mapping) and not all(isinstance(key, str) for key in node.value):
            self.report(node.problem("key-not-text", "every key here is text"))

    def _known_keys(self, node: Node, known: tuple[str, ...]) -> None:
        self._text_keys(node)
        for key, child in node.items():
            if key not in known:
                message = "this is not a key that is known here"
                self.report(child.problem("unknown-key", message, f"known here: {', '.join(known)}", at_key=True))

    def _claim(self, node: Node, stated: dict[str, Value]) -> None:
        """What the case says of the claim itself: built-in facts."""
        service, diagnoses = node.get("service"), node.get("diagnoses")
        if service is not None and not isinstance(service.value, Mapping):
            self.report(service.problem("wrong-type", "this should be a mapping", _WRITTEN[FactType.CODE]))
        elif service is not None:
            self._known_keys(service, _SERVICE_KEYS)
            self._state(SERVICE_CODE, self._one_code(service, ignoring=("modifiers", "place")), stated)
            if (modifiers := service.get("modifiers")) is not None:
                self._state("service.modifiers", self._words(modifiers, MODIFIER.fullmatch), stated)
            if (place := service.get("place")) is not None:
                self._state("service.place", self._one_word(place, PLACE_OF_SERVICE.fullmatch), stated)
        if diagnoses is not None:
            self._text_keys(diagnoses)
            self._state("claim.diagnoses", self._codes(diagnoses), stated)

    def _state(self, name: str, value: Value | None, stated: dict[str, Value]) -> None:
        if value is not None:
            stated[name] = value

    def _facts(self, node: Node, stated: dict[str, Value]) -> None:
        if not isinstance(node.value, Mapping):
            self.report(node.problem("wrong-type", "`facts` is a mapping of facts to values"))
        self._text_keys(node)
        for name, child in node.items():
            fact = self.vocabulary.facts.get(name)
            if fact is None or name.startswith(("service.", "claim.")):
                self._unknown(name, child, built_in=fact is not None)
            elif child.value is not None:
                self._state(name, self._value(fact, child), stated)

    def _unknown(self, name: str, node: Node, *, built_in: bool) -> None:
        if built_in:
            message, advice = f"`{name}` is stated under `service` or `diagnoses`, not here", None
        else:
            # What is not the name of a fact may be anything, so it is not shown.
            message, advice = "this is not a known fact", near_miss(name, self.vocabulary.facts)
        self.report(node.problem("unknown-fact", message, advice, at_key=True))

    def _value(self, fact: Fact, node: Node) -> Value | None:
        value = node.value
        self._text_keys(node)
        match fact.type:
            case FactType.BOOLEAN if isinstance(value, bool):
                return value
            case FactType.INTEGER if isinstance(value, int) and not isinstance(value, bool):
                return value
            case FactType.NUMBER if isinstance(value, int | float) and not isinstance(value, bool):
                if isinstance(value, int) or math.isfinite(value):
                    return value
            case FactType.DATE:
                return self._date(fact, node)
            case FactType.CHOICE if node.text is not None:
                return self._one_word(node, fact.admits, fact)
            case FactType.CHOICES if _is_list(value):
                return self._words(node, fact.admits, fact)
            case FactType.CODE if isinstance(value, Mapping):
                return self._one_code(node)
            case FactType.CODES if isinstance(value, Mapping):
                return self._codes(node)
        self.report(node.problem("wrong-type", f"`{fact.name}` is not written so", _WRITTEN[fact.type]))
        return None

    def _date(self, fact: Fact, node: Node) -> date | DayRange | Never | None:
        value = node.value
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value == NEVER.value or value is NEVER:
            if fact.may_be_never:
                return NEVER
            message = f"`{fact.name}` cannot be `never`"
            self.report(node.problem("never-not-allowed", message, "leave it out where it is not known"))
            return None
        # The year alone, unquoted, is read as a number.
        written = str(value) if isinstance(value, int) and not isinstance(value, bool) else node.text
        found = read_partial(written) if written is not None else None
        if found is None:
            self.report(node.problem("malformed-date", "there is no such date", _WRITTEN[FactType.DATE]))
        return found

    def _one_word(self, node: Node, admits: Callable[[str], Any], fact: Fact | None = None) -> str | None:
        if node.text is not None and admits(node.text):
            return node.text
        self._not_admitted(node, fact)
        return None

    def _words(self, node: Node, admits: Callable[[str], Any], fact: Fact | None = None) -> frozenset[str] | None:
        if not _is_list(node.value):
            self.report(node.problem("wrong-type", "this should be a list", "[] says none"))
            return None
        words = node.elements()
        for each in words:
            if each.text is None or not admits(each.text):
                self._not_admitted(each, fact)
                return None
        return frozenset(each.value for each in words)

    def _not_admitted(self, node: Node, fact: Fact | None) -> None:
        if node.text is None:
            self.report(node.problem("wrong-type", "this should be text", "write it in quotes"))
        elif fact is not None and fact.values:
            advice = f"it can be: {', '.join(fact.values)}"
            self.report(node.problem("unknown-value", f"`{fact.name}` cannot be this", advice))
        else:
            advice = "a modifier is two letters or digits, a place of service two digits"
            self.report(node.problem("malformed-code", "this is neither a modifier nor a place of service", advice))

    def _one_code(self, node: Node, ignoring: tuple[str, ...] = ()) -> Code | None:
        told = [(key, child) for key, child in node.items() if key not in ignoring]
        # What is null is not told; a system that is none is wrong all the same.
        written = [(key, child) for key, child in told if child.value is not None or key not in SHAPES]
        if not written:
            return None
        if len(written) > 1:
            self.report(node.problem("too-many", "one code under one system stands here"))
            return None
        return self._code(*written[0])

    def _codes(self, node: Node) -> frozenset[Code] | None:
        if not isinstance(node.value, Mapping):
            self.report(node.problem("wrong-type", "codes stand under their system", _WRITTEN[FactType.CODES]))
            return None
        found: set[Code] = set()
        for system, listed in node.items():
            if not _is_list(listed.value):
                self.report(listed.problem("wrong-type", "this should be a list of codes"))
                continue
            found.update(code for each in listed.elements() if (code := self._code(system, each)) is not None)
        return frozenset(found)

    def _code(self, system: str, node: Node) -> Code | None:
        if system not in SHAPES:
            message = "this is not a system of codes"
            self.report(node.problem("unknown-key", message, f"known are: {', '.join(SYSTEMS)}", at_key=True))
            return None
        if node.text is None:
            self.report(node.problem("wrong-type", "a code is text", "write it in quotes"))
            return None
        code = read_code(system, node.text)
        if code is None:
            message = f"this is not a code of {system}"
            self.report(node.problem("malformed-code", message, f"it consists of {shape_of(system)}"))
        return code

    def _derived(self, facts: Node | None, stated: Mapping[str, Value], day: date) -> dict[str, Value]:
        """The numbers that follow from dates (docs/format.md, section 6); one that is stated has to agree."""
        result: dict[str, Value] = {}
        for fact in self.vocabulary.derived:
            assert fact.derived is not None  # noqa: S101  # what `derived` lists
            base = stated.get(fact.derived.base)
            if base is None:
                continue
            follows = counted(fact.derived.rule, base, day)
            said = stated.get(fact.name)
            if said is None:
                result[fact.name] = follows
            elif not agrees(said, follows) and facts is not None:
                message = f"`{fact.name}` is not what follows from `{fact.derived.base}` on the date of service"
                self.report(facts.at([fact.name]).problem("derived-disagrees", message, "leave one of them out"))
        return result


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)
