"""Typed records as the plain data that a document would hold, and digests of it."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, assert_never

from policykit.codes import Code, CodeSet
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
from policykit.dates import NEVER, CountRange, DayRange
from policykit.policy import UNCHANGED, Carried, Service

if TYPE_CHECKING:
    from policykit.case import Case
    from policykit.criteria import Comparison, Criterion, Notes
    from policykit.policy import Entry, Policy, Source, Statement
    from policykit.vocabulary import CodeEntry, Fact, Payer, Vocabulary


_spelled = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
# What a document would hold as it is.
_PLAIN: Final = frozenset({bool, int, float, str})


def digest_of(data: Any) -> str:
    """The SHA-256 of plain data in its one canonical spelling (sorted keys, no spaces, UTF-8)."""
    return f"sha256:{sha256(_spelled(data).encode()).hexdigest()}"


@lru_cache(maxsize=1024)
def policy_digest(policy: Policy) -> str:
    """The digest of what a policy document means; comments, order of keys and spelling take no part."""
    return digest_of(policy_as_data(policy))


@lru_cache(maxsize=16)
def vocabulary_digest(vocabulary: Vocabulary) -> str:
    """The digest of what the vocabulary means."""
    return vocabulary.digest or digest_of(vocabulary_as_data(vocabulary))


def case_digest(case: Case) -> str:
    """The digest of what a case says that an answer can depend on. Not anonymous: facts can be guessed from it."""
    return digest_of(case_as_data(case))


def value_as_data(value: Any) -> Any:
    """A fact's value as a case would state it; a derived number of which only bounds are known, as those bounds."""
    if type(value) in _PLAIN:
        return value
    match value:
        case date():
            return value.isoformat()
        case DayRange(first=first, last=last):
            whole_year = (first.month, last.month) == (1, 12)
            return f"{first.year:04}" if whole_year else f"{first.year:04}-{first.month:02}"
        case CountRange(low=low, high=high):
            return {"at_least": low, "at_most": high}
        case Code(system=system, code=code):
            return {system: code}
        case frozenset():
            return _set_as_data(value)
        case _ if value is NEVER:
            return "never"
        case _:
            return value


def _set_as_data(value: frozenset[str] | frozenset[Code]) -> Any:
    if not isinstance(next(iter(value), None), Code):
        return sorted(value)
    result: dict[str, list[str]] = {}
    for system, code in sorted(each for each in value if isinstance(each, Code)):
        result.setdefault(system, []).append(code)
    return result


def comparison_as_data(comparison: Comparison) -> dict[str, Any]:
    """A comparison as a document writes it, its lists written out."""
    match comparison:
        case OneOf(operator="is", values=values):
            return {"is": value_as_data(values.written[0]) if isinstance(values, CodeSet) else values[0]}
        case OneOf(operator=operator, values=values) | Has(operator=operator, values=values):
            return {operator: values.by_system() if isinstance(values, CodeSet) else list(values)}
        case Bound(operator=operator, limit=limit):
            return {operator: limit}
        case DayBound(operator=operator, day=day):
            return {operator: day.value if day is DATE_OF_SERVICE else day.isoformat()}
        case Ago(operator=operator, span=span):
            return {operator: str(span)}
        case _:
            assert_never(comparison)


def notes_as_data(notes: Notes) -> dict[str, str]:
    """The notes that are there."""
    return _present(id=notes.id, says=notes.says, cite=notes.cite, quote=notes.quote, reading=notes.reading)


def criterion_as_data(criterion: Criterion) -> dict[str, Any]:
    """A criterion as a document writes it, what it uses written out, with its notes.

    They are those of one place where no two places say the same kind of thing, as if it had been written out there;
    otherwise a list, from the place of use inwards.
    """
    notes = [told for each in criterion.notes if (told := notes_as_data(each))]
    merged = {key: words for each in notes for key, words in each.items()}
    said: dict[str, Any] = merged if len(merged) == sum(map(len, notes)) else {"notes": notes}
    match criterion:
        case All(parts=parts):
            return {"all": [criterion_as_data(part) for part in parts], **said}
        case AnyOf(parts=parts):
            return {"any": [criterion_as_data(part) for part in parts], **said}
        case NoneOf(parts=parts):
            return {"none": [criterion_as_data(part) for part in parts], **said}
        case CountAtLeast(count=count, parts=parts):
            return {"count_at_least": count, "of": [criterion_as_data(part) for part in parts], **said}
        case FactIs(fact=fact, comparisons=comparisons):
            compared = [comparison_as_data(each) for each in comparisons]
            return {"fact": fact, **{key: value for each in compared for key, value in each.items()}, **said}
        case _:
            assert_never(criterion)


def statement_as_data(statement: Statement) -> dict[str, Any]:
    """A coverage statement as a document writes it."""
    return _present(
        outcome=statement.outcome.value,
        to=statement.to,
        cite=statement.cite,
        quote=statement.quote,
        says=statement.says,
        reading=statement.reading,
        when=criterion_as_data(statement.when) if statement.when else None,
    )


def service_as_data(service: Service) -> dict[str, Any]:
    """A service as a document writes it."""
    return _present(
        service=service.name,
        codes=service.codes.by_system(),
        code_notes=list(service.code_notes),
        reading=service.reading,
        coverage=[statement_as_data(statement) for statement in service.coverage],
    )


def source_as_data(source: Source) -> dict[str, Any]:
    """A source as a document writes it."""
    return _present(**{each.name: _scalar(getattr(source, each.name)) for each in fields(source)})


def entry_as_data(entry: Entry) -> dict[str, Any]:
    """An entry of a history as a document writes it."""
    simple = {
        each.name: _scalar(getattr(entry, each.name))
        for each in fields(entry)
        if each.name not in {"source", "services", "where", "places"}
    }
    services: Any
    if entry.services is UNCHANGED:
        services = "unchanged"
    else:
        services = [
            {"service": each.name, "unchanged": True} if isinstance(each, Carried) else service_as_data(each)
            for each in entry.services
        ]
    source = source_as_data(entry.source) if entry.source else None
    return _present(**simple, source=source, services=services)


def policy_as_data(policy: Policy) -> dict[str, Any]:
    """What a policy document means: everything that it says, with value sets and named criteria written out."""
    return {
        "format": 1,
        "policy": policy.id,
        "title": policy.title,
        "payer": policy.payer,
        "kind": policy.kind.value,
        "history": [entry_as_data(entry) for entry in policy.history],
    }


def case_as_data(case: Case) -> dict[str, Any]:
    """What a case says that an answer can depend on."""
    return {
        "policy": case.policy,
        "payer": case.payer,
        "date_of_service": case.date_of_service.isoformat(),
        "claim_processed": _scalar(case.claim_processed),
        "known_on": _scalar(case.known_on),
        "facts": {name: value_as_data(value) for name, value in sorted(case.stated.items())},
    }


def vocabulary_as_data(vocabulary: Vocabulary) -> dict[str, Any]:
    """What the vocabulary means, for its digest."""
    return {
        "facts": {name: _fact_as_data(fact) for name, fact in vocabulary.facts.items()},
        "payers": {name: _payer_as_data(payer) for name, payer in vocabulary.payers.items()},
        "codes": {str(code): code_entry_as_data(entry) for code, entry in vocabulary.codes.items()},
        "places_of_service": dict(vocabulary.places_of_service),
        "modifiers": dict(vocabulary.modifiers),
    }


def _fact_as_data(fact: Fact) -> dict[str, Any]:
    return _present(
        type=fact.type.value,
        unit=fact.unit,
        values=dict(fact.values) if fact.values is not None else None,
        ask=fact.ask,
        judgement=fact.judgement,
        derived={fact.derived.rule.value: fact.derived.base} if fact.derived else None,
        may_be_never=fact.may_be_never,
    )


def _payer_as_data(payer: Payer) -> dict[str, Any]:
    return _present(name=payer.name, aliases=list(payer.aliases))


def code_entry_as_data(entry: CodeEntry) -> dict[str, Any]:
    """What is held of a code, as the document of codes writes it."""
    return _present(
        label=entry.label,
        service_type=entry.service_type,
        sites=list(entry.sites),
        modifiers=list(entry.modifiers),
        **{"from": _scalar(entry.first)},
        through=_scalar(entry.last),
        replaced_by=entry.replaced_by,
        not_known=list(entry.not_known),
    )


def _scalar(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Enum():
            return value.value
        case tuple():
            return list(value)
        case _:
            return value


def _present(**data: Any) -> dict[str, Any]:
    """The keys that have something to say."""
    return {key: value for key, value in data.items() if value is not None and value != [] and value is not False}
