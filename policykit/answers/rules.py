"""Rules as the plain data of `schemas/rule.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.answers.parts import FORMAT, Data, day_as_data

if TYPE_CHECKING:
    from policykit.rules.rule import Example, Explained, Group, Rule


def explained_as_data(explained: Explained) -> Data:
    """The rules that were asked about, in the order of the catalogue."""
    rules = [_page(page, group) for group in explained.groups for page in group.rules]
    return {"format": FORMAT, "rules": rules}


def _page(page: Rule, group: Group) -> Data:
    return {
        "name": page.name,
        "group": group.title,
        "severity": page.severity,
        "may_be_allowed": group.may_be_allowed,
        "summary": page.summary,
        "why": page.why,
        "remedy": page.remedy,
        "fails": _example(page.fails),
        "passes": _example(page.passes),
    }


def _example(example: Example) -> Data:
    return {
        "file": example.name or None,
        "shows": example.frame.called if example.frame else None,
        "form": example.form,
        "text": example.text,
        "repeats": example.repeats,
        "beside": dict(example.beside),
        "today": day_as_data(example.today),
    }
