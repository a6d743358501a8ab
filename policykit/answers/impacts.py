"""What a change does to claims, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.answers.parts import FORMAT, Data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.decision import PossibleOutcome
    from policykit.impact.result import Breakdown, Impact, Open, Side, Tally


def impact_as_data(impact: Impact) -> Data:
    """An impact: the counts, and the same by the columns that were asked for."""
    return {
        "format": FORMAT,
        "policy": impact.policy,
        "title": impact.title,
        "before": _side(impact.before),
        "after": _side(impact.after),
        "claims": impact.claims,
        "answered": impact.answered,
        "elsewhere": impact.elsewhere,
        "rejected": impact.rejected,
        "rejected_by": [{"rule": each.rule, "before": each.before, "after": each.after} for each in impact.rejected_by],
        **_tally(impact.tally),
        "outcomes_before": _outcomes(impact.tally.before()),
        "outcomes_after": _outcomes(impact.tally.after()),
        "undetermined_before": _open(impact.open_before),
        "undetermined_after": _open(impact.open_after),
        "otherwise_undetermined": impact.otherwise,
        "by": [_breakdown(each) for each in impact.by],
    }


def _side(side: Side) -> Data:
    return {"library": side.library, "revision": side.revision}


def _tally(tally: Tally) -> Data:
    return {
        "answers": tally.count,
        "changed": tally.changed,
        "flows": [
            {
                "before": _possible(each.before),
                "after": _possible(each.after),
                "changed": each.changed,
                "count": each.count,
            }
            for each in tally.flows
        ],
    }


def _possible(possible: PossibleOutcome) -> Data:
    return {"outcome": possible.outcome.value, "to": possible.to}


def _outcomes(counts: Mapping[PossibleOutcome, int]) -> list[Data]:
    return [{**_possible(each), "count": count} for each, count in counts.items()]


def _open(opened: Open) -> Data:
    return {
        "count": opened.count,
        "missing": [
            {"fact": each.name, "ask": each.fact.ask if each.fact else None, "count": each.count}
            for each in opened.missing
        ],
    }


def _breakdown(breakdown: Breakdown) -> Data:
    others = breakdown.others
    return {
        "column": breakdown.column,
        "groups": [{"value": each.value, **_tally(each.tally)} for each in breakdown.groups],
        "others": {"values": others.values, **_tally(others.tally)} if others else None,
    }
