"""The table of claims as policies are asked of it: what its columns state, each under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.batch.engine import quoted
from policykit.batch.expressions import Said, joined
from policykit.batch.tables import FILE, REASONS, ROW
from policykit.batch.targets import ASKED, CODE, DATE_OF_SERVICE, DIAGNOSES, MODIFIERS, PLACE, SERVICE
from policykit.codes import SYSTEMS
from policykit.problems import InvalidDocuments, Location, Problem
from policykit.records import record
from policykit.sql.columns import CodeColumn, Column, FactColumns, Kind, Layout
from policykit.sql.query import ANSWER
from policykit.vocabulary import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.batch.mapping import Mapped
    from policykit.batch.tables import Table
    from policykit.vocabulary import Vocabulary

# What no column of the user's is called.
_MADE: Final = "policykit:"


@record
class Asked:
    """To what rows are put that name neither a policy nor a payer themselves."""

    policy: str | None = None
    payer: str | None = None


@record
class Claims:
    """A query that gives every row of the claims, what its columns mean, and those that the user has.

    `lists` are those among them that hold arrays.
    """

    query: str
    layout: Layout
    columns: tuple[Column, ...]
    lists: frozenset[str]


def claims_of(table: Table, mapped: Mapped, vocabulary: Vocabulary, asked: Asked, name: str) -> Claims:
    """The claims of a table under a mapping. Raises `InvalidDocuments` where they cannot be put to any policy.

    Without keys, a row is known by its file and its number.
    """
    builder = _Builder(mapped)
    keys = _keys(table, mapped, name)
    layout = builder.layout(vocabulary, asked, keys)
    if not (layout.policy or layout.default_policy or ((layout.payer or layout.default_payer) and layout.code)):
        message = "no column states which policy is asked"
        advice = "name a column of policies, or columns of payers and codes; or `--policy` or `--payer` for all rows"
        raise InvalidDocuments([_problem("no-policy-named", message, name, advice)])
    kept = [column for column in table.columns if column.name.casefold() not in REASONS]
    selected = [f"{column.expression} AS {quoted(column.name)}" for column in kept]
    selected += [f"{expression} AS {quoted(made)}" for made, expression in builder.made.items()]
    if not mapped.keys:
        selected += [f"{table.file} AS {quoted(FILE)}", f"{table.row} AS {quoted(ROW)}"]
    return Claims(
        query=f"SELECT {', '.join(selected)} FROM {table.relation}",  # noqa: S608  # quoted, all of it
        layout=layout,
        lists=frozenset(column.name for column in kept if column.kind is Kind.TEXTS),
        columns=(*(Column(name=each.name, kind=each.kind) for each in kept), *(() if mapped.keys else keys)),
    )


def _keys(table: Table, mapped: Mapped, name: str) -> tuple[Column, ...]:
    if mapped.keys:
        taken = [key.name for key in mapped.keys if key.name.casefold() in {*ANSWER, *REASONS}]
        if taken:
            message = f"a key cannot be called `{taken[0]}`, which is a column of the answers"
            raise InvalidDocuments([_problem("repeated", message, name, "choose another key, or rename the column")])
        return tuple(Column(name=key.name, kind=key.kind) for key in mapped.keys)
    taken = [column.name for column in table.columns if column.name.casefold() in {FILE, ROW}]
    if taken:
        message = f"the claims have a column `{taken[0]}`, so their rows cannot be known by `{FILE}` and `{ROW}`"
        raise InvalidDocuments([_problem("repeated", message, name, "name the columns that tell rows apart: `--key`")])
    return (Column(name=FILE, kind=Kind.TEXT), Column(name=ROW, kind=Kind.INTEGER))


def _problem(rule: str, message: str, name: str, advice: str) -> Problem:
    return Problem(rule=rule, message=message, where=Location(file=name), help=advice)


class _Builder:
    """Gives a name to all that is made of columns, and puts everything where the layout has it."""

    def __init__(self, mapped: Mapped) -> None:
        self._said = mapped.said
        self.made: dict[str, str] = {}

    def layout(self, vocabulary: Vocabulary, asked: Asked, keys: tuple[Column, ...]) -> Layout:
        service = self._one(DATE_OF_SERVICE)
        assert service is not None  # noqa: S101  # without it, the mapping is refused
        policy, payer = (self._one(path) for path in ASKED)
        return Layout(
            date_of_service=service,
            claim_processed=self._one("claim_processed"),
            known_on=self._one("known_on"),
            policy=policy,
            payer=payer,
            default_policy=asked.policy,
            default_payer=asked.payer,
            code=(
                *self._codes(CODE, None),
                *(each for system in SYSTEMS for each in self._codes(SERVICE + system, system)),
            ),
            modifiers=self._one(MODIFIERS),
            place=self._one(PLACE),
            diagnoses=tuple(each for system in SYSTEMS for each in self._codes(DIAGNOSES + system, system)),
            facts=dict(self._facts(vocabulary)),
            keys=keys,
        )

    def _facts(self, vocabulary: Vocabulary) -> Iterable[tuple[str, FactColumns]]:
        for name in vocabulary.facts:
            if name in BUILT_IN:
                continue
            if (column := self._one(name)) is not None:
                yield name, column
            elif codes := tuple(each for system in SYSTEMS for each in self._codes(f"{name}.{system}", system)):
                yield name, codes

    def _one(self, path: str) -> Column | None:
        """The one column that states something, or what several columns of a set are together."""
        said = self._said.get(path)
        return self._column(joined(said)) if said else None

    def _codes(self, path: str, system: str | None) -> Iterable[CodeColumn]:
        for said in self._said.get(path, ()):
            yield CodeColumn(system=system, column=self._column(said))

    def _column(self, said: Said) -> Column:
        if said.column is not None and not said.is_made and said.column.name.casefold() not in REASONS:
            return Column(name=said.column.name, kind=said.kind, separator=said.separator)
        name = f"{_MADE}{len(self.made) + 1}"
        self.made[name] = said.expression
        # A day with its time is made text.
        kind = Kind.TEXT if said.made is None and said.column is not None else said.kind
        return Column(name=name, kind=kind, separator=said.separator)
