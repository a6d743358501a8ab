"""The walk over the coverage statements of a service (docs/format.md, section 9), as expressions over one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from sqlglot import exp

from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.decision import PossibleOutcome
from policykit.sql import lists
from policykit.sql.criteria import holds
from policykit.sql.terms import case, column, every, is_null, joined, number, some, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policykit.criteria import Criterion
    from policykit.policy import Statement
    from policykit.sql.sharing import Shared
    from policykit.sql.variants import Part, Walk
    from policykit.vocabulary import Vocabulary

# The columns that the layers hand on.
NUMBER: Final = "deciding"
# What stands before each fact that is missing.
ASKED: Final = ";"


def met(position: int) -> exp.Column:
    """Whether the statement at a position, from 1, is met; null where that is unknown."""
    return column(f"met_{position}")


def outcome(position: int) -> str:
    """The column of what the answer is where the statement at a position decides."""
    return f"outcome_{position}"


def told(possible: PossibleOutcome) -> str:
    """An outcome as text; for one that is deferred, with whom it is handed to."""
    return str(possible.outcome) if possible.to is None else f"{possible.outcome} to {possible.to}"


def holds_of(statement: Statement, shared: Shared) -> exp.Expr:
    """Whether a statement is met."""
    return holds(shared.criterion(statement.when), shared.scope) if statement.when is not None else exp.true()


def reached_before(position: int) -> exp.Expr:
    """Whether the walk came past the statement at a position, for which it is unknown whether it is met."""
    return every([exp.GT(this=column(NUMBER), expression=number(position)), is_null(met(position))])


def possible_of(parts: Sequence[Part], shared: Shared, mark: str, end: str) -> exp.Expr:
    """The outcomes that any of the parts gives, as text with marks between them, some of them perhaps repeated."""
    pieces: list[exp.Expr] = []
    for part in parts:
        if pieces:
            pieces.append(text(mark))
        if isinstance(part, PossibleOutcome):
            pieces.append(text(told(part)))
        else:
            visited = [_visited(each, shared, mark, end) for each in part.statements]
            pieces.append(lists.before(joined(visited), end, shared.scope.dialect) if len(visited) > 1 else _only(part))
    return joined(pieces)


def _only(walk: Walk) -> exp.Expr:
    return text(told(_outcome_of(walk.statements[0])))


def _visited(statement: Statement, shared: Shared, mark: str, end: str) -> exp.Expr:
    """What a statement adds to what is possible: its outcome, unless it is not met; and the end, if it is met."""
    name = told(_outcome_of(statement))
    if statement.when is None:
        return text(name + end)
    truth = exp.Case(this=exp.paren(holds_of(statement, shared), copy=False))
    truth = truth.when(exp.true(), text(name + end), copy=False).when(exp.false(), text(""), copy=False)
    return truth.else_(text(name + mark), copy=False)


def _outcome_of(statement: Statement) -> PossibleOutcome:
    return PossibleOutcome(statement.outcome, statement.to)


# What is missing


def missing_of(walk: Walk, shared: Shared, vocabulary: Vocabulary) -> exp.Expr:
    """The facts on which an undetermined answer of a walk hangs: text, each after its mark, some perhaps repeated."""
    asking = _Asking(shared, vocabulary)
    pieces: list[exp.Expr] = []
    for position, statement in enumerate(walk.statements, start=1):
        matters = _matters(walk, position)
        if statement.when is None or matters is None:
            continue
        pieces.append(case([(matters, asking.asked(shared.criterion(statement.when), [matters.copy()]))], text("")))
    return joined(pieces) if pieces else text("")


def _matters(walk: Walk, position: int) -> exp.Expr | None:
    """Whether a statement is unknown and can change the answer: something else is possible after it."""
    own = _outcome_of(walk.statements[position - 1])
    after: list[exp.Expr] = []
    for later, statement in enumerate(walk.statements[position:], start=position + 1):
        if _outcome_of(statement) != own:
            is_last = exp.EQ(this=column(NUMBER), expression=number(later))
            after.append(is_last if later == len(walk.statements) else some([is_last, reached_before(later)]))
    return every([reached_before(position), some(after)]) if after else None


class _Asking:
    """Writes down which facts are unknown, statement after statement in document order.

    Facts that stand or fall together, such as a date and the age that follows from it, are asked for once: by the name
    that comes first. Repetitions of one name are left to who splits the text.
    """

    def __init__(self, shared: Shared, vocabulary: Vocabulary) -> None:
        self._shared = shared
        self._vocabulary = vocabulary
        # By group: the names so far, and when each is asked for.
        self._earlier: dict[str, list[tuple[str, Sequence[exp.Expr]]]] = {}

    def asked(self, criterion: Criterion, around: Sequence[exp.Expr]) -> exp.Expr:
        """The facts that a criterion asks for; it is unknown itself, as what is `around` it says with the rest."""
        match criterion:
            case FactIs(fact=fact):
                return self._named(self._shared.fact(fact), around)
            case All(parts=parts) | AnyOf(parts=parts) | NoneOf(parts=parts) | CountAtLeast(parts=parts):
                found: list[exp.Expr] = []
                for part in parts:
                    unknown = is_null(exp.paren(holds(part, self._shared.scope), copy=False))
                    asked = self.asked(part, [*around, unknown])
                    found.append(case([(unknown.copy(), asked)], text("")))
                return joined(found)
            case _:
                assert_never(criterion)

    def _named(self, fact: str, around: Sequence[exp.Expr]) -> exp.Expr:
        earlier = self._earlier.setdefault(self._vocabulary.group(fact), [])
        before = [every(each.copy() for each in conditions) for name, conditions in earlier if name != fact]
        earlier.append((fact, around))
        named = text(ASKED + fact)
        return case([(exp.not_(some(before), copy=False), named)], text("")) if before else named
