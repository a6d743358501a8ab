# ruff: noqa: S608  # what goes into the text of a query is written here, or quoted
"""The claims that change outcome, and those that are wrong, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.batch.database import Written
from policykit.batch.duck import copying
from policykit.batch.engine import quoted
from policykit.impact.counting import CHANGED, ROW
from policykit.sql.columns import NONE_OF_THEM

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from policykit.batch.workplace import Workplace
    from policykit.impact.counting import Ask

_SIDES: Final = ("before", "after")
_ANSWERED: Final = {
    "answered_by": "pairs.policy",
    **{
        f"{side}_{name}": f"pairs.{name}_{side}" if name in {"revision", "outcome", "to"} else f"{side}.{name}"
        for side in _SIDES
        for name in ("revision", "outcome", "to", "possible", "missing")
    },
}
_ANSWER_LISTS: Final = frozenset(f"{side}_{name}" for side in _SIDES for name in ("possible", "missing"))
_WRONG: Final = ("rule", "reason", "wrong_in")
# The columns that these files have beside those of the claims. In claims, they are those of an earlier time.
ADDED: Final = frozenset({*_ANSWERED, *_WRONG})


def list_flips(ask: Ask, columns: Sequence[str], lists: Collection[str], place: Workplace) -> int:
    """Writes the claims that change outcome, in their order, with both answers; gives how many rows these are."""
    answered = [f"{stated} AS {quoted(name)}" for name, stated in _ANSWERED.items()]
    stated = [f"claims_read.{quoted(name)} AS {quoted(name)}" for name in columns]
    query = f"""
        SELECT {", ".join([*stated, *answered])} FROM (SELECT * FROM pairs WHERE {CHANGED}) AS pairs
        JOIN claims_read ON claims_read.{ROW} = pairs.{ROW}
        LEFT JOIN answers_before AS before ON before.{ROW} = pairs.{ROW} AND before.policy = pairs.policy
        LEFT JOIN answers_after AS after ON after.{ROW} = pairs.{ROW} AND after.policy = pairs.policy
        ORDER BY pairs.{ROW}, pairs.policy
    """
    return _copied(ask, query, (*columns, *_ANSWERED), lists, place)


def list_rejects(ask: Ask, columns: Sequence[str], lists: Collection[str], place: Workplace) -> int:
    """Writes the claims that are wrong, in their order, with the reason, and on which side: before, after, or both."""
    stated = [f"claims_read.{quoted(name)} AS {quoted(name)}" for name in columns]
    query = f"""
        SELECT {", ".join([*stated, *(f"faults.{name}" for name in _WRONG)])}
        FROM (
          SELECT {ROW}, rule, reason,
            CASE WHEN count(DISTINCT after) > 1 THEN 'both' WHEN any_value(after) THEN 'after' ELSE 'before' END AS wrong_in
          FROM wrong GROUP BY ALL
        ) AS faults
        JOIN claims_read USING ({ROW}) ORDER BY faults.{ROW}, faults.wrong_in DESC, faults.rule
    """
    return _copied(ask, query, (*columns, *_WRONG), lists, place)


def _copied(ask: Ask, query: str, columns: tuple[str, ...], lists: Collection[str], place: Workplace) -> int:
    empty = {**dict.fromkeys(lists, NONE_OF_THEM), **dict.fromkeys(_ANSWER_LISTS)}
    ((count,),) = ask(copying(query, Written(columns=columns, empty_lists=empty), place))
    return int(count)
