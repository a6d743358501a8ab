"""zen-engine: an expression, a decision graph, and a policy document."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers import Contender, Peer, one_by_one, yes_or_no
from benchmarks.spelling import (
    CODE,
    DAY,
    NO_VERSION,
    NOT_ADDRESSED,
    UNDETERMINED,
    Infix,
    bare_of,
    criterion_in,
    flat,
    plain,
    policy_in,
)
from benchmarks.three_values import ThreeValued

from policykit.criteria import Has, leaves_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.claims import Claim
    from benchmarks.spelling import Version

TRACED: Final = {"trace": True}


class Zen(Infix):
    """The expression language of zen."""

    both = " and "
    either = " or "
    opposite = "not "


class ZenOfClaim(Zen):
    """The same in a policy document, where each fact is a property of a claim."""

    fact = "claim.{}"


def _text(claim: Claim) -> str:
    return dumps(plain(claim))


def _text_of_claim(claim: Claim) -> str:
    return dumps({"claim": plain(claim)})


def _contenders(zen: Any, versions: Sequence[Version]) -> Iterator[Contender]:
    criterion, met, otherwise = bare_of(versions)
    bare = zen.compile_expression(criterion_in(Zen(), criterion))
    whole = zen.compile_expression(policy_in(Zen(), versions))
    sure = zen.compile_expression(policy_in(ThreeValued(Zen(), "{} != null".format), versions).holds)
    engine = zen.ZenEngine(
        {"loader": {"type": "static", "content": {"graph": _graph(versions), "policy": _document(versions)}}}
    )
    yield Contender(
        way="bare expression",
        selects=False,
        prepare=_text,
        answers=one_by_one(bare.evaluate, RuntimeError),
        reading=yes_or_no(met, otherwise),
    )
    yield Contender(way="expression", selects=True, prepare=_text, answers=one_by_one(whole.evaluate, RuntimeError))
    yield Contender(
        way="expression, third value written out",
        selects=True,
        prepare=_text,
        answers=one_by_one(sure.evaluate, RuntimeError),
    )
    yield Contender(way="decision graph", selects=True, prepare=_text, answers=_graph_answers(engine.evaluate))
    yield Contender(
        way="decision graph, with trace", selects=True, prepare=_text, answers=_graph_answers(engine.evaluate, TRACED)
    )
    yield Contender(
        way="policy document",
        selects=True,
        prepare=_text_of_claim,
        answers=_document_answers(engine.evaluate),
        names_missing="all that are not told",
    )
    yield Contender(
        way="policy document, with trace",
        selects=True,
        prepare=_text_of_claim,
        answers=_document_answers(engine.evaluate, TRACED),
        names_missing="all that are not told",
    )


def _graph_answers(
    evaluate: Callable[..., Any], options: dict[str, bool] | None = None
) -> Callable[[Sequence[str]], list[Any]]:
    def answers(cases: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for case in cases:
            try:
                found.append(evaluate("graph", case, options)["result"]["outcome"])
            except (RuntimeError, KeyError):
                found.append(UNDETERMINED)
        return found

    return answers


def _document_answers(
    evaluate: Callable[..., Any], options: dict[str, bool] | None = None
) -> Callable[[Sequence[str]], list[Any]]:
    def answers(cases: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for case in cases:
            try:
                found.append(evaluate("policy", case, options)["result"]["claim"]["outcome"])
            except (RuntimeError, KeyError):
                found.append(UNDETERMINED)
        return found

    return answers


def _rows(versions: Sequence[Version], language: Zen) -> Iterator[tuple[str, str, str, str]]:
    """The policy as rows of a table: the days, the codes, the criterion, and the outcome of the first that fits."""
    codes = language.named(CODE)
    for version in versions:
        days = language.compares(DAY, ">=", version.first)
        for service in version.services:
            asked = language.one_of(CODE, service.codes)
            for criterion, outcome in service.statements:
                yield days, asked, criterion_in(language, criterion) if criterion else "", dumps(outcome)
        yield days, f"{codes} != null", "", dumps(NOT_ADDRESSED)
        yield days, "", "", dumps(UNDETERMINED)
    yield "", "", "", dumps(NO_VERSION)


def _graph(versions: Sequence[Version]) -> dict[str, Any]:
    """A graph of one decision table: the fastest of the graphs that say the same."""
    rules = [
        {"_id": f"{number}", "day": days, "code": codes, "criterion": criterion, "outcome": outcome}
        for number, (days, codes, criterion, outcome) in enumerate(_rows(versions, Zen()))
    ]
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name} for name in ("day", "code", "criterion")],
        "outputs": [{"id": "outcome", "name": "outcome", "field": "outcome"}],
        "rules": rules,
        "passThrough": False,
        "inputField": None,
        "outputPath": None,
        "executionMode": "single",
    }
    place = {"x": 0, "y": 0}
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "claim", "name": "claim", "type": "inputNode", "position": place},
            {"id": "table", "name": "table", "type": "decisionTableNode", "position": place, "content": table},
            {"id": "answer", "name": "answer", "type": "outputNode", "position": place},
        ],
        "edges": [
            {"id": "in", "sourceId": "claim", "targetId": "table", "type": "edge"},
            {"id": "out", "sourceId": "table", "targetId": "answer", "type": "edge"},
        ],
    }


def _document(versions: Sequence[Version]) -> dict[str, Any]:
    """A policy document: the facts with their types, and the policy as arms of which the first that fits answers."""
    arms = [
        {"id": f"{number}", "condition": " and ".join(filter(None, conditions)), "value": outcome}
        for number, (*conditions, outcome) in enumerate(_rows(versions, ZenOfClaim()))
    ]
    return {
        "contentType": "application/vnd.gorules.policy",
        "blocks": [
            {"id": "claim", "type": "dataModel", "props": {"data": {"name": "claim", "properties": _model(versions)}}},
            {"id": "answer", "type": "match", "props": {"data": {"key": "claim.outcome", "arms": arms}}},
        ],
    }


def _model(versions: Sequence[Version]) -> list[dict[str, Any]]:
    """The facts of a policy and their types, each of them required: what is not told, is told to be missing."""
    kinds: dict[str, tuple[str, bool]] = {DAY: ("number", False), CODE: ("string", False)}
    for version in versions:
        for service in version.services:
            for criterion, _ in service.statements:
                for leaf in leaves_of(criterion) if criterion else ():
                    kinds[flat(leaf.fact)] = _kind(leaf.comparisons[0])
    return [
        {"id": name, "name": name, "type": kind, "array": several, "optional": name == CODE}
        for name, (kind, several) in kinds.items()
    ]


def _kind(comparison: Any) -> tuple[str, bool]:
    if isinstance(comparison, Has):
        return "string", True
    first = getattr(comparison, "values", (0,))[0]
    return {bool: "boolean", str: "string"}.get(type(first), "number"), False


ZEN: Final = Peer(distribution="zen-engine", module="zen", contenders=_contenders)
