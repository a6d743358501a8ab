"""Every answer as the plain data of its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from policykit.answers.batches import tally_as_data
from policykit.answers.coverage import coverage_as_data
from policykit.answers.decisions import decision_as_data
from policykit.answers.differences import difference_as_data
from policykit.answers.impacts import impact_as_data
from policykit.answers.parts import (
    FORMAT,
    Data,
    day_as_data,
    entry_with_place,
    in_effect_as_data,
    place_as_data,
    policy_in_brief,
)
from policykit.answers.rules import explained_as_data
from policykit.batch.tally import Tally
from policykit.chronicle import Chronicle, Shown
from policykit.decision import Decision
from policykit.differing.result import Comparison
from policykit.impact.result import Impact
from policykit.lookup import Lookup, state_of
from policykit.plain import (
    service_as_data,
)
from policykit.published import Publishing
from policykit.results import CasesResult, CheckResult
from policykit.rules.rule import Explained
from policykit.timeline import Revision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from policykit.cases import CaseResult
    from policykit.chronicle import Episode
    from policykit.index import Standing
    from policykit.problems import Problem
    from policykit.published import Recorded
    from policykit.vocabulary import CodeEntry, Vocabulary

Answer: TypeAlias = (
    Decision
    | tuple[Decision, ...]
    | Lookup
    | Chronicle
    | Shown
    | CheckResult
    | CasesResult
    | Publishing
    | Explained
    | Comparison
    | Tally
    | Impact
)


def as_document(answer: Answer) -> Data:  # noqa: C901  # one case for each answer
    """An answer as the plain data of its schema, in an order that is always the same."""
    match answer:
        case Decision():
            return decision_as_data(answer)
        case tuple():
            return {"format": FORMAT, "decisions": [decision_as_data(each) for each in answer]}
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
        case Publishing():
            return _publishing(answer)
        case Explained():
            return explained_as_data(answer)
        case Comparison():
            return difference_as_data(answer)
        case Tally():
            return tally_as_data(answer)
        case Impact():
            return impact_as_data(answer)
        case _:
            assert_never(answer)


def _lookup(lookup: Lookup) -> Data:
    vocabulary = lookup.vocabulary
    return {
        "format": FORMAT,
        "code": lookup.code,
        "systems": list(lookup.systems),
        "date_of_service": day_as_data(lookup.date_of_service),
        "is_today": lookup.is_today,
        "claim_processed": day_as_data(lookup.claim_processed),
        "known_on": day_as_data(lookup.known_on),
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
        "from": day_as_data(entry.first),
        "through": day_as_data(entry.last),
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
        **in_effect_as_data(found),
        "change": revision.entry.change.value if revision else None,
        "summary": revision.entry.summary if revision else None,
        "next_review": day_as_data(revision.entry.next_review) if revision else None,
        "subject_to": list(revision.entry.subject_to) if revision else [],
        "service": service_as_data(standing.service) if standing.service else None,
    }


def _chronicle(chronicle: Chronicle) -> Data:
    return {
        "format": FORMAT,
        **policy_in_brief(chronicle.policy),
        "known_on": day_as_data(chronicle.known_on),
        "entries": [_episode(each) for each in chronicle.episodes],
        "gaps": [{"first": day_as_data(gap.first), "last": day_as_data(gap.last)} for gap in chronicle.gaps],
    }


def _episode(episode: Episode) -> Data:
    return {
        **entry_with_place(episode.entry),
        "state": episode.state.value,
        "by": episode.by,
        "last": day_as_data(episode.last),
        "governs": episode.governs,
    }


def _shown(shown: Shown) -> Data:
    found = shown.found
    revision = found if isinstance(found, Revision) else None
    return {
        "format": FORMAT,
        **policy_in_brief(shown.policy),
        "date_of_service": day_as_data(shown.date_of_service),
        "is_today": shown.is_today,
        "claim_processed": day_as_data(shown.claim_processed),
        "known_on": day_as_data(shown.known_on),
        **in_effect_as_data(found),
        "superseded": shown.superseded,
        "entry": entry_with_place(revision.entry) if revision else None,
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
        **({"coverage": [coverage_as_data(each) for each in result.coverage]} if result.coverage else {}),
        "cases": [_case_result(each) for each in result.results],
    }


def _case_result(result: CaseResult) -> Data:
    return {
        "case": result.stated.title,
        "place": place_as_data(result.stated.where),
        "passed": not result.failures,
        "failures": list(result.failures),
        "problems": [_problem(each) for each in result.stated.unexpected] if result.failures else [],
    }


def _publishing(publishing: Publishing) -> Data:
    check, cases = publishing.check, publishing.cases
    return {
        "format": FORMAT,
        "file": publishing.file,
        "refused": publishing.refused,
        "written": publishing.written,
        "recorded": [_recorded(each) for each in publishing.recorded],
        "problems": [_problem(each) for each in check.problems],
        "left_out": [*dict.fromkeys((*check.left_out, *cases.left_out))],
        "failed": [_case_result(each) for each in cases.results if each.failures],
    }


def _recorded(recorded: Recorded) -> Data:
    entry = recorded.entry
    return {
        "policy": recorded.policy,
        "revision": entry.revision,
        "change": entry.change.value,
        "effective": day_as_data(entry.effective),
        "digest": recorded.digest,
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
