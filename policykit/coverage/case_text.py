"""A case with its answer as the text of a document of cases, ready to be pasted."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from policykit.plain import value_as_data
from policykit.policy import Outcome
from policykit.vocabulary import BUILT_IN, SERVICE_CODE, FactType
from policykit.writing.layout import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.decision import Decision, PossibleOutcome
    from policykit.vocabulary import Value


def case_text(title: str, decision: Decision) -> str:
    """A decided case as an element of a list of cases in the house layout: what it says, and the answer to it.

    It names no policy: it stands among the cases of the one that answered.
    """
    case = decision.case
    days = {"claim_processed": case.claim_processed, "known_on": case.known_on}
    declared = decision.answer.vocabulary.facts
    facts = {name: _value(value, declared[name].type) for name, value in case.stated.items() if name not in BUILT_IN}
    data = {
        "case": title,
        "date_of_service": case.date_of_service.isoformat(),
        **{key: day.isoformat() for key, day in days.items() if day is not None},
        **_claim(case.stated),
        **({"facts": facts} if facts else {}),
        "expect": _answer(decision),
    }
    _, _, text = formatted(_flow({"format": 1, "cases": [data]}), "cases").partition("cases:\n")
    return text


def _claim(stated: Mapping[str, Value]) -> dict[str, Any]:
    """What is known of the claim itself."""
    service: dict[str, Any] = dict(value_as_data(stated[SERVICE_CODE])) if SERVICE_CODE in stated else {}
    for key in ("modifiers", "place"):
        if f"service.{key}" in stated:
            service[key] = value_as_data(stated[f"service.{key}"])
    diagnoses = stated.get("claim.diagnoses")
    return {
        **({"service": service} if service else {}),
        **({"diagnoses": _value(diagnoses, FactType.CODES)} if diagnoses is not None else {}),
    }


def _value(value: Value, kind: FactType) -> Any:
    """A value as a case writes it; no codes at all stand under no system."""
    return value_as_data(value) or {} if kind is FactType.CODES else value_as_data(value)


def _answer(decision: Decision) -> dict[str, Any]:
    """What the answer is, as `expect` says it."""
    undetermined = decision.outcome is Outcome.UNDETERMINED
    answer = {
        "outcome": decision.outcome.value,
        "to": decision.to,
        "possible": [_possible(each) for each in decision.possible] if undetermined else None,
        "revision": decision.revision.name if decision.revision else None,
        "statement": decision.number,
        "missing": [each.fact for each in decision.missing],
    }
    return {key: value for key, value in answer.items() if value is not None}


def _possible(possible: PossibleOutcome) -> Any:
    if possible.to is None:
        return possible.outcome.value
    return {"outcome": possible.outcome.value, "to": possible.to}


def _flow(value: Any) -> str:
    """Data as YAML in its plainest form, which is JSON but for very small numbers; the layout makes lines of it."""
    match value:
        case dict():
            return f"{{{', '.join(f'{json.dumps(key)}: {_flow(each)}' for key, each in value.items())}}}"
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case float():
            return f"{Decimal(str(value)):f}"
        case _:
            return json.dumps(value, ensure_ascii=False)
