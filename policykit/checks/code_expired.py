"""The rule `code-expired`."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from textwrap import dedent
from typing import TYPE_CHECKING, Final, assert_never

from policykit.checks.passages import node_at
from policykit.checks.subject import HouseRule
from policykit.codes import Code, CodePrefix, CodeRange
from policykit.policy import Change
from policykit.rules.rule import Rule
from policykit.rules.sample import CODES, history

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from policykit.checks.subject import Subject
    from policykit.codes import CodePattern
    from policykit.document import Node
    from policykit.policy import Service
    from policykit.problems import Problem
    from policykit.timeline import Revision
    from policykit.vocabulary import Vocabulary

NAME: Final = "code-expired"


def expired_codes(subject: Subject) -> Iterator[Problem]:
    """A service lists no code that ends, by `codes.yaml`, before the revision does.

    Asked of the revisions that count, but for a retirement. One without an end is taken to last until today. A range
    stands for the codes in it that `codes.yaml` holds. Codes that are carried over are told where they are written.
    """
    ends = _Ends(subject.vocabulary)
    lasting: dict[int, list[tuple[Revision, date]]] = {}
    listed: dict[int, Service] = {}
    for revision in subject.timeline.view().revisions if ends else ():
        until = revision.last or max(subject.today, revision.effective)
        for service in revision.services if revision.entry.change is not Change.RETIRED else ():
            listed[id(service)] = service
            lasting.setdefault(id(service), []).append((revision, until))
    for each, service in listed.items():
        codes = node_at(subject.document, service.where).get("codes")
        for pattern, node in _written(codes, service) if codes is not None else ():
            found = ends.first_before(pattern, max(until for _, until in lasting[each]))
            if found is not None:
                yield _problem(node, found, lasting[each])


class _Ends:
    """The codes of which an end is held, with their last days."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._last = {code: entry.last for code, entry in vocabulary.codes.items() if entry.last is not None}
        self._sorted = sorted(self._last)
        self._found: dict[tuple[CodePattern, date], tuple[Code, date] | None] = {}

    def __bool__(self) -> bool:
        return bool(self._last)

    def first_before(self, pattern: CodePattern, until: date) -> tuple[Code, date] | None:
        """The first code of a pattern that ends before a day, and its last day."""
        key = (pattern, until)
        if key not in self._found:
            ended = ((code, self._last[code]) for code in self._within(pattern) if self._last[code] < until)
            self._found[key] = next(ended, None)
        return self._found[key]

    def _within(self, pattern: CodePattern) -> Iterator[Code]:
        match pattern:
            case Code():
                if pattern in self._last:
                    yield pattern
                return
            case CodeRange(system=system, first=first):
                at = bisect_left(self._sorted, Code(system, first))
            case CodePrefix(system=system, stem=stem):
                at = bisect_left(self._sorted, Code(system, stem))
            case _:
                assert_never(pattern)
        past = pattern.last if isinstance(pattern, CodeRange) else pattern.stem + "~"
        for code in self._sorted[at:]:
            if code.system != system or code.code > past:
                return
            if code in pattern:
                yield code


def _written(codes: Node, service: Service) -> Iterator[tuple[CodePattern, Node]]:
    """The codes of a service with their places; those of a value set stand where it is named."""
    if (named := codes.get("value_set")) is not None:
        for pattern in service.codes.written:
            yield pattern, named
        return
    nodes = [node for _, listed in codes.items() for node in listed.elements()]
    yield from zip(service.codes.written, nodes, strict=True)


def _problem(node: Node, found: tuple[Code, date], lasting: Sequence[tuple[Revision, date]]) -> Problem:
    code, last = found
    revision = next(revision for revision, until in lasting if last < until)
    end = f"governs through {revision.last}" if revision.last else "has no end"
    message = f"`{code}` ended on {last}, and the revision `{revision.name}` {end}"
    return node.problem(NAME, message, f"add an entry with the codes that are valid from the day after {last}")


_CODES: Final = """
    format: 1
    codes:
      hcpcs:
        "L9001": {label: Knee brace that is ready made, through: 2025-06-30, replaced_by: "L9002"}
        "L9002": {label: Knee brace that is ready made or fitted, from: 2025-07-01}
    """
_LASTING: Final = """
    - revision: 2025-01-01
      change: new
      summary: New policy.
      effective: 2025-01-01
      services:
        - service: Knee brace
          codes: {hcpcs: ["L9001"]}
          coverage: [{outcome: covered, cite: Section B}]
    """
_FOLLOWING: Final = """
    - revision: 2025-07-01
      change: codes
      summary: Another code.
      effective: 2025-07-01
      services:
        - service: Knee brace
          codes: {hcpcs: ["L9002"]}
          coverage: [{outcome: covered, cite: Section B}]
    """

RULE: Final = HouseRule(
    rule=Rule(
        name=NAME,
        severity="warning",
        summary="A service lists a code that ended, by `codes.yaml`, before the revision did.",
        why=(
            "Nothing can be billed by that code any more. What took its place is not in the list, so that for it the answer"
            " is `not-addressed`."
        ),
        remedy=(
            "Add an entry, effective from the day after the last one of the code, with the codes that are valid then."
            " If the payer's text itself goes on with the old code, allow it with that reason."
        ),
        fails=replace(history(_LASTING), beside={CODES: dedent(_CODES).lstrip()}),
        passes=replace(history(dedent(_LASTING) + dedent(_FOLLOWING)), beside={CODES: dedent(_CODES).lstrip()}),
    ),
    of_policy=expired_codes,
    varies=True,
)
