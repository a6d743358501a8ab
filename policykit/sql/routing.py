"""Which policies answer the claims of a table: by the policy, the payer and the code that their rows name.

A table names few of them over and over. So what is different among its rows is asked for first, and each is put to the
library once, by the library's own rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.codes import SHAPES, Code, shape_of
from policykit.problems import InvalidDocuments, Location, Problem
from policykit.records import record
from policykit.sql.columns import BY_SHAPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.library import Library
    from policykit.sql.columns import Layout

# Any day, and any code: what is asked of the library here hangs on neither.
_SOME_DAY: Final = "2000-01-01"
_SOME_CODE: Final = {"cpt": "00000"}


@record
class Route:
    """What the rows that name this policy, payer and code are put to, as far as they are sound otherwise.

    `policy` and `payer` are as the row states them, and so is the code, with what stands in `key`: see `keys_of`.
    `answering` are the ids of the policies that answer, in their order; where it is empty and there is no `problem`,
    nothing is on file.
    """

    policy: str | None
    payer: str | None
    key: str | None
    code: Code | None
    problem: Problem | None = None
    answering: tuple[str, ...] = ()


@record
class Routes:
    """Every combination of policy, payer and code that occurs in a table, each once."""

    routes: tuple[Route, ...]

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that answer some row, in order of id."""
        return tuple(sorted({identity for route in self.routes for identity in route.answering}))

    @property
    def answers_once(self) -> bool:
        """Whether no row has more than one answer, so that there are as many answers as sound rows."""
        return all(len(route.answering) <= 1 for route in self.routes)


def is_prefixed(layout: Layout) -> bool:
    """Whether the key of a code begins with its system and a space: if only its column would tell the system.

    That of a code in a column of no one system begins with the space.
    """
    return len(layout.code) > 1


def code_of(key: str, layout: Layout) -> Code | None:
    """The code that a key stands for; None where it has the shape of no system that it could be of."""
    if is_prefixed(layout):
        system, _, text = key.partition(" ")
    else:
        system, text = layout.code[0].system or "", key
    return next((Code(each, text) for each in _systems(system) if SHAPES[each].fullmatch(text)), None)


def keys_of(code: Code, layout: Layout) -> Iterator[str]:
    """The keys by which rows name a code: its text, with its system before it where that is needed."""
    for column in layout.code:
        if code.system in _systems(column.system):
            yield f"{column.system or ''} {code.code}" if is_prefixed(layout) else code.code


def _systems(system: str | None) -> tuple[str, ...]:
    return (system,) if system else BY_SHAPE


def resolve(library: Library, layout: Layout, rows: Iterable[tuple[str | None, str | None, str | None]]) -> Routes:
    """The routes of the rows that `query.distinct_routes` found: policy, payer, and the key of the code."""
    resolver = _Resolver(library, layout)
    return Routes(routes=tuple(resolver.route(*row) for row in sorted(set(rows), key=_order)))


def _order(row: tuple[str | None, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((each is not None, each or "") for each in row)


class _Resolver:
    """Asks the library once for each policy and payer, and for each payer and code."""

    def __init__(self, library: Library, layout: Layout) -> None:
        self._library = library
        self._layout = layout
        self._problems: dict[tuple[str | None, str | None, bool], Problem | None] = {}
        self._answering: dict[tuple[Code, str], tuple[str, ...]] = {}

    def route(self, policy: str | None, payer: str | None, key: str | None) -> Route:
        code = code_of(key, self._layout) if key is not None else None
        asked, of = policy, payer
        if policy is None and payer is None:
            asked, of = self._layout.default_policy, self._layout.default_payer
        # As where a case is read: whether its policy is there is asked only if it is sound otherwise.
        if key is not None and code is None:
            problem: Problem | None = _malformed(self._layout)
        else:
            problem = self._problem(asked, of, coded=code is not None)
        answering: tuple[str, ...] = ()
        if problem is None:
            answering = (asked,) if asked is not None else self._policies_for(code, of)
        return Route(policy=policy, payer=payer, key=key, code=code, problem=problem, answering=answering)

    def _problem(self, policy: str | None, payer: str | None, *, coded: bool) -> Problem | None:
        """What a case that names these would be told, first of all."""
        key = (policy, payer, coded)
        if key not in self._problems:
            case: dict[str, object] = {"date_of_service": _SOME_DAY, "policy": policy, "payer": payer}
            try:
                self._library.read_case({**case, "service": _SOME_CODE if coded else None})
            except InvalidDocuments as invalid:
                self._problems[key] = invalid.problems[0]
            else:
                self._problems[key] = None
        return self._problems[key]

    def _policies_for(self, code: Code | None, payer: str | None) -> tuple[str, ...]:
        assert code is not None  # noqa: S101  # or the library would have found no policy named
        assert payer is not None  # noqa: S101
        key = (code, payer)
        if key not in self._answering:
            self._answering[key] = tuple(policy.id for policy in self._library.policies_for(code, payer))
        return self._answering[key]


def _malformed(layout: Layout) -> Problem:
    """That a code has not the shape that it needs."""
    names = ", ".join(f"`{each.column.name}`" for each in layout.code)
    systems = tuple(dict.fromkeys(system for each in layout.code for system in _systems(each.system)))
    shapes = "; or ".join(shape_of(system) for system in systems)
    message = f"{names}: a code of {' or '.join(systems)} is {shapes}"
    return Problem(rule="malformed-code", message=message, where=Location(file="claims"))
