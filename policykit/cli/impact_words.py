"""What the text and the page of an impact say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.impact.result import Impact, MissingOften

_LEAST = 0.001  # a share that is not zero, and shown as less than this


def share(part: int, whole: int) -> str:
    """A part of a whole in percent; only nothing is shown as 0, and only all as 100."""
    if not part or not whole:
        return "0%"
    if part == whole:
        return "100%"
    found = part / whole
    if found < _LEAST:
        return "<0.1%"
    return ">99.9%" if found > 1 - _LEAST else f"{found:.1%}"


def units(impact: Impact) -> tuple[str, str]:
    """What is counted, one and several: claims, or answers where several policies answer a claim."""
    return ("claim", "claims") if impact.tally.count == impact.answered else ("answer", "answers")


def number(count: int, unit: tuple[str, str]) -> str:
    """A number of what is counted."""
    return f"{count:,} {unit[0] if count == 1 else unit[1]}"


def heading(impact: Impact) -> str:
    """What was asked."""
    about = impact.policy or "all policies"
    return shown(f"{about}: from {impact.before.name} to {impact.after.name}")


def summary(impact: Impact) -> Iterator[str]:
    """The answer, in sentences: what changes, what is not decided, and what was left out."""
    unit = units(impact)
    tally = impact.tally
    asked = number(impact.claims, ("claim", "claims"))
    if not tally.count:
        yield f"Of {asked}, none is answered."
    else:
        more = "" if tally.count == impact.answered else f", with {number(tally.count, unit)} by several policies"
        verb = "changes" if tally.changed == 1 else "change"
        yield (
            f"Of {asked}, {impact.answered:,} {'is' if impact.answered == 1 else 'are'} answered{more}. "
            f"{number(tally.changed, unit)} ({share(tally.changed, tally.count)}) {verb} outcome."
        )
    before, after = impact.open_before.count, impact.open_after.count
    if before or after:
        yield (
            f"Facts are missing: {number(before, unit)} {'is' if before == 1 else 'are'} undetermined before, and "
            f"{after:,} after. They are counted as undetermined; nothing is guessed."
        )
    if impact.otherwise:
        verb = "is" if impact.otherwise == 1 else "are"
        yield f"{number(impact.otherwise, unit)} {verb} undetermined before and after, with other outcomes possible."
    if impact.elsewhere:
        yield f"{number(impact.elsewhere, ('claim', 'claims'))} {_not_of(impact)}."
    if impact.rejected:
        yield (
            f"{number(impact.rejected, ('claim', 'claims'))} {'is' if impact.rejected == 1 else 'are'} wrong, "
            "and not counted among the outcomes."
        )


def _not_of(impact: Impact) -> str:
    verb = "is" if impact.elsewhere == 1 else "are"
    return shown(f"{verb} not for {impact.policy}") if impact.policy else f"{verb} not answered"


def missing(each: MissingOften) -> str:
    """A missing fact: its name, and the question to put."""
    return shown(f"{each.name}: {each.fact.ask}" if each.fact else each.name)


def values(count: int) -> str:
    """A number of values."""
    return number(count, ("value", "values"))


def facts(count: int) -> str:
    """A number of facts."""
    return number(count, ("fact", "facts"))


def value(text: str | None) -> str:
    """A value of a column, as a word."""
    if not text:
        return "no value" if text is None else "empty text"
    return shown(text)


def shown(text: str) -> str:
    """Words of somebody else, with nothing in them that steers a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
