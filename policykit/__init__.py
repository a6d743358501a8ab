"""Payer medical coverage policies as checked, dated data, and an interpreter that explains its answers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policykit.answers.documents import as_document
    from policykit.case import Case
    from policykit.criteria import Criterion
    from policykit.decision import Decision, MissingFact, PossibleOutcome, Receipt, StatementFinding
    from policykit.evaluation import Finding, Truth
    from policykit.index import Standing
    from policykit.library import Library, open_library
    from policykit.policy import Outcome, Policy
    from policykit.problems import (
        InvalidDocuments,
        Location,
        PolicykitError,
        Problem,
        ReceiptMismatch,
        SeveralPolicies,
        UnknownPolicy,
    )
    from policykit.timeline import DateNeeded, Miss, Reason, Revision
    from policykit.version import VERSION as __version__  # noqa: N811  # the name that programs look for

# What is promised, and where it lives. Each is loaded when it is first used: a look-up needs little of it.
_HOMES = {
    "Case": "case",
    "Criterion": "criteria",
    "DateNeeded": "timeline",
    "Decision": "decision",
    "Finding": "evaluation",
    "InvalidDocuments": "problems",
    "Library": "library",
    "Location": "problems",
    "Miss": "timeline",
    "MissingFact": "decision",
    "Outcome": "policy",
    "Policy": "policy",
    "PolicykitError": "problems",
    "PossibleOutcome": "decision",
    "Problem": "problems",
    "Reason": "timeline",
    "Receipt": "decision",
    "ReceiptMismatch": "problems",
    "Revision": "timeline",
    "SeveralPolicies": "problems",
    "Standing": "index",
    "StatementFinding": "decision",
    "Truth": "evaluation",
    "UnknownPolicy": "problems",
    "__version__": "version",
    "as_document": "answers.documents",
    "open_library": "library",
}

__all__ = [
    "Case",
    "Criterion",
    "DateNeeded",
    "Decision",
    "Finding",
    "InvalidDocuments",
    "Library",
    "Location",
    "Miss",
    "MissingFact",
    "Outcome",
    "Policy",
    "PolicykitError",
    "PossibleOutcome",
    "Problem",
    "Reason",
    "Receipt",
    "ReceiptMismatch",
    "Revision",
    "SeveralPolicies",
    "Standing",
    "StatementFinding",
    "Truth",
    "UnknownPolicy",
    "__version__",
    "as_document",
    "open_library",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'policykit' has no attribute '{name}'")
    return getattr(import_module(f"policykit.{home}"), "VERSION" if name == "__version__" else name)


def __dir__() -> list[str]:
    return sorted(__all__)
