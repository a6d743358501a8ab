"""Results in the forms that other programs take: annotations of GitHub, and SARIF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from policykit.answers.reports import github_lines, sarif_log
from policykit.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.results import CasesResult, CheckResult


def report_lines(result: CheckResult | CasesResult, form: str) -> Iterator[str]:
    """The lines of a report in the form of that name."""
    if form == "github":
        yield from github_lines(result)
    else:
        yield json.dumps(sarif_log(result, RULES), indent=2)
