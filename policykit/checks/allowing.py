"""House rules turned off for one node, and whether that is done well.

`allow: {RULE: reason}` stands in an entry, a service, a coverage statement, a criterion or the declaration of a fact. It
turns the rule off for problems at that very node: for the keys and values in it, but not for what stands in a node
within it that can carry an `allow` of its own. A rule of correctness cannot be turned off.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from policykit.problems import near_miss
from policykit.records import record
from policykit.rules.correctness import CORRECTNESS
from policykit.rules.rule import Rule
from policykit.rules.sample import criterion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from policykit.document import Document, Node
    from policykit.problems import Location, Problem

# Which nodes can carry an `allow`: by the node around them, the keys under which they stand.
_CARRIERS: Final[Mapping[str, Mapping[str, str]]] = {
    "document": {"history": "entry", "criteria": "criterion", "facts": "fact"},
    "entry": {"services": "service"},
    "service": {"coverage": "statement"},
    "statement": {"when": "criterion"},
    "criterion": dict.fromkeys(("all", "any", "none", "of"), "criterion"),
    "fact": {},
}
_ONE: Final = "when"  # the key with one such node under it; the others have several, in a list or by name

# The rules of allowances themselves, none of which can be turned off.
ALLOWANCES: Final = (
    Rule(
        name="unknown-rule",
        severity="error",
        summary="An `allow` names what is not a house rule.",
        why=(
            "It turns nothing off. A mistyped name leaves the real rule on. A rule of correctness stays on by design: a"
            " document that breaks one has no certain meaning."
        ),
        remedy="Write the name as a message shows it in brackets. What breaks a rule of correctness has to be put right.",
        fails=criterion(
            """
            all:
              - {fact: knee.instability, is: severe, cite: Section B2}
              - fact: knee.therapy_weeks
                at_least: 6
                allow: {no-citation: The payer prints this limit on the order form only.}
            """
        ),
        passes=criterion(
            """
            all:
              - {fact: knee.instability, is: severe, cite: Section B2}
              - fact: knee.therapy_weeks
                at_least: 6
                allow: {no-cite: The payer prints this limit on the order form only.}
            """
        ),
    ),
    Rule(
        name="empty-reason",
        severity="error",
        summary="The text beside a rule in an `allow` gives no reason.",
        why=(
            "Whoever reviews the policy next has to decide whether the exception still holds. `todo`, `intended`, or the"
            " words of the rule over again leave them nothing to decide by."
        ),
        remedy="Say what is different about this place, such as what the source prints there, or whom you asked.",
        fails=criterion(
            """
            all:
              - {fact: knee.instability, is: severe, cite: Section B2}
              - fact: knee.therapy_weeks
                at_least: 6
                allow: {no-cite: "There is no cite here, see above."}
            """
        ),
        passes=criterion(
            """
            all:
              - {fact: knee.instability, is: severe, cite: Section B2}
              - fact: knee.therapy_weeks
                at_least: 6
                allow: {no-cite: The payer prints this limit on the order form only.}
            """
        ),
    ),
    Rule(
        name="unused-allowance",
        severity="warning",
        summary="An `allow` turns off a rule that is not broken at this place.",
        why=(
            "It would hide the next breach there without anybody having decided that. Often the document was put right"
            " and the exception stayed behind, or it stands one level too high: it does not reach the criteria within."
        ),
        remedy=(
            "Delete it, or move it to the entry, service, statement, criterion or fact that the message of the rule"
            " points at. Rules that hang on today's date may be allowed ahead of time."
        ),
        fails=criterion(
            """
            fact: knee.therapy_weeks
            at_least: 6
            cite: Section B3
            allow: {no-cite: The payer prints this limit on the order form only.}
            """
        ),
        passes=criterion(
            """
            fact: knee.therapy_weeks
            at_least: 6
            cite: Section B3
            """
        ),
    ),
)

_Identity = tuple[int, int, str]


@record(kw_only=False)
class _Allowance:
    """One rule that a node turns off; the node is named by its place."""

    carrier: _Identity
    rule: str
    reason: Node


class Allowances:
    """What a document allows itself, and which of it has been of use."""

    def __init__(self, document: Document) -> None:
        self._file = document.name
        self._allowed: dict[tuple[_Identity, str], _Allowance] = {}
        self._carriers: dict[_Identity, _Identity] = {}
        self._used: set[tuple[_Identity, str]] = set()
        if may_allow(document):
            self._carrying(document.root, "document")

    def _carrying(self, node: Node, kind: str) -> None:
        """Take down what a node allows, and that its keys and values belong to it; then those within."""
        own = _identity(node.where)
        allow = node.get("allow") if kind != "document" else None
        for rule, reason in allow.items() if allow else ():
            self._allowed[own, rule] = _Allowance(own, rule, reason)
        self._carriers[own] = own
        for key, child in node.items():
            within = _CARRIERS[kind].get(key)
            if kind != "document":
                self._carriers[_identity(child.key_where)] = own
            if within is None:
                self._belonging(child, own)
            elif key == _ONE:
                self._carrying(child, within)
            else:
                self._several(child, within, own)

    def _several(self, node: Node, kind: str, around: _Identity) -> None:
        """Nodes that can carry an `allow`, in a list or by name. A name belongs to what it names."""
        self._carriers.setdefault(_identity(node.where), around)
        for each in node.elements():
            self._carrying(each, kind)
        for child in _named(node):
            self._carrying(child, kind)
            self._carriers[_identity(child.key_where)] = _identity(child.where)

    def _belonging(self, node: Node, carrier: _Identity) -> None:
        self._carriers.setdefault(_identity(node.where), carrier)
        for each in node.elements():
            self._belonging(each, carrier)
        for child in _named(node):
            self._carriers.setdefault(_identity(child.key_where), carrier)
            self._belonging(child, carrier)

    def left_over(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """The problems that are not allowed. Remembers which allowances were of use."""
        for problem in problems:
            carrier = self._carriers.get(_identity(problem.where)) if problem.where.file == self._file else None
            if carrier is not None and (carrier, problem.rule) in self._allowed:
                self._used.add((carrier, problem.rule))
            else:
                yield problem

    def faults(self, rules: Mapping[str, Rule]) -> Iterator[Problem]:
        """Allowances of what is no house rule, and reasons that are none."""
        for each in self._allowed.values():
            rule = rules.get(each.rule)
            if rule is None:
                yield _unknown(each, rules)
            elif not _is_reason(each.reason.text or "", rule):
                message = f"this does not say why `{each.rule}` may be broken here"
                advice = "tell a reader who does not know this policy what is different about this place"
                yield each.reason.problem("empty-reason", message, advice)

    def unused(self, judged: Collection[str]) -> Iterator[Problem]:
        """Allowances, of the rules that are judged, that have turned off nothing. Ask after `left_over`."""
        for key, each in self._allowed.items():
            if each.rule in judged and key not in self._used:
                message = f"`{each.rule}` is not broken here, so there is nothing to allow"
                problem = each.reason.problem("unused-allowance", message, "delete it", at_key=True)
                yield replace(problem, severity="warning")


def may_allow(document: Document) -> bool:
    """Whether the key `allow` stands anywhere in a document: most have none, and need not be gone through."""
    pending: list[Any] = [document.data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "allow" in value:
                return True
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return False


def _named(node: Node) -> list[Node]:
    return [child for _, child in node.items()]


def _identity(where: Location) -> _Identity:
    """What tells the places of one document apart: line and column, or the path where the data has no lines."""
    return (where.line, where.column, "" if where.line else where.path)


def _unknown(allowance: _Allowance, rules: Mapping[str, Rule]) -> Problem:
    name = allowance.rule
    if name in CORRECTNESS:
        message = f"`{name}` is a rule of correctness, which cannot be turned off"
        advice = "delete it here, and put right what breaks the rule"
    elif name in {rule.name for rule in ALLOWANCES}:
        message = f"`{name}` looks at allowances, and cannot be turned off"
        advice = "delete it here, and put right the allowance that it speaks of"
    else:
        message = f"`{name}` is not the name of a house rule"
        advice = near_miss(name, rules) or (f"the house rules are {', '.join(rules)}" if rules else "delete it")
    return allowance.reason.problem("unknown-rule", message, advice, at_key=True)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.casefold()))


# Words that stand in every sentence, and those that take the place of a reason.
_FUNCTION_WORDS: Final = _words(
    """
    a all also an and any are as at be because been but by can does for from has have here how if in into is it its no
    nor not of off on only or our so such than that the their then there these they this those to too was we were what
    where which while why will with would you
    """
)
_FILLER: Final = _words(
    """
    allow allowed allowing applicable below correct deliberate deliberately desired disable disabled done elsewhere
    exception expected explained false fine fixme good ignore ignored intended intentional intentionally just known
    later lorem ipsum dolor na necessary need needed nil none now ok okay please positive purpose reason reasons
    relevant required rule rules see skip skipped soon suppress suppressed tba tbd temp temporarily temporary test todo
    turn turned unknown valid wanted wip wrong xxx yes
    """
)
_FEWEST: Final = 2  # words of its own, with which a text can say something


def _is_reason(reason: str, about: Rule) -> bool:
    """Whether a text says anything but filler and what the rule says of itself."""
    own = _words(reason) - _FUNCTION_WORDS - _FILLER - _words(about.name) - _words(about.summary)
    return sum(len(word) > 1 for word in own) >= _FEWEST
