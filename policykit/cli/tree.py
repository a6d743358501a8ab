"""Coverage statements and their criteria as an indented tree, with what was found of them or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.cli import words
from policykit.criteria import FactIs
from policykit.evaluation import Truth
from policykit.plain import value_as_data
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.cli.text import Colour, Page
    from policykit.criteria import Criterion
    from policykit.decision import StatementFinding
    from policykit.evaluation import Finding
    from policykit.policy import Statement
    from policykit.problems import Location
    from policykit.vocabulary import Vocabulary

_STEP: Final = 2
_COLOURS: Final[dict[Truth, Colour]] = {Truth.MET: "green", Truth.NOT_MET: "red", Truth.UNKNOWN: "yellow"}


@record(kw_only=False)
class Tree:
    """Draws statements on a page."""

    paper: Page
    vocabulary: Vocabulary

    def statement(self, number: int, statement: Statement, *, indent: int = 0) -> Iterator[str]:
        """A statement as it stands in a policy."""
        yield from self._head(number, statement, "", indent)
        if statement.when is not None:
            yield from self._top(statement.when, None, indent + 3)

    def found(self, found: StatementFinding, *, decided: bool) -> Iterator[str]:
        """A statement with what was found of it.

        One that asks nothing always holds; where those above it are not decided, a mark would say more than is known.
        """
        open_end = found.finding is None and not decided
        mark = f"{self.paper.marks.point} " if open_end else self._mark(found.truth)
        yield from self._head(found.number, found.statement, mark, 0)
        if found.finding is not None:
            yield from self._top(found.finding.criterion, found.finding, 5)

    def legend(self) -> str:
        """What the marks mean."""
        told = ((Truth.MET, "met"), (Truth.NOT_MET, "not met"), (Truth.UNKNOWN, "not known"))
        return "   ".join(f"{self._mark(truth).strip()} {word}" for truth, word in told)

    def _head(self, number: int, statement: Statement, mark: str, indent: int) -> Iterator[str]:
        outcome = words.capital(words.outcome(statement.outcome, statement.to))
        condition = words.condition(number, statement)
        lead = f"{mark}{number}. "
        inner = indent + len(lead)
        if mark:
            painted = [self.paper.paint(line, "bold") for line in _fitting(self.paper, outcome + condition, inner)]
            truth = mark.strip()
            yield f"{' ' * indent}{self._painted(truth)} {number}. {painted[0]}"
            yield from (" " * inner + line for line in painted[1:])
        else:
            yield from self.paper.wrap(outcome + condition, "bold", indent=indent, first=lead)
        if statement.says:
            yield from self.paper.wrap(statement.says, indent=inner)
        yield from self._source(
            [statement.cite], [statement.quote], [statement.reading], _place(statement.where), inner
        )

    def _top(self, criterion: Criterion, finding: Finding | None, indent: int) -> Iterator[str]:
        """The criterion of a statement; one that only holds others together is not a level of its own."""
        if isinstance(criterion, FactIs) or words.said(criterion):
            yield from self._criterion(criterion, finding, indent)
            return
        for position, part in enumerate(criterion.parts):
            yield from self._criterion(part, finding.parts[position] if finding else None, indent)

    def _criterion(self, criterion: Criterion, finding: Finding | None, indent: int) -> Iterator[str]:
        said = words.said(criterion)
        text = words.phrase(criterion, self.vocabulary)
        mark = self._mark(finding.truth) if finding else f"{self.paper.marks.point} "
        inner = indent + len(mark)
        first, *rest = _fitting(self.paper, text, inner)
        yield f"{' ' * indent}{self._painted(mark.strip())} {first}"
        yield from (" " * inner + line for line in rest)
        others = (each.says for each in criterion.notes if each.says and each.says != said)
        for other in dict.fromkeys(others):
            yield from self.paper.wrap(other, indent=inner)
        notes = criterion.notes
        place = _place(notes[0].where)
        if isinstance(criterion, FactIs):
            yield from self._fact(criterion, finding, place, inner)
            place = ""
        cites, quotes = [each.cite for each in notes], [each.quote for each in notes]
        yield from self._source(cites, quotes, [each.reading for each in notes], place, inner)
        if not isinstance(criterion, FactIs):
            for position, part in enumerate(criterion.parts):
                yield from self._criterion(part, finding.parts[position] if finding else None, inner)

    def _fact(self, criterion: FactIs, finding: Finding | None, place: str, indent: int) -> Iterator[str]:
        compared = words.compared(criterion, self.vocabulary)
        if finding is None:
            yield from self.paper.wrap(f"{criterion.fact} {compared} {place}", "dim", indent=indent)
            return
        declared = self.vocabulary.facts.get(criterion.fact)
        value = words.value(value_as_data(finding.value), declared.unit if declared else None)
        yield from self.paper.wrap(f"{criterion.fact}: {value}", _COLOURS[finding.truth], indent=indent)
        yield from self.paper.wrap(f"asked: {compared} {place}", "dim", indent=indent)

    def _source(
        self,
        cites: list[str | None],
        quotes: list[str | None],
        readings: list[str | None],
        place: str,
        indent: int,
    ) -> Iterator[str]:
        """Where a policy says so: the place in the source and in the document, the words, our reading."""
        cite = "; ".join(dict.fromkeys(each for each in cites if each))
        yield from self.paper.wrap(f"{cite} {place}", "dim", indent=indent)
        for quote in dict.fromkeys(each for each in quotes if each):
            yield from self.paper.wrap(f'"{quote}"', "dim", indent=indent)
        for reading in dict.fromkeys(each for each in readings if each):
            yield from self.paper.wrap(reading, "cyan", indent=indent, first="reading: ")

    def _mark(self, truth: Truth) -> str:
        marks = self.paper.marks
        match truth:
            case Truth.MET:
                return f"{marks.met} "
            case Truth.NOT_MET:
                return f"{marks.not_met} "
            case Truth.UNKNOWN:
                return f"{marks.unknown} "

    def _painted(self, mark: str) -> str:
        marks = self.paper.marks
        colours: dict[str, Colour] = {marks.met: "green", marks.not_met: "red", marks.unknown: "yellow"}
        return self.paper.paint(mark, colours[mark], "bold") if mark in colours else mark


def _place(where: Location) -> str:
    return f"[{where.file}:{where.line}]" if where.line else f"[{where.file}]"


def _fitting(paper: Page, text: str, indent: int) -> list[str]:
    return [line.strip() for line in paper.wrap(text, indent=indent)]
