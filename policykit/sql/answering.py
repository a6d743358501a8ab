"""The layers that walk the statements of every row, and the answers (docs/format.md, section 9)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from policykit.criteria import leaves_of
from policykit.decision import PossibleOutcome
from policykit.policy import Outcome
from policykit.sql import lists
from policykit.sql.asking import ROUTED, VALID_FROM, VALID_THROUGH, VARIANT
from policykit.sql.dialects import named
from policykit.sql.sharing import Shared
from policykit.sql.tables import Table
from policykit.sql.terms import by_number, case, column, every, is_not_null, is_null, joined, number, some, text
from policykit.sql.walking import ASKED, NUMBER, holds_of, met, missing_of, outcome, possible_of, reached_before, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from policykit.sql.asking import Asking, Routed
    from policykit.sql.tables import Cell
    from policykit.sql.variants import Part, Variant, Variants, Walk

# The columns of the table of variants, and those that the layers add: words without `_`, which every fact has in its name.
_WALK: Final = "walk"
_POLICY: Final = "answering"
_REVISION: Final = "revision"
_SERVICE: Final = "service"
_SEVERAL: Final = "several"
_ASKS: Final = "asks"
_NEXT_REVIEW: Final = "review"
_KNOWN_FROM: Final = "learned"
_FOLLOWED: Final = "followed"
_UNRECORDED: Final = "unrecorded"
_CONCLUDED: Final = "concluded"
_HANGS: Final = "hangs"
_POSSIBLE: Final = "possibilities"
_MISSING: Final = "questions"
_ADVISORIES: Final = "remarks"
_DEFERRED_TO: Final = f"{Outcome.DEFERRED} to "


class Answers:
    """Writes the layers behind the one that tells the variants of rows."""

    def __init__(self, asking: Asking, routed: Routed, variants: Variants) -> None:
        self._asking = asking
        self._scope = asking.facts.scope
        self._has_validity = any(VALID_FROM in dict(table.columns) for table in routed.tables)
        self._variants = variants.variants
        self._walks = variants.walks
        self._shared = Shared(self._walks, self._scope)
        self._several = {parts: count for count, parts in enumerate(dict.fromkeys(_several(self._variants)), start=1)}
        self._longest = max((len(walk.statements) for walk in self._walks), default=1)
        outcomes = {each for variant in self._variants for each in _outcomes(variant)}
        self._mark, self._end = lists.marks_apart_from(told(each) for each in outcomes)
        self._is_deferred = any(each.to is not None for each in outcomes)
        self._variant_table = self._tabulated()
        # What is the same for every variant need not be looked up.
        self._constants = self._variant_table.constants()

    def tables(self) -> tuple[Table, ...]:
        """The tables that the layers make use of."""
        return (self._variant_table,) if self._looked_up() else ()

    def _looked_up(self) -> list[str]:
        names = [name for name, _ in self._variant_table.columns]
        return [name for name in names if name != VARIANT and name not in self._constants]

    def _of(self, name: str) -> exp.Expr:
        """What the table of variants tells of a row."""
        constant = self._constants.get(name)
        return constant.copy() if constant is not None else column(name)

    def _outcome(self, place: int) -> exp.Expr:
        return self._of(outcome(place))

    def _tabulated(self) -> Table:
        columns: list[tuple[str, type]] = [
            (VARIANT, int),
            (_POLICY, str),
            (_REVISION, str),
            (_SERVICE, str),
            (_WALK, int),
            (_SEVERAL, int),
            (_ASKS, str),
            (_NEXT_REVIEW, date),
            (_KNOWN_FROM, date),
            (_FOLLOWED, bool),
            (_UNRECORDED, bool),
            *((outcome(place), str) for place in range(1, self._longest + 1)),
        ]
        # A table cannot be written without a row; where every row of the claims is wrong, no other meets with this one.
        rows = tuple(map(self._row, self._variants)) or ((None,) * len(columns),)
        return Table(name="variants", columns=tuple(columns), rows=rows)

    def _row(self, variant: Variant) -> tuple[Cell, ...]:
        revision, walk = variant.revision, variant.walk
        entry = revision.entry if revision is not None else None
        outcomes = [told(each) for each in _concluding(variant)]
        return (
            variant.number,
            variant.policy.id if variant.policy is not None else None,
            revision.name if revision is not None else None,
            walk.service if walk is not None else None,
            walk.number if walk is not None else None,
            self._several[variant.parts] if variant.missing is not None else None,
            variant.missing,
            entry.next_review if entry is not None else None,
            entry.known_from if entry is not None else None,
            revision is not None and revision.following is not None,
            variant.is_known_from_unrecorded,
            *outcomes,
            *([None] * (self._longest - len(outcomes))),
        )

    def layers(self) -> Iterator[tuple[str, exp.Select]]:
        """The layers in order, each by its name, with the last for the answers to be read from."""
        if self._shared.tests:
            yield "tested", _added(ROUTED, self._shared.tests)
        yield "walked", self._walked("tested" if self._shared.tests else ROUTED)
        yield "decided", _added("walked", {NUMBER: self._number()})
        yield "concluded", _added("decided", {_CONCLUDED: self._concluded()})
        yield "hanging", _added("concluded", {_HANGS: self._hangs()})
        texts = {_POSSIBLE: self._possible(), _MISSING: self._missing(), _ADVISORIES: self._advisories()}
        yield "answered", _added("hanging", texts)

    def answers(self) -> exp.Select:
        """The answers, from the last of the layers."""
        dialect = self._asking.dialect
        hangs, concluded = column(_HANGS), column(_CONCLUDED)
        beginning = exp.Substring(this=concluded.copy(), start=number(1), length=number(len(_DEFERRED_TO)))
        deferred = exp.EQ(this=beginning, expression=text(_DEFERRED_TO))
        whom = exp.Substring(this=concluded.copy(), start=number(len(_DEFERRED_TO) + 1))
        outcomes: list[tuple[exp.Expr, exp.Expr]] = [(hangs.copy(), text(Outcome.UNDETERMINED))]
        to: exp.Expr = exp.cast(exp.null(), exp.DataType.Type.TEXT)
        if self._is_deferred:
            outcomes.append((deferred, text(Outcome.DEFERRED)))
            to = case([(every([exp.not_(hangs.copy()), deferred.copy()]), whom)], None)
        is_walked = every([exp.not_(hangs.copy()), is_not_null(self._of(_WALK))])
        possible = self._words(column(_POSSIBLE), self._mark, [is_not_null(self._of(_SEVERAL))], _outcomes_of)
        selected = {
            "policy": self._of(_POLICY),
            "revision": self._of(_REVISION),
            "outcome": case(outcomes, concluded.copy()),
            "to": to,
            "possible": case([(is_null(column(_POSSIBLE)), lists.of_one(concluded.copy(), dialect))], possible),
            "statement": case([(is_walked, column(NUMBER))], None),
            "missing": self._listed(_MISSING),
            "advisories": self._listed(_ADVISORIES),
        }
        return exp.select(
            *self._asking.keys(),
            *(exp.alias_(value, named(name, dialect).this.copy()) for name, value in selected.items()),
            copy=False,
        ).from_("answered", copy=False)

    # The layers

    def _walked(self, before: str) -> exp.Select:
        table, names = self._variant_table, self._looked_up()
        columns = [column(name, table.name) for name in names]
        truths = [
            exp.alias_(self._truth(place), met(place).name, copy=False)
            for place in range(1, self._longest + 1)
            if self._walks
        ]
        on = exp.EQ(this=column(VARIANT, table.name), expression=column(VARIANT, before))
        query = exp.select(_all_of(before), *columns, *truths, copy=False).from_(before, copy=False)
        return query.join(table.name, on=on, copy=False) if names else query

    def _truth(self, place: int) -> exp.Expr:
        long_enough = [walk for walk in self._walks if len(walk.statements) >= place]
        branches = [(walk.number, holds_of(walk.statements[place - 1], self._shared)) for walk in long_enough]
        # A row that is not walked has no use for it.
        if len({branch for _, branch in branches}) == 1:
            return branches[0][1]
        return by_number(self._of(_WALK), branches, [_described(walk, place) for walk in long_enough])

    def _number(self) -> exp.Expr:
        """The place of the first statement that is met. The last one is met if no other is."""
        if self._longest == 1:
            return number(1)
        whens = [(met(place), number(place)) for place in range(1, self._longest)]
        return case([(is_null(self._of(_WALK)), number(1)), *whens], number(self._longest))

    def _concluded(self) -> exp.Expr:
        branches = [(place, self._outcome(place)) for place in range(1, self._longest + 1)]
        return by_number(column(NUMBER), branches) if len(branches) > 1 else branches[0][1]

    def _hangs(self) -> exp.Expr:
        """Whether something else is possible: the outcome of a statement that was passed, and is unknown."""
        passed = [
            every([reached_before(place), exp.NEQ(this=self._outcome(place), expression=column(_CONCLUDED))])
            for place in range(1, self._longest)
        ]
        # Not null, as it is asked for alone and after `not`.
        return exp.Coalesce(this=some(passed), expressions=[exp.false()]) if passed else exp.false()

    def _possible(self) -> exp.Expr:
        """All that is possible, as text; null where that is the one outcome."""
        several = [
            (count, possible_of(parts, self._shared, self._mark, self._end)) for parts, count in self._several.items()
        ]
        passed = [
            case([(reached_before(place), joined([self._outcome(place), text(self._mark)]))], text(""))
            for place in range(1, self._longest)
        ]
        whens: list[tuple[exp.Expr, exp.Expr]] = []
        if several:
            whens.append((is_not_null(self._of(_SEVERAL)), by_number(self._of(_SEVERAL), several)))
        if passed:
            whens.append((column(_HANGS), joined([*passed, column(_CONCLUDED)])))
        return case(whens, _no_text())

    def _missing(self) -> exp.Expr:
        """The facts that are missing, each after a mark; null where none is."""
        vocabulary = self._asking.library.vocabulary
        whens = [(is_not_null(self._of(_ASKS)), joined([text(ASKED), self._of(_ASKS)]))]
        asked = [(walk.number, missing_of(walk, self._shared, vocabulary)) for walk in self._walks]
        if asked:
            whens.append((column(_HANGS), by_number(self._of(_WALK), asked)))
        return case(whens, _no_text())

    def _advisories(self) -> exp.Expr:
        """The names of the advisories, each after a mark; null where there are none."""
        conditions = self._conditions()
        found = [case([(condition, text(ASKED + name))], text("")) for name, condition in conditions.items()]
        return case([(some(each.copy() for each in conditions.values()), joined(found))], _no_text())

    def _conditions(self) -> Mapping[str, exp.Expr]:
        """When each advisory is given (docs/format.md, section 9), in their order."""
        facts, served = self._asking.facts, self._scope.day.value
        known_on = self._asking.known_on_of_row()
        asked = [served, *(each for each in (facts.processed, known_on) if each is not None)]
        conditions: dict[str, exp.Expr] = {}
        if self._has_validity:
            early = exp.GT(this=column(VALID_FROM), expression=served.copy())
            conditions["code-not-valid"] = some([early, exp.LT(this=column(VALID_THROUGH), expression=served.copy())])
        conditions["review-overdue"] = some(
            exp.LT(this=self._of(_NEXT_REVIEW), expression=each.copy()) for each in asked
        )
        conditions["known-after-service"] = exp.GT(this=self._of(_KNOWN_FROM), expression=served.copy())
        conditions["later-revision-follows"] = self._of(_FOLLOWED)
        if known_on is not None:
            conditions["known-from-not-recorded"] = every([self._of(_UNRECORDED), is_not_null(known_on.copy())])
        return conditions

    def _listed(self, name: str) -> exp.Expr:
        """The list of the words of a text that has a mark before each of them."""
        dialect = self._asking.dialect
        rest = exp.Substring(this=column(name), start=number(len(ASKED) + 1))
        words = self._words(rest, ASKED, [], _facts_of) if name == _MISSING else lists.words(rest, ASKED, dialect)
        return case([(is_not_null(column(name)), words)], lists.none(dialect))

    def _words(
        self,
        value: exp.Expr,
        mark: str,
        repeating: list[exp.Expr],
        words_of: Callable[[Walk], Sequence[object]],
    ) -> exp.Expr:
        """The words of a text, each once; which costs more than to split it, so that is done where they can repeat."""
        dialect = self._asking.dialect
        walks = [walk.number for walk in self._walks if len(set(words_of(walk))) < len(words_of(walk))]
        if walks:
            repeating = [*repeating, exp.In(this=self._of(_WALK), expressions=[number(each) for each in walks])]
        once = [(condition, lists.words_once(value.copy(), mark, dialect)) for condition in repeating]
        return case(once, lists.words(value, mark, dialect))


def _added(layer: str, columns: Mapping[str, exp.Expr]) -> exp.Select:
    added = (exp.alias_(value, name) for name, value in columns.items())
    return exp.select("*", *added, copy=False).from_(layer, copy=False)


def _all_of(layer: str) -> exp.Column:
    return exp.Column(this=exp.Star(), table=exp.to_identifier(layer))


def _no_text() -> exp.Expr:
    return exp.cast(exp.null(), exp.DataType.Type.TEXT)


def _described(walk: Walk, place: int) -> str:
    return f"{walk.policy} {walk.revision}, {walk.service}: statement {place}"


def _outcomes_of(walk: Walk) -> list[PossibleOutcome]:
    return [PossibleOutcome(statement.outcome, statement.to) for statement in walk.statements]


def _facts_of(walk: Walk) -> list[str]:
    """The facts that the statements ask for, as often as they do."""
    return [leaf.fact for each in walk.statements if each.when is not None for leaf in leaves_of(each.when)]


def _several(variants: Sequence[Variant]) -> Iterator[tuple[Part, ...]]:
    return (variant.parts for variant in variants if variant.missing is not None)


def _concluding(variant: Variant) -> list[PossibleOutcome]:
    """The outcomes with which the walk of a variant can end, by the places of its statements."""
    if variant.missing is not None:
        return [PossibleOutcome(Outcome.UNDETERMINED)]
    first = variant.parts[0]
    if isinstance(first, PossibleOutcome):
        return [first]
    return _outcomes_of(first)


def _outcomes(variant: Variant) -> Iterator[PossibleOutcome]:
    yield from _concluding(variant)
    for part in variant.parts:
        if isinstance(part, PossibleOutcome):
            yield part
        else:
            yield from _outcomes_of(part)
