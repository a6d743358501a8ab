"""The page of an impact: what stands in it is what was counted, and it needs nothing but itself."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policykit.cli.impact_page import impact_page
from policykit.cli.impact_text import impact_lines
from policykit.cli.impact_words import share
from policykit.cli.markup import Markup, element, joined
from policykit.cli.text import ASCII, Page
from policykit.decision import PossibleOutcome
from policykit.impact.result import (
    Breakdown,
    Flow,
    Group,
    Impact,
    MissingOften,
    Open,
    Others,
    Rejected,
    Side,
    tally_of,
)
from policykit.policy import Outcome
from policykit.vocabulary import Fact, FactType

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from policykit.impact.result import Tally

COLUMNS_OF_GROUPS = 6
SVG = "{http://www.w3.org/2000/svg}"
# Attributes that may name something outside of the page, or run something.
LEADING = {"href", "src", "srcset", "action", "data", "poster", "style", "xlink:href", "formaction", "background"}
TEXTS = st.text(max_size=60) | st.sampled_from(
    (
        "</style><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "&amp;",
        "\u202e",
        "\x00\x1b[2J",
        "]]>",
        "\ud800",
    )
)
POSSIBLE = st.builds(
    lambda outcome, to: PossibleOutcome(outcome, to if outcome is Outcome.DEFERRED else None),
    st.sampled_from(Outcome),
    TEXTS.filter(bool),
)


@st.composite
def tallies(draw: DrawFn, *, at_least: int = 0) -> Tally:
    """Any flows."""
    pairs = draw(st.lists(st.tuples(POSSIBLE, POSSIBLE), min_size=at_least, max_size=12, unique=True))
    counts = st.integers(1, 10) | st.integers(1, 10**12)
    return tally_of([Flow(before, after, draw(counts)) for before, after in pairs])


@st.composite
def impacts(draw: DrawFn) -> Impact:
    """Any impact, whatever its words are."""
    tally = draw(tallies())
    facts = st.builds(
        lambda name, ask, count: MissingOften(
            name=name, count=count, fact=Fact(name=name, type=FactType.BOOLEAN, ask=ask)
        ),
        TEXTS,
        TEXTS,
        st.integers(1, 10**9),
    )
    opened = st.builds(Open, count=st.integers(0, 10**9), missing=st.lists(facts, max_size=3).map(tuple))
    groups = st.builds(Group, value=st.none() | TEXTS, tally=tallies(at_least=1))
    others = st.none() | st.builds(Others, values=st.integers(1, 10**6), tally=tallies(at_least=1))
    breakdowns = st.builds(Breakdown, column=TEXTS, groups=st.lists(groups, max_size=3).map(tuple), others=others)
    side = st.builds(Side, library=TEXTS, revision=st.none() | TEXTS)
    rejected = draw(st.integers(0, 10**9))
    rules = st.builds(Rejected, rule=TEXTS, before=st.integers(0, 9), after=st.integers(0, 9))
    return Impact(
        policy=draw(st.none() | TEXTS),
        title=draw(st.none() | TEXTS),
        before=draw(side),
        after=draw(side),
        claims=tally.count + rejected + 7,
        answered=tally.count,
        elsewhere=7,
        rejected=rejected,
        rejected_by=tuple(draw(st.lists(rules, min_size=1, max_size=3))) if rejected else (),
        tally=tally,
        open_before=draw(opened),
        open_after=draw(opened),
        otherwise=draw(st.integers(0, 9)),
        by=tuple(draw(st.lists(breakdowns, max_size=2))),
    )


class Reader(HTMLParser):
    """The page as a browser takes it apart: every tag with its attributes, and every declaration."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.odd: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)


def parsed(page: str) -> ET.Element:
    """The page as XML, which it is as well."""
    first, _, rest = page.partition("\n")
    assert first == "<!DOCTYPE html>"
    return ET.fromstring(rest)  # noqa: S314  # made here


def text_of(node: ET.Element | None) -> str:
    assert node is not None
    return "".join(node.itertext())


def number_in(cell: ET.Element) -> int:
    """The count in a cell, without its share."""
    found = re.match(r"[+−]?[\d,]+", text_of(cell))
    assert found
    return int(found[0].replace(",", "").replace("−", "-"))


def table_below(root: ET.Element, heading: str) -> ET.Element:
    """The table below a heading."""
    for parent in root.iter():
        children = list(parent)
        for place, child in enumerate(children):
            if child.tag == "h2" and text_of(child) == heading:
                found = children[place + 1].find("table")
                assert found is not None
                return found
    raise AssertionError(heading)


@settings(max_examples=200, deadline=None)
@given(impacts())
def test_a_page_needs_nothing_but_itself_whatever_words_stand_in_it(impact: Impact) -> None:
    page = impact_page(impact)
    page.encode()
    reader = Reader()
    reader.feed(page)
    reader.close()
    root = parsed(page)
    assert [node.tag.removeprefix(SVG).lower() for node in root.iter()] == [tag for tag, _ in reader.tags]
    assert not reader.odd
    for tag, attributes in reader.tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form", "use", "image", "a"}
        assert not LEADING & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    (style,) = root.iter("style")
    assert set(re.findall(r"url\(([^)]*)\)", text_of(style))) == {"#hatch"}
    assert "@import" not in text_of(style)
    (policy,) = (node.get("content") for node in root.iter("meta") if node.get("http-equiv"))
    digest = b64encode(sha256(text_of(style).encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@settings(max_examples=100, deadline=None)
@given(impacts())
def test_the_tables_have_every_number_and_the_plot_the_same(impact: Impact) -> None:
    root = parsed(impact_page(impact))
    flows = table_below(root, "From which outcome to which").findall("./tbody/tr")
    assert [number_in(list(row)[-1]) for row in flows] == [flow.count for flow in impact.tally.flows]
    assert [text_of(list(row)[1]) == "the same" for row in flows] == [not flow.changed for flow in impact.tally.flows]
    outcomes = table_below(root, "Outcomes before and after").findall("./tbody/tr")
    before, after = impact.tally.before(), impact.tally.after()
    assert [tuple(number_in(cell) for cell in list(row)[1:]) for row in outcomes] == [
        (before.get(each, 0), after.get(each, 0), after.get(each, 0) - before.get(each, 0))
        for each in impact.tally.outcomes()
    ]
    broken_down = [table for table in root.iter("table") if len(table.findall("./thead/tr/th")) == COLUMNS_OF_GROUPS]
    for breakdown, table in zip(impact.by, broken_down, strict=True):
        told = [*(each.tally for each in breakdown.groups), *([breakdown.others.tally] if breakdown.others else [])]
        for tally, body in zip(told, table.findall("tbody"), strict=True):
            rows = body.findall("tr")
            assert [number_in(list(row)[-1]) for row in rows] == [flow.count for flow in tally.flows]
            assert [number_in(cell) for cell in rows[0].findall("td")[:2]] == [tally.count, tally.changed]
            assert {cell.get("rowspan") for cell in list(rows[0])[:3]} == {str(len(rows))}
    bands = list(root.iter(f"{SVG}g"))
    assert len(bands) == len(impact.tally.flows)
    bars = [node for node in root.iter(f"{SVG}rect") if (node.get("class") or "").startswith("bar")]
    assert len(bars) == len(before) + len(after)
    assert all(float(bar.get("height") or 0) >= 1 for bar in bars)


@settings(max_examples=100, deadline=None)
@given(tallies(at_least=1))
def test_bars_and_labels_of_a_side_never_lie_upon_one_another(tally: Tally) -> None:
    impact = small(tally)
    root = parsed(impact_page(impact))
    places: dict[str, list[tuple[float, float]]] = {}
    for bar in root.iter(f"{SVG}rect"):
        if (bar.get("class") or "").startswith("bar"):
            top = float(bar.get("y") or 0)
            places.setdefault(f"bar {bar.get('x')}", []).append((top, top + float(bar.get("height") or 0)))
    for label in root.iter(f"{SVG}text"):
        at = float(label.get("y") or 0)
        places.setdefault(f"label {label.get('text-anchor')}", []).append((at - 13, at + 4))
    (svg,) = root.iter(f"{SVG}svg")
    height = float((svg.get("viewBox") or "").split()[3])
    for found in places.values():
        ordered = sorted(found)
        assert all(one[1] <= other[0] + 0.02 for one, other in pairwise(ordered))
        assert ordered[-1][1] <= height


def small(tally: Tally, **more: object) -> Impact:
    """An impact of these flows, and little else."""
    nothing = Open(count=0, missing=())
    fields = {
        "policy": "acme/p1",
        "before": Side(library="library", revision="r1"),
        "after": Side(library="library", revision="r2"),
        "claims": tally.count,
        "answered": tally.count,
        "elsewhere": 0,
        "rejected": 0,
        "tally": tally,
        "open_before": nothing,
        "open_after": nothing,
        "otherwise": 0,
        **more,
    }
    return Impact(**fields)  # type: ignore[arg-type]  # the fields of the record


COVERED, NOT = PossibleOutcome(Outcome.COVERED), PossibleOutcome(Outcome.NOT_COVERED)


def test_the_plot_is_named_and_described_for_who_does_not_see_it() -> None:
    root = parsed(impact_page(small(tally_of([Flow(COVERED, COVERED, 3), Flow(NOT, COVERED, 1)]))))
    (svg,) = root.iter(f"{SVG}svg")
    assert svg.get("role") == "img"
    ids = {node.get("id"): text_of(node) for node in root.iter() if node.get("id")}
    title, described = (ids[name] for name in (svg.get("aria-labelledby") or "").split())
    assert title == "Which outcomes flow into which, from r1 to r2"
    assert described == "1 of 4 claims change outcome. The tables below have the same numbers."
    assert root.get("lang") == "en"
    assert all(table.find("caption") is not None for table in root.iter("table"))
    assert all(head.get("scope") in {"col", "row", "rowgroup"} for head in root.iter("th"))


# How much of its size a letter takes in a wide font; another small one takes at most the last.
WIDTHS = {"W": 0.99, "\u6f22": 1.0, "@": 1.0, "R": 0.7, "E": 0.64, "D": 0.77, "m": 0.98, "\u2026": 1.0, " ": 0.32}
WIDTHS |= {"x": 0.6, "f": 0.36, "i": 0.28, "l": 0.28, "t": 0.4, "r": 0.42, "-": 0.37, "k": 0.58}
MIDDLE = 0.64


@pytest.mark.parametrize("words", ["x", "W", "\u6f22", "@", "n", "RE ", "milk ", "-", "WWWW "], ids=ascii)
def test_no_label_of_the_plot_is_wider_than_its_place(words: str) -> None:
    impact = small(
        tally_of([Flow(PossibleOutcome(Outcome.DEFERRED, words * 60), COVERED, 3)]), before=Side(library=words * 60)
    )
    told = []
    for label in parsed(impact_page(impact)).iter(f"{SVG}text"):
        at, text = float(label.get("x") or 0), text_of(label)
        size = 15 * 1.12 if label.get("class") == "heading" else 15
        room = at if label.get("text-anchor") == "end" else 960 - at
        assert sum(WIDTHS.get(sign, MIDDLE) for sign in text) * size <= room, text
        told.append(text)
    shortened = [text for text in told if text.endswith("\u2026")]
    assert len(shortened) == len({"heading", "outcome"})
    assert all(len(text) > 12 for text in shortened), "as much is shown as fits"


def test_without_any_answer_there_is_no_plot() -> None:
    page = impact_page(small(tally_of([]), claims=3, elsewhere=3))
    assert "<svg" not in page
    assert "Of 3 claims, none is answered." in page
    assert "3 claims are not for acme/p1." in page


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 0, "0%"),
        (0, 9, "0%"),
        (9, 9, "100%"),
        (1, 10**9, "<0.1%"),
        (10**9 - 1, 10**9, ">99.9%"),
        (1, 3, "33.3%"),
        (1, 1000, "0.1%"),
        (9995, 10**4, ">99.9%"),
        (999, 1000, "99.9%"),
    ],
)
def test_only_nothing_is_shown_as_nothing_and_only_all_as_all(part: int, whole: int, told: str) -> None:
    assert share(part, whole) == told


@settings(max_examples=100, deadline=None)
@given(impacts(), st.sampled_from((Page(), Page(width=40, marks=ASCII))))
def test_the_text_steers_no_terminal_and_has_every_flow(impact: Impact, paper: Page) -> None:
    lines = list(impact_lines(impact, paper))
    assert all(line.isprintable() and line == line.rstrip() for line in lines)
    told = "\n".join(lines)
    for flow in impact.tally.flows:
        assert f"{flow.count:,} (" in told


def test_no_text_becomes_a_tag() -> None:
    made = element("p", "<b>", Markup("<i>a</i>"), title='"&', class_=None, http_equiv="x")
    assert made == '<p title="&quot;&amp;" http-equiv="x">&lt;b&gt;<i>a</i></p>'
    assert joined("a\x00\u202e\ud800", ["<"]) == "a␀\ufffd\ufffd&lt;"
    assert element("meta", name="a") == '<meta name="a"/>'
