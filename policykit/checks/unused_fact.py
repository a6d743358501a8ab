"""The rule `unused-fact`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from policykit.checks.passages import criteria
from policykit.checks.subject import HouseRule
from policykit.problems import Problem
from policykit.rules.rule import Rule
from policykit.rules.sample import facts
from policykit.vocabulary import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Whole
    from policykit.document import Document

NAME: Final = "unused-fact"


def facts_asked(document: Document) -> frozenset[str]:
    """The facts that the criteria of a policy document ask for."""
    facts = (criterion.get("fact") for criterion in criteria(document))
    return frozenset(fact.text for fact in facts if fact is not None and fact.text is not None)


def unused_facts(whole: Whole) -> Iterator[Problem]:
    """Every fact that is declared is asked for by a criterion of some policy.

    A date is also used if a number that is derived from it is. A named criterion counts, used or not. As long as there
    is no criterion at all, nothing is said: the facts are there to begin with.
    """
    used = frozenset[str]().union(
        *(
            whole.memory.once(("asked", name, document.digest), partial(facts_asked, document))
            for name, document in whole.documents.items()
            if name.removesuffix(".yaml") in whole.policies
        )
    )
    if not used:
        return
    used |= {fact.derived.base for fact in whole.vocabulary.derived if fact.derived and fact.name in used}
    for declared in whole.vocabulary.facts.values():
        if declared.name not in used and declared.name not in BUILT_IN and declared.where is not None:
            message = f"no criterion of any policy asks for `{declared.name}`"
            yield Problem(rule=NAME, message=message, where=declared.where, help="delete it, or write the criterion")


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="A fact is declared, and no criterion of any policy asks for it.",
        why=(
            "It is often what is left of a criterion that was deleted by mistake, or that asks for another fact of nearly"
            " the same name. People who prepare cases look up facts that change no answer."
        ),
        remedy="Delete the declaration, or write the criterion that asks for the fact.",
        fails=facts("knee.swelling: {type: boolean, ask: Is the knee swollen?}"),
        passes=facts("# Of swelling, no policy speaks."),
    ),
    of_library=unused_facts,
)
