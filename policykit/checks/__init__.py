"""House rules: what a document should be beyond being correct. Each rule has a module of its own.

A document may turn a rule off for one node, with a reason; see `policykit.checks.allowing`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from policykit.checks import (
    code_expired,
    copied_text,
    judgement_with_test,
    long_quote,
    misdeclared_change,
    no_cite,
    repeated_criterion,
    review_passed,
    search_not_repeated,
    threshold_gap,
    threshold_overlap,
    uncovered_criterion,
    unreachable_statement,
    unused_fact,
)
from policykit.checks.allowing import Allowances, may_allow
from policykit.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import HouseRule, Subject, Whole
    from policykit.problems import Problem

# Every house rule, in the order in which the pages show them.
HOUSE_RULES: Final[tuple[HouseRule, ...]] = (
    misdeclared_change.RULE,
    unreachable_statement.RULE,
    no_cite.RULE,
    uncovered_criterion.RULE,
    threshold_gap.RULE,
    threshold_overlap.RULE,
    code_expired.RULE,
    review_passed.RULE,
    search_not_repeated.RULE,
    judgement_with_test.RULE,
    unused_fact.RULE,
    repeated_criterion.RULE,
    long_quote.RULE,
    copied_text.RULE,
)


def house_problems(subject: Subject, rules: tuple[HouseRule, ...] = HOUSE_RULES) -> Iterator[Problem]:
    """Where a policy breaks house rules, but for what it allows itself; and what is wrong with what it allows."""
    found = [
        replace(problem, severity=each.rule.severity)
        for each in rules
        if each.of_policy is not None
        for problem in each.of_policy(subject)
    ]
    allowances = Allowances(subject.document)
    yield from allowances.left_over(found)
    yield from allowances.faults({each.rule.name: each.rule for each in rules})
    yield from allowances.unused({each.rule.name for each in rules if each.of_policy is not None and not each.varies})


def library_problems(whole: Whole, rules: tuple[HouseRule, ...] = HOUSE_RULES) -> Iterator[Problem]:
    """The same for the rules that look at a whole library, and for what its vocabulary allows itself.

    What a policy allows is judged with the policy, but for whether an allowance of a rule of the whole library is used.
    """
    found = [
        replace(problem, severity=each.rule.severity)
        for each in rules
        if each.of_library is not None
        for problem in each.of_library(whole)
    ]
    of_library = {each.rule.name for each in rules if each.of_library is not None}
    lasting = {each.rule.name for each in rules if not each.varies}
    for name, document in whole.documents.items():
        if not whole.memory.once(("may allow", name, document.digest), partial(may_allow, document)):
            continue
        allowances = Allowances(document)
        found = list(allowances.left_over(found))
        if name in VOCABULARY:
            # No rule of a single policy finds anything there, so to allow one is of no use.
            yield from allowances.faults({each.rule.name: each.rule for each in rules})
            yield from allowances.unused({each.rule.name for each in rules} - (of_library - lasting))
        else:
            yield from allowances.unused(of_library & lasting)
    yield from found
