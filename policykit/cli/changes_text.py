"""Differences as text for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.cli import changes
from policykit.cli.changes import counts, groups, heading, row, shared, sort, sort_beside, texts
from policykit.cli.words import capital, listed
from policykit.differing.difference import How

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.cli.changes import Row
    from policykit.cli.text import Colour, Page
    from policykit.differing.difference import Comparison, Difference, EntryDifference, PolicyDifference

_COLOURS: Final[dict[str, Colour]] = {"+": "green", "-": "red", "~": "yellow", ">": "cyan"}
_STEP: Final = 2
_FEW: Final = 10  # texts that are shown with what they say


def comparison_lines(comparison: Comparison, paper: Page) -> Iterator[str]:
    """All that is otherwise: by policy, entry, service and statement; words after what decides."""
    alone = len(comparison.policies) == 1 and comparison.policies[0].how is None
    if alone:
        yield from _revisions(comparison, paper)
        return
    yield from paper.wrap(f"From {comparison.before} to {comparison.after}", "bold")
    yield from paper.wrap(changes.summary(comparison))
    for policy in comparison.policies:
        yield ""
        yield from _policy(policy, paper)
    if comparison.vocabulary:
        yield ""
        yield paper.paint("Vocabulary", "bold")
        for each in comparison.vocabulary:
            yield from _row(row(each), paper, _STEP)


def _revisions(comparison: Comparison, paper: Page) -> Iterator[str]:
    policy = comparison.policies[0]
    (entry,) = policy.entries
    yield from paper.wrap(f"{policy.policy.id}, {policy.policy.title}", "bold")
    yield from paper.wrap(changes.from_to(entry))
    if told := sort(entry):
        yield from paper.wrap(f"Sort of change: {told}", *(("yellow",) if entry.remark else ()))
    yield from paper.wrap(f"{capital(counts(entry.differences))}.")
    yield from _differences(entry.differences, paper, 0)


def _policy(policy: PolicyDifference, paper: Page) -> Iterator[str]:
    told = f"{policy.policy.id}, {policy.policy.title}: {policy.how}"
    yield from paper.wrap(told, "bold")
    for each in policy.differences:
        yield from _row(row(each), paper, _STEP)
    for entry in policy.entries:
        yield from _entry(entry, paper, whole=policy.how is How.ALTERED)


def _entry(entry: EntryDifference, paper: Page, *, whole: bool) -> Iterator[str]:
    yield from paper.wrap(heading(entry) if whole else changes.called(entry), "bold", indent=_STEP)
    if whole and (told := sort_beside(entry)):
        yield from paper.wrap(f"Sort of change: {told}", *(("yellow",) if entry.remark else ()), indent=2 * _STEP)
    # Of a policy that is there or gone as a whole, the entries alone are told.
    if not whole:
        return
    if entry.differences:
        yield from paper.wrap(f"{capital(counts(entry.differences))}.", indent=2 * _STEP)
    elif entry.before is not None and entry.how is not How.RENAMED:
        yield from paper.wrap("It says the same.", indent=2 * _STEP)
    yield from _differences(entry.differences, paper, 2 * _STEP)


def _differences(differences: Iterable[Difference], paper: Page, indent: int) -> Iterator[str]:
    meant, worded = shared(differences)
    for group in groups(meant):
        if group.service is not None or group.statement is None:
            yield ""
        title = ", ".join(filter(None, (group.service, group.statement))) or "Dates and terms of the entry"
        yield from paper.wrap(title, "bold", indent=indent)
        for each in group.rows:
            yield from _row(each, paper, indent + _STEP)
    if worded:
        yield ""
        yield from paper.wrap("Texts, which decide nothing", "bold", indent=indent)
        few = len(worded) <= _FEW
        rows = [row(each, with_context=True) for each in worded] if few else texts(worded)
        for each in rows:
            yield from _row(each, paper, indent + _STEP, "dim")


def _row(each: Row, paper: Page, indent: int, *colours: Colour) -> Iterator[str]:
    values = changes.values(each)
    told = f"{each.what}: {values}" if values else each.what
    told += f" [{each.place}]" if each.place else ""
    told += f", also in {listed(each.also)}" if each.also else ""
    lines = list(paper.wrap(told, indent=indent + _STEP))
    sign = paper.paint(each.sign, *(colours or (_COLOURS[each.sign],)))
    for number, line in enumerate(lines):
        text = paper.paint(line.strip(), *colours)
        yield f"{' ' * indent}{sign} {text}" if number == 0 else f"{' ' * (indent + _STEP)}{text}"
    for part in each.parts:
        deeper = indent + 2 * _STEP + len(part) - len(part.lstrip())
        yield from paper.wrap(part, *colours, indent=deeper)
