"""A plot of which outcomes flow into which: bands from the outcomes before to those after, as wide as their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.cli.impact_words import share
from policykit.cli.markup import Markup, element
from policykit.cli.text import wrapped
from policykit.cli.words import capital, outcome
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from policykit.decision import PossibleOutcome
    from policykit.impact.result import Flow, Tally

_WIDTH: Final = 960
_LEFT: Final = 280  # where the bars on the left begin
_BAR: Final = 16
_RIGHT: Final = _WIDTH - _LEFT - _BAR
_BODY: Final = 340.0  # how high all bands are together, but for those that would be too thin
_THINNEST: Final = 1.5
_LINE: Final = 18  # from one line of a label to the next
_APART: Final = 14  # between two outcomes
_HEAD: Final = 34  # above the outcomes
_LETTERS: Final = 32  # of a line of a label at most
_FEWEST: Final = 12  # and of one that would be too wide
# The room for a line, in letters of middle width; those of a heading are bold.
_ROOM: Final = 28.0
_HEADING_ROOM: Final = 25.0
_SLIM: Final = frozenset(" fijlrt.,:;'!|()[]-")
_BROAD: Final = frozenset("mwMW@%…—")
_LINES: Final = 2  # that the name of an outcome takes at most
_CENTRE: Final = 5  # from the middle of a line to where its letters stand


@record
class _Place:
    """Where the bar of an outcome stands, and its label."""

    top: float
    height: float
    label: tuple[str, ...]

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def plot(tally: Tally, *, before: str, after: str, unit: str) -> Markup:
    """The plot. Its title and description tell what it shows to whoever does not see it."""
    total = tally.count
    heights = {flow: max(flow.count / total * _BODY, _THINNEST) for flow in tally.flows}
    sums = tally.before(), tally.after()
    sides = (
        _stacked(sums[0], total, {each: sum(heights[f] for f in tally.flows if f.before == each) for each in sums[0]}),
        _stacked(sums[1], total, {each: sum(heights[f] for f in tally.flows if f.after == each) for each in sums[1]}),
    )
    bottom = max(place.top + max(place.height, _LINE * len(place.label)) for side in sides for place in side.values())
    title = f"Which outcomes flow into which, from {before} to {after}"
    changed = f"{tally.changed:,} of {total:,} {unit} change outcome."
    return element(
        "svg",
        element("title", title, id="plot-title"),
        element("desc", f"{changed} The tables below have the same numbers.", id="plot-description"),
        _hatch(),
        _heading(before, _LEFT, "end"),
        _heading(after, _RIGHT + _BAR, "start"),
        _bands(tally, heights, sides, unit),
        _bars(sides[0], _LEFT, _LEFT - 12, "end"),
        _bars(sides[1], _RIGHT, _RIGHT + _BAR + 12, "start"),
        role="img",
        aria_labelledby="plot-title plot-description",
        viewBox=f"0 0 {_WIDTH} {bottom + _APART:.0f}",
        xmlns="http://www.w3.org/2000/svg",
    )


def _stacked(
    counts: Mapping[PossibleOutcome, int], total: int, heights: Mapping[PossibleOutcome, float]
) -> dict[PossibleOutcome, _Place]:
    """Outcomes below one another, each with room for its label."""
    places: dict[PossibleOutcome, _Place] = {}
    at = float(_HEAD)
    for each, count in counts.items():
        label = (*_named(each), f"{count:,} ({share(count, total)})")
        room = max(heights[each], float(_LINE * len(label)))
        places[each] = _Place(top=at + (room - heights[each]) / 2, height=heights[each], label=label)
        at += room + _APART
    return places


def _named(possible: PossibleOutcome) -> list[str]:
    """An outcome in a line or two; the whole of it is in the tables."""
    words, letters = capital(outcome(*possible)), _LETTERS
    lines = wrapped(words, letters)
    while letters > _FEWEST and any(_width(line) > _ROOM for line in lines):
        letters -= 1
        lines = wrapped(words, letters)
    for number, line in enumerate(lines):
        if _width(line) > _ROOM or (number == _LINES - 1 and len(lines) > _LINES):
            return [*lines[:number], _cut(line, _ROOM)]
    return lines


def _width(text: str) -> float:
    """How wide a text is, in letters of middle width, whatever the font: rather too much than too little."""
    return sum(_width_of(sign) for sign in text)


def _width_of(sign: str) -> float:
    if sign in _SLIM:
        return 0.7
    if sign in _BROAD or not sign.isascii():
        return 1.8
    return 1.3 if sign.isupper() else 1.0


def _cut(text: str, room: float) -> str:
    """The beginning of a text that is too long."""
    kept, left = "", room - _width(" …")
    for sign in text:
        left -= _width_of(sign)
        if left < 0:
            break
        kept += sign
    return f"{kept.rstrip()} …"


def _heading(words: str, at: float, anchor: str) -> Markup:
    short = words if _width(words) <= _HEADING_ROOM else _cut(words, _HEADING_ROOM)
    return element("text", short, x=at, y=_LINE, text_anchor=anchor, class_="heading")


def _bands(
    tally: Tally,
    heights: Mapping[Flow, float],
    sides: tuple[Mapping[PossibleOutcome, _Place], Mapping[PossibleOutcome, _Place]],
    unit: str,
) -> Iterator[Markup]:
    """The bands, what changes above what does not. At each bar they lie in the order of the bars that they lead to."""
    order = [{each: number for number, each in enumerate(side)} for side in sides]
    by_after = sorted(tally.flows, key=lambda flow: order[1][flow.after])
    by_before = sorted(tally.flows, key=lambda flow: order[0][flow.before])
    starts = _offsets(((flow, sides[0][flow.before]) for flow in by_after), heights)
    ends = _offsets(((flow, sides[1][flow.after]) for flow in by_before), heights)
    for flow in sorted(tally.flows, key=lambda flow: flow.changed):
        told = f"{capital(outcome(*flow.before))} → {outcome(*flow.after)}: {flow.count:,} {unit}"
        kind = "changed" if flow.changed else "same"
        yield element(
            "g",
            element("title", told),
            element("path", d=_curve(starts[flow], ends[flow], heights[flow])),
            class_=f"band {kind} {flow.before.outcome}",
        )


def _offsets(placed: Iterable[tuple[Flow, _Place]], heights: Mapping[Flow, float]) -> dict[Flow, float]:
    """Where each band meets its bar, the bands at one bar below one another."""
    used: dict[int, float] = {}
    offsets: dict[Flow, float] = {}
    for flow, place in placed:
        offsets[flow] = used.get(id(place), place.top)
        used[id(place)] = offsets[flow] + heights[flow]
    return offsets


def _curve(start: float, end: float, height: float) -> str:
    left, right = _LEFT + _BAR, _RIGHT
    middle = (left + right) / 2
    return (
        f"M{left} {start:.2f}C{middle} {start:.2f} {middle} {end:.2f} {right} {end:.2f}V{end + height:.2f}"
        f"C{middle} {end + height:.2f} {middle} {start + height:.2f} {left} {start + height:.2f}Z"
    )


def _bars(places: Mapping[PossibleOutcome, _Place], bar: float, label: float, anchor: str) -> Iterator[Markup]:
    for each, place in places.items():
        yield element(
            "rect",
            x=bar,
            y=f"{place.top:.2f}",
            width=_BAR,
            height=f"{place.height:.2f}",
            class_=f"bar {each.outcome}",
        )
        first = place.middle - _LINE * (len(place.label) - 1) / 2 + _CENTRE
        for number, line in enumerate(place.label):
            last = number == len(place.label) - 1
            yield element(
                "text",
                line,
                x=label,
                y=f"{first + _LINE * number:.2f}",
                text_anchor=anchor,
                class_="count" if last else "outcome",
            )


def _hatch() -> Markup:
    """How what is undetermined is filled, so that it is told from the outcomes without colours, too."""
    return element(
        "defs",
        element(
            "pattern",
            element("rect", width=6, height=6, class_="ground"),
            element("path", d="M0 0V6", class_="stripe"),
            id="hatch",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        ),
    )
