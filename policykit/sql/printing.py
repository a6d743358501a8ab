"""A policy as a query to be read, and run, by those who keep a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.codes import SYSTEMS, CodeSet
from policykit.criteria import Has, OneOf, leaves_of
from policykit.policy import UNCHANGED, AppliesBy, Service
from policykit.sql.columns import BY_SHAPE, NONE_OF_THEM, SEPARATOR, CodeColumn, Column, Kind, Layout
from policykit.sql.dialects import Dialect
from policykit.sql.query import answers
from policykit.version import VERSION
from policykit.vocabulary import BUILT_IN, CLAIM_PROCESSED, PROCESSED, RESERVED, SERVICE_CODE, FactType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from policykit.library import Library
    from policykit.policy import Policy
    from policykit.sql.columns import FactColumns
    from policykit.vocabulary import Fact, Vocabulary

_KINDS: Final = {
    FactType.BOOLEAN: Kind.BOOLEAN,
    FactType.INTEGER: Kind.INTEGER,
    FactType.NUMBER: Kind.NUMBER,
    FactType.DATE: Kind.DATE,
    FactType.CHOICE: Kind.TEXT,
    FactType.CHOICES: Kind.TEXTS,
    FactType.CODE: Kind.TEXT,
    FactType.CODES: Kind.TEXTS,
}
_SETS: Final = frozenset({FactType.CHOICES, FactType.CODES})
_SHOWN: Final = {
    Kind.TEXT: "text",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "whole number",
    Kind.NUMBER: "number",
    Kind.DATE: "date",
    Kind.TEXTS: "array of text",
}
_SET_AS_TEXT: Final = "set as text"
_READS: Final = (
    "",
    "It reads a table `claims`. A row that is sound has one answer, whatever is known of it: what is not known is null.",
    "A row has none if a column of it has what cannot be, such as a choice other than those below.",
)
_ARRAYS: Final = "An array without elements says that there are none; one that is null, that they are not known."
_LISTED: Final = (
    f"A set is text with `{SEPARATOR}` between its words. `{NONE_OF_THEM}` says that there are none, and null that they",
    "are not known: an array could not say that, as BigQuery stores one that is null without elements.",
)
_COLUMNS: Final = ("", "The columns of `claims`:", "")
_ANSWERS: Final = (
    "",
    "The columns of an answer:",
    "",
    "  policy, revision  the policy, and its revision in effect",
    "  outcome           the outcome, or `undetermined`",
    "  to                whom a deferred decision is handed to",
    "  possible          every outcome that is possible with what is known",
    "  statement         the number, from 1, of the coverage statement that decided",
    "  missing           the facts on which an undetermined answer hangs",
    "  advisories        what a reader should know beside the answer",
)


def printed(library: Library, identity: str, dialect: Dialect, known_on: date | None) -> Iterator[str]:
    """The lines of a query that answers every row of a table `claims` by one policy. Raises `UnknownPolicy`."""
    policy = library.policy(identity)
    layout = layout_of(policy, library.vocabulary, dialect)
    query = answers(library, layout, None, dialect, known_on=known_on)
    for line in _head(policy, layout, library.vocabulary, dialect):
        yield f"-- {line}".rstrip()
    yield ""
    yield query.sql(dialect, copy=False, pretty=True, max_text_width=100) + ";"


def layout_of(policy: Policy, vocabulary: Vocabulary, dialect: Dialect) -> Layout:
    """A table with a column for all that a policy asks for, named after it."""
    kinds = _kinds(dialect)
    asked = _asked(policy)
    # A number that follows from a date may be told, or the date from which it follows.
    for name in tuple(asked):
        asked.setdefault(vocabulary.group(name), set())
    served = {pattern.system for service in _services(policy) for pattern in service.codes.written}
    processed = any(entry.applies_by is AppliesBy.CLAIM_PROCESSED for entry in policy.history)
    facts = {
        name: _columns(vocabulary.facts[name], systems, kinds)
        for name, systems in sorted(asked.items())
        if not name.startswith(RESERVED)
    }
    return Layout(
        date_of_service=Column(name="date_of_service", kind=Kind.DATE),
        claim_processed=Column(name=CLAIM_PROCESSED, kind=Kind.DATE) if processed else None,
        default_policy=policy.id,
        code=_code_columns("code", served | asked.get(SERVICE_CODE, set()), kinds[FactType.CODE]),
        modifiers=Column(name="modifiers", kind=kinds[FactType.CHOICES]) if "service.modifiers" in asked else None,
        place=Column(name="place_of_service", kind=Kind.TEXT) if "service.place" in asked else None,
        diagnoses=_code_columns("diagnoses", asked.get("claim.diagnoses", set()), kinds[FactType.CODES]),
        facts=facts,
        keys=(Column(name="claim_id", kind=Kind.TEXT),),
    )


def _services(policy: Policy) -> Iterator[Service]:
    for entry in policy.history:
        if entry.services is not UNCHANGED:
            yield from (service for service in entry.services if isinstance(service, Service))


def _asked(policy: Policy) -> dict[str, set[str]]:
    """The facts that some revision asks for, each with the systems of the codes with which it is compared."""
    asked: dict[str, set[str]] = {}
    for service in _services(policy):
        for statement in service.coverage:
            for leaf in leaves_of(statement.when) if statement.when is not None else ():
                systems = asked.setdefault(leaf.fact, set())
                for comparison in leaf.comparisons:
                    if isinstance(comparison, OneOf | Has) and isinstance(comparison.values, CodeSet):
                        systems.update(pattern.system for pattern in comparison.values.written)
    return asked


def _kinds(dialect: Dialect) -> Mapping[FactType, Kind]:
    """The kind of column that states a fact of each type."""
    # BigQuery keeps no array that is null: a set of which nothing is known would be read as one that has nothing in it.
    return {**_KINDS, **dict.fromkeys(_SETS, Kind.TEXT)} if dialect is Dialect.BIGQUERY else _KINDS


def _columns(fact: Fact, systems: set[str], kinds: Mapping[FactType, Kind]) -> FactColumns:
    name = fact.name.replace(".", "_")
    if fact.type in {FactType.CODE, FactType.CODES}:
        return _code_columns(name, systems, kinds[fact.type])
    return Column(name=name, kind=kinds[fact.type])


def _code_columns(name: str, systems: set[str], kind: Kind) -> tuple[CodeColumn, ...]:
    """A column for each system. Procedures that their shape tells apart share one."""
    columns = []
    if systems & {*BY_SHAPE}:
        columns.append(CodeColumn(system=None, column=Column(name=name, kind=kind)))
    columns.extend(
        CodeColumn(system=system, column=Column(name=f"{name}_{system}", kind=kind))
        for system in SYSTEMS
        if system in systems and system not in BY_SHAPE
    )
    return tuple(columns)


def _head(policy: Policy, layout: Layout, vocabulary: Vocabulary, dialect: Dialect) -> Iterator[str]:
    yield f"{_line(policy.title)} ({policy.id}), as policykit {VERSION} decides it; for {dialect}."
    yield from _READS
    yield from _about_sets(layout, vocabulary)
    yield from _COLUMNS
    told = [*_told(layout, vocabulary)]
    longest = max(len(name) for name, _, _ in told)
    for name, kind, meaning in told:
        yield f"  {name:{longest}}  {kind:13}  {meaning}"
    yield from _ANSWERS


def _about_sets(layout: Layout, vocabulary: Vocabulary) -> Iterator[str]:
    """How a column states a set, if there is one that does."""
    kinds = {shown for _, shown, _ in _told(layout, vocabulary)}
    if _SHOWN[Kind.TEXTS] in kinds:
        yield _ARRAYS
    if _SET_AS_TEXT in kinds:
        yield from _LISTED


def _told(layout: Layout, vocabulary: Vocabulary) -> Iterator[tuple[str, str, str]]:
    """The columns of a table: the name of each, its kind, and what it states."""
    for key in layout.keys:
        yield key.name, "any", "by which the answer is found again"
    yield layout.date_of_service.name, _SHOWN[Kind.DATE], "never null"
    if layout.claim_processed is not None:
        yield layout.claim_processed.name, _SHOWN[Kind.DATE], _line(PROCESSED.ask)
    built_in: dict[str, FactColumns | None] = {
        SERVICE_CODE: layout.code,
        "service.modifiers": layout.modifiers,
        "service.place": layout.place,
        "claim.diagnoses": layout.diagnoses,
    }
    for name, columns in {**built_in, **layout.facts}.items():
        fact = vocabulary.facts.get(name) or BUILT_IN[name]
        if isinstance(columns, Column):
            words = f" ({', '.join(fact.values)})" if fact.values else ""
            yield columns.name, _shown(fact, columns), _line(fact.ask) + words
        for each in columns if isinstance(columns, tuple) else ():
            systems = (each.system,) if each.system is not None else BY_SHAPE
            yield each.column.name, _shown(fact, each.column), f"{_line(fact.ask)} ({' or '.join(systems)})"


def _shown(fact: Fact, column: Column) -> str:
    return _SET_AS_TEXT if fact.type in _SETS and column.kind is Kind.TEXT else _SHOWN[column.kind]


def _line(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())
