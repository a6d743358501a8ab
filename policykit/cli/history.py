"""`policykit history`: the revisions of a policy on a time line."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, assert_never

import click

from policykit.chronicle import Chronicle, EntryState, Gap, chronicle_of
from policykit.cli import words
from policykit.cli.options import format_option, holdings, known_on_option, library_options
from policykit.cli.output import page, write, write_document
from policykit.index import Index
from policykit.policy import AppliesBy
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policykit.chronicle import Episode
    from policykit.cli.text import Marks, Page
    from policykit.policy import Entry

_DATES: Final = len("  2000-01-01 to 2000-01-01  ")
_NARROWEST: Final = 20
_APART: Final = len("2000  ")
_DAY: Final = timedelta(days=1)


@click.command("history")
@click.argument("policy")
@known_on_option
@library_options
@format_option
def verb(policy: str, known_on: date | None, library: Path | None, *, no_cache: bool, as_json: bool) -> int:
    """Draw the revisions of POLICY, such as cigna/0587, on a time line.

    Corrections and withdrawals are shown with what they replaced or made void, and days on which nothing governs as
    gaps. A planned review ends nothing.
    """
    index = Index(holdings(library, no_cache=no_cache))
    chronicle = chronicle_of(index.timeline(policy), known_on)
    if as_json:
        write_document(chronicle)
    else:
        write(chronicle_lines(chronicle, page()))
    return 0


def chronicle_lines(chronicle: Chronicle, paper: Page) -> Iterator[str]:
    """The policy, its entries and gaps in order of time, each with a bar, and what is told of each entry."""
    policy = chronicle.policy
    yield from paper.wrap(f"{policy.id}, {policy.title}", "bold")
    known = f", as known on {chronicle.known_on}" if chronicle.known_on else ""
    yield from paper.wrap(f"{words.capital(words.KINDS[policy.kind])}{known}")
    yield ""
    days = [day for each in chronicle.episodes for day in (each.entry.effective, each.last) if day is not None]
    scale = _Scale(first=min(days), last=max(days), columns=max(paper.width - _DATES, _NARROWEST), marks=paper.marks)
    yield " " * _DATES + paper.paint(scale.axis(), "dim")
    for row in _in_order_of_time(chronicle):
        if isinstance(row, Gap):
            yield from _gap_lines(row, scale, paper)
        else:
            yield from _episode_lines(row, scale, paper, as_known=chronicle.known_on is not None)
    yield ""
    yield paper.paint(_legend(paper.marks), "dim")


def _in_order_of_time(chronicle: Chronicle) -> list[Episode | Gap]:
    """Entries and gaps by their first days; a withdrawal, which has none, follows what it withdraws."""
    firsts = {each.entry.revision: each.entry.effective for each in chronicle.episodes}
    rows: list[tuple[date, Episode | Gap]] = [(gap.first, gap) for gap in chronicle.gaps]
    for each in chronicle.episodes:
        first = each.entry.effective or firsts.get(each.entry.withdraws or "")
        rows.append((first or date.max, each))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


@record
class _Scale:
    """How days become columns: from the first that is drawn to the last, and a tenth for what comes after."""

    first: date
    last: date
    columns: int
    marks: Marks

    def column(self, day: date) -> int:
        """Where a day stands."""
        days = (day - self.first).days
        return days * (self.columns - self.columns // 10) // max((self.last - self.first).days, 1)

    def bar(self, first: date, last: date | None, sign: str) -> str:
        """A bar between two days, both inclusive, or onward from the first."""
        start = self.column(first)
        if last is None:
            return " " * start + sign * (self.columns - start - len(self.marks.onward)) + self.marks.onward
        end = self.column(last + _DAY) if last < date.max else self.column(last)
        return " " * start + sign * max(end - start, 1)

    def axis(self) -> str:
        """The years, where there is room for them."""
        line = str(self.first.year)
        for year in range(self.first.year + 1, self.last.year + 1):
            column = self.column(date(year, 1, 1))
            if column >= len(line) + _APART and column + _APART <= self.columns:
                line = f"{line:<{column}}{year}"
        return line


def _legend(marks: Marks) -> str:
    signs = ((marks.bar, "in effect"), (marks.void, "void"), (marks.gap, "nothing"), (marks.onward, "no end is known"))
    return "   ".join(f"{sign} {meaning}" for sign, meaning in signs)


def _episode_lines(episode: Episode, scale: _Scale, paper: Page, *, as_known: bool) -> Iterator[str]:
    entry = episode.entry
    if entry.effective is not None:
        dates, bar = _drawn(episode, entry.effective, scale, paper)
        yield f"  {dates:<{_DATES - 2}}{bar}".rstrip()
    told = f"{entry.revision} ({entry.change}): {entry.summary}"
    state = _state(episode)
    if state:
        yield from paper.wrap(state, "yellow", indent=4)
    yield from paper.wrap(told, indent=4)
    dates_told = "; ".join(_dates(entry, as_known=as_known))
    yield from paper.wrap(words.capital(dates_told), "dim", indent=4)


def _drawn(episode: Episode, effective: date, scale: _Scale, paper: Page) -> tuple[str, str]:
    marks = paper.marks
    match episode.state:
        case EntryState.COUNTS if episode.governs:
            dates = f"{effective} to {episode.last}" if episode.last else f"{effective} on"
            return dates, paper.paint(scale.bar(effective, episode.last, marks.bar), "green")
        case EntryState.COUNTS:
            return f"{effective} on", paper.paint(scale.bar(effective, episode.last, marks.gap), "dim")
        case EntryState.NOT_YET_KNOWN:
            return f"{effective} on", ""
        case EntryState.REPLACED | EntryState.VOID | EntryState.WITHDRAWAL:
            return f"{effective} on", paper.paint(scale.bar(effective, episode.entry.through, marks.void), "dim")
        case _:
            assert_never(episode.state)


def _state(episode: Episode) -> str:
    match episode.state:
        case EntryState.COUNTS:
            return "" if episode.governs else "Nothing is in effect from this day on"
        case EntryState.REPLACED:
            return f"Replaced by {episode.by}"
        case EntryState.VOID:
            return f"Void: withdrawn by {episode.by}"
        case EntryState.WITHDRAWAL:
            return f"Makes {episode.entry.withdraws} void"
        case EntryState.NOT_YET_KNOWN:
            return "Not yet known"
        case _:
            assert_never(episode.state)


def _dates(entry: Entry, *, as_known: bool) -> Iterator[str]:
    """What is told of an entry beside the days that it governs."""
    if entry.replaces:
        yield f"replaces {entry.replaces}"
    if entry.known_from:
        yield f"known from {entry.known_from}"
    elif as_known:
        yield "since when it could be known, its source does not tell"
    if entry.published:
        yield f"published {entry.published}"
    if entry.implemented:
        yield f"implemented {entry.implemented}"
    if entry.last_reviewed:
        yield f"last reviewed {entry.last_reviewed}"
    if entry.next_review:
        yield f"next review planned for {entry.next_review}, which ends nothing"
    if entry.applies_by is AppliesBy.CLAIM_PROCESSED:
        yield "applies by the day on which a claim is processed"


def _gap_lines(gap: Gap, scale: _Scale, paper: Page) -> Iterator[str]:
    bar = paper.paint(scale.bar(gap.first, gap.last, paper.marks.gap), "dim")
    yield f"  {f'{gap.first} to {gap.last}':<{_DATES - 2}}{bar}".rstrip()
    yield from paper.wrap("A gap: nothing is in effect", "yellow", indent=4)
