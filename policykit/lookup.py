"""What is held of a code, and how payers stand to it on a day."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from policykit.codes import Code, systems_of
from policykit.policy import Kind
from policykit.records import field, record
from policykit.timeline import DateNeeded, Miss

if TYPE_CHECKING:
    from datetime import date

    from policykit.index import Index, Standing
    from policykit.vocabulary import CodeEntry, Payer, Vocabulary


class State(StrEnum):
    """How a payer stands to a code, in a word."""

    IN_EFFECT = "in-effect"
    RECORDED_ABSENCE = "recorded-absence"
    CLAIM_PROCESSED_NEEDED = "claim-processed-needed"
    CODE_NOT_ADDRESSED = "code-not-addressed"
    NOT_IN_EFFECT = "not-in-effect"
    NOTHING_HELD = "nothing-held"


@record
class Lookup:
    """A code on a day. `systems` are those of which it has the shape; `held` is what the library holds of it.

    `payer` is the one that was asked for, or None for all of them. `is_today`: the day was not given, and is that of
    the question.
    """

    code: str
    systems: tuple[str, ...]
    held: tuple[CodeEntry, ...]
    date_of_service: date
    is_today: bool
    claim_processed: date | None
    known_on: date | None
    payer: Payer | None
    standings: tuple[Standing, ...]
    vocabulary: Vocabulary = field(repr=False)

    @property
    def something_in_effect(self) -> bool:
        """Whether a revision speaks of the code on that day, or may, for some payer that was asked for."""
        lacking = {State.NOT_IN_EFFECT, State.CODE_NOT_ADDRESSED, State.NOTHING_HELD}
        return any(state_of(standing) not in lacking for standing in self.standings)


def look_up(
    index: Index,
    code: str,
    *,
    date_of_service: date,
    is_today: bool = False,
    payer: str | None = None,
    claim_processed: date | None = None,
    known_on: date | None = None,
) -> Lookup:
    """What is held of a code, and how every payer, or the one asked for, stands to it. An unknown payer has nothing."""
    systems = systems_of(code)
    codes = index.vocabulary.codes
    return Lookup(
        code=code,
        systems=systems,
        held=tuple(codes[each] for system in systems if (each := Code(system, code)) in codes),
        date_of_service=date_of_service,
        is_today=is_today,
        claim_processed=claim_processed,
        known_on=known_on,
        payer=index.vocabulary.payer(payer) if payer is not None else None,
        standings=index.standings(
            code, date_of_service=date_of_service, payer=payer, claim_processed=claim_processed, known_on=known_on
        ),
        vocabulary=index.vocabulary,
    )


def state_of(standing: Standing) -> State:
    """How a payer stands to a code, in a word."""
    match standing.found:
        case None:
            return State.NOTHING_HELD
        case Miss():
            return State.NOT_IN_EFFECT
        case DateNeeded():
            return State.CLAIM_PROCESSED_NEEDED
        case _ if standing.service is None:
            return State.CODE_NOT_ADDRESSED
        case _ if standing.policy is not None and standing.policy.kind is Kind.NO_DETERMINATION:
            return State.RECORDED_ABSENCE
        case _:
            return State.IN_EFFECT
