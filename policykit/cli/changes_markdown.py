"""Differences as Markdown for a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from policykit.cli import changes
from policykit.cli.changes import SORTS, counts, groups, heading, row, shared, sort_beside
from policykit.cli.words import capital, listed
from policykit.differing.difference import How

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from policykit.cli.changes import Row
    from policykit.differing.difference import Comparison, Difference, EntryDifference

# What Markdown, or the page that it is put on, would read as something else than text.
_SIGNS: Final = re.compile(r"[\\`*_{}\[\]<>|~$]")
_REFERENCES: Final = re.compile(r"[@#&]")
# The name of a criterion, fact or code, as our own words mark it.
_NAMED: Final = re.compile(r"(`[A-Za-z0-9_.-]+`)")
_WORDS: Final = {"+": "added", "-": "removed", "~": "altered", ">": "moved"}


def comparison_markdown(comparison: Comparison) -> Iterator[str]:
    """All that is otherwise: one line that sums it up, then headings and tables."""
    if len(comparison.policies) == 1 and comparison.policies[0].how is None:
        yield from _revisions(comparison)
        return
    yield f"**From {_escaped(comparison.before)} to {_escaped(comparison.after)}:** {_escaped(changes.summary(comparison))}"
    for policy in comparison.policies:
        yield from ("", f"## {_escaped(policy.policy.id)}: {policy.how}", "", _escaped(policy.policy.title))
        if policy.differences:
            yield from _table([row(each) for each in policy.differences])
        if policy.how is not How.ALTERED:
            yield from ("", *(f"- {_escaped(changes.called(each))}" for each in policy.entries))
            continue
        for entry in policy.entries:
            yield from ("", f"### {_escaped(heading(entry))}")
            yield from _entry(entry, level=4)
    if comparison.vocabulary:
        yield from ("", "## Vocabulary")
        yield from _table([row(each) for each in comparison.vocabulary])


def _revisions(comparison: Comparison) -> Iterator[str]:
    policy = comparison.policies[0]
    (entry,) = policy.entries
    told = f"{SORTS[entry.sort]}; {counts(entry.differences)}" if entry.sort else counts(entry.differences)
    yield f"**{_escaped(policy.policy.id)}, {comparison_names(comparison)}:** {_escaped(told)}."
    yield from ("", _escaped(policy.policy.title), "", f"{_escaped(changes.from_to(entry))}.")
    yield from _entry(entry, level=3, counted_already=True)


def comparison_names(comparison: Comparison) -> str:
    """The two revisions, safe in Markdown."""
    return f"{_escaped(comparison.before)} to {_escaped(comparison.after)}"


def _entry(entry: EntryDifference, *, level: int, counted_already: bool = False) -> Iterator[str]:
    if told := sort_beside(entry):
        mark = "**Note.** " if entry.remark else ""
        yield from ("", f"{mark}Sort of change: {_escaped(told)}.")
    if entry.differences and not counted_already:
        yield from ("", f"{_escaped(capital(counts(entry.differences)))}.")
    elif not entry.differences and entry.before is not None and entry.how is not How.RENAMED:
        yield from ("", "It says the same.")
    yield from _differences(entry.differences, level)


def _differences(differences: Iterable[Difference], level: int) -> Iterator[str]:
    meant, worded = shared(differences)
    for group in groups(meant):
        title = ", ".join(filter(None, (group.service, group.statement))) or "Dates and terms of the entry"
        yield from ("", f"{'#' * level} {_escaped(title)}")
        yield from _table(group.rows)
    if worded:
        yield from ("", "<details>", f"<summary>Texts, which decide nothing ({len(worded)})</summary>")
        yield from _table([row(each, with_context=True) for each in worded])
        yield from ("", "</details>")


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield from ("", "| | What | Before | After | Place |", "|---|---|---|---|---|")
    for each in rows:
        parts = "".join(f"<br>{_indented(part)}" for part in each.parts)
        before = _escaped(each.before) + (parts if each.sign == "-" else "")
        after = _escaped(each.after) + (parts if each.sign != "-" else "")
        place = " &rarr; ".join(map(_escaped, each.place.split("->"))) + (
            f"<br>also in {_escaped(listed(each.also))}" if each.also else ""
        )
        cells = (_WORDS[each.sign], _escaped(each.what), before, after, place)
        yield f"| {' | '.join(cells)} |"


def _indented(part: str) -> str:
    depth = len(part) - len(part.lstrip())
    return "&nbsp;" * 2 * depth + _escaped(part.strip())


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is: one line, without marks, mentions and references."""
    pieces = _NAMED.split(" ".join(text.split()))
    safe = "".join(piece if number % 2 else _plain(piece) for number, piece in enumerate(pieces))
    return re.sub(r"^([-+=]|[0-9]+[.)])(?=\s|$)", r"\\\1", safe)


def _plain(text: str) -> str:
    safe = _REFERENCES.sub(lambda found: f"&#{ord(found[0])};", text)
    return _SIGNS.sub(lambda found: f"\\{found[0]}", safe)
