"""What the examples of rules show, and the page of all rules in Markdown."""

from __future__ import annotations

from textwrap import dedent, fill
from typing import TYPE_CHECKING, Final

from policykit.records import record
from policykit.rules.sample import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.rules.rule import Example, Group, Rule

_HEAD: Final = """\
# Rules

<!-- This page is written by `policykit rule --format markdown`, from the rules themselves. Do not edit it. -->

A problem is printed as `file:line:column: message [rule]`, with advice below it after `help:`. A warning says so before
its message. The names of rules are stable, and `policykit rule NAME` shows the page of one.

A document that breaks a rule of correctness is refused: it has no certain meaning. House rules ask for more, and can be
turned off where they do not fit. Each rule has an example that fails and one that passes, and both are put to the check
whenever this program is tested.
"""
_SAMPLE: Final = """\
## The sample library

The payer `acme`, its policy and its codes are invented. An example stands in this library and takes the place of what
it shows; all else is as it is here. Where a file is named that is not below, the example adds it.
"""


_WIDTH: Final = 120


@record(kw_only=False)
class Shown:
    """A text that an example shows, perhaps none, and where it stands."""

    where: str
    text: str = ""


def shown(example: Example, after: Example | None = None) -> Iterator[Shown]:
    """What an example shows: its own text first, then the files beside it.

    Of one that is shown `after` another, what is the same in both is not said again.
    """
    if example.form == "link":
        yield Shown(f"if `{example.name}` is a link to `{example.text}`")
    else:
        told = [] if after is not None and _place(after) == _place(example) else [_place(example)]
        yield Shown(", ".join((*told, *_remarks(example))), example.text)
    for name, text in example.beside.items():
        if after is None or after.beside.get(name) != text:
            yield _beside(name, text)


def _place(example: Example) -> str:
    """What of the library the text is."""
    if example.form == "listing":
        return "with these files in the library"
    return f"as {example.frame.called} in `{example.name}`" if example.frame else f"as `{example.name}`"


def _remarks(example: Example) -> Iterator[str]:
    if example.form == "escaped":
        yield "with an escape for what cannot be shown"
    if example.repeats:
        yield f"where `[...]` stands for {example.repeats:,} further copies of the line above it"
    if example.today:
        yield f"checked on {example.today}"


def _beside(name: str, text: str) -> Shown:
    """A file beside an example; of one that has all of that in the sample library, only what it has besides."""
    if text in SAMPLE.values():
        return Shown(f"beside it `{name}`, which holds the policy of the sample library")
    lines, known = text.splitlines(), SAMPLE.get(name, "").splitlines()
    if known and set(known) <= set(lines):
        more = "\n".join(line for line in lines if line not in known)
        return Shown(f"beside it, `{name}` also has", dedent(more))
    return Shown(f"beside it `{name}`", text.strip("\n"))


def markdown(groups: Iterable[Group]) -> str:
    """The page of all rules."""
    chosen = tuple(groups)
    parts = [_HEAD, "".join(map(_contents, chosen)), _SAMPLE]
    parts.extend(f"`{name}`:\n\n```yaml\n{text}```\n" for name, text in SAMPLE.items())
    for group in chosen:
        parts.append(f"## {group.title}\n\n{_wrapped(group.about)}\n")
        parts.extend(map(page, group.rules))
    return "\n".join(parts)


def page(explained: Rule) -> str:
    """The page of one rule, in Markdown."""
    parts = [
        f"### {explained.name}",
        _wrapped(f"*{explained.severity.capitalize()}.* {explained.summary}"),
        _wrapped(f"**Why.** {explained.why}"),
        _wrapped(f"**What to do.** {explained.remedy}"),
        *_example("Fails", explained.fails),
        *_example("Passes", explained.passes, explained.fails),
    ]
    return "\n\n".join(parts) + "\n"


def _contents(group: Group) -> str:
    links = ", ".join(f"[`{rule.name}`](#{rule.name})" for rule in group.rules)
    return fill(f"- {group.title}: {links}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False) + "\n"


def _example(title: str, example: Example, after: Example | None = None) -> Iterator[str]:
    for number, each in enumerate(shown(example, after)):
        told = each.where[:1].upper() + each.where[1:]
        if number == 0:
            told = f"**{title}**, {each.where}" if each.where else f"**{title}**"
        yield _wrapped(f"{told}:" if each.text else f"{told}.")
        if each.text:
            kind = "yaml" if example.form != "listing" else "text"
            yield f"```{kind}\n{each.text}\n```"


def _wrapped(text: str) -> str:
    return fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
