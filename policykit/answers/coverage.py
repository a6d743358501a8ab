"""What cases show of a policy, as the plain data of its schema."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from policykit.answers.parts import place_as_data

if TYPE_CHECKING:
    from policykit.answers.parts import Data
    from policykit.coverage.goals import Element, Goal
    from policykit.coverage.measuring import PolicyCoverage, Suggestion


def coverage_as_data(coverage: PolicyCoverage) -> Data:
    """How much of a policy its cases show, what they show of every element, and what would show the rest."""
    text_of = lru_cache(_text_of)
    return {
        "policy": coverage.policy.id,
        "too_large": coverage.is_too_large,
        "percent": coverage.percent,
        "covered": coverage.covered,
        "goals": coverage.goals,
        "elements": [
            {
                **_element_as_data(each.element),
                "wanted": [showing.value for showing in each.element.wanted],
                "shown": [showing.value for showing in each.element.wanted if showing in each.showings],
            }
            for each in coverage.elements
        ],
        "open": [{**_goal_as_data(goal), "case": text_of(coverage.suggestion(goal))} for goal in coverage.open],
        "impossible": [_goal_as_data(each) for each in coverage.impossible],
    }


def _text_of(suggestion: Suggestion | None) -> str | None:
    return suggestion.text if suggestion else None


def _goal_as_data(goal: Goal) -> Data:
    return {**_element_as_data(goal.element), "showing": goal.showing.value}


def _element_as_data(element: Element) -> Data:
    return {
        "revision": element.revision,
        "service": element.service.name,
        "statement": element.number,
        "path": list(element.path) if element.path is not None else None,
        "label": element.label,
        "place": place_as_data(element.where),
    }
