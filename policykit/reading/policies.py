"""A policy document, read against the vocabulary into a `Policy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from policykit.codes import CodeSet, overlaps
from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.policy import (
    UNCHANGED,
    AppliesBy,
    Carried,
    Change,
    Entry,
    Kind,
    Outcome,
    Policy,
    Service,
    Source,
    Statement,
    Unchanged,
)
from policykit.problems import Problem, near_miss
from policykit.reading.criteria import CriteriaReader
from policykit.reading.facts import day, text, texts
from policykit.reading.histories import check_history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from enum import StrEnum

    from policykit.criteria import Criterion, Notes
    from policykit.document import Document, Node
    from policykit.vocabulary import Vocabulary

    Report = Callable[[Problem], None]

_E = TypeVar("_E", bound="StrEnum")
MAX_ENTRIES: Final = 1000  # as in the schema
_ONLY_LAST = frozenset({Outcome.NOT_ADDRESSED, Outcome.NOT_ENCODED})


def read_policy(document: Document, vocabulary: Vocabulary, report: Report) -> Policy | None:
    """The policy that a document states, or None where it is too broken to say. Every fault of meaning is reported.

    The document is expected to have been put to its schema: of a node of the wrong shape, nothing is said here.
    """
    root = document.root
    identity, payer, kind = text(root.get("policy")), root.get("payer"), _member(Kind, root.get("kind"))
    history = root.get("history")
    if identity is None or payer is None or payer.text is None or kind is None or history is None:
        return None
    if payer.text not in vocabulary.payers:
        advice = near_miss(payer.text, vocabulary.payers)
        report(payer.problem("unknown-payer", f"`{payer.text}` is not a payer of this library", advice))
    reader = _PolicyReader(CriteriaReader(root, vocabulary, report), kind, report)
    entries = tuple(entry for node in history.elements() if (entry := reader.entry(node)) is not None)
    policy = Policy(
        id=identity,
        title=text(root.get("title")) or "",
        payer=payer.text,
        kind=kind,
        history=entries,
        document_digest=f"sha256:{document.digest}" if document.digest else "",
        where=root.where,
    )
    # Of a longer history, the schema says that it is too long, and that is enough.
    for problem in check_history(policy) if len(entries) <= MAX_ENTRIES else ():
        report(problem)
    return policy


class _PolicyReader:
    """Reads the entries of one policy document."""

    def __init__(self, criteria: CriteriaReader, kind: Kind, report: Report) -> None:
        self.criteria = criteria
        self._kind = kind
        self._report = report

    def entry(self, node: Node) -> Entry | None:
        name, change = text(node.get("revision")), _member(Change, node.get("change"))
        if name is None or change is None:
            return None
        dates = ("effective", "through", "known_from", "published", "implemented", "last_reviewed", "next_review")
        days = {key: day(node.get(key), self._report) for key in dates}
        if days["effective"] and days["through"] and days["through"] < days["effective"]:
            message = "the last day lies before the first"
            self._report(node.at(["through"]).problem("through-before-effective", message))
        services = self._services(node.get("services"))
        entry = Entry(
            revision=name,
            change=change,
            summary=text(node.get("summary")) or "",
            applies_by=_member(AppliesBy, node.get("applies_by")) or AppliesBy.DATE_OF_SERVICE,
            replaces=text(node.get("replaces")),
            withdraws=text(node.get("withdraws")),
            reading=text(node.get("reading")),
            source=self._source(node.get("source")),
            subject_to=texts(node.get("subject_to")),
            related=texts(node.get("related")),
            references=texts(node.get("references")),
            services=services,
            where=node.where,
            places={key: child.where for key, child in node.items()},
            **days,
        )
        if services is not UNCHANGED:
            self._check_services(entry, node)
        return entry

    def _source(self, node: Node | None) -> Source | None:
        if node is None:
            return None
        keys = ("publisher", "number", "section", "url")
        retrieved = day(node.get("retrieved"), self._report)
        told = {key: text(node.get(key)) for key in keys}
        return Source(title=text(node.get("title")) or "", retrieved=retrieved, **told)

    def _services(self, node: Node | None) -> tuple[Service | Carried, ...] | Unchanged:
        if node is None:
            return ()
        if node.value == UNCHANGED.value:
            return UNCHANGED
        return tuple(service for each in node.elements() if (service := self._service(each)) is not None)

    def _service(self, node: Node) -> Service | Carried | None:
        name = text(node.get("service"))
        if name is None:
            return None
        if node.get("unchanged") is not None:
            return Carried(name=name, where=node.where)
        codes = self.criteria.code_set(node.get("codes"))
        coverage = node.get("coverage")
        written = coverage.elements() if coverage else []
        statements = [self._statement(each, last=each is written[-1]) for each in written]
        # Whatever is wrong has been told; the service stays, so that what carries it over finds it.
        return Service(
            name=name,
            codes=codes or CodeSet(()),
            coverage=tuple(statement for statement in statements if statement is not None),
            code_notes=texts(node.get("code_notes")),
            reading=text(node.get("reading")),
            where=node.where,
        )

    def _statement(self, node: Node, *, last: bool) -> Statement | None:
        outcome = _member(Outcome, node.get("outcome"))
        if outcome is None:
            return None
        when = node.get("when")
        criterion = self.criteria.criterion(when) if when is not None else None
        if last and when is not None:
            message = "the last statement has a `when`, so that nothing is said of the other cases"
            advice = "add a statement without one; `not-addressed` says that the source is silent"
            self._report(when.problem("last-statement", message, advice, at_key=True))
        if not last and when is None:
            message = "a statement without `when` always holds, and there are others after it"
            self._report(node.problem("statement-without-when", message, "put it last"))
        if not last and outcome in _ONLY_LAST:
            message = f"`{outcome}` speaks of whatever else there may be"
            self._report(node.at(["outcome"]).problem("only-last", message, "put it last"))
        return Statement(
            outcome=outcome,
            to=text(node.get("to")),
            when=criterion,
            cite=text(node.get("cite")),
            quote=text(node.get("quote")),
            says=text(node.get("says")),
            reading=text(node.get("reading")),
            where=node.where,
        )

    def _check_services(self, entry: Entry, node: Node) -> None:
        listed = node.get("services")
        where = listed or node
        assert entry.services is not UNCHANGED  # noqa: S101  # the caller asked
        own = [service for service in entry.services if isinstance(service, Service)]
        self._check_repeated(entry, own)
        decides = any(
            len(service.coverage) > 1 or any(each.outcome is not Outcome.DEFERRED for each in service.coverage)
            for service in own
        )
        if self._kind is Kind.NO_DETERMINATION and decides:
            message = "where nothing was determined, the one statement is `deferred`"
            self._report(where.problem("misplaced-change", message, at_key=True))

    def _check_repeated(self, entry: Entry, own: list[Service]) -> None:
        assert entry.services is not UNCHANGED  # noqa: S101  # the caller asked
        names = [service.name for service in entry.services]
        for service, name in zip(entry.services, names, strict=True):
            if names.count(name) > 1:
                found = Problem(
                    where=service.where, rule="repeated", message=f"there are two services `{name}` in this entry"
                )
                self._report(found)
        if shared := overlaps(service.codes for service in own):
            one, other = shared
            both = f"`{one}`" if one == other else f"`{one}` and `{other}`"
            later = [each.where for each in own if one in each.codes.written or other in each.codes.written][-1]
            message = f"{both} would belong to two services"
            advice = "a code stands in one service"
            self._report(Problem(where=later, rule="overlapping-codes", message=message, help=advice))
        seen: set[str] = set()
        for notes in _own_notes(statement.when for service in own for statement in service.coverage):
            if notes.id is not None and notes.id in seen:
                self._report(
                    Problem(
                        where=notes.where, rule="repeated-id", message=f"`{notes.id}` names two criteria of this entry"
                    )
                )
            seen.add(notes.id or "")


def _own_notes(criteria: Iterable[Criterion | None]) -> Iterator[Notes]:
    """The notes that stand at the criteria themselves, not at the definitions that they use."""
    for criterion in criteria:
        if criterion is None:
            continue
        yield criterion.notes[0]
        if len(criterion.notes) > 1:
            continue
        match criterion:
            case FactIs():
                continue
            case All(parts=parts) | AnyOf(parts=parts) | NoneOf(parts=parts) | CountAtLeast(parts=parts):
                yield from _own_notes(parts)


def _member(kind: type[_E], node: Node | None) -> _E | None:
    word = text(node)
    return kind(word) if word in set(kind) else None
