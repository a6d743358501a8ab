"""A decision, with everything that explains it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, assert_never

from policykit.answers.parts import (
    FORMAT,
    Data,
    candidates_as_data,
    code_as_data,
    day_as_data,
    miss_as_data,
    place_as_data,
)
from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.plain import (
    comparison_as_data,
    notes_as_data,
    value_as_data,
)
from policykit.timeline import Miss

if TYPE_CHECKING:
    from policykit.criteria import Criterion, Notes
    from policykit.decision import Decision, MissingFact, StatementFinding
    from policykit.evaluation import Finding
    from policykit.policy import Service, Statement
    from policykit.vocabulary import Vocabulary


def decision_as_data(decision: Decision) -> Data:
    """A decision: its outcome, what it rests on, and what to ask."""
    policy, revision, found = decision.policy, decision.revision, decision.answer.found
    return {
        "format": FORMAT,
        "outcome": decision.outcome.value,
        "to": decision.to,
        "possible": [{"outcome": each.outcome.value, "to": each.to} for each in decision.possible],
        "case": decision.case.title,
        "policy": policy.id if policy else None,
        "title": policy.title if policy else None,
        "payer": policy.payer if policy else decision.case.payer,
        "revision": revision.name if revision else None,
        "effective": day_as_data(decision.effective),
        "through": day_as_data(decision.through),
        **miss_as_data(found if isinstance(found, Miss) else None),
        "candidates": candidates_as_data(found),
        "date_of_service": day_as_data(decision.date_of_service),
        "claim_processed": day_as_data(decision.claim_processed),
        "known_on": day_as_data(decision.known_on),
        "code": code_as_data(decision.case.code),
        "service": _service(decision.service) if decision.service else None,
        "statement": _statement(decision.number, decision.statement) if decision.statement else None,
        "findings": [_statement_finding(each) for each in decision.findings],
        "missing": [_missing(each, decision.answer.vocabulary) for each in decision.missing],
        "advisories": [{"name": each.name, "message": each.message} for each in decision.advisories],
        "subject_to": list(revision.entry.subject_to) if revision else [],
        "receipt": asdict(decision.receipt),
    }


def _service(service: Service) -> Data:
    return {
        "name": service.name,
        "codes": service.codes.by_system(),
        "code_notes": list(service.code_notes),
        "reading": service.reading,
    }


def _statement(number: int | None, statement: Statement) -> Data:
    return {
        "number": number,
        "outcome": statement.outcome.value,
        "to": statement.to,
        "cite": statement.cite,
        "quote": statement.quote,
        "says": statement.says,
        "reading": statement.reading,
        "place": place_as_data(statement.where),
    }


def _statement_finding(found: StatementFinding) -> Data:
    criterion = _finding(found.finding) if found.finding else None
    return {**_statement(found.number, found.statement), "truth": found.truth.value, "criterion": criterion}


def _finding(finding: Finding) -> Data:
    criterion = finding.criterion
    told = {
        "id": next((each.id for each in criterion.notes if each.id), None),
        **_operator(criterion),
        "truth": finding.truth.value,
    }
    if isinstance(criterion, FactIs):
        told["value"] = value_as_data(finding.value)
    return {
        **told,
        "notes": [_notes(each) for each in criterion.notes if notes_as_data(each)],
        "place": place_as_data(criterion.notes[0].where),
        "parts": [_finding(each) for each in finding.parts],
    }


def _operator(criterion: Criterion) -> Data:
    match criterion:
        case All():
            return {"operator": "all"}
        case AnyOf():
            return {"operator": "any"}
        case NoneOf():
            return {"operator": "none"}
        case CountAtLeast(count=count):
            return {"operator": "count_at_least", "count": count}
        case FactIs(fact=fact, comparisons=comparisons):
            compared = [comparison_as_data(each) for each in comparisons]
            return {"operator": "fact", "fact": fact, "comparisons": _merged(compared)}
        case _:
            assert_never(criterion)


def _merged(parts: list[Data]) -> Data:
    return {key: value for part in parts for key, value in part.items()}


def _notes(notes: Notes) -> Data:
    return {
        "id": notes.id,
        "says": notes.says,
        "cite": notes.cite,
        "quote": notes.quote,
        "reading": notes.reading,
        "place": place_as_data(notes.where),
    }


def _missing(missing: MissingFact, vocabulary: Vocabulary) -> Data:
    declared = vocabulary.facts.get(missing.fact)
    return {
        "fact": missing.fact,
        "ask": missing.ask,
        "type": missing.type.value,
        "unit": missing.unit,
        "values": dict(declared.values) if declared and declared.values else None,
        "judgement": missing.judgement,
        "more_precisely": missing.more_precisely,
    }
