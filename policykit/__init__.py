"""Payer medical coverage policies as checked, dated data, and an interpreter that explains its answers."""

from policykit.answers import as_document
from policykit.case import Case
from policykit.criteria import Criterion
from policykit.decision import Decision, MissingFact, PossibleOutcome, Receipt
from policykit.evaluation import Finding, Truth
from policykit.folder import open_library
from policykit.library import Library, Standing
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
from policykit.version import VERSION as __version__

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
    "Truth",
    "UnknownPolicy",
    "__version__",
    "as_document",
    "open_library",
]
