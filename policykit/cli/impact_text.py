"""An impact as text for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.cli import impact_words as words
from policykit.cli.words import capital, outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.cli.text import Page
    from policykit.impact.result import Breakdown, Flow, Impact, Open, Tally

_VALUES: Final = 20  # of a column that are shown; more of them are in JSON
_FACTS: Final = 8  # missing ones that are shown; all of them are in JSON
_STEP: Final = 2


def impact_lines(impact: Impact, paper: Page) -> Iterator[str]:
    """What changes, first; then what stays, what is missing, and the same by columns."""
    yield from paper.wrap(f"Impact of {words.heading(impact)}", "bold")
    if impact.title:
        yield from paper.wrap(words.shown(impact.title))
    yield ""
    for each in words.summary(impact):
        yield from paper.wrap(each)
    if impact.tally.count:
        yield ""
        yield from _tally(impact.tally, paper, 0)
    for side, opened in (("before", impact.open_before), ("after", impact.open_after)):
        if opened.missing:
            yield ""
            yield from _missing(side, opened, paper)
    for breakdown in impact.by:
        yield ""
        yield from _breakdown(breakdown, impact, paper)
    if impact.rejected_by:
        yield ""
        yield paper.paint("Wrong claims, by the rule that they break", "bold")
        rows = [
            (f"{each.before:,} before, {each.after:,} after", words.shown(each.rule)) for each in impact.rejected_by
        ]
        yield from _aligned(rows, paper, _STEP)


def _tally(tally: Tally, paper: Page, indent: int) -> Iterator[str]:
    changed = [flow for flow in tally.flows if flow.changed]
    same = [flow for flow in tally.flows if not flow.changed]
    for title, flows in (("Change outcome", changed), ("Keep their outcome", same)):
        if flows:
            yield " " * indent + paper.paint(title, "bold")
            rows = [(_count(flow.count, tally.count), _flow(flow, paper)) for flow in flows]
            yield from _aligned(rows, paper, indent + _STEP)


def _flow(flow: Flow, paper: Page) -> str:
    before = capital(outcome(*flow.before))
    return words.shown(f"{before} {paper.marks.onward} {outcome(*flow.after)}" if flow.changed else before)


def _missing(side: str, opened: Open, paper: Page) -> Iterator[str]:
    yield paper.paint(f"Missing where it is undetermined {side}", "bold")
    rows = [(_count(each.count, opened.count), words.missing(each)) for each in opened.missing[:_FACTS]]
    yield from _aligned(rows, paper, _STEP)
    if len(opened.missing) > _FACTS:
        yield from paper.wrap(f"and {words.facts(len(opened.missing) - _FACTS)} more", indent=_STEP)


def _breakdown(breakdown: Breakdown, impact: Impact, paper: Page) -> Iterator[str]:
    yield from paper.wrap(f"By {words.shown(breakdown.column)}", "bold")
    unit = words.units(impact)
    for group in breakdown.groups[:_VALUES]:
        tally = group.tally
        changed = f"{tally.changed:,} of {words.number(tally.count, unit)} ({words.share(tally.changed, tally.count)})"
        yield from paper.wrap(f"{words.value(group.value)}: {changed} change outcome", indent=_STEP)
        rows = [(f"{flow.count:,}", _flow(flow, paper)) for flow in tally.flows if flow.changed]
        yield from _aligned(rows, paper, 2 * _STEP)
    more = len(breakdown.groups[_VALUES:]) + (breakdown.others.values if breakdown.others else 0)
    if more:
        rest = [each.tally for each in breakdown.groups[_VALUES:]]
        rest += [breakdown.others.tally] if breakdown.others else []
        count, changed_ = sum(each.count for each in rest), sum(each.changed for each in rest)
        told = f"{changed_:,} of {words.number(count, unit)} ({words.share(changed_, count)}) change outcome"
        yield from paper.wrap(f"{words.values(more)} more: {told}", indent=_STEP)


def _aligned(rows: Iterable[tuple[str, str]], paper: Page, indent: int) -> Iterator[str]:
    """Numbers, and what stands for them, in two columns."""
    listed = list(rows)
    wide = max((len(number) for number, _ in listed), default=0)
    for number, told in listed:
        yield from paper.wrap(told, indent=indent, first=f"{number:>{wide}}  ")


def _count(count: int, total: int) -> str:
    return f"{count:,} ({words.share(count, total)})"
