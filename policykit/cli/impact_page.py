"""An impact as a page that opens by itself: tables, a plot, and nothing that is fetched from anywhere."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from policykit.cli import impact_words as words
from policykit.cli.impact_plot import plot
from policykit.cli.impact_style import STYLE
from policykit.cli.markup import Markup, element, joined
from policykit.cli.words import capital, outcome
from policykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.decision import PossibleOutcome
    from policykit.impact.result import Breakdown, Impact, Open, Side, Tally

# The page holds itself to it: no script, no frame, nothing from a network, and no style but its own.
_ALLOWED: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)


def impact_page(impact: Impact) -> str:
    """The page."""
    title = words.heading(impact)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_ALLOWED),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"policykit {VERSION}"),
        element("title", f"Impact of {title}"),
        element("style", Markup(STYLE)),
    )
    main = element("main", _opening(impact), _figure(impact), _outcomes(impact), _flows(impact), _open(impact))
    rest = element("section", (joined(*_breakdown(each, impact)) for each in impact.by), _rejected(impact))
    foot = element("footer", element("p", f"Made by policykit {VERSION}. It approves and denies nothing."))
    return f"<!DOCTYPE html>\n{element('html', head, element('body', main, rest, foot), lang='en')}\n"


def _opening(impact: Impact) -> Iterator[Markup]:
    yield element(
        "header",
        element("p", "Impact", class_="kind"),
        element("h1", words.heading(impact)),
        element("p", impact.title) if impact.title else "",
    )
    yield element("div", (element("p", each) for each in words.summary(impact)), class_="summary")
    facts = (
        ("Before", _side(impact.before)),
        ("After", _side(impact.after)),
        ("Claims", f"{impact.claims:,}"),
        ("Answered", f"{impact.answered:,}"),
        ("Of other policies", f"{impact.elsewhere:,}" if impact.policy else ""),
        ("Wrong", f"{impact.rejected:,}"),
    )
    told = (element("div", element("dt", name), element("dd", value)) for name, value in facts if value)
    yield element("dl", told)


def _side(side: Side) -> str:
    return f"revision {side.revision} of {side.library}" if side.revision else side.library


def _figure(impact: Impact) -> Iterator[Markup]:
    if not impact.tally.count:
        return
    caption = (
        "From left to right, the outcomes before and after; a band is as wide as its count, but never too thin to be "
        "seen. What changes is drawn strongly, what stays pale, what is undetermined hatched."
    )
    drawn = plot(impact.tally, before=impact.before.name, after=impact.after.name, unit=words.units(impact)[1])
    yield element("figure", _scrolled(drawn, "Plot"), element("figcaption", caption))


def _outcomes(impact: Impact) -> Iterator[Markup]:
    before, after, total = impact.tally.before(), impact.tally.after(), impact.tally.count
    rows = [
        (
            _name(each),
            _part(before.get(each, 0), total),
            _part(after.get(each, 0), total),
            _difference(after.get(each, 0) - before.get(each, 0)),
        )
        for each in impact.tally.outcomes()
    ]
    unit = words.units(impact)[1]
    heads = ("Outcome", *map(_numbers, (f"{capital(unit)} before", f"{capital(unit)} after", "Difference")))
    yield element("h2", "Outcomes before and after")
    yield _table("How many have each outcome", heads, [_row(each) for each in rows])


def _flows(impact: Impact) -> Iterator[Markup]:
    heads = ("Before", "After", _numbers(capital(words.units(impact)[1])))
    yield element("h2", "From which outcome to which")
    rows = [_row(each) for each in _flow_rows(impact.tally)]
    yield _table("What changes first; the most frequent first", heads, rows)


def _flow_rows(tally: Tally) -> Iterator[tuple[Markup, Markup, Markup]]:
    for each in tally.flows:
        yield _name(each.before), _name(each.after) if each.changed else _same(), _part(each.count, tally.count)


def _open(impact: Impact) -> Iterator[Markup]:
    for side, opened in (("before", impact.open_before), ("after", impact.open_after)):
        if opened.count:
            yield element("h2", f"What is missing where it is undetermined {side}")
            yield _missing(opened, words.number(opened.count, words.units(impact)))


def _missing(opened: Open, counted: str) -> Markup:
    rows = [
        _row((element("code", each.name), each.fact.ask if each.fact else "", _part(each.count, opened.count)))
        for each in opened.missing
    ]
    return _table(
        f"Of {counted}; several facts can be missing in one", ("Fact", "Question", _numbers("Missing in")), rows
    )


def _breakdown(breakdown: Breakdown, impact: Impact) -> Iterator[Markup]:
    unit = capital(words.units(impact)[1])
    yield element("h2", "By ", element("code", element("bdi", breakdown.column)))
    heads = ("Value", _numbers(unit), _numbers("Change outcome"), "Before", "After", _numbers(unit))
    groups = [_group(_value(each.value), each.tally) for each in breakdown.groups]
    if breakdown.others:
        groups.append(_group(f"{words.values(breakdown.others.values)} more, summed up", breakdown.others.tally))
    told = "The values with the most changes first, and below each what changes"
    yield _table(told, heads, groups, several=True)


def _group(value: str, tally: Tally) -> Markup:
    """The rows of one value: the sums, and beside them each flow."""
    flows = list(_flow_rows(tally))
    spans = str(len(flows))
    lead = (
        element("th", value, scope="rowgroup", rowspan=spans),
        element("td", _number(tally.count), class_="count", rowspan=spans),
        element("td", _part(tally.changed, tally.count), class_="count", rowspan=spans),
    )
    rows = (element("tr", lead if not at else "", _cells(flow)) for at, flow in enumerate(flows))
    return element("tbody", rows)


def _rejected(impact: Impact) -> Iterator[Markup]:
    if not impact.rejected:
        return
    yield element("h2", "Wrong claims")
    rows = [
        _row((element("code", each.rule), _number(each.before), _number(each.after))) for each in impact.rejected_by
    ]
    counted = words.number(impact.rejected, ("claim", "claims"))
    told = f"Of {counted}, by the rule that they break; they are in no other table"
    yield _table(told, ("Rule", _numbers("Before"), _numbers("After")), rows)


def _table(caption: str, heads: Iterable[str], rows: list[Markup], *, several: bool = False) -> Markup:
    """A table; `several`, if its rows come in bodies of their own."""
    head = element("thead", element("tr", (element("th", each, scope="col", class_=_class(each)) for each in heads)))
    body = rows if several else element("tbody", rows)
    return _scrolled(element("table", element("caption", caption), head, body), caption)


def _scrolled(content: Markup, label: str) -> Markup:
    """What may be wider than the screen, and can be moved there by keyboard, too."""
    return element("div", content, class_="wide", role="region", tabindex="0", aria_label=label)


def _row(cells: tuple[str, ...]) -> Markup:
    return element("tr", element("th", cells[0], scope="row"), _cells(cells[1:]))


def _cells(cells: Iterable[str]) -> Markup:
    return joined(element("td", each, class_=_class(each)) for each in cells)


class _Count(Markup):
    """A number in a table, or what stands above numbers."""

    __slots__ = ()


def _class(cell: str) -> str | None:
    return "count" if isinstance(cell, _Count) else None


def _number(count: int) -> _Count:
    return _Count(f"{count:,}")


def _part(count: int, total: int) -> _Count:
    return _Count(joined(_number(count), " ", element("small", f"({words.share(count, total)})")))


def _difference(difference: int) -> _Count:
    return _Count(f"{difference:+,}".replace("-", "−") if difference else "0")


def _numbers(head: str) -> _Count:
    return _Count(joined(head))


def _name(possible: PossibleOutcome) -> Markup:
    return joined(element("span", "", class_=f"key {possible.outcome}"), capital(outcome(*possible)))


def _same() -> Markup:
    return element("i", "the same")


def _value(value: str | None) -> Markup:
    if not value:
        return element("i", "no value" if value is None else "empty text")
    return element("bdi", value)
