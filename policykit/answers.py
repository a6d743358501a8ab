"""Answers as plain data: what the schemas under `schemas/` describe, ready to be written as JSON.

Every key is always there; what is not known, or does not apply, is null or empty.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from policykit.chronicle import Chronicle, Shown
from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.decision import Decision
from policykit.lookup import Lookup, state_of
from policykit.plain import (
    comparison_as_data,
    notes_as_data,
    service_as_data,
    source_as_data,
    value_as_data,
)
from policykit.results import CasesResult, CheckResult
from policykit.timeline import DateNeeded, Miss, Revision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from policykit.cases import CaseResult
    from policykit.chronicle import Episode
    from policykit.codes import Code
    from policykit.criteria import Criterion, Notes
    from policykit.decision import MissingFact, StatementFinding
    from policykit.evaluation import Finding
    from policykit.index import Standing
    from policykit.policy import Entry, Policy, Service, Statement
    from policykit.problems import Location, Problem
    from policykit.vocabulary import CodeEntry, Vocabulary

Data: TypeAlias = dict[str, Any]
Answer: TypeAlias = Decision | tuple[Decision, ...] | Lookup | Chronicle | Shown | CheckResult | CasesResult

FORMAT: Final = 1


def as_document(answer: Answer) -> Data:
    """An answer as the plain data of its schema, in an order that is always the same."""
    match answer:
        case Decision():
            return _decision(answer)
        case tuple():
            return {"format": FORMAT, "decisions": [_decision(each) for each in answer]}
        case Lookup():
            return _lookup(answer)
        case Chronicle():
            return _chronicle(answer)
        case Shown():
            return _shown(answer)
        case CheckResult():
            return _check_result(answer)
        case CasesResult():
            return _cases_result(answer)
        case _:
            assert_never(answer)


# A decision


def _decision(decision: Decision) -> Data:
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
        "effective": _day(decision.effective),
        "through": _day(decision.through),
        **_miss(found if isinstance(found, Miss) else None),
        "candidates": _candidates(found),
        "date_of_service": _day(decision.date_of_service),
        "claim_processed": _day(decision.claim_processed),
        "known_on": _day(decision.known_on),
        "code": _code(decision.case.code),
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
        "place": _place(statement.where),
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
        "place": _place(criterion.notes[0].where),
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
        "place": _place(notes.where),
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


# Revisions, and the lack of one


def _miss(miss: Miss | None) -> Data:
    return {
        "reason": miss.reason.value if miss else None,
        "before": _entry_in_brief(miss.before) if miss and miss.before else None,
        "after": _entry_in_brief(miss.after) if miss and miss.after else None,
    }


def _entry_in_brief(entry: Entry) -> Data:
    return {
        "revision": entry.revision,
        "change": entry.change.value,
        "effective": _day(entry.effective),
        "through": _day(entry.through),
    }


def _candidates(found: Revision | Miss | DateNeeded | None) -> list[Data]:
    """What may be in effect, as long as it hangs on a date."""
    if not isinstance(found, DateNeeded):
        return []
    return [
        {
            "revision": each.name if isinstance(each, Revision) else None,
            "effective": _day(each.effective) if isinstance(each, Revision) else None,
            "through": _day(each.last) if isinstance(each, Revision) else None,
            "reason": each.reason.value if isinstance(each, Miss) else None,
        }
        for each in found.candidates
    ]


def _in_effect(found: Revision | Miss | DateNeeded | None) -> Data:
    revision = found if isinstance(found, Revision) else None
    return {
        "revision": revision.name if revision else None,
        "effective": _day(revision.effective) if revision else None,
        "through": _day(revision.last) if revision else None,
        **_miss(found if isinstance(found, Miss) else None),
        "candidates": _candidates(found),
    }


def _entry(entry: Entry) -> Data:
    """What an entry says beside its services."""
    return {
        "revision": entry.revision,
        "change": entry.change.value,
        "summary": entry.summary,
        "effective": _day(entry.effective),
        "through": _day(entry.through),
        "known_from": _day(entry.known_from),
        "published": _day(entry.published),
        "implemented": _day(entry.implemented),
        "last_reviewed": _day(entry.last_reviewed),
        "next_review": _day(entry.next_review),
        "applies_by": entry.applies_by.value,
        "replaces": entry.replaces,
        "withdraws": entry.withdraws,
        "reading": entry.reading,
        "source": source_as_data(entry.source) if entry.source else None,
        "subject_to": list(entry.subject_to),
        "related": list(entry.related),
        "references": list(entry.references),
        "place": _place(entry.where),
    }


def _policy(policy: Policy) -> Data:
    return {"policy": policy.id, "title": policy.title, "payer": policy.payer, "kind": policy.kind.value}


# The other answers


def _lookup(lookup: Lookup) -> Data:
    vocabulary = lookup.vocabulary
    return {
        "format": FORMAT,
        "code": lookup.code,
        "systems": list(lookup.systems),
        "date_of_service": _day(lookup.date_of_service),
        "is_today": lookup.is_today,
        "claim_processed": _day(lookup.claim_processed),
        "known_on": _day(lookup.known_on),
        "payer": lookup.payer.id if lookup.payer else None,
        "held": [_code_entry(each, vocabulary, lookup.date_of_service) for each in lookup.held],
        "something_in_effect": lookup.something_in_effect,
        "standings": [_standing(each) for each in lookup.standings],
    }


def _code_entry(entry: CodeEntry, vocabulary: Vocabulary, day: date) -> Data:
    return {
        "system": entry.code.system,
        "code": entry.code.code,
        "label": entry.label,
        "service_type": entry.service_type,
        "sites": _labelled(entry.sites, vocabulary.places_of_service),
        "modifiers": _labelled(entry.modifiers, vocabulary.modifiers),
        "from": _day(entry.first),
        "through": _day(entry.last),
        "valid": entry.is_valid(day),
        "replaced_by": entry.replaced_by,
        "not_known": list(entry.not_known),
    }


def _labelled(codes: tuple[str, ...], labels: Mapping[str, str]) -> list[Data]:
    return [{"code": each, "label": labels.get(each)} for each in codes]


def _standing(standing: Standing) -> Data:
    policy, found = standing.policy, standing.found
    revision = found if isinstance(found, Revision) else None
    return {
        "payer": {"id": standing.payer.id, "name": standing.payer.name},
        "standing": state_of(standing).value,
        "policy": policy.id if policy else None,
        "title": policy.title if policy else None,
        "kind": policy.kind.value if policy else None,
        **_in_effect(found),
        "change": revision.entry.change.value if revision else None,
        "summary": revision.entry.summary if revision else None,
        "next_review": _day(revision.entry.next_review) if revision else None,
        "subject_to": list(revision.entry.subject_to) if revision else [],
        "service": service_as_data(standing.service) if standing.service else None,
    }


def _chronicle(chronicle: Chronicle) -> Data:
    return {
        "format": FORMAT,
        **_policy(chronicle.policy),
        "known_on": _day(chronicle.known_on),
        "entries": [_episode(each) for each in chronicle.episodes],
        "gaps": [{"first": _day(gap.first), "last": _day(gap.last)} for gap in chronicle.gaps],
    }


def _episode(episode: Episode) -> Data:
    return {
        **_entry(episode.entry),
        "state": episode.state.value,
        "by": episode.by,
        "last": _day(episode.last),
        "governs": episode.governs,
    }


def _shown(shown: Shown) -> Data:
    found = shown.found
    revision = found if isinstance(found, Revision) else None
    return {
        "format": FORMAT,
        **_policy(shown.policy),
        "date_of_service": _day(shown.date_of_service),
        "is_today": shown.is_today,
        "claim_processed": _day(shown.claim_processed),
        "known_on": _day(shown.known_on),
        **_in_effect(found),
        "superseded": shown.superseded,
        "entry": _entry(revision.entry) if revision else None,
        "services": [service_as_data(each) for each in revision.services] if revision else [],
    }


def _check_result(result: CheckResult) -> Data:
    return {
        "format": FORMAT,
        "policies": result.policies,
        "documents": result.documents,
        "cases": result.cases,
        "problems": [_problem(each) for each in result.problems],
        "left_out": list(result.left_out),
    }


def _cases_result(result: CasesResult) -> Data:
    return {
        "format": FORMAT,
        "passed": result.passed,
        "failed": result.failed,
        "problems": [_problem(each) for each in result.problems],
        "left_out": list(result.left_out),
        "cases": [_case_result(each) for each in result.results],
    }


def _case_result(result: CaseResult) -> Data:
    return {
        "case": result.stated.title,
        "place": _place(result.stated.where),
        "passed": not result.failures,
        "failures": list(result.failures),
        "problems": [_problem(each) for each in result.stated.unexpected] if result.failures else [],
    }


def _problem(problem: Problem) -> Data:
    return {
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
        "help": problem.help,
        "file": problem.where.file,
        "line": problem.where.line or None,
        "column": problem.where.column or None,
        "path": problem.where.path,
    }


# Small things


def _place(where: Location) -> Data:
    return {"file": where.file, "line": where.line or None, "column": where.column or None}


def _code(code: Code | None) -> Data | None:
    return {code.system: code.code} if code else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
