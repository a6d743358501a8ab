"""JSON Logic: rules that are JSON themselves, in Python twice and in Rust once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers import Contender, Peer, yes_or_no
from benchmarks.spelling import UNDETERMINED, Language, bare_of, criterion_in, plain, policy_in
from benchmarks.three_values import ThreeValued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.claims import Claim
    from benchmarks.spelling import Version

SAID: Final = "all that are not told, in a second call"


class JsonLogic(Language[Any]):
    """An operator and its operands, as an object of one key."""

    def all_of(self, parts: Sequence[Any]) -> Any:
        """Every part holds."""
        return {"and": list(parts)}

    def any_of(self, parts: Sequence[Any]) -> Any:
        """One of the parts holds, or more."""
        return {"or": list(parts)}

    def none_of(self, parts: Sequence[Any]) -> Any:
        """Not one of the parts holds."""
        return {"!": [{"or": list(parts)}]}

    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> Any:
        """The value is one of these."""
        one = values[0]
        return {"===": [_of(fact), one]} if len(values) == 1 else {"in": [_of(fact), list(values)]}

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> Any:
        """The set has one of these, or every one."""
        within = [{"in": [each, _of(fact)]} for each in values]
        return self.all_of(within) if every else self.any_of(within)

    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> Any:
        """The value, and so much more, lies on one side of a number or of another fact."""
        value = {"+": [_of(fact), more]} if more else _of(fact)
        return {sign: [value, _of(limit) if isinstance(limit, str) else limit]}

    def choose(self, branches: Sequence[tuple[Any, Any]], otherwise: Any) -> Any:
        """What belongs to the first condition that holds."""
        return {"if": [*(part for branch in branches for part in branch), otherwise]}

    def outcome(self, name: str) -> Any:
        """An outcome."""
        return name


class WithSome(JsonLogic):
    """The same, where a walk over the list is faster than several looks into it."""

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> Any:
        """The set has one of these, or every one."""
        if every:
            return super().has(fact, values, every=every)
        return {"some": [_of(fact), {"in": [_of(""), list(values)]}]}


def _of(fact: str) -> Any:
    return {"var": fact}


def _known(fact: str) -> Any:
    return {"!==": [_of(fact), None]}


def _in_python(package: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    criterion, met, otherwise = bare_of(versions)
    bare, whole = criterion_in(JsonLogic(), criterion), policy_in(JsonLogic(), versions)
    yield Contender(
        way="bare rule",
        selects=False,
        prepare=plain,
        answers=_applied(package.jsonLogic, bare),
        reading=yes_or_no(met, otherwise) | {None: otherwise},
        names_missing=SAID,
    )
    yield Contender(
        way="rule", selects=True, prepare=plain, answers=_applied(package.jsonLogic, whole), names_missing=SAID
    )


def _applied(apply: Callable[[Any, Any], Any], rule: Any) -> Callable[[Sequence[Any]], list[Any]]:
    """Arithmetic with a value that is not told is an error in one of the packages."""

    def answers(cases: Sequence[Any]) -> list[Any]:
        found: list[Any] = []
        for case in cases:
            try:
                found.append(apply(rule, case))
            except TypeError:
                found.append(UNDETERMINED)
        return found

    return answers


def _in_rust(package: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    criterion, met, otherwise = bare_of(versions)
    engine = package.Engine()
    session = engine.session()
    bare = engine.compile(criterion_in(WithSome(), criterion))
    whole = engine.compile(policy_in(WithSome(), versions))
    sure = engine.compile(policy_in(ThreeValued(WithSome(), _known), versions).holds)

    def handle(claim: Claim) -> Any:
        return package.DataHandle(plain(claim))

    def answers(evaluate: Callable[[Any, Any], Any], rule: Any) -> Callable[[Sequence[Any]], list[Any]]:
        def all_answers(cases: Sequence[Any]) -> list[Any]:
            return [evaluate(rule, case) for case in cases]

        return all_answers

    yield Contender(
        way="bare rule, kept handles",
        selects=False,
        prepare=handle,
        answers=answers(session.evaluate_truthy, bare),
        reading=yes_or_no(met, otherwise),
        names_missing=SAID,
    )
    yield Contender(
        way="rule, kept handles",
        selects=True,
        prepare=handle,
        answers=answers(session.evaluate_data, whole),
        names_missing=SAID,
    )
    yield Contender(
        way="rule, third value written out, kept handles",
        selects=True,
        prepare=handle,
        answers=answers(session.evaluate_data, sure),
        names_missing=SAID,
    )
    yield Contender(
        way="rule, third value written out, from a dict",
        selects=True,
        prepare=plain,
        answers=answers(session.evaluate, sure),
        names_missing=SAID,
    )
    yield Contender(
        way="rule, from a dict",
        selects=True,
        prepare=plain,
        answers=answers(session.evaluate, whole),
        names_missing=SAID,
    )


QUBIT: Final = Peer(distribution="json-logic-qubit", module="json_logic", contenders=_in_python)
PANZI: Final = Peer(distribution="panzi-json-logic", module="json_logic", contenders=_in_python)
RUST: Final = Peer(distribution="datalogic-py", module="datalogic_py", contenders=_in_rust)
PYTHON: Final = Peer(
    distribution="python-jsonlogic",
    module="jsonlogic",
    cannot="cannot express the policies: it comes without `and`, `or` and `in`",
)
FIRST: Final = Peer(distribution="json-logic", module="json_logic", cannot="cannot run: its code is Python 2")
