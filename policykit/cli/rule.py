"""`policykit rule`: what a rule means, and how to keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from policykit.cli.misuse import Misuse
from policykit.cli.output import page, write, write_document
from policykit.problems import near_miss
from policykit.rules.catalogue import RULES, explained
from policykit.rules.explaining import markdown, shown
from policykit.rules.explaining import page as markdown_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.cli.text import Page
    from policykit.rules.explaining import Shown
    from policykit.rules.rule import Explained, Group, Rule


@click.command("rule")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the answer is written.",
)
def verb(names: tuple[str, ...], *, form: str) -> int:
    """Explain the rule NAME: when it is broken, why it is there, and what to do, with an example that fails and one
    that passes. Without a NAME, list all rules.
    """
    for name in names:
        if name not in RULES:
            advice = near_miss(name, RULES) or "`policykit rule` lists all rules"
            raise Misuse(f"there is no rule `{name[:40]}`", advice)
    asked = explained(names or RULES)
    match form:
        case "json":
            write_document(asked)
        case "markdown" if names:
            write(markdown_page(rule).rstrip("\n") for group in asked.groups for rule in group.rules)
        case "markdown":
            write([markdown(asked.groups).rstrip("\n")])
        case _ if names:
            write(explanations(asked, page()))
        case _:
            write(listed(asked, page()))
    return 0


def listed(asked: Explained, paper: Page) -> Iterator[str]:
    """Every rule in a line or two, by group."""
    wide = max(len(rule.name) for group in asked.groups for rule in group.rules)
    for number, group in enumerate(asked.groups):
        if number:
            yield ""
        yield paper.paint(group.title, "bold")
        for rule in group.rules:
            told = f"{rule.summary} (warning)" if rule.severity == "warning" else rule.summary
            yield from paper.pairs([(rule.name.ljust(wide), told)], indent=2)
    yield ""
    yield from paper.wrap("`policykit rule NAME` explains one of them.", "dim")


def explanations(asked: Explained, paper: Page) -> Iterator[str]:
    """Rules in full, one after the other."""
    first = True
    for group in asked.groups:
        for rule in group.rules:
            if not first:
                yield ""
            yield from explanation(rule, group, paper)
            first = False


def explanation(one: Rule, group: Group, paper: Page) -> Iterator[str]:
    """A rule in full."""
    severity = paper.paint(one.severity, "red" if one.severity == "error" else "yellow")
    yield f"{paper.paint(one.name, 'bold')}  {severity}  {paper.paint(group.title, 'dim')}"
    yield ""
    yield from paper.wrap(one.summary)
    yield ""
    told = f"Write `allow: {{{one.name}: REASON}}` at the place that it does not fit." if group.may_be_allowed else ""
    yield from paper.pairs([("Why", one.why), ("What to do", one.remedy), ("To turn it off", told)])
    yield from _example(paper.paint("Fails", "red"), shown(one.fails), paper)
    yield from _example(paper.paint("Passes", "green"), shown(one.passes, one.fails), paper)


def _example(title: str, parts: Iterable[Shown], paper: Page) -> Iterator[str]:
    for number, each in enumerate(parts):
        yield ""
        where = each.where if number == 0 else f"{each.where[:1].upper()}{each.where[1:]}"
        told = ", ".join(filter(None, (title if number == 0 else "", where)))
        yield from paper.wrap(f"{told}:" if each.text else f"{told}.")
        if each.text:
            yield ""
            yield from (f"    {line}".rstrip() for line in each.text.splitlines())
