"""The rule `repeated-criterion`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from policykit.checks.passages import PARTS, definitions, parts, statements, told
from policykit.checks.subject import HouseRule
from policykit.records import record
from policykit.rules.rule import Rule
from policykit.rules.sample import coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.checks.subject import Subject
    from policykit.document import Node
    from policykit.problems import Problem

NAME: Final = "repeated-criterion"
_OWN: Final = frozenset({"id", "allow"})  # what a criterion has for its place alone
_WORDED: Final = frozenset({"quote", "reading"})
_FEW: Final = 2  # comparisons, from which on a criterion is worth a name


def repeated_criteria(subject: Subject) -> Iterator[Problem]:
    """No criterion stands twice in a document, word for word but for its `id`.

    It is told of one that makes two comparisons or more, or rests on a `quote` or a `reading`; of its parts nothing more
    is said. A shorter one may stand as often as it is needed.
    """
    copies = _Copies()
    for name, node in definitions(subject.document):
        yield from copies.look(node, name)
    for statement in statements(subject.document):
        if (when := statement.get("when")) is not None:
            yield from copies.look(when, None)


@record(kw_only=False)
class _Written:
    """What a criterion says: the same number for the same words; and how much that is."""

    number: int
    comparisons: int
    worded: bool


class _Copies:
    """Tells which criteria have been seen before."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._written: dict[int, _Written] = {}
        self._first: dict[int, tuple[Node, str | None]] = {}

    def look(self, node: Node, name: str | None) -> Iterator[Problem]:
        """The copies among a criterion and its parts; `name` is the one that it bears at the top, if it does."""
        pending = [(node, name)]
        while pending:
            current, bears = pending.pop()
            written = self._read(current.value)
            if written.comparisons < _FEW and not written.worded:
                continue
            if written.number in self._first:
                yield _problem(current, *self._first[written.number])
                continue
            self._first[written.number] = (current, bears)
            pending.extend((part, None) for part in reversed(parts(current)))

    def _read(self, data: Any) -> _Written:
        known = self._written.get(id(data))
        if known is not None:
            return known
        said: list[tuple[str, Any]] = []
        comparisons, worded = 0, False
        for key, value in sorted(data.items()) if isinstance(data, dict) else ():
            if key in PARTS and isinstance(value, list):
                within = [self._read(part) for part in value]
                said.append((key, tuple(part.number for part in within)))
                comparisons += sum(part.comparisons for part in within)
                worded = worded or any(part.worded for part in within)
            elif key not in _OWN:
                said.append((key, json.dumps(value, sort_keys=True)))
                comparisons += key in {"fact", "use"}
                worded = worded or key in _WORDED
        number = self._numbers.setdefault(tuple(said), len(self._numbers))
        known = self._written[id(data)] = _Written(number, comparisons, worded)
        return known


def _problem(node: Node, first: Node, name: str | None) -> Problem:
    if name is not None:
        message = f"this is, word for word, the criterion `{name}` of {told(first.where)}"
        return node.problem(NAME, message, f"write `use: {name}` in its place")
    message = f"this criterion stands, word for word, on {told(first.where)}, too"
    return node.problem(NAME, message, "name it once under `criteria`, and write `use` with that name in both places")


RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="A criterion stands twice in a document, word for word.",
        why=(
            "One of the two is corrected one day, and the other forgotten. Until then, every reader has to find out that"
            " there is no difference."
        ),
        remedy=(
            "Give the criterion a name under `criteria`, and write `use` with that name in both places. If one of them is"
            " in a published entry, move all of the criterion, its `id` too, and leave nothing beside `use`: the entry then"
            " says what it said, word for word."
        ),
        fails=coverage(
            """
            - outcome: medically-necessary
              cite: Section B
              when:
                all:
                  - {fact: patient.age, at_least: 18}
                  - any: [{fact: knee.instability, is: severe}, {fact: knee.therapy_weeks, at_least: 6}]
            - outcome: deferred
              to: the paediatric reviewer
              cite: Section C
              when:
                any: [{fact: knee.instability, is: severe}, {fact: knee.therapy_weeks, at_least: 6}]
            - {outcome: not-medically-necessary, cite: Section D}
            """
        ),
        passes=coverage(
            """
            - outcome: medically-necessary
              cite: Section B
              when:
                all:
                  - {fact: patient.age, at_least: 18}
                  - any: [{fact: knee.instability, is: severe}, {fact: knee.therapy_weeks, at_least: 6}]
            - outcome: deferred
              to: the paediatric reviewer
              cite: Section C
              when:
                any: [{fact: knee.instability, is: severe}, {fact: knee.therapy_weeks, at_least: 12}]
            - {outcome: not-medically-necessary, cite: Section D}
            """
        ),
    ),
    of_policy=repeated_criteria,
)
