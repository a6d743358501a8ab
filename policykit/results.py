"""What came of checking documents and of running cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.records import record

if TYPE_CHECKING:
    from policykit.cases import CaseResult
    from policykit.coverage.measuring import PolicyCoverage
    from policykit.problems import Problem


@record
class CheckResult:
    """Every problem of the documents that were checked, in order of place, and how many of what there were.

    `left_out` tells what could not be looked at, and why.
    """

    problems: tuple[Problem, ...]
    policies: int = 0
    documents: int = 0
    cases: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def warnings(self) -> int:
        """How many of them are warnings."""
        return len(self.problems) - self.errors


@record
class CasesResult:
    """What came of each case, in order of place. `problems` are of the files themselves, outside their cases.

    A file with such a problem counts as failed, once. `left_out` tells which cases were not run, and why, `coverage`
    what the cases show of each policy, if that was asked.
    """

    results: tuple[CaseResult, ...]
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = ()
    coverage: tuple[PolicyCoverage, ...] = ()

    @property
    def passed(self) -> int:
        """How many cases were answered as they expect."""
        return sum(not result.failures for result in self.results)

    @property
    def failed(self) -> int:
        """How many cases were not, and files that are not clean."""
        return sum(bool(result.failures) for result in self.results) + len({each.where.file for each in self.problems})

    @property
    def sound(self) -> bool:
        """Whether everything was run and nothing failed."""
        return not (self.failed or self.left_out)
