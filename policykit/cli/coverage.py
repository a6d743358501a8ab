"""What cases show of policies, in text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from policykit.cli.text import counted
from policykit.coverage.goals import Showing
from policykit.coverage.measuring import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from policykit.cli.text import Page
    from policykit.coverage.goals import Goal
    from policykit.coverage.measuring import PolicyCoverage
    from policykit.problems import Location

_NEVER: Final = {
    Showing.DECIDES: "never decides",
    Showing.MET: "never met",
    Showing.NOT_MET: "never not met",
    Showing.UNKNOWN: "never unknown",
}
_CANNOT: Final = {
    Showing.DECIDES: "cannot decide",
    Showing.MET: "cannot be met",
    Showing.NOT_MET: "cannot be not met",
    Showing.UNKNOWN: "cannot be unknown",
}


def coverage_lines(coverage: PolicyCoverage, paper: Page, place: Callable[[Location], str] = str) -> Iterator[str]:
    """How much of a policy its cases show; what they do not, by place; and cases to paste that would.

    `place` tells a place in a document as the user can open it.
    """
    if coverage.is_too_large:
        yield from paper.wrap(f"{coverage.policy.id}: not measured; written out, it has more than {MOST} criteria")
        return
    missed, impossible = coverage.open, coverage.impossible
    percent = paper.paint(f"{coverage.percent:g} %", "red" if missed else "green")
    told = f", {len(impossible)} impossible" if impossible else ""
    yield f"{coverage.policy.id}: {percent} covered ({coverage.covered} of {coverage.goals}{told})"
    yield from _by_element(missed, _NEVER, paper, place)
    yield from _by_element(impossible, _CANNOT, paper, place)
    if coverage.unsettled:
        words = f"for {len(coverage.unsettled)} of these neither a case was found nor a proof that there is none"
        yield from paper.wrap(words, "dim", indent=2)
    if coverage.suggestions:
        cases = counted(len(coverage.suggestions), "case")
        words = f"{cases} to paste, once it is certain that the source gives the answer that the program gives:"
        yield from paper.wrap(words, "dim", indent=2)
        for each in coverage.suggestions:
            yield ""
            yield from each.text.splitlines()
        yield ""


def _by_element(
    goals: Iterable[Goal], words: dict[Showing, str], paper: Page, place: Callable[[Location], str]
) -> Iterator[str]:
    for _, grouped in groupby(goals, key=lambda each: each.element.key):
        group = [*grouped]
        element, lacking = group[0].element, ", ".join(words[each.showing] for each in group)
        yield from paper.wrap(
            f"{place(element.where)}: {element.label}: {lacking}", indent=2, first=f"{paper.marks.point} "
        )
