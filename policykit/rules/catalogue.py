"""Every rule that there is: those of correctness, and those of the house."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from policykit.checks import HOUSE_RULES
from policykit.checks.allowing import ALLOWANCES
from policykit.rules.correctness import GROUPS as OF_CORRECTNESS
from policykit.rules.rule import Explained, Group

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from policykit.rules.rule import Rule

_HOUSE: Final = Group(
    title="House rules",
    about=(
        "A document that breaks one of these can be read and has one meaning, but it is likely to say something else than"
        " its source, or to be misread. An entry, a service, a coverage statement, a criterion or the declaration of a"
        " fact can turn one off for itself, with a reason of 10 to 500 characters: `allow: {RULE: reason}`. That covers"
        " the keys and values at this very place, but no place within it that can have an `allow` of its own."
    ),
    rules=tuple(each.rule for each in HOUSE_RULES),
    may_be_allowed=True,
)
_ALLOWANCES: Final = Group(
    title="Allowances",
    about="What is asked of an `allow` itself. These rules cannot be turned off.",
    rules=ALLOWANCES,
)

GROUPS: Final = (*OF_CORRECTNESS, _HOUSE, _ALLOWANCES)
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for group in GROUPS for rule in group.rules})


def explained(names: Collection[str] = RULES) -> Explained:
    """The rules of these names, or all of them, in the order of the catalogue."""
    asked = (replace(group, rules=tuple(rule for rule in group.rules if rule.name in names)) for group in GROUPS)
    return Explained(groups=tuple(group for group in asked if group.rules))
