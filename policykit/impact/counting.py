# ruff: noqa: S608  # what goes into the text of a query is written here, or quoted
"""Two answers to the same claims, joined and counted by the engine.

It has three tables and a view, in which claims are told apart by `policykit_row`:

- `claims_read`: the columns of the claims;
- `answers_before` and `answers_after`: `policy`, `revision`, `outcome`, `to`, and the lists `possible` and `missing`;
- `wrong`: `after`, `rule` and `reason`, for every claim that a side does not answer because of a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policykit.batch.engine import quoted
from policykit.decision import PossibleOutcome
from policykit.impact.result import Breakdown, Flow, Group, MissingOften, Open, Others, Rejected, Tally, tally_of
from policykit.policy import Outcome
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policykit.vocabulary import Fact

# Runs one statement of SQL and gives its rows.
Ask: TypeAlias = Callable[[str], list[tuple[Any, ...]]]
# The declaration of a fact by its name, on one side.
Declared: TypeAlias = Callable[[str], "Fact | None"]

ROW: Final = "policykit_row"
POLICY: Final = "policy"  # what `by` calls the policy that answers, whatever the claims call so
MOST: Final = 500  # values of a column that are listed; the others are summed up
CHANGED: Final = "(outcome_before <> outcome_after OR to_before IS DISTINCT FROM to_after)"
_OUTCOMES: Final = "outcome_before, to_before, outcome_after, to_after"

# A policy that answers a claim on one side only has nothing on file on the other. That no policy answers is told of a
# claim only where none does on either side.
_JOINED: Final = f"""
CREATE TABLE joined AS
SELECT
  coalesce(b.policykit_row, a.policykit_row) AS policykit_row,
  coalesce(b.policy, a.policy) AS policy,
  b.revision AS revision_before,
  a.revision AS revision_after,
  coalesce(b.outcome, '{Outcome.NO_POLICY_ON_FILE}') AS outcome_before,
  coalesce(a.outcome, '{Outcome.NO_POLICY_ON_FILE}') AS outcome_after,
  b."to" AS to_before,
  a."to" AS to_after
FROM (SELECT * FROM answers_before ANTI JOIN wrong USING (policykit_row)) AS b
FULL JOIN (SELECT * FROM answers_after ANTI JOIN wrong USING (policykit_row)) AS a
ON b.policykit_row = a.policykit_row AND b.policy IS NOT DISTINCT FROM a.policy
"""
_PAIRS: Final = """
CREATE VIEW pairs AS
SELECT * FROM joined
WHERE policy IS NOT NULL OR policykit_row NOT IN (SELECT policykit_row FROM joined WHERE policy IS NOT NULL)
"""
# The lists do not go through the great join: few answers need them.
_OTHERWISE: Final = f"""
SELECT count(*) FROM pairs
JOIN answers_before AS b ON b.policykit_row = pairs.policykit_row AND b.policy = pairs.policy
JOIN answers_after AS a ON a.policykit_row = pairs.policykit_row AND a.policy = pairs.policy
WHERE outcome_before = '{Outcome.UNDETERMINED}' AND outcome_after = '{Outcome.UNDETERMINED}'
AND list_sort(b.possible) <> list_sort(a.possible)
"""


@record
class Counts:
    """What is counted. Every claim is answered, elsewhere or rejected."""

    claims: int
    answered: int
    elsewhere: int
    rejected: int
    rejected_by: tuple[Rejected, ...]
    tally: Tally
    open_before: Open
    open_after: Open
    otherwise: int
    by: tuple[Breakdown, ...]


def pair(ask: Ask) -> None:
    """Makes the view `pairs`, with an answer before and after in each row."""
    ask(_JOINED)
    ask(_PAIRS)


def count(ask: Ask, by: Iterable[str], before: Declared, after: Declared) -> Counts:
    """Counts what `pair` made, by the columns `by`, too."""
    claims = _number(ask, "SELECT count(*) FROM claims_read")
    answered = _number(ask, "SELECT count(DISTINCT policykit_row) FROM pairs")
    rejected = _number(ask, "SELECT count(DISTINCT policykit_row) FROM wrong")
    return Counts(
        claims=claims,
        answered=answered,
        elsewhere=claims - answered - rejected,
        rejected=rejected,
        rejected_by=_rejected_by(ask),
        tally=tally_of(_flows(ask, f"SELECT {_OUTCOMES}, count(*) FROM pairs GROUP BY ALL")),
        open_before=_open(ask, "before", before),
        open_after=_open(ask, "after", after),
        otherwise=_number(ask, _OTHERWISE),
        by=tuple(_breakdown(ask, column) for column in by),
    )


def _rejected_by(ask: Ask) -> tuple[Rejected, ...]:
    rows = ask(
        """
        SELECT
          rule,
          count(DISTINCT policykit_row) FILTER (NOT after),
          count(DISTINCT policykit_row) FILTER (after)
        FROM wrong GROUP BY rule ORDER BY count(DISTINCT policykit_row) DESC, rule
        """
    )
    return tuple(Rejected(rule=rule, before=before, after=after) for rule, before, after in rows)


def _open(ask: Ask, side: str, declared: Declared) -> Open:
    undetermined = f"FROM answers_{side} ANTI JOIN wrong USING (policykit_row) WHERE outcome = '{Outcome.UNDETERMINED}'"
    rows = ask(
        f"""
        SELECT name, count(*) FROM (SELECT unnest(list_distinct(missing)) AS name {undetermined})
        GROUP BY name ORDER BY count(*) DESC, name
        """
    )
    return Open(
        count=_number(ask, f"SELECT count(*) {undetermined}"),
        missing=tuple(MissingOften(name=name, count=number, fact=declared(name)) for name, number in rows),
    )


def _breakdown(ask: Ask, column: str) -> Breakdown:
    """The flows of each value; of too many values, those with the most changes, and the sum of the others."""
    values = "SELECT policy AS value, * FROM pairs"
    if column != POLICY:
        values = f"""
            SELECT CAST(claims_read.{quoted(column)} AS VARCHAR) AS value, pairs.*
            FROM pairs JOIN claims_read USING (policykit_row)
        """
    ask(
        f"""
        CREATE OR REPLACE TABLE counted AS
        SELECT value, {_OUTCOMES}, count(*) AS number FROM ({values}) GROUP BY ALL
        """
    )
    ask(
        f"""
        CREATE OR REPLACE TABLE ranked AS
        SELECT value, row_number() OVER (
          ORDER BY coalesce(sum(number) FILTER ({CHANGED}), 0) DESC, sum(number) DESC, value NULLS LAST
        ) AS place
        FROM counted GROUP BY value
        """
    )
    joined = "counted JOIN ranked ON counted.value IS NOT DISTINCT FROM ranked.value"
    listed: dict[str | None, list[Flow]] = {}
    first = f"SELECT counted.value, {_OUTCOMES}, number FROM {joined} WHERE place <= {MOST} ORDER BY place"
    for value, *flow in ask(first):
        listed.setdefault(value, []).append(_flow(flow))
    rest = f"SELECT {_OUTCOMES}, CAST(sum(number) AS BIGINT) FROM {joined} WHERE place > {MOST} GROUP BY ALL"
    others = _flows(ask, rest)
    more = _number(ask, "SELECT count(*) FROM ranked") - len(listed)
    return Breakdown(
        column=column,
        groups=tuple(Group(value=value, tally=tally_of(flows)) for value, flows in listed.items()),
        others=Others(values=more, tally=tally_of(others)) if more else None,
    )


def _flows(ask: Ask, query: str) -> list[Flow]:
    return [_flow(each) for each in ask(query)]


def _flow(row: Sequence[Any]) -> Flow:
    outcome_before, to_before, outcome_after, to_after, number = row
    before = PossibleOutcome(Outcome(outcome_before), to_before)
    return Flow(before, PossibleOutcome(Outcome(outcome_after), to_after), number)


def _number(ask: Ask, query: str) -> int:
    ((number,),) = ask(query)
    return int(number)
