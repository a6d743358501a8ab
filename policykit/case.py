"""A case: what is known of one claim, typed and complete, ready to be put to a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from policykit.codes import Code
    from policykit.vocabulary import Value


@record
class Case:
    """The facts of one claim on its date of service. A fact that is not here is unknown.

    `stated` is what the case says; `facts` adds what follows from it (an age from a birth date). Neither is shown in
    the representation: they are a patient's.
    """

    date_of_service: date
    claim_processed: date | None = None
    known_on: date | None = None
    policy: str | None = None
    payer: str | None = None
    title: str | None = None
    code: Code | None = field(default=None, repr=False)
    stated: Mapping[str, Value] = field(default_factory=dict, repr=False)
    facts: Mapping[str, Value] = field(default_factory=dict, repr=False)
