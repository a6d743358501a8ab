"""The Common Expression Language: a binding of its Rust crate, one of Google's C++ library, and one in Python."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers import Contender, Peer, one_by_one, yes_or_no
from benchmarks.spelling import CODE, DAY, UNDETERMINED, Infix, bare_of, criterion_in, flat, plain, policy_in

from policykit.criteria import Has, leaves_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.claims import Claim
    from benchmarks.spelling import Version


class Cel(Infix):
    """The language, which has the signs of C. An error in one part does not matter where another part decides."""


def _rust(cel: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    criterion, met, otherwise = bare_of(versions)
    bare = cel.compile(criterion_in(Cel(), criterion))
    whole = cel.compile(policy_in(Cel(), versions))

    def context(claim: Claim) -> Any:
        return cel.Context(variables=plain(claim))

    said = "the first that it meets"
    yield Contender(
        way="bare expression, kept contexts",
        selects=False,
        prepare=context,
        answers=one_by_one(bare.execute, RuntimeError),
        reading=yes_or_no(met, otherwise),
        names_missing=said,
    )
    yield Contender(
        way="expression, kept contexts",
        selects=True,
        prepare=context,
        answers=one_by_one(whole.execute, RuntimeError),
        names_missing=said,
    )
    yield Contender(
        way="expression, from a dict",
        selects=True,
        prepare=plain,
        answers=one_by_one(whole.execute, RuntimeError),
        names_missing=said,
    )


def _google(package: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    cel = import_module(f"{package.__name__}.cel")
    criterion, met, otherwise = bare_of(versions)
    environment = cel.NewEnv(variables=_types(cel.Type, versions))
    bare = environment.compile(criterion_in(Cel(), criterion))
    whole = environment.compile(policy_in(Cel(), versions))

    def activation(claim: Claim) -> Any:
        return environment.Activation(plain(claim))

    def values(evaluate: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
        return lambda cases: [evaluate(case).value() for case in cases]

    said = "the first that it meets"
    yield Contender(
        way="bare expression, kept activations",
        selects=False,
        prepare=activation,
        answers=values(bare.eval),
        reading=_Values(yes_or_no(met, otherwise)),
        names_missing=said,
    )
    yield Contender(
        way="expression, kept activations",
        selects=True,
        prepare=activation,
        answers=values(whole.eval),
        reading=_Values(),
        names_missing=said,
    )


class _Values(dict[Any, str]):
    """What a value stands for. One that is no word, or tells of an unknown variable, is no answer yet."""

    def get(self, key: Any, default: Any = None) -> Any:
        """The outcome behind a value."""
        if isinstance(key, bool):
            return self[key]
        return default if isinstance(key, str) and not key.startswith("UNKNOWN") else UNDETERMINED


def _types(types: Any, versions: Sequence[Version]) -> dict[str, Any]:
    """The type of each variable."""
    found = {DAY: types.INT, CODE: types.STRING}
    for version in versions:
        for service in version.services:
            for criterion, _ in service.statements:
                for leaf in leaves_of(criterion) if criterion else ():
                    found[flat(leaf.fact)] = _type(types, leaf.fact, leaf.comparisons[0])
    return found


def _type(types: Any, fact: str, comparison: Any) -> Any:
    if isinstance(comparison, Has):
        return types.List(types.STRING)
    if fact == "smoking.pack_years":
        return types.DYN
    first = getattr(comparison, "values", (0,))[0]
    return {bool: types.BOOL, str: types.STRING}.get(type(first), types.INT)


def _python(celpy: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    logging.getLogger("celpy").setLevel(logging.CRITICAL)
    criterion, met, otherwise = bare_of(versions)
    environment = celpy.Environment(runner_class=celpy.CompiledRunner)
    bare = environment.program(environment.compile(criterion_in(Cel(), criterion)))
    whole = environment.program(environment.compile(policy_in(Cel(), versions)))

    def values(claim: Claim) -> Any:
        return celpy.json_to_cel(plain(claim))

    yield Contender(
        way="bare expression, compiled to Python",
        selects=False,
        prepare=values,
        answers=one_by_one(bare.evaluate, celpy.CELEvalError),
        reading=yes_or_no(met, otherwise),
    )
    yield Contender(
        way="expression, compiled to Python",
        selects=True,
        prepare=values,
        answers=one_by_one(whole.evaluate, celpy.CELEvalError),
    )


RUST: Final = Peer(distribution="common-expression-language", module="cel", contenders=_rust)
GOOGLE: Final = Peer(distribution="cel-expr-python", module="cel_expr_python", contenders=_google)
PYTHON: Final = Peer(distribution="cel-python", module="celpy", contenders=_python)
