"""Differences in words: each a row of what is otherwise, the old and the new, for text and for Markdown alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from policykit.cli import phrases, words
from policykit.cli.text import counted
from policykit.differing.difference import Difference, How, What
from policykit.policy import Change
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.differing.difference import Comparison, EntryDifference, Subject
    from policykit.problems import Location

SIGNS: Final = {How.ADDED: "+", How.REMOVED: "-", How.ALTERED: "~", How.MOVED: ">", How.RENAMED: "~"}
SORTS: Final = {
    Change.NEW: "new",
    Change.CRITERIA: "criteria",
    Change.CODES: "codes",
    Change.REVIEW: "review without change",
    Change.CORRECTION: "correction",
    Change.WITHDRAWN: "withdrawn",
    Change.RETIRED: "retired",
    Change.SEARCHED: "searched again",
}
_WHOLES: Final = {
    What.SERVICE: "this service",
    What.STATEMENT: "this statement",
    What.ORDER: "order of the statements",
    What.HISTORY: "order of the entries",
}
_MOST_PARTS: Final = 20  # lines of a criterion that was added or removed


@record
class Row:
    """One difference as it is shown.

    `also` names the statements that it stands in, too, by a criterion that the document names at its top; `parts` are
    the lines of what was added or removed as a whole.
    """

    sign: str
    what: str
    before: str = ""
    after: str = ""
    place: str = ""
    also: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@record
class Group:
    """The differences of one service and statement, or of the entry itself, under a heading."""

    service: str | None
    statement: str | None
    rows: tuple[Row, ...]


def groups(differences: Iterable[Difference]) -> list[Group]:
    """Differences by service and statement; those of the entry itself come last."""
    found: dict[tuple[str | None, str | None], list[Row]] = {}
    for each, also in told_once(differences):
        found.setdefault((each.service, _statement(each)), []).append(row(each, also=also))
    # What is told of a service as a whole stands before its statements.
    order = {service: number for number, (service, _) in enumerate(found)}
    keys = sorted(found, key=lambda key: (key[0] is None, order[key[0]], key[1] or ""))
    return [Group(service=service, statement=told, rows=tuple(found[service, told])) for service, told in keys]


def told_once(differences: Iterable[Difference]) -> list[tuple[Difference, tuple[str, ...]]]:
    """Each difference with the other statements in which it is the same one: in a criterion that they share."""
    found: dict[object, tuple[Difference, list[str]]] = {}
    for number, each in enumerate(differences):
        places = (each.where_before, each.where_after)
        key: object = number
        if each.criterion is not None and each.how is not How.MOVED:
            key = (each.what, each.how, each.key, each.criterion, *places)
        if key in found:
            found[key][1].append(", ".join(filter(None, (each.service, _statement(each)))))
        else:
            found[key] = (each, [])
    return [(each, tuple(dict.fromkeys(also))) for each, also in found.values()]


def shared(differences: Iterable[Difference]) -> tuple[list[Difference], list[Difference]]:
    """Those that are more than words, and those that are words only."""
    wordings = {What.NOTE, What.LABEL}
    listed = list(differences)
    return [each for each in listed if each.what not in wordings], [each for each in listed if each.what in wordings]


def row(difference: Difference, *, also: tuple[str, ...] = (), with_context: bool = False) -> Row:
    """A difference as it is shown; `with_context`, where it does not stand under its service and statement."""
    what = _what(difference)
    if with_context:
        what = ", ".join(filter(None, (difference.service, _statement(difference), what)))
    before, after = _values(difference)
    return Row(
        sign=SIGNS[difference.how],
        what=what,
        before=before,
        after=after,
        place=place(difference.where_before, difference.where_after),
        also=also,
        parts=_parts(difference),
    )


def texts(differences: Iterable[Difference]) -> list[Row]:
    """Texts that are otherwise, by what they are about: which of them, and not what they say."""
    found: dict[tuple[object, ...], list[Difference]] = {}
    for each, _ in told_once(differences):
        places = (each.where_before, each.where_after) if each.criterion or each.service else ()
        found.setdefault((each.service, _statement(each), each.criterion, *places), []).append(each)
    rows: list[Row] = []
    for group in found.values():
        first = group[0]
        about = _called(first.criterion) if first.criterion else None if first.service else "the entry"
        told = ", ".join(filter(None, (first.service, _statement(first), about)))
        keys = ", ".join(dict.fromkeys(each.key or "" for each in group))
        where = place(first.where_before, first.where_after) if first.service else ""
        rows.append(Row(sign="~", what=told, after=keys, place=where))
    return rows


def place(before: Location | None, after: Location | None) -> str:
    """Where it stood and stands."""
    told = [f"{each.file}:{each.line}" if each.line else each.file for each in (before, after) if each is not None]
    if before is not None and after is not None and before.file == after.file and before.line and after.line:
        return told[0] if before.line == after.line else f"{told[0]}->{after.line}"
    return "->".join(told)


def heading(entry: EntryDifference) -> str:
    """An entry, and what has become of it."""
    stands = entry.after or entry.before
    called = f"{entry.name} ({stands.change})" if stands else entry.name
    match entry.how:
        case How.ADDED | How.REMOVED:
            against = f", as against {entry.before.revision}" if entry.before else ""
            return f"{called}: {entry.how}{against}"
        case How.RENAMED:
            return f"{called}: under another name, before {entry.before.revision if entry.before else 'unknown'}"
        case How.ALTERED:
            return f"{called}: altered"
        case _:
            return called


def sort(entry: EntryDifference) -> str:
    """What the change is, beside what the entry calls itself."""
    if entry.sort is None or entry.after is None:
        return ""
    told = SORTS[entry.sort]
    if entry.remark:
        return f"{told}; {entry.remark}"
    return f"{told}, as the entry says" if entry.sort is entry.after.change else told


def sort_beside(entry: EntryDifference) -> str:
    """The same, where it is of use: what an entry is that was altered, says nothing of the alteration."""
    return sort(entry) if entry.how is not How.ALTERED or entry.remark else ""


def counts(differences: Iterable[Difference]) -> str:
    """How many differences decide, and how many do not."""
    listed = [each for each, _ in told_once(differences)]
    deciding = sum(each.decides for each in listed)
    others = len(listed) - deciding
    if not listed:
        return "no difference"
    if not deciding:
        return f"nothing that decides is otherwise; {counted(others, 'difference')} of words and dates"
    decide = f"{counted(deciding, 'difference')} that {'decides' if deciding == 1 else 'decide'}"
    return f"{decide}, {others} that {'does' if others == 1 else 'do'} not" if others else decide


def _statement(difference: Difference) -> str | None:
    before, after = difference.statements
    if before is None and after is None:
        return None
    if before is None or after is None or before == after:
        return f"statement {before if after is None else after}"
    return f"statement {after}, before {before}"


def _what(difference: Difference) -> str:
    key, criterion = difference.key or "", difference.criterion
    match difference.what:
        case What.SERVICE | What.STATEMENT | What.ORDER | What.HISTORY as what:
            return _WHOLES[what] if difference.how is not How.RENAMED else "name of the service"
        case What.FACT | What.PAYER | What.CODE | What.LABEL as what:
            kind = "" if what is What.LABEL else f"{what} "
            return f"{kind}`{difference.name}`{f', {key}' if key else ''}"
        case What.OPERATOR:
            return f"{_called(criterion)}, put together by" if criterion and _is_named(criterion) else "put together by"
        case What.COMPARISON if not _is_one_word(difference):
            return _called(criterion)
        case What.NOTE if criterion is not None:
            # What it says is what is told; it is not called by it as well.
            called_ = _called(replace(criterion, says=None) if key == "says" else criterion)
            return f"{called_}, {key}"
        case What.CRITERION:
            return _called(criterion, with_fact=difference.how is How.MOVED)
        case _ if criterion is not None:
            return f"{_called(criterion)} {key}".rstrip()
        case _:
            return key


def _is_one_word(difference: Difference) -> bool:
    """Whether a comparison stands under the same word of the document before and after."""
    return difference.how is not How.ALTERED or phrases.only_key(difference.before) == phrases.only_key(
        difference.after
    )


def _called(subject: Subject | None, *, with_fact: bool = True) -> str:
    """The name of a criterion in a line."""
    if subject is None or not _is_named(subject):
        return "a criterion without id"
    told = f"`{subject.id}`" if subject.id else phrases.short(subject.says) if subject.says else subject.fact or ""
    about = [subject.fact] if with_fact and subject.fact and told != subject.fact else []
    about += ["within a none"] if subject.negated else []
    return f"{told} ({', '.join(about)})" if about else told


def _is_named(subject: Subject) -> bool:
    return bool(subject.id or subject.says or subject.fact)


def _values(difference: Difference) -> tuple[str, str]:
    before, after = difference.before, difference.after
    match difference.what:
        case What.CRITERION if difference.how is How.MOVED:
            return _around(before), _around(after)
        case What.CRITERION:
            return phrases.head(before), phrases.head(after)
        case What.STATEMENT:
            return phrases.statement_head(before), phrases.statement_head(after)
        case What.SERVICE if difference.how is not How.RENAMED:
            return phrases.service_head(before), phrases.service_head(after)
        case What.ORDER:
            moved = words.listed(f"{was} is now {now}" for was, now in zip(before, after, strict=True))
            return "", moved
        case What.HISTORY:
            return ", ".join(before), ", ".join(after)
        case What.OUTCOME:
            return phrases.outcome(before), phrases.outcome(after)
        case What.COMPARISON:
            same = _is_one_word(difference)
            return phrases.comparison(before, same=same), phrases.comparison(after, same=same)
        case What.CODES | What.VALUES | What.DATE | What.TERM:
            return phrases.told(before), phrases.told(after)
        case _:
            return phrases.short(phrases.told(before)), phrases.short(phrases.told(after))


def _parts(difference: Difference) -> tuple[str, ...]:
    """The lines of a criterion or statement that was added or removed."""
    if difference.how not in {How.ADDED, How.REMOVED}:
        return ()
    data = difference.after if difference.before is None else difference.before
    match difference.what:
        case What.CRITERION:
            lines = list(phrases.inside(data, 0))
        case What.STATEMENT if "when" in data:
            lines = list(phrases.lines(data["when"], 0))
        case What.SERVICE:
            lines = [f"{number}. {phrases.statement_head(each)}" for number, each in enumerate(data["coverage"], 1)]
        case _:
            return ()
    left_out = len(lines) - _MOST_PARTS
    return (*lines[:_MOST_PARTS], f"and {left_out} more") if left_out > 0 else tuple(lines)


def _around(steps: list[str]) -> str:
    return " / ".join(steps) or "the top"


def values(each: Row) -> str:
    """The old and the new value of a row."""
    match each.sign:
        case "+":
            return each.after
        case "-":
            return each.before
        case _:
            return f"{each.before} -> {each.after}" if each.before else each.after


def called(entry: EntryDifference) -> str:
    """An entry by its name, its sort in its own word, and its first day."""
    stands = entry.after or entry.before
    if stands is None:
        return entry.name
    since = f", effective {stands.effective}" if stands.effective and str(stands.effective) != entry.name else ""
    return f"{entry.name} ({stands.change}{since}): {stands.summary}"


def from_to(entry: EntryDifference) -> str:
    """The two revisions that are compared."""
    before, after = entry.before, entry.after
    told = [f"{each.revision} ({each.change}, effective {each.effective})" for each in (before, after) if each]
    return f"From {' to '.join(told)}"


def summary(comparison: Comparison) -> str:
    """How many policies are otherwise, and whether anything that decides is."""
    if not comparison.policies and not comparison.vocabulary:
        return "No difference in meaning."
    told: list[str] = []
    for how in (How.ADDED, How.REMOVED, How.ALTERED):
        number = sum(each.how is how for each in comparison.policies)
        if number:
            told.append(f"{counted(number, 'policy', 'policies')} {how}")
    if comparison.vocabulary:
        told.append(f"{counted(len(comparison.vocabulary), 'difference')} in the vocabulary")
    end = "something decides otherwise" if comparison.decides else "nothing that decides is otherwise"
    return f"{words.capital(', '.join(told))}: {end}."
