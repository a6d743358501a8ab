"""Coverage statements written out as Python, in one flat function without a call for each criterion.

What a criterion means stands in `evaluation`; here the same is said in fewer steps, and the two are held against each
other (`tests/test_generation.py`). The text consists of the phrases below, names that are made here, and whole numbers.
Whatever a document says is bound to such a name, so none of its words is ever run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, assert_never

from policykit.codes import CodeSet
from policykit.comparison import compile_comparisons
from policykit.criteria import (
    DATE_OF_SERVICE,
    All,
    AnyOf,
    Bound,
    CountAtLeast,
    DayBound,
    FactIs,
    Has,
    NoneOf,
    OneOf,
)
from policykit.decision import StatementFinding
from policykit.evaluation import Facts, Finding, Truth, compile_criterion

if TYPE_CHECKING:
    from policykit.criteria import Comparison, Criterion
    from policykit.policy import Statement

Walk: TypeAlias = Callable[[Facts, date], int]
Explain: TypeAlias = Callable[[Facts, date], tuple[StatementFinding, ...]]

# Python takes no more than twenty loops within one another.
_DEEPEST: Final = 16
_SIGNS: Final = {
    "at_least": ">=",
    "more_than": ">",
    "at_most": "<=",
    "less_than": "<",
    "on_or_after": ">=",
    "after": ">",
    "on_or_before": "<=",
    "before": "<",
}
_NUMBERS: Final = frozenset({int, float})
_TRUTHS: Final = {True: Truth.MET, False: Truth.NOT_MET, None: Truth.UNKNOWN}


def written_walk(statements: Sequence[Statement]) -> Walk:
    """The statements that can be the answer, as bits from the first; the highest is the one that is met."""
    text = _Text("facts", "day")
    text.add("get = facts.get", "reached = 0")
    for position, statement in enumerate(statements):
        bit = 1 << position
        if statement.when is None:
            text.add(f"return reached | {bit}")
            break
        _test(text, statement.when, _Then(met=(f"return reached | {bit}",), unknown=(f"reached |= {bit}",)))
    text.add("return reached")
    walk: Walk = text.function()
    return walk


def written_explain(statements: Sequence[Statement]) -> Explain:
    """What is found of every statement, down to the one that is met."""
    text = _Text("facts", "day")
    text.names |= {"new": tuple.__new__, "Finding": Finding, "StatementFinding": StatementFinding}
    text.names |= {**Truth.__members__, "truth_of": _TRUTHS}
    text.add("get = facts.get")
    found: list[str] = []
    for number, statement in enumerate(statements, start=1):
        if statement.when is None:
            found.append(text.name(StatementFinding(number, statement, Truth.MET, None)))
            break
        truth, finding = _find(text, statement.when)
        said = text.name(statement)
        found.append(f"s{number}")
        text.add(f"s{number} = new(StatementFinding, ({number}, {said}, {truth}, {finding}))")
        text.add(f"if {truth} is MET:", f" return ({', '.join(found)},)")
    text.add(f"return ({''.join(f'{each}, ' for each in found)})")
    explain: Explain = text.function()
    return explain


class _Text:
    """Lines of one function, and what the names in it stand for."""

    def __init__(self, *parameters: str) -> None:
        self.names: dict[str, Any] = {}
        self._head = f"def function({', '.join(parameters)}):"
        self._lines: list[str] = []
        self._within = 1
        self._fresh = 0

    def add(self, *lines: str) -> None:
        """More lines where the text stands."""
        self._lines += [" " * self._within + line for line in lines]

    def fresh(self, letter: str) -> str:
        """A name of which there is no other."""
        self._fresh += 1
        return f"{letter}{self._fresh}"

    def name(self, value: object) -> str:
        """A name for a value."""
        name = self.fresh("k")
        self.names[name] = value
        return name

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """While it lasts, lines stand under the last one."""
        self._within += 1
        yield
        self._within -= 1

    def function(self) -> Any:
        """The function that the text is."""
        names = dict(self.names)
        exec("\n".join([self._head, *self._lines]), names)  # noqa: S102  # names made here, and whole numbers
        return names["function"]


class _Then(NamedTuple):
    """The lines that follow upon each truth. None of them opens another."""

    met: tuple[str, ...] = ()
    not_met: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def turned(self) -> _Then:
        """The same of what is met where the other is not."""
        return _Then(self.not_met, self.met, self.unknown)


# Only whether it holds


def _test(text: _Text, criterion: Criterion, then: _Then, depth: int = 0) -> None:
    """What follows upon the truth of a criterion, and no more of it worked out than that takes."""
    match criterion:
        case FactIs():
            _test_fact(text, criterion, then)
        case All(parts=(part,)) | AnyOf(parts=(part,)):
            _test(text, part, then, depth)
        case NoneOf(parts=(part,)):
            _test(text, part, then.turned(), depth)
        case _ if depth == _DEEPEST:
            truth = text.fresh("t")
            text.add(f"{truth} = {text.name(compile_criterion(criterion).holds)}(facts, day)")
            _branch(text, truth, then)
        case All(parts=parts):
            _test_until(text, _flat(parts, All), "not_met", then, depth)
        case AnyOf(parts=parts):
            _test_until(text, _flat(parts, AnyOf), "met", then, depth)
        case NoneOf(parts=parts):
            _test_until(text, _flat(parts, AnyOf), "met", then.turned(), depth)
        case CountAtLeast(count=count, parts=parts):
            met, possible, truth = text.fresh("m"), text.fresh("p"), text.fresh("t")
            text.add(f"{met} = {possible} = 0")
            for part in parts:
                counted = f"{possible} += 1"
                _test(text, part, _Then(met=(f"{met} += 1", counted), unknown=(counted,)), depth + 1)
            text.add(f"{truth} = True if {met} >= {count} else False if {possible} < {count} else None")
            _branch(text, truth, then)
        case _:
            assert_never(criterion)


def _test_until(text: _Text, parts: Sequence[Criterion], decisive: str, then: _Then, depth: int) -> None:
    """Parts of which one truth, met or not met, decides for all of them, whatever is unknown."""
    truth, decided = text.fresh("t"), decisive == "met"
    inside = _Then(unknown=(f"{truth} = None",))._replace(**{decisive: (f"{truth} = {decided}", "break")})
    text.add(f"{truth} = {not decided}", "while True:")
    with text.deeper():
        for part in parts:
            _test(text, part, inside, depth + 1)
        text.add("break")
    _branch(text, truth, then)


def _flat(parts: Sequence[Criterion], kind: type[All | AnyOf]) -> list[Criterion]:
    """The parts, and those of parts that combine them alike in their place."""
    return [each for part in parts for each in (_flat(part.parts, kind) if isinstance(part, kind) else [part])]


def _branch(text: _Text, truth: str, then: _Then) -> None:
    """What follows upon a truth that a name holds."""
    word = "if"
    for test, lines in ((truth, then.met), (f"{truth} is None", then.unknown), (f"{truth} is False", then.not_met)):
        if lines:
            text.add(f"{word} {test}:", *(f" {line}" for line in lines))
            word = "elif"


def _test_fact(text: _Text, criterion: FactIs, then: _Then) -> None:
    known, certain = _comparing(text, criterion.comparisons)
    text.add(f"v = get({text.name(criterion.fact)})")
    if not certain:
        text.add(f"t = None if v is None else {known}")
        _branch(text, "t", then)
        return
    text.add("if v is None:", *(f" {line}" for line in then.unknown or ("pass",)))
    if then.met:
        text.add(f"elif {known}:", *(f" {line}" for line in then.met))
        text.add(*(["else:", *(f" {line}" for line in then.not_met)] if then.not_met else ()))
    elif then.not_met:
        text.add(f"elif not ({known}):", *(f" {line}" for line in then.not_met))


def _comparing(text: _Text, comparisons: Sequence[Comparison]) -> tuple[str, bool]:
    """An expression that tells whether comparisons hold of `v`, and whether it always can tell."""
    match comparisons:
        case (OneOf(values=(bool() as value,)),):
            return f"v is {value}", True
        case (OneOf(values=(str() as value,)),):
            return f"v == {text.name(value)}", True
        case (OneOf(values=tuple() as values),) if all(isinstance(each, bool | str) for each in values):
            return f"v in {text.name(frozenset(values))}", True
        case (OneOf(values=CodeSet(exact=exact, broad=())),):
            return f"v in {text.name(exact)}", True
        case (Has(operator="has_any", values=tuple() as values),):
            return f"not {text.name(frozenset(values).isdisjoint)}(v)", True
        case (Has(operator="has_any", values=CodeSet(exact=exact, broad=())),):
            return f"not {text.name(exact.isdisjoint)}(v)", True
        case (Has(values=tuple() as values),):
            return f"{text.name(frozenset(values))} <= v", True
    compared = f"{text.name(compile_comparisons(comparisons))}(v, day)"
    # What is known exactly lies on one side of a limit, and nothing else has to be asked.
    limits = [f"v {_SIGNS[each.operator]} {text.name(each.limit)}" for each in comparisons if isinstance(each, Bound)]
    if len(limits) == len(comparisons):
        return f"({' and '.join(limits)} if type(v) in {text.name(_NUMBERS)} else {compared})", False
    days = [f"v {_SIGNS[each.operator]} {_day(text, each)}" for each in comparisons if isinstance(each, DayBound)]
    if len(days) == len(comparisons):
        return f"({' and '.join(days)} if type(v) is {text.name(date)} else {compared})", False
    return compared, False


def _day(text: _Text, bound: DayBound) -> str:
    return "day" if bound.day is DATE_OF_SERVICE else text.name(bound.day)


# What is found of every part


def _find(text: _Text, criterion: Criterion) -> tuple[str, str]:
    """The names of the truth and of the finding of a criterion."""
    if isinstance(criterion, FactIs):
        return _find_fact(text, criterion)
    found = [_find(text, part) for part in criterion.parts]
    truths = [truth for truth, _ in found]
    truth, finding = text.fresh("t"), text.fresh("f")
    some = {word: " or ".join(f"{each} is {word}" for each in truths) for word in ("MET", "NOT_MET", "UNKNOWN")}
    match criterion:
        case All():
            text.add(f"{truth} = NOT_MET if {some['NOT_MET']} else UNKNOWN if {some['UNKNOWN']} else MET")
        case AnyOf():
            text.add(f"{truth} = MET if {some['MET']} else UNKNOWN if {some['UNKNOWN']} else NOT_MET")
        case NoneOf():
            text.add(f"{truth} = NOT_MET if {some['MET']} else UNKNOWN if {some['UNKNOWN']} else MET")
        case CountAtLeast(count=count):
            text.add(f"all_of_them = ({''.join(f'{each}, ' for each in truths)})", "n = all_of_them.count(MET)")
            possible = f"n + all_of_them.count(UNKNOWN) >= {count}"
            text.add(f"{truth} = MET if n >= {count} else UNKNOWN if {possible} else NOT_MET")
        case _:
            assert_never(criterion)
    parts = "".join(f"{each}, " for _, each in found)
    text.add(f"{finding} = new(Finding, ({text.name(criterion)}, {truth}, None, ({parts})))")
    return truth, finding


def _find_fact(text: _Text, criterion: FactIs) -> tuple[str, str]:
    truth, finding = text.fresh("t"), text.fresh("f")
    text.add(f"v = get({text.name(criterion.fact)})")
    word = "if"
    for value, known in _shared(criterion):
        shared = text.name(Finding(criterion, known, value, ()))
        text.add(f"{word} v is {value}:", f" {truth} = {known.name}", f" {finding} = {shared}")
        word = "elif"
    expression, certain = _comparing(text, criterion.comparisons)
    told = f"MET if {expression} else NOT_MET" if certain else f"truth_of[{expression}]"
    made = f"{finding} = new(Finding, ({text.name(criterion)}, {truth}, v, ()))"
    text.add("else:", f" {truth} = {told}", f" {made}")
    return truth, finding


def _shared(criterion: FactIs) -> Iterator[tuple[bool | None, Truth]]:
    """The values of which the finding need not be made each time."""
    yield None, Truth.UNKNOWN
    match criterion.comparisons:
        case (OneOf(values=tuple() as values),) if all(isinstance(each, bool) for each in values):
            for value in (True, False):
                yield value, Truth.MET if value in values else Truth.NOT_MET
